"""Pixels that may be more than memory holds."""

import math
import os
import tempfile

import numpy as np
import psutil

from ballgen.util.files import report_unwritable
from ballgen.util.paths import cache_folder

MEMORY_SHARE = 0.25  # of the machine's memory, that one array may fill


def pixel_array(shape: tuple[int, ...]) -> np.ndarray:
    """A new array uint8: in memory, or in a file without a name where it would fill too much of it.

    The system then keeps in memory what is in use. Raises `InputError` if there is no room for it.
    """
    size = math.prod(shape)
    if size <= MEMORY_SHARE * psutil.virtual_memory().total:
        return np.empty(shape, np.uint8)
    folder = cache_folder()
    with report_unwritable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            if size and hasattr(os, "posix_fallocate"):  # else a full disk ends the process later
                os.posix_fallocate(file.fileno(), 0, size)
            return np.memmap(file, np.uint8, "w+", shape=shape)
