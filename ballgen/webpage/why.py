"""The three answers of Why about one model: a picture each, and what the pages conclude."""

from __future__ import annotations

import io
from base64 import b64encode
from contextlib import suppress
from typing import NamedTuple

import numpy as np
from PIL import Image
from torch import Tensor

from ballgen.data.sheets import contact_sheet
from ballgen.errors import InputError
from ballgen.report.case import Case
from ballgen.report.contents import Subject
from ballgen.report.escaping import to_html
from ballgen.report.latent import Coverage, distance_shares, measure_coverage
from ballgen.scores.answers import NO_FAILURE, answers
from ballgen.scores.verdicts import Verdict
from ballgen.util.wording import prior_meaning, prior_name

SMALL = 64  # px of an image that is stored without loss
SHOWN, COLUMNS = 12, 4  # images in a picture, and side by side
WIDTH, HEIGHT, BASE = 300, 150, 128  # of the histogram, and where its bars stand


class Card(NamedTuple):
    """An answer with its picture.

    picture  HTML; "" where there is none to show
    note     what has to be known beside it
    """

    said: Verdict
    picture: str
    note: str = ""


def cards(case: Case) -> tuple[Card, ...]:
    """Three of them, or the single one that there is to show."""
    (subject,) = case.subjects
    model, fitted = subject.checkpoint.model, subject.fitted
    found: Coverage | None = None
    figures = subject.checkpoint.figures
    with suppress(InputError):  # too few test images, which the answer then says
        found = measure_coverage(case, subject)
        figures = figures | found.figures
    said = answers(figures, subject.family, fitted)
    images = case.images.stratified_subset(SHOWN, case.seed).images()
    known = "test images", images
    drawn = {
        prior: (f"sampled with {prior_name(prior)}", model.sample(SHOWN, case.seed, prior))
        for prior in dict.fromkeys(("normal", fitted))
        if prior
    }
    rebuilt = "reconstructions", model.reconstruct(images)
    if len(said) == 1:
        shows_samples = model.searches_codes or said[0].outcome == NO_FAILURE
        return (Card(said[0], _pair(known, drawn["normal"] if shows_samples else rebuilt)),)
    decoder, latents, prior = said
    return (
        Card(decoder, _pair(known, rebuilt)),
        Card(latents, _histogram(found, subject) if found else ""),
        Card(
            prior,
            _pair(*drawn.values()) if fitted else "",
            prior_meaning(fitted, subject.family, model.gibbs_steps(fitted)) if fitted else "",
        ),
    )


def _pair(*shown: tuple[str, Tensor]) -> str:
    figures = []
    for name, images in shown:
        sheet = contact_sheet(images, COLUMNS, gap=1, background=222).convert("RGB")
        width, height = sheet.size
        address, said = data_address(sheet, is_small(images)), to_html(name)
        figures.append(
            f'<figure><img src="{address}" width="{width}" height="{height}" '
            f'alt="{len(images)} images: {said}"><figcaption>{said}</figcaption></figure>'
        )
    return f'<div class="pair">{"".join(figures)}</div>'


def is_small(images: Tensor) -> bool:
    """Whether images (N, C, H, W) are so small that each of their pixels is seen, and counts."""
    return max(images.shape[2:]) <= SMALL


def data_address(sheet: Image.Image, lossless: bool) -> str:
    """An image as an address that holds it, as WebP."""
    buffer = io.BytesIO()
    sheet.save(buffer, "WEBP", lossless=lossless, quality=75)
    return f"data:image/webp;base64,{b64encode(buffer.getvalue()).decode()}"


def _histogram(found: Coverage, subject: Subject) -> str:
    """Distances to the nearest reference code as SVG, log scale: 1 is usual."""
    sides = {"held-out codes": found.reference.held_out_distances}
    sides |= {prior_name(p): found.distances[p] for p in ("normal", subject.fitted) if p}
    edges, shares = distance_shares([some.numpy() for some in sides.values()])
    low, high = np.log(edges[[0, -1]])

    def place(distance: float) -> float:
        return float(WIDTH * (np.log(distance) - low) / (high - low))

    areas, names = [], []
    for number, (name, share) in enumerate(zip(sides, shares, strict=True)):
        tops = BASE - (BASE - 8) * share
        steps = "".join(
            f"V{top:.1f}H{place(edge):.1f}" for top, edge in zip(tops, edges[1:], strict=True)
        )
        areas.append(f'<path class="side-{number}" d="M0,{BASE}{steps}V{BASE}Z"/>')
        names.append(f'<li class="side-{number}">{to_html(name)}</li>')
    ticks = [digit * 10.0**power for power in range(-2, 5) for digit in (1, 2, 5)]
    ticks = [tick for tick in ticks if edges[0] * 1.05 < tick < edges[-1] / 1.05]
    axis = "".join(
        f'<path class="tick" d="M{place(tick):.1f},{BASE}v4"/>'
        f'<text x="{place(tick):.1f}" y="{BASE + 18}">{tick:g}</text>'
        for tick in ticks[:: 1 + len(ticks) // 8]
    )
    limit = place(found.reference.support_limit)
    return (
        f'<figure><ul class="sides">{"".join(names)}</ul>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Histogram of distances to the '
        f'nearest reference code: {to_html(", ".join(sides))}">{"".join(areas)}'
        f'<path class="limit" d="M{limit:.1f},0V{BASE}"/><path class="tick" d="M0,{BASE}H{WIDTH}"/>'
        f"{axis}</svg><figcaption>distance to the nearest reference code; 1 is usual, the dashed "
        "line holds 99% of held-out codes</figcaption></figure>"
    )
