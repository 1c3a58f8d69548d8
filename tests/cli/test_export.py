"""`export --format html` as people call it; other formats have tests in test_commands.py."""

from __future__ import annotations

import pytest

from tests.helpers.commands import call

SMALL = ("--data", "sportballs", "--limit", "30")


def test_a_page_is_one_file(tiny_checkpoints, tmp_path):
    out = tmp_path / "talk" / "vae.html"
    done = call("-m", "ballgen", "export", tiny_checkpoints / "vae", "--format", "html",
                "--out", out, *SMALL, "--seed", 2)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"{out}: open it" in done.stdout
    page = out.read_text()
    assert page.startswith("<!doctype html>") and "30 of sportballs" in page
    assert "<dd>2, of the samples" in page


@pytest.mark.parametrize("option", [("--data", "mnist"), ("--limit", "3"), ("--seed", "0")])
def test_what_only_a_page_takes_is_refused_elsewhere(tiny_checkpoints, tmp_path, option):
    done = call("-m", "ballgen", "export", tiny_checkpoints / "ae", "--format", "onnx",
                "--out", tmp_path / "x.onnx", *option)  # fmt: skip
    assert done.returncode == 2
    assert f"ballgen: {option[0]} belongs to --format html: leave it out" in done.stderr
    assert not (tmp_path / "x.onnx").exists()
