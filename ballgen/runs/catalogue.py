"""Which checkpoints and finished runs there are, and the dataset of each."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ballgen.checkpoint.folder import RECORD, read_recipe, read_record
from ballgen.errors import InputError
from ballgen.runs.uploads import source_title
from ballgen.util.paths import PROJECT, any_runs, chosen_folders, trained_folder

FOLDERS_VARIABLE = "BALLGEN_CHECKPOINTS"
SHIPPED = PROJECT / "checkpoints"


@dataclass(frozen=True)
class DatasetInfo:
    """How to load the test images that a checkpoint was scored on.

    source       as `load_images` takes it; the digest says whether two are the same images
    image_shape  (C, H, W)
    count        how many there were
    seed         chose them where there are more
    digest       of those images
    limit        that training images were loaded with
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
        return f"{source_title(self.source)}, {width}×{height} px{gray}"


@dataclass(frozen=True)
class CheckpointInfo:
    """A checkpoint folder whose record could be read; its tensors have not been.

    name    in lists and links: its folder, with the folder around it where that is not the first
            that was searched, or the whole path where two would have one name; a run's is
            "run: my vae (vae-3f2a91)"
    digest  identifies its content
    run     id of the run that it came from, "" if it came from none
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
    """The checkpoints that can be used, and one line about each that cannot."""

    checkpoints: tuple[CheckpointInfo, ...]
    damaged: tuple[str, ...]

    def datasets(self) -> list[DatasetInfo]:
        """Every dataset, those with checkpoints of the most families first."""
        families: dict[DatasetInfo, set[str]] = {}
        for checkpoint in self.checkpoints:
            families.setdefault(checkpoint.dataset, set()).add(checkpoint.family)
        return sorted(families, key=lambda dataset: -len(families[dataset]))

    def of(self, family: str, dataset: DatasetInfo) -> list[CheckpointInfo]:
        """A family's checkpoints for this dataset, the one named like the family first.

        Runs come after them, the newest first.
        """
        fitting = [c for c in self.checkpoints if c.family == family and c.dataset == dataset]
        return sorted(
            fitting,
            key=lambda c: (c.run != "", not c.run and (c.name != family, c.recipe != family)),
        )


def checkpoint_folders() -> list[Path]:
    """Where to search: the folders in $BALLGEN_CHECKPOINTS if it is set, else checkpoints/.

    Several are separated as in $PATH. What was trained here, in trained/, comes last. Raises
    `InputError` for a home folder that is not known.
    """
    return [*(chosen_folders(FOLDERS_VARIABLE) or [SHIPPED]), trained_folder()]


def promoted_folder() -> Path:
    """Where a run's checkpoint is copied to: beside the shipped ones, never among them.

    Raises `InputError` for a home folder that is not known.
    """
    return next(iter(chosen_folders(FOLDERS_VARIABLE)), trained_folder())


def list_checkpoints() -> Catalogue:
    """All that can be shown: the checkpoints, and what finished runs left.

    Raises `InputError` for a home folder that is not known; what is damaged is part of the result.
    """
    checkpoints, runs = find_checkpoints(checkpoint_folders()), find_runs()
    return Catalogue(checkpoints.checkpoints + runs.checkpoints, checkpoints.damaged + runs.damaged)


def find_checkpoints(roots: Iterable[Path]) -> Catalogue:
    """Every checkpoint directly in one of `roots`, or that is itself one of them."""
    names: dict[str, Path] = {}
    seen = set()
    for number, root in enumerate(roots):
        for folder in _checkpoints_in(root):
            if folder.resolve() in seen:
                continue
            seen.add(folder.resolve())
            name = folder.name if number == 0 else f"{folder.parent.name}/{folder.name}"
            names[str(folder) if name in names else name] = folder
    return _read_all((name, folder, "") for name, folder in names.items())


def find_runs() -> Catalogue:
    """The checkpoints of finished runs, the newest first.

    Raises `InputError` for a home folder that is not known.
    """
    if not any_runs():
        return Catalogue((), ())
    # Imported late: it takes a second, and all wait for the first page.
    from ballgen.runs.folder import RunFolder
    from ballgen.runs.registry import FINISHED, Registry

    try:
        registry = Registry()
        finished = [run for run in registry.all() if run.state == FINISHED]
    except InputError as error:
        return Catalogue((), (str(error),))
    return _read_all(
        (f"run: {run.name} ({run.id})", folder, run.id)
        for run in finished
        if (folder := RunFolder(registry.folder, run).checkpoint).is_dir()
    )


def run_id_in(name: str) -> str:
    """The id of the run that was once listed under this name; "" if it is no run's."""
    found = re.fullmatch(r"run: .* \(([^()]+)\)", name, re.DOTALL)
    return found[1] if found else ""


def _checkpoints_in(root: Path) -> list[Path]:
    """The folders that hold a checkpoint: `root`, or else those directly in it."""
    if _is_checkpoint(root):
        return [root]
    try:
        folders = sorted(root.iterdir())
    except OSError:  # not there, or not ours to read: nothing to show
        return []
    return [path for path in folders if path.name[0] != "." and _is_checkpoint(path)]


def _is_checkpoint(folder: Path) -> bool:
    try:
        return (folder / RECORD).exists()
    except OSError:  # not ours to look into
        return False


def _read_all(folders: Iterable[tuple[str, Path, str]]) -> Catalogue:
    """What is in these folders, each with its name and the id of its run."""
    checkpoints, damaged = [], []
    for name, folder, run in folders:
        try:
            checkpoints.append(_read(name, folder, run))
        except InputError as error:
            damaged.append(str(error))
    return Catalogue(tuple(checkpoints), tuple(damaged))


def _read(name: str, folder: Path, run: str) -> CheckpointInfo:
    if name.encode("utf-8", "ignore").decode() != name:  # bytes that are no UTF-8
        raise InputError(f"checkpoint {folder} has a name that cannot be shown: rename it")
    record = read_record(folder)
    recipe, data = read_recipe(folder, record), record["data"]
    dataset = DatasetInfo(
        source=data["source"],
        image_shape=tuple(record["image_shape"]),
        count=data["test_images"],
        seed=record["seed"],
        digest=data["test_digest"],
        limit=data["limit"],
    )
    return CheckpointInfo(name, folder, recipe.family, recipe.name, record["digest"], dataset, run)
