"""Ways in which what a run or a checkpoint left can be damaged."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load, save

from ballgen.checkpoint.folder import (
    HISTORY,
    MODEL,
    PRIORS_FILE,
    RECORD,
    SAMPLES,
    SCORES,
    json_bytes,
    record_digest,
    sha256,
)
from ballgen.runs.frames import FIXED_IMAGES_FILE
from ballgen.util.paths import REGISTRY

HUGE = 10**30
DEEP = "[" * 100_000
ROWS: dict[str, tuple[Any, ...]] = {
    "id": (None, "", "../up", "/etc", ".hidden", "a/b", "x" * 999, b"\xff\x00"),
    "name": (None, b"\xff"),
    "recipe": (None, "", "{", "[]", "5", "null", DEEP, b"\xff", '{"name": "../up"}', '{"name": 5}'),
    "source": (None, b"\xff"),
    "loading": (None, "[]", "x", '"x"'),
    "seed": (None, "x", -1, 1e300, 0.5),
    "minutes": ("x", -1, 1e300, float("inf")),
    "save_every": (None, "x", -5, float("inf")),
    "state": (None, "", "walking", 5),
    "requested_action": (None, "dance", 7),
    "pid": ("x", -4, 1e300, 0, 2**40),
    "process_created": ("x", 1e300),
    "message": (None, b"\xff"),
    "created_at": (None, "x", 1e300, -1, float("inf")),
    "queued_at": (None, "x", 1e300),
    "started_at": ("x", 1e300, -5),
    "ended_at": ("x", float("inf")),
}


def damage_rows(runs: Path, run_id: str) -> list[str]:
    """Put a row beside a run for each way to damage one; what `Registry.damaged` calls them."""
    shown = []
    with closing(sqlite3.connect(runs / REGISTRY)) as file:
        columns = [row[1] for row in file.execute("PRAGMA table_info(run)")]
        values = file.execute(f"SELECT {', '.join(columns)} FROM run WHERE id = ?", [run_id])
        good = dict(zip(columns, values.fetchone(), strict=True))
        # Nothing is required, unique or of any type in such a table.
        file.execute("CREATE TABLE other AS SELECT * FROM run")
        file.execute("DROP TABLE run")
        file.execute("ALTER TABLE other RENAME TO run")
        marks = ", ".join("?" * len(columns))
        for column, bad in ROWS.items():
            for number, value in enumerate(bad):
                row = good | {"id": f"{column}-{number}"} | {column: value}
                file.execute(f"INSERT INTO run VALUES ({marks})", [row[name] for name in columns])
                shown.append(str(row["id"]))
        file.commit()
    return shown


def damaged_frames(frames: Path, epoch: int) -> Iterator[str]:
    """Damage one epoch's frame, or what is the same in all, in one way after the other."""
    for path in (frames / f"{epoch:06d}.npz", frames / FIXED_IMAGES_FILE):
        whole = path.read_bytes()
        arrays = dict(np.load(path, allow_pickle=False))

        def write(change: dict[str, Any], path=path, arrays=arrays, pickled=False) -> None:
            buffer = io.BytesIO()
            kept = {name: value for name, value in (arrays | change).items() if value is not None}
            np.savez(buffer, **kept)
            path.write_bytes(buffer.getvalue())

        files = {
            "empty": b"",
            "text": b"I am no archive",
            "cut off": whole[: len(whole) // 2],
            "flipped": whole[:200] + bytes(byte ^ 255 for byte in whole[200:400]) + whole[400:],
            "an array": _npy(np.zeros(3)),
            "a bomb": _bomb(),
        }
        for name, content in files.items():
            path.write_bytes(content)
            yield f"{path.name}: {name}"
        for name in arrays:
            others = (None, np.array(5), np.array(["x"]), np.full((2, 2, 2), np.nan), np.zeros(0))
            for other in (*others, np.array([{"a": 1}], dtype=object)):
                write({name: other})
                yield f"{path.name}: {name} {other!r:.40}"
        path.unlink()
        path.mkdir()
        yield f"{path.name}: a folder"
        path.rmdir()
        path.symlink_to("nowhere")
        yield f"{path.name}: a link to nowhere"
        path.unlink()
        path.write_bytes(whole)


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("codes.npy", bytes(300_000_000))
    return buffer.getvalue()


def damaged_checkpoints(folder: Path) -> Iterator[str]:
    """Damage a checkpoint in one way after the other, each with digests that agree."""
    whole = {name: (folder / name).read_bytes() for name in FILES}
    record = json.loads(whole[RECORD])
    scores, rows = json.loads(whole[SCORES]), whole[HISTORY].decode().splitlines()
    weights, priors = load(whole[MODEL]), load(whole[PRIORS_FILE])
    bad = (None, [], {}, "x", -1, HUGE, True, [None], 0.5)

    def write(name: str, content: bytes) -> None:
        (folder / name).write_bytes(content)
        digests = record["digests"] | {name: sha256(content)}
        _write_record(folder, record | {"digests": digests})

    for key in sorted(set(record) - {"digest", "processes"}):
        for value in (*bad, float("nan")):
            if value != record[key] and (key, value) not in HARMLESS:
                _write_record(folder, record | {key: value})
                yield f"{RECORD}: {key} {value!r:.20}"
        if key not in ("best", "threads", "whole_seconds"):  # older ones have none
            _write_record(folder, {name: value for name, value in record.items() if name != key})
            yield f"{RECORD}: without {key}"
    for key in record["data"]:
        for value in bad[:5]:
            if value != record["data"][key] and (key, value) not in HARMLESS:
                _write_record(folder, record | {"data": record["data"] | {key: value}})
                yield f"{RECORD}: data.{key} {value!r}"
    for text in ("", "{", "[]", "5", "null", DEEP, '{"a": 1}\n{"b": 2}'):
        (folder / RECORD).write_text(text)
        yield f"{RECORD}: {text[:20]!r}"
    _write_record(folder, record)
    for value in bad:
        write(SCORES, json_bytes(value))
        if value != {}:
            yield f"{SCORES}: {value!r:.20}"
        for name in scores:
            write(SCORES, json_bytes(scores | {name: value}))
            if not (isinstance(value, float | int) and not isinstance(value, bool)) and not (
                isinstance(scores[name], str) and isinstance(value, str)
            ):
                yield f"{SCORES}: {name} {value!r:.20}"
    for name in ("kid_sd", "sse", "mse"):
        write(SCORES, json_bytes({key: value for key, value in scores.items() if key != name}))
        yield f"{SCORES}: without {name}"
    write(SCORES, DEEP.encode())
    yield f"{SCORES}: deep"
    write(SCORES, whole[SCORES])
    for line in ("", "x", "5", "[]", '{"loss": 1}', '{"epoch": "x"}', '{"epoch": 1, "loss": null}'):
        write(HISTORY, f"{line}\n".encode() if line else b"")
        yield f"{HISTORY}: {line!r}"
        if line:
            write(HISTORY, "\n".join([*rows, line]).encode())
            yield f"{HISTORY}: and {line!r}"
    write(HISTORY, whole[HISTORY])
    for name, tensors in ((MODEL, weights), (PRIORS_FILE, priors)):
        key = max(tensors, key=lambda key: tensors[key].numel())
        others = {
            "another shape": tensors | {key: torch.zeros(3)},
            "another rank": tensors | {key: tensors[key][None].clone()},
            "no number": tensors | {key: torch.zeros(tensors[key].shape, dtype=torch.bool)},
            "whole numbers": tensors | {key: torch.zeros(tensors[key].shape, dtype=torch.int64)},
            "one lacks": {k: v for k, v in tensors.items() if k != key},
            "one more": tensors | {"stranger.weight": torch.zeros(2)},
            "none": {},
        }
        for way, other in others.items():
            if not (name == PRIORS_FILE and way in ("none", "no number", "whole numbers")):
                write(name, save(other))
                yield f"{name}: {way}"
        for way, content in (("empty", b""), ("text", b"x" * 99), ("cut", whole[name][:-9])):
            write(name, content)
            yield f"{name}: {way}"
        write(name, whole[name])
    for name in FILES:
        (folder / name).unlink()
        yield f"{name}: not there"
        (folder / name).mkdir()
        yield f"{name}: a folder"
        (folder / name).rmdir()
        os.mkfifo(folder / name)
        yield f"{name}: a pipe that nobody writes to"
        (folder / name).unlink()
        (folder / name).symlink_to("/dev/zero")
        yield f"{name}: zeros without end"
        (folder / name).unlink()
        (folder / name).touch()
        os.truncate(folder / name, 2**40)
        yield f"{name}: a hole of a TB"
        (folder / name).write_bytes(whole[name])


FILES = (RECORD, MODEL, PRIORS_FILE, HISTORY, SCORES, SAMPLES)
HARMLESS = [
    *(("minutes", value) for value in (None, 0.5)),
    ("limit", None),
    ("versions", {}),
    *((key, 0.5) for key in ("seconds", "whole_seconds")),
    *((key, "x") for key in ("source", "digest", "test_digest", "precision")),
]


def _write_record(folder: Path, record: dict[str, Any]) -> None:
    record = {name: value for name, value in record.items() if name != "digest"}
    (folder / RECORD).write_bytes(json_bytes(record | {"digest": record_digest(record)}))
