"""The pictures of a setting: the built-in set, or, for more classes, a folder drawn once."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ballgen.data.imageset import ImageSet
from ballgen.data.sources import canonical, load_images
from ballgen.data.sportballs.cache import cache_folder
from ballgen.data.sportballs.factors import CLASS_NAMES, REPORT_CLASSES, BallSettings
from ballgen.data.sportballs.sets import make_balls
from ballgen.data.writer import FOLDER_NAMES, write_folder
from studies.four_hypotheses.design import Design, Setting

SPORTBALLS = "sportballs"


class Pictures(NamedTuple):
    """Where a run finds its pictures: what `load_data` takes beside recipe and seed."""

    source: str
    loading: dict[str, Any]


def pictures_of(design: Design, setting: Setting) -> Pictures:
    """Name the pictures of a setting; `draw` makes those of a folder."""
    loading: dict[str, Any] = {"image_size": design.image_size}
    if setting.classes == len(REPORT_CLASSES):
        return Pictures(SPORTBALLS, loading | {"limit": setting.images})
    name = f"{setting.classes}-classes-{setting.images}-{design.test_images}-{design.image_size}px"
    return Pictures(canonical(cache_folder() / "study" / name), loading)


def draw(design: Design, setting: Setting) -> None:
    """Draw the folder of a setting's pictures unless it is there, or needs none."""
    source, _ = pictures_of(design, setting)
    if source == SPORTBALLS or _is_whole(Path(source)):
        return
    balls = BallSettings(design.image_size, CLASS_NAMES[: setting.classes])
    counts = {"train": setting.images, "test": design.test_images}
    splits = {split: make_balls(count, split, settings=balls) for split, count in counts.items()}
    write_folder(splits, source)


def _is_whole(folder: Path) -> bool:
    return all(
        (folder / FOLDER_NAMES[split] / "labels.csv").exists() for split in ("train", "test")
    )


def real_pictures(design: Design, setting: Setting) -> ImageSet:
    """Real pictures to measure against: as many for every setting, however few it trains on."""
    source, loading = pictures_of(design, setting)
    limit = {"limit": design.test_images} if source == SPORTBALLS else {}
    return load_images(source, "test", **loading | limit)
