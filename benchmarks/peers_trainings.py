"""The trainings that `benchmarks.peers` compares: ballgen's, textbook loops and pythae's.

Each trains one family on the same images and is measured when its CPU seconds pass certain marks.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from ballgen.data.imageset import ImageSet
from ballgen.experiment import Data, Experiment
from ballgen.models.dcgan import Discriminator, Generator
from ballgen.models.networks import ConvDecoder, ConvEncoder
from ballgen.models.vae import reparameterise
from ballgen.recipes import get_recipe
from ballgen.scores import metrics
from ballgen.scores.features import feature_extractor
from ballgen.training.loop import run_stage
from ballgen.training.runner import StageClock
from ballgen.training.stages import training_stage

LATENT_DIM, WIDTH = 48, 32  # of the recipes `ae` and `vae`, so everybody's
GAN_LATENT_DIM = 64
BATCH_SIZE = 64  # ballgen's, pythae's and Lab 4's
LEARNING_RATE = 1e-3  # Adam's own default, Lab 4's, and that of pythae's README
SHAPE = (3, 32, 32)
CHUNK = 256  # images at once, where nothing is learned

Decode = Callable[[Tensor], Tensor]
Points = list[tuple[float, int, float]]  # CPU seconds, steps, error


class Watch:
    """Measures a model each time the CPU seconds of its training pass a mark.

    marks    CPU seconds, rising
    measure  returns what is plotted; the seconds that it takes do not count
    """

    def __init__(self, marks: list[float], measure: Callable[[], float]) -> None:
        self.marks, self.measure = marks, measure
        self.points: Points = []
        self.steps, self._start = 0, time.process_time()

    @property
    def seconds(self) -> float:
        """CPU seconds of the process since the start, without measuring."""
        return time.process_time() - self._start

    def after_step(self) -> bool:
        """Whether there is another mark to reach."""
        self.steps += 1
        seconds = self.seconds
        if seconds >= self.marks[len(self.points)]:
            self.points.append((seconds, self.steps, self.measure()))
            self._start += self.seconds - seconds
        return len(self.points) < len(self.marks)


# --- what is measured ----------------------------------------------------------------------------


def squared_error(module: nn.Module, reconstruct: Decode, images: Tensor) -> float:
    """Summed over an image's numbers, mean over held-out images (N, C, H, W)."""
    return metrics.sse(images, _without_gradient(module, reconstruct, images))


def kid_of(module: nn.Module, sample: Decode, codes: Tensor, images: ImageSet) -> float:
    """KID × 1000 of images decoded from codes (N, D) to held-out images."""
    extract = feature_extractor("balls", SHAPE)
    samples = _without_gradient(module, sample, codes)
    return 1000 * metrics.squared_mmd(extract(images.images()), extract(samples))


def _without_gradient(module: nn.Module, function: Decode, rows: Tensor) -> Tensor:
    was_training = module.training
    module.eval()
    with torch.no_grad():
        made = torch.cat([function(part) for part in rows.split(CHUNK)])
    module.train(was_training)
    return made


# --- ballgen -------------------------------------------------------------------------------------


def ballgen(family: str, data: Data, seed: int, marks: list[float]) -> Points:
    """The family's recipe through the product's own loop, a training of its own for each mark.

    The product's clock, which ends a training of `--minutes` and lowers its learning rate, is given
    CPU seconds here. Fine-tuning is left out: it serves samples, and its priors have to be fitted.
    """
    recipe = get_recipe(family)
    recipe = recipe if family == "gan" else recipe.changed({"finetuning": "none"})
    return [_ballgen_until(mark, recipe, data, seed) for mark in marks]


def _ballgen_until(mark: float, recipe, data: Data, seed: int) -> tuple[float, int, float]:
    with tempfile.TemporaryDirectory() as folder:
        state = Experiment(recipe, data, Path(folder), seed, minutes=mark / 60).begin()
    images = data.test.images()

    def measure() -> float:
        model = state.result
        if recipe.family == "gan":
            codes = model.priors["normal"].sample(len(images), torch.Generator().manual_seed(seed))
            return kid_of(model, model.to_images, codes, data.test)
        return squared_error(model, lambda part: model.to_images(model.to_codes(part)), images)

    stage, clock = training_stage(state.model), StageClock(0, state, len(data.train))
    watch = Watch([mark], measure)
    before = 0.0

    def after_step(state) -> bool:
        nonlocal before
        state.seconds = watch.seconds
        clock.after_step(state.seconds - before)
        before = state.seconds
        return True

    run_stage(stage, state, data.train, after_step)
    return watch.seconds, state.step, measure()


# --- the textbook --------------------------------------------------------------------------------


class TextbookAutoencoder(nn.Module):
    """ballgen's layers with PyTorch's initialisation, and batch norm between them if wanted."""

    def __init__(self, family: str, batch_norm: bool) -> None:
        super().__init__()
        self.variational = family == "vae"
        self.encoder = ConvEncoder(SHAPE, (1 + self.variational) * LATENT_DIM, WIDTH)
        self.decoder = ConvDecoder(LATENT_DIM, SHAPE, WIDTH)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                layer.reset_parameters()
        if batch_norm:
            self.encoder.body = _with_batch_norm(self.encoder.body)
            self.decoder.body = _with_batch_norm(self.decoder.body)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Reconstructions (N, C, H, W), and the KL in nats per image: 0 of an autoencoder."""
        if not self.variational:
            return self.decoder(self.encoder(images)), torch.zeros(())
        mean, log_variance = self.encoder(images).chunk(2, dim=1)
        kl = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum() / len(images)
        return self.decoder(reparameterise(mean, log_variance, torch.randn_like(mean))), kl

    def reconstruct(self, images: Tensor) -> Tensor:
        """Reconstructions from the posterior's mean."""
        return self.decoder(self.encoder(images)[:, :LATENT_DIM])


