from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ballgen.data.sources import default_data_root
from ballgen.errors import InputError
from ballgen.runs.catalogue import checkpoint_folders
from ballgen.util.paths import cache_folder, chosen_path, runs_folder


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the folders of Linux")
def test_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("BALLGEN_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "ballgen"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "ballgen"


@pytest.mark.parametrize(
    ("variable", "place"),
    [
        ("BALLGEN_CACHE", cache_folder),
        ("BALLGEN_DATA_ROOT", default_data_root),
        ("BALLGEN_RUNS", runs_folder),
        ("BALLGEN_CHECKPOINTS", lambda: checkpoint_folders()[0]),
    ],
)
def test_a_place_in_the_environment_may_begin_at_home(variable, place, monkeypatch):
    monkeypatch.setenv(variable, "~/mine")
    assert place() == Path.home() / "mine"
    monkeypatch.setenv(variable, "~nobody-of-this-name/mine")
    with pytest.raises(InputError, match="home folder that is not known"):
        place()


def test_a_variable_that_is_empty_chooses_nothing(monkeypatch):
    monkeypatch.setenv("BALLGEN_RUNS", "")
    assert chosen_path("BALLGEN_RUNS") is None
