"""What the Train page keeps in its link: the run, one of its epochs, and the runs that are ticked.

The form's fields look after themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from ballgen.errors import InputError
from ballgen.runs.registry import RUNNING, Run

COMPLAINT = "train-complaint"
ON_STAGE = "run"  # in the session: the run that is looked at
ASKED = "train-asked"  # in the session: the dialog that is open, and the run that it is about


def chosen_run(runs: list[Run]) -> Run:
    """The run that the link names, else the one that trains, else the newest."""
    named = [run for run in runs if run.id == st.query_params.get("run")]
    training = [run for run in runs if run.state == RUNNING]
    return (named or training or runs)[0]


def follow(run_id: str) -> None:
    """Show another run from now on, in its newest epoch."""
    stay_with(run_id)
    st.query_params.pop("epoch", None)


def stay_with(run_id: str) -> None:
    """Keep showing this run, which a newer one would take the place of."""
    st.query_params["run"] = run_id


def chosen_epoch(epochs: list[int]) -> int:
    """The epoch that the link names, or the one before it that is shown; else the newest, which
    moves on while a run trains.
    """
    named = st.query_params.get("epoch", "")
    before = [epoch for epoch in epochs if named.isdecimal() and epoch <= int(named[:9])]
    return before[-1] if before else epochs[-1]


def stay_at(run_id: str, epoch: int, epochs: list[int]) -> None:
    """Keep showing this epoch of this run; the newest is followed instead."""
    stay_with(run_id)
    if epoch == epochs[-1]:
        st.query_params.pop("epoch", None)
    else:
        st.query_params["epoch"] = str(epoch)


def ticked_runs(runs: list[Run]) -> list[Run]:
    """The runs that the link names as ticked; those that are gone by now are not missed."""
    named = st.query_params.get("ticked", "").split(",")
    return [run for run in runs if run.id in named]


def keep_ticked(runs: list[Run]) -> None:
    """Name these runs in the link, and the one that they were ticked beside."""
    stay_with(st.session_state[ON_STAGE])
    if runs:
        st.query_params["ticked"] = ",".join(run.id for run in runs)
    else:
        st.query_params.pop("ticked", None)


@contextmanager
def tell() -> Iterator[None]:
    """Keep what went wrong in a callback for the page, which is drawn after it."""
    try:
        yield
    except InputError as error:
        st.session_state[COMPLAINT] = str(error)


def show_complaint() -> None:
    """What went wrong just now, once."""
    if complaint := st.session_state.pop(COMPLAINT, None):
        st.error(complaint, icon=":material/error:")
