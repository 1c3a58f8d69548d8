"""What runs there are, and in which state: one SQLite file for the pages, commands and workers.

Write-ahead logging lets all of them read while one writes. Whoever changes a state says from which
one, so that of two who try at once only one succeeds.
"""

import json
import re
import shlex
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Delete, Engine, TextClause, Update, delete, event, text, update
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlmodel import JSON, Column, Field, Session, SQLModel, create_engine

from ballgen.errors import InputError
from ballgen.util.files import DISK_FULL
from ballgen.util.paths import REGISTRY, RUNS_VARIABLE, runs_folder
from ballgen.util.settings import first_fault

LOCK_TIMEOUT_S = 30.0  # that a writer waits for another

QUEUED, RUNNING, STOPPED = "queued", "running", "stopped"
FINISHED, FAILED, LOST = "finished", "failed", "lost"
STATES = (QUEUED, RUNNING, STOPPED, FINISHED, FAILED, LOST)
ACTIVE = (QUEUED, RUNNING)  # there is a process behind it
RESUMABLE = (STOPPED, FAILED, LOST)
STOP = "stop"  # what may be requested of an active run
LAST_TIME = 2.0**35  # s since 1970: the year 3058, which every library can write as a date


class Run(SQLModel, table=True):
    """One run.

    id          also its folder's name
    name        what people call it
    recipe      `Recipe.to_dict()`
    loading     what `load_data` takes beside source, recipe and seed
    minutes     end by the clock; None trains the recipe's epochs
    save_every  s: so much training is lost at most
    message     one line on what became of it

    requested_action  "stop" until the worker has done it
    pid               of its worker, and in `process_created` when that process began
    *_at, *_created   s since 1970
    """

    # The dashboard's server loads this file again when somebody edits it.
    __table_args__ = {"extend_existing": True}

    # The bounds are those of a row that is read: a folder's name, and times that a date can hold.
    id: str = Field(primary_key=True, max_length=200)
    name: str
    recipe: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    source: str = "sportballs"
    loading: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    seed: int = Field(0, ge=0, lt=2**64)
    minutes: float | None = Field(None, gt=0, le=LAST_TIME)
    save_every: float = Field(30.0, ge=0, le=LAST_TIME)
    state: str = QUEUED
    requested_action: str = ""
    pid: int | None = Field(None, gt=0, lt=2**31)
    process_created: float | None = Field(None, ge=-LAST_TIME, le=LAST_TIME)
    message: str = ""
    created_at: float = Field(default_factory=time.time, ge=0, le=LAST_TIME)
    queued_at: float = Field(default_factory=time.time, ge=0, le=LAST_TIME)
    started_at: float | None = Field(None, ge=0, le=LAST_TIME)
    ended_at: float | None = Field(None, ge=0, le=LAST_TIME)

    @property
    def active(self) -> bool:
        """Whether it is, or says that it is, waiting or training."""
        return self.state in ACTIVE

    def setting(self, path: str) -> Any:
        """A setting of its recipe, which may be another version's; None if that has none."""
        value: Any = self.recipe
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return value

    @property
    def family(self) -> str:
        """Its recipe's family."""
        return str(self.setting("family"))


