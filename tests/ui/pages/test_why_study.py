from __future__ import annotations

import json

import numpy as np
import pytest

from ballgen.report.histogram import distance_histogram, distance_shares
from ballgen.ui.why import training
from tests.helpers.reading import said


@pytest.mark.slow
def test_the_plot_and_its_table_stand_in_their_tab(open_app, put_first, trained):
    put_first("why")
    app = open_app(trained, tab="Would other training help?", study_table="true")
    assert "What other training brought, on drawn balls" in [one.value for one in app.subheader]
    assert "156 short runs of other, smaller models" in said(app)
    (chart,) = (json.loads(one.proto.spec) for one in app.get("vega_lite_chart"))
    assert [layer["mark"]["type"] for layer in chart["layer"]] == ["rule", "point", "text"]
    (table,) = (one.value for one in app.table if one.value.columns[0] == "Factor")
    row = table[table["Family"] == "VAE"].set_index("Factor").loc["Length of training (epochs)"]
    assert (row["Default"], row["Best"], row["KID × 1000 of N(0, I)"]) == ("16", "64", "2,321")
    assert row["Share of a fitted prior's gain"] == "47% ± 9.0%"
    assert len(table) == 11


@pytest.mark.slow
def test_without_the_study_its_plot_stays_away(open_app, put_first, trained, monkeypatch, tmp_path):
    monkeypatch.setattr(training, "GAINS", tmp_path / "none")
    put_first("why")
    app = open_app(trained, tab="Would other training help?")
    assert not app.exception and "on drawn balls" not in said(app)


def test_a_histogram_holds_all_codes_and_its_ends():
    held_out, normal = np.array([0.8, 1.0, 1.0, 1.2]), np.array([3.0, 4.0, 5.0, 0.001])
    edges, shares = distance_shares([held_out, normal])
    assert [share.max() for share in shares] == [1, 1]
    assert edges[0] < 0.1 and edges[-1] > 5  # one code is nearer than it counts
    sides = {"held-out": ("#888888", held_out), "<b>": ("#cc79a7", normal)}
    chart = distance_histogram(sides, 1.2, 'the "alt"')
    assert chart.count("clip-path") == 2 and "1px dashed" in chart
    assert "&lt;b&gt;" in chart and 'aria-label="the &quot;alt&quot;"' in chart
    assert "1px dashed" not in distance_histogram(sides, 99.0, "alt")
