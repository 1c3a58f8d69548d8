"""Recipe: a whole experiment as data, and the named recipes.

A recipe becomes the command line (`--set field=value`), the JSON of a checkpoint, the form on the
training page and the model card. Each field carries its unit and its reason.
"""

from __future__ import annotations

from dataclasses import Field, asdict, dataclass, field, fields, replace
from typing import Any

from ballgen.errors import InputError
from ballgen.util.bounds import ANY, SHARE, SOME, STEP_SIZE, Bounds

FITTED_PRIORS = ("gaussian", "class-gaussian", "mixture", "flow")  # as in `ballgen.priors`
LARGEST = 2**31 - 1  # that counts as a size wherever sizes are counted


def _field(
    default: Any,
    unit: str,
    reason: str,
    choices: tuple[str, ...] = (),
    bounds: Bounds | None = None,
) -> Any:
    metadata = {"unit": unit, "reason": reason, "choices": choices, "bounds": bounds}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One experiment: family, network, objective, optimiser and length. Raises `InputError`."""

    name: str = _field("", "", "what the checkpoint's folder is called")
    family: str = _field("ae", "", "which training step is used: ae, vae, gan or one you add")
    summary: str = _field("", "", "one line for people")

    network: str = _field(
        "conv",
        "",
        "conv keeps neighbouring pixels together; dense is Lab 4's fully connected stack",
        ("conv", "dense"),
    )
    hidden: tuple[int, ...] = _field((), "units", "layers of the dense encoder, outermost first")
    width: int = _field(
        32, "channels", "channels at the finest resolution; deeper ones have more", bounds=SOME
    )
    residual_blocks: int = _field(
        0, "blocks", "residual blocks per resolution: deeper, slower", bounds=ANY
    )
    latent_dim: int = _field(
        32,
        "numbers",
        "size of the latent code: too few blur, many leave room that no code fills",
        bounds=SOME,
    )
    image_size: int = _field(0, "px", "side of the pictures; 0 takes the source's own", bounds=ANY)
    channels: int = _field(0, "", "1 for gray, 3 for colour; 0 takes the source's own")

    reconstruction: str = _field(
        "mse",
        "",
        "how far a rebuilt picture is from its original: mse (mean over pixels), bce (summed), "
        "or sigma (a Gaussian whose width is learned from the batch, so that no weight is tuned)",
        ("mse", "bce", "sigma"),
    )
    kl_weight: float = _field(
        1.0,
        "",
        "weight of the KL term; 1 is the evidence lower bound where the error is in nats, so with "
        "bce or sigma",
        bounds=ANY,
    )

    code_weight: float = _field(
        0.0,
        "",
        "weight of ½‖code‖² in an autoencoder: codes stay near the origin, and it learns faster",
        bounds=ANY,
    )

    shift: int = _field(
        0,
        "px",
        "an autoencoder's training pictures are moved by up to so much, the border repeated, so "
        "that they are not memorised",
        bounds=ANY,
    )

    polish: float = _field(
        0.0,
        "share",
        "last part of an autoencoder's training in which its encoder rests and its decoder also "
        "faces a critic, with what it makes of the prior's codes",
        bounds=SHARE,
    )
    polish_rate: float = _field(
        3e-4, "", "Adam's step size for the decoder while it is polished", bounds=STEP_SIZE
    )
    critic_rate: float = _field(
        1e-3, "", "Adam's step size for the critic that polishes", bounds=STEP_SIZE
    )
    polish_weight: float = _field(
        1.0, "", "how strong the critic pulls at the pictures, beside their error", bounds=ANY
    )

    adversarial: str = _field(
        "non-saturating",
        "",
        "what critic and generator play for: bce with batch norm in both (Lab 4's), the "
        "non-saturating logistic loss, or hinge",
        ("bce", "non-saturating", "hinge"),
    )
    conditional: bool = _field(False, "", "tell generator and critic the class, where known")
    modulated: bool = _field(
        False,
        "",
        "a generator's code also sets the gains and shifts of its batch norms, so that class and "
        "pose reach every resolution at once",
    )
    fine: int = _field(
        0,
        "channels",
        "of one more layer of a generator, at full resolution (0 for none): without it the colours "
        "of its pixels wear a fine checkerboard",
        bounds=ANY,
    )
    spectral_norm: bool = _field(False, "", "bound the critic's slope layer by layer")
    r1_gamma: float = _field(
        0.0, "", "weight of the R1 gradient penalty on real pictures", bounds=ANY
    )
    r1_every: int = _field(
        8, "steps", "R1 is computed only every so many steps to save time", bounds=SOME
    )
    augment: str = _field(
        "none",
        "",
        "what both critic inputs undergo so that few pictures are not memorised",
        ("none", "translation", "diffaugment"),
    )
    augment_reach: float = _field(
        0.125,
        "share",
        "how far translation moves a picture, as a share of its side: far helps where pictures are "
        "few, yet the critic then no longer minds an object that the border cuts off",
        bounds=SHARE,
    )
    inverter: bool = _field(False, "", "also learn an encoder that inverts the generator")

    batch_size: int = _field(
        64, "pictures", "pictures per step, over all processes together", bounds=SOME
    )
    epochs: int = _field(15, "epochs", "passes over the training pictures", bounds=SOME)
    shuffle: bool = _field(True, "", "a new order each epoch; the reports did not shuffle")
    optimiser: str = _field(
        "adam",
        "",
        "adam, or muon: matrices of weights learn as fast in all directions, which takes fewer "
        "steps, each a little slower; all else is moved by Adam",
        ("adam", "muon"),
    )
    learning_rate: float = _field(
        1e-3, "", "the optimiser's step size at its highest", bounds=STEP_SIZE
    )
    beta1: float = _field(
        0.9, "", "Adam's decay of the gradient's mean; GANs want less memory", bounds=SHARE
    )
    beta2: float = _field(0.999, "", "Adam's decay of the gradient's square", bounds=SHARE)
    schedule: str = _field(
        "constant",
        "",
        "constant, linear (constant, then falling to 0 in the second half) or cosine",
        ("constant", "linear", "cosine"),
    )
    warmup: int = _field(
        0, "steps", "the step size rises linearly this long: calms first steps", bounds=ANY
    )
    clip: float = _field(
        0.0,
        "",
        "longest gradient (Euclidean, over all weights of a player) that a step may use, 0 for no "
        "limit; without one a long training diverged",
        bounds=ANY,
    )
    ema_decay: float = _field(
        0.0, "", "the saved weights are a running mean of the trained ones", bounds=SHARE
    )
    precision: str = _field(
        "auto",
        "",
        "fp32, bf16, or auto: a probe of a few steps at the start takes the faster",
        ("auto", "fp32", "bf16"),
    )

    prior: str = _field(
        "normal",
        "",
        "which prior random samples are drawn from by default",
        ("normal", *FITTED_PRIORS),
    )
    refine: int = _field(
        0,
        "rounds",
        "a fitted prior's code is decoded and encoded again so often before it is a sample's: it "
        "comes nearer to the codes of pictures",
        bounds=ANY,
    )
    priors: tuple[str, ...] = _field(
        FITTED_PRIORS, "", "fitted to the codes when the encoder is done", FITTED_PRIORS
    )
    scores: str = _field(
        "all",
        "",
        "what is measured at the end: all, or only what takes seconds (reconstruction and KID)",
        ("all", "cheap"),
    )

    def __post_init__(self) -> None:
        for f in fields(self):
            _check(f, getattr(self, f.name))
        if self.channels not in (0, 1, 3):
            raise InputError(f"channels must be 0, 1 or 3, got {self.channels}")
        if not all(isinstance(units, int) and units >= 1 for units in self.hidden):
            raise InputError(
                f"hidden must hold whole numbers of at least 1, like 64,8, got {self.hidden}"
            )
        if self.network == "dense" and not self.hidden:
            raise InputError("a dense network needs its hidden layers, e.g. hidden=128,64")

    def to_dict(self) -> dict[str, Any]:
        """Every field as JSON-ready values."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Recipe:
        """Rebuild a recipe from `to_dict`; unknown fields raise `InputError`."""
        known = {f.name: f for f in fields(cls)}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise InputError(f"recipe has unknown fields {', '.join(unknown)}")
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})

    def changed(self, changes: dict[str, str]) -> Recipe:
        """This recipe with fields replaced by values written as text, e.g. `{"epochs": "5"}`."""
        known = {f.name: f for f in fields(self)}
        parsed = {}
        for name, text in changes.items():
            if name not in known:
                raise InputError(f"recipe has no field {name!r}: choose from {', '.join(known)}")
            parsed[name] = _parse(name, text, known[name].default)
        return replace(self, **parsed)


