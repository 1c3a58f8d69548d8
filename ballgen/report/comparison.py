"""Checkpoints side by side: a table of scores, one of Lab 4's printed figures, and one image."""

import warnings
from collections.abc import Iterator
from pathlib import Path

from ballgen.checkpoint.folder import RECORD, Checkpoint, load_checkpoint, read_record
from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.models import FAMILIES
from ballgen.report.contents import side_by_side
from ballgen.report.drawing import Cell, drawing_style, tile_grid
from ballgen.report.metrics import metrics, size_and_cost
from ballgen.scores import verdicts
from ballgen.util.files import write_file
from ballgen.util.palette import REAL_COLOUR, family_colour
from ballgen.util.wording import text_table

FILE = "comparison.png"
PANEL, COLUMNS = 16, 4  # images per panel, and side by side
# Mean training loss of the last epoch as Lab 4 prints it; the AE and the VAE on MNIST, the GAN on
# a folder of photographs that the report does not name.
REPORTED = {
    "lab4-ae": {"epochs": 15, "data": "mnist", "terms": {"loss": 0.0320}},
    "lab4-vae": {"epochs": 15, "data": "mnist", "terms": {"loss": 139.9514, "kl": 6.7920}},
    "lab4-gan": {
        "epochs": 20,
        "data": "photographs",
        "terms": {"generator": 2.90, "discriminator": 0.81},
    },
}


def comparison_table(checkpoints: list[Checkpoint]) -> str:
    """Size, cost and scores of several checkpoints as a table, a column for each.

    Below stands what has to be known before these figures.
    """
    columns = {one.folder.name: size_and_cost(one) | metrics(one) for one in checkpoints}
    said = [
        f"{checkpoint.folder.name}: {verdict}"
        for checkpoint in checkpoints
        for verdict in verdicts.caveats(checkpoint.figures, checkpoint.model.family)
    ]
    return "\n".join([text_table(side_by_side("", "", "", columns).rows), *said])


def reproduction_table(checkpoints: list[Checkpoint]) -> str:
    """`reproduction_rows` as a table, "" for a header alone."""
    rows = reproduction_rows(checkpoints)
    return text_table(rows) if len(rows) > 1 else ""


def reproduction_rows(checkpoints: list[Checkpoint]) -> list[list[str]]:
    """A header, and reported and reproduced figures of the reports' recipes among `checkpoints`.

    A run on other data or of another length is marked, for its figures need not agree.
    """
    rows = [["recipe", "term", "reported", "reproduced", "seed", "same data, same epochs"]]
    for checkpoint in checkpoints:
        reported = REPORTED.get(checkpoint.model.recipe.name)
        if reported is None:
            continue
        record, last = checkpoint.record, checkpoint.history[-1]
        made = record["data"]["source"], record["epochs"]
        same = "yes" if made == (reported["data"], reported["epochs"]) else "no"
        for term, value in reported["terms"].items():
            if term not in last:  # a recipe of that name whose family was changed
                continue
            figures = [f"{value:.4f}", f"{last[term]:.4f}", str(record["seed"])]
            rows.append([checkpoint.model.recipe.name, term, *figures, same])
    return rows


def write_comparison(checkpoints: list[Checkpoint], test_sets: list[ImageSet], out: Path) -> Path:
    """Draw real images, reconstructions and random samples of all checkpoints as one PNG.

    Other checkpoints in `out` that were scored on one of the test sets are drawn, too.
    """
    path = out / FILE
    pairs = [*zip(checkpoints, test_sets, strict=True), *_others(checkpoints, test_sets, out)]
    pairs.sort(key=lambda pair: list(FAMILIES).index(pair[0].model.recipe.family))
    write_file(path, comparison_png(pairs))
    return path


def _others(
    checkpoints: list[Checkpoint], test_sets: list[ImageSet], out: Path
) -> Iterator[tuple[Checkpoint, ImageSet]]:
    """What else is in `out`, with the test set it was scored on; warns of a damaged checkpoint."""
    known = {checkpoint.folder.resolve() for checkpoint in checkpoints}
    tests = {test.digest: test for test in test_sets}
    for folder in sorted(path.parent for path in out.glob(f"[!.]*/{RECORD}")):
        if folder.resolve() in known:
            continue
        try:
            test = tests.get(read_record(folder).get("data", {}).get("test_digest"))
            if test:
                yield load_checkpoint(folder), test
        except InputError as error:
            warnings.warn(f"left out of {FILE}: {error}", stacklevel=2)


@drawing_style()
def comparison_png(pairs: list[tuple[Checkpoint, ImageSet]]) -> bytes:
    """Columns: real, then each checkpoint. Rows: reconstructions, samples of two priors."""
    _, test = pairs[0]
    shown = [test.images(slice(number * PANEL, (number + 1) * PANEL)) for number in range(3)]
    columns = [[Cell(images if len(images) else shown[0]) for images in shown]]
    for checkpoint, own_test in pairs:
        model = checkpoint.model
        reconstructed = model.reconstruct(own_test.images(slice(0, PANEL)))
        samples = model.sample(PANEL, prior="normal"), model.sample(PANEL)
        columns.append([Cell(images) for images in (reconstructed, *samples)])
    names = "test images,\nreconstructed", "samples from\nN(0, I)", "samples from\ndefault priors"
    heads = [("real", REAL_COLOUR)]
    heads += [(one.folder.name, family_colour(one.model.family)) for one, _ in pairs]
    rows = list(zip(names, zip(*columns, strict=True), strict=True))
    return tile_grid(rows, heads, COLUMNS, "Real images and what each model makes", "")
