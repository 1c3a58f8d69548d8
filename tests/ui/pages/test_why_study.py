from __future__ import annotations

import re

import numpy as np
import pytest

from ballgen.ui.why import charts, study
from ballgen.ui.why.charts import Dot, dot_plot
from tests.helpers.reading import said


def test_a_dot_lies_where_its_share_is_with_whiskers_inside_the_plot():
    chart = dot_plot({"Epochs": ("64", [Dot(0.25, 0.4, "#0072b2", True, "AE: 25%")])}, 'the "alt"')
    assert 'title="AE: 25%" style="position:absolute;top:0.9rem;left:25.0%' in chart
    assert "left:0.0%;width:65.0%;border-top" in chart
    assert 'aria-label="the &quot;alt&quot;"' in chart and "<b>Epochs</b><br>64" in chart


def test_a_factor_is_told_by_its_best_value():
    found = study.gain(study.read_table(), "epochs", "vae")
    assert (found.best, found.usual) == ("64", "16")
    assert found.share == pytest.approx(0.47, abs=0.01) and 0 < found.spread < found.share
    nothing = study.gain(study.read_table(), "latent_dim", "ae")
    assert nothing.share == pytest.approx(0, abs=0.1)


@pytest.mark.slow
def test_the_plot_and_its_table_stand_in_their_tab(open_app, put_first, trained):
    put_first("why")
    app = open_app(trained, tab="Would other training help?", study_table="true")
    assert "156 short runs of small plain models on drawn balls" in said(app)
    (chart,) = (one.proto.body for one in app.get("html") if "grid-template" in one.proto.body)
    assert "VAE: 47%" in chart and "AE: 100%" in chart
    assert re.search(r"<b>Epochs</b><br>AE: 64, VAE: 64 \(usual 16\)", chart)
    (table,) = (one.value for one in app.table if one.value.columns[0] == "Factor")
    rows = table[table["Family"] == "VAE"].set_index("Factor")
    assert rows["KID × 1000 of N(0, I)"]["Epochs"] == "2,321"
    assert len(table) == 11


@pytest.mark.slow
def test_without_the_study_its_plot_stays_away(open_app, put_first, trained, monkeypatch, tmp_path):
    monkeypatch.setattr(study, "STUDY", tmp_path / "none")
    put_first("why")
    app = open_app(trained, tab="Would other training help?")
    assert not app.exception and "on drawn balls" not in said(app)


def test_a_histogram_holds_all_codes_and_its_ends():
    held_out, normal = np.array([0.8, 1.0, 1.0, 1.2]), np.array([3.0, 4.0, 5.0, 0.001])
    edges, shares = charts.histogram_shares(held_out, normal)
    assert [share.sum() for share in shares] == [1, 1]
    assert edges[0] < 0.1 and edges[-1] > 5  # one code is nearer than it counts
    chart = charts.distance_histogram(held_out, normal, 1.2, "alt")
    assert chart.count("clip-path") == 2 and "1px dashed" in chart
    assert "1px dashed" not in charts.distance_histogram(held_out, held_out, 99.0, "alt")
