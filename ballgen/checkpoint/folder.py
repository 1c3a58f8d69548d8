"""Checkpoints: a trained model as a folder of tensors and JSON, whole or not there at all.

Opening one runs no code: there is no pickle. `recipe.json` holds the SHA-256 of every other file
but the card, and of itself, and loading checks them.
"""

from __future__ import annotations

import errno
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from ballgen.errors import InputError
from ballgen.models import Model, build_model
from ballgen.priors import PRIORS, check_prior
from ballgen.recipes import Recipe
from ballgen.util.files import recover_folder, replace_folder, report_unwritable
from ballgen.util.paths import expand
from ballgen.util.project import TRAIN_COMMAND, find_shipped
from ballgen.util.tensors import packed

FORMAT = 1
RECORD, MODEL, PRIORS_FILE = "recipe.json", "model.safetensors", "priors.safetensors"
HISTORY, SCORES, SAMPLES, CARD = "history.jsonl", "scores.json", "samples.png", "README.md"
FILES = (MODEL, PRIORS_FILE, HISTORY, SCORES, SAMPLES)  # that the record has digests of


@dataclass(frozen=True)
class Checkpoint:
    """A loaded checkpoint.

    model    ready to use, in evaluation mode, with its fitted priors
    record   what recipe.json says: recipe, data, seed, epochs, seconds, versions, digests
    history  one dict per epoch
    scores   named figures
    """

    folder: Path
    model: Model
    record: dict[str, Any]
    history: list[dict[str, float]]
    scores: dict[str, Any]

    @property
    def digest(self) -> str:
        """Identifies the content: of recipe.json, which holds all others' but the card's."""
        return self.record["digest"]


def check_name(name: str) -> str:
    """The name, if a checkpoint's folder may be called so. Raises `InputError`."""
    if not name or name != Path(name).name or name.startswith("."):
        raise InputError(f"{name!r} is no name for a checkpoint: use letters, digits and -")
    return name


def is_taken(folder: Path) -> bool:
    """Whether a checkpoint stands at `folder`, so that saving another would replace it.

    Raises `InputError` if something else does, which must not be replaced.
    """
    with report_unwritable(folder):
        if not folder.exists():
            return False
        if folder.is_dir() and (folder / RECORD).is_file():
            return True
        if folder.is_dir() and not any(folder.iterdir()):
            return False
    raise InputError(
        f"{folder} is there and is no checkpoint, so it is not replaced: choose another place or "
        "name"
    )


def save_checkpoint(
    folder: Path,
    model: Model,
    record: dict[str, Any],
    history: list[dict[str, float]],
    scores: dict[str, Any],
    samples_png: bytes,
    card: str,
    half: bool = False,
) -> None:
    """Write a checkpoint; an older one at `folder` is replaced once the new one is complete.

    record  what to tell beside recipe, shape and classes, which are the model's own
    half    store numbers as float16, in half the bytes; call `round_to_half` before scoring
    """
    priors = {
        f"{name}.{key}": tensor
        for name, prior in model.priors.items()
        for key, tensor in prior.state_dict().items()
    }
    files = {
        MODEL: save_tensors(packed(model.state_dict(), half)),
        PRIORS_FILE: save_tensors(packed(priors, half)),
        HISTORY: "".join(json.dumps(row) + "\n" for row in history).encode(),
        SCORES: json_bytes(scores),
        SAMPLES: samples_png,
    }
    record = {
        "format": FORMAT,
        "recipe": model.recipe.to_dict(),
        "image_shape": list(model.image_shape),
        "class_names": list(model.class_names),
        "class_shares": model.class_shares.tolist(),
        **record,
        "digests": {name: sha256(content) for name, content in files.items()},
    }
    files[RECORD] = json_bytes(record | {"digest": record_digest(record)})
    replace_folder(folder, files | {CARD: card.encode()})


