"""Two processes, as `torchrun` starts them, are one run: they average gradients by gloo."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from ballgen.training.distributed import get_accelerator, share
from ballgen.training.state import load_state
from tests.helpers.commands import ROOT, python
from tests.helpers.tiny import tiny_balls, tiny_model
from tests.helpers.training import train

pytestmark = pytest.mark.slow  # minutes, or processes of their own

# 9 images in batches of 4: the last batch has one image for two processes.
CASES = [("ae", 20, 8), ("vae", 20, 8), ("gan", 20, 8), ("ae", 9, 4)]

# It learns next to nothing, so that a mean over some images is what the last weights give.
STILL = {"learning_rate": 1e-9, "ema_decay": 0.0, "finetuning": "none", "code_weight": 0.0}
STILL |= {"reconstruction": "mse", "shuffle": False, "shift": 0, "priors": ()}

SCRIPT = f"""
import os
import sys
from pathlib import Path
from unittest.mock import patch
import torch
from accelerate.utils import gather
from ballgen.experiment import Data, Experiment
from ballgen.training.distributed import get_accelerator
from ballgen.training.runner import Hooks
from ballgen.training.state import save_state
from tests.helpers.tiny import tiny_balls, tiny_model, tiny_recipe
from tests.helpers.training import begin, train

out, still = Path(sys.argv[1]), {STILL!r}
balls = tiny_balls(20)
data = Data("balls", balls, tiny_balls(8, "test"))
accelerator = get_accelerator()
assert accelerator.num_processes == 2

class Enough(Exception):
    pass

def in_step():
    for name, count, batch_size in {CASES}:
        images = tiny_balls(count)
        finetuning = {{}} if name == "gan" else {{"share": 0.5}}
        model = tiny_model(name, images, ema_decay=0.5, batch_size=batch_size, **finetuning)
        state = train(begin(model, 6), images)
        flat = torch.cat([p.detach().flatten() for p in model.parameters()])
        first, second = gather(flat[None])
        assert torch.equal(first, second), f"{{name}}: the processes drifted apart"
        if accelerator.is_main_process:
            print(name, count, [(row["epoch"], row["images"]) for row in state.history])

def by_the_clock():
    def look(state):
        assert state.precision == "fp32"
        seen = balls.images()[:8]  # time was up after the first step
        error = (state.model.reconstruct(seen) - seen).square().mean().item()
        (row,) = state.history
        assert row["images"] == 8
        assert abs(row["mse"] / error - 1) < 1e-3, (row["mse"], error)
        raise Enough

    # Had each its own machine, the second one could do more; they compute alike all the same.
    own = {{"amx_bf16": not accelerator.is_main_process}}
    recipe = tiny_recipe("ae", **still | {{"precision": "auto"}})
    try:
        with patch("torch.cpu.get_capabilities", lambda: own):
            Experiment(recipe, data, out, minutes=1e-9).run(Hooks(look))
    except Enough:
        return
    raise AssertionError("nobody looked")

def run(folder, end, **settings):
    found = []

    def look(state):
        found[:] = [state]
        if state.step == 3:
            raise Enough  # the first epoch is done

    recipe = tiny_recipe("ae", **still | {{"learning_rate": 1e-3}})
    begun = Experiment(recipe, data, out / folder, **settings)
    try:
        begun.run(Hooks(look, should_stop=lambda: found[0].step == end))
    except Enough:
        pass
    return found[0]

def resumed():
    (whole,) = run("whole", 3).history
    run("parts", 2)
    accelerator.wait_for_everyone()
    (row,) = run("parts", 3, resume=True).history
    assert whole | {{"seconds": 0}} == row | {{"seconds": 0}}, (whole, row)
    first, second = gather(torch.tensor([row["val_loss"]], dtype=torch.float64))
    assert first == second and row["best_epoch"] == 1

