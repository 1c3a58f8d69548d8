from __future__ import annotations

import base64
import io
import json
import shutil
from dataclasses import replace
from urllib.parse import parse_qs

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from ballgen.data.sources import load_images
from ballgen.data.sportballs.factors import CLASS_NAMES, BallSettings
from ballgen.data.sportballs.render import draw_balls
from ballgen.data.writer import write_folder
from ballgen.runs.registry import Registry, Run
from ballgen.runs.uploads import (
    DATA_FOLDERS_VARIABLE,
    delete_upload,
    rename_upload,
    store_zip,
    uploads,
)
from ballgen.ui.images.data import histogram
from ballgen.ui.images.filters import FILTERED
from tests.helpers.reading import alt, cut, images_of, said, table_of
from tests.helpers.tiny import tiny_balls, write_balls, zip_of_balls

pytestmark = pytest.mark.slow  # minutes, or processes of their own


def sheet(app: AppTest, key: str, film: int = 0) -> torch.Tensor:
    """uint8 (N, 3, H, W): the frames of a film, as the browser gets them."""
    sent = json.loads(app.get_by_key(key).proto.json)
    file = io.BytesIO(base64.b64decode(sent["films"][film]["sheet"]))
    pixels = np.asarray(Image.open(file).convert("RGB"))
    return cut(pixels, sent["shape"][0], sent["height"], sent["width"])


def live(app: AppTest) -> tuple[dict, torch.Tensor]:
    """What was sent for the ball with sliders, and its frames, uint8 (N, 3, H, W)."""
    sent = json.loads(app.get_by_key("drawn-ball").proto.json)
    file = io.BytesIO(base64.b64decode(sent["rows"][0]["sheet"]))
    pixels = np.asarray(Image.open(file).convert("RGB"))
    count = 1 + sum(way["frames"] for way in sent["follow"])
    return sent, cut(pixels, count, sent["height"], sent["width"])


@pytest.fixture
def open_data(open_app, put_first, tmp_path):
    put_first("data")
    return lambda **query: open_app(tmp_path, **query)


def test_it_opens_on_all_twelve_balls_that_turn(open_data):
    app = open_data()
    sent = json.loads(app.get_by_key("spinning").proto.json)
    assert [film["label"].replace(" ", "_") for film in sent["films"]] == list(CLASS_NAMES)
    for film in range(len(CLASS_NAMES)):
        turned = sheet(app, "spinning", film)
        assert not torch.equal(turned[0], turned[9])


def test_a_ball_is_drawn_from_the_factors_in_the_link(open_data):
    app = open_data(
        view="draw one",
        ball="tennis",
        px="32",
        rotation="plane",
        centre_x="25",
        centre_y="75",
        diameter="50",
    )
    settings = BallSettings(32, CLASS_NAMES)
    factors = torch.tensor([[CLASS_NAMES.index("tennis"), 8, 24, 16, 20]])
    assert torch.equal(live(app)[1][:1], draw_balls(factors, settings))
    app.slider(key="angle").set_value(200).run()
    factors[0, 4] = 200
    sent, frames = live(app)
    assert torch.equal(frames[:1], draw_balls(factors, settings))
    assert [way["value"] for way in sent["follow"]] == [25, 75, 50, 200]
    assert app.table[0].value.set_index("Factor").loc["angle deg", "Value"] == "200"


def test_a_strip_lies_along_each_factor_so_that_a_drag_asks_nobody(open_data):
    sent, frames = live(open_data(view="draw one", ball="golf", px="32", centre_x="30", tilt="-60"))
    sliders = [way["slider"] for way in sent["follow"]]
    assert sliders == ["centre_x", "centre_y", "diameter", "angle", "tilt", "spin"]
    settings = BallSettings(32, CLASS_NAMES, rotation="full")
    usual = [CLASS_NAMES.index("golf"), 9.6, 16, 0.62 * 32, 20, -60, 40]
    ends = {1: (0, 32), 2: (0, 32), 3: (0, 32), 4: (0, 359), 5: (-90, 90), 6: (0, 359)}
    first = 1
    for (column, (least, most)), way in zip(ends.items(), sent["follow"], strict=True):
        assert way["first"] == first
        rows = torch.tensor([usual, usual], dtype=torch.float32)
        rows[:, column] = torch.tensor([least, most])
        last = first + way["frames"] - 1
        assert torch.equal(frames[[first, last]], draw_balls(rows, settings)), way["slider"]
        first = last + 1


def test_nonsense_in_a_link_draws_the_usual_ball(open_data):
    usual = live(open_data(view="draw one"))[1]
    assert torch.equal(
        live(open_data(view="draw one", centre_x="900", angle="a", tilt=""))[1], usual
    )


