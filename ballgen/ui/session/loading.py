"""Models, datasets and sheets that several pages show: each made once for all sessions."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from threading import Lock, Thread
from typing import NamedTuple

import streamlit as st
from torch import Tensor

from ballgen.checkpoint.folder import Checkpoint, load_checkpoint
from ballgen.data.imageset import ImageSet
from ballgen.data.reading.child import Bounds, read_in_child
from ballgen.data.sources import DATA_ROOT_VARIABLE, load_images
from ballgen.data.torchvision_sets import DATASETS
from ballgen.errors import InputError
from ballgen.runs.catalogue import CheckpointInfo, DatasetInfo
from ballgen.runs.uploads import check_source, check_upload
from ballgen.ui.widgets.images import to_sheet

# A model is a few MB, a sheet some 20 kB; at 32 px a test set is 6 MB, a training set 60 MB.
MAX_MODELS, MAX_TEST_SETS, MAX_TRAINING_SETS, MAX_SHEETS = 16, 4, 2, 300
MAX_MEMORY, SECONDS = 2**33, 600.0  # bytes and s to read the images of a checkpoint
NORMAL = "normal"  # the prior N(0, I), which every model has
_ahead = Lock()


class Sampling(NamedTuple):
    """What samples are sampled with, apart from their number."""

    prior: str
    seed: int
    temperature: float = 1.0


@st.cache_resource(max_entries=MAX_MODELS, show_spinner=False)
def open_checkpoint(info: CheckpointInfo) -> Checkpoint:
    """The verified checkpoint, shared by all sessions and never changed. Raises `InputError`."""
    checkpoint = load_checkpoint(info.folder)
    if checkpoint.digest != info.digest:
        raise InputError(f"{info.folder} was trained again just now: reload the page")
    checkpoint.model.requires_grad_(False)
    return checkpoint


@st.cache_resource(max_entries=MAX_TEST_SETS, show_spinner=False)
def open_test_images(dataset: DatasetInfo) -> ImageSet:
    """The test images, shared by all sessions and never changed. Raises `InputError`."""
    return _load(dataset, "test")


def open_training_images(info: CheckpointInfo) -> ImageSet:
    """The very images that a checkpoint was trained on, shared likewise. Raises `InputError`."""
    data = open_checkpoint(info).record["data"]
    training = replace(info.dataset, count=data["train_images"], digest=data["digest"])
    return _open_training_images(training, info.name)


@st.cache_resource(max_entries=MAX_TRAINING_SETS, show_spinner=False)
def _open_training_images(training: DatasetInfo, _name: str) -> ImageSet:
    images = _load(training, "train")
    if images.digest != training.digest:  # here, for an error is not cached: they may come back
        raise InputError(
            f"the training images of {_name} in {training.source} have changed since it was "
            "trained: put them back, or train it again"
        )
    return images


def _load(dataset: DatasetInfo, split: str) -> ImageSet:
    """In a process of its own, and opening a page downloads nothing.

    A checkpoint may come from another hand: of a folder that the dashboard does not read otherwise,
    it shows just the images that it was made with.
    """
    (channels, height, width), source = dataset.image_shape, dataset.source
    check_upload(source)
    memory = min(MAX_MEMORY, Bounds.memory + 4 * dataset.count * channels * height * width)
    read = partial(read_in_child, bounds=Bounds(memory, SECONDS))
    try:
        images = load_images(
            source, split, height, channels, dataset.count, dataset.seed, download=False,
            quiet=True, read=read,
        )  # fmt: skip
    except InputError as error:
        if source.lower() not in DATASETS:
            raise
        raise InputError(f"{error}, for the dashboard by {DATA_ROOT_VARIABLE}") from error
    if images.digest != dataset.digest:
        check_source(source)
    return images


@st.cache_data(max_entries=MAX_SHEETS, show_spinner=False)
def sample_sheet(info: CheckpointInfo, sampling: Sampling, count: int) -> bytes:
    """Samples of a checkpoint. Raises `InputError`."""
    prior, seed, temperature = sampling
    return to_sheet(open_checkpoint(info).model.sample(count, seed, prior, temperature))


def sample_ahead(samplings: list[tuple[CheckpointInfo, Sampling]], count: int) -> None:
    """Sample what will be asked for next, beside the page, unless that goes on already."""

    def sample() -> None:
        try:
            for info, sampling in samplings:
                with suppress(InputError):  # who asks for it is told
                    sample_sheet(info, sampling, count)
        finally:
            _ahead.release()

    if _ahead.acquire(blocking=False):
        Thread(target=sample, daemon=True).start()


@st.cache_data(max_entries=MAX_SHEETS, show_spinner=False)
def reconstructions(info: CheckpointInfo, count: int) -> tuple[bytes, Tensor]:
    """The first `count` test images as a checkpoint reconstructs them; their squared errors (N,).

    Takes seconds for a GAN, which searches for codes. Raises `InputError`.
    """
    originals = open_test_images(info.dataset).images(slice(0, count))
    images = open_checkpoint(info).model.reconstruct(originals)
    return to_sheet(images), (images - originals).square().sum((1, 2, 3))
