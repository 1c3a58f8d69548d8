"""evaluate: the scores of one model against one set of images, with references for every scale.

Where a scale has no fixed ends, references are measured beside the samples: real images against
real ones (the baseline), reconstructions, samples of N(0, I), and noise. A score that there are too
few images for, or no labels, is absent, and `left_out` says why.
"""

import importlib
import math
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.models import Model
from ballgen.scores.features import default_features, feature_extractor
from ballgen.scores.groups import GROUPS, REFERENCES, Comparison, LeftOut, Scores
from ballgen.util.checks import check_seed, check_whole, generator_of
from ballgen.util.progress import OnProgress, unwatched

MAX_IMAGES = 5000  # on each side unless `count` asks for more
LONGEST = "c2st"  # takes as long as all others, and computes on threads of its own
MAX_SEARCHED = 256  # images that a model is asked to reconstruct where each code is a search


def evaluate(
    model: Model,
    images: ImageSet,
    prior: str | None = None,
    seed: int = 0,
    features: str | None = None,
    count: int | None = None,
    train_images: ImageSet | None = None,
    *,
    temperature: float = 1.0,
    groups: Sequence[str] = tuple(GROUPS),
    references: Sequence[str] = REFERENCES,
    on_progress: OnProgress = unwatched,
) -> Scores:
    """Named scores of `model` against real images that it was not trained on, ready for JSON.

    prior         what is sampled from; None takes the model's own
    features      the space of KID, FID, density and coverage: see `feature_extractor`; None takes
                  the one that is believed for such images
    count         images on each side; None takes all real ones, at most 5,000
    train_images  what the model was trained on: needed for the scores of `copying`
    groups        which scores: any of `GROUPS`, or `FAST`
    references    which of `REFERENCES` are measured beside kid, fid and coverage
    on_progress   is told what share of the groups is done

    reconstruction  mse (per pixel), sse (per image) with its standard error sse_se, psnr (dB),
                    ssim, and reconstruction_count: 256 at most where each code is a search;
                    mse_mean_image, of showing the mean image always, and mse_train, of training
                    images, unless each code is a search
    kid             kid (Bińkowski et al. 2018, arXiv 1801.01401), and the references kid_real,
                    kid_reconstructions, kid_normal (samples of N(0, I)), kid_mean_image (always the
                    mean image) and kid_noise, each with its _sd over subsets of kid_subset_size;
                    diversity: how much samples differ, where real images do by 1
    fid             fid (Heusel et al. 2017, arXiv 1706.08500), fid_real, fid_reconstructions,
                    fid_mean_image, fid_noise, and fid_count, the images on each side
    coverage        density and coverage (Naeem et al. 2020, arXiv 2002.09797), density_real,
                    coverage_real, and coverage_count, the real images that may be covered
    c2st            c2st_accuracy of the classifier two-sample test (Lopez-Paz & Oquab 2017, arXiv
                    1610.06545), c2st_low and c2st_high (95 %), c2st_test_count: of the better of
                    two classifiers, c2st_network (a fresh one) and c2st_probe (linear, on
                    ImageNet's features)
    classes         smallest_class_share of the samples, smallest_class_share_real of the real
                    images, and class_accuracy of the network that counted
    copying         nearest_distance (median, to the nearest training image), the same of the real
                    images as nearest_distance_real, and nearest_closer: how often a sample is
                    nearer than a real image, 0.5 where nothing speaks of copying (Meehan et al.
                    2020, arXiv 2004.05675); copies: the share of samples nearer to a training
                    image than every held-out image and the mean image are, of copies_count samples
                    and copies_held_out images

    and count, prior, temperature, features, seed, and left_out where a group is missing. The same
    arguments give the same scores. Raises `InputError` if image shapes differ, or an argument is
    unknown or out of range.
    """
    _check_images(model, images, train_images)
    for what, names, known in (
        ("groups", groups, tuple(GROUPS)),
        ("references", references, REFERENCES),
    ):
        if isinstance(names, str) or not isinstance(names, Iterable):
            raise InputError(f"{what} must be a list of names, like ['kid'], got {names!r}")
        if unknown := [name for name in names if name not in known]:
            raise InputError(f"no scores are called {unknown[0]!r}: choose from {', '.join(known)}")
    seed = check_seed(seed)
    count = min(len(images), MAX_IMAGES) if count is None else count
    if check_whole("count", count, 1) > len(images):
        raise InputError(
            f"count {count} is out of range: the set {images.name!r} holds {len(images)} images"
        )
    prior = model.default_prior if prior is None else prior
    model.check_sampling(count, prior, [temperature])  # a search for codes may come first: minutes

    features = features or default_features(images)
    settings = {
        "count": count,
        "prior": prior,
        "temperature": temperature,
        "features": features,
        "seed": seed,
    }
    real = images.subset(torch.randperm(len(images), generator=generator_of(seed))[:count])
    compared = Comparison(
        model,
        real,
        train_images,
        prior,
        temperature,
        seed,
        feature_extractor(features, images.image_shape, real.images()),
        min(count, MAX_SEARCHED) if model.needs_inversion else count,
        references,
    )
    found = _measure(compared, groups, on_progress)
    scores: Scores = {}
    for name in groups:
        scores |= found[name] if isinstance(found[name], dict) else {}
    left_out = [f"{name}: {found[name]}" for name in groups if isinstance(found[name], LeftOut)]
    # A single image has no standard error: what is undefined is left out.
    scores = {name: value for name, value in scores.items() if not math.isnan(value)} | settings
    return scores | ({"left_out": "; ".join(left_out)} if left_out else {})


def _measure(
    compared: Comparison, groups: Sequence[str], on_progress: OnProgress
) -> dict[str, Scores | LeftOut]:
    """Every group's scores, or why there are none."""

    def measured(name: str) -> Scores | LeftOut:
        try:
            return GROUPS[name](compared)
        except LeftOut as reason:
            return reason

    beside = {}
    if LONGEST in groups and len(groups) > 1:
        # Made and imported once, before two threads want them: of what two import at the same time,
        # one may get half.
        _ = compared.real, compared.samples
        importlib.import_module("sklearn.linear_model")
        pool = ThreadPoolExecutor(1)
        beside = {LONGEST: pool.submit(measured, LONGEST)}
        pool.shutdown(wait=False)  # somebody who interrupts does not wait for it
    found = {}
    for name in sorted(groups, key=beside.__contains__):  # what is measured beside comes last
        found[name] = beside[name].result() if name in beside else measured(name)
        on_progress(len(found) / len(groups))
    return found


def _check_images(model: Model, images: ImageSet, train_images: ImageSet | None) -> None:
    if not hasattr(model, "image_shape"):
        raise InputError(f"model must be a model, got {type(model).__name__}: load_model gives one")
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
