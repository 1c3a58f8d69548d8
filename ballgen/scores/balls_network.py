"""Features from a network that was trained to predict every known factor of the built-in balls.

A classifier of balls sees class and little else. This network also had to predict where the ball
lies, how large it is, how it is turned, what its skin and its background look like, and how far
the image was corrupted by blur, warping, ghosts or noise, so its features move with all of these.
It scores generators and never trains them. `benchmarks/train_feature_network.py` made its weights.
"""

import json
from functools import cache
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor, nn

WEIGHTS = Path(__file__).with_name("balls.safetensors")
SIZE = 32  # px: the side of the images that it takes
FEATURES, CHANNELS, ATTENTION_HEADS = 96, 64, 4
OTHER_OUTPUTS = 9  # of the head, beside the classes: position and angle, of use in training alone


class Whitening(nn.Module):
    """features (N, D) → (N, D), uncorrelated and of variance up to 1 on what it was fitted to.

    (x - μ) M, where M is the symmetric root (Σ + s·tr Σ/D · I)^-½, which has no arbitrary signs.
    Features mostly spell out what images mostly differ in, here the class, and chance differences
    between two draws of classes would drown what blur or raggedness do. After whitening a
    difference counts by how unusual it is: KID sets damaged balls ten to a hundred times further
    above the real-vs-real baseline, in units of its sd, and a missing class about as far as before.
    """

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dimensions))
        self.register_buffer("matrix", torch.eye(dimensions))

    def forward(self, features: Tensor) -> Tensor:
        return (features - self.mean) @ self.matrix


def fit_whitening(features: Tensor, shrinkage: float) -> Whitening:
    """What makes features (N, D) white; `shrinkage` of their mean variance is added to each."""
    whitening = Whitening(features.shape[1])
    # A single image has no covariance; its scores are left out elsewhere.
    covariance = torch.cov(features.double().expand(max(2, len(features)), -1).T)
    values, vectors = torch.linalg.eigh(covariance)
    values = values.clamp(min=0) + (shrinkage * values.mean()).clamp(min=1e-12)
    whitening.mean = features.double().mean(0).float()
    whitening.matrix = (vectors * values.rsqrt() @ vectors.T).float()
    return whitening


class BallsNetwork(nn.Module):
    """Images (N, 3, 32, 32) in [0, 1] → whitened features (N, 96).

    The head is linear, so that a distance between features is a difference in predictions.
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
        self.attention = nn.Conv2d(CHANNELS, ATTENTION_HEADS, 1)
        self.pooling = nn.Sequential(*_block(CHANNELS, 32, kernel=1), nn.AvgPool2d(2), nn.Flatten())
        self.projection = nn.Sequential(
            nn.Linear(ATTENTION_HEADS * CHANNELS + 32 * (SIZE // 8) ** 2, FEATURES, bias=False),
            nn.BatchNorm1d(FEATURES, affine=False),
        )
        self.whitening = Whitening(FEATURES)
        self.head = nn.Linear(FEATURES, len(class_names) + OTHER_OUTPUTS)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.body(images * 2 - 1)  # (N, C, 8, 8)
        # Attention follows the ball, so that how it is turned is learned once for all positions;
        # pooling keeps what lies where.
        weights = self.attention(maps).flatten(2).softmax(dim=2)  # (N, ATTENTION_HEADS, 64)
        attended = weights @ maps.flatten(2).transpose(1, 2)  # (N, ATTENTION_HEADS, C)
        joined = torch.cat([attended.flatten(1), self.pooling(maps)], dim=1)
        return self.whitening(self.projection(joined))

    def class_logits(self, features: Tensor) -> Tensor:
        """(N, K) of features (N, 96), in the order of `class_names`."""
        return self.head(features)[:, : len(self.class_names)]


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = nn.Sequential(*_block(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x)


def _block(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> list[nn.Module]:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return [conv, nn.BatchNorm2d(outputs), nn.SiLU()]


@cache
def balls_network(path: Path = WEIGHTS) -> BallsNetwork:
    """The shipped network, ready to use."""
    with safe_open(path, framework="pt") as file:
        network = BallsNetwork(tuple(json.loads(file.metadata()["class_names"])))
        state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    network.load_state_dict(state, strict=False)  # without the batch norms' counters
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
