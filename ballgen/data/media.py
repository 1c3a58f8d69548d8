"""Films of pictures to take away: a GIF, an MP4, and frames in a strip or a plane as a PNG file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction

import torch
from PIL import Image
from torch import Tensor

from ballgen.data.sheets import contact_sheet, to_png
from ballgen.errors import InputError

FRAME_TIME = 60  # ms
GAP = 4  # px of white, enlarged with the pictures' own scale left out
COLOURS = 255  # of a GIF's palette, shared by all frames so that nothing flickers
# Of x264: 0 is lossless, 23 usual. Plain squares are small files even when they stay crisp.
QUALITY = 12
# What every player opens: H.264 with one colour per 2 × 2 pixels, hence even sides.
CODEC, PIXELS = "libx264", "yuv420p"


def to_gif(films: Sequence[Tensor], scale: int = 4) -> bytes:
    """Films side by side in one endless animated GIF, played there and back.

    films  one or more of N images (N, C, H, W) in [0, 1], equally long
    scale  whole factor of enlargement; every pixel becomes a plain square
    """
    first, *others = _there_and_back(_in_one_palette(_side_by_side(films, scale)))
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=FRAME_TIME, loop=0)
    return buffer.getvalue()


def to_mp4(films: Sequence[Tensor], scale: int = 4) -> bytes:
    """The same as `to_gif` as an MP4 file: all colours, played once.

    White fills up an odd side.
    """
    import av  # a large library that only this needs

    frames = _there_and_back(_side_by_side(films, scale))
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        stream = file.add_stream(CODEC, Fraction(1000, FRAME_TIME), {"crf": f"{QUALITY}"})
        stream.width, stream.height = (side + side % 2 for side in frames[0].size)
        stream.pix_fmt = PIXELS
        for frame in frames:
            canvas = Image.new("RGB", (stream.width, stream.height), "white")
            canvas.paste(frame)
            file.mux(stream.encode(av.VideoFrame.from_image(canvas)))
        file.mux(stream.encode())
    return buffer.getvalue()


def to_strip(films: Sequence[Tensor], frames: int = 12, scale: int = 2) -> bytes:
    """Evenly chosen frames of each film, a row per film, as the bytes of a PNG file."""
    _check(films)
    chosen = torch.linspace(0, len(films[0]) - 1, min(frames, len(films[0]))).round().long()
    rows = torch.cat([film[chosen] for film in films])
    return to_png(contact_sheet(rows, columns=len(chosen), scale=scale, gap=GAP))


def to_planes(films: Sequence[Tensor], side: int, scale: int = 2) -> bytes:
    """Films of side × side frames, row after row, as planes side by side in a PNG file."""
    _check(films)
    sheets = [contact_sheet(film, columns=side, scale=scale, gap=GAP) for film in films]
    width, height = sheets[0].size
    together = Image.new("RGB", (width * len(sheets), height), "white")
    for number, sheet in enumerate(sheets):
        together.paste(sheet, (number * width, 0))
    return to_png(together)


def _there_and_back(frames: list[Image.Image]) -> list[Image.Image]:
    """So that a film closes without a jump."""
    return frames + frames[-2:0:-1]


def _side_by_side(films: Sequence[Tensor], scale: int) -> list[Image.Image]:
    """A picture for each moment, every film in it. Raises `InputError` for unequal films."""
    _check(films)
    return [
        contact_sheet(torch.stack(pictures), columns=len(films), scale=scale, gap=GAP).convert(
            "RGB"
        )
        for pictures in zip(*films, strict=True)
    ]


def _check(films: Sequence[Tensor]) -> None:
    if not films or not len(films[0]):
        raise InputError("there are no pictures to film: give at least one")
    if len({tuple(film.shape) for film in films}) > 1:
        raise InputError(
            "films must be equally long and of one size, "
            f"got {', '.join(str(tuple(film.shape)) for film in films)}"
        )


def _in_one_palette(frames: list[Image.Image]) -> list[Image.Image]:
    """The frames in mode "P", all with the palette that fits them together."""
    width, height = frames[0].size
    together = Image.new("RGB", (width, height * len(frames)))
    for index, frame in enumerate(frames):
        together.paste(frame, (0, index * height))
    palette = together.quantize(COLOURS, Image.Quantize.MEDIANCUT)
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
