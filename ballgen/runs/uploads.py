"""Which images of this machine the dashboard reads: folders that its owner names, and uploads.

A link can name any path. Without a list of folders, opening one would show what lies there.

Images that came through a browser are .zip files beside the runs, each a source with a name. A
file's own name, NAME-DIGEST.zip, never changes, because runs and checkpoints name it. What people
call it stands in a text file beside it, which stays when the images are deleted.
"""

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ballgen.data.reading.child import read_in_child
from ballgen.data.sources import NAMES, load_images
from ballgen.errors import InputError
from ballgen.util.files import report_unwritable, write_file
from ballgen.util.paths import chosen_folders, expand, runs_folder

DATA_FOLDERS_VARIABLE = "BALLGEN_DATA_FOLDERS"
UPLOADS = "uploads"
DIGEST = re.compile(r"(?:-([0-9a-f]{8})\.zip|\(([0-9a-f]{8})\))$")
CHECKED_IMAGES = 12  # are read, to see whether there is anything to learn from
MAX_NAME_BYTES = 80  # file systems take 255, and the digest joins it
NAME = ".name"  # suffix of the file that holds what an upload is called


def uploads_folder() -> Path:
    """Where images that came through a browser are kept, beside the runs.

    Raises `InputError` for a home folder that is not known.
    """
    return runs_folder() / UPLOADS


def digest_in(name: str) -> str:
    """What tells uploaded images from all others, in their file's name or title; "" for none."""
    found = DIGEST.search(name)
    return (found[1] or found[2]) if found else ""


def check_upload(source: str) -> None:
    """Raises `InputError` if this names uploaded images, by path or title, that are not there."""
    if not digest_in(source):
        return
    path = expand(source)
    of_upload = path.parent == uploads_folder() or source.endswith(")")
    with suppress(OSError):  # a name that is too long
        if of_upload and not path.exists():
            raise InputError(
                f"the uploaded images {path.name} were deleted: bring the same .zip or folder in "
                "again, and they are back"
            )


def data_folders() -> list[Path]:
    """The folders in $BALLGEN_DATA_FOLDERS, or the one the dashboard was started in; and uploads.

    Several are separated as in $PATH. Raises `InputError` for a home folder that is not known.
    """
    named = chosen_folders(DATA_FOLDERS_VARIABLE) or [Path.cwd()]
    return [*(folder.absolute() for folder in named), uploads_folder()]


def check_source(source: str) -> str:
    """The source, unless it is a path outside the folders that the dashboard reads.

    Links are followed. Raises `InputError` for such a path, whether there is anything or not, and
    for uploaded images that were deleted.
    """
    if source.lower() in NAMES:
        return source
    check_upload(source)
    named, folders = expand(source), data_folders()
    # As written first: on Windows following a path to another machine already talks to it.
    with suppress(ValueError, OSError):  # no path at all: a NUL in it, or a name that is too long
        path = Path(os.path.abspath(named))
        written = any(path.is_relative_to(root) for root in (*folders, *map(_real, folders)))
        if written and any(_real(path).is_relative_to(_real(root)) for root in folders):
            return source
    raise InputError(
        f"{source} is not in a folder that this dashboard reads ({', '.join(map(str, folders))}): "
        f"start it with {DATA_FOLDERS_VARIABLE} set to the folder that holds it"
    )


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


class Upload(NamedTuple):
    """A source that came through a browser.

    path  of its .zip, which is the source as `load_images` takes it
    name  that people gave it, not always the only one of that name
    """

    path: Path
    name: str

    @property
    def title(self) -> str:
        """ "my balls (3f2a91c0)": the only one, also once it was renamed."""
        return f"{self.name} ({digest_in(self.path.name)})"


def uploads() -> list[Upload]:
    """All that is stored, by name. Raises `InputError` for a home folder that is not known."""
    found = (Upload(path, _name(path)) for path in uploads_folder().glob("*.zip"))
    return sorted((one for one in found if digest_in(one.path.name)), key=lambda one: one.title)


def find_upload(source: str) -> Upload | None:
    """The upload of this path or title, whatever it is called by now; None if there is none.

    Raises `InputError` for a home folder that is not known.
    """
    digest = digest_in(source)
    if not digest or not (source.endswith(")") or Path(source).parent == uploads_folder()):
        return None
    return next((one for one in uploads() if digest_in(one.path.name) == digest), None)


def source_title(source: str) -> str:
    """What people call a source: its name, an upload's title, or a file's or folder's name."""
    path = Path(source)
    if path.parent == uploads_folder():
        return Upload(path, _name(path)).title if digest_in(path.name) else path.name
    return path.name or source


def store_zip(name: str, content: bytes) -> Path:
    """Store a .zip called `name`; the same content is stored once, and comes back to where it was.

    Raises `InputError`, with that name, if no images can be read from it.
    """
    stem = PurePosixPath(name.replace("\\", "/")).stem
    plain = re.sub(r"[^\w-]+", "-", stem).strip("-") or "images"
    plain = plain.encode()[:MAX_NAME_BYTES].decode(errors="ignore")
    digest = hashlib.sha256(content).hexdigest()[:8]
    known = [*uploads_folder().glob(f"*-{digest}.*")]
    path = known[0].with_suffix(".zip") if known else uploads_folder() / f"{plain}-{digest}.zip"
    if not path.exists():
        _check(name, content)
        write_file(path, content, durable=True)
    if not known:
        rename_upload(path, _on_one_line(stem) or plain)
    return path


def rename_upload(path: Path, name: str) -> None:
    """Call an upload otherwise; what was trained on it still finds it.

    Raises `InputError` for an empty name, and if the upload is gone.
    """
    name = _on_one_line(name)
    if not name:
        raise InputError("the name of uploaded images must not be empty: type one")
    check_upload(str(path))
    write_file(path.with_suffix(NAME), name.encode())


def delete_upload(path: Path) -> None:
    """Delete an upload's images for good; its name stays, for runs that used it to say.

    What trains at the moment has them in memory. Raises `InputError` if it cannot be deleted, or is
    gone already.
    """
    check_upload(str(path))
    with report_unwritable(path):
        path.unlink()


def _check(name: str, content: bytes) -> None:
    """Raises `InputError` if no images can be read from a .zip called `name`."""
    with tempfile.TemporaryDirectory(prefix="ballgen-") as folder:
        path = Path(folder, f"{Path(folder).name}.zip")
        path.write_bytes(content)
        try:
            load_images(path, "train", limit=CHECKED_IMAGES, quiet=True, read=read_in_child)
        except InputError as error:
            # The name of the copy would mean nothing; it occurs in no other name.
            said = str(error).replace(str(path), name).replace(path.name, name)
            raise InputError(said) from error


def _name(path: Path) -> str:
    """What the upload at a path is called; by its file's name where nobody wrote that down."""
    try:
        name = _on_one_line(path.with_suffix(NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        name = ""
    return name or path.stem.rpartition("-")[0]


def _on_one_line(name: str) -> str:
    """A name as it can be shown and kept, of `MAX_NAME_BYTES` at most; "" if nothing is left."""
    printable = "".join(c for c in " ".join(name.split()) if c.isprintable())
    return printable.encode(errors="ignore")[:MAX_NAME_BYTES].decode(errors="ignore").strip()
