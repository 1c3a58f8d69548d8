"""Which ballgen wrote something, beside the one that reads it."""

import re

from ballgen import __version__


def written_by(version: str) -> str:
    """ "by ballgen 0.2.0, and this is 0.1.0"."""
    if version == __version__:
        return f"by this ballgen {__version__}"
    return f"by ballgen {version or 'unknown'}, and this is {__version__}"


def is_newer(version: str) -> bool:
    """Whether a version is later than this ballgen's."""
    own, other = (list(map(int, re.findall(r"\d{1,9}", one))) for one in (__version__, version))
    return other > own
