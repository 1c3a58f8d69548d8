"""Figures of the samples on the page: stored with the checkpoint, or measured on demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import streamlit as st

from ballgen.checkpoint.folder import Checkpoint
from ballgen.errors import InputError
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.session.loading import open_checkpoint, open_test_images


class Sampling(NamedTuple):
    """What samples are drawn with, apart from how many."""

    prior: str
    seed: int
    temperature: float


class Kid(NamedTuple):
    """Kernel inception distance of samples to the test pictures; lower is better.

    seed      of the samples that it was measured on
    measured  here and now; otherwise it was stored with the checkpoint
    """

    mean: float
    sd: float
    seed: int
    measured: bool


Samplings = Mapping[CheckpointInfo, Sampling]


def kid_of(found: CheckpointInfo, draw: Sampling) -> Kid | None:
    """The KID of samples drawn so, if it is known; a stored one may be of another seed."""
    if (found.digest, draw) in _measured():
        return _measured()[found.digest, draw]
    if draw.temperature != 1:
        return None
    checkpoint = open_checkpoint(found)
    scores = checkpoint.scores
    for name, prior in (("kid", scores.get("prior")), ("kid_normal", "normal")):
        if prior == draw.prior and scores.get(name) is not None:
            seed = scores.get("seed", checkpoint.record["seed"])
            return Kid(scores[name], scores[f"{name}_sd"], seed, measured=False)
    return None


def kid_of_real(checkpoint: Checkpoint) -> tuple[float, float] | None:
    """Mean and sd of the KID between two halves of the test pictures: what none can go below."""
    scores = checkpoint.scores
    if scores.get("kid_real") is None:
        return None
    return scores["kid_real"], scores["kid_real_sd"]


def unmeasured(draws: Samplings) -> Samplings:
    """Those whose KID on the page is none, or that of another seed."""
    return {
        found: draw
        for found, draw in draws.items()
        if (kid := kid_of(found, draw)) is None or kid.seed != draw.seed
    }


def measure(draws: Samplings, progress: Callable[[int, CheckpointInfo], None]) -> None:
    """Measure the KID of each draw as it was measured for the checkpoint. Raises `InputError`.

    progress  is told before each how many are done, and which is next
    """
    for done, (found, draw) in enumerate(draws.items()):
        progress(done, found)
        _measured()[found.digest, draw] = _measure(found, draw)


def _measure(found: CheckpointInfo, draw: Sampling) -> Kid:
    # Imported late: few visitors measure, and all wait for the first page.
    from ballgen.scores.evaluate import evaluate

    checkpoint = open_checkpoint(found)
    stored = checkpoint.scores
    pictures = open_test_images(found.dataset)
    figures = evaluate(
        checkpoint.model,
        pictures,
        count=min(stored.get("count", len(pictures)), len(pictures)),
        prior=draw.prior,
        seed=draw.seed,
        temperature=draw.temperature,
        features=stored.get("features", "balls"),
        groups=("kid",),
        anchors=(),
    )
    if "kid" not in figures:
        raise InputError(f"{found.name} cannot be scored on these pictures: {figures['left_out']}")
    return Kid(figures["kid"], figures["kid_sd"], draw.seed, measured=True)


@st.cache_resource
def _measured() -> dict[tuple[str, Sampling], Kid]:
    """What was measured since the server started, by all sessions together."""
    return {}
