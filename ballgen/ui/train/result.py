"""A finished run's scores beside another model's, and links to the pages that show it."""

import streamlit as st

from ballgen.errors import InputError
from ballgen.report.metrics import FEATURES, KIDS, STORED, how_sure, metrics
from ballgen.runs.catalogue import CheckpointInfo, list_checkpoints
from ballgen.runs.registry import Run
from ballgen.ui.session.loading import open_checkpoint
from ballgen.ui.session.scoring import show_caveats
from ballgen.ui.shell import ENTRIES
from ballgen.ui.widgets.tables import show_figures
from ballgen.ui.widgets.text import show_warning

SCORES = (KIDS["kid"], KIDS["kid_normal"], STORED["c2st_accuracy"][0], STORED["sse"][0], FEATURES)
NEXT_PAGES = ("compare", "why", "latent", "interpolate")


def show_result(run: Run) -> None:
    """Scores and links, if its checkpoint is there and can be opened."""
    catalogue = list_checkpoints()
    info = next((one for one in catalogue.checkpoints if one.run == run.id), None)
    if not info:
        return
    same = [one for one in catalogue.of(info.family, info.dataset) if one.run != run.id]
    titles = {"This run": info} | ({same[0].name: same[0]} if same else {})
    with st.container(key="result"):
        try:
            checkpoints = {title: open_checkpoint(one) for title, one in titles.items()}
        except InputError as error:
            show_warning(error)
            return
        show_caveats(checkpoints["This run"], "This run:")
        columns = {
            title: {name: score for name, score in metrics(one).items() if name in SCORES}
            for title, one in checkpoints.items()
        }
        show_figures(columns, "Scores of this run, beside another model of its family", "Score")
        scores = list(columns.values())
        st.caption(how_sure(scores))
        with st.container(horizontal=True):
            for entry in ENTRIES:
                if entry.name in NEXT_PAGES:
                    page, icon = f"pages/{entry.name}.py", f":material/{entry.icon}:"
                    st.page_link(page, icon=icon, query_params=_link(info))


def _link(info: CheckpointInfo) -> dict[str, str | list[str]]:
    """Shows this model, beside the default ones of the other families."""
    catalogue = list_checkpoints()
    families = dict.fromkeys(one.family for one in catalogue.checkpoints)
    others = [catalogue.of(family, info.dataset) for family in families if family != info.family]
    names = [info.name, *(infos[0].name for infos in others if infos)]
    return {"models": names, "dataset": info.dataset.title}
