"""Embeddings that come with the shipped models, so that nobody waits for t-SNE or UMAP."""

from collections.abc import Iterable
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from ballgen.runs.catalogue import SHIPPED, CheckpointInfo

FILE = "embeddings.npz"  # in a checkpoint's folder, by `python -m benchmarks.shipped_embeddings`
TRAINING, LABELS = " training", "training labels"
DIGEST = "digest"  # of the checkpoint that they are of: of another one they are not shown
DEFAULT_PARAMETERS: dict[str, dict[str, float]] = {
    "PCA": {},
    "t-SNE": {"perplexity": 30},
    "UMAP": {"neighbours": 15, "min_dist": 0.1},
}


def shipped_embedding(
    info: CheckpointInfo,
    method: str,
    dims: int,
    seed: int,
    parameters: Iterable[tuple[str, float]],
    training: bool = False,
) -> Tensor | None:
    """Coordinates float32 (N, dims) of the embedded images; None where they have to be computed.

    training  of one with training images, which come after the test images
    """
    if seed or dict(parameters) != DEFAULT_PARAMETERS.get(method):
        return None
    return _read(info, f"{method} {dims}{TRAINING if training else ''}")


def shipped_training_labels(info: CheckpointInfo) -> Tensor | None:
    """Labels int64 (M,) of those training images; None where there are none."""
    labels = _read(info, LABELS)
    return None if labels is None else labels.long()


def _read(info: CheckpointInfo, name: str) -> Tensor | None:
    if info.folder.parent != SHIPPED:
        return None
    try:
        with np.load(info.folder / FILE) as kept:
            if str(kept[DIGEST]) == info.digest:
                return torch.from_numpy(kept[name]).float()
    except (OSError, KeyError, ValueError, BadZipFile):  # not there, or not whole
        pass
    return None
