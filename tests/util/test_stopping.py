from __future__ import annotations

import hashlib
import os
import signal
import threading
import time

import pytest

from ballgen.util.stopping import StopListener

# The thread is ended by an exception where the process would end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture
def left(monkeypatch) -> list[float]:
    """When the process would have ended: its listener ends in its place."""
    times: list[float] = []

    def leave(status: int) -> None:
        times.append(time.monotonic())
        raise SystemExit(status)

    monkeypatch.setattr("os._exit", leave)
    return times


def send_soon(number: int) -> float:
    """Send this process a signal in a moment; when that will have been."""
    threading.Timer(0.3, os.kill, (os.getpid(), number)).start()
    return time.monotonic() + 0.3


def one_long_call() -> None:
    """Some 1.5 s in which no handler of Python's would run."""
    began = time.thread_time()  # a busy machine makes it no shorter
    hashlib.pbkdf2_hmac("sha256", b"", b"", 50_000)
    rounds = 50_000 * 1.5 / (time.thread_time() - began)
    hashlib.pbkdf2_hmac("sha256", b"", b"", int(rounds))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_heard_in_one_long_call(left, number):
    said = []
    with StopListener(lambda: said.append("left") or 7):
        sent = send_soon(number)
        one_long_call()
        assert time.monotonic() - sent > 0.5  # else it was not long
    assert said == ["left"] and left[0] - sent < 0.5


def test_what_is_asked_is_heard_and_may_fail(left):
    answers = iter([OSError("full"), False, True])

    def ask() -> bool:
        answer = next(answers, False)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with StopListener(lambda: 0, ask) as stop:
        one_long_call()
    assert stop() and len(left) == 1


def test_while_something_is_unsaved_it_only_says_so(left):
    with StopListener(lambda: 0) as stop:
        with stop.unsaved():
            send_soon(signal.SIGTERM)
            one_long_call()
            assert stop() and not left
        time.sleep(0.6)
    assert len(left) == 1


def test_afterwards_signals_mean_what_they_meant():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    began = time.monotonic()
    with StopListener(lambda: 0):
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert time.monotonic() - began < 0.3
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
