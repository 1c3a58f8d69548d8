"""`python -m studies.four_hypotheses`, as people use it."""

from __future__ import annotations

from subprocess import CompletedProcess

import pytest

from studies.four_hypotheses.design import STUDY
from studies.four_hypotheses.report import report
from studies.four_hypotheses.table import append_row, read_table, rows_of
from tests.helpers.commands import python
from tests.helpers.made import made_rows


def study(*arguments: str) -> CompletedProcess:
    return python("-m", "studies.four_hypotheses", *arguments)


@pytest.fixture
def filled(table):
    """A table with the first seed of one guess."""
    for row in made_rows(1, "size"):
        append_row(table, row)
    return table


def test_the_plan_lists_what_is_missing(filled, registry):
    done = study("--plan", "--only", "size", "--seeds", "2")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "20 runs, of which 10 have their row."
    assert len(lines) == 11
    assert registry.all() == []


def test_the_report_is_that_of_the_rows(filled):
    done = study("--report")
    assert done.stdout == report(rows_of(STUDY, read_table(filled)), STUDY) + "\n"
    assert "**No.** At the middle" in done.stdout


def test_bad_input_is_one_line_and_status_2(filled):
    filled.write_text(filled.read_text() + "broken\n")
    for arguments, words in (
        (("--report",), "line 12 of"),
        (("--only", "luck"), "invalid choice: 'luck'"),
        (("--seeds", "0"), "at least 1"),
        (("--plan", "--report"), "not allowed with"),
    ):
        done = study(*arguments)
        assert done.returncode == 2
        assert words in done.stderr and len(done.stderr.splitlines()) == 1
