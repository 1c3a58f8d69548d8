"""Folders of images that tell by their colour what their label should be."""

from __future__ import annotations

from pathlib import Path

from ballgen.data.imageset import ImageSet
from ballgen.data.reading.folders import read_folder
from ballgen.data.sources import to_image_set


def load_folder(path: str | Path, split: str = "train", *args, **settings) -> ImageSet:
    """As `load_images` does, but with nothing said of what was skipped."""
    return to_image_set(read_folder(path, split, *args, **settings), split)


def colours(images) -> list[str]:
    """The colour that each image really shows, to hold against its label."""
    return [("red", "green", "blue")[int(p.float().mean((1, 2)).argmax())] for p in images.pixels]


def named_labels(images) -> list[str]:
    return [images.class_names[label] for label in images.labels]


def make_classes(draw, folder: Path, counts: dict[str, int]) -> Path:
    for colour, count in counts.items():
        for index in range(count):
            # Each image has a pixel size of its own, so that it can be told from the others.
            draw(folder / colour / f"{colour}{index}.png", colour, (20 + index, 40))
    return folder


def digests(images) -> set[bytes]:
    return {image.numpy().tobytes() for image in images.pixels}
