"""The tab of all priors: their samples and their figures."""

from collections.abc import Iterable
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.scores import verdicts
from ballgen.ui.session.loading import Sampling, sample_sheet
from ballgen.ui.session.scoring import kid_of, measure
from ballgen.ui.why.case import Case, prior_colour
from ballgen.ui.why.data import figures_of
from ballgen.ui.widgets.controls import requested
from ballgen.ui.widgets.images import Sheet, show_images
from ballgen.ui.widgets.tables import UNKNOWN, show_table
from ballgen.ui.widgets.text import escaped
from ballgen.util.history import is_finetuning
from ballgen.util.palette import family_colour, family_name
from ballgen.util.wording import kid_text, percent, prior_meaning, prior_name, times

COUNT = 6


class Offer(NamedTuple):
    """What somebody asked to measure, and the place for its progress bar."""

    place: DeltaGenerator
    priors: list[str]


def show_priors(case: Case) -> Offer | None:
    """Samples and figures of every prior; what somebody asks to measure. Raises `InputError`."""
    model, colour = case.checkpoint.model, family_colour(case.family)
    rows = [
        Sheet(
            sample_sheet(case.info, Sampling(prior, case.seed), COUNT),
            prior_name(prior),
            prior_colour(prior, colour),
        )
        for prior in case.all_priors
    ]
    show_images(
        rows,
        COUNT,
        model.image_shape,
        f"{COUNT} samples of the {family_name(case.family).short} under each prior, seed "
        f"{case.seed}",
        key="prior-images",
    )
    offer = offer_to_measure(case, case.all_priors, "measure-all")
    kids = [kid_of(case.info, Sampling(prior, case.seed)) for prior in case.all_priors]
    columns = {
        "Prior": [prior_name(prior) for prior in case.all_priors],
        "KID × 1000": [kid_text(kid.mean, kid.sd) if kid else UNKNOWN for kid in kids],
        "Gibbs steps": [str(model.gibbs_steps(prior)) for prior in case.all_priors],
    }
    figures = {}
    if requested("tab", "Measure distances", "It takes some seconds."):
        with st.spinner("Drawing a thousand latents of each prior …"):
            for prior in case.all_priors:
                figures |= figures_of(case.info, prior, case.seed)

        def column(name: str) -> list[float]:
            return [figures[f"{name}_{prior}"] for prior in case.all_priors]

        columns |= {
            "Distance / held-out median": [f"{distance:.2f}" for distance in column("distance")],
            "Further than 99% of held-out latents": [*map(percent, column("out_of_support"))],
            "Length": [f"{length:.1f}" for length in column("length")],
            "Spread": [percent(spread) for spread in column("spread")],
        }
    show_table(
        columns, alt="How near each prior's samples are to real images, and where its latents fall"
    )
    if ends := verdicts.kid_references(case.checkpoint.figures):
        st.caption(f"{escaped(ends)}: smaller is nearer to real images.")
    if figures:
        whose = "draws of N(0, I)" if model.needs_inversion else "test images' latents"
        st.caption(
            f"Distances to the nearest of {figures['reference_count']:,} {escaped(whose)}; "
            f"{figures['held_out_count']:,} others, held out, are the unit. Length is the distance "
            f"from the centre, {figures['length']:.1f} for held-out latents. Spread is relative to "
            "theirs: where it is small, the prior has collapsed."
        )
    last_epoch, own = case.checkpoint.history[-1], model.recipe.sampling.prior
    gibbs_steps = model.gibbs_steps(case.fitted) if case.fitted else 0
    if text := unequal_text(last_epoch, own, gibbs_steps):
        st.caption(text)
    for prior in case.all_priors:
        name = prior_name(prior)
        meaning = prior_meaning(prior, case.family, model.gibbs_steps(prior))
        if prior != "normal" and model.recipe.sampling.gibbs_steps > model.gibbs_steps(prior):
            meaning += " Gibbs steps are left out: they would draw its latents together."
        st.caption(f"**{name}**: {escaped(meaning)}")
    return offer


def unequal_text(last_epoch: dict[str, float], prior: str, gibbs_steps: int) -> str:
    """What else differs between the priors' samples; "" if nothing does."""
    parts = []
    if is_finetuning(last_epoch):
        parts.append(
            "The last epochs fine-tuned this decoder against a discriminator, on latents of the "
            f"{prior_name(prior)} prior, which favours that prior."
        )
    if gibbs_steps:
        parts.append(
            "Latents of fitted priors take Gibbs steps: they are decoded and encoded again, "
            f"{times(gibbs_steps)}. Those of N(0, I) do not, which is part of the difference."
        )
    return " ".join(parts)


def offer_to_measure(case: Case, priors: Iterable[str], key: str) -> Offer | None:
    """A button where one of these priors has no KID yet; what to measure once it is pressed."""
    missing = [prior for prior in priors if not kid_of(case.info, Sampling(prior, case.seed))]
    if not missing:
        return None
    pressed = st.button(
        "Measure the missing KIDs" if len(missing) > 1 else "Measure its KID",
        icon=":material/straighten:",
        key=key,
        help="Draws as many samples as there are test images from each such prior. Takes some "
        "seconds per prior.",
    )
    return Offer(st.empty(), missing) if pressed else None


def measure_missing(case: Case, offer: Offer) -> None:
    """Measure what the button promised, show how far it is, and start over with the figures."""
    with offer.place:
        measure({prior_name(p): (case.info, Sampling(p, case.seed)) for p in offer.priors})
