from __future__ import annotations

import io
import re

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.data.imageset import to_pixels
from ballgen.data.sheets import to_png
from ballgen.data.sources import load_images
from ballgen.experiment import Experiment, load_data
from ballgen.latent.coverage import ReferenceCodes
from ballgen.latent.embedding import EMBEDDINGS, PCAEmbedding, inside_polygon
from ballgen.ui.latent import data, fitting
from ballgen.ui.latent import map as drawn
from ballgen.ui.latent.points import rgb
from ballgen.ui.latent.region import parse_corners
from ballgen.util.wording import prior_name
from ballgen.webpage import making
from tests.helpers.latent_page import (
    POINTS,
    ask,
    finish_the_map,
    map_of,
    points_of,
    sheet_of,
)
from tests.helpers.reading import alt, cut, images_of, said
from tests.helpers.tiny import tiny_balls, tiny_recipe
from tests.ui.pages.conftest import show_models

pytestmark = pytest.mark.slow  # minutes, or processes of their own

EVERYTHING = "-1e6,-1e6 1e6,-1e6 1e6,1e6 -1e6,1e6"


def test_the_model_of_the_map_is_saved_as_a_page(open_latent, monkeypatch):
    made = []

    def make_page(name, checkpoint, images, seed=0, on_step=None):
        made.append((name, checkpoint.model.family, len(images)))
        on_step(0.5, "sampling")
        return b"<!doctype html>"

    monkeypatch.setattr(making, "make_page", make_page)
    app = open_latent(models="vae")
    app.button(key="webpage").click().run()
    assert not app.exception
    assert [warning.value for warning in app.warning] == []
    assert made == [("vae", "vae", POINTS)]
    assert "Save the page" in [b.proto.label for b in app.get("download_button")]


@pytest.fixture(scope="module")
def one_number_checkpoints(tmp_path_factory):
    """A folder with a vae whose code is one number, of small gray images of one class."""
    folder = tmp_path_factory.mktemp("one_number")
    for split in ("train", "test"):
        place = folder / "gray" / split / "ball"
        place.mkdir(parents=True)
        for index, pixels in enumerate(tiny_balls(24, split).pixels):
            (place / f"{index}.png").write_bytes(to_png(pixels))
    few = {"priors": ("gaussian",), "prior": "gaussian"}
    recipe = tiny_recipe("vae", latent_dim=1, channels=1, image_size=16, **few)
    Experiment(recipe, load_data(str(folder / "gray"), recipe), folder / "checkpoints").run()
    return folder / "checkpoints"


def test_it_opens_on_a_map_and_an_image_with_its_code(open_latent, model, images):
    app = open_latent(code_table="true")
    assert app.title[0].value == "Latent space"
    assert points_of(app).labels.tolist() == images.labels.tolist()
    assert torch.equal(images_of(app, "selected-images", 0), images.pixels[:1])
    rebuilt = to_pixels(model.reconstruct(images.images(slice(0, 1))))
    assert torch.equal(images_of(app, "selected-images", 1), rebuilt)
    assert "No data lies near" not in said(app)
    (code,) = (t.value["value"] for t in app.dataframe if "dimension" in t.value.columns)
    wanted = model.encode(images.images(slice(0, 1)))[0]
    assert torch.allclose(torch.tensor(code.tolist()), wanted, atol=6e-4)  # three digits are shown


def test_points_lie_where_pca_says(open_latent, model, images):
    app = open_latent()
    coordinates = PCAEmbedding().fit(model.encode(images.images())).coordinates_
    assert np.allclose(points_of(app).coordinates, coordinates, atol=1e-4)
    sheet = np.asarray(Image.open(io.BytesIO(app.files["latent-sheet-0"])))
    assert torch.equal(cut(sheet, POINTS, 32, 32), images.pixels)


def test_an_image_is_shown_with_its_nearest(open_latent, model, images):
    app = open_latent()
    app.number_input(key="image").set_value(7).run()
    assert torch.equal(images_of(app, "selected-images", 0), images.pixels[7:8])
    codes = model.encode(images.images())
    nearest = (codes - codes[7]).norm(dim=1).argsort()[1:7]
    assert torch.equal(images_of(app, "neighbour-images"), images.pixels[nearest])
    assert images.class_names[images.labels[7]] in said(app)