class Registry:
    """The runs of one folder. Raises `InputError` if it cannot be used.

    damaged  one line about each row that could not be read when all were read last
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or runs_folder()
        self.damaged: list[str] = []
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = self.folder / REGISTRY
            if not file.exists():
                file.touch()
            self._engine = _open(file, file.stat().st_ino)
        except (OSError, DatabaseError, sqlite3.Error) as error:
            raise self._unusable(error) from error

    @contextmanager
    def _session(self) -> Iterator[Session]:
        """Damage beyond the first page of the file shows only where it is read."""
        try:
            with Session(self._engine, expire_on_commit=False) as session:
                yield session
        except (OSError, DatabaseError, sqlite3.Error) as error:
            self._engine.dispose()  # a commit that failed must not come with the next one
            raise self._unusable(error) from error

    def _unusable(self, error: OSError | DatabaseError | sqlite3.Error) -> InputError:
        reason = getattr(error, "orig", error)
        foreign = "no such column" in str(reason)
        if getattr(error, "errno", None) in DISK_FULL or "disk is full" in str(reason):
            return InputError(
                f"{self.folder} has no room ({reason}): free space on its disk; what runs have "
                "saved is kept, and Resume goes on with it"
            )
        if isinstance(error, OSError | OperationalError | sqlite3.OperationalError) and not foreign:
            return InputError(
                f"{self.folder} cannot hold runs ({reason}): set {RUNS_VARIABLE} to another folder "
                "that you may write to"
            )
        return InputError(
            f"{self.folder / REGISTRY} is damaged or of another version of ballgen ({reason}): "
            "move it away, and a new list begins; the folders of runs beside it keep what they hold"
        )

    def all(self) -> list[Run]:
        """Every run, the newest first. Raises `InputError` if the registry cannot be read.

        A row that is damaged is left out, and told in `damaged`.
        """
        runs, self.damaged = [], []
        for row in self._rows():
            try:
                runs.append(self._run(row))
            except InputError as error:
                self.damaged.append(str(error))
        return sorted(runs, key=lambda run: run.created_at, reverse=True)

    def get(self, run_id: str) -> Run:
        """The run with this id. Raises `InputError` if there is none, or its row is damaged."""
        if run := self.look_up(run_id):
            return run
        raise InputError(f"no run {run_id!r} in {self.folder}: see `python -m ballgen runs list`")

    def look_up(self, run_id: str) -> Run | None:
        """The run with this id, if there is one. Raises `InputError` if its row is damaged."""
        rows = self._rows(run_id)
        return self._run(rows[0]) if rows else None

    def _rows(self, run_id: str | None = None) -> list[dict[str, Any]]:
        """What the file holds, whatever that is: SQLite takes any value in any column."""
        names = ", ".join(Run.model_fields)
        only, values = ("", {}) if run_id is None else (" WHERE id = :id", {"id": run_id})
        with self._session() as session:
            found = session.connection().execute(
                text(f"SELECT rowid, {names} FROM run{only}"), values
            )
            return [dict(row) for row in found.mappings()]

    def _run(self, row: dict[str, Any]) -> Run:
        """A row as a run. Raises `InputError` if it is none."""
        try:
            for name in ("recipe", "loading"):
                row[name] = json.loads(row[name])
            run = Run.model_validate(row)
            _check_folder_name("id", run.id)
            _check_folder_name("recipe.name", run.recipe.get("name", run.id))
            if run.state not in STATES:
                raise ValueError(f"state: {run.state!r} is none")
            if run.requested_action not in ("", STOP):
                raise ValueError(f"requested_action: {run.requested_action!r} is none")
            return run
        except ValidationError as error:
            reason = first_fault(error)
        except (ValueError, TypeError, RecursionError) as error:
            reason = str(error)
        shown = _shown(row["id"])
        raise InputError(
            f"run {shown} has a damaged row in {self.folder / REGISTRY} ({_shown(reason)}): "
            f"remove it with `python -m ballgen runs delete {shlex.quote(shown)}`"
        )

    def find(self, text: str) -> Run:
        """The run whose id or name is `text`, or the only one whose id starts so.

        Raises `InputError` if there is none, or more than one.
        """
        runs = self.all()
        found = [run for run in runs if text == run.id] or [
            run for run in runs if text == run.name or run.id.startswith(text)
        ]
        if len(found) > 1:
            known = ", ".join(run.id for run in found)
            raise InputError(f"{text!r} may mean several runs: choose from {known}")
        return found[0] if found else self.get(text)

    def add(self, run: Run) -> Run:
        """Enter a new run. Raises `InputError` if the registry cannot be written."""
        with self._session() as session:
            session.add(run)
            session.commit()
        return run

    def change(self, run: Run, if_state: tuple[str, ...] | None = None, **values: Any) -> bool:
        """Set fields of a run; whether that was done.

        if_state  only from one of these states, and only if nobody has resumed it since `run` was
                  read: then it belongs to another worker
        Raises `InputError` if the registry cannot be written.
        """
        rows = update(Run).where(Run.id == run.id)
        if if_state is not None:
            rows = rows.where(Run.state.in_(if_state), Run.queued_at == run.queued_at)
        return self._write(rows.values(**values))

    def end(self, run: Run, state: str, message: str = "") -> bool:
        """Note that the process of an active run ended; whether that was done.

        Raises `InputError` if the registry cannot be written.
        """
        values = {"state": state, "message": message}
        if state != LOST:  # else what was requested still holds if the process comes back
            values["requested_action"] = ""
        return self.change(run, ACTIVE, ended_at=time.time(), **values)

    def remove(self, run: Run) -> bool:
        """Remove a run unless it is active; whether it was removed.

        Raises `InputError` if the registry cannot be written.
        """
        return self._write(delete(Run).where(Run.id == run.id, Run.state.not_in(ACTIVE)))

    def remove_damaged(self, run_id: str) -> bool:
        """Remove the row that is called so in `damaged`; whether there was one.

        Raises `InputError` if the registry cannot be written.
        """
        for row in self._rows():
            if _shown(row["id"]) == run_id:
                try:
                    self._run(row)
                except InputError:
                    return self._write(
                        text("DELETE FROM run WHERE rowid = :row").bindparams(row=row["rowid"])
                    )
        return False

    def _write(self, statement: Update | Delete | TextClause) -> bool:
        """Whether the statement changed the run that it was meant for."""
        with self._session() as session:
            count = session.exec(statement).rowcount
            session.commit()
        return count == 1


def _shown(value: Any) -> str:
    """Any value as a short line."""
    return " ".join(str(value)[:200].split())


def _check_folder_name(name: str, value: Any) -> None:
    """Raises `ValueError` if a folder may not be called so: it could lie anywhere."""
    if not isinstance(value, str) or not re.fullmatch(r"[^./\\\0][^/\\\0]*", value):
        raise ValueError(f"{name}: {value!r} is no folder's name")


@lru_cache(maxsize=8)
def _open(path: Path, inode: int) -> Engine:
    """The inode says which file it is: after the list was moved away, a new one has its name."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": LOCK_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def set_up(connection, _) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.text_factory = lambda text: text.decode(errors="replace")

    SQLModel.metadata.create_all(engine)
    return engine
