"""Embeddings of codes in two or three dimensions, and their inverse.

One protocol: `fit(codes) -> self` with `coordinates_`, and `inverse_transform(coordinates)` for the
codes of any points. PCA's inverse keeps the coordinates and takes all other directions from the
nearest points; t-SNE and UMAP have none, so theirs is a weighted mean of the nearest points' codes.
"""

from contextlib import suppress
from functools import cache
from typing import Self

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from ballgen.errors import InputError
from ballgen.util.neighbours import Neighbours, nearest_neighbours
from ballgen.util.pca import PrincipalComponents, principal_components
from ballgen.util.progress import OnProgress, unwatched

MIN_CODES = 10
INVERSE_NEIGHBOURS = 5  # of whose codes an inverse transform is a weighted mean
NEAREST = 1e-9  # of the map's extent: nearer points are the same


class Embedding:
    """What all embeddings share. Raises `InputError` for other than 2 or 3 dimensions.

    dims  coordinates per code, 2 or 3
    After `fit`: `codes_` (N, D) and `coordinates_` (N, dims), float32.
    """

    def __init__(self, dims: int = 2, seed: int = 0) -> None:
        if dims not in (2, 3):
            raise InputError(f"an embedding has 2 or 3 dimensions, got {dims}")
        self.dims, self.seed = dims, seed

    def fit(self, codes: Tensor, on_progress: OnProgress = unwatched) -> Self:
        """Embed codes (N, D).

        Raises `InputError` for fewer than 10 codes, or codes that are not finite.
        """
        codes = torch.as_tensor(codes, dtype=torch.float32)
        if codes.ndim != 2 or len(codes) < MIN_CODES:
            raise InputError(
                f"an embedding needs codes of shape (N, D), N of at least {MIN_CODES}, "
                f"got {tuple(codes.shape)}: give more images"
            )
        if not torch.isfinite(codes).all():
            raise InputError("codes hold infinite or undefined numbers: check what made them")
        return self.restore(codes, _tensor(self._fit_transform(codes.numpy(), on_progress)))

    def restore(self, codes: Tensor, coordinates: Tensor) -> Self:
        """As after `fit`: the coordinates (N, dims) that it gave these codes (N, D) before."""
        self.codes_, self.coordinates_ = codes, coordinates
        self._nearest = NEAREST * max(float(self.coordinates_.abs().max()), 1.0)
        return self

    def inverse_transform(self, coordinates: Tensor) -> Tensor:
        """Codes (M, D) of coordinates (M, dims): those of the nearest points, by 1/distance².

        At the coordinates of an embedded code this is the code itself (Shepard 1968). Raises
        `InputError` for coordinates of another shape, or that are not finite.
        """
        weights, rows = self._weights(*self.nearest(coordinates, self._n_neighbors), self._nearest)
        return (weights * self.codes_[rows]).sum(1)

    def transform(self, codes: Tensor) -> Tensor:
        """Coordinates (M, dims) of any codes (M, D): those of the nearest codes, by 1/distance²."""
        near = nearest_neighbours(torch.as_tensor(codes), self.codes_, self._n_neighbors)
        min_distance = NEAREST * max(float(self.codes_.abs().max()), 1.0)
        weights, rows = self._weights(*near, min_distance)
        return (weights * self.coordinates_[rows]).sum(1)

    @property
    def _n_neighbors(self) -> int:
        return min(INVERSE_NEIGHBOURS, len(self.codes_))

    @staticmethod
    def _weights(distances: Tensor, rows: Tensor, min_distance: float) -> tuple[Tensor, Tensor]:
        """Weights (M, K, 1) of the nearest, and their rows; nearer ones count as `min_distance`."""
        distances = distances.clamp_min(min_distance)
        # In units of the nearest one, so that no weight overflows.
        weights = (distances[:, :1] / distances).square().float()
        return (weights / weights.sum(1, keepdim=True))[..., None], rows

    def nearest(self, coordinates: Tensor, count: int) -> Neighbours:
        """The embedded codes nearest to coordinates (M, dims).

        Raises `InputError` for coordinates of another shape, or that are not finite.
        """
        return nearest_neighbours(self._check(coordinates), self.coordinates_, count)

    def _check(self, coordinates: Tensor) -> Tensor:
        coordinates = torch.as_tensor(coordinates, dtype=torch.float32)
        if coordinates.ndim != 2 or coordinates.shape[1] != self.dims:
            raise InputError(
                f"coordinates must have the shape (M, {self.dims}), got {tuple(coordinates.shape)}"
            )
        if not torch.isfinite(coordinates).all():
            raise InputError("coordinates hold infinite or undefined numbers: give finite ones")
        return coordinates

    def _fit_transform(self, codes: np.ndarray, on_progress: OnProgress) -> np.ndarray:
        raise NotImplementedError


