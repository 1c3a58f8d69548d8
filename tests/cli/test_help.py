"""Help and a mistyped flag answer at once."""

from __future__ import annotations

import json

from ballgen.cli import COMMANDS
from tests.helpers.commands import call, python

# Each command line in turn, in one process: what one imports, the later ones have as well.
PARSE = """
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from ballgen.__main__ import parse_arguments

for words in json.loads(sys.argv[1]):
    out, err, status = StringIO(), StringIO(), None
    with redirect_stdout(out), redirect_stderr(err):
        try:
            parse_arguments(words)
        except SystemExit as end:
            status = end.code
    print(json.dumps([status, out.getvalue(), err.getvalue(), "torch" in sys.modules]))
import ballgen.runs.control
print(json.dumps("torch" in sys.modules))
"""

PASS_ON = ("dashboard", "train")  # start another program
OWN = [name for name in COMMANDS if name not in PASS_ON]


def test_help_a_mistyped_flag_and_what_stops_runs_do_not_wait_for_torch():
    starts = [[], *([name] for name in OWN)]
    lines = [[*start, *flags] for start in starts for flags in (["--help"], ["--cuont", "3"])]
    done = python("-c", PARSE, json.dumps(lines))
    assert done.returncode == 0, done.stderr
    *answers, torch = map(json.loads, done.stdout.splitlines())
    assert not torch, "ballgen.runs.control imports it"
    for words, (status, out, err, torch) in zip(lines, answers, strict=True):
        assert not torch, words
        if words[-1] == "--help":
            assert (status, err) == (0, "") and "usage: python -m ballgen" in out, words
        else:
            assert (status, out) == (2, ""), words
            (line,) = err.splitlines()
            assert "--help" in line


def test_help_names_every_command():
    listed = call("-m", "ballgen", "--help").stdout
    for name, summary in COMMANDS.items():
        assert name in listed and summary.split()[0] in listed


def test_what_follows_train_is_for_train_all():
    helped = call("-m", "ballgen", "train", "--help").stdout
    assert helped.startswith("usage: ballgen train ") and "--minutes" in helped
    mistyped = call("-m", "ballgen", "train", "--epohcs", "3")
    assert (mistyped.returncode, mistyped.stderr.count("\n")) == (2, 1)
    assert "ballgen train --help" in mistyped.stderr


def test_what_follows_dashboard_is_for_streamlit():
    helped = call("-m", "ballgen", "dashboard", "--help").stdout
    assert "streamlit run" in helped and "--server.port" in helped
