"""One image file -> uint8 pixels of the size and channels that a model takes.

Transparency is laid on white, because the sports balls lie on white. An image that is not square
is cropped to the middle square: photographs show the ball in the middle, and padding would teach
a model to draw white bars. The crop is then resized with Pillow's antialiased Lanczos filter.

Files of more than 8 bits (microscopes, telephones' depth) do not tell which number is white: that
is decided by `span_of` all images of a source, so that their brightness stays comparable.
"""

import contextlib
import io
import math
import struct
import threading
import time
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pillow_heif
from PIL import Image, ImageOps, JpegImagePlugin

pillow_heif.register_heif_opener()
# Formats by content, whatever the name says. Pillow reads many more, but some of them run other
# programs (EPS) and none of them holds photographs.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "WEBP", "TIFF", "PPM", "AVIF", "HEIF", "JPEG2000",
           "ICO")  # fmt: skip
SUFFIXES = {suffix for suffix, name in Image.registered_extensions().items() if name in FORMATS}
ORIENTATION = 0x0112  # EXIF tag
MAX_PIXELS = 90_000_000  # held decoded in memory; a JPEG is shrunk while it is decoded
MAX_JPEG_PIXELS = 1_000_000_000  # before it is shrunk; of a progressive one MAX_PIXELS
LARGE = 16_000_000  # px; of such images one at a time is decoded
BLOCK = 1_000_000  # px converted at once
# What numbers of more than 8 bits usually mean by black and white, the narrowest first; those
# behind the third are of whole numbers.
SPANS = ((0, 1), (-1, 1), *((0, 2**bits - 1) for bits in (8, 10, 12, 14, 16)))
Span = tuple[float, float]
_one_at_a_time = threading.Lock()


class DecodeError(Exception):
    """A file that holds no usable image; the message is the reason."""


class Decoded(NamedTuple):
    """One image.

    pixels         (C, S, S): uint8, or float32 of any range where the file has more than 8 bits
    width, height  px of the upright original
    extremes       of those floats before they were shrunk, else None
    """

    pixels: np.ndarray
    width: int
    height: int
    extremes: Span | None = None

    def eight_bits(self, span: Span | None = None) -> np.ndarray:
        """uint8 (C, S, S), where the ends of `span` are black and white; by default its own."""
        if not self.extremes:
            return self.pixels
        low, high = span or span_of([self.extremes])
        scaled = (self.pixels - low) * (255 / (high - low or 1))
        return scaled.round().clip(0, 255).astype(np.uint8)


class Crop(NamedTuple):
    """A square of an upright image; by default the largest in its middle.

    across, down  where it lies: at the left or upper edge for 0, at the right or lower one for 1
    zoom          how many times its side goes into the image's shorter one, from 1 on
    """

    across: float = 0.5
    down: float = 0.5
    zoom: float = 1.0

    def square(self, image: Image.Image) -> tuple[int, int, int]:
        """Its left and upper edge and its side, px."""
        side = max(1, int(min(image.size) / self.zoom))
        return int((image.width - side) * self.across), int((image.height - side) * self.down), side


MIDDLE = Crop()


def span_of(extremes: Iterable[Span]) -> Span:
    """The first of `SPANS` that holds all of these, else just what holds them."""
    lows, highs = zip(*extremes, strict=True)
    low, high = min(lows), max(highs)
    common = SPANS if isinstance(high, int) else SPANS[:3]
    return next((s for s in common if s[0] <= low and high <= s[1]), (low, high))


