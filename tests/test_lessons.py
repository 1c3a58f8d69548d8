"""The lessons lead to pages and settings that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from benchmarks.reliability_links import PARAMETERS

LESSONS = sorted((Path(__file__).parents[1] / "docs" / "lessons").glob("*.md"))
FREE = {"new_name"}  # whatever somebody likes


def test_there_are_lessons():
    assert len(LESSONS) == 3


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_every_link_leads_to_a_page_in_a_state_that_it_knows(lesson: Path):
    links = re.findall(r"\((http://localhost:8501/[^)\s]*)\)", lesson.read_text())
    assert len(links) > 3
    for link in map(urlsplit, links):
        known = PARAMETERS[link.path.removeprefix("/")]
        for name, value in parse_qsl(link.query, strict_parsing=True):
            fits = name in FREE or value in known[name] or re.fullmatch(r"[\d.]+", value)
            assert fits, f"{name}={value}"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_files_that_it_names_are_there(lesson: Path):
    for place in re.findall(r"\]\((?!http)([^)#]+)", lesson.read_text()):
        assert (lesson.parent / place).exists(), place


def code(name: str) -> list[str]:
    """The source of each code cell of a notebook."""
    text = (LESSONS[0].parent / name).read_text(encoding="utf-8")
    cells = json.loads(text)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.slow
def test_the_solution_runs_and_finds_what_the_lessons_say():
    found: dict = {}
    for cell in code("random-latents-solution.ipynb"):
        fewer = cell.replace("1000", "300").replace("500", "150")  # images
        exec(compile(fewer, "notebook", "exec"), found)
    assert found["sse"] < 2
    assert found["far"].median() > 1.5 * found["held_out"].median()
    assert found["line"].shape == (12, found["model"].latent_dim)


def test_the_students_notebook_is_the_solution_with_gaps():
    for ours, theirs in zip(
        code("random-latents-solution.ipynb"), code("random-latents.ipynb"), strict=True
    ):
        lines = iter(ours.splitlines())
        for line in theirs.splitlines():
            if line != "...":
                assert line in lines  # in their order: some of the solution's are left out
        assert ("# YOUR TURN" in ours) == ("..." in theirs.splitlines())
