"""Arguments that several commands share, and how a command ends.

Bad input is one plain line on standard error and exit status 2.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from ballgen.errors import InputError
from ballgen.util.checks import LAST_SEED

if TYPE_CHECKING:
    from ballgen.data.imageset import ImageSet
    from ballgen.models import Model

Number = TypeVar("Number", int, float)
OURS = Path(__file__).resolve().parents[1]  # the package's folder
BAD_INPUT = 2
INTERRUPTED = 130  # what a shell reports for Ctrl-C
# In torch's words.
NO_MEMORY = re.compile("allocate memory|out of memory|size calculation overflow", re.IGNORECASE)
MAX_MINUTES = 1e6  # two years


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Tells the value that is taken where none is given, if there is one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return super()._get_help_string(action) if action.default else action.help


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def __init__(self, **options) -> None:
        super().__init__(formatter_class=_Help, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Exit with status 2 and one line."""
        self.exit(BAD_INPUT, f"{self.prog}: {message}; see {self.prog} --help\n")


def _number(
    convert: Callable[[str], Number], accepts: Callable[[Number], bool], expected: str
) -> Callable[[str], Number]:
    """The type of an argument: a number that `accepts` lets pass."""

    def parse(text: str) -> Number:
        try:
            number = convert(text)
        except ValueError:
            number = math.nan
        if not accepts(number):
            raise argparse.ArgumentTypeError(f"must be {expected}, got {text!r}")
        return number

    return parse


positive = _number(int, lambda value: value >= 1, "a whole number of at least 1")
seed = _number(int, lambda value: 0 <= value <= LAST_SEED, f"a whole number from 0 to {LAST_SEED}")
temperature = _number(float, lambda value: 0 <= value < math.inf, "a number of at least 0")
positive_minutes = _number(
    float, lambda value: 0 < value <= MAX_MINUTES, f"a number above 0, at most {MAX_MINUTES:,.0f}"
)


SHARED = {
    "checkpoint": {"metavar": "CHECKPOINT", "help": "folder, e.g. checkpoints/vae"},
    "--data": {
        "metavar": "SOURCE",
        "required": True,
        "help": "sportballs, sportballs-flat, mnist, fashion-mnist, cifar10, a folder or a .zip",
    },
    "--data-root": {"metavar": "DIR", "help": "folder with MNIST, Fashion-MNIST or CIFAR-10"},
    "--limit": {"type": positive, "metavar": "N", "help": "use at most N images"},
    "--test-limit": {
        "type": positive,
        "metavar": "N",
        "help": "use at most N test images; by default all, which --limit leaves as they are",
    },
    "--prior": {
        "metavar": "P",
        "help": "normal, gaussian, class-gaussian, mixture or flow; by default the recipe's",
    },
    "--features": {
        "metavar": "SPACE",
        "choices": ("balls", "random", "imagenet", "inception"),
        "help": "of KID, FID and coverage: balls, random, imagenet or inception; by default balls "
        "for sportballs, random for other images",
    },
    "--seed": {"type": seed, "default": 0, "metavar": "K", "help": "of all randomness"},
    "--json": {"type": Path, "metavar": "FILE", "help": "also write the result here"},
    "--out": {
        "required": True,
        "metavar": "FILE.png|FILE.npz|DIR",
        "help": "a contact sheet, an array, or one file each",
    },
}


def add_shared(parser: argparse.ArgumentParser, *names: str, **changes: Any) -> None:
    """Add shared arguments, with `changes` to their options; `--data` comes with two more."""
    for name in names:
        parser.add_argument(name, **SHARED[name] | changes)
        if name == "--data":
            add_shared(parser, "--data-root", "--limit")


def load_test_images(args: argparse.Namespace, model: Model) -> ImageSet:
    """The test images of --data, in the model's size. Raises `InputError` if there are none."""
    from ballgen.data.sources import load_images

    channels, size, _ = model.image_shape
    return load_images(args.data, "test", size, channels, args.limit, args.seed, args.data_root)


def parse_changes(pairs: list[str]) -> dict[str, str]:
    """{field: value} from "field=value" texts. Raises `InputError` if one has no "="."""
    for pair in pairs:
        if "=" not in pair:
            raise InputError(f"--set {pair!r} has no =: write it as SETTING=VALUE")
    return dict(pair.split("=", 1) for pair in pairs)


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[float, str], None]]:
    """A bar for work that tells what share is done, and what is done next."""
    from tqdm import tqdm

    with tqdm(total=100, bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}") as bar:

        def show(done: float, what: str) -> None:
            bar.set_description(what, refresh=False)
            bar.update(round(100 * done) - bar.n)

        yield show
        show(1.0, "done")


def print_scores(scores: dict[str, object]) -> None:
    """One line per score."""
    for name, value in scores.items():
        print(f"{name:24} {value:.5g}" if isinstance(value, float) else f"{name:24} {value}")


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
        for stream in filter(None, (sys.stdout, sys.stderr)):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(INTERRUPTED)  # python would wait for threads that still compute
    print(f"ballgen: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(BAD_INPUT)


def _show_warning(message, category, filename, lineno, file=None, line=None) -> None:
    """Our own warnings are for people and need no file name; those of libraries are not."""
    # By the folder and not by its name: a clone with a .venv in it may be called ballgen, too.
    if issubclass(category, UserWarning) and Path(filename).resolve().is_relative_to(OURS):
        print(f"ballgen: {message}", file=sys.stderr)
