"""Images to look at and to hand on: contact sheets, PNG files and .npz arrays."""

import io
import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ballgen.data.decode import to_image
from ballgen.data.imageset import as_images, as_tensor, to_pixels
from ballgen.errors import InputError
from ballgen.util.files import check_empty, check_file, report_unwritable, write_file
from ballgen.util.paths import expand

Images = torch.Tensor | np.ndarray
SHEET_GRAY = 222  # the gray between images: balls on white would else lie in one large white


def _as_pixels(images: Images) -> torch.Tensor:
    """uint8 (N, C, H, W), C of 1 or 3, from pixels or from images in [0, 1]."""
    images = as_tensor(images, "images")
    if images.dtype != torch.uint8 or images.ndim != 4:
        images = to_pixels(as_images(images))
    if not len(images):
        raise InputError("there are no images to write: give at least one")
    if images.shape[1] not in (1, 3):
        raise InputError(f"images must have 1 or 3 channels, got {images.shape[1]}")
    return images.cpu()


def contact_sheet(
    images: Images, columns: int = 8, scale: int = 1, gap: int = 2, background: int = 255
) -> Image.Image:
    """Lay images out in rows, in reading order.

    images      uint8 or float in [0, 1], (N, C, H, W) with 1 or 3 channels
    scale       whole factor of enlargement; every pixel becomes a plain square
    gap         px between and around the images, not enlarged
    background  gray of the gap, from 0 to 255

    Returns an image of mode "L" or "RGB". Raises `InputError` for other shapes or numbers.
    """
    pixels = _as_pixels(images)
    for name, value, minimum in (("columns", columns, 1), ("scale", scale, 1), ("gap", gap, 0)):
        if value != int(value) or value < minimum:
            raise InputError(f"{name} must be a whole number of at least {minimum}, got {value}")
    count = len(pixels)
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    # By numpy: torch would wake a second thread, which can take longer than all of this.
    enlarged = pixels.numpy().repeat(scale, 2).repeat(scale, 3)
    _, channels, height, width = enlarged.shape
    # A cell is an image with the gap above it and before it.
    down, across = height + gap, width + gap
    cells = np.full((rows * columns, channels, down, across), background, np.uint8)
    cells[:count, :, gap:, gap:] = enlarged
    cells = cells.reshape(rows, columns, channels, down, across).transpose(2, 0, 3, 1, 4)
    sheet = cells.reshape(channels, rows * down, columns * across)
    end = (0, gap)
    return to_image(np.pad(sheet, ((0, 0), end, end), constant_values=background))


def to_png(image: Images | Image.Image) -> bytes:
    """One image, (C, H, W) or a Pillow image, as the bytes of a PNG file.

    Raises `InputError` for another shape or values outside [0, 1].
    """
    if not isinstance(image, Image.Image):
        image = to_image(_as_pixels(as_tensor(image, "image")[None])[0].numpy())
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def image_name(index: int) -> str:
    """The file of one image in a folder of them: img_00000.png."""
    return f"img_{index:05d}.png"


def check_out(path: str | Path) -> Path:
    """The path, if `write_images` can write to it as far as is known. Raises `InputError`."""
    path = expand(path)
    if path.is_dir():
        return check_empty(path)  # old images would be taken for new ones
    if path.suffix.lower() in ("", ".png", ".npz"):
        return check_file(path)
    raise InputError(
        f"{path} has the unknown suffix {path.suffix}: choose FILE.png, FILE.npz or DIR"
    )


def write_images(images: Images, path: str | Path) -> None:
    """Write images, uint8 or float in [0, 1], (N, C, H, W) with 1 or 3 channels.

    FILE.png   a contact sheet
    FILE.npz   `images`, uint8 (N, H, W, C)
    DIR        one img_00000.png each, into a new or empty folder
    Raises `InputError` for another suffix, or a path that cannot be written.
    """
    pixels, path = _as_pixels(images), check_out(path)
    if path.is_dir() or not path.suffix:
        with report_unwritable(path):
            path.mkdir(parents=True, exist_ok=True)
        for index, image in enumerate(pixels):
            write_file(path / image_name(index), to_png(image))
    elif path.suffix.lower() == ".png":
        write_file(path, to_png(contact_sheet(pixels, background=SHEET_GRAY)))
    else:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, images=pixels.permute(0, 2, 3, 1).contiguous().numpy())
        write_file(path, buffer.getvalue())
