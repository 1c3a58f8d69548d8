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

SIGNALS = (signal.SIGINT, signal.SIGTERM)  # Ctrl-C; `kill`, or the machine goes down
POLL_INTERVAL_S = 0.4
REPEATED_S = 1.0  # a terminal and what started the process may both pass on one Ctrl-C


class StopListener:
    """Listens, within `with`, for `SIGNALS` and to `ask`; called, it says whether to stop.

    Python would run a signal's handler in the main thread, between two of its steps, and a single
    call of a library may take minutes. So a thread listens, and ends the process where nothing
    would be lost. In `unsaved` it does not: there the main thread asks after every step, saves, and
    calls `leave`. A second signal ends the process in any case.

    on_leave  is called before the process ends; gives the exit status
    ask       is asked all the time whether to stop
    """

    def __init__(
        self, on_leave: Callable[[], int], ask: Callable[[], bool] = lambda: False
    ) -> None:
        self._asked = False
        self._on_leave, self._ask = on_leave, ask
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
        self._handlers = {number: signal.signal(number, lambda *_: None) for number in SIGNALS}
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
        return self._asked

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
            status = self._on_leave()
        for stream in filter(None, (sys.stdout, sys.stderr)):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(status)

    def _listen(self) -> None:
        heard_at = 0.0  # of `time.monotonic`
        while not self._closed:
            with contextlib.suppress(TimeoutError):
                for number in self._signals.recv(64):
                    if number not in SIGNALS:
                        continue
                    if not self._asked:
                        heard_at, self._asked = time.monotonic(), True
                    elif time.monotonic() - heard_at > REPEATED_S:
                        self.leave()
            with contextlib.suppress(Exception):  # what is asked may fail for once
                self._asked = self._asked or self._ask()
            if self._asked and self._may_exit.is_set():
                self.leave()
