"""Whether a value is a number or a seed, and lies where it must; True and False are none."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from ballgen.errors import InputError

if TYPE_CHECKING:
    import torch

LAST_SEED = 2**63 - 1  # what torch and numpy both take


def is_whole(value: Any) -> bool:
    """Whether it is a whole number, also numpy's."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_figure(value: Any) -> bool:
    """Whether it is a number that a table and a chart take: finite, and exact as a float."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) < 2**53  # NaN is not


def check_whole(name: str, value: Any, minimum: int, maximum: int | None = None) -> int:
    """A whole number, also numpy's, as an int.

    Raises `InputError`, in which it is called `name`, if it is none from `minimum` to `maximum`.
    """
    whole = is_whole(value)
    if whole and value >= minimum and (maximum is None or value <= maximum):
        return int(value)
    bounds = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum:,}"
    got = f"{value:,}" if whole else repr(value)
    raise InputError(f"{name} must be a whole number {bounds}, got {got}")


def check_number(name: str, value: Any, minimum: float, maximum: float) -> float:
    """A number, also numpy's, as a float.

    Raises `InputError`, in which it is called `name`, if it is none from `minimum` to `maximum`.
    """
    number = isinstance(value, Real) and not isinstance(value, bool)
    if number and minimum <= value <= maximum:  # NaN is not
        return float(value)
    got = f"{value:g}" if number else repr(value)
    raise InputError(f"{name} must be a number from {minimum:g} to {maximum:g}, got {got}")


def check_seed(seed: Any) -> int:
    """The seed as an int, also numpy's. Raises `InputError` if it is no whole number from 0 on."""
    return check_whole("seed", seed, 0, LAST_SEED)


def generator_of(seed: Any) -> torch.Generator:
    """A generator that depends on nothing but the seed. Raises `InputError`."""
    import torch  # late: a command's arguments are checked without it

    return torch.Generator().manual_seed(check_seed(seed))
