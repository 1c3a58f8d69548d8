"""Trains the network whose features score generated balls, and scores it on images it never saw.

    python benchmarks/train_feature_network.py

Writes ballgen/scores/balls.safetensors and its card balls.json, and prints the card. Repeat it
whenever the drawn balls change.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn
from tqdm import tqdm

from ballgen.data.sportballs.factors import BallSettings
from ballgen.data.sportballs.sets import make_balls
from ballgen.data.sportballs.textures import SKINS
from ballgen.scores.balls_network import (
    FEATURES,
    SIZE,
    WEIGHTS,
    BallsNetwork,
    fit_whitening,
)

CLASSES = tuple(SKINS)
# Half of the pictures look like the default set, the rest is everything else that can be drawn.
MIX = {("white", "plane"): 0.5} | {
    (background, rotation): 0.1
    for background, rotation in (
        ("white", "full"),
        ("colour", "plane"),
        ("colour", "full"),
        ("texture", "plane"),
        ("texture", "full"),
    )
}
CORRUPTIONS = ("blur", "warp", "ghost", "noise")
MAX_NOISE = 0.5  # standard deviation, of numbers in [0, 1]
HARMONICS = (1, 2, 3)  # turns per 360°: a ball that looks the same after 1/k turn has a k-th one
WHITENED_ON = 8000  # training pictures, all clean
SHRINKAGE = 0.1  # of the mean variance: directions of next to none are not blown up
SKIN_SIDE, LAYOUT_SIDE = 8, 4  # px of the two small pictures that the features must hold


class Pictures(NamedTuple):
    """pixels uint8 (N, 3, 32, 32), factors float32 (N, 5), plane bool (N,): only turned in plane"""

    pixels: Tensor
    factors: Tensor
    plane: Tensor


def draw(count: int, split: str, seed: int) -> Pictures:
    """About `count` pictures in the proportions of `MIX`, in random order."""
    sets = []
    for (background, rotation), share in MIX.items():
        settings = BallSettings(SIZE, CLASSES, background, rotation)
        drawn = make_balls(round(count * share), split, seed, settings)
        plane = torch.full((len(drawn),), rotation == "plane")
        sets.append(Pictures(drawn.pixels, drawn.factors[:, :5], plane))
        seed += 1
    columns = [torch.cat(column) for column in zip(*sets, strict=True)]
    order = torch.randperm(len(columns[0]), generator=torch.Generator().manual_seed(seed))
    return Pictures(*(column[order] for column in columns))


# --- predictions ---------------------------------------------------------------------------------


class Predictions(NamedTuple):
    """What a network predicts for N images.

    logits    (N, K), in the order of `BallsNetwork.class_names`
    position  (N, 3): centre x, centre y and diameter, each as a share of the image's side
    angles    (N, len(HARMONICS), 2): cosine and sine of k times the angle in the image plane
    """

    logits: Tensor
    position: Tensor
    angles: Tensor


def predict(network: BallsNetwork, features: Tensor) -> Predictions:
    """What features (N, 96) tell of class, position and angle."""
    parts = network.head(features).split([len(CLASSES), 3, 2 * len(HARMONICS)], dim=1)
    return Predictions(parts[0], parts[1], parts[2].unflatten(1, (len(HARMONICS), 2)))


# --- corruption: what generated images suffer from -----------------------------------------------


def corrupt(images: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Images (N, 3, S, S) made worse, and how far: (N, 4) in [0, 1], columns as in `CORRUPTIONS`.

    Each picture suffers from each corruption with probability 1/4, so a third stays clean.
    """

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator)

    size, count = images.shape[-1], len(images)
    strength = uniform(count, 4) * (uniform(count, 4) < 0.25)
    blur, warp, ghost, noise = strength.T[..., None, None]  # each (N, 1, 1)

    other = images.roll(1, 0)  # an unrelated picture shines through
    images = torch.lerp(images, other, 0.5 * ghost[:, None])

    bends = F.interpolate(uniform(count, 2, 9, 9) * 2 - 1, size, mode="bicubic")
    place = F.affine_grid(torch.eye(2, 3).expand(count, 2, 3), images.shape, align_corners=False)
    reach = 3 * 2 / size * warp[..., None]  # up to 3 px, in units of half a picture
    bent = place + reach * bends.permute(0, 2, 3, 1)
    images = F.grid_sample(images, bent, padding_mode="border", align_corners=False)

    axis = torch.arange(size)
    distance = (axis[:, None] - axis).square()  # (S, S)
    matrix = torch.softmax(-distance / (2 * (1.5 * blur + 0.1).square()), dim=2)[:, None]
    images = matrix @ images @ matrix.transpose(2, 3)

    # Fine steps where noise is faint, and up to so much that nothing else is seen.
    sd = MAX_NOISE * noise[..., None].square()
    images = images + sd * torch.randn(images.shape, generator=generator)
    return images.clamp(0, 1).mul(255).round() / 255, strength


