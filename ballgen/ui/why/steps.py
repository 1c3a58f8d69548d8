"""The four steps of the explanation: coverage, samples, path and hypotheses."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ballgen.errors import InputError
from ballgen.scores import verdicts
from ballgen.scores.causes import causes
from ballgen.ui.session.scoring import show_verdict
from ballgen.ui.theme import family_colour
from ballgen.ui.why.case import Case
from ballgen.ui.why.charts import coverage_map, distance_histogram, histogram_shares
from ballgen.ui.why.data import (
    PATH_CODES,
    PATH_STEPS,
    Coverage,
    coverage,
    coverage_figures,
    path_between,
)
from ballgen.ui.widgets.film_strip import Axis, Sheet, show_films
from ballgen.ui.widgets.tables import lazy_expander
from ballgen.ui.widgets.text import plain, show_warning
from ballgen.util.wording import percent, prior_name

PATH_SIZE = 560  # px that the images may fill


def show_coverage(case: Case) -> bool:
    """Step 1: map and histogram of each prior's codes; False if the images cannot be loaded."""
    st.header("1 · Where each prior's codes lie", anchor=False)
    try:
        figures = coverage_figures(case.info, case.seed)
        shown = coverage(case.info, case.priors, case.seed)
    except InputError as error:
        show_warning(error, icon=":material/image_not_supported:")
        return False
    known = case.checkpoint.figures | figures
    verdict = verdicts.coverage(known, case.family, case.fitted)
    show_verdict(verdict)
    colour = family_colour(case.family)
    reference = "trained on" if case.family == "gan" else "test images"
    names = " and ".join(prior_name(prior) for prior in case.priors)
    left, right = st.columns(2)
    left.plotly_chart(
        coverage_map(shown, colour, reference),
        key="map",
        config={"displayModeBar": False},
        alt=f"Map of latent codes (z): those of {reference}, and codes drawn from {names}",
    )
    right.plotly_chart(
        distance_histogram(shown, colour, reference),
        key="distances",
        config={"displayModeBar": False},
        alt=f"Histogram of distances to the nearest reference code. {verdict}",
    )
    st.caption(_reference_text(figures, case.family))
    if inside := lazy_expander("Map and histogram as tables", "codes_table"):
        with inside:
            _show_tables(shown, reference)
    return True


def _reference_text(figures: dict[str, float], family: str) -> str:
    """Below the map: what its grey dots are, and what a plane cannot show."""
    dots = {
        "gan": "draws of N(0, I), the only codes that the generator was trained on.",
        "vae": "codes of test images, with the posterior noise of training.",
    }.get(family, "codes of test images, which stand in for those of training images.")
    return (
        f"Grey: {dots} The map is the plane in which they vary most: it holds "
        f"{percent(figures['plane_variance_share'])} of their variance, so a cross inside the "
        "cloud may still be far away in the other dimensions. The histogram measures in all "
        f"{figures['latent_dim']}."
    )


def _show_tables(shown: Coverage, reference: str) -> None:
    """What map and histogram are drawn from."""
    edges, shares = histogram_shares(shown, reference)
    bins = {"from": edges[:-1].round(3), "to": edges[1:].round(3)}
    st.dataframe(
        bins | {f"{name}, %": (100 * share).round(1) for name, share in shares.items()},
        hide_index=True,
        alt="Share of codes in each bin of the histogram, by distance to the nearest reference "
        "code; 1 is usual",
    )
    points = {reference: shown.reference}
    points |= {prior_name(prior): some for prior, some in shown.drawn.items()}
    x, y = np.concatenate(list(points.values())).T
    names = [name for name, some in points.items() for _ in some]
    st.dataframe(
        {"codes": names, "first axis": x, "second axis": y},
        hide_index=True,
        alt="Coordinates of every code on the map",
    )


def show_path(case: Case) -> None:
    """Step 3: a slider along the way from N(0, I) to the fitted prior."""
    if not case.fitted:
        return
    st.header("3 · On the way from N(0, I) to the fitted prior", anchor=False)
    sheet, frame_shape, distances = path_between(case.info, case.fitted, case.seed)
    limit = coverage(case.info, case.priors, case.seed).limit
    st.markdown(_path_text(distances, limit, case.fitted))
    texts = tuple(
        f"{index / (PATH_STEPS - 1):.0%} of the way, {distance:.1f} times as far as usual"
        for index, distance in enumerate(distances)
    )
    show_films(
        [Sheet(sheet, "", family_colour(case.family))],
        [Axis(f"From N(0, I) to the {prior_name(case.fitted)}", texts)],
        frame_shape,
        f"{PATH_CODES} images decoded from codes on their way to the reference codes",
        key="path",
        size=PATH_SIZE,
        parameter="way",
    )


def _path_text(distances: list[float], limit: float, prior: str) -> str:
    """Step 3: when the codes arrive; distances in units, at equal steps."""
    way = f"go straight from N(0, I) to the {prior_name(prior)} prior"
    text = f"Drag. The same {PATH_CODES} codes {way}"
    border = f"the limit of {limit:.1f} times the usual distance, which holds 99% of held-out codes"
    if distances[0] <= limit:
        return f"{text}. They are within {border}, from the start."
    if distances[-1] > limit:
        return f"{text}. They do not come within {border}."
    # The last step outside: a path may pass through the support before its end.
    outside = max(index for index, distance in enumerate(distances) if distance > limit)
    return f"{text}. After {(outside + 1) / (len(distances) - 1):.0%} they are within {border}."


def show_causes(case: Case) -> None:
    """Step 4: what this checkpoint says to each cause that random samples may fail for."""
    st.header("4 · Five causes, and what this checkpoint says to them", anchor=False)
    st.markdown(
        "A report on this task saw random samples fail and guessed at four causes; the length of "
        "training is a fifth. One checkpoint gives hints for or against each; for proof, train "
        "again with one thing changed."
    )
    said = causes(case.checkpoint.figures | coverage_figures(case.info, case.seed), case.family)
    for row in (said[:3], said[3:]):
        for verdict, column in zip(row, st.columns(len(row)), strict=True):
            with column, st.container(border=True, height="stretch", gap="xsmall"):
                st.subheader(plain(verdict.question), anchor=False)
                show_verdict(verdict)
