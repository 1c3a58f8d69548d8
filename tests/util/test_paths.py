from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ballgen.errors import InputError
from ballgen.util.paths import cache_folder


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the folders of Linux")
def test_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("BALLGEN_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "ballgen"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "ballgen"
    monkeypatch.setenv("BALLGEN_CACHE", "~/own")
    assert cache_folder() == tmp_path / "own"
    monkeypatch.setenv("BALLGEN_CACHE", "~nobody-of-this-name/own")
    with pytest.raises(InputError, match="home folder that is not known"):
        cache_folder()