def test_a_flat_icon_has_no_light_and_no_other_side(open_data):
    sent, frames = live(open_data(view="draw one", style="flat", ball="tennis", px="32"))
    settings = BallSettings(32, CLASS_NAMES, style="flat")
    row = torch.tensor([[CLASS_NAMES.index("tennis"), 16, 16, 0.62 * 32, 20]])
    assert torch.equal(frames[:1], draw_balls(row, settings))
    assert [way["slider"] for way in sent["follow"]] == [
        "centre_x",
        "centre_y",
        "diameter",
        "angle",
    ]


@pytest.mark.parametrize("background", ["colour", "texture"])
def test_rotation_and_background_bring_factors_of_their_own(open_data, background):
    app = open_data(view="draw one", background=background, px="64")
    names = list(app.table[0].value["Factor"])
    assert names[-3:] == ["tilt deg", "spin deg", "background"]
    before = live(app)[1][0]
    app.number_input(key="backdrop").set_value(99).run()
    assert not torch.equal(live(app)[1][0], before)


def test_a_source_is_shown_counted_and_filtered(open_data):
    app = open_data(view="look at a source")
    test = load_images("sportballs", "test")
    assert torch.equal(images_of(app, "source-images"), test.pixels[:48])
    assert "2,000 of 2,000 images" in said(app)
    app.get_by_key("classes").set_value(["basketball"]).run()
    app.slider(key="only_diameter").set_value((19, 21)).run()
    keep = (test.labels == 1) & (test.factors[:, 3] >= 19)
    assert torch.equal(images_of(app, "source-images"), test.pixels[keep][:48])
    assert f"{int(keep.sum()):,} of 2,000 images" in said(app)
    figures = table_of(app, "Figure")["Value"]
    assert figures["Images"] == str(int(keep.sum()))
    pixels = test.pixels[keep].float()
    brightness = figures["Brightness, mean ± standard deviation (0 to 255)"]
    assert brightness == f"{pixels.mean():.1f} ± {pixels.std():.1f}"


@pytest.mark.parametrize("told", [["a", "9"], ["0", "99"], ["19"], ["nan", "inf"]])
def test_nonsense_in_a_link_filters_nothing(open_data, told):
    app = open_data(view="look at a source", only_diameter=told)
    assert not app.exception
    assert "2,000 of 2,000 images" in said(app)
    assert "only_diameter" not in app.query_params


def test_a_range_in_a_link_filters(open_data):
    app = open_data(view="look at a source", only_diameter=["21", "19"])
    assert "2,000 of 2,000 images" not in said(app)


def test_factors_that_begin_alike_have_a_slider_each(open_data, tmp_path):
    balls = tiny_balls(20, "test")
    names = ("class", "centre x px", "centre y px", "centre y mm", "angle deg")
    write_folder({"test": replace(balls, factor_names=names)}, tmp_path / "mine")
    app = open_data(view="look at a source", source=str(tmp_path / "mine"))
    keys = [slider.key for slider in app.slider]
    assert keys == ["only_centre_x", "only_centre_y", "only_centre_y_3", "only_angle"]


def test_a_factor_beyond_what_a_slider_can_hold_has_none(open_data, tmp_path):
    balls = tiny_balls(20, "test")
    factors = balls.factors.clone()
    factors[:, 4] *= 1e17
    names = ("class", "x px", "y px", "diameter px", "taken ns")
    write_folder({"test": replace(balls, factors=factors, factor_names=names)}, tmp_path / "mine")
    app = open_data(view="look at a source", source=str(tmp_path / "mine"))
    assert not app.exception
    assert [slider.key for slider in app.slider] == ["only_x", "only_y", "only_diameter"]


def test_the_bins_of_a_histogram_have_names_of_their_own():
    names, counts = histogram(torch.linspace(20, 24, 200))
    assert len(set(names)) == len(names) == 12
    assert sum(counts) == 200 and max(counts) - min(counts) <= 1


def test_the_charts_stand_in_tables_too(open_data):
    app = open_data(view="look at a source", classes="baseball", charts_table="true")
    test = load_images("sportballs", "test")
    classes, sizes = (table.value for table in app.dataframe)
    keep = test.labels == 0
    assert list(classes["images"]) == [int(keep.sum()), 0, 0, 0]
    values, counts = test.factors[keep, 3].unique(return_counts=True)
    assert list(sizes["diameter, px"]) == [f"{value:g}" for value in values.tolist()]
    assert list(sizes["images"]) == counts.tolist()


def test_pages_lead_through_all_images(open_data):
    app = open_data(view="look at a source", page="42")
    test = load_images("sportballs", "test")
    assert torch.equal(images_of(app, "source-images"), test.pixels[41 * 48 :])


def test_a_filter_that_leaves_fewer_pages_shows_the_first(open_data):
    app = open_data(view="look at a source", page="42")
    app.get_by_key("classes").set_value(["basketball"]).run()
    test = load_images("sportballs", "test")
    assert app.number_input(key="page").value == 1
    assert torch.equal(images_of(app, "source-images"), test.pixels[test.labels == 1][:48])


