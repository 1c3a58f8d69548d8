"""One experiment from recipe to checkpoint: train, fit priors, score, save.

While it trains, `OUT/<recipe>.unfinished` holds all that resuming needs, in one file;
`OUT/<recipe>/` is replaced only by a complete checkpoint.
"""

from __future__ import annotations

import math
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from accelerate.utils import broadcast_object_list

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
from ballgen.data.sources import canonical, load_images
from ballgen.errors import InputError
from ballgen.models import Model, build_model
from ballgen.priors import PRIORS
from ballgen.recipes import Recipe, filled_in
from ballgen.scores.evaluate import CHEAP, GROUPS, evaluate
from ballgen.training.epochs import Epochs
from ballgen.training.loop import Training, start_accelerator, train
from ballgen.training.probe import probe
from ballgen.training.resume import load_state, save_state
from ballgen.util.files import write_file
from ballgen.util.paths import expand
from ballgen.util.seeds import check_seed

SAVE_EVERY = 30.0  # s
SAMPLES = 64  # on the checkpoint's contact sheet
PRIOR_CODES = 20_000  # codes that priors are fitted to
SCORED = 2000  # test pictures on each side of a score


class Data(NamedTuple):
    """Training and test pictures of one source, and the limit that they were loaded with."""

    source: str
    train: ImageSet
    test: ImageSet
    limit: int | None = None


@lru_cache(maxsize=4)  # recipes of one command mostly want the same pictures
def _load(*arguments: Any) -> ImageSet:
    return load_images(*arguments)


def load_data(
    source: str,
    recipe: Recipe,
    image_size: int | None = None,
    limit: int | None = None,
    seed: int = 0,
    data_root: str | None = None,
) -> Data:
    """A source's pictures as the recipe wants them; `image_size` (px) overrides the recipe's."""
    source = canonical(source)  # refuses what no record can name
    size, channels = image_size or recipe.image_size or None, recipe.channels or None
    train, test = (
        _load(source, split, size, channels, limit, seed, data_root) for split in ("train", "test")
    )
    return Data(source, train, test, limit)


