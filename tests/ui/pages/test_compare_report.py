"""The button Report: the models of the page, and its seed."""

from __future__ import annotations

import pytest

from ballgen.errors import InputError
from ballgen.report import making
from ballgen.report.contents import Report
from ballgen.ui.widgets import made_files

pytestmark = pytest.mark.slow  # minutes, or processes of their own


@pytest.fixture
def asked(monkeypatch) -> list:
    """What reports would be made of; none is, for tests/report does."""
    asked = []

    def make_report(models, images, seed, on_step):
        on_step(0.5, "sampling")
        asked.append(([name for name, _ in models], images.digest, seed))
        if seed == 13:
            raise InputError("this one *fails*")
        return Report("t", (), (), ())

    monkeypatch.setattr(making, "make_report", make_report)
    made_files._made.clear()
    return asked


def saves(app) -> bool:
    """Whether there is a button that saves the report."""
    return any(one.label == "Save the report" for one in app.get("download_button"))


def test_the_report_is_of_the_models_and_the_seed_of_the_page(
    open_app, tiny_checkpoints, asked, balls_digest
):
    app = open_app(tiny_checkpoints, seed="4", models="vae")
    assert not saves(app)
    app.button(key="report").click().run()
    assert not app.exception
    assert asked == [(["vae"], balls_digest, 4)]
    assert saves(app)
    app.number_input(key="seed").set_value(5).run()
    assert not saves(app)  # one of another seed is not there yet
    app.number_input(key="seed").set_value(4).run()
    assert saves(app) and len(asked) == 1


def test_a_report_that_cannot_be_made_says_why(open_app, tiny_checkpoints, asked):
    app = open_app(tiny_checkpoints, seed="13")
    app.button(key="report").click().run()
    assert not app.exception
    assert "this one \\*fails\\*" in [warning.value for warning in app.warning]
    assert not saves(app)


@pytest.fixture
def balls_digest(tiny_checkpoints) -> str:
    from ballgen.checkpoint.folder import read_record

    return read_record(tiny_checkpoints / "vae")["data"]["test_digest"]
