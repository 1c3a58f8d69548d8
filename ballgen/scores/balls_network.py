"""Features from a network that was trained to read every known factor of the built-in balls.

A classifier of balls sees class and little else. This network also had to tell where the ball
lies, how large it is, how it is turned, what its skin and its background look like, and how far
the picture was blurred, warped, ghosted or made noisy, so its features move with all of these.
It scores generators and never trains them. `benchmarks/train_feature_network.py` made its weights.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from ballgen.scores.whitening import Whitening

WEIGHTS = Path(__file__).with_name("balls.safetensors")
SIZE = 32  # px: the side of the pictures that it reads
FEATURES, CHANNELS, GLANCES = 96, 64, 4
HARMONICS = (1, 2, 3)  # turns per 360°: a ball that looks the same after 1/k turn has a k-th one


class Readings(NamedTuple):
    """What the network reads in N pictures.

    logits    (N, K), in the order of `BallsNetwork.class_names`
    place     (N, 3): centre x, centre y and diameter, each as a share of the picture's side
    turns     (N, len(HARMONICS), 2): cosine and sine of k times the angle in the picture plane
    """

    logits: Tensor
    place: Tensor
    turns: Tensor


class BallsNetwork(nn.Module):
    """Pictures (N, 3, 32, 32) in [0, 1] → whitened features (N, 96).

    The heads are linear, so that a distance between features is a difference in what they read.
    """

    def __init__(self, class_names: tuple[str, ...]) -> None:
        super().__init__()
        self.class_names = class_names
        self.body = nn.Sequential(
            *_block(3, 24),  # 32 px
            *_block(24, 40, stride=2),  # 16 px
            _Residual(40),
            *_block(40, CHANNELS, stride=2),  # 8 px
            _Residual(CHANNELS),
            _Residual(CHANNELS),
        )
        self.attend = nn.Conv2d(CHANNELS, GLANCES, 1)
        self.survey = nn.Sequential(*_block(CHANNELS, 32, kernel=1), nn.AvgPool2d(2), nn.Flatten())
        self.join = nn.Sequential(
            nn.Linear(GLANCES * CHANNELS + 32 * (SIZE // 8) ** 2, FEATURES, bias=False),
            nn.BatchNorm1d(FEATURES, affine=False),
        )
        self.whiten = Whitening(FEATURES)
        self.head = nn.Linear(FEATURES, len(class_names) + 3 + 2 * len(HARMONICS))

    def forward(self, images: Tensor) -> Tensor:
        maps = self.body(images * 2 - 1)  # (N, C, 8, 8)
        # A few glances follow the ball, so that how it is turned is learned once for all places;
        # the survey keeps what lies where.
        weights = self.attend(maps).flatten(2).softmax(dim=2)  # (N, GLANCES, 64)
        glances = weights @ maps.flatten(2).transpose(1, 2)  # (N, GLANCES, C)
        return self.whiten(self.join(torch.cat([glances.flatten(1), self.survey(maps)], dim=1)))

    def whiten_features(self, images: Tensor, heads: Sequence[nn.Linear] = ()) -> None:
        """Whiten the features on images (N, 3, 32, 32); the head, and any other, reads as before.

        Features f become w = (f - μ) M, so a head's A f + b becomes (A M⁻¹) w + (b + A μ).
        """
        with torch.no_grad():
            self.whiten.fit(torch.cat([self(part) for part in images.split(256)]))
            for head in (self.head, *heads):
                head.bias += head.weight @ self.whiten.mean
                head.weight.copy_(torch.linalg.solve(self.whiten.matrix, head.weight, left=False))

    def read(self, features: Tensor) -> Readings:
        """What `features` (N, 96) say of class, place and angle."""
        parts = self.head(features).split([len(self.class_names), 3, 2 * len(HARMONICS)], dim=1)
        return Readings(parts[0], parts[1], parts[2].unflatten(1, (len(HARMONICS), 2)))


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = nn.Sequential(*_block(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x)


def _block(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> list[nn.Module]:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return [conv, nn.BatchNorm2d(outputs), nn.SiLU()]


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


@cache
def balls_network(path: Path = WEIGHTS) -> BallsNetwork:
    """The shipped network, ready to read."""
    with safe_open(path, framework="pt") as file:
        network = BallsNetwork(tuple(json.loads(file.metadata()["class_names"])))
        state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    network.load_state_dict(state, strict=False)  # without the counters left out above
    return network.eval().requires_grad_(False)
