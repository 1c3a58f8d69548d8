"""A training as one file, so that it can go on exactly where it stopped."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as save_tensors
from torch import Tensor

from ballgen.checkpoint.folder import packed
from ballgen.errors import InputError
from ballgen.models import Model
from ballgen.recipes import filled_in
from ballgen.training.loop import Training
from ballgen.util.files import write_file


def save_state(path: Path, training: Training, identity: dict[str, Any]) -> None:
    """Write all that the next step depends on, as one safetensors file with a JSON header."""
    tensors = packed(training.tensors() | {f"totals.{k}": v for k, v in training.totals.items()})
    header = {
        "identity": identity,
        "steps": training.steps,
        "step": training.step,
        "seconds": training.seconds,
        "precision": training.precision,
        "history": training.history,
        "paces": training.paces,
        "digest": _digest(tensors),
    }
    write_file(path, save_tensors(tensors, metadata={"state": json.dumps(header)}))


def load_state(path: Path, model: Model, identity: dict[str, Any]) -> Training:
    """Restore a training from `save_state`. Raises `InputError` if it was another run's."""
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads(file.metadata()["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if header.get("digest", digest := _digest(tensors)) != digest:  # older files have none
            raise ValueError("its numbers have changed")
        _check_identity(path, header["identity"], identity)
        return _restored(model, identity["seed"], header, tensors)
    except InputError:
        raise
    except (SafetensorError, OSError, LookupError, TypeError, ValueError, AttributeError,
            RuntimeError) as error:  # fmt: skip
        raise InputError(
            f"{path} is damaged or of another version of ballgen: remove it and train anew"
        ) from error


def _digest(tensors: dict[str, Tensor]) -> str:
    """SHA-256 of names and numbers: a flipped bit would go on as another model, unnoticed."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _check_identity(path: Path, begun: dict[str, Any], identity: dict[str, Any]) -> None:
    if "recipe" in begun:
        begun = begun | {"recipe": filled_in(begun["recipe"])}
    for what, now in identity.items():
        if begun.get(what, now) != now:  # older files do not tell all
            raise InputError(
                f"{path} was started with another {what}: give the same settings to resume, "
                "or remove it to train anew"
            )


def _restored(
    model: Model, seed: int, header: dict[str, Any], tensors: dict[str, Tensor]
) -> Training:
    training = Training(model, header["steps"], header["precision"], seed)
    training.restore({k: v for k, v in tensors.items() if not k.startswith("totals.")})
    training.step, training.seconds = header["step"], header["seconds"]
    training.history, training.paces = header["history"], header.get("paces", [])
    training.totals = {
        k.removeprefix("totals."): v for k, v in tensors.items() if k.startswith("totals.")
    }
    return training