def _check(f: Field, value: Any) -> None:
    """Hold a field to its choices and bounds. Raises `InputError`."""
    choices, bounds = f.metadata["choices"], f.metadata["bounds"]
    for one in value if isinstance(value, tuple) else (value,):
        if choices and one not in choices:
            raise InputError(f"{f.name} must be one of {', '.join(choices)}, got {one!r}")
        if isinstance(one, int) and one > LARGEST:
            raise InputError(f"{f.name} must be at most {LARGEST:,}, got {one:,}")
    if bounds:
        bounds.check(f.name, value)


def filled_in(values: dict[str, Any]) -> dict[str, Any]:
    """A recipe's dict with the usual values of fields that it is too old to know."""
    return Recipe.from_dict(values).to_dict()


KINDS = {bool: "true or false", int: "a whole number", float: "a number", tuple: "like 64,8"}


def _parse(name: str, text: str, like: Any) -> Any:
    """Read `text` as the type of `like`."""
    try:
        if isinstance(like, bool):
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[
                text.lower()
            ]
        if isinstance(like, tuple):
            parts = [part for part in text.split(",") if part]
            return tuple(int(part) if part.isdigit() else part for part in parts)
        return type(like)(text)
    except (KeyError, ValueError):
        raise InputError(f"{name} must be {KINDS[type(like)]}, got {text!r}") from None


