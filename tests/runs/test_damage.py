"""Whatever is damaged is told in one line where it stands, and takes nothing else down."""

from __future__ import annotations

import shutil
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

import ballgen
from ballgen.checkpoint.folder import load_checkpoint, load_model
from ballgen.cli.runs import delete_run, list_runs, show_run
from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError
from ballgen.runs.catalogue import find_checkpoints, find_runs
from ballgen.runs.folder import Progress, RunFolder
from ballgen.runs.frames import read_fixed_images, read_frame, write_fixed_images, write_frame
from ballgen.runs.liveness import current_runs
from ballgen.runs.registry import FINISHED, Registry, Run
from ballgen.runs.tensorboard import events_bytes
from ballgen.ui.train.data import open_film
from ballgen.util.paths import REGISTRY, RUNS_VARIABLE
from tests.helpers.damage import DEEP, HUGE, damage_rows, damaged_checkpoints, damaged_frames
from tests.helpers.finished import rewrite
from tests.helpers.tiny import tiny_balls, tiny_model, tiny_recipe


@pytest.fixture
def registry(tmp_path, monkeypatch) -> Registry:
    monkeypatch.setenv(RUNS_VARIABLE, str(tmp_path / "runs"))
    return Registry()


@pytest.fixture
def run(registry) -> Run:
    recipe = tiny_recipe("vae").to_dict()
    return registry.add(Run(id="vae-1", name="good", recipe=recipe, state=FINISHED))


@pytest.fixture
def frames(registry, run) -> Path:
    """Of two epochs."""
    folder, balls = RunFolder(registry.folder, run), tiny_balls(20, "test")
    write_fixed_images(folder.frames, balls)
    for epoch in (1, 2):
        write_frame(folder.frames, epoch, tiny_model("vae", balls).eval(), balls, seed=0)
    folder.write_history([{"epoch": epoch, "seconds": 1.0, "loss": 0.5} for epoch in (1, 2)])
    return folder.frames


def test_damaged_rows_are_named_and_the_others_stay(registry, run, capsys):
    shown = damage_rows(registry.folder, run.id)
    assert [found.id for found in current_runs(registry)] == [run.id]
    assert len(registry.damaged) == len(shown)
    for line in registry.damaged:
        assert REGISTRY in line and "runs delete" in line and "\n" not in line and len(line) < 700
    list_runs(Namespace())
    said = capsys.readouterr()
    assert "good" in said.out and len(said.out.splitlines()) == 1
    assert len(said.err.splitlines()) == len(shown)
    show_run(Namespace(run="good"))
    with pytest.raises(InputError, match="run seed-1 has a damaged row"):
        show_run(Namespace(run="seed-1"))


def test_damaged_rows_can_be_removed(registry, run, capsys):
    for shown in damage_rows(registry.folder, run.id):
        delete_run(Namespace(run=" ".join(shown[:200].split())))
    registry.all()
    assert not registry.damaged
    assert [found.id for found in registry.all()] == [run.id]


def test_a_row_leads_nowhere_but_into_the_runs_folder(registry, run, tmp_path):
    (tmp_path / "up").mkdir()
    damage_rows(registry.folder, run.id)
    delete_run(Namespace(run="../up"))
    assert (tmp_path / "up").exists()


def test_damaged_frames_are_named_and_the_others_stay(registry, run, frames):
    whole = open_film(frames)
    assert whole.epochs == [1, 2] and not whole.damaged
    for way in damaged_frames(frames, 1):
        for read in (lambda: read_frame(frames, 1), lambda: read_fixed_images(frames)):
            try:
                read()
            except InputError as error:
                told = str(error)
                assert way.split(":")[0] in told and "\n" not in told, way
        try:
            film = open_film(frames)
            assert film.epochs in ([2], [1, 2]), way
            assert bool(film.damaged) == (film.epochs == [2]) or "nowhere" in way, way
        except InputError as error:
            assert "fixed_images.npz" in str(error), way
        try:
            with pytest.warns(UserWarning, match="is damaged"):
                events_bytes(registry, run)
        except InputError as error:
            assert "fixed_images.npz" in str(error), way
        except pytest.fail.Exception:  # it needs nothing that is damaged
            pass


def test_a_frame_that_unpacks_to_more_than_any_is_not_unpacked(frames, monkeypatch):
    path = frames / "000001.npz"
    with np.load(path) as file:
        arrays = dict(file)
    np.savez_compressed(path, **arrays, more=np.zeros(2**20))  # some kB in the file
    read_frame(frames, 1)
    monkeypatch.setattr("ballgen.runs.frames.MAX_BYTES", 2**20)
    with pytest.raises(InputError, match="unpacks to more than any frame"):
        read_frame(frames, 1)


