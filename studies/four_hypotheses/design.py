"""What is trained, as data: a middle setting, and for each guess what it changes in the middle.

All runs see equally many pictures unless their length is what is tested: 500 pictures are shown
more often than 20,000. Only the network, the pictures and the objective differ. The rest is plain,
whatever becomes of the shipped recipes, and in float32, which every machine is fast in.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ballgen.data.sportballs.factors import CLASS_NAMES
from ballgen.recipes import RECIPE_TYPES, Recipe

NAME = "study"  # the recipes, and with them the runs, are called study-ae and study-vae
FAMILIES = ("ae", "vae")  # those that the reports saw fail from random codes
CHANNELS = 3
PLAIN = {
    "reconstruction": "sigma",
    "learning_rate": 2e-3,
    "schedule": "cosine",
    "warmup": 200,
    "ema_decay": 0.999,
    "precision": "fp32",
    "prior": "normal",
    "priors": (),  # the one that is looked at is fitted afterwards
    "scores": "cheap",
}
Value = int | float | None

GUESSES = {
    "size": "Was the model too small?",
    "data": "Were the pictures too few, or too much alike?",
    "latent": "Was the latent code of the wrong size?",
    "training": "Was it the regularisation, or the training?",
}


@dataclass(frozen=True)
class Setting:
    """One experiment but for its seed.

    width       channels at the finest resolution
    latent_dim  numbers in a code
    images      training pictures
    classes     kinds of balls in them
    sigma       width of the decoder's Gaussian, in the scale where white is 1; None learns it
    epochs      passes over the training pictures
    """

    family: str
    width: int = 12
    latent_dim: int = 32
    images: int = 5000
    classes: int = 4
    sigma: float | None = None
    epochs: int = 16


@dataclass(frozen=True)
class Axis:
    """One field of the setting, tried at several values.

    guess     which of `GUESSES` it tests
    name      for people, in a sentence
    title     for people, with the unit
    reason    why these values, and these families
    families  that are trained on it
    """

    guess: str
    field: str
    name: str
    title: str
    values: tuple[Value, ...]
    reason: str
    families: tuple[str, ...] = FAMILIES


AXES = (
    Axis(
        "size",
        "width",
        "width",
        "width of the network (channels)",
        (3, 6, 12, 24, 48),
        "a quarter to four times the middle, which is about a sixth to nine times the weights",
    ),
    Axis(
        "data",
        "images",
        "number of pictures",
        "training pictures",
        (500, 1000, 2000, 5000, 20_000),
        "the number of pictures shown in training is the same for all",
    ),
    Axis(
        "data",
        "classes",
        "kinds of balls",
        "kinds of balls",
        (4, 6, 8, 10, len(CLASS_NAMES)),
        "the reports' four, to all that can be drawn; the number of pictures is the same",
    ),
    Axis(
        "latent",
        "latent_dim",
        "size of the code",
        "size of the latent code (numbers)",
        (2, 4, 8, 16, 32, 64, 128),
        "five factors vary in the pictures: class, place in two directions, size and angle",
    ),
    Axis(
        "training",
        "sigma",
        "σ",
        "width σ of the decoder's Gaussian",
        (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, None),
        "a large σ lets the KL weigh more, as a large β does, and only a VAE has one; a small one "
        "makes it an autoencoder",
        ("vae",),
    ),
    Axis(
        "training",
        "epochs",
        "epochs",
        "length of training (epochs)",
        (4, 8, 16, 32, 64),
        "a quarter to four times the middle",
    ),
)


class Trial(NamedTuple):
    """A setting with its seed: one run, one row."""

    setting: Setting
    seed: int

    def __str__(self) -> str:
        setting = self.setting
        sigma = "learned" if setting.sigma is None else f"{setting.sigma:g}"
        return (
            f"{setting.family} width {setting.width}, code {setting.latent_dim}, "
            f"{setting.images:,} pictures of {setting.classes} classes, σ {sigma}, "
            f"{setting.epochs} epochs, seed {self.seed}"
        )


@dataclass(frozen=True)
class Design:
    """The whole study.

    middle       what all axes have in common; its family is exchanged
    image_size   px
    test_images  real pictures that every run is measured on
    changes      fields of every recipe that are not as in `PLAIN`
    flow         settings of the fitted prior: smaller than a recipe's, to fit in a run's two
                 minutes, and the same for all
    """

    middle: Setting = Setting("vae")
    axes: tuple[Axis, ...] = AXES
    image_size: int = 32
    test_images: int = 2000
    changes: dict[str, object] = field(default_factory=dict)
    flow: dict[str, int] = field(
        default_factory=lambda: {"width": 256, "batch_size": 256, "steps": 1500}
    )

    def settings(self, axis: Axis, family: str) -> dict[Value, Setting]:
        """The settings of an axis by their value on it, in its order."""
        middle = replace(self.middle, family=family)
        found = {value: replace(middle, **{axis.field: value}) for value in axis.values}
        if axis.field == "images":
            shown = middle.images * middle.epochs
            found = {n: replace(s, epochs=max(1, round(shown / n))) for n, s in found.items()}
        return found

    def trials(self, seeds: int, guess: str | None = None) -> list[Trial]:
        """Every run, or those of one guess; seed by seed, so that all curves grow together."""
        distinct = dict.fromkeys(
            setting
            for axis in self.axes
            if guess in (None, axis.guess)
            for family in axis.families
            for setting in self.settings(axis, family).values()
        )
        middle_first = sorted(distinct, key=lambda s: s != replace(self.middle, family=s.family))
        return [Trial(setting, seed) for seed in range(seeds) for setting in middle_first]

    def recipe(self, setting: Setting) -> Recipe:
        """What is trained for a setting."""
        changes = PLAIN | self.changes
        changes |= {"latent_dim": setting.latent_dim, "epochs": setting.epochs}
        changes |= {"width": setting.width, "name": f"{NAME}-{setting.family}"}
        if setting.sigma is not None:
            # The Gaussian's loss, squared error / 2σ² + KL, times 2σ² over an image's numbers.
            numbers = CHANNELS * self.image_size**2
            changes |= {"reconstruction": "mse", "kl_weight": 2 * setting.sigma**2 / numbers}
        return RECIPE_TYPES[setting.family]().changed(changes)

    @property
    def digest(self) -> str:
        """Changes with all that the figures of a setting depend on, beside the setting itself."""
        return "3bcc6803"


STUDY = Design()