class PCAEmbedding(Embedding):
    """The plane, or space, in which the codes vary most.

    After `fit` also `explained_variance_ratio_` (dims,). Codes of fewer dimensions than the
    embedding lie on its first D; its other coordinates are zero.
    """

    _pca: PrincipalComponents | None = None

    def _fit_transform(self, codes: np.ndarray, on_progress: OnProgress) -> np.ndarray:
        self._pca = principal_components(codes, self.dims)
        return self._pca.transform(codes)

    def restore(self, codes: Tensor, coordinates: Tensor) -> Self:
        """As after `fit`, to these codes and others; the plane by least squares of coordinates."""
        if self._pca is None:
            points, places = (torch.as_tensor(one).double().numpy() for one in (codes, coordinates))
            mean, middle = points.mean(0), places.mean(0)
            components = np.linalg.lstsq(points - mean, places - middle)[0].T  # (dims, D)
            shares = places.var(0) / (points.var(0).sum() or 1.0)
            self._pca = PrincipalComponents(mean - middle @ components, components, shares)
        self.explained_variance_ratio_ = self._pca.explained_variance_ratio
        return super().restore(codes, coordinates)

    def transform(self, codes: Tensor) -> Tensor:
        """Coordinates float32 (M, dims) of any codes (M, D)."""
        return _tensor(self._pca.transform(codes))

    def inverse_transform(self, coordinates: Tensor) -> Tensor:
        """Codes (M, D) that lie on the map at coordinates (M, dims).

        What the map does not show they have from the nearest points, mixed as by t-SNE's inverse
        and then made as long as theirs: at its mean, a code would lie nearer the centre than any
        image's does, where no decoder was trained. Raises `InputError` for coordinates of another
        shape, or that are not finite.
        """
        shown = _tensor(self._pca.inverse_transform(self._check(coordinates).numpy()))
        weights, rows = self._weights(*self.nearest(coordinates, self._n_neighbors), self._nearest)
        on_map = self._pca.inverse_transform(self.coordinates_[rows.flatten()].numpy())
        others = (self.codes_[rows.flatten()] - _tensor(on_map)).unflatten(0, rows.shape)
        mixed = (weights * others).sum(1)
        length = (weights * others.norm(dim=2, keepdim=True)).sum(1)
        return shown + mixed * length / mixed.norm(dim=1, keepdim=True).clamp_min(1e-12)


class TSNEEmbedding(Embedding):
    """Neighbours stay neighbours; distances between groups mean little.

    By openTSNE, which tells its progress (van der Maaten and Hinton 2008; Poličar et al. 2024).

    perplexity  number of neighbours that count, bounded by a third of the codes
    """

    EARLY, LATE, REPORT_EVERY = 250, 500, 10  # steps

    def __init__(self, dims: int = 2, seed: int = 0, perplexity: float = 30.0) -> None:
        super().__init__(dims, seed)
        self.perplexity = perplexity

    def _fit_transform(self, codes: np.ndarray, on_progress: OnProgress) -> np.ndarray:
        from openTSNE import TSNE  # imported late, as it brings scikit-learn along

        last, done = 0, 0

        def report(step: int, error: float, embedding: np.ndarray) -> None:
            nonlocal last, done  # steps count from one again after early exaggeration
            done += step - last if step > last else step
            last = step
            on_progress(min(1.0, done / (self.EARLY + self.LATE)))

        embedding = TSNE(
            n_components=self.dims,
            perplexity=min(self.perplexity, (len(codes) - 1) / 3),
            early_exaggeration_iter=self.EARLY,
            n_iter=self.LATE,
            # The grid of the faster method exists in two dimensions only, and pays off with many.
            negative_gradient_method="bh",
            neighbors="exact",
            random_state=self.seed,
            callbacks=report,
            callbacks_every_iters=self.REPORT_EVERY,
        ).fit(codes)
        coordinates = np.asarray(embedding)
        return coordinates - (coordinates.max(0) + coordinates.min(0)) / 2


