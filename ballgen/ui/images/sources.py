"""Which source the page looks at, and what can be done with it."""

import streamlit as st

from ballgen.data.sources import DEFAULT_IMAGE_SIZE, SPLITS, STYLES, default_data_root
from ballgen.data.torchvision_sets import DATASETS
from ballgen.errors import InputError
from ballgen.runs.registry import Registry
from ballgen.runs.uploads import Upload, delete_upload, find_upload, rename_upload
from ballgen.ui.images.data import Source
from ballgen.ui.widgets.controls import choose
from ballgen.ui.widgets.popovers import ask_for_name, ask_to_delete
from ballgen.ui.widgets.sources import OWN, ask_for_images, ask_for_source, linked

SIZES = (32, 64)  # px
SOURCE = "source"  # key of its select


def ask_for_look() -> Source | None:
    """What to look at, and what can be done with it; None while nothing is chosen."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        names = [*STYLES, *_on_disk()]
        name = ask_for_source(names, SOURCE)
        own = name not in names
        split = choose(
            "Split",
            SPLITS if own else ("train", "test"),
            "split",
            "test",
            help="A folder without validation images shows its test images in their place."
            if own
            else None,
        )
        size = None if name in DATASETS else choose("Size, px", SIZES, "size", DEFAULT_IMAGE_SIZE)
        if name != OWN:
            _show_actions(name)
            return Source(name, split, size)
    ask_for_images(SOURCE)
    return None


def _show_actions(source: str) -> None:
    """What can be done with a source: train on it, and of an upload rename and delete it."""
    st.page_link(
        "pages/train.py",
        label="Train on these images",
        icon=":material/model_training:",
        query_params={"new_source": linked(source)},
    )
    if not (upload := find_upload(source)):
        return

    def rename(name: str) -> None:
        rename_upload(upload.path, name)
        st.session_state[SOURCE] = str(upload.path)  # or the old name stays chosen

    def delete() -> None:
        delete_upload(upload.path)
        st.session_state[SOURCE] = OWN

    ask_for_name(upload.path.stem, upload.name, rename)
    ask_to_delete(upload.path.stem, lambda: _consequence(upload), delete)


def _consequence(upload: Upload) -> str:
    """What the deletion of an upload means for the runs that use it."""
    try:
        runs = [run.name for run in Registry().all() if run.source == str(upload.path)]
    except InputError:  # no registry that can be read
        runs = []
    said = f"The images of {upload.name} are removed for good."
    if runs:
        said += (
            f" These runs were trained on them: {', '.join(runs)}. They stay, with their films, "
            "curves and samples, but cannot be resumed or scored again."
        )
    return said


def _on_disk() -> list[str]:
    """The named datasets that can be opened without a download."""
    root = default_data_root()
    folders = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "cifar10": "cifar-10-batches-py"}
    return [name for name, folder in folders.items() if (root / folder).is_dir()]
