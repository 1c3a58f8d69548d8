from __future__ import annotations

import contextlib
import sqlite3

import pytest

from ballgen.errors import InputError
from ballgen.runs.registry import QUEUED, STOPPED, Registry, Run
from ballgen.util.paths import REGISTRY


def test_a_damaged_list_is_said_and_left_as_it_is(tmp_path):
    damaged = b"not a database " * 500
    (tmp_path / REGISTRY).write_bytes(damaged)
    with pytest.raises(InputError, match=r"registry\.sqlite is damaged .*move it away"):
        Registry(tmp_path)
    assert (tmp_path / REGISTRY).read_bytes() == damaged
    (tmp_path / REGISTRY).rename(tmp_path / "away")
    assert Registry(tmp_path).all() == []


def test_damage_that_only_reading_finds_is_said_as_well(tmp_path):
    registry = Registry(tmp_path)
    for number in range(200):
        registry.add(Run(id=f"ae-{number}", name="ae", recipe={"summary": "long " * 100}))
    with contextlib.closing(sqlite3.connect(tmp_path / REGISTRY)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    head = (tmp_path / REGISTRY).read_bytes()[:8192]
    (tmp_path / REGISTRY).write_bytes(head + b"x" * 200_000)
    damaged = r"registry\.sqlite is damaged .*move it away"
    for use in (
        registry.all,
        lambda: registry.get("ae-7"),
        lambda: registry.add(Run(id="new", name="new", recipe={})),
    ):
        with pytest.raises(InputError, match=damaged):
            use()


def test_a_list_of_another_version_is_said_and_left_as_it_is(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / REGISTRY)) as connection:
        connection.execute("CREATE TABLE run (id VARCHAR PRIMARY KEY, wish VARCHAR)")
    with pytest.raises(InputError, match=r"registry\.sqlite .* another version .*: move it away"):
        Registry(tmp_path).all()


def test_a_run_that_was_just_resumed_is_not_struck_off(tmp_path):
    registry = Registry(tmp_path)
    run = registry.add(Run(id="ae-1", name="ae", recipe={}))
    registry.change(run, state=STOPPED)
    seen = registry.get(run.id)
    registry.change(run, state=QUEUED)
    assert not registry.remove(seen)
    registry.change(run, state=STOPPED)
    assert registry.remove(seen)
    assert not registry.all()


def test_pages_read_while_a_worker_writes(tmp_path):
    registry = Registry(tmp_path)
    registry.add(Run(id="ae-1", name="ae", recipe={}))
    with contextlib.closing(sqlite3.connect(tmp_path / REGISTRY, isolation_level=None)) as worker:
        worker.execute("BEGIN EXCLUSIVE")
        worker.execute("UPDATE run SET name = 'changed'")
        assert [run.name for run in registry.all()] == ["ae"]
        worker.execute("COMMIT")
    assert [run.name for run in registry.all()] == ["changed"]


def test_where_the_folder_was_moved_away_a_new_list_begins(tmp_path):
    folder = tmp_path / "runs"
    Registry(folder).add(Run(id="ae-1", name="ae", recipe={}))
    folder.rename(tmp_path / "away")
    Registry(folder).add(Run(id="ae-2", name="ae", recipe={}))
    assert [run.id for run in Registry(folder).all()] == ["ae-2"]
    with contextlib.closing(sqlite3.connect(folder / REGISTRY)) as other_process:
        assert other_process.execute("SELECT id FROM run").fetchall() == [("ae-2",)]
