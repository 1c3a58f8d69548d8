"""Which classes the samples belong to, as far as a network can be trusted to tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.scores.balls_network import balls_network
from ballgen.scores.classifier import fit_classifier
from ballgen.scores.features import feature_extractor
from ballgen.scores.metrics import class_shares

TRUSTED = 0.9  # share of held-out real pictures that the network must name rightly
MOST_TO_LEARN_FROM = 4000  # labelled pictures
FEWEST_TO_LEARN_FROM = 10  # labelled pictures per class


class ClassPrediction(NamedTuple):
    """Shares float64 (K,) of samples and of real pictures, as the network names them.

    accuracy  how many real pictures, none of them learned from, it names as their labels do
    """

    shares: Tensor
    real_shares: Tensor
    accuracy: float

    def figures(self) -> dict[str, float]:
        """The smallest shares and the accuracy, by the names that they have in a report."""
        return {
            "smallest_class_share": float(self.shares.min()),
            "smallest_class_share_real": float(self.real_shares.min()),
            "class_accuracy": self.accuracy,
        }


def predict_classes(
    real: ImageSet, samples: Tensor, train: ImageSet | None = None, seed: int = 0
) -> ClassPrediction | None:
    """Name the classes of `samples` (N, C, H, W); None where no network can be trusted to.

    Built-in classes are named by the network behind the "balls" features. For others a small one
    learns from the labels of `train`, or of the first half of `real`, and is tried on the rest.
    """
    classes = len(real.class_names)
    if classes < 2:
        return None
    named = _prediction(_built_in(real), real, samples)
    if named is None:
        half = len(real) // 2
        teacher, rest = real.subset(slice(half)), real.subset(slice(half, None))
        if train is not None and train.class_names == real.class_names:
            teacher, rest = train, real
        if len(teacher) >= FEWEST_TO_LEARN_FROM * classes and len(rest):
            order = torch.randperm(len(teacher), generator=torch.Generator().manual_seed(seed))
            teacher = teacher.subset(order[:MOST_TO_LEARN_FROM])
            network = fit_classifier(teacher.images(), teacher.labels, classes, seed)
            named = _prediction(network.predict, rest, samples)
    return named


def _built_in(real: ImageSet) -> Callable[[Tensor], Tensor] | None:
    """What names built-in classes, where all of the set's are."""
    network = balls_network()
    if not set(real.class_names) <= set(network.class_names):
        return None
    columns = [network.class_names.index(name) for name in real.class_names]
    extract = feature_extractor("balls", real.image_shape)
    return lambda images: network.read(extract(images)).logits[:, columns].argmax(dim=1)


def _prediction(
    predict: Callable[[Tensor], Tensor] | None, real: ImageSet, samples: Tensor
) -> ClassPrediction | None:
    if predict is None:
        return None
    guessed, classes = predict(real.images()), len(real.class_names)
    accuracy = float((guessed == real.labels).float().mean())
    if accuracy < TRUSTED:
        return None
    return ClassPrediction(
        class_shares(predict(samples), classes), class_shares(guessed, classes), accuracy
    )
