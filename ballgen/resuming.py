"""A training as one file, so that it can go on exactly where it stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as save_tensors

from ballgen.checkpoints import packed
from ballgen.errors import InputError
from ballgen.models import Model
from ballgen.recipes import filled_in
from ballgen.saving import write_file
from ballgen.training import Training


def save_state(path: Path, training: Training, identity: dict[str, Any]) -> None:
    """Write all that the next step depends on, as one safetensors file with a JSON header."""
    header = {
        "identity": identity,
        "steps": training.steps,
        "step": training.step,
        "seconds": training.seconds,
        "precision": training.precision,
        "history": training.history,
        "paces": training.paces,
    }
    tensors = training.tensors() | {f"totals.{k}": v for k, v in training.totals.items()}
    write_file(path, save_tensors(packed(tensors), metadata={"state": json.dumps(header)}))


def load_state(path: Path, model: Model, identity: dict[str, Any]) -> Training:
    """Restore a training from `save_state`. Raises `InputError` if it was another run's."""
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads(file.metadata()["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} is damaged: remove it and train anew") from error
    begun = header["identity"]
    if "recipe" in begun:
        begun["recipe"] = filled_in(begun["recipe"])
    for what, now in identity.items():
        if begun.get(what, now) != now:  # older files do not tell all
            raise InputError(
                f"{path} was started with another {what}: give the same settings to resume, "
                "or remove it to train anew"
            )
    training = Training(model, header["steps"], header["precision"], identity["seed"])
    training.restore({k: v for k, v in tensors.items() if not k.startswith("totals.")})
    training.step, training.seconds = header["step"], header["seconds"]
    training.history, training.paces = header["history"], header.get("paces", [])
    training.totals = {
        k.removeprefix("totals."): v for k, v in tensors.items() if k.startswith("totals.")
    }
    return training
