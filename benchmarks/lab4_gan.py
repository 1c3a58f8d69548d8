"""Draw Lab 4's GAN as it trains: python -m benchmarks.lab4_gan FOLDER... --beside FOLDER

Each folder holds `lab4-gan` after so many epochs, made by `train_all.py --recipes lab4-gan
--epochs N`. The curves are those of the longest; each folder adds a row of samples of one seed,
and the last row is of a GAN of another recipe.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ballgen.checkpoint.folder import Checkpoint, load_checkpoint
from ballgen.report.comparison import REPORTED
from ballgen.report.drawing import INK, SOFT, STYLE
from ballgen.util.palette import CLASS_COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OUT = Path(__file__).parents[1] / "docs" / "images" / "lab4-gan.webp"
SAMPLES, SEED = 12, 0
WIDE, DPI = 8.2, 200  # inches, and px per inch: twice a README's width
CURVES = {"generator": INK, "discriminator": CLASS_COLOURS[0]}
ENDS = REPORTED["lab4-gan"]["terms"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--beside", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    loaded = [load_checkpoint(folder) for folder in args.folders]
    loaded.sort(key=lambda checkpoint: len(checkpoint.history))
    draw(loaded, load_checkpoint(args.beside), args.out)
    print(args.out)


def draw(checkpoints: list[Checkpoint], beside: Checkpoint, path: Path) -> None:
    """Write losses and KID over the epochs, and samples of each checkpoint below them."""
    import matplotlib
    from matplotlib.figure import Figure

    row = WIDE / (SAMPLES + 1)  # inches, of one line of samples
    history, rows = checkpoints[-1].history, [*checkpoints, beside]
    with matplotlib.rc_context(STYLE):
        figure = Figure((WIDE, 2.4 + row * len(rows)), DPI, facecolor="white")
        above, below = figure.subfigures(2, 1, height_ratios=[2.4, row * len(rows)])
        losses, kid = above.subplots(1, 2, gridspec_kw={"bottom": 0.2, "wspace": 0.25})
        _draw_losses(losses, history)
        _draw_kid(kid, history)
        lines = below.subplots(len(rows), 1, squeeze=False, gridspec_kw={"hspace": 0.05})
        for axes, checkpoint in zip(lines[:, 0], rows, strict=True):
            images = checkpoint.model.sample(SAMPLES, SEED).permute(0, 2, 3, 1).numpy()
            axes.imshow(np.concatenate([np.pad(one, [(1, 1), (1, 1), (0, 0)], constant_values=1)
                                        for one in images], axis=1))  # fmt: skip
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            name = f"epoch {len(checkpoint.history)}"
            if checkpoint is beside:
                record = checkpoint.record
                name = f"{record['recipe']['name']}, {record['seconds'] / 60:.0f} min"
            axes.set_ylabel(name, rotation=0, ha="right", va="center")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, bbox_inches="tight", pil_kwargs={"quality": 90})


def _draw_losses(axes: Axes, history: list[dict[str, float]]) -> None:
    epochs = [one["epoch"] for one in history]
    for name, colour in CURVES.items():
        axes.plot(epochs, [one[name] for one in history], color=colour, label=name)
        axes.plot(epochs[-1], ENDS[name], "x", color=colour, clip_on=False)
    axes.set(xlabel="epoch", title="losses (×: the report's last, on other images)", ylim=(0, None))
    axes.set_xticks(epochs[4::5])
    axes.legend(frameon=False)


def _draw_kid(axes: Axes, history: list[dict[str, float]]) -> None:
    held_out = [(one["epoch"], 1000 * one["val_kid"]) for one in history if "val_kid" in one]
    axes.plot(*zip(*held_out, strict=True), color=SOFT, marker="o", markersize=3)
    axes.set(xlabel="epoch", title="KID × 1000, held-out images, random features")
    axes.set(ylim=(0, None), xticks=[epoch for epoch, _ in held_out])


if __name__ == "__main__":
    main()
