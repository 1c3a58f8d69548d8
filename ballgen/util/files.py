"""Files and folders that are either whole or not there."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from ballgen.errors import InputError
from ballgen.util.paths import expand


@contextlib.contextmanager
def report_unwritable(path: Path) -> Iterator[None]:
    """Raises `InputError` about `path` in place of an `OSError` of the body."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror or error}): "
            "choose a place that you may write to, on a disk with room"
        ) from error


def check_file(path: str | Path) -> Path:
    """The path, if it can become a file. Raises `InputError`: before hours of computing, not after.

    Whether the disk has room is not known yet.
    """
    path = expand(path)
    with report_unwritable(path):
        if not path.name or path.is_dir():
            raise InputError(f"{path} cannot be written (it is a folder): name a file in it")
        if _is_special(path):
            return path
        there = next(folder for folder in path.absolute().parents if folder.exists())
        if not there.is_dir():
            raise NotADirectoryError(f"{there} is no folder")
        if not os.access(there, os.W_OK | os.X_OK):
            raise PermissionError(f"{there} may not be written to")
    return path


def write_file(path: str | Path, data: bytes) -> None:
    """Write `data` to `path`, making its folder first. Raises `InputError` if that fails.

    The bytes go to a temporary file that then takes the name, so that nobody ever reads half a
    file, and a full disk leaves the old one as it was. A link stays one, and so does a device.
    """
    path = check_file(path)
    if _is_special(path):
        with report_unwritable(path):
            path.write_bytes(data)
        return
    path = path.resolve()
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    with report_unwritable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(data)
            os.replace(part, path)
        finally:
            with contextlib.suppress(OSError):  # gone after os.replace, or never made
                part.unlink()


def _is_special(path: Path) -> bool:
    """Whether it is a device or a pipe, as /dev/stdout, which a file must not replace."""
    return path.exists() and not path.is_file()


def replace_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Put a folder with these files in place of what is there. Raises `InputError` if that fails.

    The new folder is complete before the old one moves aside; `recover_folder` mends the one
    moment between the two renames. What else lay in the old one comes along, and a link to a folder
    stays one.
    """
    with report_unwritable(folder):
        folder = folder.resolve()
        folder.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            new.chmod(0o755)  # mkdtemp's own is for the owner alone
            for name, content in files.items():
                (new / name).write_bytes(content)
            if folder.exists():
                _bring_along(folder, new)
            for last in (False, True):
                shutil.rmtree(_set_aside(folder), ignore_errors=True)
                if folder.exists():
                    os.replace(folder, _set_aside(folder))
                try:
                    os.replace(new, folder)
                    break
                except OSError:  # who read it in this very moment brought the old one back
                    if last or not folder.exists():
                        raise
            shutil.rmtree(_set_aside(folder), ignore_errors=True)
        finally:
            shutil.rmtree(new, ignore_errors=True)


def _bring_along(old: Path, new: Path) -> None:
    """Copy what `new` does not hold itself."""
    for path in old.iterdir():
        if (new / path.name).exists():
            continue
        if path.is_dir():
            shutil.copytree(path, new / path.name, symlinks=True)
        else:
            shutil.copy2(path, new / path.name, follow_symlinks=False)


def recover_folder(folder: Path) -> None:
    """Bring back the old folder if its replacement was cut off between the two renames."""
    folder = folder.resolve()
    if not folder.exists() and folder.name and _set_aside(folder).is_dir():
        os.replace(_set_aside(folder), folder)


def _set_aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")
