from __future__ import annotations

import json
import re

import pytest
import torch

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.data.imageset import to_pixels
from ballgen.data.sheets import to_png
from ballgen.data.sources import load_images
from ballgen.experiment import Experiment, load_data
from ballgen.latent.embedding import PCAEmbedding, inside_polygon
from ballgen.ui.latent import data
from ballgen.ui.latent.region import parse_corners
from ballgen.webpage import making
from tests.helpers.reading import alt, pictures, said
from tests.helpers.tiny import tiny_balls, tiny_recipe
from tests.ui.pages.conftest import show_models

pytestmark = pytest.mark.slow  # minutes, or processes of their own

POINTS = 96  # test images of the tiny checkpoints
EVERYTHING = "-1e6,-1e6 1e6,-1e6 1e6,1e6 -1e6,1e6"


@pytest.fixture
def open_latent(open_app, put_first, tiny_checkpoints):
    """open_latent(**query) -> the page on the tiny checkpoints."""
    put_first("latent")
    return lambda folder=tiny_checkpoints, **query: open_app(folder, **query)


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
def model(tiny_checkpoints):
    return load_checkpoint(tiny_checkpoints / "vae").model


@pytest.fixture(scope="module")
def images():
    return load_images("sportballs", "test", limit=POINTS)


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


def figure(app) -> dict:
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def rows(app) -> list[int]:
    """The row of every point, trace by trace."""
    return [row for trace in figure(app)["data"] for row in numbers(trace["customdata"])]


def numbers(packed) -> list:
    """A column of a figure, which Plotly packs as bytes."""
    import base64

    import numpy as np

    if isinstance(packed, list):
        return packed
    return np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"]).tolist()


def test_it_opens_on_a_map_and_an_image_with_its_code(open_latent, model, images):
    app = open_latent(code_table="true")
    assert app.title[0].value == "Latent space"
    assert sorted(rows(app)) == list(range(POINTS))
    assert torch.equal(pictures(app, "selected-images", 0), images.pixels[:1])
    rebuilt = to_pixels(model.reconstruct(images.images(slice(0, 1))))
    assert torch.equal(pictures(app, "selected-images", 1), rebuilt)
    assert "No data lies near" not in said(app)
    (code,) = (t.value["value"] for t in app.dataframe if "dimension" in t.value.columns)
    wanted = model.encode(images.images(slice(0, 1)))[0]
    assert torch.allclose(torch.tensor(code.tolist()), wanted, atol=6e-4)  # three digits are shown


def test_points_lie_where_pca_says(open_latent, model, images):
    app = open_latent()
    places = PCAEmbedding().fit(model.encode(images.images())).coordinates_
    shown = torch.zeros(POINTS, 2)
    for trace in figure(app)["data"]:
        shown[numbers(trace["customdata"])] = torch.tensor(
            [numbers(trace["x"]), numbers(trace["y"])]
        ).T
    assert torch.allclose(shown, places, atol=1e-4)


def test_an_image_is_shown_with_its_nearest(open_latent, model, images):
    app = open_latent()
    app.number_input(key="image").set_value(7).run()
    assert torch.equal(pictures(app, "selected-images", 0), images.pixels[7:8])
    codes = model.encode(images.images())
    nearest = (codes - codes[7]).norm(dim=1).argsort()[1:7]
    assert torch.equal(pictures(app, "neighbour-images"), images.pixels[nearest])
    assert images.class_names[images.labels[7]] in said(app)


def test_coordinates_are_decoded(open_latent, model, images):
    app = open_latent()
    pca = PCAEmbedding().fit(model.encode(images.images()))
    x, y = pca.coordinates_[3].tolist()
    app.number_input(key="x").set_value(x)
    app.number_input(key="y").set_value(y)
    app.segmented_control(key="look").set_value("a point").run()
    wanted = to_pixels(model.decode(pca.inverse_transform(torch.tensor([[x, y]]))))
    assert torch.equal(pictures(app, "decoded-images"), wanted)
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
        seen[name] = numbers(figure(app)["data"][0]["x"])
        own = load_checkpoint(tiny_checkpoints / name).model
        wanted = to_pixels(own.reconstruct(images.images(slice(0, 1))))
        assert torch.equal(pictures(app, "selected-images", 1), wanted)
    assert len({tuple(places) for places in seen.values()}) == 3
    assert "fast guesses" in said(app)


