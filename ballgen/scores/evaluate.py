"""evaluate: every figure of one model against one set of pictures, with the anchors of each scale.

Where a scale has no fixed ends, three anchors are measured beside the samples: real pictures
against real ones (the baseline), reconstructions, and noise. A figure that cannot be computed
honestly, for want of pictures or labels, is absent, and `left_out` says why.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cached_property

import torch
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.models.base import Model
from ballgen.scores import copying, metrics
from ballgen.scores.c2st import SMALLEST_SIDE, c2st
from ballgen.scores.class_prediction import predict_classes
from ballgen.scores.features import feature_extractor
from ballgen.util.checks import check_whole
from ballgen.util.seeds import check_seed

Figures = dict[str, float | int | str]

MOST = 5000  # pictures on each side unless `count` asks for more
FEWEST_FOR_KID = 20  # so that subsets hold five
FEWEST_FOR_COVERAGE = 100  # so that a half holds ten times the neighbours
FID_RATIO = 2  # pictures on each side per feature: fewer leave the covariance undetermined
SEARCHED = 256  # pictures that a model is asked to rebuild where each code is a search
MOST_QUERIES = 1000  # samples whose nearest training image is searched
ANCHORS = ("real", "reconstructions", "noise")


class TooFew(Exception):
    """A figure would mislead on what there is; the message says what it needs."""


class Evaluation:
    """The pictures that are compared with each other, each made when it is first asked for.

    The real images are in random order and fall into two halves. Samples, reconstructions of the
    first half and noise are compared with the second half; so is the first half, the baseline.
    """

    def __init__(
        self,
        model: Model,
        real: ImageSet,
        *,
        train: ImageSet | None,
        prior: str | None,
        temperature: float,
        seed: int,
        features: str,
        reconstruction_count: int,
        anchors: Sequence[str],
    ) -> None:
        self.model, self.real_set, self.train_set = model, real, train
        self.prior, self.temperature, self.seed = prior, temperature, seed
        self.extract = feature_extractor(features, real.image_shape)
        self.reconstruction_count = reconstruction_count
        self.wanted_anchors = anchors
        self.half = len(real) // 2

    @cached_property
    def real(self) -> Tensor:
        return self.real_set.images()

    @cached_property
    def samples(self) -> Tensor:
        choice = {} if self.prior is None else {"prior": self.prior}
        return self.model.sample(
            len(self.real), seed=self.seed, temperature=self.temperature, **choice
        )

    @cached_property
    def reconstructions(self) -> Tensor:
        return self.model.reconstruct(self.real[: self.reconstruction_count])

    @cached_property
    def real_features(self) -> Tensor:
        return self.extract(self.real)

    @cached_property
    def sample_features(self) -> Tensor:
        return self.extract(self.samples)

    @cached_property
    def anchors(self) -> dict[str, Tensor]:
        """Features that are compared with the second half, by the name of the wanted anchor."""
        makers = {
            "real": lambda: self.real_features[: self.half],
            "reconstructions": lambda: self.extract(self.reconstructions[: self.half]),
            "noise": lambda: self.extract(self._noise()),
        }
        return {name: make() for name, make in makers.items() if name in self.wanted_anchors}

    def _noise(self) -> Tensor:
        shape = (max(self.half, 1), *self.real_set.image_shape)
        return torch.rand(shape, generator=torch.Generator().manual_seed(self.seed))

    @property
    def second_half(self) -> Tensor:
        return self.real_features[self.half :]


def _reconstruction(pictures: Evaluation) -> Figures:
    originals, rebuilt = pictures.real[: pictures.reconstruction_count], pictures.reconstructions
    return {
        "mse": metrics.mse(originals, rebuilt),
        "sse": metrics.sse(originals, rebuilt),
        "sse_se": metrics.sse_se(originals, rebuilt),
        "psnr": metrics.psnr(originals, rebuilt),
        "ssim": metrics.ssim(originals, rebuilt),
        "reconstruction_count": len(originals),
    }


def _kid(pictures: Evaluation) -> Figures:
    """Unbiased at any count, so the samples may use all real pictures and the anchors a half."""
    if len(pictures.real) < FEWEST_FOR_KID:
        raise TooFew(f"needs {FEWEST_FOR_KID} real pictures, has {len(pictures.real)}")
    subset = min(metrics.KID_SUBSET_SIZE, pictures.half // 2)

    def kid(real: Tensor, generated: Tensor) -> metrics.MeanAndSd:
        size = min(subset, max(len(generated) // 2, 2))
        return metrics.kid(real, generated, subset_size=size, seed=pictures.seed)

    mean, sd = kid(pictures.real_features, pictures.sample_features)
    figures: Figures = {"kid": mean, "kid_sd": sd, "kid_subset_size": subset}
    for name, features in pictures.anchors.items():
        if len(features) >= FEWEST_FOR_KID // 2:
            mean, sd = kid(pictures.second_half, features)
            figures |= {f"kid_{name}": mean, f"kid_{name}_sd": sd}
    return figures


def _fid(pictures: Evaluation) -> Figures:
    """Biased by the count, so samples and anchors alike use half of the pictures."""
    half, dimensions = pictures.half, pictures.real_features.shape[1]
    if half < FID_RATIO * dimensions:
        raise TooFew(
            f"needs {2 * FID_RATIO * dimensions} real pictures for {dimensions} features, "
            f"has {len(pictures.real)}"
        )
    figures: Figures = {
        "fid": metrics.fid(pictures.second_half, pictures.sample_features[:half]),
        "fid_count": half,
    }
    for name, features in pictures.anchors.items():
        if len(features) == half:
            figures[f"fid_{name}"] = metrics.fid(pictures.second_half, features)
    return figures


def _coverage(pictures: Evaluation) -> Figures:
    if len(pictures.real) < FEWEST_FOR_COVERAGE:
        raise TooFew(f"needs {FEWEST_FOR_COVERAGE} real pictures, has {len(pictures.real)}")
    half = pictures.half
    figures: Figures = {"coverage_count": len(pictures.second_half)}
    sides = {"": pictures.sample_features[:half]}
    if "real" in pictures.anchors:
        sides["_real"] = pictures.anchors["real"]
    for suffix, features in sides.items():
        density, coverage = metrics.density_and_coverage(pictures.second_half, features)
        figures |= {f"density{suffix}": density, f"coverage{suffix}": coverage}
    return figures


def _c2st(pictures: Evaluation) -> Figures:
    if len(pictures.real) < SMALLEST_SIDE:
        raise TooFew(f"needs {SMALLEST_SIDE} real pictures, has {len(pictures.real)}")
    result = c2st(pictures.real, pictures.samples, seed=pictures.seed)
    return {f"c2st_{name}": value for name, value in result._asdict().items()}


def _classes(pictures: Evaluation) -> Figures:
    prediction = predict_classes(
        pictures.real_set, pictures.samples, pictures.train_set, pictures.seed
    )
    if prediction is None:
        raise TooFew("no network tells these classes apart well enough to count them")
    return prediction.figures()


def _copying(pictures: Evaluation) -> Figures:
    if pictures.train_set is None:
        raise TooFew("needs the training pictures")
    train = pictures.train_set.images()
    of_samples, of_real = (
        copying.distances_to_nearest(side[:MOST_QUERIES], train)
        for side in (pictures.samples, pictures.real)
    )
    return {
        "nearest_distance": float(of_samples.median()),
        "nearest_distance_real": float(of_real.median()),
        "nearest_closer": copying.closer_than_held_out(of_samples, of_real),
        "nearest_closer_se": copying.closer_se(of_samples, of_real),
    }


def _is_undefined(value: float | int | str) -> bool:
    """Whether a figure is none on what there is, as the error of a single picture's."""
    return isinstance(value, float) and math.isnan(value)