# --- what the features must tell ------------------------------------------------------------------


class Targets(NamedTuple):
    """Classes (N,), position (N, 3), angles (N, K, 2), and small images and corruptions, flat."""

    label: Tensor
    position: Tensor
    angles: Tensor
    skin: Tensor
    layout: Tensor
    corruptions: Tensor


def targets(clean: Tensor, seen: Tensor, factors: Tensor, corruptions: Tensor) -> Targets:
    """Everything known of pictures: clean ones, as they are seen, and their factors (N, 5)."""
    position = factors[:, 1:4] / SIZE
    angle = torch.deg2rad(factors[:, 4:5]) * torch.tensor(HARMONICS)
    # The ball alone, upright in the frame of the picture: shows skin and angle of any ball.
    zoom = torch.zeros(len(clean), 2, 3)
    zoom[:, 0, 0] = zoom[:, 1, 1] = position[:, 2]
    zoom[:, :, 2] = position[:, :2] * 2 - 1
    fine = F.affine_grid(zoom, [len(clean), 3, 2 * SKIN_SIDE, 2 * SKIN_SIDE], align_corners=False)
    ball = F.avg_pool2d(F.grid_sample(clean, fine, padding_mode="border", align_corners=False), 2)
    return Targets(
        label=factors[:, 0].long(),
        position=position,
        angles=torch.stack([angle.cos(), angle.sin()], dim=2),
        skin=ball.flatten(1),
        layout=F.adaptive_avg_pool2d(seen, LAYOUT_SIDE).flatten(1),
        corruptions=corruptions,
    )


class Trainee(nn.Module):
    """The network with the further heads that only training needs."""

    def __init__(self) -> None:
        super().__init__()
        self.network = BallsNetwork(CLASSES)
        self.skin = nn.Linear(FEATURES, 3 * SKIN_SIDE**2)
        self.layout = nn.Linear(FEATURES, 3 * LAYOUT_SIDE**2)
        self.corruptions = nn.Linear(FEATURES, len(CORRUPTIONS))

    def loss(self, images: Tensor, known: Targets, plane: Tensor) -> Tensor:
        """Cross-entropy of the class and squared errors over the variance of each kind."""
        features = self.network(images)
        predicted = predict(self.network, features)
        angles = (predicted.angles - known.angles).square().mean((1, 2))
        return (
            0.5 * F.cross_entropy(predicted.logits, known.label)
            + F.mse_loss(predicted.position, known.position) / 0.02
            + (angles * plane).sum() / plane.sum().clamp(min=1) / 0.5  # says little in 3-D
            + F.mse_loss(self.skin(features), known.skin) / 0.08
            + 0.5 * F.mse_loss(self.layout(features), known.layout) / 0.08
            + F.mse_loss(self.corruptions(features), known.corruptions) / 0.06
        )


