"""Small real things to test with: a few drawn balls, and recipes that train in a second."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from ballgen.data.imageset import ImageSet
from ballgen.data.sheets import to_png
from ballgen.data.sportballs.factors import BallSettings
from ballgen.data.sportballs.sets import make_balls
from ballgen.models import Model, build_model
from ballgen.priors import fit_priors
from ballgen.recipes import Recipe, get_recipe


def tiny_balls(count: int = 32, split: str = "train", size: int = 16) -> ImageSet:
    """A few balls at 16 px."""
    return make_balls(count, split, settings=BallSettings(image_size=size))


def write_balls(folder: Path, count: int = 8, split: str = "train") -> None:
    """Balls of 32 px as files in `folder`, by split and class."""
    balls = tiny_balls(count, split, size=32)
    for index, (pixels, label) in enumerate(zip(balls.pixels, balls.labels, strict=True)):
        place = folder / split / balls.class_names[label]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{index}.png").write_bytes(to_png(pixels))


def zip_of_balls(scratch: Path) -> bytes:
    """The same in a .zip, which holds them in a folder called mine."""
    write_balls(scratch / "mine")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted((scratch / "mine").rglob("*.png")):
            archive.write(path, path.relative_to(scratch))
    return buffer.getvalue()


def tiny_recipe(name: str, **changes) -> Recipe:
    """A named recipe with a narrow network, a small batch, float32 and N(0, I) as its prior.

    changes  by the last part of a setting's name
    """
    small = {"batch_size": 8, "epochs": 2, "precision": "fp32", "warmup": 0, "prior": "normal"}
    if not name.startswith("lab4-") or name == "lab4-gan":
        small["width"] = 4
    if not name.startswith("lab4-"):
        small["latent_dim"] = 6
    if name in ("ae", "vae") and changes.get("finetuning") != "none":
        small["discriminator_width"] = 4
    if name == "lab4-gan":
        small |= {"image_size": 0}
    return get_recipe(name).changed(small | changes)


def tiny_model(name: str, images: ImageSet, seed: int = 0, **changes) -> Model:
    """An untrained model of a tiny recipe for these images."""
    return build_model(
        tiny_recipe(name, **changes),
        images.image_shape,
        images.class_names,
        images.class_shares,
        seed,
    )


def fit_own_priors(model: Model, images: ImageSet) -> None:
    """Fit the recipe's priors to the codes of images, as an experiment does."""
    codes = model.encode(images.images(), fast=True)
    model.priors |= fit_priors(model.recipe.sampling.priors, codes, images.labels)
