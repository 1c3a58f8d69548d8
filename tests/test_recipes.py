from __future__ import annotations

import json

import pytest

from ballgen.errors import InputError
from ballgen.models import build_model
from ballgen.priors import PRIORS
from ballgen.recipes import FITTED_PRIORS, RECIPES, Recipe, filled_in, get_recipe


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_survives_json(name):
    recipe = get_recipe(name)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


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


def test_changes_are_read_as_the_fields_type():
    changed = get_recipe("ae").changed(
        {"epochs": "3", "shuffle": "false", "hidden": "64,8", "kl_weight": "0.5"}
    )
    assert (changed.epochs, changed.shuffle, changed.hidden, changed.kl_weight) == (
        3, False, (64, 8), 0.5,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"latent_dim": "0"}, "latent_dim must be at least 1, got 0"),
        ({"priors": "gaussian,flaw"}, "priors must be one of gaussian, .*, got 'flaw'"),
        ({"latent_dim": "many"}, "latent_dim must be a whole number, got 'many'"),
        ({"depth": "3"}, "recipe has no field 'depth'"),
        ({"schedule": "steps"}, "schedule must be one of constant, linear, cosine"),
        ({"ema_decay": "1"}, r"ema_decay must lie in \[0, 1\), got 1"),
        ({"clip": "nan"}, "clip must be at least 0, got nan"),
        ({"hidden": "64,x"}, r"hidden must hold whole numbers of at least 1.*'x'"),
        ({"network": "dense"}, "a dense network needs its hidden layers"),
        ({"shuffle": "perhaps"}, "shuffle must be true or false, got 'perhaps'"),
    ],
)
def test_a_bad_change_names_the_field_and_the_reason(changes, message):
    with pytest.raises(InputError, match=message):
        get_recipe("ae").changed(changes)


def test_an_unknown_recipe_names_the_known_ones():
    with pytest.raises(InputError, match="unknown recipe 'vea': choose from ae, vae, gan"):
        get_recipe("vea")


def test_an_unknown_family_names_the_known_ones():
    recipe = Recipe(name="x", family="transformer")
    with pytest.raises(InputError, match="unknown family 'transformer': choose from ae, vae, gan"):
        build_model(recipe, (3, 32, 32))


def test_a_recipe_from_before_a_field_was_there_is_the_same_recipe():
    values = RECIPES["gan"].to_dict()
    old = {k: v for k, v in values.items() if not k.startswith("polish")}
    assert filled_in(old) == values


@pytest.mark.parametrize(("field", "number"), [("width", 10**26), ("latent_dim", 2**31)])
def test_a_size_beyond_counting_is_refused(field, number):
    with pytest.raises(InputError, match=rf"{field} must be at most 2,147,483,647"):
        RECIPES["vae"].changed({field: str(number)})
    with pytest.raises(InputError, match="hidden must be at most"):
        RECIPES["lab4-ae"].changed({"hidden": f"8,{number}"})