@dataclass
class Experiment:
    """What to do and where to put it.

    out         folder of checkpoints; this one becomes `out/<recipe name>/`
    minutes     end by the clock after so much training; None trains recipe.epochs
    resume      go on from `out/<recipe name>.unfinished` if it is there
    half        store weights as float16
    save_every  s: so much training is lost at most when the power fails
    """

    recipe: Recipe
    data: Data
    out: Path
    seed: int = 0
    minutes: float | None = None
    resume: bool = False
    half: bool = False
    save_every: float = SAVE_EVERY

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

    def check(self) -> None:
        """Find out early what would fail late: raises `InputError`."""
        images = self.data.train
        check_seed(self.seed)
        self._check_place()
        least = max((PRIORS[name].min_codes for name in self.recipe.priors), default=1)
        if len(images) < least:
            remedy = "raise the limit" if self.data.limit else "add pictures"
            raise InputError(
                f"{self.data.source} has {len(images)} training pictures, and the priors of "
                f"{self.recipe.name} are fitted to at least {least}: {remedy}"
            )
        build_model(self.recipe, images.image_shape, images.class_names, images.class_shares)
        probe_file = self.out / f".{self.recipe.name}.{os.getpid()}.probe"
        write_file(probe_file, b"")
        probe_file.unlink()

    def _check_place(self) -> None:
        """What stands where the checkpoint goes must be one, since it will be replaced."""
        check_name(self.recipe.name)
        is_taken(self.folder)

    def run(
        self,
        progress: Callable[[Training], None] = lambda training: None,
        stage: Callable[[str], None] = lambda what: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Checkpoint | None:
        """Train, fit priors, score and save; None if `stop` ended it early or, in distributed
        training, if another process saves.

        progress  is told of each step; `stage` of each thing that follows training
        """
        self._check_place()
        if self.resume and not self.state_file.exists() and is_taken(self.folder):
            found = load_checkpoint(self.folder)
            if not (others := self._differences(found)):
                return found
            stage(f"{self.folder} has another {', '.join(others)}: begins anew, to replace it")
        training = self._begin()
        leads = start_accelerator().is_main_process
        self._train(training, progress, stage, stop, leads)
        if not (training.finished and leads):
            return None
        model = training.result.cpu().eval()
        checkpoint = self._finish(training, model, stage)
        self.state_file.unlink(missing_ok=True)
        return checkpoint

    def _differences(self, found: Checkpoint) -> list[str]:
        """In what a finished checkpoint is not of this very experiment."""
        made = {
            "recipe": filled_in(found.record["recipe"]),
            "data": found.record["data"]["digest"],
            "test pictures": found.record["data"]["test_digest"],
            "seed": found.record["seed"],
            "length": found.record.get("minutes", self.minutes),  # older records do not tell
        }
        wanted = self._identity() | {"test pictures": self.data.test.digest}
        return [what for what in wanted if made[what] != wanted[what]]

    def _begin(self) -> Training:
        """A fresh training, or the unfinished one."""
        images = self.data.train
        model = build_model(
            self.recipe, images.image_shape, images.class_names, images.class_shares, self.seed
        )
        if self.resume and self.state_file.exists():
            return load_state(self.state_file, model, self._identity())
        model.start_from(images)
        precision, paces = probe(model, images, self.seed)
        steps = Epochs.of(len(images), self.recipe.batch_size).steps * self.recipe.epochs
        if self.minutes is not None:
            shares = [end - begin for begin, end in model.stretches()]
            mean = sum(share * pace for share, pace in zip(shares, paces, strict=True))
            steps = max(1, int(self.minutes * 60 / mean))
        return Training(model, steps, precision, self.seed, paces=paces)

    def _train(
        self,
        training: Training,
        progress: Callable[[Training], None],
        stage: Callable[[str], None],
        stop: Callable[[], bool],
        leads: bool,
    ) -> None:
        # The first step is saved too: it fixes the precision and the length that a probe chose.
        saved_at = -math.inf
        alone = start_accelerator().num_processes == 1
        stopping = False

        def agreed(wish: bool) -> bool:
            """The first process decides, or the others would wait for it for ever."""
            return wish if alone else broadcast_object_list([wish])[0]

        def after_step(training: Training) -> bool:
            nonlocal saved_at, stopping
            late = self.minutes is not None and agreed(training.seconds >= self.minutes * 60)
            if late and not training.finished:
                training.steps = training.step
                training.close_epoch(len(self.data.train))
            progress(training)
            if leads and time.monotonic() - saved_at > self.save_every and not training.finished:
                save_state(self.state_file, training, self._identity())
                saved_at = time.monotonic()
            stopping = agreed(stop())
            return not stopping and training.step not in training.later_parts

        while not (training.finished or stopping):
            if training.later_parts and training.step >= training.later_parts[0]:
                # The encoder rests from here on, so its codes are what they will be.
                self._fit_priors(training, stage)
            train(training, self.data.train, after_step)
            if leads:  # priors and scores take a while and may be cut off
                save_state(self.state_file, training, self._identity())

    def _fit_priors(self, training: Training, stage: Callable[[str], None]) -> None:
        """Fit the recipe's priors, once, and give them to the model in training as well."""
        found, images = training.result, self.data.train
        if not set(self.recipe.priors) <= found.priors.keys():
            stage("fitting priors")
            few = images.stratified_subset(PRIOR_CODES)
            found.fit_priors(few.images(), few.labels, training.precision)
        training.model.take_priors(found.priors)
        if not training.finished:
            training.model.draw_ahead()  # not within a step, whose seconds count

    def _finish(self, training: Training, model: Model, stage: Callable[[str], None]) -> Checkpoint:
        data = self.data
        self._fit_priors(training, stage)
        if self.half:
            round_to_half(model)
        stage("scoring")
        scores = score(model, data, self.seed)
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
            "epochs": training.history[-1]["epoch"],
            "images": training.history[-1]["images"],
            "seconds": round(training.seconds, 1),
            "precision": training.precision,
            "processes": start_accelerator().num_processes,
            "parameters": model.parameter_count,
            "versions": versions(),
        }
        sheet = contact_sheet(
            model.sample(SAMPLES, seed=self.seed), columns=8, background=SHEET_GRAY
        )
        save_checkpoint(
            self.folder,
            model,
            record,
            training.history,
            scores,
            to_png(sheet),
            write_card(model, record, training.history, scores),
            self.half,
        )
        return load_checkpoint(self.folder)

    def _identity(self) -> dict[str, Any]:
        """What must agree for a run to go on where another stopped."""
        return {
            "recipe": self.recipe.to_dict(),
            "data": self.data.train.digest,
            "seed": self.seed,
            "length": self.minutes,
        }


def score(model: Model, data: Data, seed: int = 0) -> dict[str, Any]:
    """The figures kept with a checkpoint: all under its own prior, and `kid_normal` (± `_sd`).

    A model that has to search for codes rebuilds only some of the test pictures;
    `reconstruction_count` says how many.
    """
    count = min(SCORED, len(data.test))
    shared = {"seed": seed, "count": count}
    groups = CHEAP if model.recipe.scores == "cheap" else tuple(GROUPS)
    own = evaluate(model, data.test, train_images=data.train, groups=groups, **shared)
    if "kid" not in own:
        return own
    normal = own
    if own["prior"] != "normal":
        normal = evaluate(model, data.test, "normal", groups=("kid",), anchors=(), **shared)
    return own | {"kid_normal": normal["kid"], "kid_normal_sd": normal["kid_sd"]}


def versions() -> dict[str, str]:
    """Versions of what a result depends on."""
    return {
        "ballgen": ballgen.__version__,
        "python": platform.python_version(),
        "torch": version("torch"),
        "numpy": version("numpy"),
        "machine": platform.machine(),
    }
