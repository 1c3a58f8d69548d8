from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest
import torch

from ballgen.data.imageset import ImageSet
from ballgen.ui.latent.points import CLASS, look_of
from ballgen.ui.server import SHEET
from ballgen.util.palette import CLASS_COLOURS, COLOURS, REAL_COLOUR

DARK_GROUND = "#15171b"  # as in .streamlit/config.toml
# What eyes see that lack a kind of cone, in linear RGB (Machado et al. 2009, severity 1).
EYES = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(  # of linear sRGB
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)
CLASSES = 40


def linear(colour: str) -> np.ndarray:
    """(3,) linear RGB of #rrggbb."""
    encoded = np.array(list(bytes.fromhex(colour[1:]))) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    """(3,) CIE L*a*b* of linear RGB."""
    share = TO_XYZ @ light.clip(0, 1) / TO_XYZ.sum(1)
    x, y, z = np.where(share > (6 / 29) ** 3, np.cbrt(share), share * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def difference(one: str, other: str, eyes: str = "usual") -> float:
    """How far two colours are apart for these eyes (CIE 1976); about 2 is just seen."""
    first, second = (lab(EYES[eyes] @ linear(colour)) for colour in (one, other))
    return float(np.linalg.norm(first - second))


def contrast(one: str, other: str) -> float:
    """As the WCAG count it, 1 to 21."""
    darker, lighter = sorted(TO_XYZ[1] @ linear(colour) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("eyes", EYES)
def test_all_eyes_tell_classes_by_their_colour(eyes):
    pairs = [difference(*pair, eyes) for pair in combinations(CLASS_COLOURS, 2)]
    shipped = [difference(*pair, eyes) for pair in combinations(CLASS_COLOURS[:4], 2)]
    assert min(pairs) > 15
    assert min(shipped) > 24


def test_classes_are_seen_on_light_and_dark_and_are_no_family():
    for colour in CLASS_COLOURS:
        assert min(contrast(colour, ground) for ground in ("#ffffff", DARK_GROUND)) >= 3
        assert min(difference(colour, other) for other in (*COLOURS.values(), REAL_COLOUR)) > 20


def test_labels_of_axes_are_read_on_light_and_dark():
    (colours,) = re.findall(r"fill: light-dark\((#\w+), (#\w+)\)", SHEET.read_text())
    for colour, ground in zip(colours, ("#ffffff", DARK_GROUND), strict=True):
        assert contrast(colour, ground) >= 4.5


def test_no_two_of_forty_classes_look_the_same_on_the_map():
    images = ImageSet(
        pixels=torch.zeros(CLASSES, 3, 8, 8, dtype=torch.uint8),
        labels=torch.arange(CLASSES),
        class_names=tuple(str(label) for label in range(CLASSES)),
        name="forty",
        split="test",
    )
    look = look_of(images, CLASS)
    looks = np.column_stack([look.colours, look.shapes])
    assert len(np.unique(looks, axis=0)) == CLASSES
