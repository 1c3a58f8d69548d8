"""TrainState: a model in training and all that its next step depends on, in memory and as a file.

A run that stopped after any step goes on from the file exactly as if it had not stopped.
"""

import copy
import hashlib
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as save_tensors
from torch import Tensor

from ballgen import __version__
from ballgen.checkpoint.folder import packed
from ballgen.errors import InputError
from ballgen.models.base import Model
from ballgen.recipes import Recipe
from ballgen.training.distributed import get_accelerator
from ballgen.training.epochs import Epochs
from ballgen.training.optimizers import build_optimizer
from ballgen.training.stages import Stage
from ballgen.util.files import write_file
from ballgen.util.versions import is_newer, written_by

# What is kept in memory as it is, and in the file's header as JSON.
SCALARS = ("stage_steps", "stage_seconds", "precision", "threads", "step", "seconds", "history")


@dataclass
class TrainState:
    """A model in training.

    stage_steps    how many steps each stage has: an estimate where the clock ends it
    stage_seconds  how long each stage takes, in a training that ends by the clock; else empty
    threads        of torch, that the training began with: others round otherwise
    step           how many were done, over all stages
    seconds        spent on them, validation and saving included, over all resumptions
    history        one row per finished epoch
    totals         float64 (2,) per term: of this process's share of the epoch under way, its sum
                   over the images and their count
    ema            exponential moving average of the weights, where the recipe has one
    optimizers     of the stage under way, by the names of its groups
    extra          modules that the stage under way brought along
    best           weights of the best epoch so far, where the recipe keeps them
    """

    model: Model
    stage_steps: list[int]
    precision: str = "fp32"
    seed: int = 0
    stage_seconds: list[float] = field(default_factory=list)
    threads: int = field(default_factory=torch.get_num_threads)
    step: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    totals: dict[str, Tensor] = field(default_factory=dict)
    ema: Model | None = field(init=False, default=None)
    optimizers: dict[str, torch.optim.Adam] = field(init=False, default_factory=dict)
    extra: dict[str, torch.nn.Module] = field(init=False, default_factory=dict)
    best: dict[str, Tensor] = field(init=False, default_factory=dict)
    _stored: dict[str, Tensor] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        device = get_accelerator().device
        self.model.to(device)
        if self.model.recipe.optimizer.ema_decay:
            self.ema = copy.deepcopy(self.model).requires_grad_(False)

    @property
    def result(self) -> Model:
        """The model to keep: the average where there is one."""
        return self.ema or self.model

    @property
    def steps(self) -> int:
        """Of the whole training."""
        return sum(self.stage_steps)

    @property
    def finished(self) -> bool:
        return self.step >= self.steps

    def first_step(self, stage: int) -> int:
        """The step at which a stage begins, by its index."""
        return sum(self.stage_steps[:stage])

    def progress_of(self, stage: int) -> float:
        """Share of a stage that is done, in [0, 1]: of its seconds where the clock ends it."""
        if self.stage_seconds:
            begun, whole = sum(self.stage_seconds[:stage]), self.stage_seconds[stage]
            return min(1.0, max(0.0, self.seconds - begun) / whole)
        return (self.step - self.first_step(stage)) / self.stage_steps[stage]

    def load_ema_weights(self) -> None:
        """Continue from the average of the weights."""
        if self.ema:
            self.model.load_state_dict(self.ema.state_dict())

    def keep_weights(self) -> None:
        """Note the weights of `result` as the best so far."""
        self.best = {name: tensor.clone() for name, tensor in self.result.state_dict().items()}

    def load_best_weights(self) -> None:
        """Continue from the weights that were noted last, if any were."""
        if self.best:
            self.model.load_state_dict(self.best)
            self.result.load_state_dict(self.best)
            self.best = {}

    def enter(self, stage: Stage) -> None:
        """Make the stage's optimizers, or take back those that the file holds."""
        device = get_accelerator().device
        self.extra = stage.extra
        for name, module in self.extra.items():
            module.to(device, memory_format=torch.channels_last)
            if weights := _under(f"extra.{name}.", self._stored):
                module.load_state_dict(weights)
        self.optimizers = {
            group.name: build_optimizer(
                group.optimizer,
                [parameter for module in group.modules for parameter in module.parameters()],
            )
            for group in stage.groups
        }
        for name, optimizer in self.optimizers.items():
            _load_optimizer(optimizer, _under(f"optimizer.{name}.", self._stored))
        self._stored = {}

    def close_epoch(self, count: int) -> None:
        """Turn the totals of the epoch under way, over `count` images, into a history row.

        Every process has to call it, for each knows only its share of the totals. Raises
        `InputError` if the loss is NaN or infinite: nothing good would follow.
        """
        if not self.totals:
            return
        accelerator, recipe = get_accelerator(), self.model.recipe
        epochs = Epochs.of(count, recipe.training.batch_size)
        summed = {name: accelerator.reduce(total) for name, total in self.totals.items()}
        means = {name: (total / images).item() for name, (total, images) in summed.items()}
        epoch = epochs.begun(self.step)
        if not math.isfinite(means["loss"]):
            raise InputError(
                f"training diverged in epoch {epoch}: its loss is {means['loss']}. Begin anew with "
                f"{self._learning_rate_to_lower()}"
            )
        seconds = round(self.seconds, 3)
        self.history.append(
            {"epoch": epoch, "images": epochs.seen(self.step), "seconds": seconds} | means
        )
        self.totals = {}

    def _learning_rate_to_lower(self) -> str:
        recipe = self.model.recipe
        if self.extra:  # it is being fine-tuned
            name, rate = "finetuning.decoder_learning_rate", recipe.finetuning.decoder_learning_rate
        else:
            name, rate = "optimizer.learning_rate", recipe.optimizer.learning_rate
        return f"{name} below {rate:g}"

    def tensors(self) -> dict[str, Tensor]:
        """Weights, their average, the best, the stage's modules and optimizer states, by name."""
        found = _prefixed("model.", self.model.state_dict())
        if self.ema:
            found |= _prefixed("ema.", self.ema.state_dict())
        found |= _prefixed("best.", self.best)
        for name, module in self.extra.items():
            found |= _prefixed(f"extra.{name}.", module.state_dict())
        for name, optimizer in self.optimizers.items():
            for index, state in optimizer.state_dict()["state"].items():
                found |= _prefixed(f"optimizer.{name}.{index}.", state)
        return found


