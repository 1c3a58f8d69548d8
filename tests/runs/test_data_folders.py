from __future__ import annotations

import os
import re

import pytest

from ballgen.errors import InputError
from ballgen.runs.uploads import DATA_FOLDERS_VARIABLE, check_source, uploads_folder


@pytest.fixture(autouse=True)
def balls(tmp_path, monkeypatch):
    """A folder that the dashboard reads; beside it lies one that it does not."""
    (tmp_path / "balls" / "red").mkdir(parents=True)
    (tmp_path / "private").mkdir()
    (tmp_path / "balls" / "away").symlink_to(tmp_path / "private")
    (tmp_path / "balls" / "here").symlink_to(tmp_path / "balls" / "red")
    monkeypatch.setenv(DATA_FOLDERS_VARIABLE, str(tmp_path / "balls"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "balls"


@pytest.mark.parametrize(
    "source",
    ["sportballs", "MNIST", "balls", "balls/red", "./balls/red/..", "balls/none", "balls/here"],
)
def test_names_and_what_lies_in_the_folder_are_read(source, tmp_path):
    assert check_source(source) == source
    if "/" in source:
        assert check_source(str(tmp_path / source))


@pytest.mark.parametrize(
    "source",
    [
        "/",
        "/etc",
        "/dev/zero",
        ".",
        "private",
        "balls/../private",
        "balls/away",
        "balls/away/deeper",
        "ballsier",
        "~",
        "~nosuch/balls",
        "balls/\0",
        "x" * 5000,
        "",
        "\\\\host\\share",
    ],
)
def test_all_else_is_refused_in_one_line_that_says_what_to_do(source):
    with pytest.raises(InputError) as refused:
        check_source(source)
    assert "\n" not in str(refused.value)
    assert re.search(f"{DATA_FOLDERS_VARIABLE}|home folder|null character", str(refused.value))


def test_several_folders_can_be_named_and_uploads_always_count(monkeypatch, tmp_path):
    named = os.pathsep.join(map(str, (tmp_path / "balls", tmp_path / "private")))
    monkeypatch.setenv(DATA_FOLDERS_VARIABLE, named)
    assert check_source("private")
    assert check_source(str(uploads_folder() / "mine.zip"))


def test_without_a_list_it_is_the_folder_it_was_started_in(monkeypatch, tmp_path):
    monkeypatch.delenv(DATA_FOLDERS_VARIABLE)
    assert check_source("private")
    monkeypatch.chdir("balls")
    with pytest.raises(InputError):
        check_source(str(tmp_path / "private"))
