"""A folder or .zip of pictures -> ImageSet.

Splits that the folder does not have:

- No test folder: "test" is the valid folder.
- No valid folder: "valid" is the same as "test".
- Only one split, no splits at all, or no train folder: all pictures count as one pool. One in ten
  (at least one, every class in its share), always the same ones, is held out as "test" and
  "valid", so that no picture is ever in both "train" and "test".

A file that cannot be used is left out, counted in `ImageSet.skipped`, and one warning names the
first of them. Pictures in class folders come in a fixed mixed order, so that a model which trains
without shuffling does not see one class after the other; with labels.csv its order is kept.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from ballgen.data import stratified
from ballgen.data.decode import Decoded, DecodeError, decode
from ballgen.data.factor_kinds import axis
from ballgen.data.imageset import ImageSet
from ballgen.data.reading.files import FileTree, open_tree
from ballgen.data.reading.layouts import Entry, Listing, class_order, merge, read_layout
from ballgen.errors import InputError

HELD_OUT_SHARE = 0.1
SMALL_POOL = 500  # pictures; reading them all takes no time
MOST_THREADS = 8


class Decoder:
    """Decodes pictures of one tree, each at most once, and remembers which ones failed."""

    def __init__(self, tree: FileTree, image_size: int, channels: int) -> None:
        self._tree, self._size, self._channels = tree, image_size, channels
        self._decoded: dict[str, Decoded] = {}
        self.failures: dict[str, str] = {}

    def __getitem__(self, entry: Entry) -> Decoded:
        return self._decoded[entry.path]

    def readable(self, entries: list[Entry]) -> list[Entry]:
        """Decode `entries` and return those that could be read."""
        tried = self._decoded.keys() | self.failures.keys()
        paths = [entry.path for entry in entries if entry.path not in tried]
        pool = ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1))
        try:
            with warnings.catch_warnings():
                # Pillow's remarks on odd files: what it cannot read is counted here anyway.
                warnings.filterwarnings("ignore", module=r"PIL\.")
                results = pool.map(self._decode, paths)
                watched = sys.stderr is not None and sys.stderr.isatty()
                progress = tqdm(
                    results,
                    f"reading {self._tree.name}",
                    total=len(paths),
                    disable=not watched,
                    delay=2,
                    leave=False,
                )
                for path, result in zip(paths, progress, strict=True):
                    if isinstance(result, str):
                        self.failures[path] = result
                    else:
                        self._decoded[path] = result
        finally:
            pool.shutdown(cancel_futures=True)  # so that Ctrl-C does not wait for the rest
        return [entry for entry in entries if entry.path in self._decoded]

    def _decode(self, path: str) -> Decoded | str:
        try:
            return decode(self._tree.read(path), self._size, self._channels)
        except DecodeError as error:
            return str(error)
        except OSError as error:
            return error.strerror or str(error)
        except Exception as error:  # zipfile and its codecs raise all sorts on damaged members
            return str(error) or type(error).__name__


def load_folder(
    path: str | Path,
    split: str = "train",
    image_size: int = 32,
    channels: int = 3,
    limit: int | None = None,
    seed: int = 0,
) -> ImageSet:
    """Read one split of a folder or .zip in any layout of `layouts`.

    Class names are those of all splits together, so that labels agree between splits. With
    `limit`, at most that many pictures are read: every class in its share, chosen by `seed`.
    Raises `InputError` if there is nothing usable.
    """
    with open_tree(path) as tree:
        listings = read_layout(tree)
        class_names = class_order(listings.values())
        decoder = Decoder(tree, image_size, channels)
        listing = choose_split(listings, split, decoder)
        entries = listing.entries
        if limit is not None and limit < len(entries):
            entries = choose_readable(entries, lambda count: limit, f"limit {seed}", decoder)
        entries = decoder.readable(entries)
        skipped = listing.left_out + list(decoder.failures.items())
        if not entries:
            reason = _describe(skipped) if skipped else "it holds too few to hold any out"
            own = "" if split == "train" else ", or give test pictures a folder of their own"
            raise InputError(
                f"{path} has no usable pictures for the split {split!r} ({reason}): "
                f"add pictures{own}"
            )
    decoded = [decoder[entry] for entry in entries]
    return ImageSet(
        name=tree.name,
        split=split,
        pixels=torch.from_numpy(np.stack([picture.pixels for picture in decoded])),
        class_names=class_names,
        **_labels(entries, class_names),
        **_factors(entries, listing.factor_names, decoded, image_size),
        skipped=len(skipped),
        remarks=(f"{path}: {_describe(skipped)}",) if skipped else (),
    )


def choose_split(listings: dict[str, Listing], split: str, decoder: Decoder) -> Listing:
    """The pictures of `split`, by the rules at the top of this file."""
    test = "test" if "test" in listings else "valid"
    if "train" in listings and test in listings:
        return listings[split] if split in listings else listings[test]
    pool = merge(listings.values())
    if len(pool.entries) <= SMALL_POOL:  # so that broken files take no part in so small a share
        pool.entries = decoder.readable(pool.entries)
    held_out = choose_readable(pool.entries, _held_out_count, "hold out", decoder, keep=1)
    if split == "train":
        held_out_paths = {entry.path for entry in held_out}
        pool.entries = [entry for entry in pool.entries if entry.path not in held_out_paths]
    else:
        pool.entries = held_out
    return pool


def _held_out_count(count: int) -> int:
    return max(1, round(HELD_OUT_SHARE * count)) if count > 1 else 0


def choose_readable(
    entries: list[Entry],
    how_many: Callable[[int], int],
    salt: str,
    decoder: Decoder,
    keep: int = 0,
) -> list[Entry]:
    """Choose `how_many(number of candidates)` of `entries`, others in place of broken ones.

    Only the chosen ones are decoded. `salt` and `keep` are those of `stratified.choose`.
    """
    while True:
        keys, labels = [entry.key for entry in entries], [entry.labels[0] for entry in entries]
        indices = stratified.choose(keys, labels, how_many(len(entries)), salt, keep)
        chosen = [entries[index] for index in indices]
        if len(decoder.readable(chosen)) == len(chosen):
            return chosen
        entries = [entry for entry in entries if entry.path not in decoder.failures]


def _labels(entries: list[Entry], class_names: tuple[str, ...]) -> dict[str, torch.Tensor | None]:
    """`labels` and, with several objects, `object_labels`, where -1 stands for no object."""
    index = {name: number for number, name in enumerate(class_names)} | {"": -1}
    objects = max(len(entry.labels) for entry in entries)
    table = torch.full((len(entries), objects), -1)
    for row, entry in zip(table, entries, strict=True):
        row[: len(entry.labels)] = torch.tensor([index[label] for label in entry.labels])
    return {
        "labels": table[:, 0].contiguous(),
        "object_labels": table if objects > 1 else None,
    }


def _factors(
    entries: list[Entry], names: tuple[str, ...], decoded: list[Decoded], size: int
) -> dict[str, torch.Tensor | tuple[str, ...] | None]:
    """`factors` and `factor_names`; lengths in px follow the crop and the resize."""
    if not names:
        return {"factors": None}
    table = np.array([entry.factors for entry in entries], dtype=np.float64)
    width, height = (np.array([getattr(d, side) for d in decoded]) for side in ("width", "height"))
    side = np.minimum(width, height)
    for column, name in enumerate(names):
        if name.endswith(" px"):
            if along := axis(name):
                table[:, column] -= ((width if along == "x" else height) - side) // 2
            table[:, column] *= size / side
    return {"factors": torch.from_numpy(table.astype(np.float32)), "factor_names": names}


def _describe(skipped: list[tuple[str, str]]) -> str:
    (path, reason), count = skipped[0], len(skipped)
    files = "1 file was" if count == 1 else f"{count} files were"
    return f"{files} skipped, the first {path} ({reason})"
