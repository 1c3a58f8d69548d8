"""The illustration of each term, made by the very model that the page shows."""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ballgen.checkpoint.folder import Checkpoint
from ballgen.data.imageset import ImageSet
from ballgen.latent.interpolation import (
    INTERPOLATIONS,
    dimension_effects,
    interpolate,
    traversal,
)
from ballgen.models.base import Model
from ballgen.util.checks import generator_of
from ballgen.util.pca import principal_components
from ballgen.util.wording import kid_text, percent, prior_name

COUNT = 3  # images side by side, on a phone too
MANY = 128  # images where their distribution counts
NEARBY = 0.25  # of the codes' standard deviation
LOW, HIGH, MIDDLE = (torch.tensor(c) for c in ((0.1, 0.35, 0.7), (0.8, 0.25, 0.15), (1.0, 1, 1)))
WIDE, TALL, THUMBNAIL = 192, 96, 16  # px of an illustration that is no row of images
BAR = torch.tensor((0.35, 0.4, 0.5))


class Illustration(NamedTuple):
    """Rows of images (N, 3, H, W) in [0, 1] by their labels, and what is to be said below."""

    rows: dict[str, Tensor]
    caption: str = ""


Draw = Callable[[Checkpoint, ImageSet], Illustration]


def code_tiles(codes: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Codes (N, D) as images (N, 3, H, W): a square per dimension, white at 0."""
    count, dims = codes.shape
    side = next(s for s in range(1, dims + 1) if s * s >= dims)
    padded = F.pad(codes.clamp(-3, 3) / 3, (0, side * side - dims)).reshape(count, 1, side, side)
    ends = torch.where(padded < 0, LOW.view(1, 3, 1, 1), HIGH.view(1, 3, 1, 1))
    colours = torch.lerp(MIDDLE.view(1, 3, 1, 1).expand_as(ends), ends, padded.abs())
    return F.interpolate(colours, shape[1:])


def _coded(model: Model, codes: Tensor, name: str = "image") -> dict[str, Tensor]:
    """Codes, and what the decoder makes of them."""
    images = _coloured(model.decode(codes))
    return {"code": code_tiles(codes, images.shape[1:]), name: images}


def _coloured(images: Tensor) -> Tensor:
    return images.expand(-1, 3, -1, -1)


def _some(images: ImageSet, count: int = COUNT) -> Tensor:
    return images.images(slice(0, count))


def encoder(checkpoint: Checkpoint, images: ImageSet) -> Illustration:
    some = _some(images)
    codes = checkpoint.model.encode(some, fast=True)
    return Illustration({"image": _coloured(some), "code": code_tiles(codes, some.shape[1:])})


def decoder(checkpoint: Checkpoint, images: ImageSet) -> Illustration:
    model = checkpoint.model
    return Illustration(_coded(model, model.encode(_some(images), fast=True)))


def latent_code(checkpoint: Checkpoint, images: ImageSet) -> Illustration:
    model = checkpoint.model
    codes = model.encode(_some(images, MANY), fast=True)
    noise = torch.randn(COUNT, model.latent_dim, generator=generator_of(0)) * codes.std(0)
    noise[0] = 0
    return Illustration(_coded(model, codes[:1] + NEARBY * noise))


def posterior(checkpoint: Checkpoint, images: ImageSet) -> Illustration:
    model, same = checkpoint.model, _some(images, 1).repeat(COUNT, 1, 1, 1)
    if model.needs_inversion:
        codes = model.encode(same, fast=True)
    else:
        codes = model.sample_posterior(same, generator_of(0))
    return Illustration(_coded(model, codes))


def standard_normal(checkpoint: Checkpoint, _: ImageSet) -> Illustration:
    model = checkpoint.model
    return Illustration(_coded(model, model.sample_codes(COUNT, 0, "normal"), "sample"))


def fitted_prior(checkpoint: Checkpoint, _: ImageSet) -> Illustration:
    model = checkpoint.model
    prior = model.fitted_prior or model.default_prior
    rows = _coded(model, model.sample_codes(COUNT, 0, prior), "sample")
    return Illustration(rows, f"The prior of this model: {prior_name(prior)}.")


def divergence(checkpoint: Checkpoint, images: ImageSet) -> Illustration:
    model, some = checkpoint.model, _some(images, MANY)
    if model.family == "vae":
        with torch.inference_mode():
            mean, log_variance = model.posterior(some)
        said = "Mean over posteriors of test images"
    else:
        codes = model.encode(some, fast=True)
        mean = codes.mean(0, keepdim=True)
        log_variance = codes.var(0, correction=0, keepdim=True).clamp_min(1e-6).log()
        said = "It has no posteriors: this is of all images' codes at once"
    nats = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean(0)
    bars = nats.sort(descending=True).values[torch.arange(WIDE) * len(nats) // WIDE]
    heights = bars / bars.max().clamp_min(1e-6) * (TALL // 2)
    filled = torch.arange(TALL // 2, 0, -1)[:, None] <= heights
    drawn = torch.where(filled, BAR.view(3, 1, 1), torch.ones(3, 1, 1))
    return Illustration({"": drawn[None]}, f"{said}, {nats.sum():.1f} nats in all.")


def reconstruction_error(checkpoint: Checkpoint, images: ImageSet) -> Illustration:
    some = _some(images)
    back = checkpoint.model.reconstruct(some)
    error = (4 * (back - some).abs()).clamp(0, 1)
    rows = {"image": some, "decoded": back, "4 × error": error}
    sse = (back - some).square().sum((1, 2, 3)).mean()
    return Illustration(
        {name: _coloured(row) for name, row in rows.items()}, f"Mean SSE of these: {sse:.3g}."
    )


def kid(checkpoint: Checkpoint, images: ImageSet) -> Illustration:
    model, scores = checkpoint.model, checkpoint.scores
    rows = {"real": (_some(images), "kid_real")}
    rows["N(0, I)"] = model.sample(COUNT, 0, "normal"), "kid_normal"
    if model.fitted_prior:
        known = "kid" if scores.get("prior") == model.fitted_prior else ""
        rows["fitted prior"] = model.sample(COUNT, 0, model.fitted_prior), known
    said = ", ".join(f"{n} {kid_text(scores[k])}" for n, (_, k) in rows.items() if k in scores)
    caption = f"KID: {said}." if said else "Not measured for this model."
    return Illustration({name: _coloured(row) for name, (row, _) in rows.items()}, caption)


def c2st(checkpoint: Checkpoint, images: ImageSet) -> Illustration:
    rows = {"real": _coloured(_some(images)), "sample": _coloured(checkpoint.model.sample(COUNT))}
    known = checkpoint.scores.get("c2st_accuracy")
    if known is None:
        return Illustration(rows, "Not measured for this model.")
    return Illustration(rows, f"It is right about {percent(known)} of both.")


def interpolation(checkpoint: Checkpoint, images: ImageSet) -> Illustration:
    model = checkpoint.model
    codes = model.encode(_some(images, 2), fast=True)
    rows = {
        kind: _coloured(model.decode(interpolate(codes[0], codes[-1], COUNT, kind)))
        for kind in INTERPOLATIONS
    }
    return Illustration(rows)


def embedding(checkpoint: Checkpoint, images: ImageSet) -> Illustration:
    some = _coloured(_some(images, MANY))
    codes = checkpoint.model.encode(_some(images, MANY), fast=True)
    coordinates = torch.from_numpy(principal_components(codes, 2).transform(codes))
    low, high = coordinates.amin(0), coordinates.amax(0)
    coordinates = (coordinates - low) / (high - low).clamp_min(1e-6)
    small = F.adaptive_avg_pool2d(some, THUMBNAIL)
    room = torch.tensor([WIDE, TALL]) - THUMBNAIL
    drawn = torch.ones(3, TALL, WIDE)
    for image, (x, y) in zip(small, (coordinates * room).int().tolist(), strict=True):
        place = drawn[:, y : y + THUMBNAIL, x : x + THUMBNAIL]
        place.copy_(torch.minimum(place, image))  # the white around a ball hides no other
    return Illustration({"": drawn[None]}, f"{len(some)} test images where PCA places their codes.")


def traversal_rows(checkpoint: Checkpoint, images: ImageSet) -> Illustration:
    model = checkpoint.model
    codes = model.encode(_some(images, MANY), fast=True)
    rows = {}
    for dim in dimension_effects(model.decode, codes).argsort(descending=True)[:2].tolist():
        values = codes[:, dim].mean() + torch.linspace(-3, 3, COUNT) * codes[:, dim].std()
        rows[f"z{dim}"] = _coloured(model.decode(traversal(codes[0], dim, values)))
    return Illustration(rows)


def temperature(checkpoint: Checkpoint, _: ImageSet) -> Illustration:
    scales = [0.0, 0.7, 1.4]
    samples = checkpoint.model.sample_at(scales, COUNT)
    return Illustration({f"{s:g}": _coloured(row) for s, row in zip(scales, samples, strict=True)})


def gibbs_steps(checkpoint: Checkpoint, _: ImageSet) -> Illustration:
    """From N(0, I), where the difference is large."""
    model, rows = checkpoint.model, {}
    codes = model.sample_codes(COUNT, 0, "normal")
    for steps in ("no step", "1 step", "2 steps"):
        images = model.decode(codes)
        rows[steps] = _coloured(images)
        codes = model.encode(images, fast=True)
    return Illustration(rows, "Here from N(0, I), so that there is something to see.")
