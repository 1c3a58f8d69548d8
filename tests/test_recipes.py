from __future__ import annotations

import json
import math
import re

import pytest

from ballgen.errors import InputError
from ballgen.models import FAMILIES, build_model
from ballgen.priors import PRIORS
from ballgen.recipes import (
    FITTED_PRIORS,
    RECIPE_TYPES,
    RECIPES,
    AutoencoderRecipe,
    Recipe,
    ResidualNetwork,
    get_recipe,
)
from ballgen.util.settings import settings


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_survives_json(name):
    recipe = get_recipe(name)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_every_family_has_a_recipe_type_and_a_model():
    assert RECIPE_TYPES.keys() == FAMILIES.keys()


def test_the_reports_networks_have_the_reports_layers():
    def linear_sizes(model):
        return [
            (m.in_features, m.out_features) for m in model.modules() if type(m).__name__ == "Linear"
        ]

    ae = build_model(get_recipe("lab4-ae"), (1, 28, 28))
    assert linear_sizes(ae) == [
        (784, 128), (128, 64), (64, 12), (12, 3), (3, 12), (12, 64), (64, 128), (128, 784),
    ]  # fmt: skip
    vae = build_model(get_recipe("lab4-vae"), (1, 28, 28))
    assert linear_sizes(vae) == [
        (784, 512), (512, 256), (256, 128), (128, 4), (2, 128), (128, 256), (256, 512), (512, 784),
    ]  # fmt: skip
    gan = build_model(get_recipe("lab4-gan"), (3, 64, 64))
    convolutions = [
        (m.in_channels, m.out_channels, m.kernel_size[0])
        for m in gan.modules()
        if "Conv" in type(m).__name__
    ]
    assert convolutions == [
        (128, 512, 4), (512, 256, 4), (256, 128, 4), (128, 64, 4), (64, 3, 4),
        (3, 64, 4), (64, 128, 4), (128, 256, 4), (256, 512, 4), (512, 1, 4),
    ]  # fmt: skip


def test_every_prior_can_be_asked_for():
    assert ("normal", *FITTED_PRIORS) == tuple(PRIORS)


def test_changes_are_read_as_the_settings_type():
    changed = get_recipe("lab4-ae").changed(
        {
            "training.epochs": "3",
            "shuffle": "true",
            "network.hidden": "64,8",
            "loss.code_weight": "0.5",
            "channels": "1",
            "sampling.priors": "gaussian,flow",
        }
    )
    assert (changed.training.epochs, changed.training.shuffle, changed.channels) == (3, True, 1)
    assert (changed.network.hidden, changed.loss.code_weight) == ((64, 8), 0.5)
    assert changed.sampling.priors == ("gaussian", "flow")


def test_chosen_epochs_are_exactly_those():
    recipe = get_recipe("vae")
    assert recipe.training.min_steps > 0 and get_recipe("vae-long").training.min_steps == 0
    assert recipe.changed({"latent_dim": 8}).training.min_steps == recipe.training.min_steps
    assert recipe.changed({"epochs": "5"}).training.min_steps == 0
    assert recipe.changed({"epochs": 5, "min_steps": 70}).training.min_steps == 70


def test_another_kind_of_network_has_its_own_settings():
    dense = get_recipe("ae").changed({"network.kind": "dense", "network.hidden": "64,8"})
    assert dense.network.latent_dim == get_recipe("ae").network.latent_dim
    residual = get_recipe("ae").changed({"network.kind": "residual"})
    assert isinstance(residual.network, ResidualNetwork)
    with pytest.raises(InputError, match=r"network\.width must be at least 1"):
        residual.changed({"network.width": 0})
    with pytest.raises(InputError, match=r"network\.hidden must be given"):
        get_recipe("ae").changed({"network.kind": "dense"})


