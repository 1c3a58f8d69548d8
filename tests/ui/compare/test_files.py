"""The figure of Compare as files: what the page shows, and where it comes from."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.data.sources import load_images
from ballgen.report.drawing import tile_sheet
from ballgen.runs.catalogue import FOLDERS_VARIABLE, list_checkpoints
from ballgen.ui.compare.controls import Settings
from ballgen.ui.compare.figure import Figure
from ballgen.ui.compare.files import figure_png, figure_rows
from ballgen.ui.session.selection import Selection, Slot

pytestmark = pytest.mark.slow  # draws for print


@pytest.fixture
def figure(tiny_checkpoints, monkeypatch) -> Figure:
    """Of all families, seed 5, temperature 0.5, with other priors than at first."""
    monkeypatch.setenv(FOLDERS_VARIABLE, str(tiny_checkpoints))
    infos = {info.name: info for info in list_checkpoints().checkpoints}
    priors = {"ae": "gaussian", "vae": "mixture", "gan": None}
    slots = {Slot(name, name, name.upper(), infos[name]): prior for name, prior in priors.items()}
    selection = Selection(infos["vae"].dataset, tuple(slots))
    return Figure(selection, Settings(5, 12, 0.5), slots)


def holds(page: np.ndarray, images: torch.Tensor) -> bool:
    """Whether a page has these images somewhere, 4 in a line, pixel for pixel."""
    sheet = np.asarray(tile_sheet(images, 4))
    line = sheet[len(sheet) // 2].tobytes()
    return any(line in row.tobytes() for row in page)


def test_the_png_holds_the_images_of_the_page_and_says_what_they_are(figure, tiny_checkpoints):
    with Image.open(io.BytesIO(figure_png(figure))) as png:
        page, about, dpi = np.asarray(png.convert("RGB")), png.info, png.info["dpi"]
    assert dpi == pytest.approx((300, 300), abs=0.1)
    assert "temperature 0.5" in about["Title"] and "seed 5" in about["Description"]
    real = load_images("sportballs", "test", limit=96).images()
    assert holds(page, real[12:24]) and holds(page, real[:12]) and not holds(page, real[24:36])
    for slot, prior in figure.fitted.items():
        checkpoint = load_checkpoint(tiny_checkpoints / slot.key)
        assert checkpoint.digest[:8] in about["Description"]
        assert holds(page, checkpoint.model.sample(12, 5, "normal", 0.5))
        assert holds(page, checkpoint.model.reconstruct(real[:12]))
        if prior:
            assert holds(page, checkpoint.model.sample(12, 5, prior, 0.5))


def test_the_table_has_a_line_for_each_cell_of_a_model(figure, tiny_checkpoints):
    header, *rows = figure_rows(figure)
    assert all(len(row) == len(header) for row in rows)
    lines = [dict(zip(header, row, strict=True)) for row in rows]
    found = [(line["row"], line["model"], line["prior"]) for line in lines]
    assert found == [
        *[("samples", "AE", "normal"), ("samples", "AE", "gaussian")],
        ("reconstructions", "AE", "–"),
        *[("samples", "VAE", "normal"), ("samples", "VAE", "mixture")],
        ("reconstructions", "VAE", "–"),
        *[("samples", "GAN", "normal"), ("reconstructions", "GAN", "–")],
    ]
    scores = load_checkpoint(tiny_checkpoints / "vae").scores
    assert lines[5]["sse"] == scores["sse"]
    assert lines[3]["kid"] == "–" and lines[3]["seed"] == 5  # of another temperature than stored
    (_, *usual) = figure_rows(Figure(figure.selection, Settings(0, 12, 1.0), figure.fitted))
    assert scores["kid_normal"] in usual[3]
