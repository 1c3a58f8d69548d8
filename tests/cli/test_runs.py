"""`python -m ballgen runs`, in this process."""

from __future__ import annotations

from argparse import Namespace
from subprocess import CompletedProcess

import pytest

from ballgen.cli.runs import list_runs, show_run
from ballgen.errors import InputError
from ballgen.runs.folder import RunFolder
from ballgen.runs.registry import FINISHED, RUNNING, STOPPED, Run
from tests.helpers.commands import call
from tests.helpers.runs import wait_for, wait_for_step
from tests.helpers.tiny import tiny_recipe

pytestmark = pytest.mark.slow  # minutes, or processes of their own


def runs(*arguments: str) -> CompletedProcess:
    return call("-m", "ballgen", "runs", *arguments)


EPOCHS = 100_000  # no machine is so fast that such a run ends before it is stopped


def test_list_show_stop_resume(registry, tiny_run):
    assert "No run yet" in runs("list").stdout
    run = tiny_run(epochs=EPOCHS, name="mine")
    wait_for(registry, run, RUNNING)
    wait_for_step(registry, run, 8)
    stopped = runs("stop", "mine")
    assert stopped.returncode == 0 and f"{run.id} is stopped" in stopped.stdout, stopped.stderr
    assert registry.get(run.id).state == STOPPED

    listed = runs("list").stdout
    assert (
        run.id in listed and "stopped" in listed and f"of {EPOCHS}" in listed and "mine" in listed
    )
    shown = runs("show", run.id[:5]).stdout
    assert "limit 64" in shown and "network.width  4 (default 32)" in shown

    assert "goes on" in runs("resume", run.id).stdout
    wait_for(registry, run, RUNNING)


def test_a_wrong_run_is_one_line_and_status_2(registry, ended_run):
    for arguments, words in (
        (("show", "nobody"), "no run 'nobody'"),
        (("stop",), "RUN"),
    ):
        done = runs(*arguments)
        assert done.returncode == 2
        assert words in done.stderr and len(done.stderr.splitlines()) == 1
    registry.change(ended_run, state=FINISHED)
    assert "only stopped, failed, lost runs go on" in runs("resume", "mine").stderr


@pytest.fixture
def ended_run(registry):
    """A stopped run of which somebody kept no more than its line in the list."""
    recipe = tiny_recipe("ae").to_dict()
    return registry.add(Run(id="ae-1", name="mine", recipe=recipe, state=STOPPED))


@pytest.mark.parametrize("content", ["", '{"step": 3, "st', "[1]", "null", None])
def test_a_run_of_unreadable_progress_is_listed_without_it(registry, ended_run, content, capsys):
    file = RunFolder(registry.folder, ended_run).progress_file
    file.parent.mkdir()
    if content is None:
        file.mkdir()
    else:
        file.write_text(content)
    list_runs(Namespace())
    assert capsys.readouterr().out.split() == ["ae-1", "stopped", "mine"]


def test_a_run_whose_recipe_has_no_name_is_listed_and_shown(registry, capsys):
    recipe = {"family": "ae", "training": {"epochs": 7}}
    registry.add(Run(id="ae-1", name="mine", recipe=recipe, state=STOPPED))
    list_runs(Namespace())
    show_run(Namespace(run="mine"))
    assert "training.epochs 7 (default 15)" in capsys.readouterr().out


def test_a_run_of_a_newer_recipe_names_itself_and_the_remedy(registry, ended_run):
    registry.change(ended_run, recipe=ended_run.recipe | {"future_field": 1})
    with pytest.raises(
        InputError,
        match=r"run ae-1 in .*ae-1 was started by ballgen .*, and this is .*future_field",
    ):
        show_run(Namespace(run="mine"))


def test_damaged_lines_of_the_history_are_passed_over(registry, ended_run):
    folder = RunFolder(registry.folder, ended_run)
    folder.write_history([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.4}])
    with folder.history_file.open("ab") as file:
        file.write(b'[3]\n{"loss": 0.3}\n\xff\n\n{"epoch": 3, "lo')
    assert folder.history() == [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.4}]
