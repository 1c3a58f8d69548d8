"""The images of a split before they are decoded: what a layout finds and a reader decodes."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from ballgen.data.reading.label_tables import sort_classes
from ballgen.errors import InputError

MAX_CLASSES = 5_000  # more are no classes but, say, days


@dataclass(frozen=True)
class Entry:
    """One image before it is decoded.

    path     where its tree holds it
    key      its path below the wrappers: the same in a folder and in a .zip of it
    labels   class name of each object, "" for none; never empty
    factors  its known factors, or None
    split    what a table says of it, or ""
    """

    path: str
    key: str
    labels: tuple[str, ...]
    factors: tuple[float, ...] | None = None
    split: str = ""


@dataclass
class Listing:
    """The images of one split, and the files that were left out, each with the reason.

    `labels` says what the classes are read from, in words; it is empty without labels.
    """

    entries: list[Entry] = field(default_factory=list)
    classes: tuple[str, ...] = ()  # in the order of classes.txt
    factor_names: tuple[str, ...] = ()
    left_out: list[tuple[str, str]] = field(default_factory=list)
    labels: str = ""


def class_order(listings: Collection[Listing]) -> tuple[str, ...]:
    """Every class name: those of classes.txt in their order, then the others sorted.

    Raises `InputError` for more than can be told apart.
    """
    written = dict.fromkeys(name for listing in listings for name in listing.classes)
    used = {name for listing in listings for entry in listing.entries for name in entry.labels}
    names = (*written, *sort_classes(used - {*written, ""}))
    if len(names) > MAX_CLASSES:
        raise InputError(
            f"there are {len(names):,} classes, at most {MAX_CLASSES:,} are told apart: "
            "put images that belong together into one folder"
        )
    return names


def merge(listings: Collection[Listing]) -> Listing:
    """All images of several listings as one, with the factors that all have."""
    share_factors(listings)
    return Listing(
        entries=[entry for listing in listings for entry in listing.entries],
        classes=tuple(dict.fromkeys(name for listing in listings for name in listing.classes)),
        factor_names=next(iter(listings)).factor_names,
        left_out=list(dict.fromkeys(file for listing in listings for file in listing.left_out)),
        labels=" and ".join(dict.fromkeys(each.labels for each in listings if each.labels)),
    )


def share_factors(listings: Collection[Listing]) -> None:
    """Leave each listing the factors that all have."""
    shared = set.intersection(*({*listing.factor_names} for listing in listings))
    for listing in listings:
        kept = [i for i, name in enumerate(listing.factor_names) if name in shared]
        if len(kept) < len(listing.factor_names):
            listing.factor_names = tuple(listing.factor_names[i] for i in kept)
            listing.entries = [
                replace(entry, factors=tuple(entry.factors[i] for i in kept))
                for entry in listing.entries
            ]
