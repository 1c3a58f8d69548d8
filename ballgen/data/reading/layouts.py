"""Finds splits, classes and labels in the layouts that image folders come in.

    <class>/*.jpg                              flat classes
    train|test/<class>/*.jpg                   also train|valid|test, in any case, and
                                               with a further word: training_set
    {Train,Test}/img_00000.png + labels.csv    0, 1 or more label columns, header or not; in each
                                               split, or one table beside them
    *.png + labels.csv, or *.png alone         one split, pointed at directly
    *.png + train.csv and test.csv             also labels.csv with a column of the splits

A table may be called metadata.jsonl, dataset.json, birds.csv or otherwise, if it names the images
of its folder or of one below. A folder that does nothing but wrap these (common in a .zip) is
looked through.
"""

import re
from dataclasses import replace
from pathlib import PurePosixPath

from ballgen.data.decode import SUFFIXES
from ballgen.data.reading.file_tree import FileTree
from ballgen.data.reading.image_names import ImageNames
from ballgen.data.reading.label_tables import (
    SPLIT_NAMES,
    LabelTable,
    read_classes,
    read_factors,
    read_labels,
)
from ballgen.data.reading.listings import Entry, Listing, merge, share_factors
from ballgen.data.stratified import rank
from ballgen.errors import InputError

UNLABELLED = "image"  # the one class of a source without labels
UNFINISHED = "labels.csv.part"  # what `writer` leaves behind until a split is complete
TABLES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")
NO_TABLES = re.compile(r"classes\.txt|factors\.csv|readme.*|.*submission.*")
# Words in a table's name, the likeliest first; between them comes the name of its split.
LABELS, OTHERS = {"labels", "label"}, {"metadata", "annotations", "annotation", "dataset"}
ANY_NAME = 3  # place of a table that has none of them
MAX_TABLES = 8  # are tried for a folder


