"""Images that came through a browser: stored as .zip files beside the runs that learn from them."""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ballgen.data.imageset import ImageSet
from ballgen.data.reading.child import read_in_child
from ballgen.data.reading.folders import FolderImages
from ballgen.data.sources import load_images
from ballgen.errors import InputError
from ballgen.runs.data_folders import uploads_folder
from ballgen.util.files import write_file

CHECKED_IMAGES = 12  # are read, to see whether there is anything to learn from
MAX_NAME_BYTES = 80  # file systems take 255, and the digest joins it
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # one time for all files: the same files are the same bytes


def uploaded_images() -> list[Path]:
    """All that was stored, by name. Raises `InputError` for a home folder that is not known."""
    return sorted(uploads_folder().glob("*.zip"))


def load_upload(
    name: str,
    content: bytes,
    split: str,
    read: Callable[..., FolderImages] = read_in_child,
    **settings,
) -> ImageSet:
    """One split of a .zip that somebody uploaded as `name`, as `load_images` reads it.

    Raises `InputError`, with that name, if no images can be read.
    """
    with tempfile.TemporaryDirectory(prefix="ballgen-") as folder:
        path = Path(folder, f"{Path(folder).name}.zip")
        path.write_bytes(content)
        # The name of the copy would mean nothing; it occurs in no other name.
        called = lambda said: str(said).replace(str(path), name).replace(path.name, name)  # noqa: E731
        try:
            images = load_images(path, split, quiet=True, read=read, **settings)
        except InputError as error:
            raise InputError(called(error)) from error
    return replace(images, name=name, remarks=tuple(map(called, images.remarks)))


def store_zip(name: str, content: bytes) -> Path:
    """Store a .zip called `name`; the same content is stored once.

    Raises `InputError` if no images can be read from it.
    """
    stem = re.sub(r"[^\w-]+", "-", PurePosixPath(name).stem).strip("-") or "images"
    stem = stem.encode()[:MAX_NAME_BYTES].decode(errors="ignore")
    path = uploads_folder() / f"{stem}-{hashlib.sha256(content).hexdigest()[:8]}.zip"
    if not path.exists():
        load_upload(name, content, "train", limit=CHECKED_IMAGES)
        write_file(path, content, durable=True)
    return path


def store_folder(files: dict[str, bytes]) -> Path:
    """Store the files of a folder, by their paths, which begin with its name, as a .zip.

    Raises `InputError` if no images can be read from them.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, ZIP_EPOCH), content)
    return store_zip(PurePosixPath(min(files)).parts[0], buffer.getvalue())
