"""Where a run stands, in words. Needs no torch: the side bar of every page says it."""

from __future__ import annotations

from ballgen.runs.folder import Progress
from ballgen.runs.registry import QUEUED, RUNNING, Run
from ballgen.util.wording import duration


def describe(run: Run, progress: Progress) -> str:
    """Where a run stands, in words: "epoch 12 of 40 · 3 min left · 520 pictures per second"."""
    parts = [f"epoch {progress.epoch} of {progress.epochs}"] if progress.steps else []
    if run.requested_action:
        parts.append(f"asked to {run.requested_action}: it saves itself")
    elif run.state == QUEUED:
        parts.append("waits for its turn")
    elif run.state == RUNNING:
        if progress.stage != "training":
            parts.append(progress.stage or "starting")
        if progress.seconds_left is not None:
            parts.append(f"{duration(progress.seconds_left)} left")
        if progress.images_per_second is not None:
            parts.append(f"{progress.images_per_second:,.0f} pictures per second")
    else:
        parts.append(f"trained for {duration(progress.seconds)}")
    return " · ".join(parts)
