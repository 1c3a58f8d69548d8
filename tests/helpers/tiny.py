"""Small real things to test with: a few drawn balls, and recipes that train in a second."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

from ballgen.data.imageset import ImageSet
from ballgen.data.sheets import to_png
from ballgen.data.sportballs.factors import BallSettings
from ballgen.data.sportballs.sets import make_balls
from ballgen.models import Model, build_model
from ballgen.recipes import RECIPES, Recipe


def tiny_balls(count: int = 32, split: str = "train", size: int = 16) -> ImageSet:
    """A few balls at 16 px."""
    return make_balls(count, split, settings=BallSettings(image_size=size))


def write_balls(folder: Path) -> None:
    """Eight balls of 32 px as files in `folder`, by class."""
    balls = tiny_balls(8, size=32)
    for index, (pixels, label) in enumerate(zip(balls.pixels, balls.labels, strict=True)):
        place = folder / "train" / balls.class_names[label]
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
    """A named recipe with a narrow network, a small batch and float32."""
    small = {"width": 4, "batch_size": 8, "epochs": 2, "precision": "fp32", "warmup": 0}
    if RECIPES[name].network == "conv" and not name.startswith("lab4"):
        small["latent_dim"] = 6
    if name == "lab4-gan":
        small |= {"image_size": 0}
    return replace(RECIPES[name], **small | changes)


def tiny_model(name: str, images: ImageSet, seed: int = 0, **changes) -> Model:
    """An untrained model of a tiny recipe for these pictures."""
    return build_model(
        tiny_recipe(name, **changes),
        images.image_shape,
        images.class_names,
        images.class_shares,
        seed,
    )
