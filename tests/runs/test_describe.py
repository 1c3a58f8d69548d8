"""A run's line, as the page Train, every side bar and the terminal say it."""

from __future__ import annotations

import pytest

from ballgen.runs.folder import Progress, describe
from ballgen.runs.registry import FINISHED, QUEUED, RUNNING, Run

PROGRESS = Progress(
    "training", 30, 100, 3, 10, seconds=42.0, seconds_left=98.0, images_per_second=1234.0
)


@pytest.mark.parametrize(
    ("state", "requested", "progress", "words"),
    [
        (QUEUED, "", Progress(), "waits for its turn"),
        (RUNNING, "", Progress(), "starting"),
        (
            RUNNING,
            "",
            PROGRESS,
            "epoch 3 of 10 · 2 min left · 1,234 images per second",
        ),
        (
            RUNNING,
            "",
            PROGRESS._replace(stage="fitting priors", seconds_left=None, images_per_second=None),
            "epoch 3 of 10 · fitting priors",
        ),
        (RUNNING, "", Progress("scoring", stage_done=0.42), "scoring 42%"),
        (RUNNING, "stop", PROGRESS, "epoch 3 of 10 · asked to stop: it saves itself"),
        (FINISHED, "", Progress(), ""),
        (FINISHED, "", PROGRESS, "epoch 3 of 10 · trained for 42 s"),
    ],
)
def test_it_says_where_a_run_stands(state, requested, progress, words):
    run = Run(id="ae-1", name="ae", recipe={}, state=state, requested_action=requested)
    assert describe(run, progress) == words
