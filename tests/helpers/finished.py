"""Finished checkpoints and runs as tests want them, without the training."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from ballgen.checkpoint.folder import RECORD, json_bytes, record_digest
from ballgen.runs.folder import RunFolder
from ballgen.runs.registry import FINISHED, Registry, Run


def add_run(runs: Path, checkpoint: Path, run_id: str, name: str, state: str = FINISHED) -> Path:
    """Enter a run into the registry of `runs`; returns where a copy of its checkpoint lies."""
    recipe = json.loads((checkpoint / RECORD).read_text())["recipe"]
    registry = Registry(runs)
    run = registry.add(Run(id=run_id, name=name, recipe=recipe, state=state))
    return Path(shutil.copytree(checkpoint, RunFolder(registry.folder, run).checkpoint))


def rewrite(folder: Path, change: Callable[[dict], None]) -> None:
    """Change a checkpoint's record as if it had been written so."""
    record = json.loads((folder / RECORD).read_text())
    del record["digest"]
    change(record)
    (folder / RECORD).write_bytes(json_bytes(record | {"digest": record_digest(record)}))
