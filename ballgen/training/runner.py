"""Runs the stages of a training: saves now and then, stops when asked, or when time is up."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ballgen.data.imageset import ImageSet
from ballgen.training.distributed import agreed, get_accelerator
from ballgen.training.loop import run_stage
from ballgen.training.stages import Stage
from ballgen.training.state import TrainState, save_state
from ballgen.training.threads import ThreadTuner
from ballgen.training.validation import Validation
from ballgen.util.progress import OnProgress, unwatched

WARMUP_STEPS, TIMED_STEPS = 4, 10  # of a stage, before anybody is told how long it will be
UNPLANNED = 10**9  # steps of a training that ends by the clock, until its stages are timed
LATEST = 0.02  # weight of the latest step in the pace of a stage that ends by the clock


@dataclass(frozen=True)
class Hooks:
    """What a watcher of a training may do.

    on_step      is called after every step
    on_message   is told, in a few words, of everything beside training
    on_progress  is told what share of that is done, from 0 to 1
    should_stop  is asked after every step; a training that stops can be resumed
    unsaved      is entered while steps are taken, which are lost if the process ends there
    """

    on_step: Callable[[TrainState], None] = lambda state: None
    on_message: Callable[[str], None] = lambda message: None
    on_progress: OnProgress = unwatched
    should_stop: Callable[[], bool] = lambda: False
    unsaved: Callable[[], AbstractContextManager] = nullcontext


SILENT = Hooks()


@dataclass
class StageRunner:
    """Runs stages on training images, and keeps the state file up to date.

    identity    what must agree for another process to go on from the file
    save_every  s: so much training is lost at most when the power fails
    validation  what is measured after each epoch; None for nothing
    """

    state: TrainState
    images: ImageSet
    state_file: Path
    identity: dict[str, Any]
    save_every: float
    hooks: Hooks = SILENT
    validation: Validation | None = None
    _rows: int = field(init=False)  # of the history that are complete
    _followed_up: float = field(init=False)  # s of training when all that follows a step was done
    _saved_at: float = field(init=False, default=-math.inf)  # the very first step is saved too
    _stopping: bool = field(init=False, default=False)
    _clock: StageClock | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._rows = len(self.state.history)
        self._followed_up = self.state.seconds

    def reached(self, stage: int) -> bool:
        """Whether the training has a stage of this index and is in it."""
        state = self.state
        in_it = stage < len(state.stage_steps) and state.step >= state.first_step(stage)
        return in_it and not (self._stopping or state.finished)

    def run(self, stage: Stage) -> None:
        """Take what is left of a stage's steps, and save. Raises `InputError`."""
        state = self.state
        if state.step >= state.first_step(stage.index + 1):
            return
        if state.stage_seconds:
            self._clock = StageClock(stage.index, state, len(self.images))
        with self.hooks.unsaved():
            run_stage(stage, state, self.images, self._after_step)
            self._save()  # now, since priors and scores take a while and may be cut off

    def _after_step(self, state: TrainState) -> bool:
        started = time.perf_counter()
        going = self._follow_up(state, state.seconds - self._followed_up)
        state.seconds += time.perf_counter() - started
        self._followed_up = state.seconds
        return going

    def _follow_up(self, state: TrainState, seconds: float) -> bool:
        planned = self._clock is None or self._clock.after_step(seconds)
        if self.validation:
            self.validation.after_step(state, len(state.history) > self._rows)
            self._rows = len(state.history)
        if not planned:
            return True  # too early to say anything of the whole
        self.hooks.on_step(state)
        due = time.monotonic() - self._saved_at > self.save_every
        due, self._stopping = agreed(due, self.hooks.should_stop())
        if due and not state.finished:
            self._save()
        return not self._stopping

    def _save(self) -> None:
        save_state(self.state_file, self.state, self.identity)
        self._saved_at = time.monotonic()


class StageClock:
    """Ends a stage when its seconds are over, however fast the machine is meanwhile.

    Until then it keeps an estimate of how many steps the stage has, from the pace of the latest.
    """

    def __init__(self, stage: int, state: TrainState, images: int) -> None:
        """images: in an epoch."""
        self._stage, self._state, self._images = stage, state, images
        self._first, self._end = state.first_step(stage), sum(state.stage_seconds[: stage + 1])
        self._taken, self._seconds, self._pace = 0, state.seconds, 0.0
        self._threads = ThreadTuner(state.threads) if get_accelerator().num_processes == 1 else None

    def after_step(self, seconds: float) -> bool:
        """Plan anew how many steps the stage has; False while that is not known.

        seconds  that the step took
        """
        if self._threads:
            self._threads.after_step(seconds)
        state = self._state
        (state.seconds,) = agreed(state.seconds)  # the learning rate follows them
        last, self._seconds = state.seconds - self._seconds, state.seconds
        self._taken += 1
        if self._taken > WARMUP_STEPS:
            self._pace += max(LATEST, 1 / (self._taken - WARMUP_STEPS)) * (last - self._pace)
        done, left = state.step - self._first, self._end - state.seconds
        if left <= 0:
            self._plan(done)
            if state.finished:
                state.close_epoch(self._images)
        else:
            planned = state.stage_steps[self._stage] - done
            self._plan(done + max(1, round(left / self._pace) if self._pace else planned))
        return left <= 0 or self._taken > WARMUP_STEPS + TIMED_STEPS

    def _plan(self, steps: int) -> None:
        """Give the stage so many; what follows is as fast, until it is timed itself."""
        seconds = self._state.stage_seconds
        self._state.stage_steps[self._stage :] = [
            max(1, round(steps * later / seconds[self._stage])) for later in seconds[self._stage :]
        ]