def _with_batch_norm(body: nn.Sequential) -> nn.Sequential:
    layers: list[nn.Module] = []
    for layer in body:
        layers.append(layer)
        convolution = isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
        if convolution and layer.out_channels != SHAPE[0]:  # not where images come out
            layers.append(nn.BatchNorm2d(layer.out_channels))
    return nn.Sequential(*layers)


def textbook(
    family: str,
    data: Data,
    seed: int,
    marks: list[float],
    batch_norm: bool = False,
    learning_rate: float = LEARNING_RATE,
    kl_weight: float = 1.0,
) -> Points:
    """float32, a DataLoader, Adam, summed squared error + kl_weight · KL."""
    torch.manual_seed(seed)
    network = TextbookAutoencoder(family, batch_norm)
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    batches = _batches(data.train)
    measure = partial(squared_error, network, network.reconstruct, data.test.images())
    watch = Watch(marks, measure)
    for images in batches:
        reconstructed, kl = network(images)
        error = F.mse_loss(reconstructed, images, reduction="sum") / len(images)
        optimizer.zero_grad()
        (error + kl_weight * kl).backward()
        optimizer.step()
        if not watch.after_step():
            break
    return watch.points


def _batches(images: ImageSet) -> Iterator[Tensor]:
    """Epoch after epoch of images (N, C, H, W) that are decoded and in memory already, which is
    kinder than most loops.
    """
    pixels = TensorDataset(images.images(), images.labels)
    loader = DataLoader(pixels, BATCH_SIZE, shuffle=True)
    return (batch for _ in count() for batch, _labels in loader)


def textbook_gan(family: str, data: Data, seed: int, marks: list[float]) -> Points:
    """DCGAN's networks, loss and optimizers (Radford et al. 2016), without classes."""
    torch.manual_seed(seed)
    generator = Generator(GAN_LATENT_DIM, SHAPE, WIDTH)
    discriminator = Discriminator(SHAPE, 1, WIDTH, batch_norm=True)
    optimizers = [
        torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999))
        for network in (discriminator, generator)
    ]
    batches, bce = _batches(data.train), F.binary_cross_entropy_with_logits
    codes = torch.randn(len(data.test), GAN_LATENT_DIM)
    watch = Watch(marks, partial(kid_of, generator, generator, codes, data.test))
    for images in batches:
        ones, zeros = torch.ones(len(images), 1), torch.zeros(len(images), 1)
        fake = generator(torch.randn(len(images), GAN_LATENT_DIM))
        loss = bce(discriminator(images), ones) + bce(discriminator(fake.detach()), zeros)
        optimizers[0].zero_grad()
        loss.backward()
        optimizers[0].step()
        optimizers[1].zero_grad()
        bce(discriminator(fake), ones).backward()
        optimizers[1].step()
        if not watch.after_step():
            break
    return watch.points


# --- pythae --------------------------------------------------------------------------------------


class _Enough(Exception):
    """pythae's trainer counts epochs; this ends it at a step."""


def pythae(
    family: str, data: Data, seed: int, marks: list[float], batch_norm: bool = False
) -> Points:
    """pythae's AE or VAE and its trainer, with the networks of the textbook loops.

    Its Adam, its batch size; the learning rate of its README (its default is a tenth of that).
    """
    from pythae.data.datasets import BaseDataset
    from pythae.models import AE, VAE, AEConfig, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig
    from pythae.trainers.training_callbacks import TrainingCallback

    class Encoder(BaseEncoder):
        def forward(self, images: Tensor) -> ModelOutput:
            mean, *rest = self.network(images).split(LATENT_DIM, dim=1)
            return ModelOutput(embedding=mean, **dict(zip(["log_covariance"], rest, strict=False)))

    class Decoder(BaseDecoder):
        def forward(self, codes: Tensor) -> ModelOutput:
            return ModelOutput(reconstruction=self.network(codes))

    class Measuring(TrainingCallback):
        def on_train_step_end(self, training_config, **kwargs) -> None:
            if not watch.after_step():
                raise _Enough

    torch.manual_seed(seed)
    kind, config = {"ae": (AE, AEConfig), "vae": (VAE, VAEConfig)}[family]
    settings = config(input_dim=SHAPE, latent_dim=LATENT_DIM)
    networks, encoder, decoder = TextbookAutoencoder(family, batch_norm), Encoder(), Decoder()
    encoder.network, decoder.network = networks.encoder, networks.decoder
    model = kind(settings, encoder=encoder, decoder=decoder)
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere:
        training = BaseTrainerConfig(
            output_dir=folder,
            num_epochs=10_000,
            learning_rate=LEARNING_RATE,
            per_device_train_batch_size=BATCH_SIZE,
            seed=seed,
            no_cuda=True,
        )
        logging.disable(logging.INFO)
        with contextlib.redirect_stderr(nowhere), contextlib.redirect_stdout(nowhere):
            trainer = BaseTrainer(
                model,
                BaseDataset(data.train.images(), data.train.labels),
                training_config=training,
                callbacks=[Measuring()],
            )

            def reconstruct(images: Tensor) -> Tensor:
                return model.decoder(model.encoder(images).embedding).reconstruction

            measure = partial(squared_error, model, reconstruct, data.test.images())
            watch = Watch(marks, measure)
            with contextlib.suppress(_Enough):
                trainer.train()
    return watch.points
