"""Finds splits, classes and labels in the layouts that image folders come in.

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
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ballgen.data.decode import SUFFIXES
from ballgen.data.reading.file_tree import FileTree
from ballgen.data.reading.label_tables import (
    SPLIT_NAMES,
    ImageNames,
    read_classes,
    read_factors,
    read_labels,
    sort_classes,
)
from ballgen.data.stratified import rank
from ballgen.errors import InputError

MAX_CLASSES = 5_000  # more are no classes but, say, days
UNLABELLED = "image"  # the one class of a source without labels
UNFINISHED = "labels.csv.part"  # what `writer` leaves behind until a split is complete


@dataclass(frozen=True)
class Entry:
    """One image before it is decoded.

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
    """The images of one split, and the files that were left out, each with the reason."""

    entries: list[Entry] = field(default_factory=list)
    classes: tuple[str, ...] = ()  # in the order of classes.txt
    factor_names: tuple[str, ...] = ()
    left_out: list[tuple[str, str]] = field(default_factory=list)


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
    """All images of several listings as one. Raises `InputError` if their factors differ."""
    names = {listing.factor_names for listing in listings}
    if len(names) > 1:
        raise InputError("factors.csv names other factors in each split: give all the same header")
    return Listing(
        entries=[entry for listing in listings for entry in listing.entries],
        classes=tuple(dict.fromkeys(name for listing in listings for name in listing.classes)),
        factor_names=names.pop(),
        left_out=list(dict.fromkeys(file for listing in listings for file in listing.left_out)),
    )


