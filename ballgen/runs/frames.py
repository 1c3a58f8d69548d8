"""What the model makes of fixed codes and fixed pictures, epoch by epoch: learning as a film."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.data.sheets import contact_sheet, to_png
from ballgen.models import Model
from ballgen.priors import Gaussian
from ballgen.util.files import write_file

MAX_FRAMES = 60  # of a run
SAMPLES, RECONSTRUCTIONS, PROBES = 24, 12, 256  # images per frame; codes on the map
SHEET_COLUMNS = 16  # pictures side by side in a sheet
ORIGINALS, CLASSES, NAMES = "originals.png", "classes.npy", "names.npy"


class Probes(NamedTuple):
    """The same in every frame.

    originals    PNG sheet of the images that every frame reconstructs
    classes      of the pictures on the map, as text (PROBES,)
    class_names  every class in the order of its label
    image_shape  (channels of the sheet, H, W)
    """

    originals: bytes
    classes: np.ndarray
    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]

    @property
    def samples(self) -> int:
        """How many samples a frame has."""
        return min(SAMPLES, len(self.classes))

    @property
    def reconstructions(self) -> int:
        """How many reconstructions a frame has."""
        return min(RECONSTRUCTIONS, len(self.classes))


class Frame(NamedTuple):
    """One epoch's sheets, PNG, and the codes float32 (PROBES, D) of the first test pictures."""

    samples: bytes
    reconstructions: bytes
    codes: np.ndarray


def is_frame_epoch(epoch: int, epochs: int) -> bool:
    """Whether the epoch, counted from 1, gets a frame: the first, the last, and evenly between."""
    every = -(-epochs // (MAX_FRAMES - 2))
    return epoch in (1, epochs) or epoch % every == 0


def write_probes(folder: Path, test: ImageSet) -> None:
    """Keep the images that every frame reconstructs, and the classes of those on the map."""
    probes = test.stratified_subset(PROBES)
    write_file(folder / ORIGINALS, _sheet(probes.images(slice(0, RECONSTRUCTIONS))))
    names = np.array(test.class_names)
    write_file(folder / NAMES, _array(names))
    write_file(folder / CLASSES, _array(names[probes.labels.numpy()]))


def write_frame(folder: Path, epoch: int, model: Model, test: ImageSet, seed: int) -> None:
    """Draw an epoch's frame. Its samples come of the same noise in every epoch."""
    probes = test.stratified_subset(PROBES).images()
    codes = model.encode(probes, fast=True)
    samples = _samples(model, codes, min(SAMPLES, len(probes)), seed)
    write_file(folder / f"{epoch:06d}.samples.png", _sheet(samples))
    write_file(folder / f"{epoch:06d}.codes.npy", _array(codes.numpy()))
    # Last, because it is what makes a frame known.
    write_file(
        folder / f"{epoch:06d}.reconstructions.png", _sheet(model.decode(codes[:RECONSTRUCTIONS]))
    )


def _samples(model: Model, codes: Tensor, count: int, seed: int) -> Tensor:
    """Pictures (count, C, H, W) of noise that takes the shape of the epoch's codes (N, D).

    A Gaussian's, the quickest to fit: of N(0, I) itself an autoencoder makes no ball in any epoch.
    A generator was never asked anything else.
    """
    if model.searches_codes:
        return model.sample(count, seed, "normal")
    if len(codes) < 2:  # one picture has no spread, and a small folder may hold no more for tests
        return model.decode(codes)
    prior = Gaussian().fit(codes, torch.zeros(len(codes), dtype=torch.int64))
    return model.decode(prior.sample(count, torch.Generator().manual_seed(seed)))


def frame_epochs(folder: Path) -> list[int]:
    """The epochs that have a frame, in order."""
    return sorted(int(path.name.split(".")[0]) for path in folder.glob("*.reconstructions.png"))


def frame_times(folder: Path) -> tuple[tuple[int, int], ...]:
    """The epochs that have a frame, in order, and when each was written, in ns."""
    return tuple(
        (epoch, (folder / f"{epoch:06d}.reconstructions.png").stat().st_mtime_ns)
        for epoch in frame_epochs(folder)
    )


def read_probes(folder: Path) -> Probes:
    """What `write_probes` kept."""
    originals = (folder / ORIGINALS).read_bytes()
    classes = np.load(folder / CLASSES, allow_pickle=False)
    sheet = Image.open(io.BytesIO(originals))  # its pictures lie in one row
    shape = (len(sheet.getbands()), sheet.height, sheet.width // min(RECONSTRUCTIONS, len(classes)))
    names = np.unique(classes)  # of a run that is older than the file
    if (folder / NAMES).exists():
        names = np.load(folder / NAMES, allow_pickle=False)
    return Probes(originals, classes, tuple(names.tolist()), shape)


def read_frame(folder: Path, epoch: int) -> Frame:
    """The frame of an epoch that has one."""
    start = f"{epoch:06d}"
    return Frame(
        (folder / f"{start}.samples.png").read_bytes(),
        (folder / f"{start}.reconstructions.png").read_bytes(),
        np.load(folder / f"{start}.codes.npy", allow_pickle=False),
    )


def pca_basis(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean (D,) of codes (N, D) and the two directions (D, 2) in which they spread most."""
    mean = codes.mean(0)
    directions = np.linalg.svd(codes - mean)[2][:2]  # full, so that even one code has two
    return mean, directions.T


def remove_frames_after(folder: Path, epoch: int) -> None:
    """Drop frames of epochs that a killed run had done, and that are done again."""
    for path in folder.glob("*.*.*"):
        if path.name.split(".")[0].isdigit() and int(path.name.split(".")[0]) > epoch:
            path.unlink(missing_ok=True)


def _sheet(images: Tensor) -> bytes:
    return to_png(contact_sheet(images, columns=SHEET_COLUMNS, gap=0))


def _array(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()
