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
from ballgen.training.distributed import agreed
from ballgen.training.loop import run_stage
from ballgen.training.stages import Stage, plan_steps
from ballgen.training.state import TrainState, save_state
from ballgen.training.validation import Validation

WARMUP_STEPS, TIMED_STEPS = 4, 10  # of a stage, before one that ends by the clock is planned
UNPLANNED = 10**9  # steps of a training that ends by the clock, until its stages are planned


@dataclass(frozen=True)
class Hooks:
    """What a watcher of a training may do.

    on_step      is called after every step
    on_message   is told, in a few words, of everything beside training
    should_stop  is asked after every step; a training that stops can be resumed
    unsaved      is entered while steps are taken, which are lost if the process ends there
    """

    on_step: Callable[[TrainState], None] = lambda state: None
    on_message: Callable[[str], None] = lambda message: None
    should_stop: Callable[[], bool] = lambda: False
    unsaved: Callable[[], AbstractContextManager] = nullcontext


SILENT = Hooks()


@dataclass
class StageRunner:
    """Runs stages on training images, and keeps the state file up to date.

    identity    what must agree for another process to go on from the file
    save_every  s: so much training is lost at most when the power fails
    minutes     of training, shared among the stages; None for as many steps as planned
    validation  what is measured after each epoch; None for nothing
    """

    state: TrainState
    images: ImageSet
    state_file: Path
    identity: dict[str, Any]
    save_every: float
    minutes: float | None = None
    hooks: Hooks = SILENT
    validation: Validation | None = None
    _rows: int = field(init=False)  # of the history that are complete
    _saved_at: float = field(init=False, default=-math.inf)  # the very first step is saved too
    _stopping: bool = field(init=False, default=False)
    _clock: StageClock | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._rows = len(self.state.history)

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
        if self.minutes is not None:
            self._clock = StageClock(stage, state, self.minutes * 60, len(self.images))
        with self.hooks.unsaved():
            run_stage(stage, state, self.images, self._after_step)
            self._save()  # now, since priors and scores take a while and may be cut off

    def _after_step(self, state: TrainState) -> bool:
        planned = self._clock is None or self._clock.plan()
        if self.validation:  # outside of the loop, which measures what a step takes
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
    """Plans the steps of a stage that ends by the clock, from the speed of its first steps.

    The stage takes the same share of the seconds that it takes of a planned training's steps.
    """

    def __init__(self, stage: Stage, state: TrainState, seconds: float, images: int) -> None:
        """seconds: of the whole training; images: in an epoch."""
        shares = plan_steps(state.model.recipe, UNPLANNED)
        self._end = seconds * sum(shares[: stage.index + 1]) / UNPLANNED  # s of training
        self._stage, self._state, self._images = stage.index, state, images
        self._first = state.first_step(stage.index)
        self._planned = state.step > self._first  # a resumed stage was
        self._timed_from = 0.0

    def plan(self) -> bool:
        """Set how many steps the stage has; False while that is not known. Call after each step."""
        state, steps = self._state, self._state.stage_steps
        done = state.step - self._first
        (late,) = agreed(state.seconds >= self._end)
        if late:
            if not self._planned:
                self._set_steps(done)
            steps[self._stage] = done
            if state.finished:
                state.close_epoch(self._images)
        elif not self._planned and done == WARMUP_STEPS:
            self._timed_from = state.seconds
        elif not self._planned and done == WARMUP_STEPS + TIMED_STEPS:
            pace = (state.seconds - self._timed_from) / TIMED_STEPS
            (left,) = agreed(max(1, int((self._end - state.seconds) / pace)))
            self._set_steps(done + left)
        return self._planned

    def _set_steps(self, total: int) -> None:
        """Give the stage so many steps; what follows is as fast, until it is timed itself."""
        steps = self._state.stage_steps
        steps[self._stage :] = [
            max(1, round(total * later / steps[self._stage])) for later in steps[self._stage :]
        ]
        self._planned = True
