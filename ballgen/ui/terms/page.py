"""The page Terms: a card for each entry of the table, with two sentences, a picture and a page."""

from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.errors import InputError
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.session.loading import open_checkpoint, open_test_images
from ballgen.ui.session.selection import Selection
from ballgen.ui.shell import ENTRIES as PAGES
from ballgen.ui.shell import FOLDER
from ballgen.ui.terms import illustrations
from ballgen.ui.terms.illustrations import Draw
from ballgen.ui.theme import room
from ballgen.ui.widgets.controls import choose
from ballgen.ui.widgets.images import Sheet, show_images, to_sheet
from ballgen.ui.widgets.text import escaped, show_warning
from ballgen.util.palette import family_colour

ABREAST = 2
MAX_ILLUSTRATIONS = 200  # some 10 kB each
SIZE, WIDE = 64, 384  # px that an image may fill, and an illustration that is no row of images


class Entry(NamedTuple):
    """A term.

    lines  rows of images in the illustration, for which there is room before they are there
    page   where the term matters, by its name
    tab    that the page opens with: (the tabs' name in the link, the tab), or none
    """

    term: str
    text: str
    draw: Draw
    lines: int
    page: str
    tab: tuple[str, str] | None = None


ENTRIES = (
    Entry(
        "Encoder",
        "The network that turns an image into a latent code. Here each code is drawn as squares, "
        "one per latent dimension: blue is below 0, red is above.",
        illustrations.encoder,
        2,
        "latent",
    ),
    Entry(
        "Decoder",
        "The network that turns a latent code into an image; a GAN calls it the generator. Every "
        "image that a model makes, reconstruction or sample, comes from it.",
        illustrations.decoder,
        2,
        "own_image",
    ),
    Entry(
        "Latent code",
        "The numbers that stand for an image inside the model. Codes that differ a little, as "
        "those beside the first one, decode to images that differ a little.",
        illustrations.latent_code,
        2,
        "latent",
    ),
    Entry(
        "Posterior",
        "For each image, a VAE's encoder gives a Gaussian of codes: the posterior. Here are "
        "samples of one image's; an AE or a GAN has a single code, so theirs are all the same.",
        illustrations.posterior,
        2,
        "why",
        ("tab", "Would other training help?"),
    ),
    Entry(
        "Prior",
        "The distribution that random codes are sampled from. A fitted prior was fitted to the "
        "codes of training images; a GAN needs none, for it learned from N(0, I).",
        illustrations.fitted_prior,
        2,
        "why",
        ("tab", "All priors"),
    ),
    Entry(
        "N(0, I)",
        "The standard normal prior: each latent dimension is independent, with mean 0 and variance "
        "1. Where images' codes lie elsewhere, the decoder was never trained on such codes.",
        illustrations.standard_normal,
        2,
        "why",
    ),
    Entry(
        "KL divergence",
        "How far a posterior is from N(0, I), in nats; a VAE's loss adds it to the reconstruction "
        "error. Each bar is a latent dimension: one of height 0 tells nothing of the image.",
        illustrations.divergence,
        1,
        "train",
    ),
    Entry(
        "Reconstruction error",
        "How much an image changes by encoding and decoding: the squared differences of all pixels "
        "and channels, summed (SSE) or averaged (MSE). Below are test images, their "
        "reconstructions, and 4 × the difference.",
        illustrations.reconstruction_error,
        3,
        "compare",
        ("compare_tab", "Reconstructions"),
    ),
    Entry(
        "KID",
        "Kernel inception distance: how far a set of images is from real ones, in the features of "
        "a network. It is × 1000 here, about 0 for other real images, and lower is better.",
        illustrations.kid,
        3,
        "compare",
    ),
    Entry(
        "C2ST",
        "Classifier two-sample test: a classifier learns to tell samples from real images, and is "
        "asked about others. If it is right only half of the time, it found no difference.",
        illustrations.c2st,
        2,
        "compare",
        ("compare_tab", "Scores"),
    ),
    Entry(
        "Interpolation, slerp",
        "Decoding codes between those of two images. They lie on a straight line (linear), or on "
        "an arc that keeps the code's length (spherical, slerp).",
        illustrations.interpolation,
        2,
        "interpolate",
    ),
    Entry(
        "PCA, t-SNE, UMAP",
        "Three ways to draw codes of many dimensions on a flat map. PCA projects them onto the "
        "directions in which they vary most, as here; t-SNE and UMAP keep neighbours together.",
        illustrations.embedding,
        3,
        "latent",
    ),
    Entry(
        "Traversal",
        "One latent dimension goes from far below its mean to far above, and all others stay. Here "
        "are the two that change the image most.",
        illustrations.traversal_rows,
        2,
        "interpolate",
        ("view", "traversals"),
    ),
    Entry(
        "Temperature",
        "Scales the spread of the prior. At 0 only its centres are drawn; the higher it is, the "
        "farther codes stray from them.",
        illustrations.temperature,
        3,
        "compare",
    ),
    Entry(
        "Gibbs step",
        "A random code is decoded, and the image encoded again, to a code as the decoder knows "
        "them. That mends small misses of a prior; what is far off may stay so.",
        illustrations.gibbs_steps,
        3,
        "why",
        ("tab", "All priors"),
    ),
)


