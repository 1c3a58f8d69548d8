"""`report` as people call it: by checkpoint or run, and what it says where it cannot."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ballgen.report import making
from ballgen.report.contents import Note, Report, Section
from ballgen.runs.registry import FAILED, FINISHED
from tests.helpers.commands import call
from tests.helpers.finished import add_run, rewrite

SMALL = ("--data", "sportballs", "--limit", "30")


@pytest.fixture
def asked(monkeypatch) -> list:
    """What a report would be made of; none is, for tests/report does."""
    asked = []

    def make_report(models, images, seed=0, on_step=lambda done, what: None) -> Report:
        asked.append(([name for name, _ in models], images, seed))
        return Report("t", (), (), (Section("h", "q", (Note("n"),)),))

    monkeypatch.setattr(making, "make_report", make_report)
    return asked


def fails(*words: str | Path) -> str:
    done = call("-m", "ballgen", "report", *words)
    lines = [line for line in done.stderr.splitlines() if line.startswith("ballgen: ")]
    assert (done.returncode, len(lines)) == (2, 1), done.stderr
    return lines[0]


def test_it_writes_a_folder_and_says_what_to_open(tiny_checkpoints, tmp_path):
    out = tmp_path / "report"
    done = call(
        "-m", "ballgen", "report", tiny_checkpoints / "ae", "--out", out, "--seed", 2, *SMALL
    )
    assert done.returncode == 0, done.stderr
    assert f"{out / 'report.html'}: open it" in done.stdout
    assert {"report.html", "report.md", "samples.png", "metrics.csv"} <= set(
        path.name for path in out.iterdir()
    )


def test_by_default_it_shows_the_images_that_the_models_were_scored_on(
    tiny_checkpoints, tmp_path, asked
):
    models = tiny_checkpoints / "vae", tiny_checkpoints / "ae", tiny_checkpoints / "vae"
    done = call("-m", "ballgen", "report", *models, "--out", tmp_path / "r", "--seed", 7)
    assert done.returncode == 0, done.stderr
    ((names, images, seed),) = asked
    assert (names, len(images), seed) == (["vae", "ae"], 96, 7)


def test_a_run_is_found_by_its_name_its_id_and_its_folder(
    tiny_checkpoints, tmp_path, asked, monkeypatch
):
    runs = tmp_path / "runs"
    monkeypatch.setenv("BALLGEN_RUNS", str(runs))
    add_run(runs, tiny_checkpoints / "ae", "ae-123456", "my first", FINISHED)
    for number, name in enumerate(("my first", "ae-123456", "ae-12", runs / "ae-123456")):
        done = call("-m", "ballgen", "report", name, "--out", tmp_path / f"r{number}")
        assert done.returncode == 0, done.stderr
        assert asked.pop()[0] == ["my first"]


def test_a_run_that_is_not_finished_has_no_report_yet(tiny_checkpoints, tmp_path, monkeypatch):
    monkeypatch.setenv("BALLGEN_RUNS", str(tmp_path / "runs"))
    add_run(tmp_path / "runs", tiny_checkpoints / "ae", "ae-123456", "mine", FAILED)
    assert "run ae-123456 is failed" in fails("mine", "--out", tmp_path / "r")


def test_what_is_not_there_is_one_line(tmp_path):
    assert "no checkpoint at" in fails("nowhere", "--out", tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_folder_with_files_is_not_written_to_and_that_is_known_at_once(tmp_path):
    (tmp_path / "mine.txt").touch()
    assert "is not empty: choose a new or empty folder" in fails("nowhere", "--out", tmp_path)


def test_models_of_other_images_are_not_put_together(tiny_checkpoints, tmp_path):
    mine = shutil.copytree(tiny_checkpoints / "ae", tmp_path / "mine")
    rewrite(mine, lambda record: record["data"].update(test_digest="0" * 64, source="/my/photos"))
    both = tiny_checkpoints / "vae", mine
    said = fails(*both, "--out", tmp_path / "r")
    assert "were scored on different test images" in said and "--data" in said


def test_models_of_other_sizes_are_not_put_together(tiny_checkpoints, tmp_path, monkeypatch):
    from ballgen.checkpoint import folder

    load, sizes = folder.load_checkpoint, iter((32, 16))

    def load_in_another_size(path):
        checkpoint = load(path)
        checkpoint.model.image_shape = (3, size := next(sizes), size)
        return checkpoint

    monkeypatch.setattr(folder, "load_checkpoint", load_in_another_size)
    both = tiny_checkpoints / "vae", tiny_checkpoints / "ae"
    assert "report on models of the same size" in fails(*both, "--out", tmp_path / "r")


def test_images_that_are_gone_name_the_way_out(tiny_checkpoints, tmp_path):
    mine = shutil.copytree(tiny_checkpoints / "ae", tmp_path / "mine")
    rewrite(mine, lambda record: record["data"].update(source="/my/photos"))
    assert "name other test images with --data" in fails(mine, "--out", tmp_path / "r")
