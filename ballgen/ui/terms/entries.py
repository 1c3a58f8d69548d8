"""The table of terms: two sentences, a picture and a page for each."""

from typing import NamedTuple

from ballgen.ui.terms import pictures
from ballgen.ui.terms.pictures import Draw


class Entry(NamedTuple):
    """A term.

    lines  rows of images in the picture, for which there is room before they are there
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
        pictures.encoder,
        2,
        "latent",
    ),
    Entry(
        "Decoder",
        "The network that turns a latent code into an image; a GAN calls it the generator. Every "
        "image that a model makes, reconstruction or sample, comes from it.",
        pictures.decoder,
        2,
        "own_image",
    ),
    Entry(
        "Latent code",
        "The numbers that stand for an image inside the model. Codes that differ a little, as "
        "those below the first one, decode to images that differ a little.",
        pictures.latent_code,
        2,
        "latent",
    ),
    Entry(
        "Posterior",
        "For each image, a VAE's encoder gives a Gaussian of codes: the posterior. Here are draws "
        "from that of one image; an AE or a GAN has a single code, so theirs are all the same.",
        pictures.posterior,
        2,
        "why",
        ("tab", "Would other training help?"),
    ),
    Entry(
        "Prior",
        "The distribution that random codes are drawn from. A fitted prior is one that was fitted "
        "to the codes of the training images, as here.",
        pictures.fitted_prior,
        2,
        "why",
        ("tab", "All priors"),
    ),
    Entry(
        "N(0, I)",
        "The standard normal prior: every number is drawn by itself from a bell curve around 0. "
        "Where images' codes lie elsewhere, the decoder gets codes that it never met.",
        pictures.standard_normal,
        2,
        "why",
    ),
    Entry(
        "KL divergence",
        "How far a posterior is from N(0, I), in nats; a VAE's loss adds it to the reconstruction "
        "error. Each bar is a latent dimension: one of height 0 tells nothing of the image.",
        pictures.divergence,
        1,
        "train",
    ),
    Entry(
        "Reconstruction error",
        "How much an image changes by encoding and decoding: the squared differences of all pixels "
        "and channels, summed (SSE) or averaged (MSE). Below are test images, their "
        "reconstructions, and 4 × the difference.",
        pictures.reconstruction_error,
        3,
        "compare",
        ("compare_tab", "Reconstructions"),
    ),
    Entry(
        "KID",
        "Kernel inception distance: how far a set of images is from real ones, in the features of "
        "a network. It is × 1000 here, about 0 for other real images, and lower is better.",
        pictures.kid,
        3,
        "compare",
    ),
    Entry(
        "C2ST",
        "Classifier two-sample test: a classifier learns to tell samples from real images, and is "
        "asked about others. If it is right half of the time, it cannot tell them.",
        pictures.c2st,
        2,
        "compare",
        ("compare_tab", "Scores"),
    ),
    Entry(
        "Interpolation, slerp",
        "Decoding the codes on the way from one image's code to another's. The way is a straight "
        "line (linear), or an arc that keeps the code's length (spherical, slerp).",
        pictures.interpolation,
        2,
        "interpolate",
    ),
    Entry(
        "PCA, t-SNE, UMAP",
        "Three ways to draw codes of many dimensions on a flat map. PCA turns them to where they "
        "vary most, as here; t-SNE and UMAP keep neighbours together, and bend the rest.",
        pictures.embedding,
        3,
        "latent",
    ),
    Entry(
        "Traversal",
        "One latent dimension goes from far below its mean to far above, and all others stay. Here "
        "are the two that change the image most.",
        pictures.traversal_rows,
        2,
        "interpolate",
        ("view", "traversals"),
    ),
    Entry(
        "Temperature",
        "Scales the spread of the prior. At 0 only its centres are drawn; above 1 samples are "
        "bolder, and more of them fail.",
        pictures.temperature,
        3,
        "compare",
    ),
    Entry(
        "Gibbs step",
        "A random code is decoded, and the image encoded again. Each step brings the code nearer "
        "to those of images.",
        pictures.gibbs_steps,
        3,
        "why",
        ("tab", "All priors"),
    ),
)
