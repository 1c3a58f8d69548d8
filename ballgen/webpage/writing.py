"""A page as one HTML file: text is escaped, and only its own two scripts may run."""

import hashlib
import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

from ballgen import __version__
from ballgen.report.case import Case
from ballgen.report.conclusions import warnings
from ballgen.report.escaping import to_html
from ballgen.report.latent import MANY_CLASSES
from ballgen.report.writing import FIRST_SAID
from ballgen.util.palette import family_name
from ballgen.webpage.why import Card

MAX_BYTES = 8_000_000
HERE = Path(__file__).parent
DECODER = "decoder.js"  # the worker's, too
MAP = ("points.js", "scatter.js", "pointing.js", "explorer.js")  # the dashboard's, too
SCRIPTS = ("page.js", *MAP, "map.js", "interpolation.js", "samples.js")
STYLES = ("page.css", "explorer.css")


def page_html(
    case: Case, content: dict[str, Any], said: tuple[Card, ...], error: float | None = None
) -> str:
    """The page.

    content  for the scripts, as JSON
    error    of a number of an image, from 0 to 255, by the weights' rounding; None for hardly any
    """
    (subject,) = case.subjects
    decoder = _read(DECODER)
    script = "\n".join(map(_read, SCRIPTS))
    # A class may be called "</script>".
    numbers = json.dumps(content).replace("<", "\\u003c")
    values = {
        "hashes": " ".join(f"'sha256-{_digest(text)}'" for text in (decoder, script)),
        "title": to_html(f"{subject.full_title} on {case.source}"),
        "colour": subject.colour,
        "style": "\n".join(map(_read, STYLES)),
        "about": to_html(_about(case)),
        "first": _first(case),
        "map_note": to_html(_map_note(case)),
        "answers": "".join(map(_card, said)),
        "facts": "".join(
            f"<dt>{to_html(fact)}</dt><dd>{to_html(text)}</dd>"
            for fact, text in _facts(case, error)
        ),
        "data": numbers,
        "decoder": decoder,
        "script": script,
    }
    # In one pass: a name may look like a place to fill.
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], _read("page.html"))


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _about(case: Case) -> str:
    (subject,) = case.subjects
    model, data = subject.checkpoint.model, subject.checkpoint.record["data"]
    kind = family_name(subject.family).long or family_name(subject.family).short
    part = "generator" if subject.family == "gan" else "decoder"
    numbers = f"{model.latent_dim:,} number{'s' * (model.latent_dim > 1)}"
    article = "An" if kind[0].lower() in "aeiou" else "A"
    return (
        f"{article} {kind}, trained on {data['train_images']:,} images. "
        f"Its {part} makes an image of {numbers}, the latent code. It runs in this page, offline: "
        "move, drag and choose."
    )


def _first(case: Case) -> str:
    said = "".join(
        f"<li><strong>{to_html(verdict.outcome)}.</strong> {to_html(verdict.evidence)}</li>"
        for _, verdict in warnings(case)
    )
    return f'<aside class="first"><h2>{FIRST_SAID}</h2><ul>{said}</ul></aside>' if said else ""


def _map_note(case: Case) -> str:
    text = "Between the points the code is a mean of the nearest images' codes."
    if case.subjects[0].checkpoint.model.needs_inversion:
        text += " A GAN's codes are what its encoder estimates."
    if (count := len(case.images.class_names)) > MANY_CLASSES:
        text += f" {count:,} classes are too many for a legend."
    return text


def _card(card: Card) -> str:
    question, outcome, evidence = map(to_html, card.said)
    note = f'<p class="note">{to_html(card.note)}</p>' if card.note else ""
    return (
        f'<article><h3>{question}</h3><p class="outcome">{outcome}</p>{card.shown}'
        f"<p>{evidence}</p>{note}</article>"
    )


def _facts(case: Case, error: float | None) -> list[tuple[str, str]]:
    (subject,) = case.subjects
    facts = [
        ("Model", f"{subject.name}, digest {subject.checkpoint.digest[:16]}"),
        (
            "Test images",
            f"{len(case.images):,} of {case.source}, {case.size}, digest {case.images.digest[:16]}",
        ),
        ("Seed", f"{case.seed}, of the samples and of the images that are shown"),
        ("Made with", f"ballgen {__version__}"),
    ]
    if case.elsewhere:
        facts.insert(2, ("Scores", "measured on other test images than this page shows"))
    if error is not None:
        facts.append(("Weights", f"rounded to 8 bits, which changes a pixel by {error:.1f} of 255 "
                      "on average"))  # fmt: skip
    return facts
