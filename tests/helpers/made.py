"""Rows that no run made: input for tests of what is drawn and said of rows."""

from __future__ import annotations

from collections.abc import Callable

from studies.four_hypotheses.design import STUDY, Axis, Design, Setting, Trial
from studies.four_hypotheses.table import Row

FIGURES = {
    "kid_normal": 1.5,
    "kid_flow": 0.05,
    "kid_reconstructions": 0.02,
    "kid_real": -0.0004,
    "sse": 20.0,
    "parameters": 50_000,
    "train_seconds": 10.0,
    "total_seconds": 40.0,
}
VAE = {"sse_posterior": 21.0, "kl": 60.0}

TINY = Design(
    middle=Setting("vae", width=4, latent_dim=4, images=64, epochs=1),
    axes=(
        Axis("size", "width", "width", "width (channels)", (4, 6), "small and smaller", ("vae",)),
    ),
    image_size=16,
    test_images=64,
    changes={"batch_size": 16, "warmup": 0},
    flow={"width": 16, "batch_size": 16, "steps": 20},
)


def made_row(trial: Trial, design: Design = STUDY, **changes: float) -> Row:
    """One row with the usual figures but for the changes."""
    vae = VAE if trial.setting.family == "vae" else {}
    return Row(design.digest, trial, FIGURES | vae | changes)


def made_rows(
    seeds: int = 3,
    guess: str | None = None,
    change: Callable[[Trial], dict[str, float]] = lambda trial: {},
) -> list[Row]:
    """A row for each trial of the study; `change` gives the figures that are unusual."""
    return [made_row(trial, **change(trial)) for trial in STUDY.trials(seeds, guess)]
