"""From images to the features in which sets of images are compared."""

from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ballgen.data.imageset import ImageSet, as_images, to_pixels
from ballgen.errors import InputError
from ballgen.scores.balls_network import SIZE as BALLS_SIZE
from ballgen.scores.balls_network import balls_network, fit_whitening
from ballgen.scores.imagenet_network import SIZE as IMAGENET_SIZE
from ballgen.scores.imagenet_network import imagenet_network
from ballgen.scores.random_network import random_network
from ballgen.util.torchvision_guard import import_torchvision

FEATURE_NAMES = ("balls", "random", "imagenet", "inception")
# Images at once: the features do not depend on it, but what more of them leave between two layers
# does not fit into a core's cache, and then "imagenet" and "random" take twice as long.
CHUNK = 32
INCEPTION_SIZE = 299  # px
# Of the mean variance: more fails a ladder, less lets rare directions drown the rest.
SHRINKAGE = 0.3
RANDOM_SIZES = (32, 64)  # px: the smallest that holds an image is taken, so that detail counts

Extractor = Callable[[Tensor], Tensor]


def feature_extractor(
    name: str, image_shape: tuple[int, int, int], real: Tensor | None = None
) -> Extractor:
    """What turns images (N, C, H, W) in [0, 1] into features float32 (N, D).

    name  "balls": 96 features of a network that predicts class, position, size, angle, skin and
          corruption of the built-in balls; sees 32×32 px. "random": 192 features of fixed random
          convolutions, whitened on the real images, for any kind of them. "imagenet": 1,280
          features of EfficientNet-Lite0, whose ImageNet weights come with a package; sees 96×96 px.
          "inception": 2,048 features of torchvision's ImageNet weights, where they can be had; not
          the weights of published FIDs, so compare only among yourself.
    real  images (N, C, H, W) that "random" is whitened on; without them it is not

    Images are rounded to stored pixels, a gray channel is repeated, and sides are resized with
    antialiased bilinear filtering: give real and generated images to the same extractor. Raises
    `InputError` for an unknown name, for other than 1 or 3 channels, and where weights are missing.
    """
    channels, height, width = image_shape
    if name not in FEATURE_NAMES:
        raise InputError(f"features {name!r} are unknown: choose from {', '.join(FEATURE_NAMES)}")
    if channels not in (1, 3):
        raise InputError(f"features need images of 1 or 3 channels, got {channels}")
    size, network = {
        "balls": (BALLS_SIZE, balls_network),
        "random": (_random_size(height, width), random_network),
        "imagenet": (IMAGENET_SIZE, imagenet_network),
        "inception": (INCEPTION_SIZE, _inception),
    }[name]
    network = network()

    def extract(images: Tensor) -> Tensor:
        images = as_images(images)
        if tuple(images.shape[1:]) != tuple(image_shape):
            raise InputError(
                f"these features were made for images of shape {tuple(image_shape)}, "
                f"got {tuple(images.shape[1:])}"
            )
        with torch.inference_mode():
            parts = [network(_prepared(part, size)) for part in images.split(CHUNK)]
        return torch.cat(parts).clone()  # an ordinary tensor again

    if name != "random" or real is None:
        return extract
    whitening = fit_whitening(extract(real), SHRINKAGE)
    return lambda images: whitening(extract(images))


def probe_features(images: Tensor) -> Tensor:
    """float32 (N, 2560) of images (N, C, H, W) in [0, 1]: mean and maximum of "imagenet"."""
    network = imagenet_network()
    with torch.inference_mode():
        parts = [
            network.mean_and_maximum(_prepared(part, IMAGENET_SIZE))
            for part in as_images(images).split(CHUNK)
        ]
    return torch.cat(parts).clone()


def default_features(images: ImageSet) -> str:
    """The space in which scores of such images are believed: see docs/scores.md."""
    return "balls" if images.name == "sportballs" else "random"


def _prepared(images: Tensor, size: int) -> Tensor:
    """float32 (N, 3, size, size) in [0, 1]: stored pixels, gray repeated, resized."""
    images = (to_pixels(images).float() / 255).expand(-1, 3, -1, -1)
    if images.shape[2:] != (size, size):
        images = F.interpolate(images, (size, size), mode="bilinear", antialias=True)
    return images


def _random_size(height: int, width: int) -> int:
    return next((s for s in RANDOM_SIZES if s >= max(height, width)), RANDOM_SIZES[-1])


@cache
def _inception() -> nn.Module:
    """torchvision's Inception v3 up to its last pooling. Raises `InputError` without weights."""
    models, transforms = import_torchvision("models"), import_torchvision("transforms")
    weights = models.Inception_V3_Weights.IMAGENET1K_V1
    try:
        network = models.inception_v3(weights=weights)
    except (OSError, RuntimeError) as error:  # no network, no room, or a broken download
        raise InputError(
            "the weights of features 'inception' cannot be had "
            f"({str(error).splitlines()[0]}): connect to the internet once, "
            "or choose features 'balls' or 'random'"
        ) from error
    network.fc = nn.Identity()
    normalise = transforms.Normalize(weights.transforms().mean, weights.transforms().std)
    return nn.Sequential(normalise, network).eval().requires_grad_(False)
