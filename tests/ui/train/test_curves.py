"""Training and validation in one chart per term, and the best epoch marked in it."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

OVERFITTING = [
    {"epoch": 1, "images": 20, "loss": 3.0, "kl": 1.0, "val_loss": 3.5, "val_kl": 1.1},
    {"epoch": 2, "images": 40, "loss": 2.0, "kl": 1.0, "val_loss": 3.0, "val_kl": 1.2},
    {"epoch": 3, "images": 60, "loss": 1.0, "kl": 1.0, "val_loss": 4.0, "val_kl": 1.3},
]
for row, best in zip(OVERFITTING, (1, 2, 2), strict=True):
    row["best_epoch"] = best
OLD = [{"epoch": 1, "loss": 3.0}, {"epoch": 2, "loss": 2.0}]
GAN = [{"epoch": epoch, "loss": 1.0, "generator": 0.5} for epoch in range(1, 7)]
GAN[4] |= {"val_kid": 0.2, "best_epoch": 5}
GAN[5] |= {"val_kid": 0.3, "best_epoch": 5}


def shown(
    epoch: int = 0, **histories: list[dict]
) -> tuple[dict[str, tuple[dict, pd.DataFrame]], list[str]]:
    """Each chart by its title's first word, as Vega-Lite's spec and its data; the captions."""

    def page(histories, epoch):
        from ballgen.ui.train.curves import show_curves

        show_curves(histories, "curves", ["#d55e00"] * len(histories), epoch)

    app = AppTest.from_function(page, args=(histories, epoch), default_timeout=60).run()
    assert not app.exception
    charts = {}
    for element in app.get("vega_lite_chart"):
        spec = json.loads(element.proto.spec)
        tables = [pa.ipc.open_stream(d.data.data).read_pandas() for d in element.proto.datasets]
        data = next(table for table in tables if "value" in table)
        charts[spec["title"].split()[0].strip(",")] = spec, data
    return charts, [caption.value for caption in app.caption]


def marked(data: pd.DataFrame) -> list[tuple]:
    return list(data[data["best"]][["run", "epoch", "images"]].itertuples(index=False, name=None))


def layers(spec: dict) -> list[str]:
    return [layer["mark"]["type"] for layer in spec["layer"]]


def test_both_lines_of_a_term_share_its_chart_and_the_best_epoch_is_marked():
    charts, captions = shown(mine=OVERFITTING)
    assert list(charts) == ["loss", "kl"]
    spec, data = charts["loss"]
    values = {images: list(rows["value"]) for images, rows in data.groupby("images")}
    assert values == {"training": [3, 2, 1], "validation": [3.5, 3, 4]}
    assert marked(data) == [("mine", 2, "validation")]
    lines = [layer for layer in spec["layer"] if layer["mark"].get("type") == "line"]
    (of_training, training), (of_validation, validation) = (
        (line["transform"][0]["filter"], line["mark"]) for line in lines
    )
    assert "'training'" in of_training and "strokeDash" not in training
    assert "'validation'" in of_validation and "strokeDash" in validation
    (caption,) = captions
    assert "Dashed: validation" in caption and "2 of 3" in caption


@pytest.mark.parametrize("epochs", (2, 3))
def test_fine_tuning_does_not_count(epochs):
    fine_tuned = [dict(row) for row in OVERFITTING]
    for row in fine_tuned[epochs:]:
        del row["best_epoch"]
    _, (caption,) = shown(mine=fine_tuned)
    assert f"2 of {epochs}{', then fine-tuning' if epochs == 2 else ''}." in caption


def test_overlaid_runs_are_marked_each():
    charts, (caption,) = shown(mine=OVERFITTING, other=OVERFITTING[:1], old=OLD)
    spec, data = charts["loss"]
    assert marked(data) == [("mine", 2, "validation"), ("other", 1, "validation")]
    assert set(data["run"]) == {"mine", "other", "old"}
    assert "Thin: validation" in caption
    widths = [layer["mark"].get("strokeWidth") for layer in spec["layer"][:2]]
    assert widths == [None, 1]


def test_a_gans_kid_has_a_chart_of_its_own():
    charts, _ = shown(mine=GAN)
    assert list(charts) == ["generator", "kid"]  # the sum of opposed losses nobody minimises
    assert marked(charts["kid"][1]) == [("mine", 5, "validation")]
    assert not charts["generator"][1]["best"].any()
    assert layers(charts["generator"][0]) == ["line", "point"]  # none that has no data
    assert layers(charts["kid"][0]) == ["line", "point", "point"]


def test_histories_without_validation_look_as_before():
    charts, captions = shown(old=OLD)
    assert list(charts) == ["loss"] and not captions
    assert list(charts["loss"][1]["value"]) == [3, 2]
    assert layers(charts["loss"][0]) == ["line", "point"]


def test_a_short_run_begins_at_the_left_and_only_a_chosen_epoch_is_marked():
    for epoch, marks in ((0, []), (2, ["rule"])):
        charts, _ = shown(epoch, old=OLD)
        spec, _ = charts["loss"]
        assert layers(spec) == ["line", "point", *marks]
        for layer in spec["layer"]:
            assert layer["encoding"]["x"]["scale"]["zero"] is False


def test_a_log_scale_is_for_terms_that_are_positive():
    def page(history):
        from ballgen.ui.train.curves import show_curves

        show_curves({"one": history}, "curves", ["#d55e00"])

    falls_below_zero = [row | {"loss": row["loss"] - 2} for row in OVERFITTING]
    app = AppTest.from_function(page, args=(falls_below_zero,), default_timeout=60).run()
    for log in (False, True):
        app.toggle(key="curves_log").set_value(log).run()
        specs = [json.loads(element.proto.spec) for element in app.get("vega_lite_chart")]
        scales = {
            spec["title"].split()[0].strip(","): spec["layer"][0]["encoding"]["y"]["scale"]
            for spec in specs
        }
        assert scales["kl"] == ({"type": "log"} if log else {"zero": False})
        assert scales["loss"] == {"zero": False}


def test_the_legend_of_a_term_names_the_runs_that_have_it():
    charts, _ = shown(vae=OVERFITTING, gan=GAN)
    named = {term: chart[0]["layer"][0]["encoding"]["color"]["scale"]["domain"]
             for term, chart in charts.items()}  # fmt: skip
    assert named == {"loss": ["vae"], "kl": ["vae"], "generator": ["gan"], "kid": ["gan"]}
