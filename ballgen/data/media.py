"""Films of images to take away: a GIF, an MP4, and frames in a strip or a plane as a PNG file."""

import io
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ballgen.data.sheets import contact_sheet, to_png

FRAME_TIME = 60  # ms
GAP = 4  # px of white between and around the images, not enlarged
COLOURS = 255  # of a GIF's palette, shared by all frames so that nothing flickers
# Of x264: 0 is lossless, 23 the default. Plain squares are small files even when they stay crisp.
QUALITY = 12
# What every player opens: H.264 with one colour per 2 × 2 pixels, hence even sides.
CODEC, PIXELS = "libx264", "yuv420p"


def to_gif(films: Sequence[Tensor], scale: int = 4) -> bytes:
    """Films side by side in one endless animated GIF, played there and back.

    films  one or more of N images (N, C, H, W) in [0, 1], equally long
    scale  whole factor of enlargement; every pixel becomes a plain square
    """
    frames = _there_and_back(films, scale)
    together = Image.fromarray(np.concatenate(frames))
    palette = together.quantize(COLOURS, Image.Quantize.MEDIANCUT)
    first, *others = (
        Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE)
        for frame in frames
    )
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=FRAME_TIME, loop=0)
    return buffer.getvalue()


def to_mp4(films: Sequence[Tensor], scale: int = 4) -> bytes:
    """The same as `to_gif` as an MP4 file: all colours, played once. White fills up an odd side."""
    import av  # a large library that only this needs

    frames = _there_and_back(films, scale)
    height, width, _ = frames[0].shape
    odd = ((0, height % 2), (0, width % 2), (0, 0))
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        stream = file.add_stream(CODEC, Fraction(1000, FRAME_TIME), {"crf": f"{QUALITY}"})
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = PIXELS
        for frame in frames:
            even = np.pad(frame, odd, constant_values=255)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(even)))
        file.mux(stream.encode())
    return buffer.getvalue()


def to_strip(films: Sequence[Tensor], frames: int = 12, scale: int = 2) -> bytes:
    """Evenly chosen frames of each of `to_gif`'s films, a row per film, as a PNG file."""
    chosen = torch.linspace(0, len(films[0]) - 1, min(frames, len(films[0]))).round().long()
    rows = torch.cat([film[chosen] for film in films])
    return to_png(contact_sheet(rows, columns=len(chosen), scale=scale, gap=GAP))


def to_planes(films: Sequence[Tensor], side: int, scale: int = 2) -> bytes:
    """Films of side × side frames, row after row, as planes side by side in a PNG file."""
    sheets = [contact_sheet(film, columns=side, scale=scale, gap=GAP) for film in films]
    return to_png(Image.fromarray(np.concatenate([np.asarray(sheet) for sheet in sheets], axis=1)))


def _there_and_back(films: Sequence[Tensor], scale: int) -> list[np.ndarray]:
    """uint8 (H, W, 3) for each moment, every film in it; back again so that nothing jumps."""
    frames = [
        contact_sheet(torch.stack(images), columns=len(films), scale=scale, gap=GAP)
        for images in zip(*films, strict=True)
    ]
    return [np.asarray(frame.convert("RGB")) for frame in frames + frames[-2:0:-1]]
