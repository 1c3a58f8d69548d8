"""What every command shares: arguments, and bad input as one plain line with exit status 2."""

from __future__ import annotations

import argparse
import re
import sys
import warnings
from collections.abc import Callable
from typing import NoReturn

from ballgen.errors import InputError
from ballgen.util.seeds import LAST_SEED, check_seed

BAD_INPUT = 2
# In torch's words.
NO_MEMORY = re.compile("allocate memory|out of memory|size calculation overflow", re.IGNORECASE)
LONGEST = 1e6  # min, two years
INTERRUPTED = 130  # what a shell reports for Ctrl-C


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Tells the value that is taken where none is given, if there is one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return super()._get_help_string(action) if action.default else action.help


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def __init__(self, **options) -> None:
        super().__init__(formatter_class=_Help, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message}; see {self.prog} --help\n")


def positive(text: str) -> int:
    """An argument that must be a whole number of at least 1."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text!r}")
    return number


def seed(text: str) -> int:
    """An argument that must be a seed: a whole number of at least 0."""
    try:
        return check_seed(int(text))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be a whole number from 0 to {LAST_SEED}, got {text!r}"
        ) from None


def positive_minutes(text: str) -> float:
    """An argument that must be a number above 0 that somebody may live to see pass."""
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number <= LONGEST:
        raise argparse.ArgumentTypeError(
            f"must be a number above 0, at most {LONGEST:,.0f}, got {text!r}"
        )
    return number


def temperature(text: str) -> float:
    """An argument that must be a number of at least 0."""
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number of at least 0, got {text!r}")
    return number


def add_source_arguments(parser: argparse.ArgumentParser, required: bool = False) -> None:
    """--data SOURCE and what goes with it."""
    parser.add_argument(
        "--data",
        metavar="SOURCE",
        required=required,
        default=None if required else "sportballs",
        help="sportballs, mnist, fashion-mnist, cifar10, a folder or a .zip",
    )
    parser.add_argument(
        "--data-root", metavar="DIR", help="folder with MNIST, Fashion-MNIST or CIFAR-10"
    )
    parser.add_argument("--limit", type=positive, metavar="N", help="use at most N pictures")


def changes_from(pairs: list[str]) -> dict[str, str]:
    """{field: value} from "field=value" texts."""
    for pair in pairs:
        if "=" not in pair:
            raise InputError(f"--set {pair!r} has no =: write it as FIELD=VALUE")
    return dict(pair.split("=", 1) for pair in pairs)


def run_command(main: Callable[[], int | None]) -> NoReturn:
    """Run a command and exit: bad input becomes one line on standard error and status 2."""
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
    if issubclass(category, UserWarning) and "ballgen" in filename.replace("\\", "/"):
        print(f"ballgen: {message}", file=sys.stderr)
