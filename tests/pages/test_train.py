from __future__ import annotations

import base64
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import streamlit as st
from sklearn.decomposition import PCA

from ballgen.checkpoints import load_checkpoint
from ballgen.images.sources import load_images
from ballgen.recipes import RECIPES
from ballgen.runs.control import start
from ballgen.runs.folder import RunFolder
from ballgen.runs.frames import read_frame, read_probes
from ballgen.runs.registry import FAILED, FINISHED, STOPPED, Registry, Run
from ballgen.runs.uploads import uploaded_pictures
from ballgen.ui.shelf import FOLDERS_VARIABLE
from ballgen.ui.theme import COLOURS
from ballgen.ui.train.actions import ASKED
from ballgen.ui.train.film import _open
from ballgen.ui.train.form import LARGEST
from tests.commands import python
from tests.pages.reading import said
from tests.runs.conftest import PATIENCE, registry, tiny_run, wait_for, wait_for_step
from tests.tiny import tiny_recipe, zip_of_balls

__all__ = ["registry", "tiny_run"]  # fixtures


@pytest.fixture
def open_train(open_app, tiny_checkpoints, registry):
    """open_train(**query) -> the page Train on the test's own runs."""

    def open_train(**query: str):
        app = open_app(tiny_checkpoints)
        for name, value in query.items():
            app.query_params[name] = value
        app.switch_page("pages/train.py").run()
        assert not app.exception
        return app

    return open_train


def set_tiny(app) -> None:
    """Fill the form with a run of a second."""
    recipe = tiny_recipe("vae")
    app.number_input(key="new_limit").set_value(64)
    app.selectbox(key="new_size").select(16)
    app.number_input(key="new_vae_epochs").set_value(2)
    app.number_input(key="new_vae_latent_dim").set_value(recipe.latent_dim)
    app.number_input(key="new_vae_width").set_value(recipe.width)
    app.selectbox(key="new_vae_precision").select("fp32")
    app.multiselect(key="new_vae_priors").set_value(["gaussian"])
    app.selectbox(key="new_vae_prior").select("gaussian")
    app.text_input(key="new_name").set_value("mine").run()


@pytest.mark.parametrize("way", ["zip", "folder"])
def test_a_run_learns_from_pictures_dropped_on_the_form(open_train, registry, tmp_path, way):
    content = zip_of_balls(tmp_path)
    app = open_train()
    app.selectbox(key="new_source").select("your own pictures").run()
    assert app.button(key="start").disabled
    if way == "zip":
        dropped = ("mine.zip", content, "application/zip")
    else:
        dropped = [
            (str(path.relative_to(tmp_path)), path.read_bytes(), "image/png")
            for path in (tmp_path / "mine").rglob("*.png")
        ]
    app.file_uploader(key=f"new_{way}").set_value(dropped).run()
    (path,) = uploaded_pictures()
    assert app.selectbox(key="new_source").value == str(path)
    set_tiny(app)
    app.button(key="start").click().run()
    assert not app.exception
    done = wait_for(registry, registry.all()[0], FINISHED)
    learned = load_checkpoint(RunFolder(registry.folder, done).checkpoint).record["data"]
    assert done.source == str(path) and learned["train_images"] == len(load_images(path, "train"))


def test_a_dropped_file_that_holds_no_pictures_is_told_and_forgotten(open_train):
    app = open_train()
    app.selectbox(key="new_source").select("your own pictures").run()
    app.file_uploader(key="new_zip").set_value(("mine.zip", b"hello", "application/zip")).run()
    assert not app.exception
    assert any("mine.zip" in error.value for error in app.error)
    assert app.button(key="start").disabled and not uploaded_pictures()


def test_without_runs_it_teaches_and_shows_how_the_shipped_were_trained(open_train):
    app = open_train()
    assert app.title[0].value == "Train"
    assert "No run yet" in said(app)
    assert [header.value for header in app.subheader][:3] == [
        f"How {name} was trained" for name in ("ae", "gan", "vae")
    ]


