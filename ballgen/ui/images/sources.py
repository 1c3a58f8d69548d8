"""Which source the page looks at: by name, by path, or uploaded."""

from __future__ import annotations

import streamlit as st

from ballgen.data.sources import DEFAULT_IMAGE_SIZE, SPLITS, STYLES, default_data_root
from ballgen.data.torchvision_sets import DATASETS
from ballgen.runs.data_folders import DATA_FOLDERS_VARIABLE
from ballgen.runs.uploads import store_zip
from ballgen.ui.images.data import Source
from ballgen.ui.widgets.controls import choose, select

SIZES = (32, 64)  # px
PATH, UPLOAD = "folder or .zip", "uploaded .zip"


def ask_for_source() -> Source | None:
    """What to look at; None while nothing is chosen."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        kind = select("Source", [*STYLES, *_on_disk(), PATH, UPLOAD], "source", width=220)
        own = kind in (PATH, UPLOAD)
        split = choose(
            "Split",
            SPLITS if own else ("train", "test"),
            "split",
            "test",
            help="A folder without validation images shows its test images in their place."
            if own
            else None,
        )
        size = None if kind in DATASETS else choose("Size, px", SIZES, "size", DEFAULT_IMAGE_SIZE)
    if kind == PATH:
        path = st.text_input(
            "Path on this machine",
            key="folder",
            bind="query-params",
            placeholder="~/pictures/balls",
            help="Class folders, train and test folders, or a table of labels beside images. It "
            f"must lie in a folder that {DATA_FOLDERS_VARIABLE} names; without that, where the "
            "dashboard was started.",
        )
        return Source(path.strip(), split, size) if path.strip() else None
    if kind == UPLOAD:
        file = st.file_uploader("A .zip of images", "zip", key="zip")
        st.caption("It stays on this machine, so a link cannot carry it.")
        return Source(file.name, split, size, file.getvalue()) if file else None
    return Source(kind, split, size)


def offer_training(source: Source) -> None:
    """A way to the page Train with these images; an upload is stored for it first."""
    page, title, icon = "pages/train.py", "Train on these images", ":material/model_training:"
    if not source.content:
        st.page_link(page, label=title, icon=icon, query_params={"new_source": source.name})
    elif st.button(title, icon=icon, key="train-on-these", help="Stores them beside the runs."):
        path = store_zip(source.name, source.content)
        st.switch_page(page, query_params={"new_source": str(path)})


def _on_disk() -> list[str]:
    """The named datasets that can be opened without a download."""
    root = default_data_root()
    folders = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "cifar10": "cifar-10-batches-py"}
    return [name for name, folder in folders.items() if (root / folder).is_dir()]
