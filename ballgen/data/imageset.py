"""ImageSet: the images of one split in memory, with labels and known factors."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from ballgen.data import stratified
from ballgen.errors import InputError
from ballgen.util.checks import is_whole

MIN_SIZE, MAX_SIZE = 16, 128  # px
MAX_IMAGES = 10**15  # images: beyond, numbers overflow before memory is asked for
CHUNK = 1024  # images at once where floats of them are needed: bounds memory
MNIST_SIZE = 28  # the one size off the grid of eight; convolutional networks pad it to 32


def check_image_size(size: int) -> int:
    """Return `size` in px. Raises `InputError` if not every network can take it."""
    known = (*range(MIN_SIZE, MAX_SIZE + 1, 8), MNIST_SIZE)
    if not is_whole(size) or size not in known:
        raise InputError(
            f"image size {size!r} is not supported: choose a multiple of 8 "
            f"from {MIN_SIZE} to {MAX_SIZE}, or {MNIST_SIZE}"
        )
    return size


def as_tensor(values: torch.Tensor | np.ndarray, what: str) -> torch.Tensor:
    """A tensor of a tensor, an array or nested lists of real numbers.

    Raises `InputError`, in which the values are called `what`, if they are no such thing.
    """
    if isinstance(values, np.ndarray):  # also mirrored, read-only or of another machine's bytes
        values = np.array(values, dtype=values.dtype.newbyteorder("="))
    try:
        tensor = torch.as_tensor(values)
    except (TypeError, ValueError, RuntimeError):
        tensor = None
    if tensor is None or tensor.is_complex():
        raise InputError(
            f"{what} must be a tensor or an array of numbers, got {type(values).__name__}"
        )
    return tensor


def as_images(images: torch.Tensor | np.ndarray) -> torch.Tensor:
    """Images as float32 (N, C, H, W) in [0, 1]; uint8 pixels are divided by 255.

    Raises `InputError` for another shape or type, or floats that do not lie in [0, 1].
    """
    if isinstance(images, ImageSet):
        raise InputError("images must be a tensor or an array, got an ImageSet: pass its .images()")
    images = as_tensor(images, "images")
    if images.ndim != 4:
        raise InputError(
            f"images must have the shape (N, C, H, W), got {tuple(images.shape)}: "
            "add the missing axes, e.g. with image[None]"
        )
    if images.dtype == torch.uint8:
        return images.float() / 255
    if not images.is_floating_point():
        raise InputError(f"images must be uint8 or float, got {images.dtype}: convert them first")
    if images.numel() and not (images.amin() >= -1e-4 and images.amax() <= 1 + 1e-4):
        raise InputError(
            f"images must lie in [0, 1], got [{images.amin():.3g}, {images.amax():.3g}]: "
            "divide by 255, or undo a normalisation first"
        )
    return images.float().clamp(0, 1)


def to_pixels(images: torch.Tensor) -> torch.Tensor:
    """Round float images (N, C, H, W) in [0, 1] to uint8 pixels of the same shape."""
    return images.clamp(0, 1).mul(255).round().to(torch.uint8)


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images of one split of one source, with all that is known about them.

    pixels         uint8 (N, C, H, W)
    labels         int64 (N,), indices into `class_names`; with several objects in an image,
                   the class of the first
    class_names    one name per label; a source without labels has the single class "image"
    factors        float32 (N, F) or None, the generating factors where they are known
    factor_names   F names with units, e.g. ("class", "x px", "y px", "diameter px", "angle deg")
    object_labels  int64 (N, K) or None: every label column of a source with K > 1 objects, -1
                   where an image has fewer
    skipped        how many files of the source could not be used
    skipped_files  (name, reason) of the first some hundred of them
    remarks        what people should know of how it was read, such as which files were skipped
    understood     how a folder or .zip was understood: its layout, classes and sizes, in words
    split_sizes    how many images that holds to train on, and to test on
    Raises `InputError` if types, shapes or labels contradict each other.
    """

    name: str
    split: str
    pixels: torch.Tensor
    labels: torch.Tensor
    class_names: tuple[str, ...]
    factors: torch.Tensor | None = None
    factor_names: tuple[str, ...] = ()
    object_labels: torch.Tensor | None = None
    skipped: int = 0
    skipped_files: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()
    understood: tuple[str, ...] = ()
    split_sizes: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        pixels, labels = self.pixels, self.labels
        if pixels.dtype != torch.uint8 or pixels.ndim != 4:
            got = f"{pixels.dtype} {tuple(pixels.shape)}"
            raise InputError(f"pixels must be uint8 (N, C, H, W), got {got}")
        if labels.dtype != torch.int64 or labels.ndim != 1:
            got = f"{labels.dtype} {tuple(labels.shape)}"
            raise InputError(f"labels must be int64 (N,), got {got}")
        for name in ("labels", "factors", "object_labels"):
            column = getattr(self, name)
            if column is not None and len(column) != len(pixels):
                raise InputError(f"{name} has {len(column)} rows for {len(pixels)} images")
        classes = len(self.class_names)
        if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
            raise InputError(
                f"labels must lie between 0 and {classes - 1}, for there are {classes} class names"
            )

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of every image."""
        return tuple(self.pixels.shape[1:])

    def images(self, indices: torch.Tensor | slice | None = None) -> torch.Tensor:
        """Images as float32 (N, C, H, W) in [0, 1]: all of them, or those at `indices`."""
        pixels = self.pixels if indices is None else self.pixels[indices]
        return pixels.float() / 255

    @cached_property
    def class_shares(self) -> torch.Tensor:
        """float32 (K,): the share of each class, summing to 1."""
        counts = torch.bincount(self.labels, minlength=len(self.class_names)).float()
        return counts / counts.sum()

    @cached_property
    def mean_image(self) -> torch.Tensor:
        """float32 (C, H, W), in [0, 1]."""
        # numpy adds through a buffer; torch would first make a copy eight times as large.
        total = torch.from_numpy(self.pixels.numpy().sum(0, dtype=np.int64))
        return total / (255 * len(self))

    @property
    def mean_colour(self) -> torch.Tensor:
        """float32 (C,), in [0, 1]: the mean over all images and places."""
        return self.mean_image.mean((1, 2))

    @cached_property
    def brightness(self) -> torch.Tensor:
        """float32 (N, 2): mean and mean square of each image's pixels, 0 to 255."""
        parts = [part.float().flatten(1) for part in self.pixels.split(CHUNK)]
        moments = [torch.stack([p.mean(1), p.square().mean(1)], 1) for p in parts]
        return torch.cat(moments) if moments else torch.empty(0, 2)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of pixels, labels and class names: equal digests mean equal images."""
        digest = hashlib.sha256(repr((tuple(self.pixels.shape), self.class_names)).encode())
        digest.update(self.pixels.contiguous().numpy())
        digest.update(self.labels.contiguous().numpy())
        return digest.hexdigest()

    def copies_of(self, others: ImageSet) -> int:
        """How many of these images are among the `others`, pixel for pixel."""
        digests = lambda images: (hashlib.sha256(one).digest() for one in images.pixels.numpy())  # noqa: E731
        own = Counter(digests(self))
        return sum(own[digest] for digest in own.keys() & set(digests(others)))

    def stratified_subset(self, count: int, seed: int = 0) -> ImageSet:
        """At most `count` images in their order, every class in its share; `seed` chooses them."""
        return self if count >= len(self) else self.subset(self.stratified_rows(count, seed))

    def stratified_rows(self, count: int, seed: int = 0) -> torch.Tensor:
        """int64: which images those are."""
        if count >= len(self):
            return torch.arange(len(self))
        keys = map(str, range(len(self)))
        return torch.tensor(
            stratified.choose(list(keys), self.labels.tolist(), count, f"limit {seed}")
        )

    def subset(self, indices: torch.Tensor | slice) -> ImageSet:
        """The images at `indices`, as a set of their own."""
        columns = {
            name: column[indices]
            for name in ("pixels", "labels", "factors", "object_labels")
            if (column := getattr(self, name)) is not None
        }
        return replace(self, **columns)
