"""The picture that `benchmarks.peers` draws: error over CPU seconds, a panel for each family."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ballgen.report.drawing import INK, SOFT, STYLE
from ballgen.util.palette import CLASS_COLOURS, SPARE_COLOURS, family_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Names and lines of who is compared, by the names in the JSON.
LABELS = {
    "ballgen": "ballgen",
    "tuned": "textbook, tuned",
    "batch norm": "textbook, batch norm",
    "textbook": "textbook",
    "pythae": "pythae",
}
COLOURS = {
    "ballgen": INK,
    "tuned": SPARE_COLOURS[1],
    "batch norm": CLASS_COLOURS[0],
    "textbook": "#8a8a8a",
    "pythae": CLASS_COLOURS[6],
}
DASHES = {
    "tuned": (5, 1.5),
    "batch norm": (3, 1.5),
    "textbook": (1.2, 1.2),
    "pythae": (6, 1.5, 1, 1.5),
}
WIDE, HIGH, DPI = 8.2, 3.4, 200  # inches, and px per inch: twice a README's width
SIZE = 9.5  # pt


def draw(results: dict[str, Any], given: dict[str, float], path: Path) -> None:
    """Write the picture of the families that were measured: mean over seeds, lowest to highest."""
    import matplotlib
    from matplotlib.figure import Figure

    families = [family for family in ("ae", "vae", "gan") if any(results.get(family, {}).values())]
    sizes = {key: SIZE for key in STYLE if key.endswith("size")}
    with matplotlib.rc_context(STYLE | sizes | {"axes.titlesize": SIZE + 1}):
        figure = Figure((WIDE, HIGH), DPI, facecolor="white", layout="constrained")
        panels = figure.subplots(1, len(families), squeeze=False)[0]
        for axes, family in zip(panels, families, strict=True):
            _panel(axes, family, results[family], given.get(family))
        lines = {line.get_label(): line for axes in panels for line in axes.get_lines()}
        shown = [name for name in LABELS.values() if name in lines]
        handles = [lines[name] for name in shown]
        figure.legend(handles, shown, loc="outside lower center", ncols=len(shown))
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)


def _panel(axes: Axes, family: str, curves: dict[str, Any], given: float | None) -> None:
    from matplotlib.ticker import ScalarFormatter

    for name in (name for name in LABELS if curves.get(name)):
        ours = name == "ballgen"
        colour = COLOURS[name]
        runs = list(curves[name].values())
        # The seeds were looked at when nearly the same seconds had passed.
        columns = [column for i in range(max(map(len, runs))) if (column := _column(runs, i))]
        seconds = [statistics.mean(point[0] for point in column) for column in columns]
        errors = [[point[2] for point in column] for column in columns]
        axes.fill_between(seconds, [min(e) for e in errors], [max(e) for e in errors],
                          color=colour, alpha=0.18, linewidth=0)  # fmt: skip
        axes.plot(
            seconds,
            [statistics.mean(e) for e in errors],
            color=colour,
            linewidth=2.4 if ours else 1.4,
            marker="o" if ours else None,
            markersize=5,
            dashes=DASHES.get(name, (None, None)),
            label=LABELS[name],
            zorder=3 if ours else 2,
        )
    axes.set(xscale="log", yscale="log", xlabel="CPU seconds of training, one thread")
    unit = "KID × 1000" if family == "gan" else "squared error per image"
    axes.set_title(f"{family_name(family).short}: {unit}", loc="left")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(ScalarFormatter())
        axis.set_minor_formatter("")
    for axis, limits, ticks in (
        (axes.xaxis, axes.get_xlim(), [5, 10, 20, 40, 80, 160]),
        (axes.yaxis, axes.get_ylim(), [given, 10, 20, 50, 100, 200] if given else []),
    ):
        if ticks:  # those outside would widen the panel
            axis.set_ticks([tick for tick in ticks if limits[0] <= tick <= limits[1]])
    if given:
        axes.axhline(given, color=SOFT, linewidth=0.8, linestyle=(0, (1, 2)))


def _column(runs: list[list[Any]], index: int) -> list[Any]:
    return [run[index] for run in runs if index < len(run)]
