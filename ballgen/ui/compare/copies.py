"""Whether samples are copies: how near each comes to a training image, against held-out images."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

HELD_OUT_PER_SAMPLE = 19  # at most: with so many, a single copy among the samples is noticed


@dataclass(frozen=True)
class Copies:
    """Samples and the training image that is nearest to each, by Euclidean distance of pixels.

    numbers     int64 (N,) of those training images, counted from 0
    distances   float64 (N,)
    held_out    float64 (M,): the same distances of real images that were not trained on
    mean_image  the same distance of the mean image
    """

    numbers: Tensor
    distances: Tensor
    held_out: Tensor
    mean_image: float

    @property
    def suspects(self) -> Tensor:
        """bool (N,): samples nearer to a training image than every held-out image is, and than
        the mean image is: what is blurred enough lies near everything.
        """
        return self.distances < min(float(self.held_out.min()), self.mean_image)

    @property
    def as_near(self) -> Tensor:
        """float (N,): the share of held-out images that come at least as near as each sample."""
        return (self.held_out <= self.distances[:, None]).double().mean(dim=1)

    @property
    def figures(self) -> dict[str, float]:
        """By the names that verdicts take."""
        return {
            "copies": float(self.suspects.double().mean()),
            "copies_count": len(self.distances),
            "copies_held_out": len(self.held_out),
        }