def test_coordinates_are_decoded(open_latent, model, images):
    app = open_latent()
    pca = PCAEmbedding().fit(model.encode(images.images()))
    x, y = pca.coordinates_[3].tolist()
    app.number_input(key="x").set_value(x)
    app.number_input(key="y").set_value(y)
    app.segmented_control(key="look").set_value("a point").run()
    wanted = to_pixels(model.decode(pca.inverse_transform(torch.tensor([[x, y]]))))
    assert torch.equal(images_of(app, "decoded-images"), wanted)
    assert "No data lies near" not in said(app)


def test_where_no_data_lies_it_warns(open_latent):
    app = open_latent(look="a point", x="900", y="900")
    assert "No data lies near this point" in said(app)


def test_every_family_has_a_map(open_latent, tiny_checkpoints, images):
    app = open_latent()
    seen = {}
    for short, name in (("AE", "ae"), ("VAE", "vae"), ("GAN", "gan")):
        app.segmented_control(key="family").set_value(short).run()
        assert not app.exception
        seen[name] = points_of(app).coordinates[:, 0]
        own = load_checkpoint(tiny_checkpoints / name).model
        wanted = to_pixels(own.reconstruct(images.images(slice(0, 1))))
        assert torch.equal(images_of(app, "selected-images", 1), wanted)
    assert len({tuple(coordinates) for coordinates in seen.values()}) == 3
    assert "encoder's estimates" in said(app)


@pytest.mark.parametrize("dims", [2, 3])
def test_codes_of_one_number_lie_on_a_line(open_latent, one_number_checkpoints, dims):
    beside = {"x": "0.5", "y": "0.25", "z": "0.25"}
    app = open_latent(one_number_checkpoints, dims=f"{dims}-D", look="a point", **beside)
    assert map_of(app)["names"] == ["ball"]
    coordinates = points_of(app).coordinates
    assert len(set(coordinates[:, 0])) == 24 and not coordinates[:, 1:].any()
    model = load_checkpoint(one_number_checkpoints / "vae").model
    images = load_images(str(one_number_checkpoints.parent / "gray"), "test", 16, channels=1)
    line = PCAEmbedding(dims).fit(model.encode(images.images()))
    wanted = to_pixels(
        model.decode(line.inverse_transform(torch.tensor([[0.5, 0.25, 0.25][:dims]])))
    )
    assert torch.equal(images_of(app, "decoded-images"), wanted.expand(-1, 3, -1, -1))


def test_colours_by_class_and_by_factor(open_latent, images):
    app = open_latent()
    legend = map_of(app)["legend"]["classes"]
    assert [entry["name"] for entry in legend] == list(images.class_names)
    wanted = [legend[label]["colour"] for label in images.labels]
    assert ["#{:02x}{:02x}{:02x}".format(*one) for one in points_of(app).colours] == wanted
    app.selectbox(key="colour").select("angle deg").run()
    scale = map_of(app)["legend"]["scale"]
    assert scale["ends"] == ["0", "360"]
    assert scale["colours"][0] == scale["colours"][-1]  # cyclic: 360 degrees look like none
    angles = images.factors[:, images.factor_names.index("angle deg")]
    colours = points_of(app).colours.astype(int)
    nearest = [round(17 * float(angle) / 360) for angle in angles]
    shades = np.array([rgb(scale["colours"][step]) for step in nearest])
    assert np.abs(colours - shades).max() < 40


def test_samples_of_priors_lie_among_the_points(open_latent, model, images):
    app = open_latent(shows=["Images", "N(0, I)", "Fitted prior"])
    assert map_of(app)["counts"] == [POINTS, data.PRIOR_SAMPLES, data.PRIOR_SAMPLES]
    codes = model.sample_codes(data.PRIOR_SAMPLES, 0, "normal")
    pca = PCAEmbedding().fit(model.encode(images.images()))
    shown = points_of(app)
    sampled = shown.coordinates[POINTS : POINTS + data.PRIOR_SAMPLES]
    assert np.allclose(sampled, pca.transform(codes), atol=1e-4)
    assert map_of(app)["names"][4:] == ["N(0, I)", prior_name(model.fitted_prior)]
    assert set(shown.labels[POINTS:]) == {4, 5}


