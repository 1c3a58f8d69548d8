"""The three answers of Why about one model: images or a chart each, and what the pages conclude."""

import io
from base64 import b64encode
from contextlib import suppress
from typing import NamedTuple

from PIL import Image
from torch import Tensor

from ballgen.data.sheets import contact_sheet
from ballgen.errors import InputError
from ballgen.report.case import Case
from ballgen.report.contents import Subject
from ballgen.report.escaping import to_html
from ballgen.report.histogram import distance_histogram, hatched
from ballgen.report.latent import Coverage, measure_coverage
from ballgen.scores.verdicts import Verdict
from ballgen.scores.why import NO_FAILURE, answers
from ballgen.util.palette import REAL_COLOUR, SPARE_COLOURS
from ballgen.util.wording import prior_meaning, prior_name

SMALL = 64  # px of an image that is stored without loss
SHOWN, COLUMNS = 12, 4  # images of a kind, and side by side


class Card(NamedTuple):
    """An answer with what shows it.

    shown  HTML; "" where there is none to show
    note   what has to be known beside it
    """

    said: Verdict
    shown: str
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
    reconstructions = "reconstructions", model.reconstruct(images)
    if len(said) == 1:
        shows_samples = model.needs_inversion or said[0].outcome == NO_FAILURE
        return (Card(said[0], _pair(known, drawn["normal"] if shows_samples else reconstructions)),)
    decoder, latents, prior = said
    return (
        Card(decoder, _pair(known, reconstructions)),
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
    """Distances to the nearest reference code, of held-out codes and of the priors'."""
    looks = {"normal": hatched(SPARE_COLOURS[0]), subject.fitted: subject.colour}
    sides = {"held-out codes": (REAL_COLOUR, found.reference.held_out_distances.numpy())} | {
        prior_name(prior): (look, found.distances[prior].numpy())
        for prior, look in looks.items()
        if prior
    }
    alt = f"Histogram of distances to the nearest reference code: {', '.join(sides)}"
    return distance_histogram(sides, found.reference.support_limit, alt)
