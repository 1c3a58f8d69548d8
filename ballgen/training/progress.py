"""Progress in the terminal, and a stop that loses nothing."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Self

from tqdm import tqdm

from ballgen.training.epochs import Epochs
from ballgen.training.loop import Training


class FamilyBar:
    """One progress bar for one experiment: pictures seen, time left, the last epoch's loss."""

    def __init__(self, name: str, count: int, shown: bool = True) -> None:
        """count: training pictures in an epoch."""
        self._name, self._count = name, count
        self._shown = shown and sys.stderr is not None  # as where a shell closed it
        self._bar: tqdm | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def progress(self, training: Training) -> None:
        """Show where `training` stands."""
        epochs = Epochs.of(self._count, training.model.recipe.batch_size)
        if self._bar is None:  # opened late: a resumed run starts in the middle
            self._bar = tqdm(
                desc=f"{self._name:9}",
                total=epochs.seen(training.steps),
                initial=epochs.seen(training.step - 1),
                unit=" images",
                mininterval=0.5,
                unit_scale=True,
                dynamic_ncols=True,
                disable=not self._shown,
            )
        if training.history:
            self._bar.set_postfix(loss=f"{training.history[-1]['loss']:.4g}", refresh=False)
        self._bar.update(epochs.seen(training.step) - self._bar.n)

    def stage(self, what: str) -> None:
        """Name what is done beside training."""
        if self._bar is not None:
            self._bar.set_postfix_str(what)
        elif self._shown:  # a run that is resumed after its encoder came to rest
            tqdm.write(f"{self._name}: {what}", file=sys.stderr)


class StopOnSignal:
    """Turns Ctrl-C and SIGTERM into a wish to stop after the step; a second one stops at once."""

    def __init__(self) -> None:
        self.wanted = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def __call__(self) -> bool:
        return self.wanted

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True
