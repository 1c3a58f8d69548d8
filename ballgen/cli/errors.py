"""How a command ends: bad input is one plain line on standard error and exit status 2."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from ballgen.errors import InputError

OURS = Path(__file__).resolve().parents[1]  # the package's folder
BAD_INPUT = 2
INTERRUPTED = 130  # what a shell reports for Ctrl-C
# In torch's words.
NO_MEMORY = re.compile("allocate memory|out of memory|size calculation overflow", re.IGNORECASE)


def run_command(main: Callable[[], int | None]) -> NoReturn:
    """Run a command and exit with what it returns; an error of the user is one line, status 2."""
    warnings.showwarning = _show_warning
    try:
        sys.exit(main() or 0)
    except InputError as error:
        message = str(error)
    except OSError as error:  # a full disk, a folder that may not be written
        message = f"{error.filename or 'a file'} cannot be used: {error.strerror or error}"
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not NO_MEMORY.search(str(error)):
            raise
        message = "there is not enough memory for that: ask for less at once"
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    print(f"ballgen: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(BAD_INPUT)


def _show_warning(message, category, filename, lineno, file=None, line=None) -> None:
    """Our own warnings are for people and need no file name; those of libraries are not."""
    # By the folder and not by its name: a clone with a .venv in it may be called ballgen, too.
    if issubclass(category, UserWarning) and Path(filename).resolve().is_relative_to(OURS):
        print(f"ballgen: {message}", file=sys.stderr)
