"""One experiment from recipe to checkpoint: images, model, stages, priors, scores, files.

While it trains, `OUT/<recipe>.unfinished` holds all that resuming needs, in one file;
`OUT/<recipe>/` is replaced only by a complete checkpoint.
"""

import math
import platform
import time
import warnings
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import torch
from filelock import FileLock

import ballgen
from ballgen.checkpoint.card import write_card
from ballgen.checkpoint.folder import (
    Checkpoint,
    check_name,
    is_taken,
    load_checkpoint,
    round_to_half,
    save_checkpoint,
)
from ballgen.data.imageset import ImageSet
from ballgen.data.sheets import SHEET_GRAY, contact_sheet, to_png
from ballgen.data.sources import STYLES, canonical, load_images
from ballgen.errors import InputError
from ballgen.models import Model, build_model
from ballgen.priors import fit_priors
from ballgen.priors.base import MIN_CODES
from ballgen.recipes import Recipe
from ballgen.scores.evaluate import evaluate
from ballgen.scores.groups import FAST, GROUPS
from ballgen.training.distributed import agreed, choose_precision, get_accelerator
from ballgen.training.epochs import Epochs
from ballgen.training.finetuning import CODES, finetuning_stage
from ballgen.training.runner import SILENT, UNPLANNED, Hooks, StageRunner
from ballgen.training.stages import plan_seconds, plan_steps, training_stage
from ballgen.training.state import TrainState, load_state
from ballgen.training.validation import Validation
from ballgen.util.checks import check_seed, generator_of
from ballgen.util.files import acquire, is_locked, release
from ballgen.util.history import best_epoch
from ballgen.util.paths import expand

SAVE_EVERY = 30.0  # s
SAMPLES = 64  # on the checkpoint's contact sheet
PRIOR_CODES = 20_000  # codes that priors are fitted to
# Of a training that ends by the clock, and beyond: so long may they take.
PRIOR_SHARE, PRIOR_SECONDS = 0.1, 10.0
MAX_SCORED_IMAGES = 2000  # test images on each side of a score
MIN_SCORED_IMAGES, SCORED_PER_MINUTE = 500, 300  # lest a training of two minutes be scored for one


class Data(NamedTuple):
    """Training and test images of one source, and the limit that the former were loaded with."""

    source: str
    train: ImageSet
    test: ImageSet
    limit: int | None = None


@lru_cache(maxsize=4)  # recipes of one command mostly want the same images
def _load(*arguments: Any) -> ImageSet:
    return load_images(*arguments)


def load_data(
    source: str,
    recipe: Recipe,
    image_size: int | None = None,
    limit: int | None = None,
    seed: int = 0,
    data_root: str | None = None,
    test_limit: int | None = None,
) -> Data:
    """A source's images as the recipe wants them. Raises `InputError`.

    image_size  px; overrides the recipe's
    limit       training images at most, every class in its share
    test_limit  test images likewise; by default all, so that runs with any `limit` can be compared
    """
    source = canonical(source)  # refuses what no record can name
    size, channels = image_size or recipe.image_size or None, recipe.channels or None
    train = _load(source, "train", size, channels, limit, seed, data_root)
    test = _load(source, "test", size, channels, test_limit, seed, data_root)
    # Small balls in few places are alike by chance, as newly drawn ones would be.
    if source not in STYLES and (copies := test.copies_of(train)):
        warnings.warn(
            f"{source}: {copies:,} of {len(test):,} test images are training images, too, pixel "
            "for pixel: delete them in one of the two, or scores will flatter",
            stacklevel=2,
        )
    return Data(source, train, test, limit)


