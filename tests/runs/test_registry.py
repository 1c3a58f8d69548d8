from __future__ import annotations

import sqlite3

import pytest

from ballgen.errors import InputError
from ballgen.runs.place import FILE
from ballgen.runs.registry import Registry, Run


def test_a_damaged_list_is_said_and_left_as_it_is(tmp_path):
    damaged = b"not a database " * 500
    (tmp_path / FILE).write_bytes(damaged)
    with pytest.raises(InputError, match=r"registry\.sqlite is damaged .*move it away"):
        Registry(tmp_path)
    assert (tmp_path / FILE).read_bytes() == damaged
    (tmp_path / FILE).rename(tmp_path / "away")
    assert Registry(tmp_path).all() == []


def test_pages_read_while_a_worker_writes(tmp_path):
    Registry(tmp_path).add(Run(id="ae-1", name="ae", recipe={}))
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
