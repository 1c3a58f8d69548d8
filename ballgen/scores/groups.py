"""The groups of scores that `evaluate` can give, each from the same compared images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.models import Model
from ballgen.scores import copying, metrics
from ballgen.scores.c2st import MIN_IMAGES as MIN_FOR_C2ST
from ballgen.scores.c2st import c2st
from ballgen.scores.class_prediction import MIN_TRAINING_IMAGES, predict_classes
from ballgen.scores.features import Extractor
from ballgen.util.checks import generator_of

Scores = dict[str, float | int | str]

MIN_FOR_KID = 20  # real images, so that subsets hold five
MIN_FOR_COVERAGE = 100  # real images, so that a half holds ten times the neighbours
FID_RATIO = 2  # images on each side per feature: fewer leave the covariance undetermined
MAX_QUERIES = 1000  # samples whose nearest training image is searched
REFERENCES = ("real", "reconstructions", "normal", "mean_image", "noise")


class LeftOut(Exception):
    """A score would mislead on what there is; the message says what it needs."""


@dataclass
class Comparison:
    """The images that are compared with each other, each made when it is first asked for.

    The real images are in random order and fall into two halves. The first half, its
    reconstructions and noise are compared with the second half.
    """

    model: Model
    real_set: ImageSet
    train_set: ImageSet | None
    prior: str
    temperature: float
    seed: int
    extract: Extractor
    reconstruction_count: int
    references: Sequence[str]

    @cached_property
    def real(self) -> Tensor:
        """The real images (N, C, H, W)."""
        return self.real_set.images()

    @cached_property
    def samples(self) -> Tensor:
        """As many samples of the prior (N, C, H, W)."""
        return self.sample(self.prior)

    def sample(self, prior: str) -> Tensor:
        """As many samples (N, C, H, W) of any prior as there are real images."""
        return self.model.sample(len(self.real), self.seed, prior, self.temperature)

    @cached_property
    def reconstructions(self) -> Tensor:
        """Of the first real images."""
        return self.model.reconstruct(self.real[: self.reconstruction_count])

    @cached_property
    def real_features(self) -> Tensor:
        """(N, D) of the real images."""
        return self.extract(self.real)

    @cached_property
    def sample_features(self) -> Tensor:
        """(N, D) of the samples."""
        return self.extract(self.samples)

    @property
    def half(self) -> int:
        """How many real images the first half holds."""
        return len(self.real) // 2

    @property
    def second_half(self) -> Tensor:
        """Features of the real images that references are compared with."""
        return self.real_features[self.half :]

    @cached_property
    def reference_features(self) -> dict[str, Tensor]:
        """Features that are compared with the second half, by the name of the reference."""
        makers = {
            "real": lambda: self.real_features[: self.half],
            "reconstructions": lambda: self.extract(self.reconstructions[: self.half]),
            "mean_image": lambda: self.extract(self.mean_image).expand(self.half, -1),
            "noise": lambda: self.extract(self._noise()),
        }
        return {name: make() for name, make in makers.items() if name in self.references}

    @cached_property
    def mean_image(self) -> Tensor:
        """(1, C, H, W): of the training images where they are known, else of the real ones."""
        known = self.real_set if self.train_set is None else self.train_set
        return known.mean_image[None]

    def _noise(self) -> Tensor:
        shape = (max(self.half, 1), *self.real_set.image_shape)
        return torch.rand(shape, generator=generator_of(self.seed))

    def need(self, count: int) -> None:
        """Leave a group of scores out unless there are so many real images."""
        if len(self.real) < count:
            raise LeftOut(f"needs {count} real images, has {len(self.real)}")


def scores_left_out(train: int, test: int, classes: int) -> list[str]:
    """Which scores so many images, of so many classes, are too few for, in words."""
    per_class = MIN_TRAINING_IMAGES * classes
    needs = {
        f"KID (needs {MIN_FOR_KID} test images)": test < MIN_FOR_KID,
        f"C2ST (needs {MIN_FOR_C2ST})": test < MIN_FOR_C2ST,
        f"density and coverage (need {MIN_FOR_COVERAGE})": test < MIN_FOR_COVERAGE,
        f"class shares (need {per_class} training images)": classes > 1 and train < per_class,
    }
    return [words for words, too_few in needs.items() if too_few]


def _reconstruction(images: Comparison) -> Scores:
    originals, reconstructions = images.real[: images.reconstruction_count], images.reconstructions
    names = ("mse", "sse", "sse_se", "psnr", "ssim")
    scores: Scores = {name: getattr(metrics, name)(originals, reconstructions) for name in names}
    scores["reconstruction_count"] = len(originals)
    scores["mse_mean_image"] = metrics.mse(originals, images.mean_image.expand_as(originals))
    if images.train_set is not None and not images.model.needs_inversion:
        known = images.train_set.stratified_subset(len(originals), images.seed).images()
        scores["mse_train"] = metrics.mse(known, images.model.reconstruct(known))
    return scores


def _kid(images: Comparison) -> Scores:
    """Unbiased at any count, so the samples may use all real images and the references a half."""
    images.need(MIN_FOR_KID)
    subset_size = min(metrics.KID_SUBSET_SIZE, images.half // 2)

    def kid(name: str, real: Tensor, generated: Tensor) -> Scores:
        size = min(subset_size, max(len(generated) // 2, 2))
        mean, sd = metrics.kid(real, generated, subset_size=size, seed=images.seed)
        return {name: mean, f"{name}_sd": sd}

    scores = kid("kid", images.real_features, images.sample_features)
    scores["kid_subset_size"] = subset_size
    scores["diversity"] = metrics.diversity(images.real, images.samples)
    for name, features in images.reference_features.items():
        if len(features) >= MIN_FOR_KID // 2:
            scores |= kid(f"kid_{name}", images.second_half, features)
    if "normal" in images.references:
        features = images.sample_features
        if images.prior != "normal":
            features = images.extract(images.sample("normal"))
        scores |= kid("kid_normal", images.real_features, features)
    return scores


def _fid(images: Comparison) -> Scores:
    """Biased by the count, so samples and references alike use half of the images."""
    half, dimensions = images.half, images.real_features.shape[1]
    if half < FID_RATIO * dimensions:
        raise LeftOut(
            f"needs {2 * FID_RATIO * dimensions} real images for {dimensions} features, "
            f"has {len(images.real)}"
        )
    sides = {"fid": images.sample_features[:half]} | {
        f"fid_{name}": features
        for name, features in images.reference_features.items()
        if len(features) == half
    }
    scores = {name: metrics.fid(images.second_half, side) for name, side in sides.items()}
    return scores | {"fid_count": half}


def _coverage(images: Comparison) -> Scores:
    images.need(MIN_FOR_COVERAGE)
    scores: Scores = {"coverage_count": len(images.second_half)}
    sides = {"": images.sample_features[: images.half]}
    if "real" in images.references:
        sides["_real"] = images.reference_features["real"]
    for suffix, features in sides.items():
        density, coverage = metrics.density_and_coverage(images.second_half, features)
        scores |= {f"density{suffix}": density, f"coverage{suffix}": coverage}
    return scores


def _c2st(images: Comparison) -> Scores:
    images.need(MIN_FOR_C2ST)
    result = c2st(images.real, images.samples, images.seed)
    return {f"c2st_{name}": value for name, value in result._asdict().items()}


def _classes(images: Comparison) -> Scores:
    predicted = predict_classes(images.real_set, images.samples, images.train_set, images.seed)
    if predicted is None:
        raise LeftOut("no network tells these classes apart well enough to count them")
    return {
        "smallest_class_share": float(predicted.shares.min()),
        "smallest_class_share_real": float(predicted.real_shares.min()),
        "class_accuracy": predicted.accuracy,
    }


def _copying(images: Comparison) -> Scores:
    if images.train_set is None:
        raise LeftOut("needs the training images")
    train = images.train_set.pixels
    samples, real, mean_image = (
        copying.distances_to_nearest(side[:MAX_QUERIES], train)
        for side in (images.samples, images.real, images.mean_image)
    )
    return {
        "nearest_distance": float(samples.median()),
        "nearest_distance_real": float(real.median()),
        "nearest_closer": copying.closer_than_held_out(samples, real),
        "copies": copying.share_of_copies(samples, real, float(mean_image)),
        "copies_count": len(samples),
        "copies_held_out": len(real),
    }


GROUPS: dict[str, Callable[[Comparison], Scores]] = {
    "reconstruction": _reconstruction,
    "kid": _kid,
    "fid": _fid,
    "coverage": _coverage,
    "c2st": _c2st,
    "classes": _classes,
    "copying": _copying,
}
FAST = ("reconstruction", "kid")  # seconds; C2ST and the search for copies take most
