"""Train: start a run, and watch pictures and curves grow."""

from __future__ import annotations

import streamlit as st

from ballgen.errors import InputError
from ballgen.runs.liveness import current_runs
from ballgen.runs.registry import Registry
from ballgen.ui.shell import guard
from ballgen.ui.train.actions import show_done
from ballgen.ui.train.form import ask_for_run, teach
from ballgen.ui.train.history import show_history, show_shipped
from ballgen.ui.train.selected_run import show_stage
from ballgen.ui.train.state import show_complaint

guard()

st.title("Train", anchor=False)
st.markdown(
    "Watch what the same noise becomes from epoch to epoch: first a blur, then something round, in "
    "the end a ball."
)

try:
    registry = Registry()
except InputError as error:
    st.error(str(error), icon=":material/folder_off:")
    st.stop()
show_complaint()
show_done()
if runs := current_runs(registry):
    show_stage(registry, runs)
else:
    teach()
st.header("A new run", anchor=False)
ask_for_run(registry)
if runs:
    show_history(registry, runs)
else:
    show_shipped()