def train(pictures: Pictures, epochs: int, batch_size: int, seed: int, half: bool) -> Trainee:
    """AdamW with one rise and fall of the learning rate; bfloat16 where `half`."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    trainee = Trainee().to(memory_format=torch.channels_last)
    steps = math.ceil(len(pictures.pixels) / batch_size)
    optimiser = torch.optim.AdamW(trainee.parameters(), weight_decay=1e-3, fused=True)
    rate = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, 4e-3, total_steps=epochs * steps, pct_start=0.15
    )
    with tqdm(total=epochs * len(pictures.pixels), unit=" pictures") as bar:
        for _ in range(epochs):
            order = torch.randperm(len(pictures.pixels), generator=generator)
            for rows in order.tensor_split(steps):
                clean = pictures.pixels[rows].float() / 255
                seen, strength = corrupt(clean, generator)
                known = targets(clean, seen, pictures.factors[rows], strength)
                seen = seen.contiguous(memory_format=torch.channels_last)
                with torch.autocast("cpu", torch.bfloat16, enabled=half):
                    loss = trainee.loss(seen, known, pictures.plane[rows])
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
                rate.step()
                bar.update(len(rows))
                bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
    trainee.eval()
    heads = (trainee.skin, trainee.layout, trainee.corruptions)
    whiten_features(trainee.network, pictures.pixels[:WHITENED_ON].float() / 255, heads)
    return trainee


# --- whitening and saving ------------------------------------------------------------------------


@torch.no_grad()
def whiten_features(network: BallsNetwork, images: Tensor, heads: Sequence[nn.Linear] = ()) -> None:
    """Whiten the features on images (N, 3, 32, 32); the head, and any other, predicts as before.

    Features f become w = (f - μ) M, so a head's A f + b becomes (A M⁻¹) w + (b + A μ).
    """
    features = torch.cat([network(part) for part in images.split(256)])
    network.whitening = whitening = fit_whitening(features, SHRINKAGE)
    for head in (network.head, *heads):
        head.bias += head.weight @ whitening.mean
        head.weight.copy_(torch.linalg.solve(whitening.matrix, head.weight, left=False))


def save_network(network: BallsNetwork, path: Path = WEIGHTS) -> None:
    """Write weights as float16, and what norms and the whitening measured as float32."""
    measured = dict(network.named_buffers())
    state = {
        name: value if name in measured else value.half()
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")  # of use to nobody who does not train
    }
    metadata = {"class_names": json.dumps(network.class_names)}
    save_file({name: value.contiguous() for name, value in state.items()}, path, metadata)


# --- scoring --------------------------------------------------------------------------------------


def explained(truth: Tensor, guess: Tensor) -> float:
    """R²: the share of variance that the guess explains, over all columns together."""
    left = (truth - guess).square().sum() / (truth - truth.mean(0)).square().sum()
    return round(1 - float(left), 4)


@torch.inference_mode()
def score(trainee: Trainee, pictures: Pictures, seed: int) -> dict[str, object]:
    """Figures on clean pictures, and R² of the corruptions on corrupted ones."""
    network, clean = trainee.network, pictures.pixels.float() / 255
    known = targets(clean, clean, pictures.factors, torch.zeros(len(clean), 4))
    features = torch.cat([network(part) for part in clean.split(256)])
    predicted = predict(network, features)
    right = (predicted.logits.argmax(1) == known.label).float()
    plane = pictures.plane
    angles = {}
    for index, name in enumerate(CLASSES):
        mine = plane & (known.label == index)
        best = [
            explained(known.angles[mine, k], predicted.angles[mine, k])
            for k in range(len(HARMONICS))
        ]
        angles[name] = {f"{k} per turn": r2 for k, r2 in zip(HARMONICS, best, strict=True)}
    seen, strength = corrupt(clean, torch.Generator().manual_seed(seed))
    guess = trainee.corruptions(torch.cat([network(part) for part in seen.split(256)]))
    return {
        "class accuracy": round(float(right.mean()), 4),
        "class accuracy, white background, turned in plane": _white_accuracy(network, seed),
        "R² of x": explained(known.position[:, 0], predicted.position[:, 0]),
        "R² of y": explained(known.position[:, 1], predicted.position[:, 1]),
        "R² of diameter": explained(known.position[:, 2], predicted.position[:, 2]),
        "R² of skin": explained(known.skin, trainee.skin(features)),
        "R² of layout": explained(known.layout, trainee.layout(features)),
        "R² of angle": angles,
        "R² of corruption": {
            name: explained(strength[:, k], guess[:, k]) for k, name in enumerate(CORRUPTIONS)
        },
    }


def _white_accuracy(network: BallsNetwork, seed: int) -> float:
    drawn = make_balls(2000, "test", seed, BallSettings(SIZE, CLASSES))
    guess = network.class_logits(network(drawn.images())).argmax(1)
    return round(float((guess == drawn.labels).float().mean()), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=48_000, help="training pictures")
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--float32", action="store_true", help="where bfloat16 is slow")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()

    started = time.perf_counter()
    pictures = draw(options.count, "train", options.seed)
    trainee = train(pictures, options.epochs, options.batch_size, options.seed, not options.float32)
    seconds = round(time.perf_counter() - started)
    save_network(trainee.network, options.out)
    card = {
        "made by": "python benchmarks/train_feature_network.py",
        "classes": CLASSES,
        "drawn": make_balls(256, "test", settings=BallSettings(SIZE, CLASSES)).digest,
        "pictures": len(pictures.pixels),
        "epochs": options.epochs,
        "seed": options.seed,
        "seconds": seconds,
        "bytes": options.out.stat().st_size,
        "parameters": sum(value.numel() for value in trainee.network.parameters()),
        "held out": score(trainee, draw(6000, "test", options.seed + 100), options.seed),
    }
    text = json.dumps(card, indent=2, ensure_ascii=False)
    options.out.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
