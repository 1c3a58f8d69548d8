"""`python -m ballgen runs`, as people use it."""

from __future__ import annotations

from subprocess import CompletedProcess

from ballgen.runs.registry import FINISHED, RUNNING, STOPPED
from tests.commands import python
from tests.runs.conftest import wait_for, wait_for_step


def runs(*arguments: str) -> CompletedProcess:
    return python("-m", "ballgen", "runs", *arguments)


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
    assert "limit 64" in shown and "width          4 (usually 32)" in shown

    assert "goes on" in runs("resume", run.id).stdout
    wait_for(registry, run, RUNNING)


def test_a_wrong_run_is_one_line_and_status_2(registry, tiny_run):
    for arguments, words in (
        (("show", "nobody"), "no run 'nobody'"),
        (("stop",), "RUN"),
    ):
        done = runs(*arguments)
        assert done.returncode == 2
        assert words in done.stderr and len(done.stderr.splitlines()) == 1
    run = wait_for(registry, tiny_run(epochs=1), FINISHED)
    assert "only paused, stopped, failed, lost runs go on" in runs("resume", run.id).stderr