def test_fine_tuning_can_be_left_out_and_added():
    assert get_recipe("vae").changed({"finetuning": "none"}).finetuning is None
    assert get_recipe("lab4-vae").changed({"finetuning.share": "0.3"}).finetuning.share == 0.3


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("ae", {"latent_dim": "0"}, r"network\.latent_dim must be at least 1, got 0"),
        ("ae", {"priors": "gaussian,flaw"}, r"sampling\.priors.* one of gaussian, .*, got flaw"),
        ("ae", {"latent_dim": "many"}, r"network\.latent_dim must be a whole number, got many"),
        ("ae", {"latent_dim": 2.5}, r"network\.latent_dim must be a whole number, got 2\.5"),
        ("ae", {"depth": "3"}, "ae recipes have no setting depth: they have name, "),
        ("ae", {"loss.depth": "3"}, "they have loss.reconstruction, loss.code_weight$"),
        ("ae", {"schedule": "steps"}, r"optimizer\.schedule must be one of constant, linear or"),
        ("ae", {"ema_decay": "1"}, r"optimizer\.ema_decay must be below 1, got 1"),
        ("ae", {"clip": "nan"}, r"optimizer\.clip must be a finite number, got nan"),
        ("ae", {"clip": "inf"}, r"optimizer\.clip must be a finite number, got inf"),
        ("ae", {"learning_rate": "0"}, r"optimizer\.learning_rate must be above 0, got 0"),
        ("lab4-ae", {"hidden": "64,x"}, r"network\.hidden.* must be a whole number, got x"),
        ("lab4-ae", {"hidden": ""}, r"network\.hidden must hold at least 1"),
        ("ae", {"shuffle": "perhaps"}, r"training\.shuffle must be true or false, got perhaps"),
        ("ae", {"channels": "2"}, "channels must be one of 0, 1 or 3, got 2"),
        ("ae", {"finetuning": "yes"}, r"finetuning must be none, or .* like finetuning\.share=0"),
        ("ae", {"prior": "flow", "priors": "gaussian"}, r"prior flow is not among the fitted"),
        ("vae", {"width": str(10**26)}, r"network\.width must be at most 2,147,483,647"),
        ("vae", {"latent_dim": str(2**31)}, r"network\.latent_dim must be at most 2,147,483,647"),
        ("lab4-ae", {"hidden": f"8,{2**31}"}, r"network\.hidden.* must be at most"),
    ],
)
def test_a_bad_change_names_the_setting_and_the_reason(name, changes, message):
    with pytest.raises(InputError, match=message):
        get_recipe(name).changed(changes)


@pytest.mark.parametrize("name", ("ae", "vae", "gan"))
def test_a_recipe_refuses_what_only_other_families_use(name):
    own = {setting.path for setting in settings(get_recipe(name))}
    foreign = {s.path: s.value for r in RECIPES.values() for s in settings(r)}
    foreign = {path: value for path, value in foreign.items() if path not in own}
    foreign.pop("network.hidden", None)  # of the other kind of network
    assert len(foreign) >= 8 if name == "gan" else "loss.r1_gamma" in foreign
    for path, value in foreign.items():
        with pytest.raises(InputError, match=f"{name} recipes have no setting {path}: they have"):
            get_recipe(name).changed({path: value})


def test_a_recipe_made_in_python_is_held_to_the_same():
    with pytest.raises(InputError, match=r"loss\.code_weight must be at least 0, got -1"):
        AutoencoderRecipe(loss={"code_weight": -1})
    with pytest.raises(InputError, match="ae recipes have no setting depth"):
        AutoencoderRecipe(depth=3)


@pytest.mark.parametrize("wrong", [math.inf, -math.inf, math.nan, "x", None, [1]])
@pytest.mark.parametrize("name", ("ae", "gan"))
def test_every_number_refuses_what_is_none(name, wrong):
    for path in (s.path for s in settings(get_recipe(name)) if type(s.value) in (int, float)):
        with pytest.raises(InputError, match=f"{path} must be .*, got {re.escape(str(wrong))}$"):
            get_recipe(name).changed({path: wrong})


@pytest.mark.parametrize(
    ("path", "wrong", "kind"),
    [
        ("training.shuffle", None, "true or false"),
        ("sampling.priors", 5, "a list"),
        ("name", 5, "text"),
        ("network", 5, "settings by name"),
    ],
)
def test_every_setting_is_of_its_kind(path, wrong, kind):
    values = get_recipe("ae").to_dict()
    *parents, last = path.split(".")
    (values[parents[0]] if parents else values)[last] = wrong
    with pytest.raises(InputError, match=f"{path} must (be|hold) {kind}, got {wrong}$"):
        Recipe.from_dict(values)


def test_an_unknown_recipe_names_the_known_ones():
    with pytest.raises(InputError, match="unknown recipe 'vea': choose from ae, vae, gan"):
        get_recipe("vea")


def test_an_unknown_family_names_the_known_ones():
    values = get_recipe("ae").to_dict() | {"family": "transformer"}
    with pytest.raises(InputError, match="unknown family 'transformer': choose from ae, vae, gan"):
        Recipe.from_dict(values)


@pytest.mark.parametrize("name", RECIPES)
def test_every_setting_says_what_it_is_and_what_it_may_be(name):
    recipe = get_recipe(name)
    for setting in settings(recipe):
        assert setting.reason, setting.path
        if setting.choices and not isinstance(setting.value, tuple):
            assert setting.value in setting.choices
        if isinstance(setting.value, int | float) and not isinstance(setting.value, bool):
            with pytest.raises(InputError, match=setting.path):
                recipe.changed({setting.path: -(10**9)})
