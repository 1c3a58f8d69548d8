"""Scores of models that tests cannot wait for."""

from __future__ import annotations

import json
from pathlib import Path

from ballgen.checkpoint.folder import RECORD, SCORES, json_bytes, record_digest, sha256

LEARNED = {"mse": 0.001, "mse_train": 0.001, "diversity": 1.0}  # which the tiny models did not


def rescore(folder: Path, more: dict) -> Path:
    """The folder, in whose checkpoints these scores stand now."""
    for place in folder.iterdir():
        scores = json_bytes(json.loads((place / SCORES).read_bytes()) | more)
        (place / SCORES).write_bytes(scores)
        record = json.loads((place / RECORD).read_bytes())
        record["digests"][SCORES] = sha256(scores)
        del record["digest"]
        (place / RECORD).write_bytes(json_bytes(record | {"digest": record_digest(record)}))
    return folder