@pytest.mark.parametrize("embedding", ["PCA", "t-SNE"])
def test_a_grid_of_the_map_is_decoded_as_its_points_are(open_latent, model, images, embedding):
    fitting.find_fit.clear()
    app = open_latent(embedding=embedding)
    if embedding != "PCA":
        app.button(key="embedding-button").click().run()
        finish_the_map(app)
    (left, bottom), (right, top) = map_of(app)["decoded"]["box"]
    assert [16, 8] in map_of(app)["decoded"]["sides"]
    answer = ask(app, side=16, first=8)
    fitted = EMBEDDINGS[embedding](**({} if embedding == "PCA" else {"perplexity": 30.0})).fit(
        model.encode(images.images())
    )
    point = [left + 3 * (right - left) / 15, bottom + 9 * (top - bottom) / 15]
    code = fitted.inverse_transform(torch.tensor([point]))
    wanted = to_pixels(model.decode(code)).int()
    assert (sheet_of(answer, 128)[16 + 3].int() - wanted[0]).abs().max() <= 2
    known = ReferenceCodes.leave_one_out(model.encode(images.images()))
    assert answer["distances"][19] == pytest.approx(float(known.distances(code)), rel=1e-3)
    assert answer["lengths"][19] == pytest.approx(float(known.lengths(code)), rel=1e-3)
    exact = ask(app, point=point)
    assert (sheet_of(exact, 1)[0].int() - wanted[0]).abs().max() <= 2


def test_what_another_map_was_asked_for_is_not_answered(open_latent):
    app = open_latent()
    assert ask(app, identity="another", point=[0.0, 0.0]) is None
    assert ask(app, side=17, first=0) is None
    assert ask(app, point=[0.0, 0.0, 0.0]) is None


def test_an_image_becomes_an_end_of_an_interpolation(open_latent, monkeypatch):
    went = []
    monkeypatch.setattr(st, "switch_page", lambda page, query_params: went.append(query_params))
    app = open_latent(image="7")
    app.button(key="use-b").click().run()
    app.number_input(key="image").set_value(9).run()
    app.button(key="use-a").click().run()
    assert went == [{"a_number": "9", "b_number": "7"}] * 2  # the same one, which grew


def test_a_region_shows_its_images_and_the_direction_to_them(open_latent, model, images):
    corners = "-100,-100 0,-100 0,100 -100,100"
    app = open_latent(region=corners, map_tab="Region")
    codes = model.encode(images.images())
    chosen = inside_polygon(PCAEmbedding().fit(codes).coordinates_, parse_corners(corners))
    assert 24 < chosen.sum() < POINTS
    assert f"**{int(chosen.sum())} images**" in said(app)
    assert torch.equal(images_of(app, "region-images"), images.pixels[chosen][:24])
    mean = to_pixels(images.images(chosen).mean(0, keepdim=True))
    assert torch.equal(images_of(app, "mean-images", 0), mean)
    ends = torch.stack([codes[~chosen].mean(0), codes[chosen].mean(0)])
    traversal = images_of(app, "direction-images")
    assert len(traversal) == 5
    assert (traversal[[1, 3]].int() - to_pixels(model.decode(ends)).int()).abs().max() <= 1


def test_a_region_counts_no_class_that_the_legend_hides(open_latent, images):
    app = open_latent(region="-100,-100 100,-100 100,100 0,100 0,-90 -100,-90", map_tab="Region")
    counted = int(re.search(r"\*\*(\d+) images\*\*", said(app))[1])
    app.session_state["latent_hidden"] = [0]  # baseball
    app.run()
    seen = int(re.search(r"\*\*(\d+) images\*\*", said(app))[1])
    assert seen < counted and not re.search(r"\d baseball", said(app))
    assert "Classes that the legend hides do not count" in said(app)
    app.selectbox(key="colour").select("angle deg").run()  # a scale hides nobody
    assert f"**{counted} images**" in said(app)


def test_the_map_stays_the_same_to_the_browser(open_latent):
    app = open_latent()
    first, shown = app.get_by_key(drawn.MAP_KEY).proto.id, app.files["latent-points"]
    app.number_input(key="image").set_value(7).run()
    assert app.get_by_key(drawn.MAP_KEY).proto.id == first  # else it is mounted anew
    assert app.files["latent-points"] == shown


