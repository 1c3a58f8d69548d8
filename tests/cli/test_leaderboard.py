"""`python -m ballgen leaderboard`: the rows' names, and the table's place in a text."""

from __future__ import annotations

import pytest

from ballgen.__main__ import parse_arguments
from ballgen.cli.leaderboard import END, START, _named, _with_table, run
from ballgen.errors import InputError

pytestmark = pytest.mark.slow  # minutes, or processes of their own


def test_rows_of_one_name_are_told_apart_by_their_paths():
    assert list(_named(["a/vae", "a/gan/", "b/vae", "a/vae/"])) == ["a/vae", "gan", "b/vae"]


def test_a_table_goes_between_its_marks_and_nowhere_else(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    page = tmp_path / "page.md"
    page.write_bytes(f"before\r\n{START}\r\nold\r\n{END}\r\nafter\n".encode())
    line = [
        "leaderboard",
        "checkpoints/ae",
        "--data",
        "sportballs",
        "--limit",
        "40",
        "--seeds",
        "1",
    ]
    run(parse_arguments([*line, "--write", "~/page.md"]))
    text = page.read_bytes().decode()
    assert text.startswith(f"before\r\n{START}\r\n| model")
    assert text.endswith(f"|\r\n{END}\r\nafter\n")
    assert "\nold\r" not in text and "\n| ae" in text


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_of_a_table_end_as_those_around_it(end):
    text = _with_table(end.join(["before", START, "old", END, "after"]), "| a |\n| b |")
    assert text == end.join(["before", START, "| a |", "| b |", END, "after"])


@pytest.mark.parametrize("content", (None, "no mark", f"{END} {START}"))
def test_a_text_without_a_place_is_found_out_before_anything_is_measured(content, tmp_path):
    page = tmp_path / "page.md"
    if content is not None:
        page.write_text(content)
    arguments = parse_arguments(
        ["leaderboard", "nowhere", "--data", "sportballs", "--write", str(page)]
    )
    with pytest.raises(InputError, match="--write"):
        run(arguments)
