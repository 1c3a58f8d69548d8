"""Finished runs without the training: a registered run whose folder holds a checkpoint."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from ballgen.checkpoints import RECORD
from ballgen.runs.folder import RunFolder
from ballgen.runs.registry import FINISHED, Registry, Run


def add_run(runs: Path, checkpoint: Path, run_id: str, name: str, state: str = FINISHED) -> Path:
    """Enter a run into the registry of `runs`; returns where a copy of its checkpoint lies."""
    recipe = json.loads((checkpoint / RECORD).read_text())["recipe"]
    registry = Registry(runs)
    run = registry.add(Run(id=run_id, name=name, recipe=recipe, state=state))
    return Path(shutil.copytree(checkpoint, RunFolder(registry.folder, run).checkpoint))
