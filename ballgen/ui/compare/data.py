"""What the page Compare computes: sheets, and the training images that are nearest to samples."""

import threading
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from ballgen.runs.catalogue import CheckpointInfo, DatasetInfo
from ballgen.scores.copying import distances_to_nearest, share_of_copies
from ballgen.ui.session.loading import (
    MAX_SHEETS,
    Sampling,
    open_checkpoint,
    open_test_images,
    open_training_images,
)
from ballgen.ui.widgets.images import to_sheet
from ballgen.util.neighbours import nearest_neighbours
from ballgen.util.progress import OnStep

TEMPERATURES = tuple(step / 10 for step in range(16))
MAX_FILMS = 30  # up to 1 MB each
MAX_SEARCHES = 400  # some kB each
HELD_OUT_PER_SAMPLE = 19  # at most: with so many, a single copy among the samples is noticed
CHUNK = 64  # held-out images between two steps of the progress bar


_one_at_a_time = threading.Lock()  # training images as floats are large


@dataclass(frozen=True)
class Copies:
    """Samples and the training image that is nearest to each, by Euclidean distance of pixels.

    numbers     int64 (N,) of those training images, counted from 0
    distances   float64 (N,)
    held_out    float64 (M,): the same distances of real images that were not trained on
    mean_image  the same distance of the mean image
    """

    numbers: Tensor
    distances: Tensor
    held_out: Tensor
    mean_image: float

    @property
    def as_near(self) -> Tensor:
        """float (N,): the share of held-out images that come at least as near as each sample."""
        return (self.held_out <= self.distances[:, None]).double().mean(dim=1)

    @property
    def figures(self) -> dict[str, float]:
        """By the names that verdicts take."""
        return {
            "copies": share_of_copies(self.distances, self.held_out, self.mean_image),
            "copies_count": len(self.distances),
            "copies_held_out": len(self.held_out),
        }


@st.cache_data(max_entries=MAX_SHEETS, show_spinner=False)
def real_sheet(dataset: DatasetInfo, count: int, first: int = 0) -> bytes:
    """Test images from the one numbered `first` on. Raises `InputError`."""
    return to_sheet(open_test_images(dataset).images(slice(first, first + count)))


@st.cache_data(max_entries=MAX_FILMS, show_spinner=False)
def temperature_film(info: CheckpointInfo, prior: str, seed: int, count: int) -> bytes:
    """The same samples at one of `TEMPERATURES` after the other. Raises `InputError`."""
    samples = open_checkpoint(info).model.sample_at(list(TEMPERATURES), count, seed, prior)
    return to_sheet(samples.flatten(0, 1))


def find_copies(info: CheckpointInfo, sampling: Sampling, count: int, on_step: OnStep) -> Copies:
    """The training image nearest to each sample, searched once for all sessions.

    Raises `InputError`.
    """
    with _one_at_a_time:
        cell = _cell((info.digest, sampling, count))
        if not cell:
            cell.append(_search(info, sampling, count, on_step))
        return cell[0]


@st.cache_resource(max_entries=MAX_SEARCHES, show_spinner=False)
def _cell(key: tuple) -> list:
    """An empty list to put results into, the same for all sessions.

    A cached function could not move a progress bar while it searches.
    """
    return []


def _search(info: CheckpointInfo, sampling: Sampling, count: int, on_step: OnStep) -> Copies:
    on_step(0.0, "Loading the training images …")
    training, test = open_training_images(info), open_test_images(info.dataset)
    references = training.images()
    needed = min(HELD_OUT_PER_SAMPLE * count, len(test))
    chunks = _cell((training.digest, test.digest))  # all samples are held against the same ones
    for first in range(len(chunks) * CHUNK, needed, CHUNK):
        on_step(first / needed, f"Searching {len(training):,} training images …")
        rows = slice(first, first + CHUNK)
        chunks.append(distances_to_nearest(test.images(rows), references))
    held_out = torch.cat(chunks)[:needed]
    prior, seed, temperature = sampling
    samples = open_checkpoint(info).model.sample(count, seed, prior, temperature)
    found = nearest_neighbours(samples, references)
    distances, numbers = found.distances[:, 0], found.indices[:, 0]
    mean_image = distances_to_nearest(references.mean(0, keepdim=True), references)
    return Copies(numbers, distances, held_out, float(mean_image))
