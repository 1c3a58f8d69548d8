"""Nearest neighbours by Euclidean distance, measured exactly."""

from typing import NamedTuple

import numpy as np
import torch

from ballgen.errors import InputError

FEW_VALUES = 2**26  # to compare, all with all: that takes a second
DISTANCES = 2**24  # held at a time

Array = torch.Tensor | np.ndarray


class Neighbours(NamedTuple):
    """The neighbours of Q queries, nearest first.

    distances  float64 (Q, count)
    indices    int64 (Q, count), into the references
    """

    distances: torch.Tensor
    indices: torch.Tensor


def nearest_neighbours(queries: Array, references: Array, count: int = 1) -> Neighbours:
    """The `count` nearest references of each query; points (N, D) or images (N, C, H, W) alike.

    Distances are measured anew in float64, because the search by matrix products loses those of
    near copies to rounding.

    Raises `InputError` if the sides differ in size, or there are fewer than `count` references.
    """
    queries, references = (torch.as_tensor(side).flatten(1) for side in (queries, references))
    if queries.shape[1] != references.shape[1] or len(references) < count:
        raise InputError(
            f"nearest neighbours need images of one size and at least {count} references, got "
            f"{queries.shape[1]} values per query and {len(references)} references of "
            f"{references.shape[1]}"
        )
    if len(queries) * references.numel() <= FEW_VALUES:
        sides = queries.double(), references.double()
        exact = torch.cdist(*sides, compute_mode="donot_use_mm_for_euclid_dist")
        return Neighbours(*exact.topk(count, largest=False))
    parts = queries.split(max(1, DISTANCES // len(references)))
    found = [_search(part, references, count) for part in parts]
    return Neighbours(*(torch.cat(side) for side in zip(*found, strict=True)))


def _search(queries: torch.Tensor, references: torch.Tensor, count: int) -> Neighbours:
    """Found by matrix products, which are fast, and measured anew."""
    sides = queries.float(), references.float()
    rounded = torch.cdist(*sides, compute_mode="use_mm_for_euclid_dist")
    indices = rounded.topk(count, largest=False).indices
    distances = (queries[:, None].double() - references[indices].double()).norm(dim=2)
    distances, order = distances.sort(dim=1)
    return Neighbours(distances, indices.gather(1, order))