@dataclass
class Experiment:
    """What to do and where to put it.

    out         folder of checkpoints; this one becomes `out/<recipe name>/`
    minutes     end by the clock after so much training; None trains the recipe's epochs
    resume      go on from `out/<recipe name>.unfinished` if it is there
    half        store weights as float16
    save_every  s: so much training is lost at most when the power fails
    threads     of torch; None takes as many as the process has, or as the training began with
    """

    recipe: Recipe
    data: Data
    out: Path
    seed: int = 0
    minutes: float | None = None
    resume: bool = False
    half: bool = False
    save_every: float = SAVE_EVERY
    threads: int | None = None
    _lock: FileLock | None = field(init=False, default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.out = expand(self.out)

    @property
    def folder(self) -> Path:
        """Where the finished checkpoint goes."""
        return self.out / self.recipe.name

    @property
    def state_file(self) -> Path:
        """Where a run under way keeps what resuming needs."""
        return self.out / f"{self.recipe.name}.unfinished"

    def run(self, hooks: Hooks = SILENT) -> Checkpoint | None:
        """The whole experiment. Raises `InputError`.

        None if it was stopped before its end or, in distributed training, if another process saves.
        """
        self._check_folder()
        self._lock_folder()
        threads = torch.get_num_threads()
        torch.set_num_threads(self.threads or threads)
        try:
            return self._run(hooks)
        finally:
            torch.set_num_threads(threads)  # a resumed training, or the clock, may want others
            if self._lock:
                release(self._lock)
                self._lock = None

    def _run(self, hooks: Hooks) -> Checkpoint | None:
        if self.resume and not self.state_file.exists() and is_taken(self.folder):
            found = load_checkpoint(self.folder)
            if not (others := self._differences(found)):
                return found
            hooks.on_message(
                f"{self.folder} has another {', '.join(others)}: begins anew, to replace it"
            )

        state = self._load_or_begin()
        started = time.monotonic() - state.seconds  # an earlier part's training counts
        # No step depends on it.
        validation = Validation(self.data.test, self.seed, len(self.data.train))
        runner = StageRunner(
            state, self.data.train, self.state_file, self.identity, self.save_every, hooks,
            validation,
        )  # fmt: skip
        runner.run(training_stage(state.model))
        if state.step == state.first_step(1):
            state.load_best_weights()  # if the recipe keeps them; else the last ones go on
        if runner.reached(1):  # an autoencoder or a VAE whose recipe has fine-tuning
            if state.step == state.first_step(1):
                state.load_ema_weights()  # a frozen encoder's codes are then its average's, too
            self._fit_priors(state.result, state.precision, hooks)
            # Without Gibbs steps: a run that goes on has another decoder.
            prior = state.result.priors[state.result.default_prior]
            codes = prior.sample(CODES, generator_of(self.seed))
            runner.run(finetuning_stage(state.model, codes, self.seed))
        if not (state.finished and get_accelerator().is_main_process):
            return None

        model = state.result.cpu().eval()
        self._fit_priors(model, state.precision, hooks)
        if self.half:
            round_to_half(model)
        hooks.on_message("scoring")
        scores = evaluate(
            model,
            self.data.test,
            seed=self.seed,
            count=count_scored(self.data, self.minutes),
            train_images=self.data.train,
            groups=FAST if self.recipe.scores == "fast" else tuple(GROUPS),
            on_progress=hooks.on_progress,
        )
        checkpoint = self._save(model, state, scores, time.monotonic() - started)
        self.state_file.unlink(missing_ok=True)
        return checkpoint

    def check(self) -> None:
        """Find out early what would fail late. Raises `InputError`."""
        images, recipe = self.data.train, self.recipe
        check_seed(self.seed)
        self._check_folder()
        min_codes = MIN_CODES if recipe.sampling.priors else 1
        if len(images) < min_codes:
            remedy = "raise the limit" if self.data.limit else "add images"
            raise InputError(
                f"{self.data.source} has {len(images)} training images, and the priors of "
                f"{recipe.name} are fitted to at least {min_codes}: {remedy}"
            )
        self._fresh_model()
        self._lock_folder()  # until it has run

    def _check_folder(self) -> None:
        """Only a checkpoint or an empty folder may be replaced. Raises `InputError`."""
        check_name(self.recipe.name)
        is_taken(self.folder)

    def _lock_folder(self) -> None:
        """Keep other experiments away. Raises `InputError` if one is at work there already."""
        if self._lock is None and get_accelerator().is_main_process:
            self._lock = acquire(lock_file(self.folder), busy(self.folder))

    def _load_or_begin(self) -> TrainState:
        """The unfinished training, or a fresh one."""
        if self.resume and self.state_file.exists():
            return load_state(self.state_file, self._fresh_model(), self.identity)
        return self.begin()

    def begin(self) -> TrainState:
        """A fresh training, before its first step."""
        images, recipe, model = self.data.train, self.recipe, self._fresh_model()
        model.init_output_bias(images.mean_colour)
        epochs = Epochs.of(len(images), recipe.training.batch_size)
        min_epochs = math.ceil(recipe.training.min_steps / epochs.steps)
        whole = epochs.steps * max(recipe.training.epochs, min_epochs)
        whole = whole if self.minutes is None else UNPLANNED
        seconds = plan_seconds(recipe, 60 * self.minutes) if self.minutes else []
        own = choose_precision(recipe.training.precision, get_accelerator().device)
        (precision,) = agreed(own)  # machines may differ; the first one's counts
        return TrainState(model, plan_steps(recipe, whole), precision, self.seed, seconds)

    def _fresh_model(self) -> Model:
        images = self.data.train
        return build_model(
            self.recipe, images.image_shape, images.class_names, images.class_shares, self.seed
        )

    def _fit_priors(self, model: Model, precision: str, hooks: Hooks) -> None:
        """Fit the recipe's priors to the codes of training images, unless that was done."""
        names = self.recipe.sampling.priors
        if set(names) <= model.priors.keys():
            return
        hooks.on_message("fitting priors")
        some = self.data.train.stratified_subset(PRIOR_CODES)
        codes = model.encode(some.images(), fast=True)
        seconds = seconds_for_priors(self.minutes)
        model.priors |= fit_priors(
            names,
            codes,
            some.labels,
            precision,
            seconds,
            hooks.on_progress,
            self.recipe.sampling.flow,
        )

    def _save(
        self, model: Model, state: TrainState, scores: dict[str, Any], whole_seconds: float
    ) -> Checkpoint:
        data, last = self.data, state.history[-1]
        record = {
            "data": {
                "source": data.source,
                "limit": data.limit,
                "digest": data.train.digest,
                "train_images": len(data.train),
                "test_images": len(data.test),
                "test_digest": data.test.digest,
            },
            "seed": self.seed,
            "minutes": self.minutes,
            "epochs": last["epoch"],
            "images": last["images"],
            **({"best": best} if (best := best_epoch(state.history)) else {}),
            "seconds": round(state.seconds, 1),  # of training; priors and scores take some, too
            "whole_seconds": round(whole_seconds, 1),
            "precision": state.precision,
            "threads": state.threads,
            "processes": get_accelerator().num_processes,
            "parameters": model.parameter_count,
            "versions": versions(),
        }
        sheet = contact_sheet(
            model.sample(SAMPLES, seed=self.seed), columns=8, background=SHEET_GRAY
        )
        card = write_card(self.folder, model, record, state.history, scores)
        save_checkpoint(
            self.folder, model, record, state.history, scores, to_png(sheet), card, self.half
        )
        return load_checkpoint(self.folder)

    @property
    def identity(self) -> dict[str, Any]:
        """What must agree for a run to go on where another stopped."""
        return {
            "recipe": self.recipe.to_dict(),
            "data": self.data.train.digest,
            "seed": self.seed,
            "minutes": self.minutes,
            "test set": self.data.test.digest,
            **({"threads": self.threads} if self.threads else {}),
        }

    def _differences(self, found: Checkpoint) -> list[str]:
        """What differs between a finished checkpoint's experiment and this one."""
        record = found.record
        made = {
            "recipe": found.model.recipe.to_dict(),  # with what recipes did not have then
            "data": record["data"]["digest"],
            "test set": record["data"]["test_digest"],
            "seed": record["seed"],
            "minutes": record["minutes"],
            "threads": record.get("threads", self.threads),  # as checkpoints before had none
        }
        return [what for what, wanted in self.identity.items() if made[what] != wanted]


def check_free(folder: Path) -> None:
    """Raises `InputError` if an experiment is at work on a checkpoint's folder."""
    if is_locked(lock_file(folder)):
        raise InputError(busy(folder))


def lock_file(folder: Path) -> Path:
    """What is locked while an experiment is at work on a checkpoint's folder."""
    return folder.with_name(f".{folder.name}.lock")


def busy(folder: Path) -> str:
    """What to say of a checkpoint's folder that an experiment is at work on."""
    return (
        f"another process is training {folder} already: wait for its end, stop it, or choose "
        "another folder"
    )


def seconds_for_priors(minutes: float | None) -> float:
    """How long the priors of a training of so many minutes may be fitted."""
    return math.inf if minutes is None else PRIOR_SECONDS + PRIOR_SHARE * 60 * minutes


def count_scored(data: Data, minutes: float | None) -> int:
    """How many test images are scored: fewer where the clock ended a short training."""
    count = min(MAX_SCORED_IMAGES, len(data.test))
    if minutes is not None:
        count = min(count, max(MIN_SCORED_IMAGES, round(SCORED_PER_MINUTE * minutes)))
    return count


def versions() -> dict[str, str]:
    """Versions of what a result depends on."""
    return {
        "ballgen": ballgen.__version__,
        "python": platform.python_version(),
        "torch": version("torch"),
        "numpy": version("numpy"),
        "machine": platform.machine(),
    }
