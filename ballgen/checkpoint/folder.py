"""Checkpoints: a trained model as a folder of tensors and JSON, whole or not there at all.

Opening one runs no code: there is no pickle. `recipe.json` holds the SHA-256 of every other file
but the card, and of itself, and loading checks them.
"""

import errno
import hashlib
import json
import math
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from ballgen import __version__
from ballgen.checkpoint.checks import check_history, check_record, check_scores
from ballgen.errors import InputError
from ballgen.models import Model, build_model
from ballgen.priors import PRIORS, Prior, check_prior
from ballgen.recipes import Recipe
from ballgen.scores.verdicts import known_figures
from ballgen.util.files import recover_folder, replace_folder, report_unwritable
from ballgen.util.paths import TRAIN_COMMAND, expand, find_shipped
from ballgen.util.versions import is_newer, written_by

TRIANGULAR = "scale_trils"  # of a prior: Cholesky factors (K, D, D), most of its numbers
FORMAT = 1
RECORD, MODEL, PRIORS_FILE = "recipe.json", "model.safetensors", "priors.safetensors"
HISTORY, SCORES, SAMPLES, CARD = "history.jsonl", "scores.json", "samples.png", "README.md"
MAX_TENSOR_BYTES, MAX_BYTES = 2**31, 2**26  # of a file: the second holds for JSON and images
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
    def figures(self) -> dict[str, Any]:
        """What is known of it, by the names that `ballgen.scores.verdicts` takes."""
        keep_best = self.model.recipe.training.keep_best
        return known_figures(self.scores, self.history, keep_best)

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
    files = {
        MODEL: save_tensors(packed(model.state_dict(), half)),
        PRIORS_FILE: save_tensors(packed(_prior_tensors(model.priors), half)),
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
    recipe = read_recipe(folder, record)
    contents = {name: _read_verified(folder, name, record) for name in FILES}
    weights = _tensors(folder / MODEL, contents[MODEL])
    of_priors = _tensors(folder / PRIORS_FILE, contents[PRIORS_FILE])
    try:
        plan = (
            recipe,
            tuple(record["image_shape"]),
            tuple(record["class_names"]),
            torch.tensor(record["class_shares"]),
        )
        with torch.device("meta"):  # takes no memory, however large the recipe says it is
            _check_weights(weights, build_model(*plan).state_dict())
        model = build_model(*plan)
        model.load_state_dict(weights)  # float16 becomes the model's own float32
        for name, state in _prior_states(of_priors).items():
            model.priors[name] = PRIORS[name].from_state_dict(state)
            code = model.priors[name].sample(1, torch.Generator().manual_seed(0))
            if code.shape != (1, model.latent_dim) or not code.isfinite().all():
                raise ValueError(f"the prior {name} gives no codes of {model.latent_dim} numbers")
    except Exception as error:  # whatever its tensors may be: none of it was made here
        raise _cannot_be_used(folder, record, error) from error
    history = _read_json(folder / HISTORY, contents[HISTORY], check_history, lines=True)
    scores = _read_json(folder / SCORES, contents[SCORES], check_scores)
    return Checkpoint(folder, model.eval(), record, history, scores)


def _check_weights(weights: dict[str, Tensor], own: dict[str, Tensor]) -> None:
    for name, tensor in own.items():
        if weights[name].shape != tensor.shape:
            raise ValueError(
                f"{name} has shape {tuple(weights[name].shape)}, not {tuple(tensor.shape)}"
            )
        if weights[name].is_floating_point() != tensor.is_floating_point():
            raise TypeError(f"{name} is {weights[name].dtype}, not {tensor.dtype}")


def read_recipe(folder: Path, record: dict[str, Any]) -> Recipe:
    """The recipe in a checkpoint's record. Raises `InputError`, also for one of a newer ballgen."""
    try:
        return Recipe.from_dict(record.get("recipe"))
    except InputError as error:
        raise _cannot_be_used(folder / RECORD, record, error) from error


def _cannot_be_used(path: Path, record: dict[str, Any], error: Exception) -> InputError:
    version = _version(record)
    remedy = "update ballgen" if is_newer(version) else "train it again"
    reason = next(iter(str(error).splitlines()), type(error).__name__)
    written = written_by(version)
    return InputError(f"{path} was written {written}, and cannot be used ({reason}): {remedy}")


def _version(record: dict[str, Any]) -> str:
    """Of the ballgen that wrote a record; "" if it does not say."""
    versions = record.get("versions")
    return str(versions.get("ballgen", "")) if isinstance(versions, dict) else ""


def _read_json(
    path: Path, content: bytes, check: Callable[[Any], None], lines: bool = False
) -> Any:
    try:
        found = (
            [json.loads(line) for line in content.splitlines()] if lines else json.loads(content)
        )
        check(found)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path} is damaged ({error}): restore it from a copy or train again"
        ) from error
    return found


