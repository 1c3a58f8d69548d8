"""The worker's ear: what somebody wishes of the run, asked for beside the training."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from ballgen.errors import InputError
from ballgen.runs.registry import Registry, Run

POLL_INTERVAL_S = 0.4
PAUSE, STOP = "pause", "stop"


class Watch:
    """Asks the registry in a thread of its own, so that a step's question costs nothing.

    leave  ends the run at once. Called while `may_leave` is set: where everything is saved and no
           step asks, as when priors are fitted.
    """

    def __init__(self, registry: Registry, run: Run, leave: Callable[[str], None]) -> None:
        self.wish = ""
        self.may_leave = threading.Event()
        self._registry, self._run, self._leave = registry, run, leave
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        signal.signal(signal.SIGTERM, self._told_by_system)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._thread.join()

    def __call__(self) -> bool:
        """Whether the run is to end."""
        return bool(self.wish)

    def _told_by_system(self, *_: object) -> None:
        """The machine goes down, or somebody used `kill`: what is saved can go on later."""
        self.wish = PAUSE

    def _ask(self) -> None:
        while not self._over.wait(POLL_INTERVAL_S):
            # A list that cannot be read for once, say for a full disk, is asked again.
            with contextlib.suppress(InputError, SQLAlchemyError):
                self.wish = self.wish or self._registry.get(self._run.id).requested_action
            if self.wish and self.may_leave.is_set():
                self._leave(self.wish)
                os._exit(0)
