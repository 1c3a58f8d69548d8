from __future__ import annotations

from dataclasses import replace

import pytest

from ballgen.errors import InputError
from studies.four_hypotheses.design import STUDY
from studies.four_hypotheses.table import append_row, read_table, rows_of, table_path
from tests.helpers.made import TINY, made_row

TRIALS = STUDY.trials(1)


def filled(table, count=3):
    rows = [made_row(trial, kid_normal=0.1 + i) for i, trial in enumerate(TRIALS[:count])]
    for row in rows:
        append_row(table, row)
    return rows


def test_rows_come_back_as_they_went(table):
    assert table_path() == table and read_table(table) == []
    learned, fixed = (
        made_row(TRIALS[1]),
        made_row(TRIALS[1]._replace(setting=replace(TRIALS[1].setting, sigma=0.05), seed=2)),
    )
    append_row(table, learned)
    append_row(table, fixed)
    assert read_table(table) == [learned, fixed]
    assert [path.name for path in table.parent.iterdir()] == [table.name]


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_a_half_written_last_line_is_no_row_and_gives_way_to_the_next(table, cut):
    rows = filled(table)
    table.write_bytes(table.read_bytes()[:-cut])
    assert read_table(table) == rows[:2]
    append_row(table, rows[2])
    assert read_table(table) == rows


def test_a_damaged_line_is_named_and_nothing_is_written_to_it(table):
    filled(table)
    lines = table.read_text().splitlines()
    for damage in ("nonsense", lines[2].replace("1.1", "nan"), lines[2].replace(",1.1,", ",,")):
        damaged = "\n".join([*lines[:2], damage, lines[3], ""])
        table.write_text(damaged)
        with pytest.raises(InputError, match=r"line 3 of .*study\.csv"):
            read_table(table)
        with pytest.raises(InputError, match="line 3"):
            append_row(table, made_row(TRIALS[0]))
        assert table.read_text() == damaged


def test_another_table_is_not_taken_for_it(table):
    table.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="other columns"):
        read_table(table)


def test_rows_of_another_design_and_older_ones_are_left_out():
    old, new = made_row(TRIALS[0], kid_normal=1.0), made_row(TRIALS[0], kid_normal=2.0)
    other = made_row(TRIALS[1], TINY)
    assert rows_of(STUDY, [old, other, new]) == [new]
