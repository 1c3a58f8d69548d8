"""The second step of the explanation: what the same decoder makes of each prior's codes."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.errors import InputError
from ballgen.scores import verdicts
from ballgen.ui.session.loading import Sampling, reconstructions, sample_sheet
from ballgen.ui.session.scoring import Kid, kid_of, measure, show_verdict
from ballgen.ui.theme import REAL_COLOUR, colour_edges, family_colour, family_name
from ballgen.ui.why.case import Case
from ballgen.ui.why.charts import prior_colour
from ballgen.ui.widgets.images import Sheet, show_images
from ballgen.ui.widgets.text import plain
from ballgen.util.wording import kid_text, prior_name, times

COUNT = 12
CARDS_PER_ROW = 3
UNKNOWN = "not measured"


def show_samples(case: Case) -> DeltaGenerator:
    """A card for each prior and one for reconstructions; returns the place for a progress bar."""
    st.header("2 · What the decoder makes of them", anchor=False)
    model = case.checkpoint.model
    # Where codes are searched for, a reconstruction says more about the search.
    reconstructs = not model.searches_codes
    kids = {prior: kid_of(case.info, Sampling(prior, case.seed)) for prior in case.all_priors}
    measured = {}
    for prior, kid in kids.items():
        if kid:
            measured |= {f"kid_{prior}": kid.mean, f"kid_{prior}_sd": kid.sd}
    figures = case.checkpoint.figures | measured
    verdict = verdicts.samples(figures, case.family, case.fitted)
    if verdict.outcome != verdicts.UNKNOWN:
        show_verdict(verdict)
    if ends := verdicts.kid_anchors(figures):
        st.caption(f"{plain(ends)}: smaller is nearer to real images.")
    last_epoch, own = case.checkpoint.history[-1], model.recipe.sampling.prior
    gibbs_steps = model.gibbs_steps(case.fitted) if case.fitted else 0
    text = unequal_text(last_epoch, case.family, own, gibbs_steps)
    if text and not verdicts.untrained(figures, case.family):
        st.caption(text)
    colour = family_colour(case.family)
    edges = {f"answer-{prior}": prior_colour(prior, colour) for prior in kids}
    colour_edges(edges | {"answer-reconstructions": REAL_COLOUR})
    count = len(kids) + reconstructs
    rows = -(-count // CARDS_PER_ROW)
    places = [place for _ in range(rows) for place in st.columns(-(-count // rows))]
    for (prior, kid), place in zip(kids.items(), places, strict=False):
        with place, _card(prior):
            _show_prior(case, prior, kid)
    if reconstructs:
        with places[len(kids)], _card("reconstructions"):
            _show_reconstructions(case)
    return st.empty()


def unequal_text(last_epoch: dict[str, float], family: str, prior: str, gibbs_steps: int) -> str:
    """Step 2: what else differs between the priors' samples; "" if nothing does."""
    parts = []
    if family != "gan" and "generator" in last_epoch:
        parts.append(
            "The last epochs fine-tuned this decoder against a discriminator, on codes of the "
            f"{prior_name(prior)} prior: it is more used to them than to the others'."
        )
    if gibbs_steps:
        parts.append(
            f"Codes of fitted priors take Gibbs steps: they are decoded and encoded again, "
            f"{times(gibbs_steps)}. Those of N(0, I) do not, which is part of the difference."
        )
    return " ".join(parts)


def _card(name: str) -> DeltaGenerator:
    return st.container(border=True, height="stretch", gap="xsmall", key=f"answer-{name}")


def _show_prior(case: Case, prior: str, kid: Kid | None) -> None:
    name = prior_name(prior)
    st.subheader(name[0].upper() + name[1:], anchor=False)
    show_images(
        [Sheet(sample_sheet(case.info, Sampling(prior, case.seed), COUNT))],
        COUNT,
        case.checkpoint.model.image_shape,
        f"{COUNT} samples of the {family_name(case.family).short}, sampled with {name} and seed "
        f"{case.seed}",
        key=f"{prior}-images",
    )
    st.space("stretch")
    st.metric("KID × 1000", kid_text(kid.mean, kid.sd) if kid else UNKNOWN)


def _show_reconstructions(case: Case) -> None:
    st.subheader("Reconstructions", anchor=False)
    count = min(COUNT, case.info.dataset.count)
    try:
        sheet, _ = reconstructions(case.info, count)
    except InputError:
        st.caption("The test images cannot be loaded.")
        return
    show_images(
        [Sheet(sheet)],
        count,
        case.checkpoint.model.image_shape,
        f"{count} test images, reconstructed from their own codes",
        key="reconstruction-images",
    )
    st.space("stretch")
    kid = case.checkpoint.scores.get("kid_reconstructions")
    st.metric("KID × 1000", UNKNOWN if kid is None else kid_text(kid))


def offer_to_measure(case: Case) -> bool:
    """A button where a prior on the page has no KID yet; True once it is pressed."""
    return bool(_unmeasured(case)) and st.button(
        "Measure the missing KIDs",
        icon=":material/straighten:",
        key="measure",
        help="Draws as many samples as there are test images from each such prior. Takes some "
        "seconds per prior.",
    )


def measure_missing(case: Case) -> None:
    """Measure what the button promised, show how far it is, and start over with the figures."""
    measure({prior_name(p): (case.info, Sampling(p, case.seed)) for p in _unmeasured(case)})


def _unmeasured(case: Case) -> list[str]:
    return [prior for prior in case.all_priors if not kid_of(case.info, Sampling(prior, case.seed))]
