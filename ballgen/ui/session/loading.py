"""Models, pictures and picture sheets: each made once in the server's life, and kept.

Everything is keyed by content digests, so a checkpoint that was trained again is a new one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st
from torch import Tensor

from ballgen.checkpoint.folder import Checkpoint, load_checkpoint
from ballgen.data.imageset import ImageSet
from ballgen.data.sources import DATA_ROOT_VARIABLE, load_images
from ballgen.data.torchvision_sets import DATASETS
from ballgen.errors import InputError
from ballgen.runs.catalogue import CheckpointInfo, DatasetInfo
from ballgen.ui.widgets.images import to_sheet

# A model is a few MB, a sheet some 20 kB, a film up to 1 MB; at 32 px a test set is 6 MB, a
# training set 60 MB.
KEPT_MODELS, KEPT_TEST_SETS, KEPT_TRAINING_SETS, KEPT_SHEETS, KEPT_FILMS = 16, 4, 2, 300, 30


def open_checkpoint(found: CheckpointInfo) -> Checkpoint:
    """The verified checkpoint, shared by all sessions and never changed. Raises `InputError`."""
    return _open_checkpoint(found.folder, found.digest)


@st.cache_resource(max_entries=KEPT_MODELS, show_spinner=False)
def _open_checkpoint(folder: Path, digest: str) -> Checkpoint:
    checkpoint = load_checkpoint(folder)
    if checkpoint.digest != digest:
        raise InputError(f"{folder} was trained again just now: reload the page")
    checkpoint.model.requires_grad_(False)
    return checkpoint


@st.cache_resource(max_entries=KEPT_TEST_SETS, show_spinner=False)
def open_test_images(pictures: DatasetInfo) -> ImageSet:
    """Test pictures, shared by all sessions and never changed. Raises `InputError`."""
    return _load(pictures, "test")


def open_training_images(found: CheckpointInfo) -> ImageSet:
    """The very pictures that a checkpoint learned from, shared likewise. Raises `InputError`."""
    data = open_checkpoint(found).record["data"]
    learned = replace(found.dataset, count=data["train_images"], digest=data["digest"])
    return _open_training_pictures(learned, found.name)


@st.cache_resource(max_entries=KEPT_TRAINING_SETS, show_spinner=False)
def _open_training_pictures(learned: DatasetInfo, _name: str) -> ImageSet:
    images = _load(learned, "train")
    if images.digest != learned.digest:  # here, since what raises is not kept: they may come back
        raise InputError(
            f"the training pictures of {_name} in {learned.source} are no longer those that "
            "it learned from: put them back, or train it again"
        )
    return images


def _load(pictures: DatasetInfo, split: str) -> ImageSet:
    """Opening a page downloads nothing."""
    (channels, height, _), source = pictures.image_shape, pictures.source
    try:
        return load_images(
            source, split, height, channels, pictures.count, pictures.seed, download=False
        )
    except InputError as error:
        if source.lower() not in DATASETS:
            raise
        raise InputError(f"{error}, for the dashboard by {DATA_ROOT_VARIABLE}") from error


@st.cache_data(max_entries=KEPT_SHEETS, show_spinner=False)
def real_sheet(pictures: DatasetInfo, count: int) -> bytes:
    """The first `count` test pictures."""
    return to_sheet(open_test_images(pictures).images(slice(0, count)))


@st.cache_data(max_entries=KEPT_SHEETS, show_spinner=False)
def sample_sheet(
    found: CheckpointInfo, prior: str, seed: int, count: int, temperature: float
) -> bytes:
    """Samples of a checkpoint."""
    return to_sheet(open_checkpoint(found).model.sample(count, seed, prior, temperature))


@st.cache_data(max_entries=KEPT_FILMS, show_spinner=False)
def film_sheet(
    found: CheckpointInfo, prior: str, seed: int, count: int, temperatures: tuple[float, ...]
) -> bytes:
    """The same samples at one temperature after the other."""
    samples = open_checkpoint(found).model.sample_at(list(temperatures), count, seed, prior)
    return to_sheet(samples.flatten(0, 1))


@st.cache_data(max_entries=KEPT_SHEETS, show_spinner=False)
def reconstructions(found: CheckpointInfo, count: int) -> Tensor:
    """The first `count` test pictures, rebuilt by a checkpoint. Seconds for a GAN: it searches."""
    originals: Tensor = open_test_images(found.dataset).images(slice(0, count))
    return open_checkpoint(found).model.reconstruct(originals)


def reconstruction_sheet(found: CheckpointInfo, count: int) -> bytes:
    """The same as one sheet."""
    return to_sheet(reconstructions(found, count))
