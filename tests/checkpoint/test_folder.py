from __future__ import annotations

import json
import pickle

import pytest
import torch
from safetensors.torch import load_file

import ballgen
from ballgen.checkpoint.folder import (
    HISTORY,
    MODEL,
    PRIORS_FILE,
    RECORD,
    SAMPLES,
    SCORES,
    load_checkpoint,
    load_model,
    round_to_half,
    save_checkpoint,
)
from ballgen.errors import InputError
from ballgen.models import Model
from tests.helpers.finished import rewrite
from tests.helpers.tiny import fit_own_priors, tiny_balls, tiny_model

RECORDED = {
    "data": {"source": "sportballs", "limit": None, "digest": "d", "train_images": 24,
             "test_images": 8, "test_digest": "t"},
    "seed": 3, "minutes": None, "epochs": 2, "images": 48, "seconds": 0.1, "precision": "fp32",
    "parameters": 9, "versions": {"ballgen": ballgen.__version__},
}  # fmt: skip


@pytest.fixture
def model() -> Model:
    balls = tiny_balls(24)
    model = tiny_model("vae", balls, priors=("gaussian", "class-gaussian"))
    fit_own_priors(model, balls)
    return model.eval()


def save(folder, model: Model, half: bool = False, scores: dict | None = None) -> None:
    history = [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]
    scores = scores or {"mse": 0.1}
    save_checkpoint(folder, model, RECORDED, history, scores, b"png", "# card", half)


def test_everything_comes_back(tmp_path, model):
    save(tmp_path / "vae", model)
    found = load_checkpoint(tmp_path / "vae")
    assert found.record["seed"] == 3
    assert [row["loss"] for row in found.history] == [0.5, 0.25]
    assert found.scores == {"mse": 0.1}
    assert found.model.recipe == model.recipe
    assert found.model.class_names == model.class_names
    for prior in model.priors:
        assert torch.equal(found.model.sample(4, 1, prior), model.sample(4, 1, prior)), prior


def test_priors_come_back_in_one_order(tmp_path, model):
    save(tmp_path / "vae", model)
    for _ in range(8):  # the file's own order differs from one reading to the next
        found = load_checkpoint(tmp_path / "vae").model
        assert list(found.priors) == ["normal", "gaussian", "class-gaussian"]


def test_half_precision_is_half_the_size_and_what_was_scored(tmp_path, model):
    save(tmp_path / "full", model)
    round_to_half(model)
    save(tmp_path / "half", model, half=True)
    sizes = [(tmp_path / name / MODEL).stat().st_size for name in ("half", "full")]
    assert sizes[0] < 0.65 * sizes[1]
    again = load_model(tmp_path / "half")
    for prior in model.priors:
        assert torch.equal(again.sample(4, 1, prior), model.sample(4, 1, prior)), prior


