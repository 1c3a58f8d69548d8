"""Each family trains on two processes as `torchrun` starts them, averaging gradients by gloo."""

from __future__ import annotations

import socket

import pytest

from tests.helpers.commands import ROOT, python

SCRIPT = """
import os
import sys
import torch
from accelerate.utils import gather
from ballgen.training.loop import Training, start_accelerator, train
from tests.helpers.tiny import tiny_balls, tiny_model

accelerator = start_accelerator()
assert accelerator.num_processes == 2
balls = tiny_balls(20)
model = tiny_model(sys.argv[1], balls, ema_decay=0.5, polish=0.5)
training = train(Training(model, steps=6), balls)
flat = torch.cat([p.detach().flatten() for p in model.parameters()])
first, second = gather(flat[None])
assert torch.equal(first, second), "the processes drifted apart"
if accelerator.is_main_process:
    print("rows", [(row["epoch"], row["images"]) for row in training.history])
    print("loss", training.history[-1]["loss"])
accelerator.wait_for_everyone()
sys.stdout.flush()
os._exit(0)  # gloo's threads sometimes abort while an interpreter shuts down
"""


@pytest.mark.parametrize("name", ["ae", "vae", "gan"])
def test_two_processes_stay_in_step(name, tmp_path):
    script = tmp_path / "train_two.py"
    script.write_text(SCRIPT)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = python(
        "-m", "torch.distributed.run",
        "--nproc-per-node=2", "--master-addr=127.0.0.1", f"--master-port={port}",
        script, name,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            "ACCELERATE_USE_CPU": "1",
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "rows [(1, 20), (2, 40)]" in done.stdout
