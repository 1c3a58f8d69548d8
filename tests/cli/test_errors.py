from __future__ import annotations

import warnings
from pathlib import Path

import pytest

import ballgen
from ballgen.cli.arguments import run_command

OURS = Path(ballgen.__file__).parent


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        (OURS / "data" / "sources.py", True),
        (OURS.parent / ".venv" / "lib" / "torch" / "nn.py", False),
        (Path("/home/me/ballgen/.venv/lib/torch/nn.py"), False),
        (OURS.with_name("ballgen-tools") / "more.py", False),
    ],
)
def test_warnings_are_shown_by_who_wrote_the_line(place, shown, monkeypatch, capsys):
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # put back afterwards
    with pytest.raises(SystemExit):
        run_command(lambda: warnings.showwarning("mind it", UserWarning, str(place), 1))
    assert capsys.readouterr().err == ("ballgen: mind it\n" if shown else "")