# What `ae` and `vae` have in common: all but what they ask of their codes.
_POLISHED = {
    "width": 32,
    "latent_dim": 48,
    "reconstruction": "sigma",
    "shift": 1,
    "polish": 0.2,
    "r1_gamma": 1.0,
    "augment": "translation",
    "epochs": 40,
    "optimiser": "muon",
    "learning_rate": 6e-3,
    "schedule": "cosine",
    "warmup": 200,
    "clip": 1.0,
    "ema_decay": 0.999,
    "prior": "flow",
    "refine": 1,
}

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="ae",
            family="ae",
            summary="autoencoder with ‖code‖² penalised, its decoder polished by a critic",
            code_weight=1.0,
            **_POLISHED,
        ),
        Recipe(
            name="vae",
            family="vae",
            summary="convolutional σ-VAE (no β to tune), its decoder polished by a critic",
            **_POLISHED,
        ),
        Recipe(
            name="gan",
            family="gan",
            summary="class-conditional GAN with R1, translation and an averaged generator",
            width=32,
            latent_dim=64,
            conditional=True,
            modulated=True,
            fine=16,
            r1_gamma=1.0,
            augment="translation",
            augment_reach=0.0625,
            inverter=True,
            epochs=30,
            # No momentum: the opponent moves, so yesterday's gradient points the wrong way.
            beta1=0.0,
            beta2=0.99,
            schedule="linear",
            ema_decay=0.999,
        ),
        Recipe(
            name="lab4-ae",
            family="ae",
            summary="Lab 4's autoencoder: 784-128-64-12-3 and back, mean squared error",
            network="dense",
            precision="fp32",
            hidden=(128, 64, 12),
            latent_dim=3,
            shuffle=False,
        ),
        Recipe(
            name="lab4-vae",
            family="vae",
            summary="Lab 4's VAE: 784-512-256-128-2 and back, summed cross-entropy + KL",
            network="dense",
            precision="fp32",
            hidden=(512, 256, 128),
            latent_dim=2,
            reconstruction="bce",
            shuffle=False,
        ),
        Recipe(
            name="lab4-gan",
            family="gan",
            summary="Lab 4's DCGAN: 64×64 colour, latent 128, cross-entropy",
            width=64,
            latent_dim=128,
            image_size=64,
            channels=3,
            adversarial="bce",
            batch_size=128,
            epochs=20,
            learning_rate=2e-4,
            beta1=0.5,
            precision="fp32",
            priors=(),
        ),
    )
}


def get_recipe(name: str) -> Recipe:
    """The named recipe; an unknown name raises `InputError` with the known ones."""
    if name not in RECIPES:
        raise InputError(f"unknown recipe {name!r}: choose from {', '.join(RECIPES)}")
    return RECIPES[name]
