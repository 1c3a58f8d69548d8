"""One split of a folder or .zip of images -> arrays.

Splits that the folder does not have:

- No test folder: "test" is the valid folder.
- No valid folder: "valid" is the same as "test".
- Only one split, no splits at all, or no train folder: all images count as one pool. A part of it
  (`held_out_count`; every class in its share), always the same images, is held out as "test" and
  "valid", so that no image is ever in both "train" and "test".

A file that cannot be used is left out, counted in `ImageSet.skipped`, and one warning names the
first of them. Images in class folders come in a fixed mixed order, so that a model which trains
without shuffling does not see one class after the other; with labels.csv its order is kept.
"""

import math
import os
import time
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ballgen.data import stratified
from ballgen.data.decode import SPANS, Decoded, Span, decode, span_of
from ballgen.data.factor_kinds import axis
from ballgen.data.large_arrays import pixel_array
from ballgen.data.reading.file_tree import FileTree, open_tree
from ballgen.data.reading.layouts import Layout
from ballgen.data.reading.listings import Entry, Listing, class_order, merge
from ballgen.errors import InputError
from ballgen.util.paths import expand
from ballgen.util.progress import with_progress

SQUARE = 0.98  # shorter side in the longer one: above, a crop takes nothing that anybody sees
MAX_NAMED = 6  # classes whose names are listed
MAX_TOLD = 500  # skipped files whose reasons are kept
MIN_HELD_OUT = 20  # images; scores of fewer say little
MAX_HELD_OUT = 10_000  # images, as many as MNIST tests with; more only lack in training
SMALL_POOL = 500  # images; reading them all takes no time
MAX_THREADS = 8
DEEP_SAMPLE = 64  # images of more than 8 bits that tell a source's range


class FolderImages(NamedTuple):
    """One split of a folder or .zip.

    name          of the folder or file
    pixels        uint8 (N, C, S, S)
    labels        int64 (N, K): the class of each of up to K objects in an image, -1 for none
    factors       float32 (N, F); None without names
    skipped       files that could not be used
    remarks       what was skipped, in words
    understood    layout, classes and sizes, in words
    split_sizes   how many images there are to train on, and to test on
    """

    name: str
    pixels: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    factors: np.ndarray | None
    factor_names: tuple[str, ...]
    skipped: int
    skipped_files: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    understood: tuple[str, ...]
    split_sizes: tuple[int, int]


def read_folder(
    path: str | Path,
    split: str = "train",
    image_size: int = 32,
    channels: int = 3,
    limit: int | None = None,
    seed: int = 0,
    roots: Sequence[str | Path] = (),
    seconds: float = math.inf,
    progress: Callable[[Iterable, str, int], Iterable] = with_progress,
) -> FolderImages:
    """Read one split of a folder or .zip in any layout of `layouts`.

    Class names are those of all splits together, so that labels agree between splits. With
    `limit`, at most that many images are read: every class in its share, chosen by `seed`.

    roots     if there are any, a file that a link leads outside of them is not read
    seconds   after which no further image is read
    progress  wraps the images as they are read, with words for it and their number
    Raises `InputError` if there is nothing usable.
    """
    with open_tree(path, roots) as tree:
        layout = Layout(tree)
        listings = layout.read()
        class_names = class_order(listings.values())
        decoder = _Decoder(tree, image_size, channels, seconds, progress)
        listing = _choose_split(listings, split, decoder)
        entries = listing.entries
        if limit is not None and limit < len(entries):
            entries = decoder.choose(entries, lambda count: limit, f"limit {seed}")
        entries = decoder.readable(entries)
        for each in (listing, *listings.values()):
            each.entries = [one for one in each.entries if one.path not in decoder.failures]
        skipped = listing.left_out + list(decoder.failures.items())
        decoded = [decoder.decoded[entry.path] for entry in entries]
        high_depth = [one.extremes for one in decoded if one.extremes]
        span = _span(high_depth, listings, decoder) if high_depth else None
    if decoder.failures and not os.path.exists(expand(path)):
        raise InputError(f"{path} vanished while it was read: put it back, and begin again")
    files = "1 file was" if len(skipped) == 1 else f"{len(skipped)} files were"
    remarks = [f"{files} skipped, the first {name} ({reason})" for name, reason in skipped[:1]]
    if not entries:
        (reason,) = remarks or ["it holds too few to hold any out"]
        own = "" if split == "train" else ", or give test images a folder of their own"
        raise InputError(
            f"{path} has no usable images for the split {split!r} ({reason}): add images{own}"
        )
    if cropped := sum(min(one.width, one.height) < SQUARE * max(one[1:3]) for one in decoded):
        remarks.append(
            f"{cropped} of {len(decoded)} images are not square: their middle square is used"
        )
    if span:
        remarks.append(
            f"{len(high_depth)} of {len(decoded)} images hold more than 8 bits: "
            f"{span[0]:,g} is black and {span[1]:,g} white"
        )
    remarks += filter(None, [_stand_in(listings, split, len(listing.entries))])
    pixels = pixel_array((len(decoded), channels, image_size, image_size))
    for row, image in zip(pixels, decoded, strict=True):
        row[:] = image.eight_bits(span)
    return FolderImages(
        tree.name,
        pixels,
        _label_table(entries, class_names),
        class_names,
        _factor_table(entries, listing.factor_names, decoded, image_size),
        listing.factor_names,
        len(skipped),
        tuple(skipped[:MAX_TOLD]),
        tuple(f"{path}: {remark}" for remark in remarks),
        (
            f"{layout.words or 'no splits'} ({_counted(listings)})",
            _classes(class_names, listings.values()),
            _sizes(decoded),
        ),
        _split_sizes(listings),
    )


