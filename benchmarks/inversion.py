"""How well and how fast a GAN's images are inverted: `python -m benchmarks.inversion`."""

from __future__ import annotations

import argparse
import os
import time
from itertools import takewhile
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as in the dashboard, before torch comes

import torch
from torch import Tensor

from ballgen.checkpoint.folder import load_model

SECONDS = 5.0  # that a single image has


def psnr(images: Tensor, originals: Tensor) -> Tensor:
    """dB (N,), of images (N, C, H, W) in [0, 1]."""
    return -10 * (images - originals).square().mean((1, 2, 3)).log10()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", nargs="?", type=Path, default=Path("checkpoints/gan"))
    parser.add_argument("--count", type=int, default=16, help="images that the GAN generates")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = load_model(options.checkpoint)
    images = model.sample(options.count, options.seed)

    def by_search(image: Tensor) -> Tensor:
        end = time.monotonic() + SECONDS
        *_, (code, _) = takewhile(lambda _: time.monotonic() < end, model.search_code(image))
        return code

    ways = {
        "encoder alone": lambda image: model.encode(image, fast=True),
        "encode": model.encode,
        f"search, {SECONDS:.0f} s at most": by_search,
    }
    for name, encode in ways.items():
        encode(images[:1])  # what is done once
        codes, seconds = [], []
        for image in images.split(1):
            start = time.perf_counter()
            codes.append(encode(image))
            seconds.append(time.perf_counter() - start)
        found, spent = psnr(model.decode(torch.cat(codes)), images), torch.tensor(seconds)
        print(
            f"{name:22} PSNR {found.median():.1f} dB (least {found.min():.1f}), "
            f"{spent.median():.2f} s for an image (most {spent.max():.2f})"
        )


if __name__ == "__main__":
    main()
