"""A run's own process: python -m ballgen.runs.worker RUN

It waits in the queue, trains, and writes down where it stands. Nobody has to watch it: the server,
the browser and the terminal that started it may go.
"""

from __future__ import annotations

import os
import sys
import time
import traceback

from ballgen.errors import InputError
from ballgen.runs.folder import RunFolder
from ballgen.runs.liveness import creation_time
from ballgen.runs.queue import queue_lock
from ballgen.runs.registry import FAILED, FINISHED, QUEUED, RUNNING, Registry, Run
from ballgen.runs.requests import RequestListener

NICENESS = 5  # so that pages stay quick while it trains


def main(run_id: str) -> None:
    """Work on one run until it is finished, fails or is asked to end.

    Raises `InputError` for a run that does not wait for a process.
    """
    registry = Registry()
    run = registry.get(run_id)
    pid = os.getpid()
    if not registry.change(run, (QUEUED,), pid=pid, process_created=creation_time(pid)):
        raise InputError(f"run {run.id} is {run.state} and does not wait for a process")
    try:
        print(_work(registry, run), flush=True)
    except InputError as error:
        _fail(registry, run, str(error))
    except Exception as error:  # the registry must know of the run's end, whatever it was
        traceback.print_exc()
        first_line = next(iter(str(error).splitlines()), "")
        _fail(registry, run, f"{type(error).__name__}: {first_line}")


def _fail(registry: Registry, run: Run, message: str) -> None:
    print(message, file=sys.stderr, flush=True)
    registry.end(run, FAILED, " ".join(message.split()))


def _work(registry: Registry, run: Run) -> str:
    """Wait in the queue and train; what became of it, in words."""
    with RequestListener(registry, run) as requests, queue_lock(registry, run, requests) as locked:
        if locked:
            now = time.time()
            if not registry.change(run, (QUEUED,), state=RUNNING, started_at=now, message=""):
                return "another process has this run"
            if hasattr(os, "nice"):  # not on Windows
                os.nice(NICENESS)
            if _train(registry, run, requests):
                registry.end(run, FINISHED)
                return "finished"
        requests.end_run()
        return f"ended by a request to {requests.action}"


def _train(registry: Registry, run: Run, requests: RequestListener) -> bool:
    """Train to a checkpoint; False if a request ended it before."""
    # Imported late: the queue waits without torch in memory.
    from ballgen.experiment import Experiment, load_data
    from ballgen.recipes import Recipe
    from ballgen.runs.progress_writer import ProgressWriter
    from ballgen.training.runner import Hooks
    from ballgen.training.state import TrainState

    folder = RunFolder(registry.folder, run)
    writer = ProgressWriter(folder, run.seed)

    def on_message(message: str) -> None:
        requests.may_exit.set()  # training is saved, and what happens now is done again
        writer.on_message(message)

    def on_step(state: TrainState) -> None:
        requests.may_exit.clear()
        writer.on_step(state)

    on_message("loading images")
    recipe = Recipe.from_dict(run.recipe)
    data = load_data(run.source, recipe, seed=run.seed, **run.loading)
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
    requests.may_exit.clear()
    writer.open(data.train, data.test)
    finished = experiment.run(Hooks(on_step, on_message, requests)) is not None
    requests.may_exit.clear()
    if finished:
        writer.on_message("finished")
    return finished


if __name__ == "__main__":
    main(sys.argv[1])
