from __future__ import annotations

import base64
import json
import shutil

import numpy as np
import pyarrow as pa
import pytest
from sklearn.decomposition import PCA

from ballgen.checkpoint.folder import read_record, read_scores
from ballgen.runs.folder import RunFolder
from ballgen.runs.frames import read_fixed_images, read_frame
from ballgen.runs.registry import Run
from ballgen.ui.train.data import _open
from ballgen.util.palette import COLOURS

pytestmark = pytest.mark.slow  # minutes, or processes of their own


def film(app) -> dict:
    """What was sent to the browser of the run's epochs."""
    return json.loads(app.get_by_key("film").proto.json)


def test_the_film_holds_what_the_run_kept_of_every_epoch(open_train, registry, finished):
    sent, folder = film(open_train()), RunFolder(registry.folder, finished)
    assert (sent["run"], sent["epoch"]) == (finished.id, None)  # the newest
    assert [frame["epoch"] for frame in sent["frames"]] == [1, 2, 3]
    for frame in sent["frames"]:
        kept = read_frame(folder.frames, frame["epoch"])
        assert base64.b64decode(frame["samples"]) == kept.samples
        assert base64.b64decode(frame["reconstructions"]) == kept.reconstructions
    assert len({frame["samples"] for frame in sent["frames"]}) == 3
    fixed = read_fixed_images(folder.frames)
    assert base64.b64decode(sent["originals"]) == fixed.originals
    assert [sent["classes"][label]["name"] for label in sent["labels"]] == list(fixed.classes)
    assert sent["losses"] == [[row["epoch"], row["loss"]] for row in folder.history()]


def test_the_map_is_the_newest_epochs_plane_in_every_frame(open_train, registry, finished):
    sent, folder = film(open_train()), RunFolder(registry.folder, finished)
    newest = read_frame(folder.frames, 3).codes
    told = PCA(2).fit(newest)
    for frame in sent["frames"]:
        places = told.transform(read_frame(folder.frames, frame["epoch"]).codes)
        shown = np.array(frame["coordinates"])
        assert abs(np.corrcoef(places[:, 0], shown[:, 0])[0, 1]) > 0.999
        assert np.abs(shown).max(0) == pytest.approx(np.abs(places).max(0), abs=0.01)
    left, bottom, right, top = sent["corners"]
    every = np.concatenate([frame["coordinates"] for frame in sent["frames"]])
    assert (left, bottom) == pytest.approx(every.min(0), abs=0.001)
    assert (right, top) == pytest.approx(every.max(0), abs=0.001)


def test_large_images_make_a_film_of_fewer_epochs(open_train, monkeypatch, finished):
    whole = film(open_train())["frames"]
    one = len(base64.b64decode(whole[0]["samples"] + whole[0]["reconstructions"]))
    monkeypatch.setattr("ballgen.ui.train.data.MAX_FILM_BYTES", int(1.6 * one))
    monkeypatch.setattr("ballgen.ui.train.data._open", _open.__wrapped__)
    assert [frame["epoch"] for frame in film(open_train())["frames"]] == [1, 3]


def test_curves_and_map_follow_the_link_and_stand_in_tables(open_train, registry, finished):
    tables = {"curves_table": "true", "map_table": "true"}
    app = open_train(**tables)

    def table(*columns: str):
        return next(t.value for t in app.dataframe if {*columns} <= {*t.value.columns})

    shown = table("epoch", "loss").to_dict("records")
    known = [{k: v for k, v in row.items() if v == v} for row in shown]  # a NaN where it has none
    assert known == RunFolder(registry.folder, finished).history()
    assert table("Epochs", "Planned")[["Epochs", "Planned"]].values.tolist()[0] == [3, 3]
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
    other = finished.model_dump() | {"id": "vae-newer", "created_at": finished.created_at + 1}
    registry.add(Run(**other))
    app = open_train(run=finished.id, epoch="2")
    assert app.selectbox(key="run").value == finished.id
    assert (film(app)["run"], film(app)["epoch"]) == (finished.id, 2)


@pytest.mark.parametrize("by_way_of", ["another run", "another page"])
def test_a_run_comes_back_where_the_link_says(open_train, registry, finished, by_way_of):
    other = finished.model_dump() | {"id": "vae-newer", "created_at": finished.created_at + 1}
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
    assert (film(app)["run"], film(app)["epoch"], mark(app)) == (finished.id, None, 3)


def test_a_run_and_a_shipped_model_stand_in_one_table_and_lie_over_each_other(
    open_train, finished, tiny_checkpoints
):
    vae = read_record(tiny_checkpoints / "vae")
    app = open_train(ticked=f"{finished.id},{vae['digest'][:12]}")
    (table,) = (one.value for one in app.dataframe if "State" in one.value)
    assert table["State"].tolist() == ["finished", *3 * ["checkpoint"]]
    scores = read_scores(tiny_checkpoints / "vae")
    row = table[(table["Name"] == "vae") & (table["State"] == "checkpoint")].iloc[0]
    assert row["KID × 1000"] == 1000 * scores["kid"] and row["Features"] == scores["features"]
    assert row["Epochs"] == vae["epochs"] and row["Trained (s)"] == vae["seconds"]
    names = [f"{finished.name} ({finished.id})", "vae (checkpoint)"]
    assert any(
        all(name in element.proto.spec for name in names) for element in app.get("vega_lite_chart")
    )
