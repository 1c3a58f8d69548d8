from __future__ import annotations

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.data.imageset import to_pixels
from ballgen.data.sheets import to_png
from ballgen.data.sources import load_images
from ballgen.latent.interpolation import interpolate, interpolation_grid
from ballgen.ui.interpolate import data as computed
from ballgen.ui.interpolate.data import FRAMES, reference_images
from ballgen.ui.interpolate.ends import OFFERED
from ballgen.ui.interpolate.views import DEFAULT_ENDS, FIRST, LAST
from tests.helpers.reading import cut
from tests.ui.pages.conftest import show_models

pytestmark = pytest.mark.slow  # minutes, or processes of their own

FAMILIES = ("ae", "vae", "gan")
COUNT = 96  # test images
# The default ones, counted on from the first again: of the test images there are fewer.
ENDS = tuple(number % COUNT for number in (FIRST, LAST))
CORNERS = tuple(number % COUNT for number in DEFAULT_ENDS)


def data(app: AppTest, key: str) -> dict:
    return json.loads(app.get_by_key(key).proto.json)


def frames(app: AppTest, key: str, film: int) -> torch.Tensor:
    """uint8 (N, 3, H, W): every frame of a film, as the browser gets them."""
    sent = data(app, key)
    file = io.BytesIO(base64.b64decode(sent["films"][film]["sheet"]))
    count = int(np.prod(sent["shape"]))
    return cut(np.asarray(Image.open(file).convert("RGB")), count, sent["height"], sent["width"])


@pytest.fixture
def open_interpolate(open_app, put_first, tiny_checkpoints):
    put_first("interpolate")
    return lambda folder=tiny_checkpoints, **query: open_app(folder, **query)


@pytest.fixture
def models(tiny_checkpoints):
    return {name: load_checkpoint(tiny_checkpoints / name).model for name in FAMILIES}


def test_it_opens_on_one_way_for_all_three_families(open_interpolate, models):
    app = open_interpolate()
    real = load_images("sportballs", "test", limit=COUNT).images()
    sent = data(app, "two-ends")
    assert [film["label"] for film in sent["films"]] == ["AE", "VAE", "GAN"]
    assert sent["shape"] == [FRAMES] and sent["position"] == [24]
    for film, name in enumerate(FAMILIES):
        ends = [models[name].encode(real[i : i + 1])[0] for i in ENDS]
        wanted = models[name].decode(interpolate(*ends, FRAMES, "spherical"))
        assert torch.equal(frames(app, "two-ends", film), to_pixels(wanted)), name


def test_the_straight_way_is_another_one(open_interpolate):
    app = open_interpolate()
    arc = frames(app, "two-ends", 0)
    length = "Length of the code half way, against the ends' mean"
    along_the_arc = app.table[0].value.set_index("Figure").loc[length]
    assert set(along_the_arc) <= {"99%", "100%", "101%"}  # ends of unlike length bend it a little
    app.segmented_control(key="path").set_value("linear").run()
    line = frames(app, "two-ends", 0)
    assert torch.equal(arc[0], line[0])
    assert not torch.equal(arc[24], line[24])
    table = app.table[0].value.set_index("Figure")
    assert list(table.columns) == ["AE", "VAE", "GAN"]
    assert min(int(share.rstrip("%")) for share in table.loc[length]) < 95


def test_samples_by_seed_are_each_familys_own(open_interpolate, models):
    app = open_interpolate(a_kind="sample", a_seed="5")
    for film, name in enumerate(FAMILIES):
        shown = frames(app, "two-ends", film)[0]
        assert torch.equal(shown, to_pixels(models[name].sample(1, 5))[0]), name


def test_an_own_image_goes_through_all_three(open_interpolate, models):
    own = load_images("sportballs", "train", limit=3).pixels[2]
    app = open_interpolate(b_kind="own image")
    assert not app.get("download_button")  # no film yet
    app.file_uploader(key="b_file").upload("mine.png", to_png(own), "image/png").run()
    image = own[None].float() / 255
    for film, name in enumerate(FAMILIES):
        code = models[name].encode(image)
        if name == "gan":  # which has some seconds to come nearer
            *_, (code, _) = models[name].search_code(image)
        wanted = to_pixels(models[name].decode(code))[0]
        assert (frames(app, "two-ends", film)[-1].int() - wanted.int()).abs().max() <= 1, name


def test_a_file_that_is_no_image_is_told(open_interpolate):
    app = open_interpolate(b_kind="own image")
    app.file_uploader(key="b_file").upload("mine.png", b"hello", "image/png").run()
    assert not app.exception
    assert any("not an image" in warning.value for warning in app.warning)


def test_a_link_names_ends_and_place(open_interpolate):
    app = open_interpolate(a_number="3", path="linear", at="9")
    assert app.number_input(key="a_number").value == 3
    assert data(app, "two-ends")["position"] == [9]
    assert data(open_interpolate(at=str(FRAMES)), "two-ends")["position"] == [24]
    assert data(open_interpolate(at="x"), "two-ends")["position"] == [24]


