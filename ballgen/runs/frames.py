"""What the model makes of fixed codes and fixed images, epoch by epoch: learning as a film."""

import errno
import io
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import reduce
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.data.sheets import contact_sheet, to_png
from ballgen.errors import InputError
from ballgen.models import Model
from ballgen.priors import Gaussian
from ballgen.util.files import write_file
from ballgen.util.pca import PrincipalComponents, principal_components

MAX_FRAMES = 60  # of a run
SAMPLES, RECONSTRUCTIONS, FIXED_IMAGES = 24, 12, 256  # images per frame; codes on the map
SHEET_COLUMNS = 16  # images side by side in a sheet
FIXED_IMAGES_FILE = "fixed_images.npz"
MAX_SIDE = 4096  # px
MAX_BYTES = 2**28  # of a file's arrays


class FixedImages(NamedTuple):
    """The same in every frame.

    originals    PNG sheet of the images that every frame reconstructs
    classes      of the images on the map, as text (FIXED_IMAGES,)
    class_names  every class in the order of its label
    image_shape  (C, H, W)
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
    """One epoch's sheets, PNG, and the codes float32 (FIXED_IMAGES, D) of the images on the map."""

    samples: bytes
    reconstructions: bytes
    codes: np.ndarray


def is_frame_epoch(epoch: int, epochs: int) -> bool:
    """Whether the epoch, counted from 1, gets a frame: the first, the last, and evenly between."""
    every = -(-epochs // (MAX_FRAMES - 2))
    return epoch in (1, epochs) or epoch % every == 0


def write_fixed_images(folder: Path, test: ImageSet) -> None:
    """Keep what is the same in every frame. Raises `InputError` if it cannot be written."""
    fixed = test.stratified_subset(FIXED_IMAGES)
    names = np.array(test.class_names)
    _write(
        folder / FIXED_IMAGES_FILE,
        originals=_sheet(fixed.images(slice(0, RECONSTRUCTIONS))),
        classes=names[fixed.labels.numpy()],
        class_names=names,
        image_shape=np.array(test.image_shape),
    )


def read_fixed_images(folder: Path) -> FixedImages:
    """What `write_fixed_images` kept. Raises `InputError` if that is damaged."""
    with _report_damage(folder / FIXED_IMAGES_FILE) as kept:
        classes, names = kept["classes"], tuple(kept["class_names"].tolist())
        channels, height, width = map(int, kept["image_shape"])
        if not (classes.ndim == 1 and classes.size and set(classes.tolist()) <= set(names)):
            raise ValueError("its classes are none")
        if not 0 < min(channels, height, width) <= max(channels, height, width) <= MAX_SIDE:
            raise ValueError("its images have no size")
        originals = check_png(kept["originals"].tobytes())
        return FixedImages(originals, classes, tuple(map(str, names)), (channels, height, width))


def write_frame(folder: Path, epoch: int, model: Model, test: ImageSet, seed: int) -> None:
    """Make an epoch's frame. Its samples come of the same noise in every epoch.

    Raises `InputError` if it cannot be written.
    """
    fixed = test.stratified_subset(FIXED_IMAGES).images()
    codes = model.encode(fixed, fast=True)
    _write(
        _file(folder, epoch),
        samples=_sheet(_samples(model, codes, min(SAMPLES, len(fixed)), seed)),
        reconstructions=_sheet(model.decode(codes[:RECONSTRUCTIONS])),
        codes=codes.numpy(),
    )


def read_frame(folder: Path, epoch: int) -> Frame:
    """The frame of an epoch that has one. Raises `InputError` if it is damaged."""
    with _report_damage(_file(folder, epoch)) as kept:
        samples, reconstructions = (
            check_png(kept[name].tobytes()) for name in ("samples", "reconstructions")
        )
        codes = kept["codes"]
        if not (codes.ndim == 2 and codes.dtype.kind == "f" and codes.size):
            raise ValueError("its codes are none")
        if not np.isfinite(codes).all():
            raise ValueError("its codes are not finite")
        return Frame(samples, reconstructions, codes)


def frame_epochs(folder: Path) -> list[int]:
    """The epochs that have a frame, in order."""
    names = (path.stem for path in folder.glob("[0-9]*.npz"))
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())


def frame_times(folder: Path) -> tuple[tuple[int, int], ...]:
    """The epochs that have a frame, in order, and when each was written, in ns."""
    times = []
    for epoch in frame_epochs(folder):
        with suppress(OSError):  # just removed, or a link that leads nowhere
            times.append((epoch, _file(folder, epoch).stat().st_mtime_ns))
    return tuple(times)


def remove_frames_after(folder: Path, epoch: int) -> None:
    """Remove the frames of later epochs: a killed run had done them, and they are done again."""
    for later in frame_epochs(folder):
        if later > epoch:
            _file(folder, later).unlink(missing_ok=True)


def newest_plane(epochs: Iterable[np.ndarray]) -> PrincipalComponents:
    """The two principal components of the last epoch's codes (N, D), out of each epoch's in order.

    Each epoch's point as those before, so that no map is a mirror image of the one before it.
    """
    planes = (principal_components(codes, 2) for codes in epochs)
    return reduce(lambda before, plane: plane.aligned_with(before), planes)


def _samples(model: Model, codes: Tensor, count: int, seed: int) -> Tensor:
    """Images (count, C, H, W) of noise that takes the shape of the epoch's codes (N, D).

    A Gaussian's, the quickest to fit: of N(0, I) itself an autoencoder makes no ball in any epoch.
    A generator was never asked anything else.
    """
    if model.needs_inversion:
        return model.sample(count, seed, "normal")
    if len(codes) < 2:  # one image has no spread, and a small folder may hold no more for tests
        return model.decode(codes)
    prior = Gaussian().fit(codes, torch.zeros(len(codes), dtype=torch.int64))
    return model.decode(prior.sample(count, torch.Generator().manual_seed(seed)))


def _sheet(images: Tensor) -> bytes:
    return to_png(contact_sheet(images, columns=SHEET_COLUMNS, gap=0))


def _file(folder: Path, epoch: int) -> Path:
    return folder / f"{epoch:06d}.npz"


def _write(path: Path, **values: bytes | np.ndarray) -> None:
    buffer = io.BytesIO()
    np.savez(
        buffer,
        **{
            name: np.frombuffer(value, np.uint8) if isinstance(value, bytes) else value
            for name, value in values.items()
        },
    )
    write_file(path, buffer.getvalue())


@contextmanager
def _report_damage(path: Path) -> Iterator[dict[str, np.ndarray]]:
    """The arrays of a file. Raises `InputError` if it cannot be read, or the body finds it damaged.

    numpy has no error of its own for damage.
    """
    try:
        if not path.is_file():
            raise FileNotFoundError(errno.ENOENT, "it is no file")
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
                raise ValueError("it unpacks to more than any frame")
        with np.load(path, allow_pickle=False) as file:
            yield dict(file)
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"{path} is damaged ({reason}): remove it, the run needs it not"
        ) from error


def check_png(content: bytes) -> bytes:
    """The content, if it is a PNG that can be opened. Raises `ValueError`, `OSError`."""
    with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
        image.verify()
    return content
