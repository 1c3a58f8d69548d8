"""The map of latent codes: what the browser gets, and what it asks for."""

import base64
import hashlib
from typing import Any

import numpy as np
import streamlit as st
import torch
from streamlit import runtime

from ballgen.errors import InputError
from ballgen.latent.embedding import Embedding, PCAEmbedding
from ballgen.ui.latent.controls import (
    A_POINT,
    AN_IMAGE,
    AXES,
    HIDDEN,
    IMAGE,
    LOOK,
    REGION,
    REGION_TAB,
    SELECTED_TAB,
    TAB,
    View,
)
from ballgen.ui.latent.data import (
    DecodedCodes,
    decode_codes,
    embedded_images,
    prior_samples,
    reference_codes,
    thumbnails,
    tile_size,
)
from ballgen.ui.latent.fitting import find_fit, identity_of
from ballgen.ui.latent.grid import GRID_SIDES, grid_box, grid_rows, rows_at_once
from ballgen.ui.latent.points import CLASS, EDGE, RING, SYMBOLS, look_of, paint, rgb
from ballgen.ui.latent.selected import SAME_CODE
from ballgen.ui.widgets import component
from ballgen.ui.widgets.images import SHEET_COLUMNS
from ballgen.util.palette import SPARE_COLOURS, family_colour, family_name
from ballgen.util.wording import prior_name, readable

MAP_KEY = "latent-map"
REQUEST, CHANGED = "latent_request", "latent_changed"  # in the session: what the map asks for
SAMPLE_SEED = 0  # of the priors' samples
GRAY = np.array(EDGE, np.uint8)
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


@st.fragment
def show_map(view: View, fitted: Embedding, corners: list[list[float]], key: str = MAP_KEY) -> None:
    """The map itself. What its pointer asks for is answered without the rest of the page.

    corners  [x, y] of the selected region; [] for none
    key      of another page's map, on which nothing is selected
    """
    if st.session_state.pop(CHANGED, False):
        st.rerun()  # the whole page: it shows what was selected
    _component(
        key=key,
        data=_points(view, fitted)
        | {
            "mark": list(view.coordinates or fitted.coordinates_[view.image].tolist()),
            "region": corners,
            "selectable": key == MAP_KEY,
            "hidden": st.session_state.get(HIDDEN, []),
            "images": view.images,
            "grid": view.grid,
            "decoded": _decoded(view, fitted),
            "answer": _answer(view, fitted, st.session_state.pop(REQUEST, None)),
        },
        on_request_change=lambda: _on_request(_value_of(key, "request")),
        on_selected_change=lambda: _on_selected(_value_of(key, "selected")),
        on_region_change=lambda: _on_region(_value_of(key, "region")),
        on_hidden_change=lambda: _on_hidden(_value_of(key, "hidden")),
    )


def describe(view: View, fitted: Embedding) -> str:
    """What the map is of, below it."""
    count, size = fitted.codes_.shape
    short, long = family_name(view.info.family)
    training = find_fit(view.info, view.choice).training
    beside = "" if training is None else f" and, pale, {len(training.labels):,} training images"
    words = (
        f"Codes that the {long or short} gives {count:,} test images{beside}: {size} latent "
        f"dimension{'s' if size > 1 else ''}. {MEANINGS[view.choice.method]}"
    )
    if isinstance(fitted, PCAEmbedding):
        words += f" They hold {fitted.explained_variance_ratio_.sum():.0%} of the variance."
    return words