def test_a_damaged_checkpoint_spoils_no_others_curves(open_train, own_checkpoints, monkeypatch):
    (own_checkpoints / "ae" / "model.safetensors").write_bytes(b"cut off")
    app = open_train()
    monkeypatch.setenv(FOLDERS_VARIABLE, str(own_checkpoints))
    app.run()
    assert not app.exception
    assert any("does not match its digest" in warning.value for warning in app.warning)
    assert [header.value for header in app.subheader][:2] == [
        f"How {name} was trained" for name in ("gan", "vae")
    ]


def test_the_form_starts_what_it_says(open_train, registry):
    app = open_train()
    set_tiny(app)
    app.button(key="start").click().run()
    assert not app.exception
    (run,) = registry.all()
    done = wait_for(registry, run, FINISHED)
    assert (done.name, done.source, done.seed) == ("mine", "sportballs", 0)
    assert done.loading == {"limit": 64, "image_size": 16}
    assert (
        done.recipe
        == tiny_recipe(
            "vae", batch_size=64, warmup=200, priors=("gaussian",), prior="gaussian"
        ).to_dict()
    )
    app.run()
    assert app.query_params["run"] == run.id
    assert "finished" in " ".join(element.value for element in app.markdown)


def test_help_and_units_come_from_the_recipe(open_train):
    app = open_train()
    learning_rate = app.number_input(key="new_vae_learning_rate")
    assert "The optimiser's step size" in learning_rate.help
    assert app.number_input(key="new_vae_width").label == "Width (channels)"
    app.selectbox(key="recipe").select("lab4-gan").run()
    assert app.number_input(key="new_lab4-gan_latent_dim").value == 128
    assert app.selectbox(key="new_size").disabled  # the recipe wants 64 px


def test_a_recipe_that_cannot_be_is_said_and_not_started(open_train, registry):
    app = open_train()
    app.number_input(key="new_vae_latent_dim").set_value(0).run()
    assert "latent_dim must be at least 1" in app.error[0].value
    assert not [button for button in app.button if button.key == "start"]


def test_what_cannot_be_trained_is_said_where_the_estimate_would_be(open_train):
    app = open_train()
    app.toggle(key="new_vae_conditional").set_value(True).run()
    assert not app.exception
    assert any("codes that have no class" in warning.value for warning in app.warning)


def test_an_estimate_stands_beside_start(open_train):
    app = open_train()
    set_tiny(app)
    assert "Estimate: **" in said(app) and "for 2 epochs of 64 pictures" in said(app)


def test_a_rate_measured_beside_a_run_is_not_believed_after_it(open_train, registry, monkeypatch):
    st.cache_data.clear()  # what earlier tests measured
    beside = Run(id="ae-1", name="ae", recipe=tiny_recipe("ae").to_dict())
    beside.queued_at += PATIENCE  # its process is waited for until then
    run = registry.add(beside)

    def rate(*_) -> float:
        return 3.2 if registry.get(run.id).active else 32.0

    monkeypatch.setattr("ballgen.runs.estimate.probed_rate", rate)
    app = open_train()
    set_tiny(app)
    busy = said(app)
    registry.change(run, state=STOPPED)
    app.run()
    alone = said(app)
    assert "Estimate: **40 s**" in busy and "Estimate: **4 s**" in alone
    assert "beside the run at work" in busy and "beside the run at work" not in alone


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> tuple[Path, dict]:
    """Folder and row of a finished run, made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        registry = Registry(tmp_path_factory.mktemp("template"))
        recipe = tiny_recipe("vae", epochs=3, priors=("gaussian",), prior="gaussian")
        run = start(registry, recipe, loading={"limit": 64, "image_size": 16})
        return registry.folder, wait_for(registry, run, FINISHED).model_dump()


@pytest.fixture
def finished(registry: Registry, template) -> Run:
    """The finished run, in this test's own registry."""
    folder, row = template
    shutil.copytree(folder / row["id"], registry.folder / row["id"])
    return registry.add(Run(**row))


