"""Maps: codes as places in two or three dimensions, and the way back.

One protocol: `fit(codes) -> self` with `places_`, `place(codes)` for further codes, and
`back(places)` for the code that a place stands for. PCA's way back is exact; t-SNE and UMAP have
none, so theirs weighs the codes of the places nearby.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar, Self

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from ballgen.errors import InputError

LEAST_CODES = 10
NEIGHBOURS_BACK = 5  # codes that a place between the points is mixed from
FAR = 2.0  # from so many of the map's own spacings on, no data lies near

Progress = Callable[[float], None]  # told the share that is done, 0 to 1


class Map:
    """What all maps share. After `fit`: `codes_` (N, D) and `places_` (N, dims), float32."""

    name: ClassVar[str]

    def __init__(self, dims: int = 2, seed: int = 0) -> None:
        if dims not in (2, 3):
            raise InputError(f"a map has 2 or 3 dimensions, got {dims}")
        self.dims, self.seed = dims, seed

    def fit(self, codes: Tensor, progress: Progress = lambda share: None) -> Self:
        """Lay codes (N, D) out. Raises `InputError`."""
        codes = torch.as_tensor(codes, dtype=torch.float32)
        if codes.ndim != 2 or len(codes) < LEAST_CODES:
            raise InputError(
                f"a map needs codes of shape (N, D), N of at least {LEAST_CODES}, "
                f"got {tuple(codes.shape)}: give more pictures"
            )
        if not torch.isfinite(codes).all():
            raise InputError("codes hold infinite or undefined numbers: check what made them")
        self.codes_ = codes
        self.places_ = _tensor(self._lay_out(codes.numpy(), progress))
        self.spacing_ = _spacing(self.places_)
        return self

    def place(self, codes: Tensor) -> Tensor:
        """Places (M, dims) of further codes (M, D) among those that are there."""
        codes = torch.as_tensor(codes, dtype=torch.float32)
        if codes.ndim != 2 or codes.shape[1] != self.codes_.shape[1]:
            raise InputError(
                f"codes must have the shape (M, {self.codes_.shape[1]}), got {tuple(codes.shape)}"
            )
        return _tensor(self._place(codes.numpy()))

    def back(self, places: Tensor) -> Tensor:
        """Codes (M, D) that places (M, dims) stand for: the nearest codes, weighed by 1/distance².

        At a point's own place this is its own code (Shepard 1968).
        """
        distances, rows = self.nearest(places, min(NEIGHBOURS_BACK, len(self.codes_)))
        # In units of the nearest one, so that no weight overflows.
        least = distances[:, :1].clamp_min(1e-9 * self.spacing_)
        weights = (least / distances.clamp_min(1e-9 * self.spacing_)).square()
        weights = weights / weights.sum(1, keepdim=True)
        return (weights[..., None] * self.codes_[rows]).sum(1)

    def nearest(self, places: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Distances and rows, both (M, count), of the data next to places, nearest first."""
        return _distances(self._check(places), self.places_).topk(count, largest=False)

    def distance_to_data(self, places: Tensor) -> Tensor:
        """(M,) how far the nearest data lies, in units of the map's own spacing.

        The spacing is what 95% of the points have to their next neighbour; more than `FAR` of it
        is a place where no data lies near.
        """
        return self.nearest(places, 1)[0][:, 0] / self.spacing_

    def _check(self, places: Tensor) -> Tensor:
        places = torch.as_tensor(places, dtype=torch.float32)
        if places.ndim != 2 or places.shape[1] != self.dims:
            raise InputError(
                f"places must have the shape (M, {self.dims}), got {tuple(places.shape)}"
            )
        if not torch.isfinite(places).all():
            raise InputError("places hold infinite or undefined numbers: give finite ones")
        return places

    def _lay_out(self, codes: np.ndarray, progress: Progress) -> np.ndarray:
        raise NotImplementedError

    def _place(self, codes: np.ndarray) -> np.ndarray:
        raise NotImplementedError


class PCAMap(Map):
    """The plane, or space, in which the codes spread most.

    After `fit` also: `centre_` (D,), `axes_` (dims, D), `shares_` (dims,) of the variance. Codes
    shorter than the map has dimensions lie on its first D; its other axes and shares are zero.
    """

    name = "PCA"

    def _lay_out(self, codes: np.ndarray, progress: Progress) -> np.ndarray:
        wide = codes.astype(np.float64)
        self.centre_ = wide.mean(0)
        _, spread, axes = np.linalg.svd(wide - self.centre_, full_matrices=False)
        # The largest weight of each axis is positive: signs would depend on the machine.
        largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1)
        missing = max(0, self.dims - codes.shape[1])
        self.axes_ = np.pad(axes * np.sign(largest), ((0, missing), (0, 0)))[: self.dims]
        variance = np.pad(np.square(spread), (0, missing))
        self.shares_ = variance[: self.dims] / max(variance.sum(), np.finfo(float).tiny)
        return self._place(codes)

    def _place(self, codes: np.ndarray) -> np.ndarray:
        return (codes - self.centre_) @ self.axes_.T

    def back(self, places: Tensor) -> Tensor:
        """The codes (M, D) in the plane, or space, itself at places (M, dims)."""
        return _tensor(self._check(places).numpy() @ self.axes_ + self.centre_)