def test_another_source_is_not_filtered_by_what_was_asked_of_the_last(open_data, tmp_path):
    app = open_data(view="look at a source")
    app.slider(key="only_diameter").set_value((19, 21)).run()
    app.get_by_key("size").set_value(64).run()
    least, most = app.slider(key="only_diameter").value
    diameters = load_images("sportballs", "test", image_size=64).factors[:2000, 3]
    keep = int(((diameters >= least) & (diameters <= most)).sum())
    assert f"{keep:,} of 2,000 images" in said(app)


def test_a_source_can_be_left_and_looked_at_again(open_data):
    app = open_data()
    # So the server left it: it remembers what was asked about, and forgot widgets not drawn since.
    app.session_state[FILTERED] = load_images("sportballs", "test", limit=2000).digest
    app.get_by_key("view").set_value("look at a source").run()
    assert not app.exception
    assert "2,000 of 2,000 images" in said(app)


def test_a_folder_is_looked_at(open_data, tmp_path):
    write_balls(tmp_path / "mine")
    (tmp_path / "mine" / "train" / "broken.png").write_bytes(b"no picture")
    (tmp_path / "mine" / "train").rename(tmp_path / "mine" / "valid")
    app = open_data(
        view="look at a source",
        source=str(tmp_path / "mine"),
        split="valid",
    )
    assert app.segmented_control(key="split").value == "valid"
    assert "images of mine" in alt(app, "source-images")
    assert "Mean brightness" in said(app)  # the size of the ball is not known
    (link,) = (link for link in app.get("page_link") if "Train on" in link.proto.label)
    assert parse_qs(link.proto.query_string)["new_source"] == [str(tmp_path / "mine")]


def test_every_file_that_was_skipped_is_told_with_its_reason(open_data, tmp_path):
    write_balls(tmp_path / "mine")
    for name, content in (("b.png", b"no image"), ("c.png", b"")):
        (tmp_path / "mine" / "train" / "soccerball" / name).write_bytes(content)
    link = {"source": str(tmp_path / "mine"), "split": "train"}
    app = open_data(view="look at a source", skipped_table="true", **link)
    told = table_of(app, "File").reset_index()
    assert dict(zip(told["File"], told["Reason"], strict=True)) == {
        "train/soccerball/b.png": "not an image in a known format",
        "train/soccerball/c.png": "empty file",
    }


def test_a_folder_is_read_again_when_it_has_changed(open_data, tmp_path):
    folder = tmp_path / "mine"
    write_balls(folder)
    asked = {"view": "look at a source", "source": str(folder)}
    app = open_data(**asked, split="train")
    before = len(images_of(app, "source-images"))
    copied = next((folder / "train").rglob("*.png"))
    shutil.copy(copied, copied.with_name("one_more.png"))
    app = open_data(**asked, split="train")
    assert len(images_of(app, "source-images")) == before + 1
    shown = images_of(app, "source-images")
    content = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(content, "PNG")
    for place in folder.rglob("*.png"):
        place.write_bytes(content.getvalue())  # in place: its folder does not notice
    app = open_data(**asked, split="train")
    assert not torch.equal(images_of(app, "source-images"), shown)


@pytest.mark.parametrize("folder", ["balls", "x" * 300])
def test_a_folder_that_is_not_there_is_told(open_data, folder, tmp_path):
    folder = str(tmp_path / folder)
    app = open_data(view="look at a source", source=folder)
    assert not app.exception
    assert any(folder in warning.value for warning in app.warning)


