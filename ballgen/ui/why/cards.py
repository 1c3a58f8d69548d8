"""The three answers, each with the images or the chart that shows it."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.errors import InputError
from ballgen.report.histogram import distance_histogram, hatched
from ballgen.scores.verdicts import UNKNOWN, Verdict
from ballgen.scores.why import GATE, answers
from ballgen.ui.session.loading import Sampling, open_test_images, reconstructions, sample_sheet
from ballgen.ui.theme import colour_edges
from ballgen.ui.why.case import NORMAL, NORMAL_COLOUR, Case, prior_colour
from ballgen.ui.why.data import distances, figures_of, reference
from ballgen.ui.why.priors import Offer, offer_to_measure
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet
from ballgen.ui.widgets.text import escaped, show_warning
from ballgen.util.palette import REAL_COLOUR, family_colour, family_name
from ballgen.util.wording import prior_name

PAIRS = 6  # images in a card
ACROSS = 6  # images beside each other where there is a single card
CARDS = ("decoder", "latents", "prior")


def show_answers(case: Case) -> tuple[bool, Offer | None]:
    """The cards; whether there is anything to diagnose, and what somebody asks to measure."""
    said = answers(case.figures, case.family, case.fitted)
    if len(said) == 1:
        _show_single(case, said[0])
        return said[0].outcome != GATE, None
    colour = family_colour(case.family)
    edges = zip(CARDS, (REAL_COLOUR, NORMAL_COLOUR, colour), strict=True)
    colour_edges({f"answer-{name}": edge for name, edge in edges})
    cards = [
        column.container(border=True, height="stretch", gap="xsmall", key=f"answer-{name}")
        for name, column in zip(CARDS, st.columns(len(CARDS), gap="small"), strict=True)
    ]
    decoder, _, prior = said
    # The second one last: it takes the longest.
    with cards[0]:
        _show_words(1, decoder)
        _show_pairs(case)
        st.caption(escaped(decoder.evidence))
    with cards[2]:
        _show_words(3, prior)
        for name in case.priors:
            _show_samples(case, name)
        st.caption(escaped(prior.evidence))
        offer = offer_to_measure(case, case.priors, "measure") if case.fitted else None
    with cards[1]:
        _show_latents(case)
    return True, offer


def _show_words(number: int, verdict: Verdict) -> None:
    st.subheader(f"{number:d} · {escaped(verdict.question)}", anchor=False)
    _show_outcome(verdict)


def _show_outcome(verdict: Verdict) -> None:
    st.metric(
        escaped(verdict.question),
        escaped(verdict.outcome),
        label_visibility="collapsed",
    )


def _show_pairs(case: Case) -> None:
    """Test images, and below each its reconstruction."""
    try:
        rows, count = _reconstructed(case, PAIRS)
    except InputError as error:
        show_warning(error, icon=":material/image_not_supported:")
        return
    st.caption("Test images, reconstructed below")
    show_images(
        [Sheet(row.content) for row in rows],
        count,
        case.checkpoint.model.image_shape,
        f"{count} test images, and below each what the decoder makes of its own latent",
        key="reconstruction-images",
    )


def _reconstructed(case: Case, max_count: int) -> tuple[list[Sheet], int]:
    """Rows of test images and of their reconstructions, and how many. Raises `InputError`."""
    images = open_test_images(case.info.dataset)
    count = min(max_count, len(images))
    sheet, _ = reconstructions(case.info, count)
    colour = family_colour(case.family)
    originals = to_sheet(images.images(slice(0, count)))
    return [Sheet(originals, "test", REAL_COLOUR), Sheet(sheet, "recon.", colour)], count


def _show_samples(case: Case, prior: str) -> None:
    name = prior_name(prior)
    st.caption(f"Samples of {name}" if prior == NORMAL else f"Samples of the {name}")
    show_images(
        [Sheet(sample_sheet(case.info, Sampling(prior, case.seed), PAIRS))],
        PAIRS,
        case.checkpoint.model.image_shape,
        f"{PAIRS} samples of the {family_name(case.family).short}, sampled with {name} and seed "
        f"{case.seed}",
        key=f"{prior}-images",
    )


def _show_latents(case: Case) -> None:
    st.subheader("2 · Is it the latents?", anchor=False)
    place: DeltaGenerator = st.empty()
    try:
        held_out = reference(case.info, case.seed)[1]
        normal = distances(case.info, case.seed)
        figures = case.figures | figures_of(case.info, NORMAL, case.seed)
    except InputError as error:
        with place:
            _show_outcome(Verdict("Is it the latents?", UNKNOWN, ""))
        show_warning(error, icon=":material/image_not_supported:")
        return
    verdict = answers(figures, case.family, case.fitted)[1]
    with place:
        _show_outcome(verdict)
    sides = {
        "held-out test images": (REAL_COLOUR, held_out.held_out_distances.numpy()),
        "N(0, I)": (hatched(NORMAL_COLOUR), normal),
    }
    alt = f"Histogram of distances to the nearest latent of a test image. {verdict.evidence}"
    chart = distance_histogram(sides, held_out.support_limit, alt)
    with st.container(key="distances"):
        st.html(chart)
    st.caption(escaped(verdict.evidence))


def _show_single(case: Case, verdict: Verdict) -> None:
    """The only answer there is, with what the model makes beside real images."""
    colour = family_colour(case.family)
    colour_edges({"answer": colour})
    with st.container(border=True, gap="xsmall", key="answer"):
        st.subheader(escaped(verdict.question), anchor=False)
        _show_outcome(verdict)
        st.markdown(escaped(verdict.evidence))
        try:
            if case.checkpoint.model.needs_inversion:  # a reconstruction says more of the search
                images = open_test_images(case.info.dataset)
                count = min(ACROSS, len(images))
                rows = [Sheet(to_sheet(images.images(slice(0, count))), "test", REAL_COLOUR)]
            else:
                rows, count = _reconstructed(case, ACROSS)
        except InputError as error:
            show_warning(error, icon=":material/image_not_supported:")
            rows, count = [], ACROSS
        samples = sample_sheet(case.info, Sampling(NORMAL, case.seed), count)
        rows.append(Sheet(samples, prior_name(NORMAL), prior_colour(NORMAL, colour)))
        show_images(
            rows,
            count,
            case.checkpoint.model.image_shape,
            f"{count} images in rows: {', '.join(row.label for row in rows)}",
            key="answer-images",
        )
        if verdict.outcome == GATE:
            st.page_link("pages/train.py", label="Train", icon=":material/model_training:")
