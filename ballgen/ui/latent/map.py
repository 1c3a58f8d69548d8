"""The map of latent codes: what the browser gets of it, and what it asks for."""

import base64
import hashlib
from typing import Any

import numpy as np
import streamlit as st
import torch

from ballgen.errors import InputError
from ballgen.latent.embedding import Embedding, PCAEmbedding
from ballgen.ui.latent.controls import (
    A_POINT,
    AN_IMAGE,
    AXES,
    CIRCLED,
    HIDDEN,
    IMAGE,
    LOOK,
    REGION,
    SELECTED,
    TAB,
    View,
)
from ballgen.ui.latent.data import (
    GRID_SIDES,
    Judged,
    draws,
    fit_map,
    grid_box,
    grid_rows,
    identity_of,
    is_ready,
    judge,
    known_codes,
    mapped_images,
    rows_at_once,
    thumbnails,
    tile_size,
)
from ballgen.ui.latent.points import EDGE, RING, look_of, rgb
from ballgen.ui.latent.selected import SAME
from ballgen.ui.theme import family_colour, family_name
from ballgen.ui.widgets import component
from ballgen.ui.widgets.controls import asked_for
from ballgen.ui.widgets.images import SHEET_COLUMNS
from ballgen.ui.widgets.media import address_of
from ballgen.util.palette import SPARE_COLOURS
from ballgen.util.wording import prior_name, readable

MAP_KEY = "latent-map"
ASKED, CHOSEN = "latent_asked", "latent_chosen"  # in the session: what the map told last
DRAWN_WITH = 0  # seed of the random draws
MEANINGS = {
    "PCA": "The codes projected onto the directions in which they vary most.",
    "t-SNE": "Images with similar codes lie together; how far groups lie apart says little.",
    "UMAP": "Images with similar codes lie together; distances between groups say a little.",
}
# The same map as that of the exported page.
_component = component(
    "latent_map",
    '<div class="map-room"><div class="explorer"></div></div>',
    *(f"../../webpage/{part}" for part in ("points", "scatter", "pointing", "explorer")),
    "decoded_grid",
)


def fitted_map(view: View) -> Embedding | None:
    """The map, computed first if need be; None while a link alone asks for that.

    Raises `InputError`.
    """
    info, choice = view.info, view.choice
    if choice.method == "PCA" or is_ready(info, choice):
        return fit_map(info, choice)
    cost = f"{choice.method} takes some seconds for this map."
    if not asked_for("embedding", "Fit the map", cost):
        return None
    place = st.empty()
    try:
        words = "Fitting the embedding; any other choice stops it …"
        if choice.method == "UMAP":
            words += " The first UMAP after a start gets ready for up to a minute."
        bar = place.progress(0.0, words)
        return fit_map(info, choice, lambda share: bar.progress(share, f"{share:.0%} done"))
    finally:
        place.empty()


@st.fragment
def show_map(view: View, fitted: Embedding, corners: list[list[float]], key: str = MAP_KEY) -> None:
    """The map itself. What its pointer asks for is answered without the rest of the page.

    corners  [x, y] of the region that is looked at; [] for none
    key      of another page's map, on which nothing is chosen
    """
    if st.session_state.pop(CHOSEN, False):
        st.rerun()  # the whole page: it shows what was chosen
    _component(
        key=key,
        data=_points(view, fitted)
        | {
            "mark": list(view.coordinates or fitted.coordinates_[view.image].tolist()),
            "region": corners,
            "chooses": key == MAP_KEY,
            "hidden": st.session_state.get(HIDDEN, []),
            "images": view.images,
            "grid": view.grid,
            "decoded": _decoded(view, fitted),
            "answer": _answer(view, fitted, st.session_state.pop(ASKED, None)),
        },
        on_asked_change=lambda: _asked(_told(key, "asked")),
        on_chosen_change=lambda: _chosen(_told(key, "chosen")),
        on_circled_change=lambda: _circled(_told(key, "circled")),
        on_hidden_change=lambda: _hidden(_told(key, "hidden")),
    )


def describe(view: View, fitted: Embedding) -> str:
    """What the map is of, below it."""
    count, size = fitted.codes_.shape
    short, long = family_name(view.info.family)
    words = (
        f"Codes that the {long or short} gives {count:,} test images: {size} latent "
        f"dimension{'s' if size > 1 else ''}. {MEANINGS[view.choice.method]}"
    )
    if isinstance(fitted, PCAEmbedding):
        words += f" They hold {fitted.explained_variance_ratio_.sum():.0%} of the variance."
    return words


