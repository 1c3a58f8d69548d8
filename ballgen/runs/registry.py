"""What runs there are, and in which state: one SQLite file for the pages, commands and workers.

Write-ahead logging lets all of them read while one writes. Whoever changes a state says from which
one, so that of two who try at once only one succeeds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Delete, Engine, Update, delete, event, update
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlmodel import JSON, Column, Field, Session, SQLModel, create_engine, select

from ballgen.errors import InputError
from ballgen.runs.location import FILE, RUNS_VARIABLE, runs_folder

LOCK_TIMEOUT_S = 30.0  # that a writer waits for another

QUEUED, RUNNING, PAUSED, STOPPED = "queued", "running", "paused", "stopped"
FINISHED, FAILED, LOST = "finished", "failed", "lost"
ACTIVE = (QUEUED, RUNNING)  # there is a process behind it
RESUMABLE = (PAUSED, STOPPED, FAILED, LOST)
PAUSE, STOP = "pause", "stop"  # what may be requested of an active run


class Run(SQLModel, table=True):
    """One run.

    id          also its folder's name
    name        what people call it
    recipe      `Recipe.to_dict()`
    loading     what `load_data` takes beside source, recipe and seed
    minutes     end by the clock; None trains the recipe's epochs
    save_every  s: so much training is lost at most
    message     one line on what became of it

    requested_action  "pause" or "stop", until the worker has done it
    pid               of its worker, and in `process_created` when that process began
    *_at, *_created   s since 1970
    """

    # The dashboard's server loads this file again when somebody edits it.
    __table_args__ = {"extend_existing": True}

    id: str = Field(primary_key=True)
    name: str
    recipe: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    source: str = "sportballs"
    loading: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    seed: int = 0
    minutes: float | None = None
    save_every: float = 30.0
    state: str = QUEUED
    requested_action: str = ""
    pid: int | None = None
    process_created: float | None = None
    message: str = ""
    created_at: float = Field(default_factory=time.time)
    queued_at: float = Field(default_factory=time.time)
    started_at: float | None = None
    ended_at: float | None = None

    @property
    def active(self) -> bool:
        """Whether it is, or says that it is, waiting or training."""
        return self.state in ACTIVE


class Registry:
    """The runs of one folder. Raises `InputError` if it cannot be used."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or runs_folder()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = self.folder / FILE
            if not file.exists():
                file.touch()
            self._engine = _open(file, file.stat().st_ino)
        except (OSError, DatabaseError) as error:
            raise self._unusable(error) from error

    @contextmanager
    def _session(self) -> Iterator[Session]:
        """Damage beyond the first page of the file shows only where it is read."""
        try:
            with Session(self._engine, expire_on_commit=False) as session:
                yield session
        except DatabaseError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError | DatabaseError) -> InputError:
        reason = getattr(error, "orig", error)
        foreign = "no such column" in str(reason)
        if isinstance(error, OSError | OperationalError) and not foreign:
            return InputError(
                f"{self.folder} cannot hold runs ({reason}): set {RUNS_VARIABLE} to another folder "
                "that you may write to"
            )
        return InputError(
            f"{self.folder / FILE} is damaged or of another version of ballgen ({reason}): move it "
            "away, and a new list begins; the folders of runs beside it keep what they hold"
        )

    def all(self) -> list[Run]:
        """Every run, the newest first. Raises `InputError` if the registry cannot be read."""
        with self._session() as session:
            return list(session.exec(select(Run).order_by(Run.created_at.desc())))

    def get(self, run_id: str) -> Run:
        """The run with this id. Raises `InputError` if there is none."""
        with self._session() as session:
            if run := session.get(Run, run_id):
                return run
        raise InputError(f"no run {run_id!r} in {self.folder}: see `python -m ballgen runs list`")

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
        values = {"state": state, "requested_action": "", "message": message}
        return self.change(run, ACTIVE, ended_at=time.time(), **values)

    def remove(self, run: Run) -> bool:
        """Remove a run unless it is active; whether it was removed.

        Raises `InputError` if the registry cannot be written.
        """
        return self._write(delete(Run).where(Run.id == run.id, Run.state.not_in(ACTIVE)))

    def _write(self, statement: Update | Delete) -> bool:
        """Whether the statement changed the run that it was meant for."""
        with self._session() as session:
            count = session.exec(statement).rowcount
            session.commit()
        return count == 1


@lru_cache(maxsize=8)
def _open(path: Path, inode: int) -> Engine:
    """The inode says which file it is: after the list was moved away, a new one has its name."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": LOCK_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def set_up(connection, _) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    SQLModel.metadata.create_all(engine)
    return engine