def decode(
    data: bytes, size: int, channels: int, end: float = math.inf, crop: Crop = MIDDLE
) -> Decoded:
    """Decode an image file to `size` x `size` px, with 1 (luma) or 3 channels.

    end   `time.monotonic()` after which a large image that waits for its turn is given up
    crop  which square of it
    Raises `DecodeError` where it holds no usable image.
    """
    try:
        with _open(data) as image:
            width, height = image.size
            # A progressive JPEG is held whole, whatever is asked of it.
            largest = MAX_PIXELS if image.info.get("progressive") else MAX_JPEG_PIXELS
            enough = math.ceil(2 * size * crop.zoom)
            image.draft(None, (enough, enough))  # JPEG: decode at a fraction of the size
            if width * height > largest or image.width * image.height > MAX_PIXELS:
                raise DecodeError(f"{width} x {height} px are too many")
            # Of 16 bits in each of three channels Pillow reads the upper eight.
            halved = any(";16" in str(tile) for tile in image.tile)
            large = image.width * image.height > LARGE
            with _one_at_a_time if large else contextlib.nullcontext():
                if time.monotonic() > end:
                    raise DecodeError("its turn did not come in time")
                # The image lies on its side. What is no number here means nothing to Pillow, too.
                if image.getexif().get(ORIENTATION) in range(5, 9):
                    width, height = height, width
                ImageOps.exif_transpose(image, in_place=True)
                if image.mode == "F" or image.mode.startswith("I"):
                    pixels, extremes = _shrink_deep(image, size, crop)
                    return Decoded(np.stack([pixels] * channels), width, height, extremes)
                halved &= not image.has_transparency_data
                pixels = _to_array(_fit_square(_lay_on_white(image), size, crop), channels)
                if not halved:
                    return Decoded(pixels, width, height)
                extremes = 0, 257 * int(np.max(image.getextrema()))
                return Decoded(np.float32(257) * pixels, width, height, extremes)
    except DecodeError:
        raise
    except Image.DecompressionBombError:
        raise DecodeError(f"more than {MAX_PIXELS // 10**6} million px are too many") from None
    except Image.UnidentifiedImageError:
        raise DecodeError("not an image in a known format" if data else "empty file") from None
    except Exception as error:  # Pillow's readers raise all sorts on damaged files
        raise DecodeError(str(error) or type(error).__name__) from error


def _open(data: bytes) -> Image.Image:
    """Before any pixel is decoded. Raises `Image.UnidentifiedImageError` and others."""
    if not data.startswith(b"\xff\xd8\xff"):
        return Image.open(io.BytesIO(data), formats=FORMATS)
    try:  # Image.open would refuse what is large before it is shrunk
        return JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    except (SyntaxError, IndexError, TypeError, struct.error) as error:
        raise Image.UnidentifiedImageError from error


def _lay_on_white(image: Image.Image) -> Image.Image:
    """Bring an image of any mode to "RGB" or "L", with transparent parts on white."""
    if not image.has_transparency_data:
        mode = "L" if image.mode in ("1", "L") else "RGB"
        return image if image.mode == mode else image.convert(mode)
    laid = Image.new("RGB", image.size)
    # Some rows at a time: all at once take several times the image's memory.
    rows = max(1, BLOCK // image.width)
    for top in range(0, image.height, rows):
        block = image.crop((0, top, image.width, min(top + rows, image.height))).convert("RGBA")
        white = Image.new("RGBA", block.size, "white")
        laid.paste(Image.alpha_composite(white, block).convert("RGB"), (0, top))
    return laid


def _shrink_deep(image: Image.Image, size: int, crop: Crop) -> tuple[np.ndarray, Span]:
    """A square of a gray image of any depth as float32 (S, S), and its extremes."""
    left, upper, side = crop.square(image)
    factor = max(1, side // (3 * size))
    side -= side % factor
    small = Image.new("F", (side // factor, side // factor))
    rows = factor * max(1, BLOCK // (side * factor))
    low, high = math.inf, -math.inf
    for top in range(0, side, rows):  # some at a time, as above
        bottom = min(top + rows, side)
        block = image.crop((left, upper + top, left + side, upper + bottom))
        values = np.nan_to_num(np.asarray(block).astype(np.float32), posinf=0, neginf=0)
        low, high = min(low, values.min().item()), max(high, values.max().item())
        small.paste(Image.fromarray(values).reduce(factor), (0, top // factor))
    extremes = (low, high) if image.mode == "F" else (int(low), int(high))
    return np.asarray(small.resize((size, size), Image.Resampling.LANCZOS)), extremes


def _fit_square(image: Image.Image, size: int, crop: Crop = MIDDLE) -> Image.Image:
    """Crop a square and resize it to `size` px; an image that fits stays untouched."""
    left, top, side = crop.square(image)
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