class _ProgressFile:
    """A file for tqdm, which is all that UMAP says of its progress: tells the share instead."""

    FORM = "{n_fmt}/{total_fmt}"

    def __init__(self, on_progress: OnProgress) -> None:
        self.on_progress = on_progress
        self.stopped = False

    def write(self, text: str) -> None:
        done, slash, total = text.strip().partition("/")
        if not slash or self.stopped:
            return
        self.stopped = True  # if it raises: a bar is drawn once more as it is closed
        self.on_progress(int(done) / int(total))
        self.stopped = False

    def flush(self) -> None:
        pass


@cache
def _umap() -> type:
    """The class UMAP, imported late: numba compiles for most of a minute, but only once.

    umap-learn does not ask numba to keep what it compiles, so it is asked here.
    """
    import umap.layouts
    import umap.umap_
    import umap.utils

    for module in (umap.layouts, umap.umap_, umap.utils):
        for function in vars(module).values():
            if hasattr(function, "enable_caching"):
                with suppress(RuntimeError):  # no folder can be written
                    function.enable_caching()
    return umap.UMAP


class UMAPEmbedding(Embedding):
    """Like t-SNE, with a little more said by the distances between groups (McInnes et al. 2018).

    neighbours  that a point is tied to, bounded by the number of codes
    min_dist   how near points may lie, 0 to 1
    """

    def __init__(
        self, dims: int = 2, seed: int = 0, neighbours: int = 15, min_dist: float = 0.1
    ) -> None:
        super().__init__(dims, seed)
        self.neighbours, self.min_dist = neighbours, min_dist

    def _fit_transform(self, codes: np.ndarray, on_progress: OnProgress) -> np.ndarray:
        reducer = _umap()(
            n_components=self.dims,
            n_neighbors=min(self.neighbours, len(codes) - 1),
            min_dist=self.min_dist,
            random_state=self.seed,
            n_jobs=1,  # as a seed asks for
            tqdm_kwds={
                "disable": False,
                "file": _ProgressFile(on_progress),
                "bar_format": _ProgressFile.FORM,
            },
        )
        try:
            return reducer.fit_transform(codes)
        except BaseException:
            # tqdm was drawing when it raised, and leaves the lock that all its bars share.
            with suppress(RuntimeError, AssertionError, ValueError):
                tqdm.get_lock().release()
            raise


EMBEDDINGS = {"PCA": PCAEmbedding, "t-SNE": TSNEEmbedding, "UMAP": UMAPEmbedding}


def _tensor(numbers: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(numbers, dtype=np.float32))


def inside_polygon(coordinates: Tensor, corners: np.ndarray) -> Tensor:
    """bool (N,): which coordinates (N, 2) lie in a polygon (K, 2), by the even-odd rule."""
    x, y = coordinates.double().numpy().T[:, :, None]  # (N, 1)
    (x0, y0), (x1, y1) = corners.T, np.roll(corners, -1, 0).T  # (K,)
    straddles = (y0 > y) != (y1 > y)  # edges that a ray to the right may cross
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = x0 + (y - y0) / (y1 - y0) * (x1 - x0)
    return torch.from_numpy((straddles & (x < crossing)).sum(1) % 2 == 1)
