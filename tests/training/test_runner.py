"""A training that ends by the clock ends its schedule in its time, on any machine."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
import torch

from ballgen.training.runner import UNPLANNED, Hooks, StageRunner
from ballgen.training.stages import plan_seconds, plan_steps, training_stage
from ballgen.training.state import TrainState, load_state
from ballgen.training.threads import Others, ThreadTuner
from tests.helpers.tiny import tiny_balls, tiny_model

TRAIN = tiny_balls(20)
SECONDS = 30.0


@pytest.fixture
def machine(monkeypatch):
    """A clock that goes on by what a step takes each time somebody looks at it."""

    class Machine:
        now, step = 0.0, 0.1  # s

        def look(self) -> float:
            self.now += self.step / 2  # a step and what follows it take two looks each
            return self.now

    machine = Machine()
    monkeypatch.setattr("ballgen.training.loop.time.perf_counter", machine.look)
    return machine


def begin(seconds: float, **changes) -> TrainState:
    model = tiny_model("vae", TRAIN, finetuning="none", **changes)
    return TrainState(
        model,
        plan_steps(model.recipe, UNPLANNED),
        stage_seconds=plan_seconds(model.recipe, seconds),
    )


def run(state: TrainState, folder, on_step=lambda state: None, **hooks) -> TrainState:
    runner = StageRunner(state, TRAIN, folder / "state", {"seed": 0}, 1e9, Hooks(on_step, **hooks))
    runner.run(training_stage(state.model))
    return state


@pytest.mark.parametrize("factor", (4, 1 / 2))
def test_on_a_machine_that_changes_it_takes_its_time_and_ends_its_schedule(
    factor, machine, tmp_path
):
    rates, progress = [], []

    def note(state):
        rates.append(state.optimizers["autoencoder"].param_groups[0]["lr"])
        progress.append(state.progress_of(0))
        if state.seconds > SECONDS / 3:
            machine.step = 0.1 * factor

    state = run(begin(SECONDS, schedule="cosine", warmup=0), tmp_path, note)
    assert SECONDS <= state.seconds < 1.02 * SECONDS
    assert state.finished and state.progress_of(0) == 1
    assert progress == sorted(progress) and rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.01 * rates[0]
    assert state.history[-1]["images"] == state.step // 3 * 20 + state.step % 3 * 8


def test_the_stages_share_the_time_as_they_share_the_steps():
    recipe = tiny_model("vae", TRAIN, share=0.25).recipe
    assert plan_seconds(recipe, 100) == [75, 25] and plan_steps(recipe, 100) == [75, 25]
    assert plan_seconds(tiny_model("gan", TRAIN).recipe, 100) == [100]


def test_a_stopped_one_goes_on_with_what_is_left_of_its_time(machine, tmp_path):
    stop = lambda: state.seconds >= SECONDS / 2  # noqa: E731
    state = begin(SECONDS)
    run(state, tmp_path, should_stop=stop)
    assert not state.finished and state.progress_of(0) == pytest.approx(0.5, abs=0.02)
    machine.step = 1.0  # it goes on on another machine
    model = tiny_model("vae", TRAIN, finetuning="none")
    state = load_state(tmp_path / "state", model, {"seed": 0})
    assert state.progress_of(0) == pytest.approx(0.5, abs=0.02)
    taken = state.step
    run(state, tmp_path)
    assert SECONDS <= state.seconds < SECONDS + 2
    assert state.step - taken == pytest.approx(SECONDS / 2, abs=3)


# --- threads -------------------------------------------------------------------------------------


@pytest.fixture
def threads(monkeypatch):
    """torch's number of threads, in name alone."""
    number = [2]
    monkeypatch.setattr(torch, "get_num_threads", lambda: number[0])
    monkeypatch.setattr(torch, "set_num_threads", lambda count: number.__setitem__(0, count))
    monkeypatch.setattr("psutil.cpu_count", lambda: 2)
    monkeypatch.setattr(Others, "cores", lambda self: 0.0)  # nothing that can be seen
    return number


def take_steps(tuner: ThreadTuner, threads: list[int], seconds: float, paces: dict) -> dict:
    """Steps for so many seconds, each as long as its number of threads makes it: {number: s}."""
    spent = dict.fromkeys(paces, 0.0)
    while sum(spent.values()) < seconds:
        pace = paces[threads[0]]
        spent[threads[0]] += pace
        tuner.after_step(pace)
    return spent


def test_beside_a_busy_process_one_thread_trains_on_and_all_come_back_after_it(threads):
    idle, busy = {2: 0.05, 1: 0.08}, {2: 0.3, 1: 0.08}
    tuner = ThreadTuner(threads[0])
    for _ in range(2):
        spent = take_steps(tuner, threads, 120, idle)
        assert spent[2] > 0.5 * 120 and threads == [2]
        spent = take_steps(tuner, threads, 120, busy)
        assert spent[1] > 0.8 * 120 and threads == [1]


def test_where_others_leave_one_core_no_step_is_tried_on_two(threads, monkeypatch):
    paces = {2: 10.0, 1: 0.1}
    monkeypatch.setattr(Others, "cores", lambda self: 0.95)
    tuner = ThreadTuner(2)
    assert take_steps(tuner, threads, 60, paces)[2] == 0
    monkeypatch.setattr(Others, "cores", lambda self: 0.1)
    take_steps(tuner, threads, 60, {2: 0.05, 1: 0.1})
    assert threads == [2]
    monkeypatch.setattr(Others, "cores", lambda self: 0.95)
    assert take_steps(tuner, threads, 60, paces)[2] == 10  # a single step, and then it knows


def test_a_process_beside_is_seen():
    others = Others()
    others.cores()
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            time.sleep(0.3)  # until it computes
            others.cores()
            time.sleep(0.5)
            assert others.cores() > 0.3  # of two cores that others may want, too
        finally:
            busy.kill()


def test_steps_of_uneven_length_cost_it_little(threads):
    chance = torch.Generator().manual_seed(0)
    tuner, spent = ThreadTuner(threads[0]), {1: 0.0, 2: 0.0}
    while sum(spent.values()) < 120:
        pace = {2: 0.01, 1: 0.02}[threads[0]] * float(1 + torch.rand((), generator=chance))
        spent[threads[0]] += pace
        tuner.after_step(pace)
    assert spent[2] > 0.9 * 120


def test_where_several_threads_are_hopeless_hardly_any_time_is_lost_on_them(threads):
    paces = {2: 10.0, 1: 0.1}
    tuner = ThreadTuner(2)
    assert take_steps(tuner, threads, 60, paces)[2] <= 10
    assert take_steps(tuner, threads, 1000, paces)[2] < 0.1 * 1000


def test_a_later_stage_may_have_all_threads_again(threads):
    threads[0] = 1  # as the stage before ended
    take_steps(ThreadTuner(2), threads, 60, {2: 0.05, 1: 0.08})
    assert threads == [2]


def test_where_there_is_one_thread_there_is_no_choice(threads):
    threads[0] = 1
    assert take_steps(ThreadTuner(threads[0]), threads, 60, {1: 0.1})[1] >= 60
