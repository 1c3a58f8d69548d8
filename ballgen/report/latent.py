"""Part 4: the latent space: interpolations, a map, and how far from images' codes priors draw."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.latent.coverage import (
    ReferenceCodes,
    coverage_figures,
    prior_codes,
    reference_codes,
)
from ballgen.latent.interpolation import interpolate
from ballgen.report.case import Case
from ballgen.report.contents import (
    Figure,
    Note,
    Part,
    Section,
    Subject,
    side_by_side,
    unrounded,
)
from ballgen.report.drawing import (
    BOTTOM,
    INK,
    Cell,
    chart_png,
    drawing_style,
    panels,
    shortened,
    tile_grid,
)
from ballgen.report.histogram import distance_shares
from ballgen.util.checks import generator_of
from ballgen.util.palette import REAL_COLOUR, SPARE_COLOURS, class_colour
from ballgen.util.pca import principal_components
from ballgen.util.progress import OnStep
from ballgen.util.wording import percent, prior_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAIRS, STEPS = 10, 9  # of the interpolation sheet
MAP_IMAGES = 2000
MAP_DRAWS = 200  # of N(0, I), on the map
MAPS, MAP_SIZE = 3, 2.35  # side by side; inches
MARKERS = "oDs^Xv"  # six by the palette's seven colours go together
MANY_CLASSES = 14  # more do not fit into a legend
TOP = 1.7  # of a histogram whose bars reach to 1: the legend stands above them

Pair = tuple[int, int]  # test images between which codes are interpolated
Side = tuple[str, str, str, np.ndarray]  # an outline of a histogram: name, colour, dashes, values


class Coverage(NamedTuple):
    """Where priors draw, among the codes that a decoder knows.

    figures    as `latent_coverage` gives them, of N(0, I), the Gaussian and the fitted prior
    distances  (N,) of each prior's codes to the nearest reference code, in units
    """

    figures: dict[str, float | int]
    reference: ReferenceCodes
    distances: dict[str, Tensor]


def measure_coverage(case: Case, subject: Subject) -> Coverage:
    """Where N(0, I), the Gaussian and the fitted prior draw among the codes of test images.

    Raises `InputError` for too few test images, or codes that are all alike.
    """
    model = subject.checkpoint.model
    codes = reference_codes(model, case.images, case.seed)
    reference = ReferenceCodes.from_codes(codes)
    asked = dict.fromkeys(("normal", "gaussian", subject.fitted))
    drawn = {name: prior_codes(model, name, case.seed) for name in asked if name in model.priors}
    figures = coverage_figures(model, case.images, codes, drawn)
    distances = {name: reference.distances(some) for name, some in drawn.items()}
    return Coverage(figures, reference, distances)


def latent_part(case: Case, on_model: OnStep) -> tuple[Section, dict[str, dict]]:
    """Figures of every model's latent space; the figures of its coverage by the models' keys.

    on_model  is told which share of the models is measured, and which is next
    """
    parts: list[Part] = []
    pairs = choose_pairs(case.images, case.seed)
    if pairs:
        parts += [_interpolation(case, subject, pairs) for subject in case.subjects]
    else:
        parts.append(Note("One test image is too few to interpolate: two are needed."))
    classes = case.images.class_names
    if len(classes) == 1:
        parts.append(
            Note(
                f"All images are of one class ({classes[0]}), so pairs are of any two images, and "
                "the map has one colour."
            )
        )
    parts.append(_map(case))
    found: dict[str, Coverage] = {}
    for number, subject in enumerate(case.subjects):
        on_model(number / len(case.subjects), subject.title)
        try:
            found[subject.key] = measure_coverage(case, subject)
        except InputError as reason:
            parts.append(Note(f"{subject.title}: {reason}."))
    if found:
        words = {one.title: _in_words(found[one.key].figures, one.fitted)
                 for one in case.subjects if one.key in found}  # fmt: skip
        figures = [coverage.figures for coverage in found.values()]
        caption = (
            "Measured for this report on its test images; distances and shares are those of 1,000 "
            "codes of each prior, as in the figure above."
        )
        data = unrounded("figure", dict(zip(words, figures, strict=True)))
        table = side_by_side("latent", "Latent codes in figures", caption, words, data)
        parts += [_distances(case, found), table]
    section = Section(
        "4 · The latent space: why random codes fail, or do not",
        "What lies between the codes of images, and do the priors draw codes like them?",
        tuple(parts),
    )
    return section, {key: coverage.figures for key, coverage in found.items()}


def choose_pairs(images: ImageSet, seed: int) -> list[Pair]:
    """Ten pairs of test images: of two classes each, as many as there are, then of one class.

    Every image stands in one pair, as far as there are enough. [] for a single image.
    """
    generator = generator_of(seed)
    order = torch.randperm(len(images), generator=generator)
    labels = images.labels[order]
    waiting = {label: order[labels == label].tolist() for label in range(len(images.class_names))}
    waiting = {label: some for label, some in waiting.items() if some}
    taken = dict.fromkeys(waiting, 0)

    def take(label: int) -> int:
        taken[label] += 1
        return waiting[label][(taken[label] - 1) % len(waiting[label])]

    mixed = list(combinations(waiting, 2))
    if len(mixed) > PAIRS:
        chosen = torch.randperm(len(mixed), generator=generator)[:PAIRS].sort().values
        mixed = [mixed[index] for index in chosen]
    alike = [label for label, some in waiting.items() if len(some) > 1]
    rounds = PAIRS if len(waiting) == 1 else 1
    same = [(label, label) for label in alike] * rounds
    return [(take(a), take(b)) for a, b in (mixed + same)[:PAIRS]]


@drawing_style()
def _interpolation(case: Case, subject: Subject, pairs: list[Pair]) -> Figure:
    """Rows of pairs, columns of steps."""
    model, images = subject.checkpoint.model, case.images
    ends = model.encode(images.images(torch.tensor([row for pair in pairs for row in pair])))
    codes = [interpolate(*ends[2 * row : 2 * row + 2], STEPS) for row in range(len(pairs))]
    rows = [
        (
            "\n→ ".join(shortened(images.class_names[images.labels[end]]) for end in pair),
            [Cell(row)],
        )
        for pair, row in zip(pairs, model.decode(torch.cat(codes)).split(STEPS), strict=True)
    ]
    title = f"{subject.title}: {len(pairs)} interpolations in {STEPS} steps"
    caption = (
        "Each row goes in a straight line from the code of one test image (0/8, decoded) to that "
        "of another (8/8, decoded), of the classes at the left."
    )
    head = f"0/{STEPS - 1}, …, {STEPS - 1}/{STEPS - 1} of the way", subject.colour
    png = tile_grid(rows, [head], STEPS, title, case.origin(subject))
    return Figure(f"interpolation-{subject.key}", title, caption, png)


@drawing_style()
def _map(case: Case) -> Figure:
    """The plane in which each model's codes vary most, by class."""
    images = case.images.stratified_subset(MAP_IMAGES, case.seed)
    names = images.class_names
    normal = prior_name("normal")
    columns, below = _legend_size(len(case.subjects), (*names, normal))
    drawing, axes = panels(len(case.subjects), MAPS, MAP_SIZE, MAP_SIZE, below)
    for ax, subject in zip(axes, case.subjects, strict=True):
        codes = subject.checkpoint.model.encode(images.images(), fast=True)
        plane = principal_components(codes, 2)
        points = plane.transform(codes)
        for label, name in enumerate(names):
            x, y = points[images.labels.numpy() == label].T
            ax.plot(
                x, y, linestyle="", marker=MARKERS[label % len(MARKERS)],
                color=class_colour(label), markersize=2.2, markeredgewidth=0, alpha=0.75,
                label=shortened(name),
            )  # fmt: skip
        draws = prior_codes(subject.checkpoint.model, "normal", case.seed)[:MAP_DRAWS]
        ax.plot(
            *plane.transform(draws).T, linestyle="", marker="x", color=INK, markersize=2.6,
            markeredgewidth=0.6, label=normal,
        )  # fmt: skip
        ax.set_title(subject.title, loc="left", color=subject.colour, weight="bold")
        for axis, share, number in zip(
            (ax.xaxis, ax.yaxis), plane.explained_variance_ratio, (1, 2), strict=True
        ):
            axis.set_label_text(f"PC {number} ({percent(share)} of variance)")
        ax.locator_params(nbins=5)
    if columns:
        drawing.legend(
            *axes[0].get_legend_handles_labels(), loc="lower center", ncols=columns,
            bbox_to_anchor=(0.5, BOTTOM / drawing.get_size_inches()[1]), markerscale=2.2,
            handletextpad=0.1, columnspacing=1.2, borderaxespad=0,
        )  # fmt: skip
    title = "Latent codes of test images, by class, and draws of N(0, I)"
    caption = (
        "The two principal components of each model's codes, which hold the shares of their "
        "variance that stand at the axes: points that are close here may be far apart in the other "
        f"dimensions. Crosses are {MAP_DRAWS} draws of N(0, I): among the codes here, they may be "
        "far from all of them there."
    )
    if any(subject.checkpoint.model.needs_inversion for subject in case.subjects):
        caption += " A GAN's codes are what its encoder estimates."
    if len(names) > MANY_CLASSES:
        caption += f" {len(names)} classes are too many for a legend."
    return Figure("map", title, caption, chart_png(drawing, title, case.origin(*case.subjects)))