def load_checkpoint(folder: str | Path) -> Checkpoint:
    """Open and verify a checkpoint folder. Raises `InputError`, naming the file at fault."""
    folder = expand(folder)
    try:
        folder = find_shipped(folder)
        recover_folder(folder)
        there = folder.is_dir()
    except OSError as error:  # a name that no file system takes, or a folder that is not ours
        raise InputError(
            f"{folder} cannot be opened ({error.strerror}): {_remedy(error)}"
        ) from error
    if not there:
        raise InputError(f"no checkpoint at {folder}: train one with `{TRAIN_COMMAND}`")
    record = read_record(folder)
    try:
        names = [name for name in record["digests"] if name in FILES]
        contents = {name: _read_verified(folder, name, record) for name in names}
        recipe = _read_recipe(folder / RECORD, record["recipe"])
        model = build_model(
            recipe,
            tuple(record["image_shape"]),
            tuple(record["class_names"]),
            torch.tensor(record["class_shares"]),
        )
        weights = _tensors(folder / MODEL, contents[MODEL])
        model.load_state_dict(weights)  # float16 becomes the model's own float32
        states: dict[str, dict[str, Tensor]] = {}  # the file gives its tensors in any order
        for key, tensor in _tensors(folder / PRIORS_FILE, contents[PRIORS_FILE]).items():
            name, _, rest = key.partition(".")
            states.setdefault(name, {})[rest] = tensor
        for name in sorted(map(check_prior, states), key=list(PRIORS).index):
            model.priors[name] = PRIORS[name].from_state_dict(states[name])
        history = [json.loads(line) for line in contents[HISTORY].splitlines()]
        scores = json.loads(contents[SCORES])
    except (KeyError, TypeError, RuntimeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = str(error).splitlines()[0]
        raise InputError(
            f"checkpoint {folder} was written by another version of ballgen ({reason}): "
            "train it again"
        ) from error
    return Checkpoint(folder, model.eval(), record, history, scores)


def _read_recipe(path: Path, values: dict[str, Any]) -> Recipe:
    try:
        return Recipe.from_dict(values)
    except InputError as error:
        raise InputError(f"{path}: {error}; train it again, or update ballgen") from error


def load_model(folder: str | Path) -> Model:
    """The model of a checkpoint folder, verified, with its priors. Raises `InputError`."""
    return load_checkpoint(folder).model


def read_record(folder: Path) -> dict[str, Any]:
    """What recipe.json says, verified against its own digest. Raises `InputError`."""
    path = folder / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        told, known = record.pop("digest"), record_digest(record)
        if record["format"] > FORMAT:
            raise InputError(f"{path} has format {record['format']}: update ballgen to open it")
    except FileNotFoundError:
        raise InputError(
            f"{folder} is no checkpoint: it has no {RECORD}{_inside(folder)}"
        ) from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): {_remedy(error)}") from error
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is damaged: restore it from a copy or train again") from error
    if told != known:
        raise InputError(
            f"{path} does not match its own digest: it was changed or damaged; "
            "restore it from a copy or train again"
        )
    return record | {"digest": told}


def _inside(folder: Path) -> str:
    """Which checkpoints lie in a folder that is none, to be named instead."""
    names = sorted(path.parent.name for path in folder.glob(f"*/{RECORD}"))
    return f"; those in it are {', '.join(names)}" if names else ""


def _remedy(error: OSError) -> str:
    if error.errno == errno.ENAMETOOLONG:
        return "give a shorter name"
    gone = isinstance(error, FileNotFoundError)
    return "restore it from a copy or train again" if gone else "check its permissions and the disk"


def _read_verified(folder: Path, name: str, record: dict[str, Any]) -> bytes:
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): {_remedy(error)}") from error
    if sha256(content) != record["digests"][name]:
        raise InputError(
            f"{path} does not match its digest in {RECORD}: it was changed or damaged; "
            "restore it from a copy or train again"
        )
    return content


def _tensors(path: Path, content: bytes) -> dict[str, Tensor]:
    try:
        return load_tensors(content)
    except SafetensorError as error:
        raise InputError(f"{path} is no safetensors file ({error}): train again") from error


def round_to_half(model: Model) -> None:
    """Round weights and priors to what float16 holds, so that figures belong to what is stored."""
    model.half().float()
    for prior in model.priors.values():
        prior.half().float()


def json_bytes(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def record_digest(record: dict[str, Any]) -> str:
    """SHA-256 of a record's content, however it is laid out in the file."""
    return sha256(json.dumps(record, sort_keys=True).encode())
