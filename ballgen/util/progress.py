"""A progress bar for work that somebody watches."""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")
DELAY = 2  # seconds: shorter work needs no bar
OnProgress = Callable[[float], None]  # is told what share of a work is done, from 0 to 1
OnStep = Callable[[float, str], None]  # is told that share, and what is done next


def unwatched(done: float) -> None:
    """Nobody watches."""


def with_progress(items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
    """The items, with a bar called `what` where standard error is a terminal."""
    watched = sys.stderr is not None and sys.stderr.isatty()  # None where a shell closed it
    return iter(tqdm(items, what, total, leave=False, disable=not watched, delay=DELAY))
