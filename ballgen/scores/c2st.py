"""The classifier two-sample test: can anybody tell generated images from real ones?

Lopez-Paz & Oquab 2017, arXiv 1610.06545. 50 % right on held-out images is the best that samples
can reach, 100 % means that they give themselves away. Two classifiers are trained, and the better
one counts: a fresh small network, which sees what any image is made of, and a linear probe on
features of ImageNet, which sees what a few thousand images cannot teach.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import torch
from torch import Tensor

from ballgen.errors import InputError
from ballgen.scores.classifier import fit_classifier
from ballgen.scores.features import probe_features
from ballgen.util.threads import one_thread

TEST_SHARE = 0.3  # of each side, never trained on
MAX_PROBED = 1000  # images on each side: the features take a hundredth of a second each
PROBE_C, PROBE_STEPS = 1e-3, 200  # inverse strength of the penalty, and steps, of the probe
MIN_IMAGES = 50  # on each side: below, the interval spans almost everything
# Training images, their labels, held-out images and a seed → labels of the held-out ones.
Classifier = Callable[[Tensor, Tensor, Tensor, int], Tensor]


class C2STResult(NamedTuple):
    """accuracy, and the interval that holds the true one with 95 % confidence; all in [0, 1].

    network, probe  the accuracies of both classifiers, of which the higher one counts
    test_count      held-out images that it was measured on, half of them real
    """

    accuracy: float
    low: float
    high: float
    network: float
    probe: float
    test_count: int


def c2st(real: Tensor, generated: Tensor, seed: int = 0) -> C2STResult:
    """Train both classifiers on real against generated images (N, C, H, W) in [0, 1].

    Both sides are cut to equal counts, so that always guessing one of them earns 50 %.

    Raises `InputError` if the shapes differ or a side has fewer than 50 images.
    """
    if real.ndim != 4 or real.shape[1:] != generated.shape[1:]:
        raise InputError(
            "the two-sample test needs images of one shape on both sides, "
            f"got {tuple(real.shape)} and {tuple(generated.shape)}"
        )
    count = min(len(real), len(generated))
    if count < MIN_IMAGES:
        raise InputError(
            f"the two-sample test needs at least {MIN_IMAGES} images on each side, "
            f"got {len(real)} real and {len(generated)} generated"
        )
    generator = torch.Generator().manual_seed(seed)
    sides = [
        side[torch.randperm(len(side), generator=generator)[:count]] for side in (real, generated)
    ]
    with ThreadPoolExecutor(2) as pool:  # each computes on one thread
        testing = (
            pool.submit(_test, _network, sides, seed),
            pool.submit(_test, _probe, [side[:MAX_PROBED] for side in sides], seed),
        )
    network, probe = (one.result() for one in testing)
    right, tested = max(network, probe, key=lambda found: found[0] / found[1])
    shares = [found[0] / found[1] for found in (network, probe)]
    return C2STResult(right / tested, *wilson_interval(right, tested), *shares, tested)


def _test(classifier: Classifier, sides: list[Tensor], seed: int) -> tuple[int, int]:
    """How many held-out images a classifier is right about, and how many it was asked."""
    held_out = round(len(sides[0]) * TEST_SHARE)

    def labelled(rows: slice) -> tuple[Tensor, Tensor]:
        parts = [side[rows] for side in sides]
        return torch.cat(parts), torch.arange(2).repeat_interleave(len(parts[0]))

    images, labels = labelled(slice(held_out))
    predicted = classifier(*labelled(slice(held_out, None)), images, seed)
    return int((predicted == labels).sum()), len(labels)


def _network(images: Tensor, labels: Tensor, held_out: Tensor, seed: int) -> Tensor:
    return fit_classifier(images, labels, classes=2, seed=seed).predict(held_out)


def _probe(images: Tensor, labels: Tensor, held_out: Tensor, seed: int) -> Tensor:
    """Logistic regression on the mean and the maximum of the last features of ImageNet."""
    # Late: they take two seconds to import, and every training imports this file.
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), LogisticRegression(C=PROBE_C, max_iter=PROBE_STEPS))
    with one_thread():  # the same sums on every machine
        probe.fit(probe_features(images.clamp(0, 1)).numpy(), labels.numpy())
        return torch.from_numpy(probe.predict(probe_features(held_out.clamp(0, 1)).numpy()))


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """95 % bounds of a binomial share, sound near 0 and 1 and for few trials. Wilson 1927."""
    from scipy.stats import binomtest

    low, high = binomtest(successes, trials).proportion_ci(method="wilson")
    return float(low), float(high)
