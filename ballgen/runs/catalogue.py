"""Which checkpoints and finished runs there are, and the test pictures that belong to them."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ballgen.checkpoint.folder import RECORD, read_record
from ballgen.data.sources import DEFAULT_IMAGE_SIZE
from ballgen.data.torchvision_sets import DATASETS
from ballgen.errors import InputError
from ballgen.models import FAMILIES
from ballgen.runs.location import any_runs
from ballgen.util.paths import expand

FOLDERS_VARIABLE = "BALLGEN_CHECKPOINTS"
COLOUR = 3  # channels, unless a source has its own
SHIPPED = Path(__file__).parents[2] / "checkpoints"


@dataclass(frozen=True)
class DatasetInfo:
    """How to load the test pictures that a checkpoint was scored on.

    source       as `load_images` takes it; the digest says whether two are the same pictures
    image_shape  (C, H, W)
    count        how many there were
    seed         chose them where there are more
    digest       of those pictures
    limit        that training and test pictures were loaded with, where it is known
    """

    source: str = field(compare=False)
    image_shape: tuple[int, int, int]
    count: int
    seed: int = field(compare=False)
    digest: str
    limit: int | None = field(default=None, compare=False)

    @property
    def title(self) -> str:
        """ "sportballs, 32×32 px"."""
        channels, height, width = self.image_shape
        gray = " gray" if channels == 1 else ""
        return f"{Path(self.source).name}, {width}×{height} px{gray}"

    def training_command(self, family: str) -> str:
        """What to type for a checkpoint of `family` that belongs to these pictures."""
        words = ["python", "train_all.py", "--recipes", family]
        if self.source != "sportballs":
            words += ["--data", self.source]
        channels, height, _ = self.image_shape
        native = DATASETS.get(self.source)
        if height != (native.size if native else DEFAULT_IMAGE_SIZE):
            words += ["--image-size", str(height)]
        if channels != (native.channels if native else COLOUR):
            words += ["--set", f"channels={channels}"]
        if self.limit is not None:
            words += ["--limit", str(self.limit), "--seed", str(self.seed)]
        return shlex.join(words)


@dataclass(frozen=True)
class CheckpointInfo:
    """A checkpoint folder whose record could be read; its tensors have not been.

    name    what it is called in lists and links: its folder, with the folder around it where that
            is not the first that was searched, or the whole path where two would be called alike;
            a run is called "run: my vae (vae-3f2a91)"
    digest  identifies its content
    run     id of the run that it came from, "" for one of the checkpoints
    """

    name: str
    folder: Path
    family: str
    recipe: str
    digest: str
    dataset: DatasetInfo
    run: str = ""


@dataclass(frozen=True)
class Catalogue:
    """The checkpoints that can be used, and one line about each checkpoint that cannot be used."""

    checkpoints: tuple[CheckpointInfo, ...]
    damaged: tuple[str, ...]

    def datasets(self) -> list[DatasetInfo]:
        """Every set of test pictures, those that the most families know first."""
        families: dict[DatasetInfo, set[str]] = {}
        for checkpoint in self.checkpoints:
            families.setdefault(checkpoint.dataset, set()).add(checkpoint.family)
        return sorted(families, key=lambda pictures: -len(families[pictures]))

    def of(self, family: str, pictures: DatasetInfo) -> list[CheckpointInfo]:
        """A family's checkpoints for these pictures, the one named like the family first.

        Runs come after them, the newest first.
        """
        fitting = [c for c in self.checkpoints if c.family == family and c.dataset == pictures]
        return sorted(
            fitting,
            key=lambda c: (c.run != "", not c.run and (c.recipe != family, c.name != family)),
        )


def checkpoint_folders() -> list[Path]:
    """Where to search: the folders in $BALLGEN_CHECKPOINTS if it is set, else checkpoints/.

    Several are separated as in $PATH.
    """
    chosen = os.environ.get(FOLDERS_VARIABLE, "")
    return [expand(part) for part in chosen.split(os.pathsep) if part] or [SHIPPED]


def list_checkpoints() -> Catalogue:
    """All that can be shown: the checkpoints, and what finished runs left."""
    checkpoints, runs = find_checkpoints(checkpoint_folders()), find_runs()
    return Catalogue(checkpoints.checkpoints + runs.checkpoints, checkpoints.damaged + runs.damaged)


def find_checkpoints(roots: Iterable[Path]) -> Catalogue:
    """Every checkpoint directly in one of `roots`, or that is itself one of them."""
    found: dict[str, CheckpointInfo] = {}
    damaged = []
    seen = set()
    for number, root in enumerate(roots):
        for folder in _candidates(root):
            if folder.resolve() in seen:
                continue
            seen.add(folder.resolve())
            name = folder.name if number == 0 else f"{folder.parent.name}/{folder.name}"
            name = str(folder) if name in found else name
            try:
                found[name] = _read(name, folder)
            except InputError as error:
                damaged.append(str(error))
    return Catalogue(tuple(found.values()), tuple(damaged))


def find_runs() -> Catalogue:
    """The checkpoints of finished runs, the newest first."""
    if not any_runs():
        return Catalogue((), ())
    # Imported late: it takes a second, and all wait for the first page.
    from ballgen.runs.folder import RunFolder
    from ballgen.runs.registry import FINISHED, Registry

    found, damaged = [], []
    try:
        registry = Registry()
        for run in registry.all():
            folder = RunFolder(registry.folder, run).checkpoint
            if run.state != FINISHED or not folder.is_dir():
                continue
            try:
                found.append(_read(_title(run.name, run.id), folder, run.id))
            except InputError as error:
                damaged.append(str(error))
    except InputError as error:  # of the registry itself
        damaged.append(str(error))
    return Catalogue(tuple(found), tuple(damaged))


def _title(name: str, run: str) -> str:
    return f"run: {name} ({run})"


def run_id_in(title: str) -> str:
    """The id of the run that was once called so; "" if it is no run's title."""
    found = re.fullmatch(r"run: .* \(([^()]+)\)", title, re.DOTALL)
    return found[1] if found else ""


def _candidates(root: Path) -> list[Path]:
    if _holds_one(root):
        return [root]
    try:
        below = sorted(root.iterdir())
    except OSError:  # not there, or not ours to read: nothing to show
        return []
    return [path for path in below if path.name[0] != "." and _holds_one(path)]


def _holds_one(folder: Path) -> bool:
    try:
        return (folder / RECORD).exists()
    except OSError:  # not ours to look into
        return False


def _read(name: str, folder: Path, run: str = "") -> CheckpointInfo:
    record = read_record(folder)
    try:
        recipe, data = record["recipe"], record["data"]
        if recipe["family"] not in FAMILIES:
            raise InputError(
                f"checkpoint {folder} is of the unknown family {recipe['family']!r}: "
                f"this ballgen knows {', '.join(FAMILIES)}"
            )
        pictures = DatasetInfo(
            source=data["source"],
            image_shape=tuple(record["image_shape"]),
            count=data["test_images"],
            seed=record["seed"],
            digest=data["test_digest"],
            limit=data.get("limit"),
        )
        return CheckpointInfo(
            name, folder, recipe["family"], recipe["name"], record["digest"], pictures, run
        )
    except (KeyError, TypeError) as error:
        raise InputError(
            f"checkpoint {folder} was written by another version of ballgen: train it again"
        ) from error
