"""Compute the maps that come with the shipped models: t-SNE and UMAP, each as it opens on the page.

    python -m benchmarks.shipped_embeddings

Takes some minutes; what is there already is kept. To be run again whenever checkpoints/ changes.
"""

from __future__ import annotations

import numpy as np

from ballgen.runs.catalogue import SHIPPED, CheckpointInfo, find_checkpoints
from ballgen.ui.latent.data import MapChoice, fit_map
from ballgen.ui.latent.shipped import DIGEST, FILE, USUAL


def main() -> None:
    for info in find_checkpoints([SHIPPED]).checkpoints:
        maps = _read(info)
        for method, parameters in USUAL.items():
            for dims in (2, 3):
                if f"{method} {dims}" in maps:
                    continue
                print(info.name, method, dims, flush=True)
                fitted = fit_map(info, MapChoice(method, dims, 0, tuple(parameters.items())))
                maps[f"{method} {dims}"] = fitted.coordinates_.numpy()
                np.savez(info.folder / FILE, **maps, **{DIGEST: np.array(info.digest)})


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
