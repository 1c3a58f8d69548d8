"""Writes down where a training stands, and what the model makes of fixed codes and images."""

import time

from ballgen.data.imageset import ImageSet
from ballgen.runs.folder import RunFolder
from ballgen.runs.frames import is_frame_epoch, remove_frames_after, write_fixed_images, write_frame
from ballgen.training.epochs import Epochs
from ballgen.training.state import TrainState

PROGRESS_INTERVAL_S = 0.5


class ProgressWriter:
    """Keeps the progress, the history and the frames in a run's folder up to date.

    Its methods raise `InputError` if these cannot be written.
    """

    def __init__(self, folder: RunFolder, seed: int) -> None:
        self._folder, self._seed = folder, seed
        self._progress = folder.progress()._replace(images_per_second=None)
        self._written_at = 0.0  # of `time.monotonic`
        self._rate_from: tuple[float, int] | None = None  # seconds and steps, see `on_step`
        self._rows = -1  # of the history as it was written last

    def on_message(self, message: str) -> None:
        """Say what is done beside training."""
        self._progress = self._progress._replace(stage=message, stage_done=None, seconds_left=None)
        self._folder.write_progress(self._progress)
        print(message, flush=True)

    def on_progress(self, done: float) -> None:
        """Write down what share of that is done."""
        now = time.monotonic()
        if now - self._written_at >= PROGRESS_INTERVAL_S:
            self._written_at = now
            self._progress = self._progress._replace(stage_done=done)
            self._folder.write_progress(self._progress)

    def open(self, train: ImageSet, test: ImageSet) -> None:
        """Make ready for a training on these images."""
        self._train, self._test = train, test
        write_fixed_images(self._folder.frames, test)
        self.on_message("training")

    def on_step(self, state: TrainState) -> None:
        """Write what has changed with a step of the training."""
        plan = Epochs.of(len(self._train), state.model.recipe.training.batch_size)
        epochs = plan.begun(state.steps)
        if self._rate_from is None:
            print(f"training from step {state.step - 1} of {state.steps}", flush=True)
            # A killed run may have been further than the state that it goes on from.
            remove_frames_after(self._folder.frames, _last_epoch(state))
        if len(state.history) != self._rows:
            self._write_epoch(state, epochs)
        if self._rate_from is None or state.step == state.first_step(1):
            self._rate_from = state.seconds, state.step  # fine-tuning has another speed
        now = time.monotonic()
        if now - self._written_at < PROGRESS_INTERVAL_S and not state.finished:
            return
        self._written_at = now
        seconds, step = self._rate_from
        step_seconds = (state.seconds - seconds) / max(1, state.step - step)
        self._progress = self._progress._replace(
            stage="training",
            stage_done=None,
            step=state.step,
            steps=state.steps,
            epoch=min(epochs, plan.at(state.step)[0] + 1),
            epochs=epochs,
            seconds=state.seconds,
            seconds_left=step_seconds * (state.steps - state.step) if step_seconds else None,
            images_per_second=plan.batch_size / step_seconds if step_seconds else None,
        )
        self._folder.write_progress(self._progress)

    def _write_epoch(self, state: TrainState, epochs: int) -> None:
        self._rows = len(state.history)
        self._folder.write_history(state.history)
        epoch = _last_epoch(state)
        if epoch and is_frame_epoch(epoch, epochs):
            write_frame(self._folder.frames, epoch, state.result, self._test, self._seed)


def _last_epoch(state: TrainState) -> int:
    return state.history[-1]["epoch"] if state.history else 0
