"""Finds splits, classes and labels in the layouts that picture folders come in.

    <class>/*.jpg                              flat classes
    train|test/<class>/*.jpg                   also train|valid|test, in any case, and
                                               with a further word: training_set
    {Train,Test}/img_00000.png + labels.csv    0, 1 or more label columns, header or not; in each
                                               split, or one table beside them
    *.png + labels.csv, or *.png alone         one split, pointed at directly

A folder that does nothing but wrap these (common in a .zip) is looked through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ballgen.data.decode import SUFFIXES
from ballgen.data.reading.files import FileTree
from ballgen.data.reading.label_tables import (
    SPLIT_NAMES,
    PictureNames,
    read_classes,
    read_factors,
    read_labels,
    sort_classes,
)
from ballgen.data.stratified import rank
from ballgen.errors import InputError

UNLABELLED = "image"  # the one class of a source without labels
UNFINISHED = "labels.csv.part"  # what `writer` leaves behind until a split is complete


@dataclass(frozen=True)
class Entry:
    """One picture before it is decoded.

    path     where its tree holds it
    key      its path below the wrappers: the same in a folder and in a .zip of it
    labels   class name of each object, "" for none; never empty
    factors  its known factors, or None
    """

    path: str
    key: str
    labels: tuple[str, ...]
    factors: tuple[float, ...] | None = None


@dataclass
class Listing:
    """The pictures of one split, and the files that were left out, each with the reason."""

    entries: list[Entry] = field(default_factory=list)
    classes: tuple[str, ...] = ()  # in the order of classes.txt
    factor_names: tuple[str, ...] = ()
    left_out: list[tuple[str, str]] = field(default_factory=list)


def class_order(listings: Iterable[Listing]) -> tuple[str, ...]:
    """Every class name: those of classes.txt in their order, then the others sorted."""
    listings = list(listings)
    written = [name for listing in listings for name in listing.classes]
    used = {name for listing in listings for entry in listing.entries for name in entry.labels}
    return tuple(dict.fromkeys([*written, *sort_classes(used - {*written, ""})]))


def merge(listings: Iterable[Listing]) -> Listing:
    """All pictures of several listings as one."""
    listings = list(listings)
    names = {listing.factor_names for listing in listings}
    if len(names) > 1:
        raise InputError("factors.csv names other factors in each split: give all the same header")
    return Listing(
        entries=[entry for listing in listings for entry in listing.entries],
        classes=tuple(dict.fromkeys(name for listing in listings for name in listing.classes)),
        factor_names=names.pop() if names else (),
        left_out=list(dict.fromkeys(file for listing in listings for file in listing.left_out)),
    )


def read_layout(tree: FileTree) -> dict[str, Listing]:
    """List the pictures of each split that has a folder of its own; "" if none has.

    Raises `InputError` if the tree holds no picture files, or tables that contradict themselves.
    """
    for path in tree.paths:
        if PurePosixPath(path).name == UNFINISHED:
            raise InputError(
                f"{tree.name}/{path} shows that writing was cut short: write the folder again"
            )
    paths = [path for path in tree.paths if _is_of_use(path)]
    if not any(_is_picture(path) for path in paths):
        zips = [path for path in tree.paths if PurePosixPath(path).suffix.lower() == ".zip"]
        remedy = f"give {tree.name}/{zips[0]} itself, or unpack it" if zips else "check the path"
        raise InputError(f"{tree.name} holds no picture files: {remedy}")
    root = _unwrap(paths, "")
    folders = _split_folders(paths, root)
    if not folders:
        return {"": _read_split(tree, paths, root, root)}
    listings = {
        split: merge(_read_split(tree, _below(paths, prefix), prefix, root) for prefix in prefixes)
        for split, prefixes in folders.items()
    }
    inside = tuple(prefix for prefixes in folders.values() for prefix in prefixes)
    outside = [path for path in paths if _is_picture(path) and not path.startswith(inside)]
    for listing in listings.values():
        listing.left_out += [(path, "lies outside the folders of the splits") for path in outside]
    return listings


def _split_folders(paths: list[str], root: str) -> dict[str, list[str]]:
    """{split: the folders in `root` that hold its pictures}; empty if there are no splits."""
    children = {path.removeprefix(root).split("/")[0] for path in paths}
    holding = sorted(c for c in children if any(map(_is_picture, _below(paths, f"{root}{c}/"))))
    named = {child: SPLIT_NAMES[child.lower()] for child in holding if child.lower() in SPLIT_NAMES}
    if _is_a_class(named, holding, paths, root):
        return {}
    folders: dict[str, list[str]] = {}
    for child, split in (named or _splits_with_a_word(holding)).items():
        folders.setdefault(split, []).append(f"{root}{child}/")
    return folders


def _is_a_class(named: dict[str, str], holding: list[str], paths: list[str], root: str) -> bool:
    """Whether the only folder named like a split is a class beside others: train, bus and car."""
    if len(named) != 1 or len(holding) == 1:
        return False
    (child,) = named
    inside = [path.removeprefix(f"{root}{child}/") for path in _below(paths, f"{root}{child}/")]
    tables = any(path.removeprefix(root).lower() == "labels.csv" for path in paths)
    return not tables and all("/" not in path and _is_picture(path) for path in inside)


def _splits_with_a_word(names: list[str]) -> dict[str, str]:
    """{name: split} of names such as training_set and test_set, or seg_train and seg_test.

    Both of a pair must be there: a train_station alone is a class.
    """
    found: dict[tuple[str, bool], dict[str, str]] = {}
    for name in names:
        words = [word for word in re.split(r"[\s_.-]+", name.lower()) if word]
        for at in (0, -1):
            if len(words) == 2 and words[at] in SPLIT_NAMES:
                found.setdefault((words[-1 - at], at == 0), {})[name] = SPLIT_NAMES[words[at]]
    pairs = [pair for pair in found.values() if {"train"} < set(pair.values())]
    return pairs[0] if len(pairs) == 1 else {}


def _is_picture(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in SUFFIXES


def _is_of_use(path: str) -> bool:
    return _is_picture(path) or PurePosixPath(path).name.lower() == "labels.csv"


def _below(paths: Iterable[str], prefix: str) -> list[str]:
    return [path for path in paths if path.startswith(prefix)]


def _unwrap(paths: list[str], prefix: str) -> str:
    """Step into folders that hold one folder and nothing else, unless that folder is a class.

    It is a class, or a folder of unlabelled pictures, if it holds pictures and no more.
    """
    while True:
        parts = [path.removeprefix(prefix).split("/") for path in paths]
        (child, *others) = {part[0] for part in parts}
        only_pictures = all(len(part) <= 2 for part in parts) and all(map(_is_picture, paths))
        if others or only_pictures or any(len(p) == 1 for p in parts):
            return prefix
        prefix += f"{child}/"


def _read_split(tree: FileTree, paths: list[str], prefix: str, root: str) -> Listing:
    prefix = _unwrap(paths, prefix)
    here = {path.removeprefix(prefix).lower(): path for path in _below(tree.paths, prefix)}
    if "labels.csv" in here:
        return _read_table(tree, paths, prefix, root, here)

    pictures = list(filter(_is_picture, paths))
    classes = {
        path: path.removeprefix(prefix).rpartition("/")[0].split("/")[0] for path in pictures
    }
    if not any(classes.values()):
        at_root = {path.removeprefix(root).lower(): path for path in _below(tree.paths, root)}
        if "labels.csv" in at_root:  # one table for all splits
            return _read_table(tree, paths, root, root, at_root, shared=True)
        classes = dict.fromkeys(pictures, UNLABELLED)
    listing = Listing()
    for path in pictures:
        if classes[path]:
            listing.entries.append(Entry(path, path.removeprefix(root), (classes[path],)))
        else:
            listing.left_out.append((path, "lies beside the class folders"))
    listing.entries.sort(key=lambda entry: rank(entry.key, "order"))
    return listing


def _read_text(tree: FileTree, path: str) -> bytes:
    try:
        return tree.read(path)
    except Exception as error:  # of the file system or of zipfile
        raise InputError(f"{tree.name}/{path} cannot be read ({error}): check the file") from error


def _read_table(
    tree: FileTree,
    paths: list[str],
    prefix: str,
    root: str,
    here: dict[str, str],
    shared: bool = False,
) -> Listing:
    """A folder with labels.csv, and maybe classes.txt and factors.csv.

    shared  the table lists pictures of other splits as well
    """
    pictures = list(filter(_is_picture, paths))
    names = PictureNames(path.removeprefix(prefix) for path in pictures)
    above = [path for path in tree.paths if prefix.startswith(path[: -len("classes.txt")])]
    class_files = [path for path in above if PurePosixPath(path).name.lower() == "classes.txt"]
    classes_file = max(class_files, key=len, default=None)  # the nearest: here or further up
    classes = read_classes(_read_text(tree, classes_file)) if classes_file else ()
    listing = Listing(classes=classes)

    where = f"{tree.name}/{here['labels.csv']}"
    rows = read_labels(_read_text(tree, here["labels.csv"]), where, names, classes)
    factors: dict[str, tuple[float, ...]] = {}
    if factors_file := here.get("factors.csv"):
        factors_where = f"{tree.name}/{factors_file}"
        text = _read_text(tree, factors_file)
        listing.factor_names, factors = read_factors(text, factors_where, names)

    listed = set()
    exactly = {names.find_here(name) for name, _ in rows}
    for name, labels in rows:
        found = names.find_here(name)
        if not found and (found := names.find(name)) in exactly:
            found = None  # another folder's picture of that name has a row of its own
        if found is None:
            if shared:
                continue
            listing.left_out.append((f"{prefix}{name}", "listed in labels.csv but missing"))
        elif found in listed:
            listing.left_out.append((prefix + found, "listed twice in labels.csv"))
        elif labels and not labels[0]:
            listing.left_out.append((prefix + found, "has no label in labels.csv"))
        elif listing.factor_names and found not in factors:
            raise InputError(f"{factors_where} has no row for {found}: add it, or delete the file")
        else:
            path = prefix + found
            unlabelled = (classes[0] if len(classes) == 1 else UNLABELLED,)
            listing.entries.append(
                Entry(path, path.removeprefix(root), labels or unlabelled, factors.get(found))
            )
        listed.add(found)
    listing.left_out += [
        (path, "not listed in labels.csv")
        for path in pictures
        if path.removeprefix(prefix) not in listed
    ]
    return listing
