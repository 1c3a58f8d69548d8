"""Progress in the terminal."""

import sys
from typing import Self

from tqdm import tqdm

from ballgen.training.epochs import Epochs
from ballgen.training.state import TrainState
from ballgen.util.history import Row, best_epoch


class TrainingBar:
    """One progress bar for one experiment: images seen, time left, newest losses, best epoch."""

    def __init__(self, name: str, count: int, shown: bool = True) -> None:
        """count: training images in an epoch."""
        self._name, self._count, self._message = name, count, ""
        self._shown = shown and sys.stderr is not None  # as where a shell closed it
        self._bar: tqdm | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def on_step(self, state: TrainState) -> None:
        """Show where the training stands."""
        epochs = Epochs.of(self._count, state.model.recipe.training.batch_size)
        if self._bar is None:  # opened late: a resumed run starts in the middle
            self._bar = tqdm(
                desc=f"{self._name:9}",
                initial=epochs.seen(state.step - 1),
                unit=" images",
                mininterval=0.5,
                unit_scale=True,
                dynamic_ncols=True,
                disable=not self._shown,
            )
        self._bar.total = epochs.seen(state.steps)  # a run that ends by the clock plans it again
        if state.history:
            self._bar.set_postfix(_newest(state.history), refresh=False)
        self._bar.update(epochs.seen(state.step) - self._bar.n)

    def on_message(self, message: str) -> None:
        """Say what is done beside training."""
        self._message = message
        if self._bar is not None:
            self._bar.set_postfix_str(message)
        elif self._shown:  # a run that is resumed in its fine-tuning
            tqdm.write(f"{self._name}: {message}", file=sys.stderr)

    def on_progress(self, done: float) -> None:
        """Say what share of that is done."""
        if self._bar is not None:
            self._bar.set_postfix_str(f"{self._message} {done:.0%}", refresh=False)
            self._bar.update(0)  # shown at its own pace


def _newest(history: list[Row]) -> dict[str, str]:
    """The newest loss, what validation measured last, and the best epoch by it."""
    shown = {}
    for name in ("loss", "val_loss", "val_kid"):
        if values := [row[name] for row in history if name in row]:
            shown[name] = f"{values[-1]:.4g}"
    if best := best_epoch(history):
        shown["best_epoch"] = str(best["epoch"])
    return shown