def _of_tests(listings: dict[str, Listing]) -> str:
    """The split that holds test images; "" where some of one pool are held out."""
    test = "test" if "test" in listings else "valid"
    return test if {"train", test} <= listings.keys() else ""


def _split_sizes(listings: dict[str, Listing]) -> tuple[int, int]:
    """How many images there are to train on and to test on."""
    if test := _of_tests(listings):
        return len(listings["train"].entries), len(listings[test].entries)
    pool = sum(len(each.entries) for each in listings.values())
    return pool - held_out_count(pool), held_out_count(pool)


def _counted(listings: dict[str, Listing]) -> str:
    counts = [f"{split} {len(each.entries):,}".strip() for split, each in listings.items()]
    held_out = "" if _of_tests(listings) else f", {_split_sizes(listings)[1]:,} of them held out"
    words = f"{held_out} for tests" if held_out else ""
    return f"{', '.join(counts)} image{'s' * (counts != ['1'])}{words}"


def _classes(names: Sequence[str], listings: Collection[Listing]) -> str:
    counts = Counter(entry.labels[0] for each in listings for entry in each.entries)
    listed = ", ".join(f"{name} {counts[name]:,}" for name in names[:MAX_NAMED])
    listed += ", …" * (len(names) > MAX_NAMED)
    read_from = " and ".join(dict.fromkeys(filter(None, (each.labels for each in listings))))
    many = "1 class" if len(names) == 1 else f"{len(names):,} classes"
    return f"{many} from {read_from}: {listed}" if read_from else "no labels"


def _sizes(decoded: list[Decoded]) -> str:
    sizes = sorted({(one.width, one.height) for one in decoded}, key=math.prod)
    first, last = (f"{width:,} × {height:,}" for width, height in (sizes[0], sizes[-1]))
    return f"{first} px" if first == last else f"{first} to {last} px"


class _Decoder:
    """Decodes images of one tree, each at most once, and remembers why others failed."""

    def __init__(
        self, tree: FileTree, image_size: int, channels: int, seconds: float, progress: Callable
    ) -> None:
        self._tree, self._size, self._channels = tree, image_size, channels
        self._seconds, self._end, self._progress = seconds, time.monotonic() + seconds, progress
        self.decoded: dict[str, Decoded] = {}
        self.failures: dict[str, str] = {}

    def readable(self, entries: list[Entry]) -> list[Entry]:
        """Decode `entries` and return those that could be read."""
        tried = self.decoded.keys() | self.failures.keys()
        paths = [entry.path for entry in entries if entry.path not in tried]
        pool = ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1))
        try:
            with warnings.catch_warnings():
                # Pillow's remarks on odd files: what it cannot read is counted here anyway.
                warnings.filterwarnings("ignore", module=r"PIL\.")
                results = pool.map(self._decode, paths)
                results = self._progress(results, f"reading {self._tree.name}", len(paths))
                store = pixel_array((len(paths), self._channels, self._size, self._size))
                for row, path, result in zip(store, paths, results, strict=True):
                    if isinstance(result, str):
                        self.failures[path] = result
                    elif result.extremes:
                        self.decoded[path] = result
                    else:
                        row[:] = result.pixels
                        self.decoded[path] = result._replace(pixels=row)
        finally:
            pool.shutdown(cancel_futures=True)  # so that Ctrl-C does not wait for the rest
        return [entry for entry in entries if entry.path in self.decoded]

    def choose(
        self, entries: list[Entry], how_many: Callable[[int], int], salt: str, keep: int = 0
    ) -> list[Entry]:
        """Choose `how_many(number of candidates)` of `entries`, others in place of broken ones.

        Only the chosen ones are decoded. `salt` and `keep` are those of `stratified.choose`.
        """
        while True:
            keys, labels = [entry.key for entry in entries], [entry.labels[0] for entry in entries]
            indices = stratified.choose(keys, labels, how_many(len(entries)), salt, keep)
            chosen = [entries[index] for index in indices]
            if len(self.readable(chosen)) == len(chosen):
                return chosen
            entries = [entry for entry in entries if entry.path not in self.failures]

    def _decode(self, path: str) -> Decoded | str:
        if time.monotonic() > self._end:
            return f"not read within {self._seconds:.0f} s"
        try:
            return decode(self._tree.read(path), self._size, self._channels, self._end)
        except MemoryError:
            return "takes more memory than there is"
        except Exception as error:  # zipfile and its codecs raise all sorts on damaged members
            return getattr(error, "strerror", None) or str(error) or type(error).__name__


