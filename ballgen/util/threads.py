"""One thread for what is small: as fast there, and not held up by a busy machine."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock, get_ident

import torch

_LOCK = Lock()
_INSIDE: dict[int, int] = {}  # threads that are in `one_thread`: how many of torch's they had


@contextmanager
def one_thread() -> Iterator[None]:
    """Run torch on one thread: as fast for layers this small, and the same sums on every machine.

    On a busy machine several threads are many times slower, since each waits for all others.
    """
    me = get_ident()
    if me in _INSIDE:
        yield
        return
    with _LOCK:
        _INSIDE[me] = next(iter(_INSIDE.values()), 0) or _threads_of_a_new_thread()
        torch.get_num_threads()  # a new thread's first look would undo what was set before it
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _LOCK:
            torch.set_num_threads(_INSIDE.pop(me))


def _threads_of_a_new_thread() -> int:
    """How many of torch's threads a new thread has while none is in `one_thread`.

    A thread that began while another was inside has one for good: what torch is told holds for the
    thread that says it, and for threads that begin later.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(torch.get_num_threads).result()
