"""Torch's number of threads is each thread's own, and what new threads begin with."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
import torch

from ballgen.util.threads import one_thread

PATIENCE = 60.0  # s
USUAL = 3


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(USUAL)
    yield
    torch.set_num_threads(before)


def of_a_new_thread() -> int:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(torch.get_num_threads).result(PATIENCE)


def test_two_at_once_leave_as_many_threads_as_there_were():
    both_in, first_out = Barrier(2), Event()

    def work(first: bool) -> tuple[int, int]:
        with one_thread():
            both_in.wait(PATIENCE)
            if not first:
                assert first_out.wait(PATIENCE)
            within = torch.get_num_threads()
        first_out.set()
        return within, torch.get_num_threads()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, (True, False))) == [(1, USUAL), (1, USUAL)]
    assert torch.get_num_threads() == of_a_new_thread() == USUAL


def test_who_began_while_another_was_within_leaves_them_too():
    begun, other_out = Event(), Event()

    def late() -> int:
        torch.get_num_threads()  # takes over what stands now, for good
        begun.set()
        assert other_out.wait(PATIENCE)
        with one_thread():
            pass
        return torch.get_num_threads()

    with ThreadPoolExecutor(1) as pool:
        with one_thread():
            told = pool.submit(late)
            assert begun.wait(PATIENCE)
        other_out.set()
        assert told.result(PATIENCE) == of_a_new_thread() == USUAL


def test_within_one_another_and_after_an_error():
    with pytest.raises(ZeroDivisionError), one_thread():
        with one_thread():
            pass
        assert torch.get_num_threads() == 1
        raise ZeroDivisionError
    assert torch.get_num_threads() == USUAL
