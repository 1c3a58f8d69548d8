from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ballgen.ui import shell
from ballgen.ui.theme import family_colour
from studies.four_hypotheses.design import AXES, GUESSES, STUDY
from studies.four_hypotheses.findings import points
from studies.four_hypotheses.report import axis_table, paragraph
from studies.four_hypotheses.table import append_row
from tests.helpers.made import made_rows
from tests.helpers.reading import said

AXIS = {axis.field: axis for axis in AXES}


@pytest.fixture
def open_study(open_app, tiny_checkpoints, tmp_path, monkeypatch):
    """open_study(rows, **query) -> the Why page on a table of these rows."""
    (why,) = (entry for entry in shell.ENTRIES if entry.name == "why")
    monkeypatch.setattr(
        shell, "ENTRIES", (why, *(entry for entry in shell.ENTRIES if entry is not why))
    )
    table = tmp_path / "study.csv"
    monkeypatch.setenv("BALLGEN_STUDY", str(table))

    def open_study(rows, **query: str) -> AppTest:
        for row in rows:
            append_row(table, row)
        return open_app(tiny_checkpoints, **query)

    return open_study


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


def test_without_a_row_it_teaches_the_command(open_study):
    app = open_study([])
    assert "python -m studies.four_hypotheses --plan" in said(app)
    assert f"its {len(STUDY.trials(3))} short trainings" in said(app)
    assert not charts(app)


def test_every_guess_has_the_paragraph_of_its_rows(open_study):
    rows = made_rows(2, change=lambda t: {"kid_normal": 0.3} if t.setting.latent_dim == 4 else {})
    app = open_study(rows)
    text = said(app)
    for guess in GUESSES:
        assert paragraph(rows, STUDY, guess) in text
    assert f"{len(rows)} of {len(STUDY.trials(3))} runs stand in the table" in text


def test_curves_are_the_points_with_their_scatter_and_seeds(open_study):
    rows = made_rows(3, "size", lambda t: {"kid_normal": 1 + t.setting.width + 0.1 * t.seed})
    app = open_study(rows)
    shown = charts(app)
    assert set(shown) == {"tested-width-ae-KID", "tested-width-vae-KID"}
    found = points(rows, STUDY, AXIS["width"], "vae", "kid_normal")
    normal = line(shown["tested-width-vae-KID"], "N(0, I)")
    assert normal["x"] == [3, 6, 12, 24, 48]
    assert normal["y"] == pytest.approx([1000 * one.mean for one in found])
    assert normal["error_y"]["array"] == pytest.approx([100.0] * 5)
    assert normal["customdata"][0] == "3: 4,100 ± 100, seeds: 3"
    for family in ("ae", "vae"):
        flow = line(shown[f"tested-width-{family}-KID"], "fitted prior")
        assert flow["line"]["color"] == family_colour(family)
    # Below both charts, and in the four paragraphs: each guess has the middle's rows.
    assert said(app).count("Seeds behind each point: 3.") == 2 + len(GUESSES)


def test_the_table_behind_a_curve_is_its_points(open_study):
    rows = made_rows(1, "size")
    ae, vae = (table.value for table in open_study(rows, width_table="true").dataframe)
    header, *lines = axis_table(rows, STUDY, AXIS["width"], "ae")
    assert list(ae.columns) == header
    assert ae.to_numpy().tolist() == lines
    assert "KL (nats)" in vae.columns


def test_another_guess_shows_other_curves_and_the_link_says_so(open_study):
    app = open_study(made_rows(1))
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
    assert line(trade, "fixed σ")["text"] == ["1", "0.5", "0.2", "0.1", "0.05", "0.02"]
    assert line(trade, "σ learned")["x"] == [60.0] and line(trade, "σ learned")["y"] == [21.0]
    again = open_study([], tested="Data")
    assert {key.split("-")[1] for key in charts(again)} == {"images", "classes"}


def test_a_damaged_table_is_told_and_the_page_stands(open_study, tmp_path):
    Path(tmp_path / "study.csv").write_text("no,table\n1,2\n")
    app = open_study([])
    assert "other columns" in said(app)
    assert app.header[0].value.startswith("1 ·")
