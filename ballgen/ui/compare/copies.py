"""Whether samples are copies: how near each comes to a training image, against held-out images."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

# If samples copy no more than new real images do, each of n samples and m held-out images is as
# likely as any other to be the nearest to the training set, so a sample is with n / (n + m).
HELD_OUT_PER_SAMPLE = 19  # holds false alarms to one view in twenty


@dataclass(frozen=True)
class Copies:
    """Samples and the training image that is nearest to each, by Euclidean distance of pixels.

    numbers    int64 (N,) of those training images, counted from 0
    distances  float64 (N,)
    held_out   float64 (M,): the same distances of real images that were not trained on
    closer     how often a sample is nearer than a held-out image, see `closer_than_held_out`
    """

    numbers: Tensor
    distances: Tensor
    held_out: Tensor
    closer: float

    @property
    def needed(self) -> int:
        """Held-out images without which nothing can be said."""
        return HELD_OUT_PER_SAMPLE * len(self.distances)

    @property
    def calibrated(self) -> bool:
        """Whether a sample that is nearer than all held-out images is seldom so by chance."""
        return len(self.held_out) >= self.needed

    @property
    def suspects(self) -> Tensor:
        """bool (N,): samples nearer to a training image than every held-out image is."""
        return self.distances < self.held_out.min()

    @property
    def as_near(self) -> Tensor:
        """float (N,): the share of held-out images that come at least as near as each sample."""
        return (self.held_out <= self.distances[:, None]).double().mean(dim=1)

    def verdict(self) -> str:
        """One sentence, which never says that there are no copies."""
        count, others = len(self.distances), len(self.held_out)
        if not self.calibrated:
            return (
                f"Too few held-out images to judge {count} samples: {self.needed:,} are needed, "
                f"there are {others:,}."
            )
        if suspects := int(self.suspects.sum()):
            verb = "lies" if suspects == 1 else "lie"
            return (
                f"Evidence of copying: {suspects} of {count} {verb} nearer to a training image "
                f"than every one of {others:,} held-out images. By chance this happens in one "
                "view of twenty."
            )
        return (
            f"No evidence of copying: of {others:,} held-out images, some come at least as near "
            "as the nearest sample."
        )
