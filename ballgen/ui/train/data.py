"""What the Train page computes: a run's epochs as a film, read once for all sessions."""

import base64
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from ballgen.errors import InputError
from ballgen.runs.frames import (
    SHEET_COLUMNS,
    FixedImages,
    Frame,
    frame_times,
    newest_plane,
    read_fixed_images,
    read_frame,
)
from ballgen.util.palette import class_colour

MAX_FILM_BYTES = 4_000_000  # of images in a film; of larger ones it shows fewer epochs
MAX_FILMS = 4


class Film(NamedTuple):
    """What a film shows, read from a run's folder.

    coordinates  by epoch, float (FIXED_IMAGES, 2): the codes in the plane in which the newest
                 epoch's spread most, so that a film stands still; none if a code is one number
    sent         what the browser needs of it, ready for JSON
    damaged      one line about each frame that cannot be shown
    """

    fixed: FixedImages
    epochs: list[int]
    coordinates: dict[int, np.ndarray]
    sent: dict[str, Any]
    damaged: tuple[str, ...]


def open_film(folder: Path) -> Film:
    """The film in a folder of frames, which holds one at least; read anew after each new frame.

    Raises `InputError` if none can be shown.
    """
    return _open(folder, frame_times(folder))


@st.cache_resource(max_entries=MAX_FILMS, show_spinner=False)
def _open(folder: Path, times: tuple[tuple[int, int], ...]) -> Film:
    fixed = read_fixed_images(folder)
    frames, damaged = _read_frames(folder, [epoch for epoch, _ in times], len(fixed.classes))
    frames = _thinned(frames)
    newest = list(frames)[-1]
    coordinates: dict[int, np.ndarray] = {}
    if frames[newest].codes.shape[1] > 1:
        plane = newest_plane(frame.codes for frame in frames.values())
        coordinates = {epoch: plane.transform(one.codes).round(3) for epoch, one in frames.items()}
    sent = _to_send(fixed, frames, coordinates)
    return Film(fixed, list(frames), coordinates, sent, tuple(damaged))


def _read_frames(folder: Path, epochs: list[int], count: int) -> tuple[dict[int, Frame], list[str]]:
    """The frames by epoch that have `count` codes of the newest one's length, and a line about each
    other one. Raises `InputError` if there is none.
    """
    frames: dict[int, Frame] = {}
    damaged, shape = [], None
    for epoch in reversed(epochs):
        try:
            frame = read_frame(folder, epoch)
            shape = shape or (count, frame.codes.shape[1])
            if frame.codes.shape != shape:
                raise InputError(
                    f"the frame of epoch {epoch} in {folder} has other codes than its run: "
                    "remove it"
                )
            frames[epoch] = frame
        except InputError as error:
            damaged.append(str(error))
    if not frames:
        raise InputError(damaged[0] if damaged else f"{folder} has no frame: wait for an epoch")
    return dict(reversed(frames.items())), damaged


def _thinned(frames: dict[int, Frame]) -> dict[int, Frame]:
    """The frames by epoch; of large images every second, or fourth, ... and the newest.

    Powers of two, so that as a film grows the epochs that it still has are some that it had.
    """
    epochs = list(frames)
    size = sum(len(frame.samples) + len(frame.reconstructions) for frame in frames.values())
    every = 2 ** math.ceil(math.log2(max(1, size / MAX_FILM_BYTES)))
    return {
        epoch: frame
        for number, (epoch, frame) in enumerate(frames.items())
        if number % every == 0 or epoch == epochs[-1]
    }


def _to_send(
    fixed: FixedImages, frames: dict[int, Frame], coordinates: dict[int, np.ndarray]
) -> dict[str, Any]:
    _, height, width = fixed.image_shape
    names = list(fixed.class_names)
    corners = np.zeros((2, 2))
    if coordinates:
        every = np.concatenate(list(coordinates.values()))
        corners = np.stack([every.min(0), every.max(0)])
    return {
        "image": {
            "width": width,
            "height": height,
            "samples": fixed.samples,
            "reconstructions": fixed.reconstructions,
            "sheetColumns": SHEET_COLUMNS,
        },
        "alts": {
            "samples": f"{fixed.samples} samples of the same noise after epoch",
            "reconstructions": f"{fixed.reconstructions} test images, and below each its "
            "reconstruction after epoch",
            "map": f"Map of {len(fixed.classes)} test images' codes after epoch",
        },
        "classes": [
            {"name": name, "colour": class_colour(label)} for label, name in enumerate(names)
        ],
        "labels": [names.index(name) for name in fixed.classes],
        "corners": corners.ravel().tolist(),
        "originals": _text(fixed.originals),
        "frames": [
            {
                "epoch": epoch,
                "samples": _text(frame.samples),
                "reconstructions": _text(frame.reconstructions),
                "coordinates": coordinates[epoch].tolist() if coordinates else None,
            }
            for epoch, frame in frames.items()
        ],
    }


def _text(image: bytes) -> str:
    return base64.b64encode(image).decode()