@st.cache_data(max_entries=MAX_ILLUSTRATIONS, show_spinner=False)
def illustration(info: CheckpointInfo, term: str) -> tuple[dict[str, bytes], tuple[int, ...], str]:
    """Sheets by their labels, the shape (N, C, H, W) of each, and the caption.

    Takes seconds where a GAN searches for codes. Raises `InputError`.
    """
    draw = next(entry.draw for entry in ENTRIES if entry.term == term)
    rows, caption = draw(open_checkpoint(info), open_test_images(info.dataset))
    count = min(map(len, rows.values()))  # there may be fewer test images than samples
    shape = count, *next(iter(rows.values())).shape[1:]
    return {label: to_sheet(row[:count]) for label, row in rows.items()}, shape, caption


def show_terms(selection: Selection) -> None:
    """Every term with the illustration that one of the models makes."""
    models = selection.models
    titles = list(models)
    first = "VAE" if "VAE" in titles else titles[0]
    info = models[choose("Illustrations by", titles, "family", first)]
    places: dict[Entry, DeltaGenerator] = {}
    for number, entry in enumerate(ENTRIES):
        if number % ABREAST == 0:
            columns = st.columns(ABREAST)
        with columns[number % ABREAST].container(border=True, height="stretch"):
            st.subheader(escaped(entry.term), anchor=False)
            st.markdown(escaped(entry.text))
            places[entry] = room(f"lines-{entry.lines}-{number}", gap="xsmall")
            _link(entry)
    for entry, place in places.items():  # so that all words are there while illustrations are made
        with place:
            _show_illustration(info, entry)


def _link(entry: Entry) -> None:
    page = next(one for one in PAGES if one.name == entry.page)
    tab = [entry.tab] if entry.tab else None
    icon = f":material/{page.icon}:"
    st.page_link(FOLDER / f"{page.name}.py", label=escaped(page.title), icon=icon, query_params=tab)


def _show_illustration(info: CheckpointInfo, entry: Entry) -> None:
    try:
        rows, (count, *shape), caption = illustration(info, entry.term)
    except InputError as error:
        show_warning(error, icon=":material/image_not_supported:")
        return
    colour = family_colour(info.family)
    show_images(
        [Sheet(content, label, colour) for label, content in rows.items()],
        count,
        tuple(shape),
        f"{entry.term}: {', '.join(filter(None, rows)) or caption}, by {info.name}",
        key=f"term-{ENTRIES.index(entry)}",
        size=WIDE if count == 1 else SIZE,
    )
    if caption:
        st.caption(escaped(caption))
