"""Which classes the samples belong to, as far as a network can be trusted to tell."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.scores.balls_network import balls_network
from ballgen.scores.classifier import fit_classifier
from ballgen.scores.features import feature_extractor
from ballgen.util.checks import generator_of

MIN_ACCURACY = 0.9  # on held-out real images: below it a network is not trusted
MAX_TRAINING_IMAGES = 4000
MIN_TRAINING_IMAGES = 10  # per class

Predict = Callable[[Tensor], Tensor]  # images (N, C, H, W) → labels int64 (N,)


class ClassPrediction(NamedTuple):
    """Shares float64 (K,) of the classes that a network predicts for samples and real images.

    accuracy  how many real images, none of them trained on, get the class of their label
    """

    shares: Tensor
    real_shares: Tensor
    accuracy: float


def predict_classes(
    real: ImageSet, samples: Tensor, train: ImageSet | None = None, seed: int = 0
) -> ClassPrediction | None:
    """Predict the classes of `samples` (N, C, H, W); None where no network can be trusted to.

    Built-in classes are predicted by the network behind the "balls" features. For others a small
    one is trained on the labels of `train`, or of the first half of `real`, and tested on the rest.
    Raises `InputError` for built-in classes in images of other than 1 or 3 channels.
    """
    classes = len(real.class_names)
    if classes < 2:
        return None
    if found := _apply(_built_in(real), real, samples):
        return found
    half = len(real) // 2
    teacher, rest = real.subset(slice(half)), real.subset(slice(half, None))
    if train is not None and train.class_names == real.class_names:
        teacher, rest = train, real
    if len(teacher) < MIN_TRAINING_IMAGES * classes or not len(rest):
        return None
    order = torch.randperm(len(teacher), generator=generator_of(seed))
    teacher = teacher.subset(order[:MAX_TRAINING_IMAGES])
    network = fit_classifier(teacher.images(), teacher.labels, classes, seed)
    return _apply(network.predict, rest, samples)


def _built_in(real: ImageSet) -> Predict | None:
    """What predicts built-in classes, where all of the set's are."""
    network = balls_network()
    if not set(real.class_names) <= set(network.class_names):
        return None
    columns = [network.class_names.index(name) for name in real.class_names]
    extract = feature_extractor("balls", real.image_shape)
    return lambda images: network.class_logits(extract(images))[:, columns].argmax(dim=1)


def _apply(predict: Predict | None, real: ImageSet, samples: Tensor) -> ClassPrediction | None:
    if predict is None:
        return None
    predicted = predict(real.images())
    accuracy = float((predicted == real.labels).float().mean())
    if accuracy < MIN_ACCURACY:
        return None
    shares = [
        torch.bincount(labels, minlength=len(real.class_names)).double() / len(labels)
        for labels in (predict(samples), predicted)
    ]
    return ClassPrediction(*shares, accuracy)