def test_names_that_are_no_epochs_are_none(frames):
    (frames / "5x.npz").touch()
    (frames / "7.npz.part").touch()
    (frames / "000009.npz").symlink_to("nowhere")
    film = open_film(frames)
    assert film.epochs == [1, 2]


BAD_PROGRESS = ("", "{", "[]", "5", DEEP, '{"stage": 5}', '{"step": "x"}', '{"epoch": null}',
                '{"steps": -1}', "null", f'{{"epochs": {HUGE}}}', '{"seconds": NaN}',
                '{"seconds_left": "x"}', '{"other": 1}',
                '{"images_per_second": 1e999}')  # fmt: skip
BAD_ROWS = ("", "{", "[]", "5", DEEP, "{}", '{"epoch": "x"}', '{"epoch": null}', '{"epoch": 0}',
            f'{{"epoch": {HUGE}}}', '{"epoch": true}', '{"epoch": 1.5}')  # fmt: skip


def test_damaged_progress_and_history_are_passed_over(registry, run):
    folder = RunFolder(registry.folder, run)
    folder.path.mkdir()
    folder.write_progress(Progress(stage="training", step=3, steps=9, seconds_left=2.0))
    assert folder.progress() == Progress(stage="training", step=3, steps=9, seconds_left=2.0)
    for text in BAD_PROGRESS:
        folder.progress_file.write_text(text)
        assert folder.progress() == Progress(), text
    good = '{"epoch": 1, "loss": 0.5, "kl": "x", "mse": null, "bce": [1], "sigma": NaN}'
    folder.history_file.write_text("\n".join([*BAD_ROWS, good]))
    assert folder.history() == [{"epoch": 1, "loss": 0.5}]
    for file in (folder.progress_file, folder.history_file):
        file.unlink()
        file.mkdir()
    folder.log.mkdir()
    assert (folder.progress(), folder.history(), folder.last_lines()) == (Progress(), [], "")


def test_a_damaged_checkpoint_is_named_and_the_others_stay(tiny_checkpoints, tmp_path):
    folder = tmp_path / "vae"
    shutil.copytree(tiny_checkpoints / "vae", folder)
    shutil.copytree(tiny_checkpoints / "ae", tmp_path / "ae")
    ways = 0
    for way in damaged_checkpoints(folder):
        ways += 1
        with pytest.raises(InputError, match=r"vae") as told:
            load_checkpoint(folder)
            pytest.fail(way)
        assert "\n" not in str(told.value) and len(str(told.value)) < 600, way
        assert "ae" in [found.name for found in find_checkpoints([tmp_path]).checkpoints], way
    assert ways > 200
    load_checkpoint(folder)


def test_a_damaged_run_of_the_list_is_named(registry, run, tiny_checkpoints):
    folder = RunFolder(registry.folder, run).checkpoint
    shutil.copytree(tiny_checkpoints / "vae", folder)
    assert [found.run for found in find_runs().checkpoints] == [run.id]
    rewrite(folder, lambda record: record.update(seed="x"))
    assert not find_runs().checkpoints and "seed" in find_runs().damaged[0]


def test_a_newer_ballgens_checkpoint_names_itself_and_both_versions(tiny_checkpoints, tmp_path):
    ours = ballgen.__version__
    for name, change in {
        "fields": lambda record: record["recipe"].update(wavelets=3),
        "format": lambda record: record.update(format=2),
        "family": lambda record: record["recipe"].update(family="diffusion"),
        "record": lambda record: record.pop("class_shares"),
    }.items():
        folder = tmp_path / name
        shutil.copytree(tiny_checkpoints / "vae", folder)
        rewrite(folder, change)
        rewrite(folder, lambda record: record["versions"].update(ballgen="99.1.0"))
        with pytest.raises(InputError, match=rf"{name}.*99\.1\.0.*{ours}.*update ballgen"):
            load_model(folder)


@pytest.mark.parametrize("path", ["\0", "a\0b", "\ud800"])
def test_what_is_no_path_is_told(path):
    with pytest.raises(InputError, match="is no path"):
        load_model(path)


@pytest.mark.parametrize("model", ["checkpoints/vae", Path("checkpoints/vae"), None])
def test_a_path_in_place_of_a_model_is_told(model):
    images: ImageSet = tiny_balls(8)
    with pytest.raises(InputError, match=r"model must be a model, .*load_model gives one"):
        ballgen.evaluate(model, images)