@pytest.mark.parametrize(("method", "dims"), [("t-SNE", "2-D"), ("t-SNE", "3-D"), ("PCA", "3-D")])
def test_other_maps(open_latent, method, dims):
    app = open_latent()
    before = figure(app)["data"][0]
    app.segmented_control(key="embedding").set_value(method)
    app.segmented_control(key="dims").set_value(dims).run()
    assert not app.exception
    after = figure(app)["data"][0]
    assert after["type"] == ("scatter" if dims == "2-D" else "scatter3d")
    if method == "t-SNE":
        assert numbers(after["x"]) != pytest.approx(numbers(before["x"]), abs=0.1)
    assert sorted(rows(app)) == list(range(POINTS))


@pytest.mark.parametrize("dims", [2, 3])
def test_codes_of_one_number_lie_on_a_line(open_latent, one_number_checkpoints, dims):
    beside = {"x": "0.5", "y": "0.25", "z": "0.25"}
    app = open_latent(one_number_checkpoints, dims=f"{dims}-D", look="a point", **beside)
    (trace,) = figure(app)["data"]
    assert (trace["name"], len(set(numbers(trace["x"])))) == ("ball", 24)
    assert not any(any(numbers(trace[axis])) for axis in "yz"[: dims - 1])
    model = load_checkpoint(one_number_checkpoints / "vae").model
    images = load_images(str(one_number_checkpoints.parent / "gray"), "test", 16, channels=1)
    line = PCAEmbedding(dims).fit(model.encode(images.images()))
    wanted = to_pixels(
        model.decode(line.inverse_transform(torch.tensor([[0.5, 0.25, 0.25][:dims]])))
    )
    assert torch.equal(pictures(app, "decoded-images"), wanted.expand(-1, 3, -1, -1))


def test_a_map_is_computed_once(open_latent, monkeypatch):
    from ballgen.latent.embedding import TSNEEmbedding

    fits = []
    fit = TSNEEmbedding._fit_transform
    monkeypatch.setattr(
        TSNEEmbedding,
        "_fit_transform",
        lambda *given: fits.append(given[0].seed) or fit(*given),
    )
    data._cell.clear()
    app = open_latent(embedding="t-SNE")
    assert fits == []  # a link alone makes nobody wait
    assert not app.get("plotly_chart")
    app.button(key="embedding-button").click().run()
    assert fits == [0]
    app.segmented_control(key="embedding").set_value("PCA").run()
    app.segmented_control(key="embedding").set_value("t-SNE").run()
    assert fits == [0]
    app.number_input(key="map_seed").set_value(4).run()
    assert fits == [0, 4]


def test_colours_by_class_and_by_factor(open_latent, images):
    app = open_latent()
    assert [trace["name"] for trace in figure(app)["data"]] == list(images.class_names)
    app.selectbox(key="colour").select("angle deg").run()
    (trace,) = figure(app)["data"]
    angles = images.factors[:, images.factor_names.index("angle deg")]
    assert numbers(trace["marker"]["color"]) == pytest.approx(angles.tolist())
    scale = trace["marker"]["colorscale"]
    assert scale[0][1] == scale[-1][1]  # cyclic: 360 degrees look like none
    assert (trace["marker"]["cmin"], trace["marker"]["cmax"]) == (0, 360)


