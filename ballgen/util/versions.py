"""Which ballgen wrote something."""

from __future__ import annotations

import re

from ballgen import __version__


def written_by(version: str) -> str:
    """Which ballgen wrote something, beside the one that reads it."""
    if version == __version__:
        return f"by this ballgen {__version__}"
    return f"by ballgen {version or 'unknown'}, and this is {__version__}"


def is_newer(version: str) -> bool:
    """Whether a version is later than this ballgen's."""
    return _numbers(version) > _numbers(__version__)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d{1,9}", version)]
