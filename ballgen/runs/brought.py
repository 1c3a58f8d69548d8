"""Pictures that came through a browser: kept as .zip files beside the runs that learn from them."""

from __future__ import annotations

import hashlib
import io
import re
import warnings
import zipfile
from pathlib import Path, PurePosixPath

from ballgen.errors import InputError
from ballgen.images.sources import load_images
from ballgen.runs.place import runs_folder
from ballgen.saving import write_file

FOLDER = "pictures"
TRIED = 12  # pictures that are decoded to see whether there is anything to learn from
BEGINNING = (1980, 1, 1, 0, 0, 0)  # of time in a .zip: the same files are the same bytes


def brought_pictures() -> list[Path]:
    """All that was kept, by name."""
    return sorted((runs_folder() / FOLDER).glob("*.zip"))


def keep_zip(name: str, content: bytes) -> Path:
    """Keep a .zip called `name`; the same content is kept once. Raises `InputError` if no pictures
    can be read from it.
    """
    stem = re.sub(r"[^\w-]+", "-", PurePosixPath(name).stem).strip("-") or "pictures"
    digest = hashlib.sha256(content).hexdigest()[:8]
    path = runs_folder() / FOLDER / f"{stem}-{digest}.zip"
    if path.exists():
        return path
    write_file(path, content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of single files; loading all tells them
            load_images(path, "train", limit=TRIED)
    except InputError as error:
        path.unlink()
        raise InputError(str(error).replace(str(path), name).replace(path.name, name)) from error
    return path


def keep_files(files: dict[str, bytes]) -> Path:
    """The same for the files of a folder, by their paths, which begin with the folder's name."""
    if not files:
        raise InputError("there are no files in it: choose a folder of pictures")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, BEGINNING), content)
    name = PurePosixPath(min(files)).parts[0]
    return keep_zip(f"{name}.zip", buffer.getvalue())