def best_weights():
    # Fine-tuning starts after five steps, and here from the weights after the third.
    def worse(state):
        if state.step in (3, 5):
            with torch.no_grad():
                [*state.result.parameters()][-1].add_(1.0)
        flat = torch.cat([p.detach().flatten() for p in state.result.parameters()])
        first, second = gather(flat[None])
        assert torch.equal(first, second)
        seen.append((state.step, flat.abs().sum().item()))

    seen = []
    changes = {{k: v for k, v in still.items() if k != "finetuning"}}
    changes |= {{"decoder_learning_rate": 1e-9, "keep_best": True, "scores": "fast"}}
    recipe = tiny_recipe("ae", **changes)
    checkpoint = Experiment(recipe, data, out / "best").run(Hooks(worse))
    before = dict(seen)
    assert abs(before[6] - before[2]) < 1e-3 < abs(before[5] - before[2]), before
    assert bool(checkpoint) == accelerator.is_main_process

def alone_after_two():
    state = begin(tiny_model("ae", balls, **still), 3)
    train(state, balls, lambda state: state.step < 2)
    save_state(out / "state", state, {{"seed": 0}})

for part in (in_step, by_the_clock, resumed, best_weights, alone_after_two):
    part()
    accelerator.wait_for_everyone()
    print(end="", flush=True)
    os.write(1, f"done: {{part.__name__}}\\n".encode())  # in one piece: the other writes, too
os._exit(0)  # gloo's threads sometimes abort while an interpreter shuts down
"""


class Ran(NamedTuple):
    """What two processes printed, and the folder that they wrote to."""

    printed: str
    folder: Path

    def check(self, part: str) -> None:
        """Both came to the end of this part of the script."""
        assert self.printed.count(f"done: {part}\n") == 2, self.printed[-3000:]


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> Ran:
    """The script, run once by two processes on a machine without a GPU."""
    folder = tmp_path_factory.mktemp("two")
    file = folder / "two.py"
    file.write_text(SCRIPT)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = python(
        "-m", "torch.distributed.run",
        "--nproc-per-node=2", "--master-addr=127.0.0.1", f"--master-port={port}",
        file, folder,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            "CUDA_VISIBLE_DEVICES": "",  # two processes cannot share one GPU
        },
    )  # fmt: skip
    return Ran(f"{done.stdout}\n{done.stderr}", folder)


def test_two_processes_stay_in_step(two):
    two.check("in_step")
    for name, count, _ in CASES:
        assert f"{name} {count} [(1, {count}), (2, {2 * count})]" in two.printed


@pytest.mark.parametrize(("count", "world"), [(8, 1), (8, 2), (7, 2), (3, 4), (1, 3)])
def test_shares_are_equal_and_leave_no_image_out(count, world):
    rows = torch.arange(count) + 5
    shares = [share(rows, rank, world) for rank in range(world)]
    assert {len(own) for own in shares} == {-(-count // world)}
    assert set(torch.cat(shares).tolist()) == set(rows.tolist())


def test_the_last_row_of_a_run_that_the_clock_ends_is_that_of_all_processes(two):
    two.check("by_the_clock")


def test_two_processes_go_on_with_the_totals_that_each_had(two):
    two.check("resumed")


def test_two_processes_agree_on_the_best_weights(two):
    two.check("best_weights")


def test_one_process_goes_on_with_the_totals_of_two(two):
    two.check("alone_after_two")
    balls = tiny_balls(20)
    model = tiny_model("ae", balls, **STILL)
    resumed = train(load_state(two.folder / "state", model, {"seed": 0}), balls)
    error = (model.reconstruct(balls.images()) - balls.images()).square().mean().item()
    assert resumed.history[0]["mse"] == pytest.approx(error, rel=1e-3)


@pytest.mark.parametrize(
    ("kind", "processes", "cpu"),
    [(None, 1, True), (None, 2, True), ("cuda", 1, False), ("cuda", 2, False), ("mps", 1, False),
     ("mps", 2, True)],
)  # fmt: skip
def test_the_cpu_is_asked_for_only_where_nothing_better_can_do_it(
    kind, processes, cpu, monkeypatch
):
    device = kind and torch.device(kind)
    monkeypatch.setattr("torch.accelerator.current_accelerator", lambda **_: device)
    monkeypatch.setattr("ballgen.training.distributed.Accelerator", lambda **settings: settings)
    monkeypatch.setenv("WORLD_SIZE", str(processes))
    assert get_accelerator()["cpu"] is cpu
