"""The page Own image: what every model makes of an image that was brought."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.data.imageset import to_pixels
from ballgen.data.sheets import to_png
from ballgen.data.sources import load_images
from ballgen.experiment import Experiment, load_data
from ballgen.latent.coverage import ReferenceCodes
from ballgen.latent.embedding import PCAEmbedding
from ballgen.ui.own_image.data import in_words
from tests.helpers.tiny import tiny_recipe, write_balls

FAMILIES = ("ae", "vae", "gan")
SIZE = 32  # px of the tiny checkpoints


@pytest.fixture
def open_page(open_app, put_first, tiny_checkpoints):
    put_first("own_image")
    return lambda folder=tiny_checkpoints, **query: open_app(folder, **query)


def bring(app: AppTest, content: bytes) -> AppTest:
    app.file_uploader(key="own_file").upload("mine.png", content, "image/png").run()
    assert not app.exception
    return app


def shown(app: AppTest, key: str) -> torch.Tensor:
    """uint8 (3, H, W): the image of a component."""
    sheet = json.loads(app.get_by_key(key).proto.json)["rows"][0]["sheet"]
    image = Image.open(io.BytesIO(base64.b64decode(sheet))).convert("RGB")
    return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)


@pytest.fixture
def own() -> torch.Tensor:
    """uint8 (3, 32, 32), which no checkpoint was trained on."""
    return load_images("sportballs", "test", limit=3).pixels[2]


@pytest.mark.slow
def test_every_model_reconstructs_it(open_page, tiny_checkpoints, own):
    app = open_page()
    assert app.info  # says what to do
    bring(app, to_png(own))
    assert torch.equal(shown(app, "own-image"), own)
    image = own[None].float() / 255
    figures = [line.value for line in app.markdown if line.value.startswith("PSNR")]
    assert len(figures) == 3
    for name, line in zip(FAMILIES, figures, strict=True):
        model = load_checkpoint(tiny_checkpoints / name).model
        wanted = model.reconstruct(image)
        if name == "gan":  # searches further than `reconstruct`
            *_, (code, error) = model.search_code(image)
            assert error <= (wanted - image).square().sum()
            wanted = model.decode(code)
        difference = shown(app, f"own-{name}-image").int() - to_pixels(wanted)[0].int()
        assert difference.abs().max() <= 1
        psnr = -10 * (wanted - image).square().mean().log10()
        assert f"**{psnr:.1f} dB**" in line
    said = " ".join(caption.value for caption in app.caption)
    assert said.count("of training than") == 3


@pytest.mark.slow
def test_details_show_neighbours_map_and_way(open_page, own, tiny_checkpoints):
    app = bring(open_page(), to_png(own))
    rows = app.table[0].value
    assert list(rows.columns) == ["Nearest", "pixels", "AE", "VAE", "GAN"]
    # It is a test image, so that the first neighbour is itself.
    assert rows["pixels"][0].startswith("0.00") and rows["AE"][0].startswith("0.00")
    app.segmented_control(key="own_view").set_value("Map").run()
    assert not app.exception
    images = load_images("sportballs", "test", limit=96)
    codes = load_checkpoint(tiny_checkpoints / "ae").model.encode(images.images(), fast=True)
    (row,) = (images.pixels == own).flatten(1).all(1).nonzero()[:, 0]
    wanted = PCAEmbedding().fit(codes).coordinates_[row]
    mark = json.loads(app.get_by_key("own-map").proto.json)["mark"]
    assert mark == pytest.approx(wanted.tolist(), abs=1e-3)
    app.segmented_control(key="own_view").set_value("Interpolate").run()
    assert not app.exception
    films = json.loads(app.get_by_key("two-ends").proto.json)["films"]
    assert [film["label"] for film in films] == list(map(str.upper, FAMILIES))


@pytest.mark.slow
def test_another_square_is_another_image(open_page, own):
    wide = np.concatenate([np.zeros((SIZE, SIZE, 3), np.uint8), own.permute(1, 2, 0).numpy()], 1)
    content = io.BytesIO()
    Image.fromarray(wide).save(content, "PNG")
    app = bring(open_page(), content.getvalue())
    assert not torch.equal(shown(app, "own-image"), own)
    app.slider(key="own_across").set_value(100).run()
    assert torch.equal(shown(app, "own-image"), own)
    bring(app, to_png(own))  # the next image begins in the middle
    assert app.slider(key="own_across").value == 50


@pytest.mark.slow
def test_models_of_a_small_gray_folder(open_page, tmp_path, own):
    """Eight test images: too few for a distance and a map, and the page says so."""
    write_balls(tmp_path / "balls", 24)
    write_balls(tmp_path / "balls", 8, "test")
    for name in ("ae", "gan"):
        recipe = tiny_recipe(name, epochs=1, channels=1, image_size=16, priors=(), scores="fast")
        Experiment(recipe, load_data(str(tmp_path / "balls"), recipe), tmp_path / "out").run()
    app = bring(open_page(tmp_path / "out"), to_png(own))
    assert json.loads(app.get_by_key("own-image").proto.json)["width"] == 16
    assert len([line for line in app.markdown if line.value.startswith("PSNR")]) == 2
    assert [caption for caption in app.caption if "needs at least 20 codes" in caption.value]
    assert [warning for warning in app.warning if "an embedding needs" in warning.value]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"hello", "not an image in a known format"), (b"\x89PNG\r\n\x1a\n", "cannot be used")],
)
def test_a_bad_file_gets_one_line(open_page, content, reason):
    app = bring(open_page(), content)
    assert [warning.value for warning in app.warning if reason in warning.value]
    assert not app.markdown[1:] or not any("PSNR" in line.value for line in app.markdown)


def test_no_camera_is_asked_for_until_somebody_chooses_it(open_page):
    app = open_page(own_from="camera")
    assert not app.get("camera_input")
    app.segmented_control(key="own_from").set_value("camera").run()
    assert app.get("camera_input")


@pytest.mark.parametrize(
    ("distance", "said"),
    [
        (100.0, "farther from those of training than 100% of test images. The decoder was hardly"),
        (0.75, "farther from those of training than 75% of test images."),
        (0.25, "farther from those of training than 25% of test images."),
    ],
)
def test_the_distance_in_words(distance, said):
    held_out = torch.linspace(0.005, 0.995, 100).double()
    known = ReferenceCodes(torch.zeros(2, 4), 1.0, held_out, torch.tensor([0.0, 200.0]))
    code = torch.tensor([[distance, 0, 0, 0]])
    assert said in in_words(known, code, "test images")


def test_an_unusual_length_is_told():
    """In many dimensions the middle between codes looks near to all of them."""
    known = ReferenceCodes(
        torch.tensor([[3.0, 0.0], [-3.0, 0.0]]),
        1.0,
        torch.tensor([2.0, 4.0]).double(),
        torch.tensor([2.5, 3.5]),
    )
    said = in_words(known, torch.zeros(1, 2), "test images")
    assert "shorter than all of theirs" in said


def test_it_stays_while_another_page_is_looked_at(open_page, own):
    app = bring(open_page(), to_png(own))
    app.switch_page("pages/latent.py").run()
    app.switch_page("pages/own_image.py").run()
    assert torch.equal(shown(app, "own-image"), own)
    app.button(key="own-forget").click().run()
    assert not app.exception and app.info