@pytest.mark.parametrize("folder", ["/dev/zero", "/", "~", "/proc/self", "link"])
def test_a_folder_that_the_owner_does_not_name_is_not_read(
    open_data, folder, tmp_path, monkeypatch
):
    monkeypatch.setenv(DATA_FOLDERS_VARIABLE, str(tmp_path / "mine"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "link").symlink_to("/")
    named = str(tmp_path / "mine" / "link") if folder == "link" else folder
    app = open_data(view="look at a source", source=named)
    assert not app.exception
    assert any("is not in a folder that this dashboard reads" in one.value for one in app.warning)


def test_a_zip_of_another_kind_is_told(open_data, tmp_path):
    path = tmp_path / "new.zip"
    content = bytearray(zip_of_balls(tmp_path))
    directory = content.index(b"PK\x01\x02")
    content[directory + 6] = 99  # the version of .zip that is needed to unpack it
    path.write_bytes(content)
    app = open_data(view="look at a source", source=str(path))
    assert not app.exception
    assert any("is not a readable .zip" in warning.value for warning in app.warning)


UPLOADER = "source-upload-file-0"


@pytest.fixture
def own_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("BALLGEN_RUNS", str(tmp_path / "runs"))


def test_an_uploaded_zip_is_looked_at_renamed_and_deleted(open_data, own_runs, tmp_path):
    app = open_data(view="look at a source", source="your own images", split="train")
    content = zip_of_balls(tmp_path)
    app.file_uploader(key=UPLOADER).upload("mine.zip", content, "application/zip").run()
    assert not app.exception
    (upload,) = uploads()
    assert app.selectbox(key="source").value == str(upload.path)
    assert app.query_params["source"] == upload.title
    assert len(images_of(app, "source-images")) >= 6
    (link,) = (link for link in app.get("page_link") if "Train on" in link.proto.label)
    assert parse_qs(link.proto.query_string)["new_source"] == [upload.title]

    app.session_state[f"rename-{upload.path.stem}"] = True
    app.run()
    app.text_input(key="rename-name").set_value("holiday")
    app.button(key="rename-yes").click().run()
    assert [one.name for one in uploads()] == ["holiday"]
    assert app.query_params["source"] == uploads()[0].title
    assert len(images_of(app, "source-images")) >= 6

    Registry().add(Run(id="a", name="my run", recipe={}, source=str(upload.path)))
    app.session_state[f"delete-{upload.path.stem}"] = True
    app.run()
    assert "trained on them: my run" in said(app)
    app.button(key="delete-yes").click().run()
    assert not app.exception
    assert not uploads()
    assert app.selectbox(key="source").value == "your own images"


def test_an_upload_is_found_by_an_old_title_and_told_once_it_is_deleted(
    open_data, own_runs, tmp_path
):
    path = store_zip("mine.zip", zip_of_balls(tmp_path))
    title = uploads()[0].title
    rename_upload(path, "holiday")
    link = {"view": "look at a source", "source": title, "split": "train"}
    assert len(images_of(open_data(**link), "source-images")) >= 6
    delete_upload(path)
    app = open_data(**link)
    assert any("were deleted: bring the same" in warning.value for warning in app.warning)


def test_an_uploaded_file_that_is_no_zip_is_told_by_its_own_name(open_data, own_runs):
    app = open_data(view="look at a source", source="your own images")
    app.file_uploader(key=UPLOADER).upload("mine.zip", b"hello", "application/zip").run()
    assert not app.exception
    assert any("mine.zip" in error.value for error in app.error)
    assert not uploads()


def test_a_path_that_is_typed_where_images_are_brought_in_is_looked_at(open_data, tmp_path):
    write_balls(tmp_path / "mine")
    app = open_data(view="look at a source", source="your own images", split="train")
    app.text_input(key="source-path").set_value(str(tmp_path / "mine")).run()
    assert app.selectbox(key="source").value == str(tmp_path / "mine")
    assert len(images_of(app, "source-images")) >= 6


def test_what_was_understood_and_copies_are_told(open_data, tmp_path):
    mine = tmp_path / "mine"
    for path in ("train/red/1.png", "train/blue/2.png", "test/red/1.png", "test/red/3.png"):
        (mine / path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 40), (int(path[-5]) * 50, 0, 0)).save(mine / path)
    app = open_data(view="look at a source", source=str(mine))
    assert not app.exception
    assert "folders train, test (train 2, test 2 images)" in said(app)
    assert "2 classes from the folders' names: blue 1, red 3" in said(app)
    assert "1 of 2 test images are among 2 training images, pixel for pixel" in said(app)
    assert "Too few images for** KID (needs 20 test images), C2ST" in said(app)
    app = open_data(view="look at a source", source=str(mine), split="train")
    assert "1 of 2 test images are among 2 training images, pixel for pixel" in said(app)
    (mine / "test/red/1.png").unlink()
    app = open_data(view="look at a source", source=str(mine), split="train")
    assert "none of 1 test images are among 2 training images" in said(app)
    (mine / "test/red/3.png").write_bytes(b"no image")
    app = open_data(view="look at a source", source=str(mine), split="train")
    assert "Copies** are not known" in said(app)


def test_what_does_not_fit_is_told_beside_the_images(open_data, tmp_path):
    for index in range(130):
        place = tmp_path / "mine" / f"{index % 2}"
        place.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 40 + index), (index, 0, 0)).save(place / f"{index}.png")
    (tmp_path / "mine" / "0" / "bad.png").write_bytes(b"no image")
    app = open_data(view="look at a source", source=str(tmp_path / "mine"), split="test")
    assert "no splits (130 images, 26 of them held out for tests)" in said(app)
    assert "2 classes from the folders' names: 0 65, 1 65" in said(app)
    assert "**Note** 1 file was skipped" in said(app)
    assert "**Note** 26 of 26 images are not square" in said(app)
    assert "Too few images for** C2ST (needs 50), density and coverage (need 100)" in said(app)
