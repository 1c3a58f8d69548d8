"""Whether runs keep what they promise: python -m benchmarks.reliability_runs [--kills N]

Prints how many of N kills of a worker, of who started it, or of both lost anything; how long a stop
takes in each part of a training with a busy process beside; what a second command on the same
folder says; and how often a live run is shown as lost after steps of the clock, and from elsewhere.
Each is a function, for `benchmarks.reliability`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import psutil
import torch

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.runs import liveness
from ballgen.runs.control import delete, resume
from ballgen.runs.folder import RunFolder
from ballgen.runs.liveness import Machine, current_runs, own_process, this_machine
from ballgen.runs.registry import FINISHED, LOST, RUNNING, Registry, Run
from ballgen.util.paths import RUNS_VARIABLE
from tests.helpers.commands import finish, python, start_python
from tests.helpers.stopping import PARTS, catch, seconds_to_stop
from tests.helpers.tiny import tiny_recipe

KILLS_A_RUN = 6
EPOCHS = 60  # of 8 steps
PATIENCE_S = 600.0
LOADING = {"limit": 64, "test_limit": 64, "image_size": 16}
QUICK = ["--recipes", "vae", "--limit", "64", "--test-limit", "64", "--image-size", "16",
         "--set", "width=4", "--set", "discriminator_width=4",
         "--set", "batch_size=8", "--set", "priors=gaussian",
         "--set", "prior=gaussian"]  # fmt: skip
# What the dashboard's server does with a run: it starts it, and looks after it all the time.
SERVER = """
import json, sys, time
from ballgen.runs.control import resume, start
from ballgen.runs.liveness import current_runs
from ballgen.runs.registry import Registry
from tests.helpers.tiny import tiny_recipe

registry, run_id = Registry(), sys.argv[1]
if run_id:
    resume(registry, registry.get(run_id))
else:
    recipe = tiny_recipe("vae", epochs=int(sys.argv[2]), priors=("gaussian",), prior="gaussian")
    run_id = start(registry, recipe, loading=json.loads(sys.argv[3]), save_every=0.05).id
print(run_id, flush=True)
while True:
    current_runs(registry)
    time.sleep(0.2)
"""


@contextlib.contextmanager
def own_runs() -> Iterator[Registry]:
    """An empty registry in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, {RUNS_VARIABLE: folder}):
        yield Registry()


def kill_at_random(count: int, seed: int = 0) -> tuple[int, int]:
    """Kill workers, servers and both; how many kills, and how many runs lost anything by them."""
    chance, kills, lost, whole = random.Random(seed), 0, 0, None
    with own_runs() as registry:
        while whole is None or kills < count:
            # The first run is killed never: the others have to end as it did.
            left = 0 if whole is None else min(KILLS_A_RUN, count - kills)
            run_id = ""
            for number in range(left + 1):
                server = start_python("-c", SERVER, run_id, EPOCHS, json.dumps(LOADING))
                run_id = server.stdout.readline().strip()
                if number == left:
                    break
                time.sleep(chance.uniform(0.0, 8.0))
                run = registry.get(run_id)
                victims = chance.choice((["worker"], ["server"], ["worker", "server"]))
                process = own_process(run)
                if not run.active or process is None:
                    server.kill()
                    break
                kills += 1
                if "server" in victims:
                    server.kill()
                if "worker" in victims:
                    process.kill()
                    state = wait_for(registry, run_id, LOST, FINISHED)
                    lost += state not in (LOST, FINISHED)
                else:  # it has to outlive its server, and is ended for the next round
                    now = registry.get(run_id)
                    lost += now.active and own_process(now) is None
                    with contextlib.suppress(psutil.Error):
                        process.kill()
                    wait_for(registry, run_id, LOST, FINISHED)
                finish_quietly(server)
                if registry.get(run_id).state == FINISHED:
                    break
            state = wait_for(registry, run_id, FINISHED)
            server.kill()
            finish_quietly(server)
            run = registry.get(run_id)
            made = load_checkpoint(RunFolder(registry.folder, run).checkpoint) if state else None
            whole = whole or made
            lost += made is None or not is_same(made, whole)
            delete(registry, run)
            print(f"\r{kills} kills, {lost} lost", end="", file=sys.stderr, flush=True)
    return kills, lost