def read_scores(folder: Path) -> dict[str, Any]:
    """The scores of a checkpoint folder, verified, without its tensors. Raises `InputError`."""
    content = _read_verified(folder, SCORES, read_record(folder))
    return _read_json(folder / SCORES, content, check_scores)


def read_history(path: Path) -> list[dict[str, float]]:
    """The rows of a history's file, one per epoch. Raises `InputError`, or `OSError` without it."""
    return _read_json(path, _read_file(path), check_history, lines=True)


def load_model(folder: str | Path) -> Model:
    """The model of a checkpoint folder, verified, with its priors. Raises `InputError`."""
    return load_checkpoint(folder).model


def read_record(folder: Path) -> dict[str, Any]:
    """What recipe.json says, verified against its own digest. Raises `InputError`."""
    path = folder / RECORD
    try:
        record = json.loads(_read_file(path))
        json_bytes(record)  # fails for half a character, as "\ud800", which nothing can show
        told, known = record.pop("digest"), record_digest(record)
        if type(record["format"]) is not int or record["format"] < 1:
            raise ValueError("no format")
        if record["format"] > FORMAT:
            raise InputError(
                f"{path} has format {record['format']} of ballgen {_version(record) or 'unknown'}, "
                f"and this is {__version__}, which reads {FORMAT}: update ballgen to open it"
            )
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
    try:
        check_record(record)
    except ValueError as error:
        raise _cannot_be_used(path, record, error) from error
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
        content = _read_file(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): {_remedy(error)}") from error
    if sha256(content) != record["digests"].get(name):
        raise InputError(
            f"{path} does not match its digest in {RECORD}: it was changed or damaged; "
            "restore it from a copy or train again"
        )
    return content


def _read_file(path: Path) -> bytes:
    """Raises `OSError`, also for a pipe, which nobody may ever write to, and for a huge file."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")
    if status.st_size > (MAX_TENSOR_BYTES if path.suffix == ".safetensors" else MAX_BYTES):
        raise OSError(errno.EFBIG, "it is larger than any of its kind")
    return path.read_bytes()


def _tensors(path: Path, content: bytes) -> dict[str, Tensor]:
    try:
        return load_tensors(content)
    except SafetensorError as error:
        raise InputError(f"{path} is no safetensors file ({error}): train again") from error


def packed(tensors: dict[str, Tensor], half: bool = False) -> dict[str, Tensor]:
    """Tensors as safetensors wants them: on the CPU, contiguous, sharing no memory.

    half  store floating-point numbers as float16
    """

    def pack(tensor: Tensor) -> Tensor:
        tensor = tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        return tensor.half() if half and tensor.is_floating_point() else tensor

    return {name: pack(tensor) for name, tensor in tensors.items()}


def _prior_tensors(priors: dict[str, Prior]) -> dict[str, Tensor]:
    """What priors learned, as a file holds it: what one holds of another is there once."""
    tensors = {
        f"{name}.{key}": _lower_triangles(tensor) if key.endswith(TRIANGULAR) else tensor
        for name, prior in priors.items()
        for key, tensor in prior.state_dict().items()
    }

    def repeats(key: str) -> bool:
        held = tensors.get(key.partition(".")[2])  # "mixture.means" of "flow.mixture.means"
        return held is not None and torch.equal(tensors[key], held)

    return {key: tensor for key, tensor in tensors.items() if not repeats(key)}


def _prior_states(tensors: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Undo `_prior_tensors`: the state of each prior, in the order of `PRIORS`."""
    states: dict[str, dict[str, Tensor]] = {}  # the file gives its tensors in any order
    for key, tensor in tensors.items():
        name, _, rest = key.partition(".")
        triangular = rest.endswith(TRIANGULAR)
        states.setdefault(name, {})[rest] = _squares(tensor) if triangular else tensor
    names = sorted(map(check_prior, states), key=list(PRIORS).index)
    held = {
        name: {
            f"{other}.{key}": tensor
            for other in PRIORS[name].holds
            for key, tensor in states.get(other, {}).items()
        }
        for name in names
    }
    return {name: held[name] | states[name] for name in names}


def _lower_triangles(matrices: Tensor) -> Tensor:
    """What is not 0 of triangular matrices (K, D, D): (K, D · (D + 1) / 2), half of the numbers."""
    rows, columns = torch.tril_indices(*matrices.shape[1:])
    return matrices[:, rows, columns]


def _squares(triangles: Tensor) -> Tensor:
    """Undo `_lower_triangles`."""
    dim = (math.isqrt(8 * triangles.shape[1] + 1) - 1) // 2
    rows, columns = torch.tril_indices(dim, dim)
    matrices = triangles.new_zeros(len(triangles), dim, dim)
    matrices[:, rows, columns] = triangles
    return matrices


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