class TSNEMap(Map):
    """Neighbours stay neighbours; distances between groups mean little.

    By openTSNE, which can place further codes (van der Maaten and Hinton 2008; Poličar et al.
    2024). perplexity is the number of neighbours that count, bounded by a third of the codes.
    """

    name = "t-SNE"
    EARLY, LATE, TOLD_EVERY = 250, 500, 10  # steps

    def __init__(self, dims: int = 2, seed: int = 0, perplexity: float = 30.0) -> None:
        super().__init__(dims, seed)
        self.perplexity = perplexity

    def _lay_out(self, codes: np.ndarray, progress: Progress) -> np.ndarray:
        from openTSNE import TSNE  # imported late, as it brings scikit-learn along

        last, done = 0, 0

        def told(step: int, error: float, embedding: np.ndarray) -> None:
            nonlocal last, done  # steps count from one again after early exaggeration
            done += step - last if step > last else step
            last = step
            progress(min(1.0, done / (self.EARLY + self.LATE)))

        embedding = TSNE(
            n_components=self.dims,
            perplexity=min(self.perplexity, (len(codes) - 1) / 3),
            early_exaggeration_iter=self.EARLY,
            n_iter=self.LATE,
            # The grid of the faster method exists in two dimensions only, and pays off with many.
            negative_gradient_method="bh",
            neighbors="exact",
            random_state=self.seed,
            callbacks=told,
            callbacks_every_iters=self.TOLD_EVERY,
        ).fit(codes)
        progress = lambda share: None  # noqa: E731  # placing further codes would tell it again
        # Placing further codes centres the map as well, so it had better be centred from the start.
        embedding -= (embedding.max(0) + embedding.min(0)) / 2
        self._embedding = embedding
        return np.asarray(embedding)

    def _place(self, codes: np.ndarray) -> np.ndarray:
        neighbours = min(25, len(self.codes_) - 1)
        perplexity = min(5.0, neighbours / 3)
        return np.asarray(self._embedding.transform(codes, perplexity=perplexity, k=neighbours))


class _ProgressFile:
    """A file for tqdm, which is all that UMAP says of its progress: tells the share instead."""

    FORM = "{n_fmt}/{total_fmt}"

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.stopped = False

    def write(self, text: str) -> None:
        done, slash, total = text.strip().partition("/")
        if not slash or self.stopped:
            return
        self.stopped = True  # if it raises: a bar is drawn once more as it is closed
        self.progress(int(done) / int(total))
        self.stopped = False

    def flush(self) -> None:
        pass


class UMAPMap(Map):
    """Like t-SNE, with a little more said by the distances between groups (McInnes et al. 2018).

    neighbours  that a point is tied to, bounded by the number of codes
    closeness   how near points may lie, 0 to 1
    """

    name = "UMAP"

    def __init__(
        self, dims: int = 2, seed: int = 0, neighbours: int = 15, closeness: float = 0.1
    ) -> None:
        super().__init__(dims, seed)
        self.neighbours, self.closeness = neighbours, closeness

    def _lay_out(self, codes: np.ndarray, progress: Progress) -> np.ndarray:
        from umap import UMAP  # imported late: numba compiles for most of a minute

        self._reducer = UMAP(
            n_components=self.dims,
            n_neighbors=min(self.neighbours, len(codes) - 1),
            min_dist=self.closeness,
            random_state=self.seed,
            n_jobs=1,  # as a seed asks for
            tqdm_kwds={
                "disable": False,
                "file": _ProgressFile(progress),
                "bar_format": _ProgressFile.FORM,
            },
        )
        try:
            places = self._reducer.fit_transform(codes)
        except BaseException:
            # tqdm was drawing when `progress` raised, and leaves the lock that all its bars share.
            with suppress(RuntimeError, AssertionError, ValueError):
                tqdm.get_lock().release()
            raise
        self._reducer.tqdm_kwds = {"disable": True}  # placing further codes would tell it again
        return places

    def _place(self, codes: np.ndarray) -> np.ndarray:
        return self._reducer.transform(codes)


MAPS: dict[str, type[Map]] = {kind.name: kind for kind in (PCAMap, TSNEMap, UMAPMap)}


def _tensor(numbers: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(numbers, dtype=np.float32))


def _distances(from_: Tensor, to: Tensor) -> Tensor:
    """(M, N), exact: the quicker way by dot products finds a point some way off from itself."""
    return torch.cdist(from_, to, compute_mode="donot_use_mm_for_euclid_dist")


def _spacing(places: Tensor) -> float:
    """The distance to the next point that 95% of the points keep."""
    next_one = _distances(places, places).topk(2, largest=False).values[:, 1]
    return max(float(next_one.quantile(0.95)), 1e-9)
