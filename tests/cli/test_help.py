"""Help and a mistyped flag answer at once."""

from __future__ import annotations

import pytest

from ballgen.cli import COMMANDS
from tests.helpers.commands import python

PARSE = """
import sys
from ballgen.__main__ import parse_arguments
try:
    parse_arguments(sys.argv[1:])
finally:
    print("torch" in sys.modules)
"""

OWN = [name for name, command in COMMANDS.items() if not command.passes_on]


@pytest.mark.parametrize("command", ["", *OWN])
def test_help_and_a_mistyped_flag_do_not_wait_for_torch(command):
    words = command.split()
    helped = python("-c", PARSE, *words, "--help")
    assert helped.returncode == 0, helped.stderr
    assert "usage: python -m ballgen" in helped.stdout
    assert helped.stdout.endswith("False\n")
    mistyped = python("-c", PARSE, *words, "--cuont", "3")
    assert (mistyped.returncode, mistyped.stdout) == (2, "False\n")
    (line,) = mistyped.stderr.splitlines()
    assert "--help" in line


def test_help_names_every_command():
    listed = python("-m", "ballgen", "--help").stdout
    for name, command in COMMANDS.items():
        assert name in listed and command.summary.split()[0] in listed


def test_what_follows_train_is_for_train_all():
    helped = python("-m", "ballgen", "train", "--help").stdout
    assert helped.startswith("usage: ballgen train ") and "--minutes" in helped
    mistyped = python("-m", "ballgen", "train", "--epohcs", "3")
    assert (mistyped.returncode, mistyped.stderr.count("\n")) == (2, 1)
    assert "ballgen train --help" in mistyped.stderr


def test_what_follows_dashboard_is_for_streamlit():
    helped = python("-m", "ballgen", "dashboard", "--help").stdout
    assert "streamlit run" in helped and "--server.port" in helped
