"""Scores on a page: the KID of its samples, stored with the checkpoint or measured on demand, and
verdicts: what a checkpoint's figures say, and what has to be said first.
"""

from typing import NamedTuple

import streamlit as st

from ballgen.checkpoint.folder import Checkpoint
from ballgen.errors import InputError
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.scores import verdicts
from ballgen.scores.verdicts import Verdict
from ballgen.ui.session.loading import Sampling, open_checkpoint, open_test_images
from ballgen.ui.widgets.text import escaped, show_warning


class Kid(NamedTuple):
    """Kernel inception distance of samples to the test images; lower is better.

    seed      of the samples that it was measured on
    measured  here and now; otherwise it was stored with the checkpoint
    """

    mean: float
    sd: float
    seed: int
    measured: bool


def kid_of(info: CheckpointInfo, sampling: Sampling) -> Kid | None:
    """The KID of such samples, if it is known; a stored one may be of another seed."""
    if (info.digest, sampling) in _measured():
        return _measured()[info.digest, sampling]
    if sampling.temperature != 1:
        return None
    checkpoint = open_checkpoint(info)
    scores = checkpoint.scores
    for name, prior in (("kid", scores.get("prior")), ("kid_normal", "normal")):
        if prior == sampling.prior and scores.get(name) is not None:
            seed = scores.get("seed", checkpoint.record["seed"])
            return Kid(scores[name], scores[f"{name}_sd"], seed, measured=False)
    return None


def measure(samples: dict[str, tuple[CheckpointInfo, Sampling]]) -> None:
    """Measure the KID of such samples, by the names in the progress bar, and start the page over.

    Takes seconds for each; `kid_of` then knows it, in all sessions.
    """
    bar = st.progress(0.0)
    try:
        for done, (name, (info, sampling)) in enumerate(samples.items()):
            bar.progress(done / len(samples), f"Measuring {escaped(name)} …")
            _measured()[info.digest, sampling] = _measure(info, sampling)
    except InputError as error:
        bar.empty()
        show_warning(error, icon=":material/straighten:")
    else:
        st.rerun()


def _measure(info: CheckpointInfo, sampling: Sampling) -> Kid:
    """As it was measured for the checkpoint. Raises `InputError`."""
    # Imported late: few visitors measure, and all wait for the first page.
    from ballgen.scores.evaluate import evaluate

    checkpoint = open_checkpoint(info)
    stored = checkpoint.scores
    images = open_test_images(info.dataset)
    figures = evaluate(
        checkpoint.model,
        images,
        count=min(stored.get("count", len(images)), len(images)),
        prior=sampling.prior,
        seed=sampling.seed,
        temperature=sampling.temperature,
        features=stored.get("features"),
        groups=("kid",),
        references=(),
    )
    if "kid" not in figures:
        raise InputError(f"{info.name} cannot be scored on these images: {figures['left_out']}")
    return Kid(figures["kid"], figures["kid_sd"], sampling.seed, measured=True)


@st.cache_resource
def _measured() -> dict[tuple[str, Sampling], Kid]:
    """What was measured since the server started, by all sessions together."""
    return {}


def show_verdict(verdict: Verdict) -> None:
    """The answer in bold, and the figures behind it."""
    st.markdown(f"**{escaped(verdict.outcome)}.** {escaped(verdict.evidence)}")


def show_caveats(checkpoint: Checkpoint, title: str = "") -> None:
    """What has to be known before looking at a checkpoint's images, if there is anything.

    title  which model is meant, where several stand on the page
    """
    for caveat in verdicts.caveats(checkpoint.figures, checkpoint.model.family):
        st.warning(
            f"{escaped(title)} **{escaped(caveat.outcome)}.** {escaped(caveat.evidence)}",
            icon=":material/front_hand:",
        )
