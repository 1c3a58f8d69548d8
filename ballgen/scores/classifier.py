"""A fresh small network that learns to tell kinds of images apart."""

from threading import Lock

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ballgen.data.imageset import to_pixels
from ballgen.util.threads import one_thread

WIDTH = 24  # channels of the first layer; each further layer has twice as many
EPOCHS, BATCH_SIZE, LEARNING_RATE = 12, 64, 3e-3
SOLVED = 0.02  # mean loss of an epoch at which there is nothing left to learn
SHIFT = 1 / 16  # of the side: how far training images are moved, so that few go a longer way
CHUNK = 256  # images at once where nothing is learned
_RANDOM = Lock()  # of torch's own source of chance: two that learn at once would share it


class SmallClassifier(nn.Module):
    """Images (N, C, H, W) in [0, 1] → logits (N, K)."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for outputs in (WIDTH, 2 * WIDTH, 4 * WIDTH):
            layers += [
                nn.Conv2d(channels, outputs, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(outputs),
                nn.LeakyReLU(0.1),
            ]
            channels = outputs
        self.body = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(4), nn.Flatten())
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(channels * 16, classes))

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.body(images * 2 - 1))

    def predict(self, images: Tensor) -> Tensor:
        """Labels int64 (N,) of float images, which are first rounded to stored pixels."""
        self.eval()
        with one_thread(), torch.inference_mode():
            parts = _stored(images).split(CHUNK)
            return torch.cat([self(part).argmax(dim=1) for part in parts])


def fit_classifier(images: Tensor, labels: Tensor, classes: int, seed: int = 0) -> SmallClassifier:
    """Train on float images (N, C, H, W) in [0, 1] and labels int64 (N,) below `classes`.

    Images are first rounded to stored pixels, so that no side of a comparison is given away by its
    number format. Same seed, same weights on one machine.
    """
    images = _stored(images).contiguous(memory_format=torch.channels_last)
    generator = torch.Generator().manual_seed(seed)
    steps = -(-len(images) // BATCH_SIZE)
    with one_thread(), _RANDOM, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # initial weights and dropout know no other source
        network = SmallClassifier(images.shape[1], classes).to(memory_format=torch.channels_last)
        optimiser = torch.optim.AdamW(network.parameters(), weight_decay=1e-2, fused=True)
        rate = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, LEARNING_RATE, total_steps=EPOCHS * steps
        )
        for _ in range(EPOCHS):
            epoch_loss = 0.0
            for rows in torch.randperm(len(images), generator=generator).tensor_split(steps):
                loss = F.cross_entropy(network(_shifted(images[rows], generator)), labels[rows])
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
                rate.step()
                epoch_loss += loss.item() / steps
            if epoch_loss < SOLVED:
                break
        _settle_norms(network, images)
    return network.eval()


def _settle_norms(network: nn.Module, images: Tensor) -> None:
    """Measure the batch norms' means and variances anew with the final weights.

    Their running averages lag behind weights that still move. Where the classes differ by little,
    that alone can push every image to one class.
    """
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # a plain mean over all passes
    with torch.inference_mode():
        for part in images.tensor_split(-(-len(images) // CHUNK)):
            network(part)


def _shifted(images: Tensor, generator: torch.Generator) -> Tensor:
    """All images of a batch moved alike by a few pixels, the border repeated."""
    reach = max(1, round(images.shape[-1] * SHIFT))
    down, right = torch.randint(0, 2 * reach + 1, (2,), generator=generator).tolist()
    padded = F.pad(images, (reach,) * 4, mode="replicate")
    return padded[..., down : down + images.shape[2], right : right + images.shape[3]]


def _stored(images: Tensor) -> Tensor:
    """Float images rounded to the 256 levels of a stored image."""
    return to_pixels(images).float() / 255