def held_out_count(count: int) -> int:
    """How many of `count` images without a split are held out as test images.

    A fifth, at least `MIN_HELD_OUT` where that leaves most for training, and one of any two.
    """
    minimum = MIN_HELD_OUT if count > 2 * MIN_HELD_OUT else min(count - 1, 1)
    return min(max(round(count / 5), minimum), MAX_HELD_OUT)


def _stand_in(listings: dict[str, Listing], split: str, count: int) -> str:
    """What stands for the images of `split`, in words; "" where it has a folder of its own."""
    test = _of_tests(listings)
    if split == "train" or (test and split in listings):
        return ""
    those = f"those of {test}" if test else f"{count} that are not trained on"
    return f"it has no {split} images: {those} stand for them"


def _choose_split(listings: dict[str, Listing], split: str, decoder: _Decoder) -> Listing:
    """The images of `split`: those of its folder or table, or a part of one pool."""
    if test := _of_tests(listings):
        return listings[split if split in listings else test]
    pool = merge(listings.values())
    if len(pool.entries) <= SMALL_POOL:  # so that broken files take no part in so small a share
        pool.entries = decoder.readable(pool.entries)
    held_out = decoder.choose(pool.entries, held_out_count, "hold out", keep=1)
    if split == "train":
        paths = {entry.path for entry in held_out}
        held_out = [entry for entry in pool.entries if entry.path not in paths]
    return replace(pool, entries=held_out)


def _span(high_depth: list[Span], listings: dict[str, Listing], decoder: _Decoder) -> Span:
    """What is black and white in images of more than 8 bits.

    Some images, the same ones for every split, have their say in each: splits should agree.
    """
    entries = [entry for listing in listings.values() for entry in listing.entries]
    entries = sorted(entries, key=lambda entry: stratified.rank(entry.key, "depth"))[:DEEP_SAMPLE]
    sample = [decoder.decoded[entry.path].extremes for entry in decoder.readable(entries)]
    sample = list(filter(None, sample)) or high_depth
    span = span_of(high_depth + sample)
    return span if span in SPANS else span_of(sample)


def _label_table(entries: list[Entry], class_names: tuple[str, ...]) -> np.ndarray:
    """int64 (N, K): the class of each of up to K objects, -1 for none."""
    index = {name: number for number, name in enumerate(class_names)} | {"": -1}
    columns = zip_longest(*(entry.labels for entry in entries), fillvalue="")
    return np.array([[index[label] for label in column] for column in columns], np.int64).T


def _factor_table(
    entries: list[Entry], names: tuple[str, ...], decoded: list[Decoded], size: int
) -> np.ndarray | None:
    """float32 (N, F), where lengths in px follow the crop and the resize; None without names."""
    if not names:
        return None
    table = np.array([entry.factors for entry in entries], dtype=np.float64)
    width, height = np.array([(image.width, image.height) for image in decoded]).T
    side = np.minimum(width, height)
    for column, name in enumerate(names):
        if name.endswith(" px"):
            if along := axis(name):
                table[:, column] -= ((width if along == "x" else height) - side) // 2
            table[:, column] *= size / side
    return table.astype(np.float32)
