"""Which arithmetic a run computes in: what the processor is made for, and what was recorded."""

from __future__ import annotations

import pytest

from ballgen.experiment import Data, Experiment
from ballgen.training.runner import Hooks
from ballgen.training.state import TrainState
from tests.helpers.tiny import tiny_balls, tiny_recipe


@pytest.fixture
def processor(monkeypatch):
    """Say what this machine's processor is good at."""

    def be(*units: str) -> None:
        monkeypatch.setattr("torch.cpu.get_capabilities", lambda: dict.fromkeys(units, True))
        monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda **_: bool(units))

    return be


def experiment(out, precision: str, **settings) -> Experiment:
    recipe = tiny_recipe("ae", precision=precision, finetuning="none", priors=(), scores="fast")
    return Experiment(recipe, Data("balls", tiny_balls(), tiny_balls(30, "test")), out, **settings)


def begin(begun: Experiment) -> TrainState:
    """The training after its first step."""
    found: list[TrainState] = []
    begun.run(Hooks(found.append, should_stop=lambda: True))
    return found[0]


@pytest.mark.parametrize("unit", ("avx512_bf16", "amx_bf16", "bf16"))
def test_auto_is_bfloat16_where_the_processor_has_units_for_it_and_nowhere_else(
    unit, tmp_path, processor
):
    processor(unit)
    assert begin(experiment(tmp_path / "able", "auto")).precision == "bf16"
    processor("avx2")
    assert begin(experiment(tmp_path / "unable", "auto")).precision == "fp32"


@pytest.mark.parametrize("precision", ("fp32", "bf16"))
def test_whoever_names_a_precision_gets_it(precision, tmp_path, processor):
    processor(*["amx_bf16"] * (precision == "fp32"))
    assert begin(experiment(tmp_path, precision)).precision == precision


def test_a_run_goes_on_in_its_precision_on_another_processor(tmp_path, processor):
    processor("avx512_bf16")
    begin(experiment(tmp_path, "auto"))
    processor()
    assert experiment(tmp_path, "auto", resume=True).run().record["precision"] == "bf16"
