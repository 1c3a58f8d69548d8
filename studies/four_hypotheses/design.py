"""What was trained: a middle setting, and for each hypothesis what it changes in it.

All runs see equally many images unless the length of training is what is tested: 500 images are
shown more often than 20,000.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

Value = int | float | None


@dataclass(frozen=True)
class Setting:
    """One run but for its seed; as it stands, the middle, in which all axes meet.

    width       channels at the finest resolution
    latent_dim  latent dimensions
    images      training images
    classes     classes of balls in them
    sigma       σ of the decoder's Gaussian, in the scale where white is 1; None learns it
    epochs      passes over the training images
    """

    family: str
    width: int = 12
    latent_dim: int = 32
    images: int = 5000
    classes: int = 4
    sigma: float | None = None
    epochs: int = 16


class Axis(NamedTuple):
    """One field of the setting, tried at several values.

    name      for people, in a sentence
    title     for people, with the unit
    families  that were trained on it
    """

    field: str
    name: str
    title: str
    values: tuple[Value, ...]
    families: tuple[str, ...] = ("ae", "vae")

    def settings(self, family: str) -> dict[Value, Setting]:
        """The settings of a family by their value on the axis."""
        middle = Setting(family)
        found = {value: replace(middle, **{self.field: value}) for value in self.values}
        if self.field == "images":
            shown = middle.images * middle.epochs
            found = {count: replace(s, epochs=shown // count) for count, s in found.items()}
        return found


HYPOTHESES = {
    "Was the model too small?": (
        Axis("width", "width", "width of the network (channels)", (3, 6, 12, 24, 48)),
    ),
    "Were the images too few, or too much alike?": (
        Axis("images", "number of images", "training images", (500, 1000, 2000, 5000, 20_000)),
        Axis("classes", "classes of balls", "classes of balls", (4, 6, 8, 10, 12)),
    ),
    "Was the number of latent dimensions wrong?": (
        Axis("latent_dim", "latent dimensions", "latent dimensions", (2, 4, 8, 16, 32, 64, 128)),
    ),
    "Was it the regularisation, or the training?": (
        # An autoencoder has no KL that σ could weigh.
        Axis("sigma", "σ", "σ of the decoder", (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, None), ("vae",)),
        Axis("epochs", "epochs", "length of training (epochs)", (4, 8, 16, 32, 64)),
    ),
}
