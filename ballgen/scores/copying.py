"""Copying: do samples lie nearer to the training images than new real images do?"""

import math

import torch

from ballgen.errors import InputError
from ballgen.scores.metrics import Array
from ballgen.util.neighbours import nearest_neighbours

BLOCK = 20_000  # training images at once: bounds memory


def distances_to_nearest(images: Array, train_images: Array) -> torch.Tensor:
    """float64 (N,): Euclidean distances of images (N, C, H, W) to the nearest training image.

    Both sides are in [0, 1], or pixels uint8, which are compared without a copy of them all.
    Raises `InputError` if the images differ in size, or there is no training image.
    """
    if not len(train_images):
        raise InputError("no training images to compare with")
    blocks = torch.as_tensor(train_images).split(BLOCK)
    nearest = [nearest_neighbours(_floats(images), _floats(block)).distances for block in blocks]
    return torch.cat(nearest, 1).amin(1)


def _floats(images: Array) -> torch.Tensor:
    images = torch.as_tensor(images)
    return images.float() / 255 if images.dtype == torch.uint8 else images


def closer_than_held_out(samples: Array, held_out: Array) -> float:
    """How often a sample lies nearer to the training images than a held-out real image does.

    Both are distances (N,) to the nearest training image. 0.5: as near as new real images are;
    towards 1: nearer than that, which is evidence of copying. The Mann-Whitney statistic over both
    counts, as in Meehan et al. 2020, arXiv 2004.05675.

    Raises `InputError` if a side is empty.
    """
    from scipy.stats import mannwhitneyu

    samples, held_out = _both_sides(samples, held_out)
    return float(mannwhitneyu(held_out, samples).statistic) / (len(samples) * len(held_out))


def share_of_copies(samples: Array, held_out: Array, mean_image: float = math.inf) -> float:
    """The share of samples that lie nearer to a training image than every held-out image does.

    Samples (N,) and held-out images (M,) are distances to the nearest training image. So is
    `mean_image`, which a copy has to beat, too: what is blurred enough lies near everything.
    Raises `InputError` if a side is empty.
    """
    samples, held_out = _both_sides(samples, held_out)
    return float((samples < min(float(held_out.min()), mean_image)).double().mean())


def chance_of_copies(copies: int, samples: int, held_out: int) -> float:
    """How probable it is that so many samples are nearer than every held-out image by chance.

    Where nothing was copied, each of all images is as likely as any other to be the nearest to the
    training images, so the nearest `copies` of them are all samples with the product of
    (samples - i) / (samples + held_out - i).
    """
    everything = samples + held_out
    return math.prod((samples - i) / (everything - i) for i in range(copies))


def _both_sides(samples: Array, held_out: Array) -> tuple[torch.Tensor, torch.Tensor]:
    samples, held_out = (
        torch.as_tensor(side).double().contiguous() for side in (samples, held_out)
    )
    if len(samples) == 0 or len(held_out) == 0:
        raise InputError("distances to training images need at least one sample and one real image")
    return samples, held_out
