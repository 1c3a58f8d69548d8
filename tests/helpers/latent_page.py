"""What the browser gets of the page Latent space, and what it asks for."""

from __future__ import annotations

import base64
import io
import json
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from ballgen.ui.latent import fitting
from ballgen.ui.latent import map as drawn
from tests.helpers.reading import cut

POINTS, TRAINED = 96, 96  # test and training images of the tiny checkpoints


def map_of(app) -> dict:
    """What the browser gets of the map."""
    return json.loads(app.get_by_key(drawn.MAP_KEY).proto.json)


class Points(NamedTuple):
    coordinates: np.ndarray
    labels: np.ndarray
    colours: np.ndarray
    shapes: np.ndarray


def points_of(app) -> Points:
    """As the browser reads them."""
    packed, shown = app.files["latent-points"], map_of(app)
    count, dims = sum(shown["counts"]), shown["dims"]
    sizes = np.cumsum([4 * dims * count, 2 * count, 3 * count, count])
    assert len(packed) == sizes[-1]
    coordinates, labels, colours, shapes = (
        packed[end - size : end] for end, size in zip(sizes, np.diff(sizes, prepend=0), strict=True)
    )
    return Points(
        np.frombuffer(coordinates, "<f4").reshape(count, dims),
        np.frombuffer(labels, "<u2"),
        np.frombuffer(colours, np.uint8).reshape(count, 3),
        np.frombuffer(shapes, np.uint8),
    )


def finish_the_map(app) -> None:
    """Wait until the thread that fits it is done, as the page does by itself."""
    fit = app.session_state[fitting.CURRENT]
    if fit._thread:
        fit._thread.join()
    app.run()
    assert not app.exception


def ask(app, **what) -> dict | None:
    """What the browser gets when it asks for this."""
    asked = {"identity": map_of(app)["decoded"]["identity"]} | what
    app.session_state[drawn.REQUEST] = asked
    app.run()
    assert not app.exception
    return map_of(app)["answer"]


def sheet_of(answer: dict, count: int) -> torch.Tensor:
    file = io.BytesIO(base64.b64decode(answer["sheet"]))
    return cut(np.asarray(Image.open(file).convert("RGB")), count, 32, 32)