def _points(view: View, fitted: Embedding) -> dict[str, Any]:
    """Where the points lie and how they look, and their images: files that the browser keeps."""
    info, images = view.info, mapped_images(view.info.dataset)
    look, places = look_of(images, view.colour), [fitted.coordinates_]
    names = [readable(name) for name in images.class_names]
    labels, colours = [images.labels.numpy()], [look.colours]
    legend = look.legend | {"draws": []}
    sheets, judged = [thumbnails(info.dataset)], []
    for prior in view.priors:
        codes, found = draws(info, prior, DRAWN_WITH)
        colour = SPARE_COLOURS[0] if prior == "normal" else family_colour(info.family)
        entry = {"name": prior_name(prior), "colour": colour, "shape": RING, "label": len(names)}
        labels.append(np.full(len(codes), len(names)))
        colours.append(np.tile(np.array(rgb(colour), np.uint8), (len(codes), 1)))
        places.append(fitted.transform(codes))
        names.append(entry["name"])
        legend["draws"].append(entry)
        sheets.append(found.sheet)
        judged.append({"distances": found.distances, "lengths": found.lengths})
    shapes = np.full(sum(map(len, labels)), RING, np.uint8)
    shapes[: len(images)] = look.shapes
    packed = (
        torch.cat(places).numpy().astype("<f4").tobytes()
        + np.concatenate(labels).astype("<u2").tobytes()
        + np.concatenate(colours).tobytes()
        + shapes.tobytes()
    )
    _, height, width = images.image_shape
    return {
        "points": address_of(packed, "application/octet-stream", "latent-points"),
        "sheets": [
            address_of(sheet, "image/webp", f"latent-sheet-{n}") for n, sheet in enumerate(sheets)
        ],
        "counts": list(map(len, labels)),
        "judged": judged,
        "names": names,
        "legend": legend,
        "rim": EDGE if "scale" in legend else None,
        "dims": view.choice.dims,
        "width": width,
        "height": height,
        "sheetColumns": SHEET_COLUMNS,
        "alt": f"Map of latent codes, {view.choice.method} in {view.choice.dims} dimensions. Arrow "
        "keys move the place that is decoded, Enter chooses it, plus and minus zoom, 0 shows all. "
        "A table of all points stands in a tab below.",
    }


def _decoded(view: View, fitted: Embedding) -> dict[str, Any]:
    """Which places of the map are decoded beforehand, and what is usual of codes."""
    found: dict[str, Any] = {
        "identity": _name(view),
        "sides": [],
        "limits": None,
    }
    try:
        known = known_codes(view.info)
        found["limits"] = [known.support_limit, *known.length_limits, SAME]
    except InputError:  # codes that are too few, or too alike, to be judged by
        pass
    if view.choice.dims == 2:
        height, width = tile_size(view.info)
        found |= {"box": grid_box(fitted), "tile": [width, height]}
        found["sides"] = [[side, rows_at_once(side)] for side in GRID_SIDES]
    return found


def _answer(view: View, fitted: Embedding, asked: dict[str, Any] | None) -> dict[str, Any] | None:
    """What was asked for: rows of the grid, or one place, decoded and judged."""
    if not asked or asked.get("identity") != _name(view):
        return None  # of a map that is no longer shown
    if "side" in asked and view.choice.dims == 2:
        side, first = int(asked["side"]), int(asked["first"])
        if side not in GRID_SIDES or not 0 <= first < side:
            return None
        return _as_json(asked, grid_rows(view.info, view.choice, side, first))
    place = torch.tensor([asked.get("place", [])], dtype=torch.float32)
    if place.shape[1] != view.choice.dims or not torch.isfinite(place).all():
        return None
    return _as_json(asked, judge(view.info, fitted.inverse_transform(place)))


def _name(view: View) -> str:
    """Tells a map from every other."""
    return hashlib.sha256(repr(identity_of(view.info, view.choice)).encode()).hexdigest()[:16]


def _as_json(asked: dict[str, Any], found: Judged) -> dict[str, Any]:
    return asked | found._asdict() | {"sheet": base64.b64encode(found.sheet).decode()}


def _told(key: str, name: str) -> Any:
    """What the map of this key tells just now; None if another page has come meanwhile."""
    return getattr(st.session_state.get(key), name, None)


def _asked(asked: dict[str, Any] | None) -> None:
    st.session_state[ASKED] = asked


def _hidden(labels: list[int] | None) -> None:
    if labels is not None:
        st.session_state.update({CHOSEN: True, HIDDEN: labels})


def _chosen(chosen: dict[str, Any] | None) -> None:
    if not chosen:
        return
    st.session_state.update({CHOSEN: True, TAB: SELECTED})
    if "image" in chosen:
        st.session_state[LOOK] = AN_IMAGE
        st.session_state[IMAGE] = int(chosen["image"])
    elif "place" in chosen:
        st.session_state[LOOK] = A_POINT
        for key, number in zip(AXES, chosen["place"], strict=False):
            st.session_state[key] = float(number)


def _circled(corners: str | None) -> None:
    if corners:
        st.session_state.update({CHOSEN: True, TAB: CIRCLED, REGION: str(corners)})