def test_an_end_stands_first_among_images_to_take_in_its_place(open_interpolate):
    app = open_interpolate(a_number="3")

    def names() -> list[str]:
        options = app.get_by_key("a-choice").proto.options
        return [one.content.partition("]")[0].removeprefix("![") for one in options]

    first = names()
    assert first[0].startswith("Test image 3, ") and len({*first}) == 1 + OFFERED
    app.button(key="a-others").click().run()
    assert names()[0] == first[0] and names() != first
    app.toggle(key="a-same").set_value(True).run()
    assert {name.split(", ")[1] for name in names()} == {first[0].split(", ")[1]}


def test_four_corners_span_a_plane(open_interpolate, models):
    app = open_interpolate(view="four images", over="3-9")
    sent = data(app, "four-corners")
    assert sent["shape"] == [13, 13] and sent["position"] == [3, 9]
    real = load_images("sportballs", "test", limit=COUNT).images()
    corners = torch.cat([models["vae"].encode(real[i : i + 1]) for i in CORNERS])
    codes = interpolation_grid(corners, 13, 13, "spherical").flatten(0, 1)
    assert torch.equal(frames(app, "four-corners", 1), to_pixels(models["vae"].decode(codes)))
    table = app.table[0].value.set_index("Figure")
    across = f"{(corners[0] - corners[1]).norm():.1f}"
    assert table.loc["Distance from top left to top right (z)", "VAE"] == across
    assert len(table) == 1 + 6  # every pair of corners


def test_arithmetic_exchanges_class_means(open_interpolate, models):
    app = open_interpolate(view="arithmetic")
    test = load_images("sportballs", "test", limit=COUNT)
    assert app.selectbox(key="minus").value == test.class_names[test.labels[ENDS[1]]]
    minus, plus = (test.class_names.index(app.selectbox(key=k).value) for k in ("minus", "plus"))
    codes = models["ae"].encode(test.images())
    means = [codes[test.labels == label].mean(0) for label in range(4)]
    wanted = models["ae"].decode((codes[ENDS[1]] - means[minus] + means[plus])[None])[0]
    difference = frames(app, "arithmetic", 0)[20].int() - to_pixels(wanted).int()
    assert difference.abs().max() <= 1
    table = app.table[0].value.set_index("Figure")
    step = f"{(means[plus] - means[minus]).norm():.1f}"
    assert table.loc["Distance between the two class means (z)", "AE"] == step


def test_a_class_without_images_spoils_no_other_and_is_named(open_interpolate, monkeypatch):
    def without_volleyballs(dataset):
        known = reference_images(dataset)
        volleyball = known.class_names.index("volleyball")
        return replace(known, labels=known.labels.where(known.labels != volleyball, 0))

    monkeypatch.setattr(computed, "reference_images", without_volleyballs)
    app = open_interpolate(view="arithmetic", minus="baseball", plus="soccerball")
    assert not any("mean" in warning.value for warning in app.warning)
    app.selectbox(key="plus").set_value("volleyball").run()
    assert any("is of the class volleyball" in warning.value for warning in app.warning)


def test_dimensions_are_named_and_start_at_the_images_own_code(open_interpolate, models):
    app = open_interpolate(view="traversals", model="AE", dimensions="6")
    shown = [f"z-ae-{d}" for d in range(6)]
    labels = [data(app, key)["axes"][0]["label"] for key in shown]
    assert all(label.startswith(f"z{d} ≈ ") for d, label in enumerate(labels))
    real = load_images("sportballs", "test", limit=COUNT).images()
    code = models["ae"].encode(real[ENDS[0]][None])[0]
    for dimension, key in enumerate(shown):
        sent = data(app, key)
        values = [float(t.replace("−", "-")) for t in sent["axes"][0]["texts"]]
        nearest = min(range(len(values)), key=lambda i: abs(values[i] - float(code[dimension])))
        assert abs(nearest - sent["position"][0]) <= 1
    assert len(app.table[0].value) == 6


def test_a_run_has_a_film_beside_the_checkpoint_of_its_family(
    open_interpolate, models, another_vae, run_beside
):
    app = open_interpolate()
    show_models(app, "vae", run_beside)
    assert not app.exception
    assert [film["label"] for film in data(app, "two-ends")["films"]] == ["VAE", "VAE 2"]
    real = load_images("sportballs", "test", limit=COUNT).images()
    for film, model in enumerate((models["vae"], load_checkpoint(another_vae).model)):
        ends = [model.encode(real[i : i + 1])[0] for i in ENDS]
        wanted = to_pixels(model.decode(interpolate(*ends, FRAMES, "spherical")))
        assert torch.equal(frames(app, "two-ends", film), wanted)
    table = app.table[0].value.set_index("Figure")
    assert dict(table.loc["Checkpoint"]) == {"VAE": "vae", "VAE 2": run_beside}
    app.segmented_control(key="view").set_value("traversals").run()
    assert not app.exception
    assert app.segmented_control(key="model").options == ["VAE", "VAE 2"]
