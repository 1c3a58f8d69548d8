"""ImageSets -> a folder in the layout of the reports' sports-ball dataset.

OUT/Train/img_00000.png   RGBA
OUT/Train/labels.csv      no header; img_00000,2 with one column for each object
OUT/Train/classes.txt     one class name per line, in the order of the labels
OUT/Train/factors.csv     header file,x px,...; only where factors are known
OUT/Test/...              the same
"""

import csv
import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from ballgen.data.decode import to_image
from ballgen.data.imageset import ImageSet
from ballgen.data.reading.layouts import UNFINISHED
from ballgen.data.sheets import image_name, to_png
from ballgen.errors import InputError
from ballgen.util.files import check_empty, report_unwritable, write_file
from ballgen.util.progress import with_progress

FOLDER_NAMES = {"train": "Train", "valid": "Valid", "test": "Test"}


def write_folder(image_sets: Mapping[str, ImageSet], out: str | Path) -> Path:
    """Write each split ("train", "valid", "test") into its own folder below `out`; returns `out`.

    Until a split is complete it holds labels.csv.part and no labels.csv, which makes reading it an
    error. Raises `InputError` if `out` is not empty or cannot be written, or if the sets do not
    belong together.
    """
    _check_sets(image_sets)
    out = check_empty(out)
    for split in image_sets:  # all of them first: a whole split must not hide a missing one
        write_file(out / FOLDER_NAMES[split] / UNFINISHED, b"")
    for split, images in image_sets.items():
        _write_split(images, out / FOLDER_NAMES[split])
    return out


def _check_sets(image_sets: Mapping[str, ImageSet]) -> None:
    if not image_sets:
        raise InputError("there is no split to write: give at least one of train, valid, test")
    for split in image_sets:
        if split not in FOLDER_NAMES:
            raise InputError(f"split {split!r} is unknown: choose from {', '.join(FOLDER_NAMES)}")
    class_names, *others = {images.class_names for images in image_sets.values()}
    if others:
        raise InputError("the splits have different class names: labels would not agree")
    for name in class_names:
        if name != name.strip() or len(name.splitlines()) != 1:
            raise InputError(
                f"class name {name!r} does not fit on a line of classes.txt: rename it"
            )


def _write_split(images: ImageSet, folder: Path) -> None:
    names = [image_name(index) for index in range(len(images))]
    stems = [Path(name).stem for name in names]
    write_file(folder / "classes.txt", "".join(f"{c}\n" for c in images.class_names).encode())
    if images.factors is not None:
        # str of a numpy float32 has as many digits as it takes to read the same number again.
        rows = [map(str, row) for row in images.factors.numpy()]
        write_file(folder / "factors.csv", _csv(["file", *stems], [images.factor_names, *rows]))
    with report_unwritable(folder):
        for name, pixels in with_progress(
            zip(names, images.pixels, strict=True), f"writing {folder.name}", len(names)
        ):
            (folder / name).write_bytes(to_png(to_image(pixels.numpy()).convert("RGBA")))
        columns = images.labels[:, None] if images.object_labels is None else images.object_labels
        labels = [["" if label < 0 else label for label in row] for row in columns.tolist()]
        (folder / UNFINISHED).write_bytes(_csv(stems, labels))
        os.replace(folder / UNFINISHED, folder / "labels.csv")


def _csv(names: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """A table with a row for each name, which stands in its first column."""
    text = io.StringIO()
    lines = ([name, *row] for name, row in zip(names, rows, strict=True))
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode()