def save_state(path: Path, state: TrainState, identity: dict[str, Any]) -> None:
    """Write all that the next step depends on, as one safetensors file with a JSON header.

    Every process has to call it, for each knows only its share of the totals; the first one writes.
    Raises `InputError` where the file cannot be written.
    """
    accelerator = get_accelerator()
    totals = {name: accelerator.gather(total[None]) for name, total in state.totals.items()}
    if not accelerator.is_main_process:
        return
    tensors = packed(state.tensors() | _prefixed("totals.", totals))  # totals: (processes, 2) each
    header = {name: getattr(state, name) for name in SCALARS}
    header |= {"identity": identity, "digest": _digest(tensors), "version": __version__}
    write_file(path, save_tensors(tensors, metadata={"state": json.dumps(header)}), durable=True)


def load_state(path: Path, model: Model, identity: dict[str, Any]) -> TrainState:
    """Restore what `save_state` wrote. Raises `InputError` if it was another run's, or is damaged.

    identity  what must agree with the run that was saved; its "seed" is the run's

    A training by epochs goes on with the threads that it began with, for the whole process.
    """
    version = __version__
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads(file.metadata()["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        version = str(header.get("version", ""))
        if header["digest"] != _digest(tensors):
            raise ValueError("its numbers have changed")
        scalars = {name: header[name] for name in SCALARS}
        _check_identity(path, header["identity"] | scalars, identity)
        state = TrainState(model, seed=identity["seed"], **scalars)
        if not state.stage_seconds:  # a training by epochs ends with the same bits
            torch.set_num_threads(state.threads)
        state.model.load_state_dict(_under("model.", tensors))
        if state.ema:
            state.ema.load_state_dict(_under("ema.", tensors))
        state.best = _under("best.", tensors)
        state.totals = {k: _own_share(v) for k, v in _under("totals.", tensors).items()}
        state._stored = tensors
        return state
    except InputError:
        raise
    except (SafetensorError, OSError, LookupError, TypeError, ValueError, AttributeError,
            RuntimeError) as error:  # fmt: skip
        remedy = "update ballgen, or " if is_newer(version) else ""
        raise InputError(
            f"{path}, written {written_by(version)}, is damaged or of another version: "
            f"{remedy}remove it and train anew"
        ) from error


def _check_identity(path: Path, begun: dict[str, Any], identity: dict[str, Any]) -> None:
    differences = []
    for what, now in identity.items():
        before = begun[what]
        if what == "recipe":
            before = Recipe.from_dict(before).to_dict()  # with settings that were added since
            differences += _differences(before, now)
        elif before != now:
            # A digest says nothing to anybody.
            short = isinstance(now, int | float) or now is None
            differences.append(f"{what} was {before}, is {now}" if short else f"another {what}")
    if differences:
        raise InputError(
            f"{path} was started with other settings ({'; '.join(differences)}): give the same to "
            "resume, or remove it to train anew"
        )


def _differences(before: Any, now: Any, path: str = "") -> list[str]:
    """Which settings of a recipe differ, each as "training.batch_size was 64, is 32"."""
    if before == now:
        return []
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return [f"{path} was {before}, is {now}"]
    found = []
    for name in before | now:
        inner = f"{path}.{name}" if path else name
        found += _differences(before.get(name), now.get(name), inner)
    return found


def _own_share(totals: Tensor) -> Tensor:
    """This process's row of a term's totals (processes, 2); the first one's share is all of them if
    the run had another number of processes.
    """
    accelerator = get_accelerator()
    if len(totals) == accelerator.num_processes:
        return totals[accelerator.process_index]
    return totals.sum(0) * accelerator.is_main_process


@torch.no_grad()
def _load_optimizer(optimizer: torch.optim.Adam, tensors: dict[str, Tensor]) -> None:
    states: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        index, key = name.split(".")
        parameter = optimizer.param_groups[0]["params"][int(index)]
        if tensor.shape == parameter.shape:
            # The fused Adam walks through memory: moments must lie as their weights do.
            tensor = torch.empty_like(parameter).copy_(tensor)
        states.setdefault(int(index), {})[key] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": states, "param_groups": groups})


def _digest(tensors: dict[str, Tensor]) -> str:
    """SHA-256 of names and numbers: a flipped bit would go on as another model, unnoticed."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in tensors.items()}


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
