"""Make a page: what it shows of a checkpoint, computed once, as numbers that its scripts read."""

from typing import Any

import torch
from torch import Tensor

from ballgen.checkpoint.folder import Checkpoint
from ballgen.data.imageset import ImageSet
from ballgen.data.sheets import contact_sheet
from ballgen.errors import InputError
from ballgen.latent.embedding import EMBEDDINGS, INVERSE_NEIGHBOURS
from ballgen.report.case import Case
from ballgen.report.drawing import shortened
from ballgen.report.latent import MANY_CLASSES
from ballgen.util.neighbours import nearest_neighbours
from ballgen.util.palette import class_colour
from ballgen.util.progress import OnProgress, OnStep
from ballgen.util.wording import kid_text, prior_meaning, prior_name
from ballgen.webpage.layers import TOLERANCE, Layer, check_layers, decoder_layers, run_layers
from ballgen.webpage.packing import pack, pack_layers, rounded
from ballgen.webpage.why import Card, cards, data_address, is_small
from ballgen.webpage.writing import MAX_BYTES, page_html

MAP_IMAGES, THUMBNAIL = 1000, 32  # points, and the most px of their images
ENDS = 64  # test images to interpolate between
SHEET_COLUMNS = 32  # of both, side by side
COUNT, SETS = 24, 5  # samples at once, and how many such sets are drawn
TEMPERATURES = tuple(step / 4 for step in range(7))  # to 1.5
CODES_BYTES = 1_000_000  # of samples' codes: long codes are drawn less often
CHECKED = 16  # codes that layers and model have to decode alike
METHOD, FLAT_METHOD = "t-SNE", "PCA"  # of the map; the second for codes that are flat already
FAR, SPACING_QUANTILE = 2.0, 0.95  # spacings to the nearest point: further away there is no data


def make_page(
    name: str,
    checkpoint: Checkpoint,
    images: ImageSet,
    seed: int = 0,
    on_step: OnStep = lambda done, what: None,
) -> bytes:
    """A checkpoint as one HTML file that asks nobody for anything, below 8 MB.

    name    that people know it by
    images  test images in the model's size
    seed    of the samples and of what is chosen among the images

    Takes about half a minute. Raises `InputError` for no image or images of another shape, for a
    decoder that a page cannot run, and where 8 MB are too few.
    """
    case = Case.of([(name, checkpoint)], images, seed)
    model = checkpoint.model
    layers = decoder_layers(model)
    on_step(0.0, "encoding test images")
    ends = images.stratified_subset(ENDS, seed)
    end_codes = model.encode(ends.images())
    on_step(0.3, "drawing the map")
    content: dict[str, Any] = {
        "shape": model.image_shape,
        "legend": 1 < len(images.class_names) <= MANY_CLASSES,
        "classes": [
            {"name": shortened(one), "colour": class_colour(label)}
            for label, one in enumerate(images.class_names)
        ],
        "map": _map(case, lambda share: on_step(0.3 + 0.2 * share, "drawing the map")),
        "ends": {
            "codes": pack(end_codes),
            "labels": ends.labels.tolist(),
            "sheet": _sheet(ends.images(), lossless=is_small(ends.images())),
        },
    }
    on_step(0.5, "sampling")
    content["priors"] = _priors(case)
    content |= {"count": COUNT, "temperatures": TEMPERATURES}
    on_step(0.8, "answering why")
    said = cards(case)
    on_step(0.95, "writing")
    return _fit(case, content, said, layers, end_codes[:CHECKED])


def _fit(
    case: Case,
    content: dict[str, Any],
    said: tuple[Card, ...],
    layers: list[Layer],
    codes: Tensor,
) -> bytes:
    """The page with its weights as float16 or, where these are too many bytes, as int8.

    codes  (N, D) that the layers and the model have to decode alike
    """
    model = case.subjects[0].checkpoint.model
    check_layers(layers, model, codes)
    for small in (False, True):
        drawn = run_layers(rounded(layers, small), codes)
        error = float((drawn - model.decode(codes)).abs().mean())
        content |= {"layers": pack_layers(layers, small)}
        page = page_html(case, content, said, 255 * error if small else None).encode()
        if len(page) < MAX_BYTES and error < TOLERANCE:
            return page
    if not error < TOLERANCE:  # it may be undefined
        raise InputError(
            "the decoder's weights are too large to be rounded for a page: write --format onnx"
        )
    raise InputError(
        f"the page would take {len(page) / 1e6:.1f} MB, even with weights of 8 bits, and may take "
        f"{MAX_BYTES / 1e6:.0f}: train a narrower network or smaller images, or write --format onnx"
    )


def _map(case: Case, on_progress: OnProgress) -> dict[str, Any]:
    """Where test images lie on the map; why there is none if they are too few."""
    model = case.subjects[0].checkpoint.model
    images = case.images.stratified_subset(MAP_IMAGES, case.seed)
    codes = model.encode(images.images(), fast=True)
    try:
        embedding = EMBEDDINGS[METHOD if model.latent_dim > 2 else FLAT_METHOD](2, case.seed)
        points = embedding.fit(codes, on_progress).coordinates_
    except InputError as reason:
        return {"missing": f"There is no map: {reason}."}
    span = float((points.amax(0) - points.amin(0)).max().clamp_min(1e-9))
    middle = (points.amax(0) + points.amin(0)) / 2
    small = min(1.0, THUMBNAIL / max(images.image_shape[1:]))
    return {
        "points": pack((points - middle) / span),
        "spacing": _spacing(embedding.coordinates_) / span,
        "far": FAR,
        "neighbours": min(INVERSE_NEIGHBOURS, len(codes)),
        "codes": pack(codes),
        "labels": images.labels.tolist(),
        "sheet": _sheet(images.images(), small),
    }


def _priors(case: Case) -> list[dict[str, Any]]:
    """Stored draws of every prior at every temperature: the same ones, spread more or less."""
    model, figures = case.subjects[0].checkpoint.model, case.subjects[0].checkpoint.figures
    one_set = 2 * COUNT * model.latent_dim * len(TEMPERATURES) * len(model.priors)  # bytes
    sets = max(1, min(SETS, CODES_BYTES // one_set))
    priors = []
    for name in model.priors:
        codes = torch.stack(
            [model.sample_codes(COUNT * sets, case.seed, name, degree) for degree in TEMPERATURES]
        )
        meaning = prior_meaning(name, model.family, model.gibbs_steps(name))
        if f"kid_{name}" in figures:
            kid = kid_text(figures[f"kid_{name}"])
            meaning += f" KID × 1000 of its samples at temperature 1: {kid}."
        priors.append(
            {"name": prior_name(name), "meaning": meaning, "sets": sets, "codes": pack(codes)}
        )
    return priors


def _sheet(images: Tensor, scale: float = 1.0, lossless: bool = False) -> str:
    """Images (N, C, H, W) side by side as the address of a WebP."""
    sheet = contact_sheet(images, SHEET_COLUMNS, gap=0).convert("RGB")
    if scale < 1:
        sheet = sheet.resize([round(side * scale) for side in sheet.size])
    return data_address(sheet, lossless)


def _spacing(places: Tensor) -> float:
    """The distance that most places (N, 2) keep to the next one."""
    distances = nearest_neighbours(places, places, count=2).distances[:, 1]
    return max(float(distances.quantile(SPACING_QUANTILE)), 1e-9)
