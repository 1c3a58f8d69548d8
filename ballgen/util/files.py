"""Files and folders that are either whole or not there; and locks on files.

The system frees a lock when its process ends, however it ends.
"""

import contextlib
import errno
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from ballgen.errors import InputError
from ballgen.util.paths import expand

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
PATIENCE_S = 2.0  # for a lock: who only looks holds one for a moment, too
STALE_S = 3600.0  # after which a temporary file is one of a writer that was killed
_PART = re.compile(r"\..+\.(\d{1,9})-\w+\.part")  # of `write_file`; the number is its pid


@contextlib.contextmanager
def report_unwritable(path: Path) -> Iterator[None]:
    """Raises `InputError` about `path` in place of an `OSError` of the body."""
    try:
        yield
    except OSError as error:
        raise InputError(unwritable(path, error)) from error


def unwritable(path: Path, error: OSError) -> str:
    """What to say of a path that cannot be written."""
    remedy = "choose a place that you may write to, on a disk with room"
    if error.errno in DISK_FULL:
        remedy = (
            "free space on its disk and do it again (--resume or Resume goes on with a training); "
            "what was saved before is kept"
        )
    return f"{path} cannot be written ({error.strerror or error}): {remedy}"


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


def check_empty(path: str | Path) -> Path:
    """The path, if it is a folder without files or can become one. Raises `InputError`."""
    path = expand(path)
    with report_unwritable(path):
        if path.exists() and not path.is_dir():
            raise InputError(f"{path} is a file: choose a new or empty folder")
        if path.is_dir() and any(path.iterdir()):
            raise InputError(f"{path} is not empty: choose a new or empty folder")
    return path


def write_file(path: str | Path, data: bytes, durable: bool = False) -> None:
    """Write `data` to `path`, making its folder first. Raises `InputError` if that fails.

    The bytes go to a temporary file that then takes the name, so that nobody ever reads half a
    file, and a full disk leaves the old one as it was. A link stays one, and so does a device.

    durable  return only when it would survive a power cut; takes some milliseconds
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
        _sweep_once(path.parent)
        try:
            _write(part, data, durable)
            os.replace(part, path)
            if durable:
                _sync_folder(path.parent)
        finally:
            with contextlib.suppress(OSError):  # gone after os.replace, or never made
                part.unlink()


def _write(path: Path, data: bytes, durable: bool) -> None:
    with path.open("wb") as file:
        file.write(data)
        if durable:
            file.flush()
            os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make what was renamed in a folder survive a power cut, where the system can."""
    with contextlib.suppress(OSError):  # Windows opens no folder, and some disks sync none
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def sweep(folder: Path) -> None:
    """Remove what writers that were killed left in a folder; what may be under way stays."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            writer = _PART.fullmatch(path.name)
            if not writer or psutil.pid_exists(int(writer[1])):
                continue
            if abs(time.time() - path.lstat().st_mtime) < STALE_S:  # another machine's, perhaps
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


_sweep_once = lru_cache(maxsize=256)(sweep)  # a look through thousands of images takes a while


def _is_special(path: Path) -> bool:
    """Whether it is a device or a pipe, as /dev/stdout, which a file must not replace."""
    return path.exists() and not path.is_file()


def replace_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Put a folder with these files in place of what is there. Raises `InputError` if that fails.

    The new folder is complete, and on the disk, before the old one moves aside; `recover_folder`
    mends the one moment between the two renames. What else lay in the old one comes along, and a
    link to a folder stays one.
    """
    with report_unwritable(folder):
        folder = folder.resolve()
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep_once(folder.parent)
        prefix = f".{folder.name}.{os.getpid()}-"
        new = Path(tempfile.mkdtemp(".part", prefix, folder.parent))
        try:
            new.chmod(0o755)  # mkdtemp's own is for the owner alone
            for name, content in files.items():
                _write(new / name, content, durable=True)
            if folder.exists():
                _bring_along(folder, new)
            _sync_folder(new)
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
            _sync_folder(folder.parent)
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


def is_locked(path: Path) -> bool:
    """Whether a process, of this or another container, holds the lock; makes no file."""
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except (Timeout, OSError):  # not ours to open: rather believed in than broken
        return True


def acquire(path: Path, held: str, patience: float = PATIENCE_S) -> FileLock:
    """The lock at `path`, whose folder is made; `release` gives it back.

    held      what to say where another process has it
    patience  s that are waited for it
    Raises `InputError` then, and where the file cannot be written.
    """
    lock = FileLock(path, timeout=patience)
    with report_unwritable(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise InputError(held) from None
    return lock


def release(lock: FileLock) -> None:
    """Give a lock back and remove its file; who waits for that one then takes a new one."""
    with contextlib.suppress(OSError):  # Windows removes no open file
        Path(lock.lock_file).unlink()
    lock.release()