def test_the_half_of_a_triangular_matrix_that_is_zero_is_not_stored(tmp_path, model):
    save(tmp_path / "vae", model)
    stored = load_file(tmp_path / "vae" / PRIORS_FILE)["class-gaussian.scale_trils"]
    assert stored.shape[1:] == (model.latent_dim * (model.latent_dim + 1) // 2,)
    found = load_model(tmp_path / "vae").priors["class-gaussian"].scale_trils
    assert torch.equal(found, model.priors["class-gaussian"].scale_trils)


@pytest.mark.parametrize("priors", [("mixture", "flow"), ("flow",)])
def test_a_mixture_that_the_flow_holds_is_stored_once(tmp_path, priors):
    balls = tiny_balls(24)
    model = tiny_model("vae", balls, priors=priors)
    fit_own_priors(model, balls)
    save(tmp_path / "vae", model)
    stored = load_file(tmp_path / "vae" / PRIORS_FILE)
    assert len([key for key in stored if key.endswith("scale_trils")]) == 1
    again = load_model(tmp_path / "vae")
    for prior in priors:
        assert torch.equal(again.sample(4, 1, prior), model.sample(4, 1, prior)), prior


@pytest.mark.parametrize("name", [RECORD, MODEL, PRIORS_FILE, HISTORY, SCORES, SAMPLES])
def test_one_flipped_bit_anywhere_is_found_and_named(tmp_path, model, name):
    save(tmp_path / "vae", model)
    path = tmp_path / "vae" / name
    content = path.read_bytes()
    for position in {0, len(content) // 2, len(content) - 2}:
        path.write_bytes(
            content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :]
        )
        with pytest.raises(InputError, match=name):
            load_checkpoint(tmp_path / "vae")


def test_a_pickle_is_refused_and_never_run(tmp_path, model):
    save(tmp_path / "vae", model)
    trap = tmp_path / "trap"

    class Bomb:
        def __reduce__(self):
            return (open, (str(trap), "w"))

    (tmp_path / "vae" / MODEL).write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(InputError, match=MODEL):
        load_checkpoint(tmp_path / "vae")
    assert not trap.exists()


def test_a_pickle_with_a_forged_digest_is_refused_too(tmp_path, model):
    from ballgen.checkpoint.folder import json_bytes, record_digest, sha256

    save(tmp_path / "vae", model)
    content = pickle.dumps({"weights": [1, 2, 3]})
    (tmp_path / "vae" / MODEL).write_bytes(content)
    record = json.loads((tmp_path / "vae" / RECORD).read_text())
    record.pop("digest")
    record["digests"][MODEL] = sha256(content)
    (tmp_path / "vae" / RECORD).write_bytes(json_bytes(record | {"digest": record_digest(record)}))
    with pytest.raises(InputError, match=r"model\.safetensors is no safetensors file"):
        load_checkpoint(tmp_path / "vae")


@pytest.mark.parametrize("name", [RECORD, MODEL, SCORES])
def test_a_missing_file_is_named(tmp_path, model, name):
    save(tmp_path / "vae", model)
    (tmp_path / "vae" / name).unlink()
    with pytest.raises(InputError, match=name):
        load_checkpoint(tmp_path / "vae")


def test_no_folder_says_how_to_get_one(tmp_path):
    with pytest.raises(InputError, match=r"no checkpoint at .*nowhere.*train_all\.py"):
        load_model(tmp_path / "nowhere")


def test_a_name_that_no_disk_takes_is_told(tmp_path):
    with pytest.raises(InputError, match="give a shorter name"):
        load_model(tmp_path / ("x" * 300))


def test_a_folder_of_checkpoints_names_them(tmp_path, model):
    for name in ("vae", "other"):
        save(tmp_path / name, model)
    with pytest.raises(InputError, match=r"it has no recipe\.json; those in it are other, vae"):
        load_model(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", '{"digest": 1}', "\x00\x01"])
def test_a_broken_record_is_named(tmp_path, model, text):
    save(tmp_path / "vae", model)
    (tmp_path / "vae" / RECORD).write_text(text)
    with pytest.raises(InputError, match=RECORD):
        load_checkpoint(tmp_path / "vae")


def test_a_checkpoint_whose_own_prior_was_never_fitted_is_told(tmp_path, model):
    folder = tmp_path / "vae"
    save(folder, model)
    rewrite(folder, lambda record: record["recipe"]["sampling"].update(prior="flow", priors=[]))
    told = r"vae.recipe\.json .*cannot be used \(sampling\.prior flow is not among .*train it again"
    with pytest.raises(InputError, match=told):
        load_model(folder)


@pytest.mark.parametrize("recipe", [None, [], {"family": []}])
def test_a_record_without_a_recipe_is_named(tmp_path, model, recipe):
    save(tmp_path / "vae", model)
    rewrite(tmp_path / "vae", lambda record: record.update(recipe=recipe))
    with pytest.raises(InputError, match=r"recipe\.json .*\(unknown family"):
        load_checkpoint(tmp_path / "vae")


def test_a_recipe_larger_than_its_weights_takes_no_memory(tmp_path, model):
    save(tmp_path / "vae", model)
    rewrite(tmp_path / "vae", lambda record: record["recipe"]["network"].update(width=1_000_000))
    with pytest.raises(InputError, match=r"has shape \(.*\), not \(.*\)\): train it again"):
        load_checkpoint(tmp_path / "vae")


def test_a_failed_save_leaves_the_old_checkpoint(tmp_path, model):
    save(tmp_path / "vae", model)
    with pytest.raises(TypeError):
        save(tmp_path / "vae", model, scores={"mse": object()})
    assert load_checkpoint(tmp_path / "vae").scores == {"mse": 0.1}
    save(tmp_path / "vae", model, scores={"mse": 0.2})
    assert load_checkpoint(tmp_path / "vae").scores == {"mse": 0.2}
    assert [path.name for path in tmp_path.iterdir()] == ["vae"]


def test_a_replacement_cut_off_between_its_renames_is_mended(tmp_path, model):
    save(tmp_path / "vae", model)
    (tmp_path / "vae").rename(tmp_path / ".vae.old")
    assert load_checkpoint(tmp_path / "vae").scores == {"mse": 0.1}