def is_same(one, other) -> bool:
    """Whether two checkpoints have the same weights, bit for bit."""
    states = one.model.state_dict(), other.model.state_dict()
    return all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def wait_for(registry: Registry, run_id: str, *states: str) -> str:
    """The state once it is one of these; "" if that takes too long."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        current_runs(registry)
        run = registry.get(run_id)
        if run.state in states:
            return run.state
        if run.state == LOST:
            resume(registry, run)
        time.sleep(0.1)
    return ""


def finish_quietly(process) -> None:
    process.kill()
    process.communicate()


@contextlib.contextmanager
def busy_process() -> Iterator[None]:
    """A process that keeps a core busy meanwhile."""
    busy = start_python("-c", "while True: pass")
    try:
        yield
    finally:
        finish_quietly(busy)


def stop_everywhere() -> dict[str, float]:
    """Seconds from SIGTERM to the end of the process, by command and part."""
    seconds = {}
    with tempfile.TemporaryDirectory() as folder, busy_process():
        for part in PARTS:
            out = Path(folder, part.replace(" ", "-"))
            arguments = ["train_all.py", *QUICK, "--out", out]
            arguments += ["--epochs", 400 if part == "training" else 2]
            if part == "between two renames":
                python(*arguments)
                arguments.append("--replace")
            seconds[f"train_all.py, {part}"] = seconds_to_stop(catch(part, *arguments))
        for part in PARTS:
            if part in ("comparison", "encoding", "between two renames"):
                continue
            with own_runs() as registry:
                epochs = 400 if part == "training" else 2
                recipe = tiny_recipe("vae", epochs=epochs, priors="gaussian", prior="gaussian")
                run = Run(id="vae-1", name="vae", recipe=recipe.to_dict(), loading=LOADING)
                registry.add(run)
                seconds[f"worker, {part}"] = seconds_to_stop(catch(part, "worker", run.id))
    return seconds


def two_commands() -> tuple[int, str]:
    """Exit status and words of a second command on the folder of one that trains."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["train_all.py", *QUICK, "--out", folder]
        first = catch("training", *arguments, "--epochs", 400)
        second = python(*arguments, "--epochs", 1, "--replace")
        first.send_signal(signal.SIGTERM)
        finish(first)
    return second.returncode, second.stderr.strip().replace(f"{folder}/", "")


def look_from_elsewhere(looks: int = 10) -> tuple[int, int]:
    """How often a live run was looked at, and how often it was shown as lost: after the clock was
    set, and from another container, after a restart and on another machine, with the clock set.
    """
    here, real, boot = this_machine(), time.time, psutil.boot_time()
    machines = {
        "here": here,
        "container": here._replace(host="container", container="pid:[1]"),
        "namesake": here._replace(boot="another"),
        "elsewhere": Machine("gpu-7", "another", "pid:[1]"),
    }
    seen = lost = 0
    with own_runs() as registry:
        server = start_python("-c", SERVER, "", 4000, json.dumps(LOADING))
        run_id = server.stdout.readline().strip()
        wait_for(registry, run_id, RUNNING)
        for name, machine in machines.items():
            for step in (-(10**7), -3600, 0, 3600, 10**7):
                patches = [
                    patch.object(liveness, "this_machine", lambda machine=machine: machine),
                    patch("time.time", lambda step=step: real() + step),
                    patch("psutil._pslinux.boot_time", lambda step=step: boot + step),
                ]
                if name in ("namesake", "elsewhere"):  # the worst case: locks are not seen there
                    patches.append(patch.object(liveness, "is_locked", lambda path: False))
                with contextlib.ExitStack() as stack:
                    for one in patches:
                        stack.enter_context(one)
                    for _ in range(looks):
                        (run,) = current_runs(registry)
                        seen += 1
                        lost += run.state == LOST
                        time.sleep(1.0)
        finish_quietly(server)
        delete(registry, registry.get(run_id))
    return seen, lost


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=300, metavar="N")
    args = parser.parse_args()
    seen, lost = look_from_elsewhere()
    print(f"a live run, looked at {seen} times from elsewhere or with the clock set: {lost} lost")
    status, words = two_commands()
    print(f"a second command on one folder: exit status {status}, {words}")
    for part, seconds in stop_everywhere().items():
        print(f"stop heard, {part}: {seconds:.1f} s")
    kills, lost = kill_at_random(args.kills)
    print(f"worker, server or both killed at random moments: {kills} kills, {lost} lost")


if __name__ == "__main__":
    main()
