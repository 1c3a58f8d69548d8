"""Make a report: four parts that answer Lab 4 and Assignment 4, and conclusions."""

from collections.abc import Iterable

from ballgen import __version__
from ballgen.checkpoint.folder import Checkpoint
from ballgen.data.imageset import ImageSet
from ballgen.report.case import Case
from ballgen.report.conclusions import conclusions_part, warnings
from ballgen.report.contents import Report
from ballgen.report.latent import latent_part
from ballgen.report.reconstructions import reconstructions_part
from ballgen.report.samples import samples_part
from ballgen.report.training import training_part
from ballgen.util.progress import OnStep
from ballgen.util.wording import listed


def make_report(
    models: Iterable[tuple[str, Checkpoint]],
    images: ImageSet,
    seed: int = 0,
    on_step: OnStep = lambda done, what: None,
) -> Report:
    """A report on some models: all its figures, tables and conclusions.

    models   checkpoints with the names that people know them by
    images   test images in the models' size, which are reconstructed and encoded
    seed     of the samples and of what is chosen among the images

    Takes some ten seconds for each model. Raises `InputError` if there is no model or no image, or
    if the models' images have different shapes.
    """
    case = Case.of(models, images, seed)
    on_step(0.0, "drawing curves")
    training = training_part(case)
    on_step(0.1, "reconstructing test images")
    reconstructions = reconstructions_part(case)
    on_step(0.3, "sampling")
    samples = samples_part(case)
    on_step(0.4, "interpolating")
    latent, coverage = latent_part(
        case, lambda done, title: on_step(0.5 + 0.45 * done, f"measuring the codes of {title}")
    )
    on_step(0.95, "writing")
    facts = (
        ("Images", f"{case.source}, {case.size}, {len(images):,} test images"),
        ("Digest of the images", images.digest[:16]),
        *((one.title, f"{one.name}, digest {one.checkpoint.digest[:16]}") for one in case.subjects),
        ("Seed", f"{seed}"),
        ("Made with", f"ballgen {__version__}"),
    )
    return Report(
        f"{listed(case.titles)} on {case.source}",
        facts,
        warnings(case),
        (training, reconstructions, samples, latent, conclusions_part(case, coverage)),
    )