def _points(view: View, fitted: Embedding) -> dict[str, Any]:
    """Where the points lie and how they look, and their images: files that the browser keeps.

    Test images come first, then draws of priors, then training images.
    """
    info, images = view.info, embedded_images(view.info.dataset)
    look, coordinates = look_of(images, view.colour), [fitted.coordinates_]
    names = [readable(name) for name in images.class_names]
    labels, colours = [images.labels.numpy()], [look.colours]
    legend = look.legend | {"priors": []}
    sheets, coverage = [thumbnails(info.dataset)], []
    for prior in view.priors:
        codes, found = prior_samples(info, prior, SAMPLE_SEED)
        colour = SPARE_COLOURS[0] if prior == "normal" else family_colour(info.family)
        entry = {"name": prior_name(prior), "colour": colour, "shape": RING, "label": len(names)}
        labels.append(np.full(len(codes), len(names)))
        colours.append(np.tile(np.array(rgb(colour), np.uint8), (len(codes), 1)))
        coordinates.append(fitted.transform(codes))
        names.append(entry["name"])
        legend["priors"].append(entry)
        sheets.append(found.sheet)
        coverage.append({"distances": found.distances, "lengths": found.lengths})
    shapes = [look.shapes, np.full(sum(map(len, labels[1:])), RING)]
    training = find_fit(info, view.choice).training
    if training is not None:
        classes = training.labels.numpy()
        coordinates.append(training.coordinates)
        labels.append(classes)
        colours.append(paint(classes) if view.colour == CLASS else np.tile(GRAY, (len(classes), 1)))
        shapes.append(classes % SYMBOLS)
    packed = (
        torch.cat(coordinates).numpy().astype("<f4").tobytes()
        + np.concatenate(labels).astype("<u2").tobytes()
        + np.concatenate(colours).tobytes()
        + np.concatenate(shapes).astype(np.uint8).tobytes()
    )
    _, height, width = images.image_shape
    return {
        "points": address_of(packed, "application/octet-stream", "latent-points"),
        "sheets": [
            address_of(sheet, "image/webp", f"latent-sheet-{n}") for n, sheet in enumerate(sheets)
        ],
        "counts": list(map(len, labels)),
        "training": 0 if training is None else len(training.labels),
        "coverage": coverage,
        "names": names,
        "legend": legend,
        "rim": EDGE if "scale" in legend else None,
        "dims": view.choice.dims,
        "width": width,
        "height": height,
        "sheetColumns": SHEET_COLUMNS,
        "alt": f"Map of latent codes, {view.choice.method} in {view.choice.dims} dimensions. Arrow "
        "keys move the point that is decoded, Enter selects it, plus and minus zoom, 0 shows all. "
        "A table of all points stands in a tab below.",
    }


def _decoded(view: View, fitted: Embedding) -> dict[str, Any]:
    """Which grids are decoded beforehand, and the limits of the reference codes."""
    found: dict[str, Any] = {
        "identity": _name(view),
        "sides": [],
        "limits": None,
    }
    try:
        reference = reference_codes(view.info)
        found["limits"] = [reference.support_limit, *reference.length_limits, SAME_CODE]
    except InputError:  # too few codes, or too alike, to measure distances
        pass
    if view.choice.dims == 2:
        height, width = tile_size(view.info)
        found |= {"box": grid_box(fitted), "tile": [width, height]}
        found["sides"] = [[side, rows_at_once(side)] for side in GRID_SIDES]
    return found


def _answer(view: View, fitted: Embedding, asked: dict[str, Any] | None) -> dict[str, Any] | None:
    """What was asked for, decoded: rows of the grid, or one point."""
    if not asked or asked.get("identity") != _name(view):
        return None  # of a map that is no longer shown
    if "side" in asked and view.choice.dims == 2:
        side, first = int(asked["side"]), int(asked["first"])
        if side not in GRID_SIDES or not 0 <= first < side:
            return None
        return _as_json(asked, grid_rows(view.info, view.choice, side, first))
    point = torch.tensor([asked.get("point", [])], dtype=torch.float32)
    if point.shape[1] != view.choice.dims or not torch.isfinite(point).all():
        return None
    return _as_json(asked, decode_codes(view.info, fitted.inverse_transform(point)))


def _name(view: View) -> str:
    """Different for each embedding."""
    return hashlib.sha256(repr(identity_of(view.info, view.choice)).encode()).hexdigest()[:16]


def _as_json(asked: dict[str, Any], found: DecodedCodes) -> dict[str, Any]:
    return asked | found._asdict() | {"sheet": base64.b64encode(found.sheet).decode()}


def _value_of(key: str, name: str) -> Any:
    """What this map sends just now; None if another page has come meanwhile."""
    return getattr(st.session_state.get(key), name, None)


def _on_request(asked: dict[str, Any] | None) -> None:
    st.session_state[REQUEST] = asked


def _on_hidden(labels: list[int] | None) -> None:
    if labels is not None:
        st.session_state.update({CHANGED: True, HIDDEN: labels})


def _on_selected(selected: dict[str, Any] | None) -> None:
    if not selected:
        return
    st.session_state.update({CHANGED: True, TAB: SELECTED_TAB})
    if "image" in selected:
        st.session_state[LOOK] = AN_IMAGE
        st.session_state[IMAGE] = int(selected["image"])
    elif "point" in selected:
        st.session_state[LOOK] = A_POINT
        for key, number in zip(AXES, selected["point"], strict=False):
            st.session_state[key] = float(number)


def _on_region(corners: str | None) -> None:
    if corners:
        st.session_state.update({CHANGED: True, TAB: REGION_TAB, REGION: str(corners)})


def address_of(content: bytes, kind: str, place: str) -> str:
    """Where the browser finds `content` as long as this page shows it, below the server's root.

    kind   its type, as "image/webp"
    place  names what it is for: a later file of the same place may replace it
    """
    # As st.image does; Streamlit has no public name for it.
    address = runtime.get_instance().media_file_mgr.add(content, kind, place)
    return address.lstrip("/")
