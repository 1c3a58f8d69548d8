"""A run's own process: python -m ballgen.runs.worker RUN

It waits for its turn, trains, and writes down where it stands. Nobody has to watch it: the server,
the browser and the terminal that started it may go.
"""

from __future__ import annotations

import os
import sys
import time
import traceback

from ballgen.errors import InputError
from ballgen.runs.liveness import creation_time
from ballgen.runs.registry import (
    FAILED,
    FINISHED,
    PAUSED,
    QUEUED,
    RUNNING,
    STOPPED,
    Registry,
    Run,
)
from ballgen.runs.watch import PAUSE, Watch
from ballgen.training.epochs import Epochs

PROGRESS_INTERVAL_S = 0.5  # between two looks at the progress
NICENESS = 5  # how far training steps back, so that pages stay quick while it runs


def main(run_id: str) -> None:
    """Work on one run until it is finished, or until somebody wishes otherwise."""
    registry = Registry()
    run = registry.get(run_id)
    pid = os.getpid()
    if not registry.change(run, (QUEUED,), pid=pid, process_created=creation_time(pid)):
        raise InputError(f"run {run.id} is {run.state} and does not wait for a process")
    try:
        message = _work(registry, run)
    except InputError as error:
        _fail(registry, run, str(error))
    except Exception as error:  # the run's end must be told, whatever it was
        traceback.print_exc()
        first_line = next(iter(str(error).splitlines()), "")
        _fail(registry, run, f"{type(error).__name__}: {first_line}")
    else:
        print(message, flush=True)


def _work(registry: Registry, run: Run) -> str:
    # Imported late: the queue waits without torch in memory.
    from ballgen.runs.queue import queue_lock

    def leave(wish: str) -> None:
        _end_by_wish(registry, run, wish)

    with Watch(registry, run, leave) as watch, queue_lock(registry, run, watch) as mine:
        if not mine:
            _end_by_wish(registry, run, watch.wish)
            return "left the queue"
        now = time.time()
        if not registry.change(run, (QUEUED,), state=RUNNING, started_at=now, message=""):
            return "somebody else took this run over"
        if hasattr(os, "nice"):  # not on Windows
            os.nice(NICENESS)
        if not _train(registry, run, watch):
            _end_by_wish(registry, run, watch.wish)
            return f"ended by a wish to {watch.wish}"
        registry.change(run, (RUNNING,), state=FINISHED, requested_action="", ended_at=time.time())
        return "finished"


def _train(registry: Registry, run: Run, watch: Watch) -> bool:
    """Train to a checkpoint; False if a wish ended it before."""
    from ballgen.experiment import Experiment, load_data
    from ballgen.recipes import Recipe
    from ballgen.runs.folder import RunFolder
    from ballgen.training.runner import Hooks

    folder = RunFolder(registry.folder, run)
    writer = ProgressWriter(folder, run.seed)
    watch.may_leave.set()  # while pictures are loaded there is nothing to save
    writer.stage("loading pictures")
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
    watch.may_leave.clear()
    writer.open(data.train, data.test)

    def on_message(message: str) -> None:
        watch.may_leave.set()  # training is saved, and what happens now is done again
        writer.stage(message)

    def on_step(state) -> None:
        watch.may_leave.clear()
        writer.on_step(state)

    finished = experiment.run(Hooks(on_step, on_message, watch)) is not None
    watch.may_leave.clear()
    if finished:
        writer.stage("finished")
    return finished


class ProgressWriter:
    """Writes down where training stands, and what the model makes of fixed codes and pictures."""

    def __init__(self, folder, seed: int) -> None:
        from ballgen.runs.folder import Progress

        self._folder, self._seed = folder, seed
        self._progress: Progress = folder.progress()._replace(
            seconds_left=None, images_per_second=None
        )
        self._told_at = 0.0
        self._since: tuple[float, int] | None = None  # seconds and steps that speed counts from
        self._rows = -1

    def stage(self, what: str) -> None:
        """Tell what is done beside training."""
        self._progress = self._progress._replace(stage=what, seconds_left=None)
        self._folder.write_progress(self._progress)
        print(what, flush=True)

    def open(self, train, test) -> None:
        """Make ready for a training on these pictures."""
        from ballgen.runs.frames import write_probes

        self._train, self._test = train, test
        write_probes(self._folder.frames, test)
        self.stage("training")

    def on_step(self, state) -> None:
        """What the training calls after each step."""
        now = time.monotonic()
        plan = Epochs.of(len(self._train), state.model.recipe.training.batch_size)
        epochs = plan.begun(state.steps)
        if self._since is None:
            self._take_up(state, epochs)
        elif len(state.history) != self._rows:
            self._close_epoch(state, epochs)
        if self._since is None or state.step == state.first_step(1):
            self._since = state.seconds, state.step  # fine-tuning has another speed
        if now - self._told_at < PROGRESS_INTERVAL_S and not state.finished:
            return
        self._told_at = now
        began, first = self._since
        took = state.seconds - began
        pace = took / (state.step - first) if took > 0 else None
        self._progress = self._progress._replace(
            stage="training",
            step=state.step,
            steps=state.steps,
            epoch=min(epochs, plan.at(state.step)[0] + 1),
            epochs=epochs,
            seconds=state.seconds,
            seconds_left=pace * (state.steps - state.step) if pace else None,
            images_per_second=plan.batch_size / pace if pace else None,
        )
        self._folder.write_progress(self._progress)

    def _take_up(self, state, epochs: int) -> None:
        """Bring the files to where the training is: a killed one may have been further."""
        from ballgen.runs.frames import remove_frames_after

        print(f"training from step {state.step - 1} of {state.steps}", flush=True)
        done = state.history[-1]["epoch"] if state.history else 0
        remove_frames_after(self._folder.frames, done)
        self._rows = 0
        self._close_epoch(state, epochs)

    def _close_epoch(self, state, epochs: int) -> None:
        from ballgen.runs.frames import is_frame_epoch, write_frame

        self._rows = len(state.history)
        self._folder.write_history(state.history)
        if state.history and is_frame_epoch(state.history[-1]["epoch"], epochs):
            epoch = state.history[-1]["epoch"]
            write_frame(self._folder.frames, epoch, state.result, self._test, self._seed)


def _end_by_wish(registry: Registry, run: Run, wish: str) -> None:
    state = PAUSED if wish == PAUSE else STOPPED
    registry.change(run, (QUEUED, RUNNING), state=state, requested_action="", ended_at=time.time())


def _fail(registry: Registry, run: Run, message: str) -> None:
    print(message, file=sys.stderr, flush=True)
    registry.change(
        run,
        (QUEUED, RUNNING),
        state=FAILED,
        requested_action="",
        message=" ".join(message.split()),
        ended_at=time.time(),
    )


if __name__ == "__main__":
    main(sys.argv[1])