def _legend_size(maps: int, names: tuple[str, ...]) -> tuple[int, float]:
    """Columns of the legend below some maps, and its height in inches; zeros for none."""
    if not 1 < len(names) <= MANY_CLASSES:
        return 0, 0.0
    letters = 4 + max(len(shortened(name)) for name in names)
    columns = min(len(names), max(1, int(min(maps, MAPS) * MAP_SIZE * 16 / letters)))
    return columns, 0.08 + 0.14 * -(-len(names) // columns)


@drawing_style()
def _distances(case: Case, found: dict[str, Coverage]) -> Figure:
    """How far from images' codes those of each prior lie."""
    shown = [subject for subject in case.subjects if subject.key in found]
    drawing, axes = panels(len(shown), MAPS, MAP_SIZE, 2.1)
    for ax, subject in zip(axes, shown, strict=True):
        _, reference, distances = found[subject.key]
        sides = [("held-out codes", REAL_COLOUR, ":", reference.held_out_distances.numpy())]
        for prior, colour in (("normal", SPARE_COLOURS[0]), (subject.fitted, subject.colour)):
            if prior:
                sides.append((prior_name(prior), colour, "-", distances[prior].numpy()))
        _draw_distances(ax, sides, reference.support_limit)
        ax.set_title(subject.title, loc="left", color=subject.colour, weight="bold")
    title = "How far from images' codes each prior samples"
    caption = (
        "Distance of a code to the nearest reference code, in all latent dimensions; 1 is the "
        "median of held-out codes, and the dashed line holds 99% of them: right of it lie "
        "hardly any images' codes."
    )
    png = chart_png(drawing, title, case.origin(*shown))
    return Figure("distances", title, caption, png)


def _draw_distances(ax: Axes, sides: list[Side], limit: float) -> None:
    from matplotlib.ticker import MaxNLocator

    edges, shares = distance_shares([values for *_, values in sides])
    for (name, colour, dashes, _), some in zip(sides, shares, strict=True):
        ax.stairs(some, edges, label=name, color=colour, linestyle=dashes, linewidth=1.2)
        ax.stairs(some, edges, color=colour, fill=True, alpha=0.12)
    ax.axvline(limit, ymax=1 / TOP, color=REAL_COLOUR, linestyle="--", linewidth=0.9)
    ax.set_xscale("log")
    ticks = [digit * 10.0**power for power in range(-2, 6) for digit in (1, 2, 5)]
    if edges[-1] < 6 * edges[0]:
        ticks = MaxNLocator(5).tick_values(edges[0], edges[-1])
    ax.set_xticks([tick for tick in ticks if edges[0] <= tick <= edges[-1]])
    ax.xaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()
    ax.set_xlabel("distance to the nearest reference code")
    ax.set_ylabel("codes, the most = 1")
    ax.set_ylim(0, TOP)
    ax.set_yticks([0, 0.5, 1])
    legend = ax.legend(loc="upper left", handlelength=1.4, labelspacing=0.25, borderaxespad=0.1)
    legend.set_in_layout(False)  # a long name must not press the chart together


def _in_words(figures: dict[str, float | int], fitted: str | None) -> dict[str, str]:
    low, high = figures["code_sd_min"], figures["code_sd_max"]
    column = {
        "Latent dimensions": f"{figures['latent_dim']}",
        "Directions that hold 99% of the variance": f"{figures['components_99']}",
        "Standard deviation of a dimension": f"{low:.2g} to {high:.2g}",
    }
    if "gaussian_kl" in figures:
        column["KL of a Gaussian fitted to the codes, nats"] = f"{figures['gaussian_kl']:,.0f}"
    column["Images' codes: median distance to their centre"] = f"{figures['length']:.1f}"
    if "out_of_support_gaussian" in figures:
        outside = percent(figures["out_of_support_gaussian"])
        column[f"{prior_name('gaussian')}: share beyond 99% of held-out codes"] = outside
    for prior, name in (("normal", prior_name("normal")), (fitted, "Fitted prior")):
        if prior:
            outside, other_length = (
                figures[f"out_of_support_{prior}"],
                figures[f"length_outside_{prior}"],
            )
            length, distance = figures[f"length_{prior}"], figures[f"distance_{prior}"]
            column |= {
                f"{name}: median distance to images' centre": f"{length:.1f}",
                f"{name}: median distance to the nearest code": f"{distance:.2f}",
                f"{name}: share beyond 99% of held-out codes": percent(outside),
                f"{name}: share beyond the lengths of 99% of them": percent(other_length),
            }
    return column
