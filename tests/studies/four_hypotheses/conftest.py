from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.runs import registry

__all__ = ["registry"]


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the study's table is to be; it is not there yet."""
    path = tmp_path / "study.csv"
    monkeypatch.setenv("BALLGEN_STUDY", str(path))
    return path