def test_the_last_run_on_a_folder_is_found_however_its_path_is_typed(
    open_train, registry, finished, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    kept = {"source": str(tmp_path / "mine"), "loading": {}, "recipe": RECIPES["vae"].to_dict()}
    registry.change(finished, **kept)
    assert "as fast as the last run of its kind" in said(open_train(new_source="mine"))
    app = open_train(new_source="~nobody-here/mine")
    assert any("home folder that is not known" in warning.value for warning in app.warning)


def film(app) -> dict:
    """What was sent to the browser of the run's epochs."""
    return json.loads(app.get_by_key("film").proto.json)


def test_the_film_holds_what_the_run_kept_of_every_epoch(open_train, registry, finished):
    sent, folder = film(open_train()), RunFolder(registry.folder, finished)
    assert (sent["run"], sent["epoch"]) == (finished.id, 3)
    assert [frame["epoch"] for frame in sent["frames"]] == [1, 2, 3]
    for frame in sent["frames"]:
        kept = read_frame(folder.frames, frame["epoch"])
        assert base64.b64decode(frame["samples"]) == kept.samples
        assert base64.b64decode(frame["rebuilt"]) == kept.rebuilt
    assert len({frame["samples"] for frame in sent["frames"]}) == 3
    probes = read_probes(folder.frames)
    assert base64.b64decode(sent["originals"]) == probes.originals
    assert [sent["classes"][label]["name"] for label in sent["labels"]] == list(probes.classes)
    assert sent["losses"] == [[row["epoch"], row["loss"]] for row in folder.history()]


def test_the_map_is_the_newest_epochs_plane_in_every_frame(open_train, registry, finished):
    sent, folder = film(open_train()), RunFolder(registry.folder, finished)
    newest = read_frame(folder.frames, 3).codes
    told = PCA(2).fit(newest)
    for frame in sent["frames"]:
        places = told.transform(read_frame(folder.frames, frame["epoch"]).codes)
        shown = np.array(frame["places"])
        assert abs(np.corrcoef(places[:, 0], shown[:, 0])[0, 1]) > 0.999
        assert np.abs(shown).max(0) == pytest.approx(np.abs(places).max(0), abs=0.01)
    left, bottom, right, top = sent["corners"]
    every = np.concatenate([frame["places"] for frame in sent["frames"]])
    assert (left, bottom) == pytest.approx(every.min(0), abs=0.001)
    assert (right, top) == pytest.approx(every.max(0), abs=0.001)


def test_large_pictures_make_a_film_of_fewer_epochs(open_train, monkeypatch, finished):
    whole = film(open_train())["frames"]
    one = len(base64.b64decode(whole[0]["samples"] + whole[0]["rebuilt"]))
    monkeypatch.setattr("ballgen.ui.train.film.MOST_BYTES", int(1.6 * one))
    monkeypatch.setattr("ballgen.ui.train.film._open", _open.__wrapped__)
    assert [frame["epoch"] for frame in film(open_train())["frames"]] == [1, 3]


def test_curves_and_map_follow_the_link_and_stand_in_tables(open_train, registry, finished):
    tables = {"curves_table": "true", "map_table": "true"}
    app = open_train(**tables)

    def table(*columns: str):
        return next(t.value for t in app.dataframe if {*columns} <= {*t.value.columns})

    shown = table("epoch", "loss").to_dict("records")
    known = [{k: v for k, v in row.items() if v == v} for row in shown]  # a NaN where it has none
    assert known == RunFolder(registry.folder, finished).history()
    assert table("Epochs", "Planned")[["Epochs", "Planned"]].values.tolist() == [[3, 3]]
    last, marks = table("x", "y", "class"), [mark(app)]
    app = open_train(**tables, epoch="1")
    first = table("x", "y", "class")
    assert list(first["class"]) == list(last["class"]) and not first["x"].equals(last["x"])
    assert [*marks, mark(app)] == [3, 1]


def mark(app) -> float:
    """The epoch that the first curve's upright line marks."""
    charts = [element.proto for element in app.get("vega_lite_chart")]
    datasets = [dataset for chart in charts for dataset in chart.datasets]
    tables = [pa.ipc.open_stream(data.data.data).read_pandas() for data in datasets]
    line = next(table for table in tables if list(table.columns) == ["epoch"])
    return line["epoch"].item()


def test_overlaid_runs_wear_their_familys_colour_and_dashes_of_their_own(
    open_train, registry, finished
):
    for run_id, family in [("gan-1", "gan"), ("vae-2", "vae")]:
        changes = {"id": run_id, "recipe": finished.recipe | {"family": family}}
        shutil.copytree(registry.folder / finished.id, registry.folder / run_id)
        registry.add(Run(**finished.model_dump() | changes))
    ids = [run.id for run in registry.all()]
    app = open_train(ticked=",".join(ids))
    overlay = next(
        json.loads(element.proto.spec)
        for element in app.get("vega_lite_chart")
        if all(run_id in element.proto.spec for run_id in ids)
    )
    line = overlay["layer"][0]["encoding"]
    names = [f"{finished.name} ({run_id})" for run_id in ids]
    assert line["color"]["scale"]["domain"] == line["strokeDash"]["scale"]["domain"] == names
    colours, dashes = (line[look]["scale"]["range"] for look in ("color", "strokeDash"))
    assert dict(zip(ids, colours, strict=True)) == {
        finished.id: COLOURS["vae"],
        "gan-1": COLOURS["gan"],
        "vae-2": COLOURS["vae"],
    }
    assert dashes[ids.index(finished.id)] != dashes[ids.index("vae-2")]


def test_a_link_opens_run_and_epoch(open_train, registry, finished):
    other = finished.model_dump() | {"id": "vae-newer", "made": finished.made + 1}
    registry.add(Run(**other))
    app = open_train(run=finished.id, epoch="2")
    assert app.selectbox(key="run").value == finished.id
    assert (film(app)["run"], film(app)["epoch"]) == (finished.id, 2)


@pytest.mark.parametrize("by_way_of", ["another run", "another page"])
def test_a_run_comes_back_where_the_link_says(open_train, registry, finished, by_way_of):
    other = finished.model_dump() | {"id": "vae-newer", "made": finished.made + 1}
    shutil.copytree(registry.folder / finished.id, registry.folder / other["id"])
    registry.add(Run(**other))
    app = open_train(run=finished.id, epoch="2")
    assert (film(app)["epoch"], mark(app)) == (2, 2)
    if by_way_of == "another run":
        app.selectbox(key="run").select("vae-newer").run()
        assert film(app)["run"] == "vae-newer"
        app.selectbox(key="run").select(finished.id).run()
    else:
        app.switch_page("pages/data.py").run()
        del app.query_params["epoch"]
        app.switch_page("pages/train.py").run()
    assert (film(app)["run"], film(app)["epoch"], mark(app)) == (finished.id, 3, 3)


def test_stop_and_resume_from_the_page(open_train, registry, tiny_run):
    run = tiny_run("ae", epochs=300)
    wait_for_step(registry, run, 8)
    app = open_train()
    app.button(key="stop").click().run()
    wait_for(registry, run, STOPPED)
    app.run()
    app.button(key="resume").click().run()
    assert registry.get(run.id).active


def test_what_failed_is_said_plainly(open_train, registry):
    run = start(registry, tiny_recipe("ae"), source="no/such/place")
    wait_for(registry, run, FAILED)
    app = open_train()
    assert "no/such/place" in app.warning[0].value
    assert app.button(key="resume")


def test_duplicate_fills_the_form(open_train, finished):
    app = open_train()
    app.button(key="duplicate").click().run()
    assert app.number_input(key="new_vae_epochs").value == 3
    assert app.number_input(key="new_limit").value == 64
    assert app.multiselect(key="new_vae_priors").value == ["gaussian"]


def test_a_run_of_no_named_recipe_is_duplicated_as_its_familys(open_train, registry):
    recipe = replace(tiny_recipe("ae"), name="study-ae", latent_dim=7)
    registry.add(Run(id="study-ae-1", name="study-ae", recipe=recipe.to_dict(), state=STOPPED))
    app = open_train()
    app.button(key="duplicate").click().run()
    assert not app.exception
    assert app.selectbox(key="recipe").value == "ae"
    assert app.number_input(key="new_ae_latent_dim").value == 7


def test_a_run_beyond_what_the_form_lets_one_choose_is_duplicated_as_far_as_it_goes(
    open_train, registry
):
    recipe = replace(tiny_recipe("vae"), latent_dim=5000, epochs=9)
    loading = {"image_size": 100}
    run = Run(id="vae-long", name="long", recipe=recipe.to_dict(), loading=loading, state=STOPPED)
    registry.add(run)
    app = open_train()
    app.button(key="duplicate").click().run()
    assert not app.exception
    assert app.number_input(key="new_vae_latent_dim").value == 4096
    assert app.number_input(key="new_vae_epochs").value == 9
    assert app.selectbox(key="new_size").value == 0


def test_a_recipe_of_another_version_is_told_and_not_duplicated(open_train, registry):
    recipe = tiny_recipe("vae").to_dict() | {"momentum": 0.9}
    registry.add(Run(id="vae-later", name="later", recipe=recipe, state=STOPPED))
    app = open_train()
    app.button(key="duplicate").click().run()
    assert not app.exception
    assert "unknown fields momentum" in app.error[0].value
    assert app.number_input(key="new_vae_width").value == RECIPES["vae"].width


def test_delete_does_nothing_before_it_has_asked(open_train, registry, finished):
    app = open_train()
    app.button(key="delete").click().run()
    assert not app.exception
    assert [run.id for run in registry.all()] == [finished.id]


@pytest.mark.parametrize("name", ["promote", "rename"])
def test_a_dialog_stays_while_the_page_is_drawn_anew_and_no_longer(
    open_train, registry, finished, name
):
    app = open_train()
    app.button(key=name).click().run()
    assert len(app.get("dialog")) == 1
    app.run()
    assert len(app.get("dialog")) == 1
    app.session_state[ASKED] = (name.capitalize(), "a run that is gone")
    app.run()
    assert len(app.get("dialog")) == 0
    assert ASKED not in app.session_state


def test_a_prior_chosen_on_another_page_does_not_reach_the_form(
    open_app, tiny_checkpoints, registry
):
    app = open_app(tiny_checkpoints)
    app.selectbox(key="vae_prior").select("standard normal").run()
    app.switch_page("pages/train.py").run()
    assert not app.exception
    assert app.selectbox(key="new_vae_prior").value == RECIPES["vae"].prior


def test_a_link_fills_the_form_and_nonsense_in_it_is_passed_over(open_train):
    app = open_train(
        new_limit="-5",
        new_size="7",
        new_seed="x",
        new_vae_epochs="many",
        new_vae_shuffle="false",
        new_vae_width="4",
        new_vae_learning_rate="nan",
        new_vae_precision="fp8",
        epoch="99999999999999999999²",
        ticked=",,nobody",
        run="nobody",
    )
    assert app.number_input(key="new_vae_width").value == 4
    assert app.toggle(key="new_vae_shuffle").value is False
    assert app.number_input(key="new_vae_epochs").value == RECIPES["vae"].epochs
    assert app.selectbox(key="new_vae_precision").value == "auto"
    assert app.selectbox(key="new_size").value == 0


def test_a_link_cannot_ask_for_a_network_that_no_memory_holds(open_train):
    asked = {f"new_gan_{field}": str(most + 1) for field, most in LARGEST.items()}
    app = open_train(recipe="gan", **asked)
    shown = {field: app.number_input(key=f"new_gan_{field}").value for field in LARGEST}
    assert shown == {field: getattr(RECIPES["gan"], field) for field in LARGEST}


def test_runs_that_cannot_be_kept_are_a_plain_error(open_app, tiny_checkpoints, monkeypatch):
    monkeypatch.setenv("BALLGEN_RUNS", str(tiny_checkpoints / "ae" / "recipe.json"))
    app = open_app(tiny_checkpoints)
    app.switch_page("pages/train.py").run()
    assert not app.exception
    assert "set BALLGEN_RUNS to a folder" in app.error[0].value


def test_a_page_without_runs_waits_for_no_registry_and_makes_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BALLGEN_RUNS", str(tmp_path / "runs"))
    code = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app.py', default_timeout=60).run()\n"
        "assert not app.exception and app.title[0].value == 'Compare'\n"
        "assert 'sqlmodel' not in sys.modules\n"
    )
    told = python("-c", code)
    assert told.returncode == 0, told.stderr
    assert not (tmp_path / "runs").exists()


def test_the_line_in_the_side_bar_needs_no_torch(tmp_path, monkeypatch):
    monkeypatch.setenv("BALLGEN_RUNS", str(tmp_path / "runs"))
    Registry()
    code = (
        "import sys\n"
        "from ballgen.ui.train.line import show_line\n"
        "show_line()\n"
        "assert 'torch' not in sys.modules\n"
    )
    told = python("-c", code)
    assert told.returncode == 0, told.stderr