class Layout:
    """How the images of one tree are laid out. Folders are prefixes of paths: "" or "train/".

    images  paths of its images
    root    the folder below all wrappers
    splits  {folder: split}; empty if no folders are splits
    words   what tells the splits, once they are read
    unread  {path: reason} of tables that could not be read, likewise
    Raises `InputError` if the tree holds no image files, or is not completely written.
    """

    def __init__(self, tree: FileTree) -> None:
        for path in tree.paths:
            if _name(path) == UNFINISHED:
                raise InputError(
                    f"{tree.name}/{path} shows that writing was cut short: delete the folder and "
                    "write it again"
                )
        self.tree = tree
        self.images = [path for path in tree.paths if _is_image(path)]
        if not self.images:
            zips = [path for path in tree.paths if path.lower().endswith(".zip")]
            remedy = (
                f"give {tree.name}/{zips[0]} itself, or unpack it" if zips else "check the path"
            )
            raise InputError(f"{tree.name} holds no image files: {remedy}")
        self.tables = [
            (path, path.removesuffix(name), {*re.split(r"[\s_.-]+", name.lower())})
            for path in tree.paths
            if path.lower().endswith(TABLES) and not NO_TABLES.fullmatch(_name(path))
            for name in path.split("/")[-1:]
        ]
        self.root = self._unwrap("")
        self.splits = self._split_folders()
        self.words, self.unread = "", {}

    def read(self) -> dict[str, Listing]:
        """The images of each split that has a folder, a table or rows of its own; "" if none has.

        Where some splits have labels, one that has none is left out. Raises `InputError` for tables
        that contradict themselves.
        """
        listings = self._by_folders() if self.splits else self._by_tables() or self._by_rows()
        if len({bool(listing.labels) for listing in listings.values()}) > 1:
            without = [split for split, listing in listings.items() if not listing.labels]
            images = [entry.path for split in without for entry in listings.pop(split).entries]
            for listing in listings.values():
                listing.left_out += [(path, "has no label, as others have") for path in images]
        share_factors(listings.values())
        for listing in listings.values():
            listing.left_out += [*self.tree.left_out, *self.unread.items()]
        return listings

    def _by_folders(self) -> dict[str, Listing]:
        self.words = "folders " + ", ".join(folder.rstrip("/") for folder in self.splits)
        outside = [path for path in self.images if not path.startswith(tuple(self.splits))]
        listings = {}
        for split in dict.fromkeys(self.splits.values()):
            folders = [folder for folder, name in self.splits.items() if name == split]
            listings[split] = merge([self._read_split(folder, split) for folder in folders])
            listings[split].left_out += [
                (path, "lies outside the folders of the splits") for path in outside
            ]
        return listings

    def _by_tables(self) -> dict[str, Listing]:
        """Where tables such as train.csv and test.csv share out the images of one folder."""
        listings = {
            split: listing
            for split in dict.fromkeys(SPLIT_NAMES.values())
            for place, table in self._candidates(self.root, split)
            if place == 1 and (listing := self._read_table(table, place, self.images, self.root))
        }
        if "train" not in listings:
            return {}
        self.words = "tables of " + ", ".join(listings)
        used = {entry.path for listing in listings.values() for entry in listing.entries}
        others = [(path, "in no table of a split") for path in self.images if path not in used]
        for listing in listings.values():
            listing.left_out = [each for each in listing.left_out if each[0] not in used]
            listing.left_out = list(dict.fromkeys(listing.left_out + others))
        return listings

    def _by_rows(self) -> dict[str, Listing]:
        whole = self._read_split(self.root, "")
        rows = {split: [] for split in ("train", "valid", "test", "")}
        for entry in whole.entries:
            rows[entry.split].append(entry)
        if not (rows["train"] and len(rows["train"]) < len(whole.entries)):
            return {"": whole}
        self.words = "splits below the classes or in the table"
        whole.left_out += [(entry.path, "is in none of the splits") for entry in rows.pop("")]
        return {split: replace(whole, entries=found) for split, found in rows.items() if found}

    def _images(self, folder: str) -> list[str]:
        return [path for path in self.images if path.startswith(folder)]

    def _find(self, folder: str, name: str) -> str | None:
        """The file in a folder that is called so, in any case."""
        here = (path for path in self.tree.paths if path.startswith(folder))
        return next((path for path in here if path[len(folder) :].lower() == name), None)

    def _unwrap(self, folder: str) -> str:
        """Step into folders that hold one folder and nothing else, unless that folder is a class.

        It is a class, or a folder of unlabelled images, if it holds images and no more.
        """
        paths = [path.removeprefix(folder) for path in self._images(folder)]
        while True:
            steps = [path.split("/") for path in paths]
            if max(map(len, steps)) <= 2 or len({step[0] for step in steps}) > 1:
                return folder
            folder += f"{steps[0][0]}/"
            paths = ["/".join(step[1:]) for step in steps]

    def _split_folders(self) -> dict[str, str]:
        inside = [path.removeprefix(self.root) for path in self._images(self.root)]
        children = sorted({path.split("/")[0] for path in inside if "/" in path})
        splits = _splits_in(children)
        known = [place for place, _ in self._candidates(self.root, "train") if place < ANY_NAME]
        if len(splits) == 1 < len(children) and not known:
            prefix = f"{self.root}{next(iter(splits))}/"
            tables = [path for path, *_ in self.tables if path.startswith(prefix)]
            if not tables and not any("/" in p.removeprefix(prefix) for p in self._images(prefix)):
                return {}  # a class beside others: train, bus and car
        order = [*dict.fromkeys(SPLIT_NAMES.values())].index
        ordered = sorted(splits.items(), key=lambda item: order(item[1]))
        return {f"{self.root}{child}/": split for child, split in ordered}

    def _candidates(self, folder: str, split: str) -> list[tuple[int, str]]:
        """Tables in a folder or around it that may be of this split, the likeliest first.

        Each with its place: by what it is called, then by how near it lies.
        """
        found = []
        for path, above, words in self.tables:
            of = {SPLIT_NAMES[word] for word in words & SPLIT_NAMES.keys()}
            if folder.startswith(above) and of <= {split}:
                place = 1 if of else 0 if words & LABELS else 2 if words & OTHERS else ANY_NAME
                found.append((place, -len(above), path))
        return [(place, path) for place, _, path in sorted(found)[:MAX_TABLES]]

    def _read_split(self, folder: str, split: str) -> Listing:
        images, folder = self._images(folder), self._unwrap(folder)
        steps = {path: path.removeprefix(folder).split("/") for path in images}
        classes = {path: step[0] if len(step) > 1 else "" for path, step in steps.items()}
        several = len({*classes.values()} - {""}) > 1
        for place, table in self._candidates(folder, split):
            if several and place == ANY_NAME:
                break  # folders of that many classes are not there by chance
            listing = self._read_table(table, place, images, folder)
            if listing and (listing.labels or not several):
                return listing
        if not any(classes.values()):
            entries = [Entry(path, path.removeprefix(self.root), (UNLABELLED,)) for path in images]
            return Listing(sorted(entries, key=_shuffle_key))
        listing = Listing(labels="the folders' names")
        for path, name in classes.items():
            if name:
                inner = steps[path][1].lower() if len(steps[path]) > 2 and not self.splits else ""
                key, split = path.removeprefix(self.root), SPLIT_NAMES.get(inner, "")
                listing.entries.append(Entry(path, key, (name,), split=split))
            else:
                listing.left_out.append((path, "lies beside the class folders"))
        listing.entries.sort(key=_shuffle_key)
        return listing

    def _read_table(self, table: str, place: int, images: list[str], below: str) -> Listing | None:
        """The images in the folder `below` that a table lists, with classes.txt and factors.csv.

        Without a file, a label or factors an image is left out, and so are those not listed. None
        for a table that is not of these images; one called labels.csv is. Raises `InputError`.
        """
        title = PurePosixPath(table).name
        folder = table.removesuffix(title)
        sure = PurePosixPath(_name(table)).stem in LABELS
        names = ImageNames(path.removeprefix(folder) for path in images)
        class_files = (path for path in self.tree.paths if _name(path) == "classes.txt")
        above = [path for path in class_files if folder.startswith(path[: -len("classes.txt")])]
        classes = read_classes(*self._open(max(above, key=len))) if above else ()
        try:
            rows: LabelTable = read_labels(*self._open(table), names, classes)
        except InputError as error:
            if sure:
                raise
            if place < ANY_NAME:
                self.unread[table] = str(error).removeprefix(f"{self.tree.name}/{table} ")
            return None
        paths = names.find_all(rows.images)
        min_named = len(images) if place == ANY_NAME else min(len(paths), len(images))
        if not sure and 2 * len({*paths} - {None}) < min_named:
            return None
        factor_names, factors = rows.factor_names, {}
        if rows.factor_names:
            factors = dict(zip(paths, map(tuple, rows.factors.tolist()), strict=True))
        elif factors_file := self._find(folder, "factors.csv"):
            factor_names, factors = read_factors(*self._open(factors_file), names)

        listing = Listing(classes=classes, factor_names=factor_names)
        if rows.column:
            listing.labels = f"{rows.column} of {title}"
        unlabelled = (classes[0] if len(classes) == 1 else UNLABELLED,)
        listed = set()
        of_others = bool(self.splits) and folder != below  # rows of the other splits are here, too
        for name, labels, split, found in zip(
            rows.images, rows.labels, rows.splits, paths, strict=True
        ):
            path = folder + (found or name)
            if not found:
                if not of_others:
                    listing.left_out.append((path, f"listed in {title} but missing"))
            elif path in listed:
                listing.left_out.append((path, f"listed twice in {title}"))
            elif labels and not labels[0]:
                listing.left_out.append((path, f"has no label in {title}"))
            elif factor_names and found not in factors:
                raise InputError(
                    f"{self.tree.name}/{factors_file} has no row for {found}: "
                    "add it, or delete the file"
                )
            else:
                key, labels = path.removeprefix(self.root), labels or unlabelled
                listing.entries.append(Entry(path, key, labels, factors.get(found), split))
            listed.add(path)
        others = (path for path in images if path not in listed)
        listing.left_out += [(path, f"not listed in {title}") for path in others]
        return listing

    def _open(self, path: str) -> tuple[bytes, str]:
        """The content of a small file, and its whole name."""
        where = f"{self.tree.name}/{path}"
        try:
            return self.tree.read(path), where
        except Exception as error:  # of the file system or of zipfile
            raise InputError(f"{where} cannot be read ({error}): check the file") from error


def _splits_in(names: list[str]) -> dict[str, str]:
    """{name: split} of names such as train and val, or train2017, or seg_train and seg_test.

    Of names with a further word both of a pair must be there: a train_station alone is a class.
    """
    if plain := {n: SPLIT_NAMES[n.lower()] for n in names if n.lower() in SPLIT_NAMES}:
        return plain
    found: dict[tuple[str, int], dict[str, str]] = {}
    for name in names:
        words = re.findall(r"[^\W\d_]+|\d+", name.lower())
        for at in (0, 1):
            if len(words) == 2 and words[at] in SPLIT_NAMES:
                found.setdefault((words[1 - at], at), {})[name] = SPLIT_NAMES[words[at]]
    pairs = [pair for pair in found.values() if {"train"} < set(pair.values())]
    return pairs[0] if len(pairs) == 1 else {}


def _shuffle_key(entry: Entry) -> bytes:
    return rank(entry.key, "order")


def _name(path: str) -> str:
    return path.rpartition("/")[2].lower()


def _is_image(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in SUFFIXES
