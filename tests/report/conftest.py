from __future__ import annotations

from pathlib import Path

import pytest

from ballgen.checkpoint.folder import Checkpoint, load_checkpoint
from ballgen.data.imageset import ImageSet
from ballgen.data.sources import load_images
from ballgen.report.contents import Report
from ballgen.report.making import make_report


@pytest.fixture(scope="session")
def balls() -> ImageSet:
    """The test images of the tiny checkpoints."""
    return load_images("sportballs", "test", limit=96)


@pytest.fixture(scope="session")
def models(tiny_checkpoints: Path) -> list[tuple[str, Checkpoint]]:
    return [(name, load_checkpoint(tiny_checkpoints / name)) for name in ("ae", "vae", "gan")]


@pytest.fixture(scope="session")
def report(models: list[tuple[str, Checkpoint]], balls: ImageSet) -> Report:
    return make_report(models, balls, seed=3)
