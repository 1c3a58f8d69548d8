"""Validation: how a model in training does on images that it does not learn from.

After each epoch the history row gets the model's own loss and its terms on held-out images; of a
model whose networks play against each other, the KID of its samples every few epochs. Measured are
the weights that would be saved, in evaluation mode, with the same noise each time. No step depends
on it: a training takes the same steps with validation and without.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.models.base import Batch, Model
from ballgen.scores.features import Extractor, feature_extractor
from ballgen.scores.metrics import squared_mmd
from ballgen.training.distributed import agreed, autocast, get_accelerator
from ballgen.training.loop import add_to_totals, generator_for
from ballgen.training.state import TrainState
from ballgen.util.history import ON_VALIDATION

MIN_IMAGES, MAX_IMAGES = 64, 512
SHARE = 8  # a validation image per so many training images: a twentieth of an epoch's time
KID_EVERY = 5  # epochs
NO_EPOCH = 2**31  # more than there can be: the noise is that of no epoch's order
MAX_VALUE = 2.0**53  # what is larger or undefined is left out, since no reader could show it


@dataclass
class Validation:
    """What is measured after each epoch.

    images       held out from training; some of them are taken, every class in its share
    seed         of the noise
    train_count  how many images an epoch has: validation is to take but a part of its time
    """

    images: ImageSet
    seed: int
    train_count: int

    def __post_init__(self) -> None:
        count = min(max(MIN_IMAGES, self.train_count // SHARE), MAX_IMAGES)
        self.images = self.images.stratified_subset(count)

    def after_step(self, state: TrainState, epoch_ended: bool) -> None:
        """Complete the history row of an epoch that just ended. Every process has to call it.

        Its `best_epoch` is the best one so far of the first stage, for fine-tuning minimises
        something else. With `training.keep_best` the best weights are kept: of an epoch's end, or
        of the stage's, which may lie within an epoch.
        """
        keep_best, stage_end = state.model.recipe.training.keep_best, state.first_step(1)
        if not (epoch_ended or (keep_best and state.step == stage_end)):
            return
        measured = self.measure(state) if get_accelerator().is_main_process else {}
        (measured,) = agreed(measured)
        row = state.history[-1] if epoch_ended else {}
        by = ON_VALIDATION + ("kid" if state.model.adversarial else "loss")
        best = min((r for r in state.history if by in r), key=lambda r: r[by], default={})
        row |= measured
        if state.step > stage_end:
            return
        if measured.get(by, math.inf) < best.get(by, math.inf):
            best = row
            if keep_best:
                state.keep_weights()
        if best and epoch_ended:
            row["best_epoch"] = best["epoch"]

    @torch.no_grad()
    def measure(self, state: TrainState) -> dict[str, float]:
        """The loss and its terms, or the KID if it is time for one, by their names with "val_"."""
        model = state.result
        terms = self._kid(state) if model.adversarial else self._loss(model, state.precision)
        shown = {name: value for name, value in terms.items() if abs(value) < MAX_VALUE}
        return {ON_VALIDATION + name: value for name, value in shown.items()}

    def _loss(self, model: Model, precision: str) -> dict[str, float]:
        """Means over the images, in batches like those of the training: σ is a batch's own."""
        device = get_accelerator().device
        generator = generator_for(self.seed, NO_EPOCH, -1)
        size, totals = model.recipe.training.batch_size, {}
        was_training = model.training
        model.eval()
        for rows in torch.arange(len(self.images)).split(size):
            images, labels = self.images.images(rows).to(device), self.images.labels[rows]
            batch = Batch(images, labels.to(device), 0, generator)
            terms: dict[str, Tensor] = {"loss": torch.zeros((), device=device)}
            for network in model.networks():
                with autocast(device, precision):
                    loss = model.loss(network, batch)
                terms |= loss.terms | {"loss": terms["loss"] + loss.total}
            add_to_totals(totals, terms, len(rows))
        model.train(was_training)
        return {name: (total / count).item() for name, (total, count) in totals.items()}

    def _kid(self, state: TrainState) -> dict[str, float]:
        if len(self.images) < 2 or (state.history[-1]["epoch"] % KID_EVERY and not state.finished):
            return {}
        generator = generator_for(self.seed, NO_EPOCH, -1)
        codes = state.result.priors["normal"].sample(len(self.images), generator)
        try:
            samples = state.result.decode(codes)
        except InputError:  # no numbers any more: the epoch to come says that it diverged
            return {}
        extract, real = self._real
        return {"kid": squared_mmd(real, extract(samples))}

    @cached_property
    def _real(self) -> tuple[Extractor, Tensor]:
        """What turns images into features, and those of the held-out ones."""
        images, shape = self.images.images(), self.images.image_shape
        extract = feature_extractor("random", shape, images)  # fast, and for any kind of images
        return extract, extract(images)