def test_a_region_shows_who_lies_there_and_the_way_to_them(open_latent, model, images):
    corners = "-100,-100 0,-100 0,100 -100,100"
    app = open_latent(region=corners)
    codes = model.encode(images.images())
    chosen = inside_polygon(PCAEmbedding().fit(codes).coordinates_, parse_corners(corners))
    assert 24 < chosen.sum() < POINTS
    assert f"**{int(chosen.sum())} images**" in said(app)
    assert torch.equal(pictures(app, "region-images"), images.pixels[chosen][:24])
    mean = to_pixels(images.images(chosen).mean(0, keepdim=True))
    assert torch.equal(pictures(app, "mean-images", 0), mean)
    ends = torch.stack([codes[~chosen].mean(0), codes[chosen].mean(0)])
    walk = pictures(app, "direction-images")
    assert len(walk) == 5
    assert (walk[[1, 3]].int() - to_pixels(model.decode(ends)).int()).abs().max() <= 1


def test_a_region_counts_no_class_that_the_legend_hides(open_latent, images):
    app = open_latent(region="-100,-100 100,-100 100,100 0,100 0,-90 -100,-90")
    counted = int(re.search(r"\*\*(\d+) images\*\*", said(app))[1])
    app.session_state["latent_hidden"] = ["baseball"]
    app.run()
    seen = int(re.search(r"\*\*(\d+) images\*\*", said(app))[1])
    assert seen < counted and not re.search(r"\d baseball", said(app))
    assert "Classes that the legend hides do not count" in said(app)
    app.selectbox(key="colour").select("angle deg").run()  # a scale hides nobody
    assert f"**{counted} images**" in said(app)


def test_the_map_stays_the_same_to_the_browser(open_latent):
    data.figure_of.clear()
    app = open_latent()
    first = app.get("plotly_chart")[0].proto.id
    app.number_input(key="image").set_value(7).run()
    assert app.get("plotly_chart")[0].proto.id == first  # else it is mounted anew


@pytest.mark.parametrize(
    ("corners", "words"), [(EVERYTHING, "some outside"), ("1,2 x", "three corners")]
)
def test_a_region_of_no_use_is_told(open_latent, corners, words):
    app = open_latent(region=corners)
    assert words in app.warning[0].value
    assert len(pictures(app, "selected-images")) == 1


def test_coordinates_of_one_map_are_not_taken_to_another(open_latent):
    app = open_latent(look="a point", x="900", region=EVERYTHING)
    app.segmented_control(key="family").set_value("AE").run()
    check_starts_afresh(app)


def test_coordinates_of_one_layout_are_not_taken_to_another(open_latent):
    app = open_latent(embedding="t-SNE", map_seed="77", look="a point", x="900", region=EVERYTHING)
    app.button(key="embedding-button").click().run()
    assert app.text_input(key="region").value == EVERYTHING
    app.number_input(key="map_seed").set_value(1).run()
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
    assert len(pictures(app, "decoded-images")) == 1


def test_the_second_of_a_family_has_its_map(open_latent, images, another_vae, run_beside):
    app = open_latent()
    show_models(app, "vae", run_beside)
    assert app.segmented_control(key="family").options == ["VAE", "VAE 2"]
    app.segmented_control(key="family").set_value("VAE 2").run()
    assert not app.exception
    second = load_checkpoint(another_vae).model
    rebuilt = to_pixels(second.reconstruct(images.images(slice(0, 1))))
    assert torch.equal(pictures(app, "selected-images", 1), rebuilt)


def test_a_link_opens_the_view_it_names(open_latent):
    app = open_latent(family="GAN", dims="3-D", colour="x px", image="11")
    assert "Image 11" in [header.value for header in app.header]
    assert figure(app)["data"][0]["type"] == "scatter3d"
    assert figure(app)["data"][0]["name"] == "x px"
    assert "GAN" in alt(app, "selected-images")


def test_nonsense_in_a_link_opens_the_usual_view(open_latent):
    usual = open_latent()
    app = open_latent(family="x", embedding="y", dims="9-D", colour="smell", image="999999", x="a")
    assert figure(app) == figure(usual)
    assert "Image 0" in [header.value for header in app.header]


def test_every_point_stands_in_the_table(open_latent, images):
    (table,) = (table.value for table in open_latent(map_table="true").dataframe)
    assert list(table["image"]) == list(range(POINTS))
    assert [images.class_names[label] for label in images.labels] == list(table["class"])
    assert {"angle deg", "coordinate x", "coordinate y"} <= set(table.columns)
