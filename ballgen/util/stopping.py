"""Hears that a process is to stop, whatever it is doing."""

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import NoReturn, Self

POLL_INTERVAL_S = 0.4
REPEATED_S = 1.0  # a terminal and what started the process may both pass on one Ctrl-C


class StopListener:
    """Listens, within `with`, for signals and for `ask`; called, it says whether to stop.

    Python would run a signal's handler in the main thread, between two of its steps, and a single
    call of a library may take minutes. So a thread listens, and ends the process where nothing
    would be lost. In `unsaved` it does not: there the main thread asks after every step, saves, and
    calls `leave`. A second signal ends the process in any case.

    actions   what each signal asks for, in words
    on_leave  is called with those words before the process ends; gives the exit status
    ask       is asked all the time: words once something was requested, else ""
    """

    def __init__(
        self,
        actions: dict[int, str],
        on_leave: Callable[[str], int],
        ask: Callable[[], str] = lambda: "",
    ) -> None:
        self.action = ""
        self._actions, self._on_leave, self._ask = actions, on_leave, ask
        self._may_exit = threading.Event()
        self._may_exit.set()
        self._leaving = threading.Lock()
        self._closed = False
        self._signals, self._sender = socket.socketpair()
        self._signals.settimeout(POLL_INTERVAL_S)
        self._sender.setblocking(False)
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        # Only signals that have a handler are passed on; the thread reads their numbers.
        self._handlers = {
            number: signal.signal(number, lambda *_: None) for number in self._actions
        }
        self._wakeup = signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        with contextlib.suppress(OSError):
            self._sender.send(b"\0")  # no signal's number: the thread only looks up
        self._thread.join()
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._signals.close()
        self._sender.close()

    def __call__(self) -> bool:
        return bool(self.action)

    @contextlib.contextmanager
    def unsaved(self) -> Iterator[None]:
        """Within, ending the process would lose what was not saved yet."""
        self._may_exit.clear()
        try:
            yield
        finally:
            self._may_exit.set()

    def leave(self) -> NoReturn:
        """End the process as requested."""
        self._leaving.acquire()  # for good: both threads may come here
        status = 1
        with contextlib.suppress(Exception):  # it ends, whatever cannot be said of it
            status = self._on_leave(self.action)
        for stream in filter(None, (sys.stdout, sys.stderr)):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(status)

    def _listen(self) -> None:
        heard_at = 0.0  # of `time.monotonic`
        while not self._closed:
            with contextlib.suppress(TimeoutError):
                for number in self._signals.recv(64):
                    if number not in self._actions:
                        continue
                    if not self.action:
                        heard_at, self.action = time.monotonic(), self._actions[number]
                    elif time.monotonic() - heard_at > REPEATED_S:
                        self.leave()
            with contextlib.suppress(Exception):  # what is asked may fail for once
                self.action = self.action or self._ask()
            if self.action and self._may_exit.is_set():
                self.leave()
