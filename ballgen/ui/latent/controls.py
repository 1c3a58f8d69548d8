"""The controls of the page Latent space: the embedding, and what is selected on it."""

from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.latent.embedding import EMBEDDINGS
from ballgen.priors.gaussian import StandardNormal
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.latent.data import PRIOR_SAMPLES, embedded_images
from ballgen.ui.latent.fitting import MAX_TRAINING, MapChoice, identity_of
from ballgen.ui.latent.points import colours_of
from ballgen.ui.latent.shipped import DEFAULT_PARAMETERS, shipped_embedding
from ballgen.ui.session.loading import open_checkpoint
from ballgen.ui.session.selection import Selection
from ballgen.ui.widgets.controls import ask_for_number, ask_for_seed, choose, mark_requested, select
from ballgen.util.palette import family_name

CURRENT = "latent_embedding"  # in the session: what coordinates and region belong to
DIMS = {"2-D": 2, "3-D": 3}
LOOK, IMAGE, AXES, REGION = "look", "image", ("x", "y", "z"), "region"  # keys of widgets
TAB = "map_tab"  # key of the tabs
SELECTED_TAB, REGION_TAB, _ = TABS = "Selected", "Region", "Table"
HIDDEN = "latent_hidden"  # in the session: labels of what the legend hides
AN_IMAGE, A_POINT = "an image", "a point"
MAX_COORDINATE = 1e6  # far beyond any map, and all that is computed stays finite
IMAGES, TRAINING, GRID = "Images", "Training images", "Decoded grid"  # what may be shown
NORMAL, FITTED = PRIORS = "N(0, I)", "Fitted prior"


class View(NamedTuple):
    """What to show.

    choice       the embedding
    colour       "class" or a factor's name
    images       whether points are images where there is room
    grid         whether a grid of decoded points stands behind them
    priors       whose samples are shown among the points
    image        row of the selected image, None while coordinates are selected
    coordinates  (x, y) or (x, y, z) that are selected, None while an image is
    """

    info: CheckpointInfo
    choice: MapChoice
    colour: str
    images: bool
    grid: bool
    priors: tuple[str, ...]
    image: int | None
    coordinates: tuple[float, ...] | None


def choose_view(selection: Selection, where: DeltaGenerator) -> View:
    """The controls, all kept in the link.

    where  takes those of what is selected
    Raises `InputError` where the images are gone.
    """
    models = selection.models
    # The VAE first: its codes were made to fill one cloud.
    vae = family_name("vae").short
    default = vae if vae in models else next(iter(models))
    model = choose("Model", list(models), "family", default)
    # t-SNE shows best which images are alike, but nobody should wait for it.
    ready = (
        shipped_embedding(models[default], "t-SNE", 2, 0, DEFAULT_PARAMETERS["t-SNE"].items())
        is not None
    )
    initial = "t-SNE" if ready else "PCA"
    method = choose(
        "Embedding", list(EMBEDDINGS), "embedding", initial, on_change=mark_requested("embedding")
    )
    dims = DIMS[choose("Dimensions", list(DIMS), "dims")]
    images = embedded_images(selection.dataset)
    colour = select(
        "Colour",
        colours_of(images),
        "colour",
        width=115,
        help="Angles come back to their first colour after 360 degrees.",
    )
    info = models.get(model, models[default])
    shown, training, grid, priors = _ask_what_to_show(info)
    parameters, seed = _ask_for_settings(method)
    choice = MapChoice(method, dims, seed, parameters, training)
    # Coordinates of one map mean nothing on another; those of the first one came with the link.
    identity = identity_of(info, choice)
    if st.session_state.setdefault(CURRENT, identity) != identity:
        st.session_state.update({CURRENT: identity, LOOK: AN_IMAGE, REGION: ""})
    with where:
        looked_at = _ask_where(len(images), dims)
    return View(info, choice, colour, shown, grid, priors, *looked_at)


def _ask_what_to_show(info: CheckpointInfo) -> tuple[bool, bool, bool, tuple[str, ...]]:
    """Images, training images, the grid, and the priors whose samples are shown with the points."""
    model = open_checkpoint(info).model
    # For a latent of two dimensions the grid is the decoder itself (Kingma and Welling 2014).
    plane = model.latent_dim == 2
    with st.popover("Show", icon=":material/layers:"):
        chosen = st.pills(
            "With the points",
            (IMAGES, TRAINING, GRID, *PRIORS),
            default=[IMAGES, GRID] if plane else [IMAGES],
            selection_mode="multi",
            on_change=mark_requested("embedding"),  # training images need another one
            key="shows_plane" if plane else "shows",
            bind="query-params",
        )
        st.caption(
            "Images replace points where there is room. Training images, "
            f"{MAX_TRAINING:,} at most, lie pale behind the test images and make the map with "
            "them. The grid is decoded from points all over "
            f"the map. Each prior shows {PRIOR_SAMPLES} random codes; t-SNE and UMAP can only "
            "place them among the images with the nearest codes."
        )
    priors = {NORMAL: StandardNormal.name, FITTED: model.fitted_prior}
    wanted = [priors[name] for name in PRIORS if name in chosen]
    shown = (name in chosen for name in (IMAGES, TRAINING, GRID))
    return *shown, tuple(p for p in wanted if p in model.priors)


def _ask_for_settings(method: str) -> tuple[tuple[tuple[str, float], ...], int]:
    """An embedding's parameters and seed; PCA has none."""
    if method == "PCA":
        return (), 0
    with st.popover("Settings", icon=":material/tune:"):
        seed = ask_for_seed("map_seed")
        if method == "t-SNE":
            help = "How many neighbours each image tries to stay close to."
            perplexity = ask_for_number("Perplexity", 5, 100, 30, "perplexity", 5, help=help)
            return (("perplexity", perplexity),), seed
        help = "How many neighbours each image is tied to: more shows the large shape."
        neighbours = ask_for_number("Neighbours", 2, 100, 15, "neighbours", help=help)
        help = "How close two images may lie on the map."
        min_dist = ask_for_number("Minimum distance", 0, 1, 0.1, "min_dist", 0.05, help=help)
        return (("neighbours", neighbours), ("min_dist", min_dist)), seed


def _ask_where(count: int, dims: int) -> tuple[int | None, tuple[float, ...] | None]:
    """What is selected, as by a click on the map."""
    if not 0 <= int(st.session_state.get(IMAGE) or 0) < count:  # of another, larger set
        st.session_state[IMAGE] = 0
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        look = choose("Look at", [AN_IMAGE, A_POINT], LOOK)
        image = ask_for_number("Image", 0, count - 1, 0, IMAGE, width=115)
        numbers = [
            ask_for_number(
                f"Coordinate {axis}",
                -MAX_COORDINATE,
                MAX_COORDINATE,
                0,
                axis,
                step=0.1,
                format="%.4g",
                width=115,
            )
            for axis in AXES[:dims]
        ]
    if look == A_POINT:
        return None, tuple(numbers)
    return image, None
