from __future__ import annotations

import io

import av
import numpy as np
import pytest
import torch
from PIL import Image

from ballgen.data.media import FRAME_TIME, GAP, to_gif, to_mp4, to_planes, to_strip
from tests.helpers.tiny import tiny_balls

BALLS = tiny_balls(5).images()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_a_gif_plays_all_films_side_by_side_there_and_back():
    film = opened(to_gif([BALLS, 1 - BALLS], scale=2))
    assert film.format == "GIF"
    assert film.n_frames == 5 + 3
    assert film.size == (2 * 32 + 3 * GAP, 32 + 2 * GAP)
    assert film.info["loop"] == 0
    assert film.info["duration"] == FRAME_TIME
    frames = []
    for index in range(film.n_frames):
        film.seek(index)
        frames.append(np.asarray(film.convert("RGB")).astype(int))
    wanted = BALLS[3].permute(1, 2, 0).mul(255).numpy().repeat(2, 0).repeat(2, 1)
    shown = frames[3][GAP : GAP + 32, GAP : GAP + 32]
    assert np.abs(shown - wanted).mean() < 8  # of 255: a palette has 256 colours
    assert np.array_equal(frames[5], frames[3])
    assert not np.array_equal(frames[4], frames[3])


def test_an_mp4_plays_the_same_in_all_colours():
    with av.open(io.BytesIO(to_mp4([BALLS, 1 - BALLS], scale=4))) as film:
        stream = film.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(stream)]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == pytest.approx(1000 / FRAME_TIME)
    assert len(frames) == 5 + 3
    assert frames[0].shape == (64 + 2 * GAP, 2 * 64 + 3 * GAP, 3)
    for place, number in enumerate((0, 1, 2, 3, 4, 3, 2, 1)):
        wanted = BALLS[number].permute(1, 2, 0).mul(255).numpy().repeat(4, 0).repeat(4, 1)
        shown = frames[place][GAP : GAP + 64, GAP : GAP + 64]
        assert np.abs(shown - wanted).mean() < 3  # of 255
        others = [
            np.abs(shown - 255 * ball.permute(1, 2, 0).numpy().repeat(4, 0).repeat(4, 1)).mean()
            for index, ball in enumerate(BALLS)
            if index != number
        ]
        assert min(others) > 6
    assert (frames[0][:2] > 250).all()  # white around the images


def test_an_mp4_has_even_sides_whatever_the_images_have():
    odd = BALLS[:, :, :15, :13]
    with av.open(io.BytesIO(to_mp4([odd], scale=1))) as film:
        (first, *_) = film.decode(video=0)
    assert (first.width, first.height) == (13 + 2 * GAP + 1, 15 + 2 * GAP + 1)
    assert (first.to_ndarray(format="rgb24")[-1] > 240).all()


def test_a_strip_has_a_row_per_film_from_its_first_frame_to_its_last():
    strip = np.asarray(opened(to_strip([BALLS, 1 - BALLS], frames=3, scale=1)))
    assert strip.shape == (2 * 16 + 3 * GAP, 3 * 16 + 4 * GAP, 3)
    for column, frame in enumerate((0, 2, 4)):
        left = GAP + column * (16 + GAP)
        wanted = BALLS[frame].permute(1, 2, 0).mul(255).round().byte().numpy()
        assert np.array_equal(strip[GAP : GAP + 16, left : left + 16], wanted)


def test_planes_stand_side_by_side_with_every_frame_in_its_place():
    plane = torch.cat([BALLS[:4], 1 - BALLS[:4], BALLS[4:5]])  # three by three
    image = np.asarray(opened(to_planes([plane, 1 - plane], side=3, scale=1)))
    width = 3 * 16 + 4 * GAP
    assert image.shape == (width, 2 * width, 3)
    for film, shift in ((plane, 0), (1 - plane, width)):
        for frame in range(9):
            top, left = (GAP + place * (16 + GAP) for place in divmod(frame, 3))
            wanted = film[frame].permute(1, 2, 0).mul(255).round().byte().numpy()
            shown = image[top : top + 16, shift + left : shift + left + 16]
            assert np.array_equal(shown, wanted), frame
