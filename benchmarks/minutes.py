"""What some minutes of training bring at several sizes: python -m benchmarks.minutes --out DIR

Trains a recipe with `--minutes` on one thread on the drawn balls of several sizes, each length a
training of its own, whose learning rate falls to 0. Checkpoints stay in DIR: a second call goes on
where the first one ended, and draws and prints what is there.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ballgen.checkpoint.folder import Checkpoint, is_taken, load_checkpoint
from ballgen.data.sheets import SHEET_GRAY, contact_sheet
from ballgen.experiment import Experiment, load_data
from ballgen.recipes import get_recipe
from ballgen.report.drawing import INK, STYLE
from ballgen.util.palette import CLASS_COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "minutes.webp"
SIZES, MINUTES = "32,64,128", "1,3,10,30"
SAMPLES, COLUMNS, SEED = 9, 3, 0
WIDE, CURVES, TILES, DPI = 8.2, 2.3, 1.75, 200  # inches, and px per inch: twice a README's width

Trained = dict[tuple[int, float], Checkpoint]  # by px and minutes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--recipe", default="vae", help="by default %(default)s")
    parser.add_argument("--sizes", default=SIZES, metavar="PX", help="by default %(default)s")
    parser.add_argument("--lengths", default=MINUTES, metavar="MIN", help="by default %(default)s")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin nothing after them")
    parser.add_argument("--picture", type=Path, default=PICTURE)
    args = parser.parse_args()
    end = time.monotonic() + 60 * args.minutes
    sizes = [int(size) for size in args.sizes.split(",")]
    lengths = [float(length) for length in args.lengths.split(",")]
    trained: Trained = {}
    for minutes in lengths:  # the short ones first
        for size in sizes:
            folder = args.out / f"{size}px-{minutes:g}min"
            if not is_taken(folder / args.recipe) and time.monotonic() < end:
                recipe = get_recipe(args.recipe)
                data = load_data("sportballs", recipe, size)
                folder.mkdir(parents=True, exist_ok=True)
                Experiment(recipe, data, folder, SEED, minutes, resume=True, threads=1).run()
            if is_taken(folder / args.recipe):
                trained[size, minutes] = load_checkpoint(folder / args.recipe)
                print(line(size, minutes, trained[size, minutes]), flush=True)
    draw(trained, args.picture)


def line(size: int, minutes: float, checkpoint: Checkpoint) -> str:
    """A row of the table in docs/."""
    scores, record = checkpoint.scores, checkpoint.record
    kid, sd = 1000 * scores["kid"], 1000 * scores["kid_sd"]
    return (
        f"| {size} | {minutes:g} | {record['epochs']} | {record['whole_seconds'] / 60:.1f} | "
        f"{scores['psnr']:.1f} | {kid:.1f} ± {sd:.1f} |"
    )


def draw(trained: Trained, path: Path) -> None:
    """Write PSNR and KID over the minutes, and below them samples of every checkpoint."""
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import ScalarFormatter

    sizes, lengths = (sorted({key[i] for key in trained}) for i in (0, 1))
    with matplotlib.rc_context(STYLE):
        figure = Figure((WIDE, CURVES + TILES * len(sizes)), DPI, facecolor="white")
        above, below = figure.subfigures(2, 1, height_ratios=[CURVES, TILES * len(sizes)])
        psnr, kid = above.subplots(1, 2, gridspec_kw={"bottom": 0.2, "wspace": 0.25})
        for size, colour in zip(sizes, (INK, CLASS_COLOURS[0], CLASS_COLOURS[6]), strict=False):
            points = {m: one.scores for (px, m), one in sorted(trained.items()) if px == size}
            for axes, values in (
                (psnr, [scores["psnr"] for scores in points.values()]),
                (kid, [1000 * scores["kid"] for scores in points.values()]),
            ):
                axes.plot(
                    list(points), values, "o-", markersize=3, color=colour, label=f"{size} px"
                )
        _finish(psnr, "reconstructions: PSNR in dB", lengths)
        _finish(kid, "samples of the default prior: KID × 1000", lengths)
        kid.set(yscale="log")
        kid.yaxis.set_major_formatter(ScalarFormatter())
        kid.yaxis.set_minor_formatter("")
        psnr.legend()
        cells = below.subplots(len(sizes), len(lengths), squeeze=False,
                               gridspec_kw={"hspace": 0.05, "wspace": 0.05})  # fmt: skip
        for row, size in zip(cells, sizes, strict=True):
            row[0].set_ylabel(f"{size} px", rotation=0, ha="right", va="center")
            for axes, minutes in zip(row, lengths, strict=True):
                axes.set(xticks=[], yticks=[])
                axes.spines[:].set_visible(False)
                if size == sizes[0]:
                    axes.set_title(f"{minutes:g} min")
                if checkpoint := trained.get((size, minutes)):
                    samples = checkpoint.model.sample(SAMPLES, SEED)
                    sheet = contact_sheet(samples, COLUMNS, background=SHEET_GRAY)
                    axes.imshow(np.asarray(sheet), interpolation="nearest")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, bbox_inches="tight", pil_kwargs={"quality": 90})


def _finish(axes: Axes, title: str, lengths: list[float]) -> None:
    axes.set(xscale="log", xlabel="minutes of training, one thread", title=title)
    axes.set_xticks(lengths, [f"{length:g}" for length in lengths])
    axes.minorticks_off()


if __name__ == "__main__":
    main()
