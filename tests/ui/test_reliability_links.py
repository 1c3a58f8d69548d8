"""Hostile links on a real server: no exception box, and hardly more memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from ballgen.ui.shell import ENTRIES
from benchmarks.reliability_links import PARAMETERS, hostile_links, links


def test_every_page_is_linked_to() -> None:
    assert set(PARAMETERS) == {entry.name for entry in ENTRIES}
    drawn = list(hostile_links(200))
    assert {page for page, _ in drawn} == set(PARAMETERS)
    assert drawn == list(hostile_links(200))  # always the same ones


@pytest.mark.slow
def test_hostile_links_show_no_exception(tiny_checkpoints: Path) -> None:
    figures = links(6, checkpoints=tiny_checkpoints)
    assert figures["boxes"] == 0
    assert figures["growth_mb"] < 200
