"""Embeddings of the map, each fitted once for all sessions: those that take a while in a thread of
their own, which shows how far it is and can be cancelled.
"""

import threading
from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from ballgen.errors import InputError
from ballgen.latent.embedding import EMBEDDINGS, Embedding
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.latent.data import embedded_codes
from ballgen.ui.latent.shipped import shipped_embedding, shipped_training_labels
from ballgen.ui.session.loading import open_checkpoint, open_training_images
from ballgen.ui.widgets.controls import requested
from ballgen.ui.widgets.text import show_warning
from ballgen.util.progress import OnProgress, unwatched

MAX_MAPS = 24  # a map with its codes is about 1 MB
MAX_TRAINING = 20_000  # images of a map; t-SNE and UMAP take two minutes for them
ENCODED_AT_ONCE = 256  # images
POLL_INTERVAL_S = 0.5
LOCK_INTERVAL_S = 0.2
KEY = "embedding"  # of the control that chooses one
CURRENT = "latent-fit"  # in the session: what is fitted for it

_one_at_a_time = threading.Lock()  # two fits at once would take both twice as long


class MapChoice(NamedTuple):
    """Everything that an embedding depends on besides the model.

    method      a name of `ballgen.latent.embedding.EMBEDDINGS`
    parameters  of that method, as (name, value) pairs
    training    whether codes of training images are embedded together with those of test images
    """

    method: str
    dims: int
    seed: int
    parameters: tuple[tuple[str, float], ...] = ()
    training: bool = False


class TrainingPoints(NamedTuple):
    """Training images on a map: coordinates float32 (M, dims) and labels int64 (M,)."""

    coordinates: Tensor
    labels: Tensor


class Cancelled(Exception):
    """Nobody wants the embedding any more."""


class Fit:
    """One embedding of one model's codes, and the thread that fits it.

    embedding  of the test images' codes, once it is there
    training   where training images lie on it, if the choice says so
    error      why it could not be fitted
    done       the share of `doing` that is done
    """

    def __init__(self, info: CheckpointInfo, choice: MapChoice) -> None:
        self.info, self.choice = info, choice
        self.embedding: Embedding | None = None
        self.training: TrainingPoints | None = None
        self.error: Exception | None = None
        self.doing, self.done = "Waiting for another map", 0.0
        self._thread: threading.Thread | None = None
        self._cancelled = False

    def start(self) -> None:
        """Begin, unless the thread is at work; one that failed or was cancelled begins anew."""
        if not (self._thread and self._thread.is_alive()):
            self.error, self._cancelled = None, False
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def cancel(self) -> None:
        self._cancelled = True

    def make(self, on_progress: OnProgress = unwatched) -> Embedding:
        """The embedding, fitted now if nobody has done it before. Raises `InputError`."""
        if self.embedding is None and self._is_quick:
            self._fit(on_progress)
        while self.embedding is None:
            if not _one_at_a_time.acquire(timeout=LOCK_INTERVAL_S):
                on_progress(0.0)
                continue
            try:
                if self.embedding is None:
                    self._fit(on_progress)
            finally:
                _one_at_a_time.release()
        return self.embedding

    @property
    def is_ready(self) -> bool:
        """Whether nobody has to wait."""
        return self.embedding is not None or self._is_quick

    @property
    def _is_quick(self) -> bool:
        pca = self.choice.method == "PCA" and not self.choice.training
        return pca or shipped_embedding(self.info, *self.choice) is not None

    def _run(self) -> None:
        try:
            self.make(self._tell)
        except Cancelled:
            pass
        except Exception as error:  # whatever it is, those who wait see it
            self.error = error

    def _tell(self, done: float) -> None:
        if self._cancelled:
            raise Cancelled
        self.done = done

    def _fit(self, on_progress: OnProgress) -> None:
        codes, choice = embedded_codes(self.info), self.choice
        embedding = EMBEDDINGS[choice.method](choice.dims, choice.seed, **dict(choice.parameters))
        coordinates = shipped_embedding(self.info, *choice)
        labels = shipped_training_labels(self.info) if choice.training else None
        if coordinates is None:
            every = codes
            if choice.training:
                self.doing = "Encoding the training images"
                more, labels = _training_codes(self.info, on_progress)
                every = torch.cat([codes, more])
            self.doing = f"Fitting the embedding of {len(every):,} codes"
            coordinates = embedding.fit(every, on_progress).coordinates_
        if choice.training:
            self.training = TrainingPoints(coordinates[len(codes) :], labels)
        self.embedding = embedding.restore(codes, coordinates[: len(codes)])


@st.cache_resource(max_entries=MAX_MAPS, show_spinner=False)
def find_fit(info: CheckpointInfo, choice: MapChoice) -> Fit:
    """The same for all sessions; nothing is fitted yet."""
    return Fit(info, choice)


@st.cache_resource(max_entries=2, show_spinner=False)
def _training_codes(info: CheckpointInfo, _on_progress: OnProgress) -> tuple[Tensor, Tensor]:
    """Codes (M, D) and labels (M,) of training images. Raises `InputError`."""
    images = open_training_images(info).stratified_subset(MAX_TRAINING)
    model, parts = open_checkpoint(info).model, []
    for start in range(0, len(images), ENCODED_AT_ONCE):
        _on_progress(start / len(images))
        rows = slice(start, start + ENCODED_AT_ONCE)
        parts.append(model.encode(images.images(rows), fast=True))
    return torch.cat(parts), images.labels


def fit_map(info: CheckpointInfo, choice: MapChoice) -> Embedding:
    """The embedding of a checkpoint's codes, fitted if nobody has asked for it before.

    Raises `InputError`.
    """
    return find_fit(info, choice).make()


def identity_of(info: CheckpointInfo, choice: MapChoice) -> tuple:
    """Different for each embedding."""
    return info.digest, info.dataset, choice


def fitted_map(info: CheckpointInfo, choice: MapChoice) -> Embedding | None:
    """The embedding; None while it is fitted, or while a link alone asks for that.

    Raises `InputError`.
    """
    fit, state = find_fit(info, choice), st.session_state
    before = state.get(CURRENT)
    if before is not None and before is not fit:
        before.cancel()  # another one was chosen
    state[CURRENT] = fit
    if fit.is_ready:
        return fit.make()
    long = choice.training and choice.method != "PCA"
    cost = f"{choice.method} takes some {'minutes' if long else 'seconds'} for this map."
    if requested(KEY, "Fit the map", cost):
        st.fragment(_show_progress, run_every=POLL_INTERVAL_S)(fit)
    return None


def _show_progress(fit: Fit) -> None:
    """A bar that moves by itself, and a way to end it; the map comes as soon as it is there."""
    if fit.is_ready:
        st.rerun()
    if fit.error:
        st.session_state[f"{KEY}-asked"] = False
        if not isinstance(fit.error, InputError):
            raise fit.error
        show_warning(fit.error, icon=":material/scatter_plot:")
        return
    fit.start()
    with st.container(horizontal=True, vertical_alignment="center"):
        words = f"{fit.doing} … {fit.done:.0%}"
        if fit.choice.method == "UMAP" and not fit.done:
            words += " (the first UMAP after a start gets ready for up to a minute)"
        st.progress(fit.done, words)
        if st.button("Cancel", key="cancel-fit", icon=":material/close:"):
            fit.cancel()
            st.session_state[f"{KEY}-asked"] = False
            st.rerun()
