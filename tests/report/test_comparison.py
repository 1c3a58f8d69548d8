"""comparison.png shows a whole folder of checkpoints."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.data.imageset import ImageSet
from ballgen.data.sources import load_images
from ballgen.report import comparison
from ballgen.report.comparison import comparison_table, write_comparison
from tests.helpers.finished import rewrite


@pytest.fixture
def images() -> ImageSet:
    return load_images("sportballs", "test", limit=96)


def test_others_join_where_their_images_are_the_same(
    tiny_checkpoints, images, tmp_path, monkeypatch
):
    vae = load_checkpoint(shutil.copytree(tiny_checkpoints / "vae", tmp_path / "vae"))

    def heads() -> list[str]:
        with monkeypatch.context() as patch:
            drawn = []
            patch.setattr(
                comparison, "tile_grid", lambda rows, heads, *_: drawn.extend(heads) or b""
            )
            write_comparison([vae], [images], tmp_path)
        return [name for name, _ in drawn]

    assert heads() == ["real", "vae"]
    shutil.copytree(tiny_checkpoints / "gan", tmp_path / "gan")
    shutil.copytree(tiny_checkpoints / "ae", tmp_path / ".ae.old")  # left by a cut off saving
    assert heads() == ["real", "vae", "gan"]
    rewrite(tmp_path / "gan", lambda record: record["data"].update(test_digest="of others"))
    assert heads() == ["real", "vae"]


def test_a_damaged_one_is_told_and_left_out(tiny_checkpoints, images, tmp_path):
    vae = load_checkpoint(shutil.copytree(tiny_checkpoints / "vae", tmp_path / "vae"))
    shutil.copytree(tiny_checkpoints / "ae", tmp_path / "ae")
    (tmp_path / "ae" / "model.safetensors").write_bytes(b"cut off")
    with pytest.warns(UserWarning, match="does not match its digest"):
        path = write_comparison([vae], [images], tmp_path)
    with Image.open(path) as image:
        assert image.width > 1000


def test_checkpoints_are_called_by_their_folders(tiny_checkpoints, images, tmp_path):
    """The shipped ones are of the recipes ae-long, vae-long and gan-long."""
    folder = Path(shutil.copytree(tiny_checkpoints / "vae", tmp_path / "mine"))
    rewrite(folder, lambda record: record["recipe"].update(name="vae-long"))
    vae = load_checkpoint(folder)
    header, *_ = comparison_table([vae]).splitlines()
    assert "mine |" in header and "vae-long" not in header


def test_both_classifiers_stand_below_each_other(tiny_checkpoints, tmp_path):
    vae = load_checkpoint(shutil.copytree(tiny_checkpoints / "vae", tmp_path / "vae"))
    judged = vae.scores | {"c2st_network": 0.53, "c2st_probe": 0.91}
    table, bare = comparison_table([replace(vae, scores=judged)]), comparison_table([vae])
    assert {"53.0%", "91.0%"} <= {*table.split()} and "fresh small network" not in bare
