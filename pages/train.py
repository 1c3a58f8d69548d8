"""Train: start a run, and watch images and curves grow."""

import streamlit as st

from ballgen.runs.liveness import current_runs
from ballgen.runs.registry import Registry
from ballgen.ui.shell import guard
from ballgen.ui.train.form import ask_for_run, show_empty_state
from ballgen.ui.train.history import show_history
from ballgen.ui.train.selected_run import show_selected_run
from ballgen.ui.train.state import show_messages
from ballgen.ui.widgets.text import show_warning

guard()

st.title("Train", anchor=False)
st.markdown(
    "Start a run, and watch what the same noise and the same test images become from epoch to "
    "epoch."
)

registry = Registry()
show_messages()
runs = current_runs(registry)
for damage in registry.damaged:
    show_warning(damage, icon=":material/broken_image:")
if runs:
    show_selected_run(registry, runs)
else:
    show_empty_state()
st.header("A new run", anchor=False)
ask_for_run(registry)
show_history(registry, runs)
