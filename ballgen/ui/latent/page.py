"""The model of the map as a page to download: `ballgen export --format html`."""

import streamlit as st

from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.session.loading import open_checkpoint, open_test_images
from ballgen.ui.widgets.made_files import MadeFile, offer_file
from ballgen.util.progress import OnStep

PAGE = MadeFile(
    "webpage",
    "Page without Python",
    "Save the page",
    "ballgen-page.html",
    "text/html",
    ":material/smartphone:",
    "One file in which this model's decoder runs, offline and on a phone: the map, interpolation, "
    "samples, and why random ones fail. Takes about a minute.",
)


def offer_page(info: CheckpointInfo) -> None:
    """A button that asks for the page, or, once it is made, one that saves it."""

    def make(on_step: OnStep) -> bytes:
        from ballgen.webpage.making import make_page  # late: few visitors ask for it

        images = open_test_images(info.dataset)
        return make_page(info.name, open_checkpoint(info), images, on_step=on_step)

    offer_file(PAGE, (info.digest, info.name), make, st.container())()
