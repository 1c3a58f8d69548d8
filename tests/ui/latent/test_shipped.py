from __future__ import annotations

import numpy as np
import pytest
import torch

from ballgen.runs.catalogue import CheckpointInfo, DatasetInfo
from ballgen.ui.latent import shipped
from ballgen.ui.latent.shipped import DEFAULT_PARAMETERS, DIGEST, FILE, shipped_embedding

USED = ("t-SNE", 2, 0, DEFAULT_PARAMETERS["t-SNE"].items())


@pytest.fixture
def info(tmp_path, monkeypatch) -> CheckpointInfo:
    """A shipped checkpoint with a map."""
    monkeypatch.setattr(shipped, "SHIPPED", tmp_path)
    (tmp_path / "vae").mkdir()
    coordinates = np.arange(8, dtype=np.float32).reshape(4, 2)
    np.savez(tmp_path / "vae" / FILE, **{"t-SNE 2": coordinates, DIGEST: np.array("abc")})
    dataset = DatasetInfo("sportballs", (3, 32, 32), 4, 0, "d", None)
    return CheckpointInfo("vae", tmp_path / "vae", "vae", "vae", "abc", dataset)


def test_a_shipped_map_is_read(info):
    assert shipped_embedding(info, *USED).tolist() == torch.arange(8.0).view(4, 2).tolist()


def test_it_is_that_checkpoints_and_as_the_page_opens(info, tmp_path, monkeypatch):
    usual = USED[-1]
    assert shipped_embedding(info, "t-SNE", 3, 0, usual) is None  # is not among them
    assert shipped_embedding(info, "t-SNE", 2, 1, usual) is None
    assert shipped_embedding(info, "t-SNE", 2, 0, [("perplexity", 50)]) is None
    assert shipped_embedding(info, *USED, training=True) is None
    (tmp_path / "vae" / FILE).write_bytes(b"PK\3\4 half a file")
    assert shipped_embedding(info, *USED) is None
    np.savez(tmp_path / "vae" / FILE, **{"t-SNE 2": np.zeros((4, 2)), DIGEST: np.array("other")})
    assert shipped_embedding(info, *USED) is None  # trained again
    monkeypatch.setattr(shipped, "SHIPPED", tmp_path / "elsewhere")
    assert shipped_embedding(info, *USED) is None
