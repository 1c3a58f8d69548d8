"""Compute the maps that come with the shipped models: t-SNE and UMAP, each as it opens on the page.

    python -m benchmarks.shipped_embeddings

Takes some twelve minutes; what is there already is kept. To be run again whenever checkpoints/
changes. Flat ones come with training images, too.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import torch

from ballgen.runs.catalogue import SHIPPED, CheckpointInfo, find_checkpoints
from ballgen.ui.latent.fitting import MapChoice, find_fit
from ballgen.ui.latent.shipped import DEFAULT_PARAMETERS, DIGEST, FILE, LABELS, TRAINING


def main() -> None:
    for info in find_checkpoints([SHIPPED]).checkpoints:
        kept = _read(info)
        for (method, parameters), (dims, training) in product(
            DEFAULT_PARAMETERS.items(), [(2, False), (3, False), (2, True)]
        ):
            if method == "PCA" and not training:
                continue  # a moment's work
            name = f"{method} {dims}{TRAINING if training else ''}"
            if name in kept:
                continue
            print(info.name, name, flush=True)
            fit = find_fit(info, MapChoice(method, dims, 0, tuple(parameters.items()), training))
            coordinates = fit.make().coordinates_
            if training:
                coordinates = torch.cat([coordinates, fit.training.coordinates])
                kept[LABELS] = fit.training.labels.byte().numpy()
            # In half the bytes: to a thousandth of the map's width.
            kept[name] = coordinates.half().numpy()
            np.savez_compressed(info.folder / FILE, **kept, **{DIGEST: np.array(info.digest)})


def _read(info: CheckpointInfo) -> dict[str, np.ndarray]:
    """Those that are there already, and are of this very checkpoint."""
    try:
        with np.load(info.folder / FILE) as kept:
            if str(kept[DIGEST]) == info.digest:
                return {name: kept[name] for name in kept if name != DIGEST}
    except (OSError, KeyError, ValueError):
        pass
    return {}


if __name__ == "__main__":
    main()
