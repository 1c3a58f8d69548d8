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
from collections.abc import Iterable
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


def class_order(listings: Iterable[Listing]) -> tuple[str, ...]:
    """Every class name: those of classes.txt in their order, then the others sorted."""
    whole = merge(listings, factors=False)
    used = {name for entry in whole.entries for name in entry.labels}
    return (*whole.classes, *sort_classes(used - {*whole.classes, ""}))


def merge(listings: Iterable[Listing], factors: bool = True) -> Listing:
    """All images of several listings as one.

    Raises `InputError` if they have different `factors`, where these are wanted.
    """
    listings = list(listings)
    names = {listing.factor_names for listing in listings if factors}
    if len(names) > 1:
        raise InputError("factors.csv names other factors in each split: give all the same header")
    return Listing(
        entries=[entry for listing in listings for entry in listing.entries],
        classes=tuple(dict.fromkeys(name for listing in listings for name in listing.classes)),
        factor_names=names.pop() if names else (),
        left_out=list(dict.fromkeys(file for listing in listings for file in listing.left_out)),
    )


def read_layout(tree: FileTree) -> dict[str, Listing]:
    """List the images of each split that has a folder of its own; "" if none has.

    Raises `InputError` if the tree holds no image files, or tables that contradict themselves.
    """
    return _Layout(tree).read()


class _Layout:
    """One tree. Folders are prefixes of its paths: "" or "train/".

    paths  of its images and labels.csv files
    root   the folder below all wrappers
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

    def read(self) -> dict[str, Listing]:
        folders = self._split_folders()
        if not folders:
            return {"": self._read_split(self.root)}
        listings = {
            split: merge(map(self._read_split, (f for f in folders if folders[f] == split)))
            for split in dict.fromkeys(folders.values())
        }
        outside = [path for path in self._images("") if not path.startswith(tuple(folders))]
        for listing in listings.values():
            listing.left_out += [
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
        """The split of each folder that holds its images; empty if there are no splits."""
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
        if table := self._find(folder, "labels.csv"):
            return self._read_table(table, folder, images)
        steps = {path: path.removeprefix(folder).split("/") for path in images}
        classes = {path: step[0] if len(step) > 1 else "" for path, step in steps.items()}
        if not any(classes.values()):
            if table := self._find(self.root, "labels.csv"):  # one table for all splits
                return self._read_table(table, self.root, images, shared=True)
            classes = dict.fromkeys(images, UNLABELLED)
        listing = Listing()
        for path, name in classes.items():
            if name:
                listing.entries.append(Entry(path, path.removeprefix(self.root), (name,)))
            else:
                listing.left_out.append((path, "lies beside the class folders"))
        listing.entries.sort(key=lambda entry: rank(entry.key, "order"))
        return listing

    def _read_table(
        self, table: str, folder: str, images: list[str], shared: bool = False
    ) -> Listing:
        """A folder with labels.csv, and maybe classes.txt and factors.csv.

        shared  the table lists images of other splits as well
        """
        names = ImageNames(path.removeprefix(folder) for path in images)
        class_files = [
            path
            for path in self.tree.paths
            if _name(path) == "classes.txt" and folder.startswith(path[: -len("classes.txt")])
        ]
        nearest = max(class_files, key=len, default=None)  # here or further up
        classes = read_classes(self._open(nearest)[0]) if nearest else ()
        listing, factors = Listing(classes=classes), {}
        rows = read_labels(*self._open(table), names, classes)
        if factors_file := self._find(folder, "factors.csv"):
            listing.factor_names, factors = read_factors(*self._open(factors_file), names)

        unlabelled = (classes[0] if len(classes) == 1 else UNLABELLED,)
        exactly = {names.find_here(name) for name, _ in rows}
        listed = set()
        for name, labels in rows:
            found = names.find_here(name)
            if not found and (found := names.find(name)) in exactly:
                found = None  # another folder's image of that name has a row of its own
            if found is None:
                if not shared:
                    listing.left_out.append((folder + name, "listed in labels.csv but missing"))
                continue
            if found in listed:
                listing.left_out.append((folder + found, "listed twice in labels.csv"))
            elif labels and not labels[0]:
                listing.left_out.append((folder + found, "has no label in labels.csv"))
            elif listing.factor_names and found not in factors:
                raise InputError(
                    f"{self.tree.name}/{factors_file} has no row for {found}: "
                    "add it, or delete the file"
                )
            else:
                path = folder + found
                key = path.removeprefix(self.root)
                listing.entries.append(Entry(path, key, labels or unlabelled, factors.get(found)))
            listed.add(found)
        others = (path for path in images if path.removeprefix(folder) not in listed)
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