class Layout:
    """How the images of one tree are laid out. Folders are prefixes of paths: "" or "train/".

    paths   of its images and labels.csv files
    root    the folder below all wrappers
    splits  {folder: split}; empty if there are no splits

    Raises `InputError` if the tree holds no image files, or is not completely written.
    """

    def __init__(self, tree: FileTree) -> None:
        for path in tree.paths:
            if PurePosixPath(path).name == UNFINISHED:
                raise InputError(
                    f"{tree.name}/{path} shows that writing was cut short: write the folder again"
                )
        self.tree = tree
        self.paths = [path for path in tree.paths if _is_image(path) or _name(path) == "labels.csv"]
        if not any(map(_is_image, self.paths)):
            zips = [path for path in tree.paths if path.lower().endswith(".zip")]
            remedy = (
                f"give {tree.name}/{zips[0]} itself, or unpack it" if zips else "check the path"
            )
            raise InputError(f"{tree.name} holds no image files: {remedy}")
        self.root = self._unwrap("")
        self.splits = self._split_folders()

    def read(self) -> dict[str, Listing]:
        """The images of each split that has a folder of its own; "" if none has.

        Raises `InputError` for tables that contradict themselves.
        """
        listings = self._read()
        for listing in listings.values():
            listing.left_out += self.tree.left_out
        return listings

    def _read(self) -> dict[str, Listing]:
        if not self.splits:
            return {"": self._read_split(self.root)}
        outside = [path for path in self._images("") if not path.startswith(tuple(self.splits))]
        listings = {}
        for split in dict.fromkeys(self.splits.values()):
            folders = [folder for folder, name in self.splits.items() if name == split]
            listings[split] = merge([self._read_split(folder) for folder in folders])
            listings[split].left_out += [
                (path, "lies outside the folders of the splits") for path in outside
            ]
        return listings

    def _images(self, folder: str) -> list[str]:
        return [path for path in self.paths if path.startswith(folder) and _is_image(path)]

    def _find(self, folder: str, name: str) -> str | None:
        """The file in a folder that is called so, in any case."""
        here = (path for path in self.tree.paths if path.startswith(folder))
        return next((path for path in here if path[len(folder) :].lower() == name), None)

    def _unwrap(self, folder: str) -> str:
        """Step into folders that hold one folder and nothing else, unless that folder is a class.

        It is a class, or a folder of unlabelled images, if it holds images and no more.
        """
        paths = [path.removeprefix(folder) for path in self.paths if path.startswith(folder)]
        while True:
            steps = [path.split("/") for path in paths]
            only_images = all(map(_is_image, paths)) and max(map(len, steps)) <= 2
            if only_images or len({step[0] for step in steps}) > 1 or min(map(len, steps)) == 1:
                return folder
            folder += f"{steps[0][0]}/"
            paths = ["/".join(step[1:]) for step in steps]

    def _split_folders(self) -> dict[str, str]:
        inside = [path.removeprefix(self.root) for path in self._images(self.root)]
        children = sorted({path.split("/")[0] for path in inside if "/" in path})
        splits = {
            name: SPLIT_NAMES[low] for name in children if (low := name.lower()) in SPLIT_NAMES
        }
        if len(splits) == 1 < len(children) and not self._find(self.root, "labels.csv"):
            prefix = f"{self.root}{next(iter(splits))}/"
            below = [path.removeprefix(prefix) for path in self.paths if path.startswith(prefix)]
            if all("/" not in path and _is_image(path) for path in below):
                return {}  # a class beside others: train, bus and car
        splits = splits or _splits_with_a_word(children)
        return {f"{self.root}{child}/": split for child, split in splits.items()}

    def _read_split(self, folder: str) -> Listing:
        images, folder = self._images(folder), self._unwrap(folder)
        steps = {path: path.removeprefix(folder).split("/") for path in images}
        classes = {path: step[0] if len(step) > 1 else "" for path, step in steps.items()}
        table = self._find(folder, "labels.csv")
        if not table and not any(classes.values()):
            table = self._find(self.root, "labels.csv")  # one table for all splits
            classes = dict.fromkeys(images, UNLABELLED)
        if table:
            return self._read_table(table, images)
        listing = Listing()
        for path, name in classes.items():
            if name:
                listing.entries.append(Entry(path, path.removeprefix(self.root), (name,)))
            else:
                listing.left_out.append((path, "lies beside the class folders"))
        listing.entries.sort(key=lambda entry: rank(entry.key, "order"))
        return listing

    def _read_table(self, table: str, images: list[str]) -> Listing:
        """The images that labels.csv labels, with classes.txt and factors.csv where there are any.

        Without a file, a label or factors an image is left out, and so are those not listed.
        """
        folder = table[: -len("labels.csv")]
        of_all_splits = folder == self.root and bool(self.splits)
        names = ImageNames(path.removeprefix(folder) for path in images)
        class_files = (path for path in self.tree.paths if _name(path) == "classes.txt")
        above = [path for path in class_files if folder.startswith(path[: -len("classes.txt")])]
        classes = read_classes(*self._open(max(above, key=len))) if above else ()
        rows = read_labels(*self._open(table), names, classes)
        listing, factors = Listing(classes=classes), {}
        if factors_file := self._find(folder, "factors.csv"):
            listing.factor_names, factors = read_factors(*self._open(factors_file), names)

        unlabelled = (classes[0] if len(classes) == 1 else UNLABELLED,)
        listed = set()
        paths = names.find_all(name for name, _ in rows)
        for (name, labels), found in zip(rows, paths, strict=True):
            path = folder + (found or name)
            if not found:
                if not of_all_splits:
                    listing.left_out.append((path, "listed in labels.csv but missing"))
            elif path in listed:
                listing.left_out.append((path, "listed twice in labels.csv"))
            elif labels and not labels[0]:
                listing.left_out.append((path, "has no label in labels.csv"))
            elif listing.factor_names and found not in factors:
                raise InputError(
                    f"{self.tree.name}/{factors_file} has no row for {found}: "
                    "add it, or delete the file"
                )
            else:
                key = path.removeprefix(self.root)
                listing.entries.append(Entry(path, key, labels or unlabelled, factors.get(found)))
            listed.add(path)
        others = (path for path in images if path not in listed)
        listing.left_out += [(path, "not listed in labels.csv") for path in others]
        return listing

    def _open(self, path: str) -> tuple[bytes, str]:
        """The content of a small file, and its whole name."""
        where = f"{self.tree.name}/{path}"
        try:
            return self.tree.read(path), where
        except Exception as error:  # of the file system or of zipfile
            raise InputError(f"{where} cannot be read ({error}): check the file") from error


def _splits_with_a_word(names: list[str]) -> dict[str, str]:
    """{name: split} of names such as training_set and test_set, or seg_train and seg_test.

    Both of a pair must be there: a train_station alone is a class.
    """
    found: dict[tuple[str, int], dict[str, str]] = {}
    for name in names:
        words = [word for word in re.split(r"[\s_.-]+", name.lower()) if word]
        for at in (0, 1):
            if len(words) == 2 and words[at] in SPLIT_NAMES:
                found.setdefault((words[1 - at], at), {})[name] = SPLIT_NAMES[words[at]]
    pairs = [pair for pair in found.values() if {"train"} < set(pair.values())]
    return pairs[0] if len(pairs) == 1 else {}


def _name(path: str) -> str:
    return PurePosixPath(path).name.lower()


def _is_image(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in SUFFIXES
