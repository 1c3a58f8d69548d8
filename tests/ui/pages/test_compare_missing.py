"""Compare where something is not there, damaged, or no longer what it was."""

from __future__ import annotations

import pytest

from ballgen.checkpoint.folder import MODEL, RECORD
from ballgen.runs.uploads import DATA_FOLDERS_VARIABLE
from ballgen.util.paths import runs_folder
from tests.helpers.finished import rewrite
from tests.helpers.reading import cells, images_of, said
from tests.helpers.tiny import write_balls

pytestmark = pytest.mark.slow  # minutes, or processes of their own

FAMILIES = ("ae", "vae", "gan")


def test_a_flipped_byte_is_told_and_spoils_no_other_family(open_app, own_checkpoints):
    weights = own_checkpoints / "ae" / MODEL
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    app = open_app(own_checkpoints)
    assert any("does not match its digest" in warning.value for warning in app.warning)
    assert list(cells(app, "figure-reconstruction")) == ["Real", "VAE", "GAN"]


def test_a_damaged_record_is_told_in_the_side_bar(open_app, own_checkpoints):
    (own_checkpoints / "vae" / RECORD).write_text("{}")
    app = open_app(own_checkpoints)
    assert "damaged" in app.sidebar.warning[0].value
    assert "No VAE for these images yet" in said(app)


@pytest.mark.parametrize(
    "source, told",
    [
        ("/nowhere/balls", "/nowhere/balls does not exist"),
        ("uploads/mine-0123abcd.zip", "mine-0123abcd.zip were deleted: bring the same .zip"),
    ],
)
def test_images_that_are_gone_are_told_and_samples_still_shown(
    open_app, own_checkpoints, source, told
):
    source = str(runs_folder() / source)
    for family in FAMILIES:
        rewrite(
            own_checkpoints / family,
            lambda record: record["data"].update(source=source, test_digest="gone"),
        )
    app = open_app(own_checkpoints)
    assert any(told in warning.value for warning in app.warning)
    assert len(images_of(app, "figure-fitted", 2)) == 12


def test_of_a_private_folder_a_checkpoint_shows_nothing(
    open_app, own_checkpoints, tmp_path, monkeypatch
):
    """One of another hand may name any folder as the one that it was trained on."""
    write_balls(tmp_path / "private")
    for family in FAMILIES:
        rewrite(
            own_checkpoints / family,
            lambda record: record["data"].update(
                source=str(tmp_path / "private"), test_digest="another", test_images=6
            ),
        )
    monkeypatch.setenv(DATA_FOLDERS_VARIABLE, str(tmp_path / "balls"))
    app = open_app(own_checkpoints)
    assert any("is not in a folder that this dashboard reads" in one.value for one in app.warning)
    assert "they have changed" not in said(app)
    assert len(images_of(app, "figure-fitted", 2)) == 12
    monkeypatch.setenv(DATA_FOLDERS_VARIABLE, str(tmp_path))
    assert "they have changed" in said(open_app(own_checkpoints))


def test_a_data_set_is_not_downloaded_by_looking(open_app, own_checkpoints, tmp_path, monkeypatch):
    monkeypatch.setenv("BALLGEN_DATA_ROOT", str(tmp_path))
    for family in FAMILIES:
        rewrite(
            own_checkpoints / family,
            lambda record: record["data"].update(source="cifar10", test_digest="another"),
        )
    app = open_app(own_checkpoints)
    assert any("BALLGEN_DATA_ROOT" in warning.value for warning in app.warning)


def test_other_images_than_were_scored_are_told(open_app, own_checkpoints):
    for family in FAMILIES:
        rewrite(own_checkpoints / family, lambda record: record["data"].update(test_digest="older"))
    assert "they have changed" in said(open_app(own_checkpoints))


def test_families_of_other_images_are_not_compared(open_app, own_checkpoints):
    rewrite(own_checkpoints / "gan", lambda record: record["data"].update(test_digest="others"))
    app = open_app(own_checkpoints)
    chosen = app.selectbox(key="dataset")
    assert len(chosen.options) == 2
    assert "No GAN for these images yet" in said(app)
    chosen.select(chosen.options[1]).run()
    assert "No VAE for these images yet" in said(app)
    assert list(cells(app, "figure-fitted")) == ["Real", "GAN"]