GROUPS = {
    "reconstruction": _reconstruction,
    "kid": _kid,
    "fid": _fid,
    "coverage": _coverage,
    "c2st": _c2st,
    "classes": _classes,
    "copying": _copying,
}
CHEAP = ("reconstruction", "kid")  # seconds; the C2ST and the search for copies take most


def evaluate(
    model: Model,
    images: ImageSet,
    prior: str | None = None,
    seed: int = 0,
    features: str = "balls",
    count: int | None = None,
    train_images: ImageSet | None = None,
    *,
    temperature: float = 1.0,
    groups: Sequence[str] = tuple(GROUPS),
    reconstruction_count: int | None = None,
    anchors: Sequence[str] = ANCHORS,
) -> Figures:
    """Named figures of `model` against real pictures that it was not trained on, ready for JSON.

    prior                 what samples are drawn from; None takes the model's own
    features              the space of KID, FID, density and coverage: see `feature_extractor`
    count                 pictures on each side; None takes all real ones, at most 5,000
    train_images          what the model was trained on: needed for the figures of `copying`
    groups                which figures: any of `GROUPS`, or `CHEAP`
    reconstruction_count  pictures to rebuild; None rebuilds all, or 256 where each code is a search
    anchors               which of `ANCHORS` are measured beside kid, fid and coverage

    reconstruction  mse (per pixel), sse (per image) with its standard error sse_se, psnr dB,
                    ssim, reconstruction_count
    kid             kid, kid_sd, kid_subset_size, and the anchors kid_real, kid_reconstructions,
                    kid_noise, each with its _sd
    fid             fid, fid_count (pictures on each side), and the same anchors
    coverage        density, coverage, density_real, coverage_real, and coverage_count, the real
                    pictures that may have a sample nearby
    c2st            c2st_accuracy, _low and _high (95 %), _test_count
    classes         smallest_class_share of the samples, smallest_class_share_real of the real
                    images, and class_accuracy of the network that counted
    copying         nearest_distance (median, to the nearest training picture), the same of the
                    real pictures as nearest_distance_real, and nearest_closer: how often a sample
                    is nearer than a real picture, 0.5 where nothing speaks of copying, with its
                    standard error nearest_closer_se

    and count, prior, temperature, features, seed, and left_out where a group is missing. The same
    arguments give the same figures. Raises `InputError`.
    """
    for name, given in (("images", images), ("train_images", train_images)):
        if not isinstance(given, ImageSet) and (name == "images" or given is not None):
            raise InputError(
                f"{name} must be an ImageSet, got {type(given).__name__}: load_images gives one"
            )
    if tuple(model.image_shape) != images.image_shape:
        raise InputError(
            f"the model makes images of shape {tuple(model.image_shape)} (channels, height, width) "
            f"but the set {images.name!r} holds {images.image_shape}: "
            f"load it with image_size={model.image_shape[1]}, channels={model.image_shape[0]}"
        )
    if train_images is not None and train_images.image_shape != images.image_shape:
        raise InputError(
            f"training images have the shape {train_images.image_shape}, the images to compare "
            f"with {images.image_shape}: load both alike"
        )
    for what, names, known in (("groups", groups, GROUPS), ("anchors", anchors, ANCHORS)):
        if isinstance(names, str) or not isinstance(names, Iterable):
            raise InputError(f"{what} must be a list of names, like ['kid'], got {names!r}")
        if unknown := [name for name in names if name not in tuple(known)]:
            raise InputError(
                f"no figures are called {unknown[0]!r}: choose from {', '.join(known)}"
            )
    seed = check_seed(seed)
    count = min(len(images), MOST) if count is None else count
    if check_whole("count", count, 1) > len(images):
        raise InputError(
            f"count {count} is out of range: the set {images.name!r} holds {len(images)} pictures"
        )
    if reconstruction_count is None:
        reconstruction_count = SEARCHED if model.searches_codes else count
    check_whole("reconstruction_count", reconstruction_count, 1)

    model.check_sampling(count, prior, [temperature])  # a search for codes may come first: minutes

    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    pictures = Evaluation(
        model,
        images.subset(order[:count]),
        train=train_images,
        prior=prior,
        temperature=temperature,
        seed=seed,
        features=features,
        reconstruction_count=min(count, reconstruction_count),
        anchors=anchors,
    )
    figures: Figures = {}
    left_out = []
    for name in groups:
        try:
            found = GROUPS[name](pictures)
            figures |= {key: value for key, value in found.items() if not _is_undefined(value)}
        except TooFew as reason:
            left_out.append(f"{name}: {reason}")
    figures |= {
        "count": count,
        "prior": prior or model.default_prior,
        "temperature": temperature,
        "features": features,
        "seed": seed,
    }
    return figures | ({"left_out": "; ".join(left_out)} if left_out else {})
