"""A run's own process: python -m ballgen.runs.worker RUN

It waits in the queue, trains, and writes down where it stands. Nobody has to watch it: the server,
the browser and the terminal that started it may go.
"""

import contextlib
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator

from filelock import FileLock, Timeout

from ballgen.errors import InputError
from ballgen.runs.folder import RunFolder, read_recipe
from ballgen.runs.liveness import LOCK, LeaseRenewal, creation_time, is_alive
from ballgen.runs.registry import (
    FAILED,
    FINISHED,
    LOST,
    QUEUED,
    RUNNING,
    STOPPED,
    Registry,
    Run,
)
from ballgen.util.files import DISK_FULL, acquire, release, unwritable, write_file
from ballgen.util.stopping import StopListener

NICENESS = 5  # so that pages stay quick while it trains
RESERVE, RESERVE_BYTES = "worker.reserve", 2**16  # room to note the end of a run on a full disk
QUEUE, POLL_INTERVAL_S = "queue.lock", 0.3
LOCK_PATIENCE_S = 20.0  # for an earlier process of the run that is just ending


def main(run_id: str) -> None:
    """Work on one run until it is finished, fails or is asked to end.

    Raises `InputError` for a run that does not wait for a process.
    """
    registry = Registry()
    run = registry.get(run_id)
    held = f"another process works on run {run.id}: end that one first"
    lock = acquire(registry.folder / run.id / LOCK, held, LOCK_PATIENCE_S)
    pid = os.getpid()
    # Lost: nobody heard of the process for a while, as on a machine that was asleep.
    took = {"state": QUEUED, "message": "", "pid": pid, "process_created": creation_time(pid)}
    if not registry.change(run, (QUEUED, LOST), **took):
        raise InputError(f"run {run.id} is {run.state} and does not wait for a process")
    reserve = registry.folder / run.id / RESERVE
    try:
        write_file(reserve, bytes(RESERVE_BYTES))
        print(_work(registry, run), flush=True)
    except InputError as error:
        _fail(registry, run, str(error))
    except Exception as error:  # the registry must know of the run's end, whatever it was
        with contextlib.suppress(OSError):  # the log's disk may be what is full
            traceback.print_exc()
        message = f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            message = unwritable(registry.folder / run.id, error)
        _fail(registry, run, message)
    finally:
        reserve.unlink(missing_ok=True)
        release(lock)


def _fail(registry: Registry, run: Run, message: str) -> None:
    with contextlib.suppress(OSError):
        print(message, file=sys.stderr, flush=True)
    _end(registry, run, FAILED, " ".join(message.split()))


def _end(registry: Registry, run: Run, state: str, message: str = "") -> None:
    with contextlib.suppress(OSError):
        (registry.folder / run.id / RESERVE).unlink()
    registry.end(run, state, message)


def _work(registry: Registry, run: Run) -> str:
    """Wait in the queue and train; what became of it, in words."""
    has_turn = threading.Event()
    with _listener(registry, run, has_turn) as stop, _turn(registry, run):
        now = time.time()
        if not registry.change(run, (QUEUED,), state=RUNNING, started_at=now, message=""):
            return "another process has this run"
        has_turn.set()
        if hasattr(os, "nice"):  # not on Windows
            os.nice(NICENESS)
        _train(registry, run, stop)
        _end(registry, run, FINISHED)
        return "finished"


@contextlib.contextmanager
def _turn(registry: Registry, run: Run) -> Iterator[None]:
    """Wait for the run's turn and hold it. Raises `InputError` if the registry cannot be read.

    One run at a time, in the order in which they were queued: they would fight for the cores. The
    system frees the lock of a process that is killed.
    """
    lock = FileLock(registry.folder / QUEUE)
    while not lock.is_locked:
        if any(_is_before(registry, other, run) for other in registry.all()):
            time.sleep(POLL_INTERVAL_S)
            continue
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=POLL_INTERVAL_S)
    try:
        yield
    finally:
        lock.release()


def _is_before(registry: Registry, other: Run, run: Run) -> bool:
    earlier = (other.queued_at, other.id) < (run.queued_at, run.id)
    return other.state == QUEUED and earlier and is_alive(registry, other)


def _listener(registry: Registry, run: Run, has_turn: threading.Event) -> StopListener:
    """Hears requests for this run, and renews its lease meanwhile."""
    renew = LeaseRenewal(registry.folder / run.id, run)

    def ask() -> bool:
        renew()
        try:
            now = registry.look_up(run.id)
            if now is None or now.queued_at != run.queued_at:
                os._exit(1)  # deleted, or given to another process: nothing here is ours any more
            if now.state == LOST:  # said where nobody heard of this process for a while
                state = RUNNING if has_turn.is_set() else QUEUED
                registry.change(run, (LOST,), state=state, ended_at=None, message="")
        except InputError:  # a registry that cannot be read for once, as on a full disk
            return False
        return bool(now.requested_action)

    def on_leave() -> int:
        with contextlib.suppress(OSError):
            print("stopped by a request", flush=True)
        _end(registry, run, STOPPED)
        return 0

    return StopListener(on_leave, ask)


def _train(registry: Registry, run: Run, stop: StopListener) -> None:
    """Train to a checkpoint."""
    # Imported late: the queue waits without torch in memory.
    from ballgen.experiment import Experiment, load_data
    from ballgen.runs.progress_writer import ProgressWriter
    from ballgen.runs.uploads import check_upload
    from ballgen.training.runner import Hooks

    folder = RunFolder(registry.folder, run)
    writer = ProgressWriter(folder, run.seed)
    writer.on_message("loading images")
    recipe = read_recipe(registry, run)
    check_upload(run.source)
    data = load_data(run.source, recipe, seed=run.seed, **run.loading)
    if data.train.understood:
        print(f"{data.train.name}: {'; '.join(data.train.understood)}", flush=True)
    experiment = Experiment(
        recipe,
        data,
        folder.path,
        run.seed,
        run.minutes,
        resume=True,
        save_every=run.save_every,
    )
    experiment.check()
    writer.open(data.train, data.test)
    hooks = Hooks(writer.on_step, writer.on_message, writer.on_progress, stop, stop.unsaved)
    if experiment.run(hooks) is None:
        stop.leave()
    writer.on_message("finished")


if __name__ == "__main__":
    main(sys.argv[1])
