from __future__ import annotations

import pytest

from ballgen.training.epochs import Epochs


@pytest.mark.parametrize(
    ("step", "at", "begun", "seen"),
    [(0, (0, 0), 0, 0), (1, (0, 1), 1, 4), (3, (1, 0), 1, 10), (5, (1, 2), 2, 18)],
)
def test_the_last_batch_of_an_epoch_holds_what_is_left(step, at, begun, seen):
    epochs = Epochs.of(10, 4)
    assert epochs.steps == 3
    assert (epochs.at(step), epochs.begun(step), epochs.seen(step)) == (at, begun, seen)


def test_a_batch_holds_no_more_than_there_is():
    epochs = Epochs.of(10, 64)
    assert (epochs.steps, epochs.batch_size, epochs.seen(2)) == (1, 10, 20)
