"""One image file -> uint8 pixels of the size and channels that a model takes.

Transparency is laid on white, because the sports balls lie on white. An image that is not square
is cropped to the middle square: photographs show the ball in the middle, and padding would teach
a model to draw white bars. The crop is then resized with Pillow's antialiased Lanczos filter.
"""

from __future__ import annotations

import contextlib
import io
import math
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

# Formats by content, whatever the name says. Pillow reads many more, but some of them run other
# programs (EPS) and none of them holds photographs.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "WEBP", "TIFF", "PPM", "AVIF", "JPEG2000", "ICO")
SUFFIXES = {suffix for suffix, name in Image.registered_extensions().items() if name in FORMATS}
SUFFIXES |= {".heic", ".heif"}  # from telephones: Pillow cannot read them, so they count as broken
ORIENTATION = 0x0112  # EXIF tag
MAX_PIXELS = 90_000_000  # held decoded in memory; a JPEG is shrunk while it is decoded
MAX_JPEG_PIXELS = 1_000_000_000  # before it is shrunk; of a progressive one MAX_PIXELS
LARGE = 16_000_000  # px; of such images one at a time is decoded
BLOCK = 1_000_000  # px converted at once
_one_at_a_time = threading.Lock()


class DecodeError(Exception):
    """A file that holds no usable image; the message is the reason."""


class Decoded(NamedTuple):
    """Pixels uint8 (C, S, S), and the width and height in px of the upright original."""

    pixels: np.ndarray
    width: int
    height: int


def decode(data: bytes, size: int, channels: int, end: float = math.inf) -> Decoded:
    """Decode an image file to `size` x `size` px, with 1 (luma) or 3 channels.

    end  `time.monotonic()` after which a large image that waits for its turn is given up

    Raises `DecodeError` where it holds no usable image.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            # A progressive JPEG is held whole, whatever is asked of it.
            largest = MAX_PIXELS if image.info.get("progressive") else MAX_JPEG_PIXELS
            image.draft(None, (2 * size, 2 * size))  # JPEG: decode at a fraction of the size
            if width * height > largest or image.width * image.height > MAX_PIXELS:
                raise DecodeError(f"{width} x {height} px are too many")
            large = image.width * image.height > LARGE
            with _one_at_a_time if large else contextlib.nullcontext():
                if time.monotonic() > end:
                    raise DecodeError("its turn did not come in time")
                # The image lies on its side. What is no number here means nothing to Pillow, too.
                if image.getexif().get(ORIENTATION) in range(5, 9):
                    width, height = height, width
                ImageOps.exif_transpose(image, in_place=True)
                fitted = _fit_square(_lay_on_white(image), size)
    except DecodeError:
        raise
    except Image.UnidentifiedImageError:
        raise DecodeError("not an image in a known format" if data else "empty file") from None
    except Exception as error:  # Pillow's readers raise all sorts on damaged files
        raise DecodeError(str(error) or type(error).__name__) from error
    return Decoded(_to_array(fitted, channels), width, height)


def _lay_on_white(image: Image.Image) -> Image.Image:
    """Bring an image of any mode to "RGB" or "L", with transparent parts on white."""
    if image.mode == "F":
        raise DecodeError("its pixels are floats of unknown range")
    if image.mode.startswith("I"):  # 16 bits per pixel: Pillow itself would clip or cut
        return _by_blocks(image, "L", _from_sixteen_bits)
    if image.has_transparency_data:
        return _by_blocks(image, "RGB", _from_transparent)
    mode = "L" if image.mode in ("1", "L") else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _by_blocks(
    image: Image.Image, mode: str, convert: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    """The image converted some rows at a time: all at once takes several times its memory."""
    converted = Image.new(mode, image.size)
    rows = max(1, BLOCK // image.width)
    for top in range(0, image.height, rows):
        block = image.crop((0, top, image.width, min(top + rows, image.height)))
        converted.paste(convert(block), (0, top))
    return converted


def _from_sixteen_bits(block: Image.Image) -> Image.Image:
    deep = np.asarray(block).astype(np.float64)
    return Image.fromarray((deep / 257).round().clip(0, 255).astype(np.uint8))


def _from_transparent(block: Image.Image) -> Image.Image:
    block = block.convert("RGBA")
    white = Image.new("RGBA", block.size, "white")
    return Image.alpha_composite(white, block).convert("RGB")


def _fit_square(image: Image.Image, size: int) -> Image.Image:
    """Crop the middle square and resize it to `size` px; an image that fits stays untouched."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    if image.size != (side, side):  # a box given to resize would let its surroundings bleed in
        image = image.crop((left, top, left + side, top + side))
    return image.resize((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _to_array(image: Image.Image, channels: int) -> np.ndarray:
    """Image of mode "RGB" or "L" -> uint8 (channels, H, W), with 1 (luma) or 3 channels."""
    array = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return array[None] if channels == 1 else np.ascontiguousarray(array.transpose(2, 0, 1))


def resize(pixels: np.ndarray, size: int, channels: int) -> np.ndarray:
    """Bring uint8 pixels (N, C, H, W), C of 1 or 3, to (N, channels, size, size)."""
    if pixels.shape[1:] == (channels, size, size):
        return pixels
    return np.stack([_to_array(_fit_square(to_image(image), size), channels) for image in pixels])


def to_image(pixels: np.ndarray) -> Image.Image:
    """uint8 (C, H, W) with 1 or 3 channels -> Pillow image of mode "L" or "RGB"."""
    array = pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)
    return Image.fromarray(np.ascontiguousarray(array))
