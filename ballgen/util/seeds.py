"""Seeds: whole numbers that mean the same randomness in every door and command."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, SupportsIndex

from ballgen.errors import InputError

if TYPE_CHECKING:
    import torch

LAST_SEED = 2**63 - 1  # what torch and numpy both take


def check_seed(seed: SupportsIndex) -> int:
    """The seed as an int, also numpy's. Raises `InputError` if it is no whole number from 0 on."""
    try:
        number = operator.index(None if isinstance(seed, bool) else seed)
    except TypeError:
        raise InputError(f"seed must be a whole number, got {seed!r}") from None
    if not 0 <= number <= LAST_SEED:
        raise InputError(f"seed must lie between 0 and {LAST_SEED}, got {number}")
    return number


def generator_of(seed: SupportsIndex) -> torch.Generator:
    """A generator that depends on nothing but the seed. Raises `InputError`."""
    import torch  # late: a command's arguments are checked without it

    return torch.Generator().manual_seed(check_seed(seed))
