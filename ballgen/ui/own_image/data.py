"""What the page Own image computes: reconstructions, and how far a code is from training's."""

from torch import Tensor

from ballgen.latent.coverage import ReferenceCodes
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.ui.interpolate.data import End, search_own_code
from ballgen.ui.latent.data import embedded_images
from ballgen.ui.latent.fitting import MapChoice, fit_map
from ballgen.ui.session.loading import open_checkpoint
from ballgen.ui.why.data import reference
from ballgen.util.checks import generator_of
from ballgen.util.neighbours import Neighbours, nearest_neighbours
from ballgen.util.wording import percent

MAP = MapChoice("PCA", 2, 0)
NEIGHBOURS = 8


def distance_in_words(info: CheckpointInfo, end: End) -> str:
    """How far an own image's code is from those that the decoder was trained on.

    Raises `InputError` where there are too few of them, or they are all alike.
    """
    training, model = reference(info, 0)[1], open_checkpoint(info).model
    code = search_own_code(info, end)[None]
    if not model.needs_inversion:  # as in training: a VAE's with its noise
        code = model.sample_posterior(end.image(info.dataset), generator_of(0))
    what = "codes drawn as in training" if model.needs_inversion else "test images"
    return in_words(training, code, what)


def in_words(training: ReferenceCodes, code: Tensor, what: str) -> str:
    """How far a code (1, D) is from those of training, against held-out ones, named by `what`."""
    nearer = float((training.held_out_distances < training.distances(code)).float().mean())
    said = f"Code: farther from those of training than {percent(nearer)} of {what}."
    if nearer == 1:
        said += " The decoder was hardly trained on such codes."
    length, lengths = float(training.lengths(code)), training.held_out_lengths
    if length > lengths[-1] and nearer < 1:
        said += " It is longer than all of theirs."
    if length < lengths[0]:
        said += " It is shorter than all of theirs."
    return said


def error_in_words(info: CheckpointInfo, squared_error: float) -> str:
    """The error beside this model's on test images, "" where that was not measured."""
    mean = open_checkpoint(info).scores.get("sse")
    if not mean:
        return ""
    return f"{number(squared_error / mean)} times the mean of test images."


def number(value: float) -> str:
    """Three digits of it, more before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def map_code(info: CheckpointInfo, end: End) -> Tensor:
    """The code (1, D) of an own image as the map's codes were found: an estimate, for a search."""
    return open_checkpoint(info).model.encode(end.image(info.dataset), fast=True)


def neighbours(info: CheckpointInfo, end: End) -> Neighbours:
    """Those of its code among the codes of the map's images. Raises `InputError`."""
    codes = fit_map(info, MAP).codes_
    return nearest_neighbours(map_code(info, end), codes, min(NEIGHBOURS, len(codes)))


def pixel_neighbours(info: CheckpointInfo, end: End) -> Neighbours:
    """Those of its pixels among the map's images, by squared error's root. Raises `InputError`."""
    images = embedded_images(info.dataset).images()
    return nearest_neighbours(end.image(info.dataset), images, min(NEIGHBOURS, len(images)))


def coordinates(info: CheckpointInfo, end: End) -> tuple[float, float]:
    """Where it lies on the map by PCA. Raises `InputError`."""
    x, y = fit_map(info, MAP).transform(map_code(info, end))[0].tolist()
    return x, y
