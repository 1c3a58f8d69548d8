"""Makes small image files of every kind."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest
from PIL import Image

COLOURS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200)}


@pytest.fixture
def draw():
    """draw(path, colour="red", size=(32, 32), mode="RGB", **how_to_save) -> path."""

    def draw(path, colour="red", size=(32, 32), mode="RGB", **how_to_save) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.new("RGB", size, COLOURS.get(colour, colour)).convert(mode)
        image.save(path, **how_to_save)
        return path

    return draw


@pytest.fixture
def zip_folder():
    """zip_folder(folder, path, below="") -> path of a .zip of the folder's files."""

    def zip_folder(folder: Path, path: Path, below: str = "") -> Path:
        with ZipFile(path, "w") as archive:
            for file in sorted(folder.rglob("*")):
                if file.is_file():
                    archive.write(file, below + file.relative_to(folder).as_posix())
        return path

    return zip_folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The data folder beside the repository, for tests that skip where it is absent."""
    folder = Path(__file__).parents[3] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no data folder beside the repository")
    return folder
