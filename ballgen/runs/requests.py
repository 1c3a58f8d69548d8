"""Listens, beside the training, for requests to pause or stop a run."""

from __future__ import annotations

import contextlib
import os
import signal
import threading

from sqlalchemy.exc import SQLAlchemyError

from ballgen.errors import InputError
from ballgen.runs.registry import PAUSE, PAUSED, STOPPED, Registry, Run

POLL_INTERVAL_S = 0.4


class RequestListener:
    """Asks the registry in a thread of its own, so that a step's question costs nothing.

    action    "pause" or "stop" once it was requested, else ""
    may_exit  set where everything is saved and no step asks, as while priors are fitted: then a
              request ends the process at once
    """

    def __init__(self, registry: Registry, run: Run) -> None:
        self.action = ""
        self.may_exit = threading.Event()
        self._registry, self._run = registry, run
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        signal.signal(signal.SIGTERM, self._pause)

    def __enter__(self) -> RequestListener:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._closed.set()
        self._thread.join()

    def __call__(self) -> bool:
        """Whether the run is to end."""
        return bool(self.action)

    def end_run(self) -> None:
        """Note that the run ended as requested. Raises `InputError` if the registry has a fault."""
        self._registry.end(self._run, PAUSED if self.action == PAUSE else STOPPED)

    def _pause(self, *_: object) -> None:
        """The machine goes down, or somebody used `kill`: what is saved can go on later."""
        self.action = PAUSE

    def _listen(self) -> None:
        while not self._closed.wait(POLL_INTERVAL_S):
            # A registry that cannot be read for once, say for a full disk, is asked again.
            with contextlib.suppress(InputError, SQLAlchemyError):
                self.action = self.action or self._registry.get(self._run.id).requested_action
            if self.action and self.may_exit.is_set():
                self.end_run()
                os._exit(0)
