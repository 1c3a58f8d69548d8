"""What a report is about: models, the test images that it shows them, and a seed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ballgen import __version__
from ballgen.checkpoint.folder import Checkpoint
from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.models import FAMILIES
from ballgen.report.contents import Subject
from ballgen.report.drawing import shortened
from ballgen.util.checks import check_seed
from ballgen.util.palette import family_name

MAX_MODELS = 6  # side by side in one figure
DIGITS = 8  # of a digest: enough to tell what stands in one report apart


@dataclass(frozen=True)
class Case:
    """Models, in the order of their families, and test images in the models' size."""

    subjects: tuple[Subject, ...]
    images: ImageSet
    seed: int

    @classmethod
    def of(cls, models: Iterable[tuple[str, Checkpoint]], images: ImageSet, seed: int) -> Case:
        """From checkpoints with their names.

        Raises `InputError` if there is none, or if one makes images of another shape.
        """
        order = list(FAMILIES)
        models = sorted(models, key=lambda pair: order.index(pair[1].model.family))
        if not models:
            raise InputError("there is no model to report on: name a checkpoint or a run")
        if not len(images):
            raise InputError(f"{images.name} has no test images: name others with --data")
        if len(models) > MAX_MODELS:
            raise InputError(
                f"{len(models)} models do not fit into one report: name at most {MAX_MODELS}"
            )
        subjects: list[Subject] = []
        for name, checkpoint in models:
            if checkpoint.model.image_shape != images.image_shape:
                raise InputError(
                    f"{name} makes images of shape {checkpoint.model.image_shape} (channels, "
                    f"height, width), and others in the report are {images.image_shape}: report on "
                    "models of the same image size"
                )
            family = checkpoint.model.family
            number = 1 + sum(one.family == family for one in subjects)
            suffix = f"{number}" if number > 1 else ""
            title = f"{family_name(family).short} {suffix}".strip()
            subjects.append(Subject(family + suffix, title, name, checkpoint))
        return cls(tuple(subjects), images, check_seed(seed))

    @property
    def titles(self) -> list[str]:
        return [subject.title for subject in self.subjects]

    @property
    def source(self) -> str:
        """What the images are called: the rest of a path would give home folders away."""
        return Path(self.images.name).name

    @property
    def size(self) -> str:
        """ "32×32 px", "28×28 px gray"."""
        channels, height, width = self.images.image_shape
        return f"{width}×{height} px{' gray' if channels == 1 else ''}"

    @cached_property
    def elsewhere(self) -> list[str]:
        """Titles of models whose stored scores were measured on other images than these."""
        return [
            subject.title
            for subject in self.subjects
            if subject.checkpoint.record["data"]["test_digest"] != self.images.digest
        ]

    def origin(self, *subjects: Subject) -> str:
        """The line below a figure: images, models, their digests, the seed and the version."""
        images = f"{len(self.images):,} test images of {shortened(self.source)}"
        models = (f"{one.title} {one.checkpoint.digest[:DIGITS]}" for one in subjects)
        made = f"seed {self.seed} · ballgen {__version__}"
        return " · ".join([f"{images} {self.images.digest[:DIGITS]}", *models, made])
