from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ballgen.checkpoint.folder import SCORES, Checkpoint, load_checkpoint
from ballgen.data.imageset import ImageSet
from ballgen.data.sources import load_images
from ballgen.report.contents import Report
from ballgen.report.making import make_report
from ballgen.runs.catalogue import SHIPPED


@pytest.fixture(scope="session")
def balls() -> ImageSet:
    """The test images of the tiny checkpoints."""
    return load_images("sportballs", "test", limit=96)


@pytest.fixture(scope="session")
def untrained(tiny_checkpoints: Path) -> list[tuple[str, Checkpoint]]:
    return [(name, load_checkpoint(tiny_checkpoints / name)) for name in ("ae", "vae", "gan")]


@pytest.fixture(scope="session")
def models(untrained: list[tuple[str, Checkpoint]]) -> list[tuple[str, Checkpoint]]:
    """The same with the scores of the shipped ones: of them something is concluded."""
    return [
        (name, replace(checkpoint, scores=shipped_scores(name) | {"prior": "mixture"}))
        for name, checkpoint in untrained
    ]


def shipped_scores(name: str) -> dict:
    return json.loads((SHIPPED / name / SCORES).read_text())


@pytest.fixture(scope="session")
def report(models: list[tuple[str, Checkpoint]], balls: ImageSet) -> Report:
    return make_report(models, balls, seed=3)
