from __future__ import annotations

import csv
import json
from statistics import mean, stdev

import pytest
from streamlit.testing.v1 import AppTest

from ballgen.ui.theme import family_colour
from ballgen.ui.why import study
from ballgen.ui.why.study import points, read_hypotheses, read_table
from tests.helpers.reading import said

pytestmark = pytest.mark.slow  # minutes, or processes of their own

HYPOTHESES = read_hypotheses()
AXES = {axis.column: axis for hypothesis in HYPOTHESES for axis in hypothesis.axes}
VALUES = {
    "width": [3, 6, 12, 24, 48],
    "images": [500, 1000, 2000, 5000, 20_000],
    "classes": [4, 6, 8, 10, 12],
    "latent_dim": [2, 4, 8, 16, 32, 64, 128],
    "sigma": ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "learned"],
    "epochs": [4, 8, 16, 32, 64],
}


@pytest.fixture
def open_study(open_app, put_first, tiny_checkpoints):
    """open_study(**query) -> the Why page, as the one that opens first."""
    put_first("why")
    return lambda **query: open_app(tiny_checkpoints, **query)


def charts(app: AppTest) -> dict[str, dict]:
    """The study's charts by key."""
    found = {}
    for chart in app.get("plotly_chart"):
        if "tested-" in chart.proto.id:
            key = "tested-" + chart.proto.id.split("tested-")[1]
            found[key] = json.loads(chart.proto.spec)
    return found


def line(chart: dict, name: str) -> dict:
    (trace,) = (trace for trace in chart["data"] if trace["name"] == name)
    return trace


@pytest.mark.parametrize("column", AXES)
def test_an_axis_has_all_its_values_and_meets_the_others_in_the_middle(column):
    table, axis = read_table(), AXES[column]
    for family in axis.families:
        found = points(table, axis, family)
        assert found.index.tolist() == VALUES[column]
        middle = found["kid_normal"].loc[study.MIDDLE[column]]
        assert middle["mean"] == pytest.approx({"ae": 1404, "vae": 2321}[family], abs=1)
        assert middle["std"] == pytest.approx({"ae": 200, "vae": 131}[family], abs=1)


def test_the_page_has_the_outcomes_and_where_they_were_measured(open_study):
    app = open_study()
    text, questions = said(app), [subheader.value for subheader in app.subheader]
    for hypothesis in HYPOTHESES:
        assert hypothesis.question in questions and hypothesis.outcome in text
    assert "measured on drawn balls: 156 short runs of small plain models" in text


def test_curves_are_the_means_of_the_runs_with_their_scatter(open_study):
    shown = charts(open_study())
    assert set(shown) == {"tested-width-ae-KID", "tested-width-vae-KID"}
    with (study.STUDY / "study.csv").open() as file:
        kids = [
            1000 * float(row["kid_normal"])
            for row in csv.DictReader(file)
            if (row["family"], row["width"]) == ("vae", "48")
        ]
    normal = line(shown["tested-width-vae-KID"], "N(0, I)")
    assert len(kids) == 3
    assert normal["x"] == VALUES["width"]
    assert normal["y"][-1] == pytest.approx(mean(kids))
    assert normal["error_y"]["array"][-1] == pytest.approx(stdev(kids))
    assert normal["customdata"][-1] == "1,715 ± 95.9"
    for family in ("ae", "vae"):
        flow = line(shown[f"tested-width-{family}-KID"], "fitted prior")
        assert flow["line"]["color"] == family_colour(family)


def test_the_table_behind_a_curve_is_its_points(open_study):
    ae, vae = (table.value for table in open_study(width_table="true").dataframe)
    assert ae["KID × 1000, N(0, I)"].to_list()[2] == "1,404 ± 200"
    assert vae["fitted prior"].to_list()[2] == "363 ± 11.2"
    assert ae.index.to_list() == VALUES["width"]
    assert "KL (nats)" in vae.columns and "KL (nats)" not in ae.columns


def test_another_hypothesis_shows_other_curves_and_the_link_says_so(open_study):
    app = open_study()
    app.segmented_control(key="tested").set_value("Regularisation, training").run()
    assert not app.exception
    shown = charts(app)
    assert set(shown) == {
        "tested-sigma-vae-KID",
        "tested-sigma-vae-error",
        "tested-epochs-ae-KID",
        "tested-epochs-vae-KID",
    }
    trade = shown["tested-sigma-vae-error"]
    assert line(trade, "fixed σ")["text"] == VALUES["sigma"][:-1]
    learned = line(trade, "σ learned")
    assert learned["customdata"] == [["108 ± 0.84", "14.7 ± 0.45"]]
    again = open_study(tested="Data")
    assert {key.split("-")[1] for key in charts(again)} == {"images", "classes"}


def test_without_the_study_the_section_stays_away(open_study, monkeypatch, tmp_path):
    monkeypatch.setattr(study, "STUDY", tmp_path / "none")
    app = open_study()
    assert "Four hypotheses, tested" not in said(app) and not charts(app)
    assert app.header[0].value.startswith("1 ·")