@pytest.mark.parametrize(
    ("corners", "words"), [(EVERYTHING, "some outside"), ("1,2 x", "three corners")]
)
def test_a_region_of_no_use_is_told(open_latent, corners, words):
    app = open_latent(region=corners, map_tab="Region")
    assert words in app.warning[0].value


def test_coordinates_of_one_map_are_not_taken_to_another(open_latent):
    app = open_latent(look="a point", x="900", region=EVERYTHING)
    app.segmented_control(key="family").set_value("AE").run()
    check_starts_afresh(app)


def test_coordinates_of_one_layout_are_not_taken_to_another(open_latent):
    app = open_latent(embedding="t-SNE", map_seed="77", look="a point", x="900", region=EVERYTHING)
    app.button(key="embedding-button").click().run()
    finish_the_map(app)
    assert app.text_input(key="region").value == EVERYTHING
    app.number_input(key="map_seed").set_value(1).run()
    finish_the_map(app)
    check_starts_afresh(app)


def test_coordinates_are_not_taken_to_another_checkpoint_of_the_family(open_latent, run_beside):
    app = open_latent(look="a point", x="900", region=EVERYTHING)
    show_models(app, run_beside)
    assert app.segmented_control(key="family").options == ["VAE"]
    check_starts_afresh(app)


def check_starts_afresh(app) -> None:
    assert app.segmented_control(key="look").value == "an image"
    assert app.text_input(key="region").value == ""


def test_another_colour_keeps_the_coordinates(open_latent):
    app = open_latent(look="a point", x="900", region=EVERYTHING)
    app.selectbox(key="colour").select("angle deg").run()
    assert app.segmented_control(key="look").value == "a point"
    assert app.text_input(key="region").value == EVERYTHING


@pytest.mark.parametrize("x", ["1e308", "-1e9", "nan"])
def test_coordinates_beyond_all_bounds_are_the_middle(open_latent, x):
    app = open_latent(look="a point", x=x)
    assert app.number_input(key="x").value == 0
    assert len(images_of(app, "decoded-images")) == 1


def test_the_second_of_a_family_has_its_map(open_latent, images, another_vae, run_beside):
    app = open_latent()
    show_models(app, "vae", run_beside)
    assert app.segmented_control(key="family").options == ["VAE", "VAE 2"]
    app.segmented_control(key="family").set_value("VAE 2").run()
    assert not app.exception
    second = load_checkpoint(another_vae).model
    rebuilt = to_pixels(second.reconstruct(images.images(slice(0, 1))))
    assert torch.equal(images_of(app, "selected-images", 1), rebuilt)


def test_a_link_opens_the_view_it_names(open_latent):
    app = open_latent(family="GAN", dims="3-D", colour="x px", image="11")
    assert "Image 11" in [header.value for header in app.header]
    assert points_of(app).coordinates.shape == (POINTS, 3)
    assert map_of(app)["legend"]["scale"]["name"] == "x px"
    assert "GAN" in alt(app, "selected-images")


def test_nonsense_in_a_link_opens_the_default_view(open_latent):
    default = open_latent()
    app = open_latent(family="x", embedding="y", dims="9-D", colour="smell", image="999999", x="a")
    assert map_of(app) == map_of(default)
    assert "Image 0" in [header.value for header in app.header]


def test_every_point_stands_in_the_table(open_latent, images):
    (table,) = (table.value for table in open_latent(map_tab="Table").dataframe)
    assert list(table["image"]) == list(range(POINTS))
    assert [images.class_names[label] for label in images.labels] == list(table["class"])
    assert {"angle deg", "coordinate x", "coordinate y"} <= set(table.columns)


def test_what_the_map_sends_after_the_page_was_left_is_passed_over():
    app = AppTest.from_string(
        "from ballgen.ui.latent import map\n"
        "for name in ('request', 'selected', 'region', 'hidden'):\n"
        "    getattr(map, f'_on_{name}')(map._value_of(map.MAP_KEY, name))\n"
    ).run()
    assert not app.exception
    assert "latent_changed" not in app.session_state
