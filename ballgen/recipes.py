"""Recipe: a whole experiment as data, and the named recipes.

A recipe becomes the command line (`--set loss.kl_weight=2`), the JSON of a checkpoint, the form on
the page Train and the model card. Each field carries its unit, its reason and its bounds. Every
family has a recipe type of its own, which knows what the family uses and refuses anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, ValidationError, model_validator

from ballgen.errors import InputError
from ballgen.util.settings import Part, field, from_text, one_line, setting_paths, unknown_setting

MAX_SIZE = 2**31 - 1  # sizes are 32-bit numbers wherever they are counted

Int = Annotated[int, Field(le=MAX_SIZE)]
FittedPrior = Literal["gaussian", "class-gaussian", "mixture", "flow"]  # as in `ballgen.priors`
FITTED_PRIORS: tuple[str, ...] = get_args(FittedPrior)


# --- networks ------------------------------------------------------------------------------------


class ConvNetwork(Part):
    """Convolutions, which keep neighbouring pixels together."""

    kind: Literal["conv"] = field("conv", "", "conv, residual, or dense: Lab 4's fully connected")
    latent_dim: Int = field(
        32, "dimensions", "of a code: too few blur images, too many leave room no code fills", ge=1
    )
    width: Int = field(32, "channels", "at the finest resolution; deeper ones have more", ge=1)


class ResidualNetwork(Part):
    """`ConvNetwork` and more layers: a hidden one at the code, a residual block, a modulated
    decoder, and one more layer at full resolution.
    """

    kind: Literal["residual"] = field("residual", "", "residual: more layers than conv has")
    latent_dim: Int = field(32, "dimensions", "of a latent code", ge=1)
    width: Int = field(32, "channels", "at the finest resolution; deeper ones have more", ge=1)


class DenseNetwork(Part):
    """Fully connected layers, as in Lab 4."""

    kind: Literal["dense"] = field("dense", "", "dense, conv, or residual")
    latent_dim: Int = field(32, "dimensions", "of a latent code", ge=1)
    hidden: tuple[Annotated[int, Field(ge=1, le=MAX_SIZE)], ...] = Field(
        min_length=1,
        description="layers of the encoder, outermost first; the decoder mirrors them",
        json_schema_extra={"unit": "units"},
    )


ImageNetwork = ConvNetwork | ResidualNetwork | DenseNetwork  # an encoder, and a decoder


class GANNetwork(Part):
    """DCGAN's generator and discriminator, and what later work added."""

    latent_dim: Int = field(64, "dimensions", "of the noise that an image is made of", ge=1)
    width: Int = field(32, "channels", "at the finest resolution", ge=1)
    conditional: bool = field(False, "", "tell generator and discriminator the class")
    self_modulation: bool = field(
        False, "", "the code also sets gain and shift of the generator's batch norms: class and "
        "pose reach every resolution at once",
    )  # fmt: skip
    full_resolution_channels: Int = field(
        0, "channels", "of one more generator layer at full resolution (0 for none), against a "
        "fine checkerboard on single pixels", ge=0,
    )  # fmt: skip
    discriminator_batch_norm: bool = field(
        False, "", "as in Lab 4; without, the discriminator sees the deviation within the batch"
    )
    encoder: bool = field(False, "", "also learn an encoder that inverts the generator")


# --- losses --------------------------------------------------------------------------------------

RECONSTRUCTION = (
    "distance between reconstruction and image: mse (mean over pixels), bce (summed over pixels), "
    "or sigma (a Gaussian whose width is learned from the batch, so that no weight is tuned)"
)


class AutoencoderLoss(Part):
    """reconstruction + code_weight · ½‖code‖²."""

    reconstruction: Literal["mse", "bce", "sigma"] = field("mse", "", RECONSTRUCTION)
    code_weight: float = field(
        0.0, "", "of ½‖code‖²: codes stay near the origin, and training is faster", ge=0
    )


class VAELoss(Part):
    """reconstruction + kl_weight · KL(posterior ‖ N(0, I))."""

    reconstruction: Literal["mse", "bce", "sigma"] = field("mse", "", RECONSTRUCTION)
    kl_weight: float = field(
        1.0, "", "of the KL term; with bce or sigma, which are in nats, 1 is the evidence lower "
        "bound", ge=0,
    )  # fmt: skip


class AdversarialLoss(Part):
    """The non-saturating logistic loss, with R1 and translated images."""

    r1_gamma: float = field(0.0, "", "weight of the R1 gradient penalty on real images", ge=0)
    r1_every: Int = field(8, "steps", "R1 is computed only every so many steps", ge=1)
    translation: float = field(
        0.0, "share", "of their side that images are moved by at most before the discriminator "
        "sees them: few are not memorised, but too far, and it minds no border", ge=0, lt=1,
    )  # fmt: skip


# --- optimisation --------------------------------------------------------------------------------


class Optimizer(Part):
    """How gradients become steps."""

    name: Literal["adam", "muon"] = field(
        "adam", "", "muon: matrices of weights learn equally fast in all directions, in fewer but "
        "slower steps; Adam moves everything else",
    )  # fmt: skip
    learning_rate: float = field(1e-3, "", "at its highest", gt=0, lt=1)
    beta1: float = field(
        0.9, "", "Adam's decay of the gradient's mean; GANs want less memory", ge=0, lt=1
    )
    beta2: float = field(0.999, "", "Adam's decay of the gradient's square", ge=0, lt=1)
    schedule: Literal["constant", "linear", "cosine"] = field(
        "constant", "", "of the learning rate; linear falls to 0 in the second half"
    )
    warmup: Int = field(0, "steps", "the learning rate rises so long: calms the first steps", ge=0)
    clip: float = field(
        0.0, "", "largest norm of a gradient, 0 for none; without it a long training diverged", ge=0
    )
    ema_decay: float = field(
        0.0, "", "the saved weights are a moving average of the trained ones", ge=0, lt=1
    )


class Training(Part):
    """Length of training, and how images are fed."""

    epochs: Int = field(15, "epochs", "passes over the training images", ge=1)
    min_steps: Int = field(
        0, "steps", "more epochs where these would be fewer steps: few hundred images teach "
        "nothing in 40 epochs; 0 where epochs are chosen instead", ge=0,
    )  # fmt: skip
    batch_size: Int = field(64, "images", "per step, over all processes together", ge=1)
    shuffle: bool = field(True, "", "a new order in each epoch; the reports did not shuffle")
    mirror: bool = field(
        False, "", "every other image, at random: right for photographs, wrong for text and digits"
    )
    precision: Literal["auto", "fp32", "bf16"] = field(
        "auto", "", "fp32, bf16, or auto: bf16 where the processor has units for it"
    )
    keep_best: bool = field(
        False, "", "go on with the weights of the best epoch by validation, before fine-tuning; "
        "scores on the held-out images that chose it flatter a little",
    )  # fmt: skip


class AutoencoderTraining(Training):
    """The same, with images moved at random."""

    shift: Int = field(
        0, "px", "that images are moved by at most, their border repeated: none is memorised", ge=0
    )


class FineTuning(AdversarialLoss):
    """The last part of training: the encoder is frozen, and the decoder also faces a discriminator
    with what it makes of codes from `sampling.prior` (Larsen et al. 2016; Esser et al. 2021).
    """

    share: float = field(0.2, "share", "of all steps that are fine-tuning", gt=0, lt=1)
    decoder_learning_rate: float = field(3e-4, "", "Adam's, for the decoder", gt=0, lt=1)
    discriminator_learning_rate: float = field(
        1e-3, "", "Adam's, for the discriminator", gt=0, lt=1
    )
    discriminator_width: Int = field(32, "channels", "at the finest resolution", ge=1)
    adversarial_weight: float = field(
        1.0, "", "length of the adversarial gradient, relative to the reconstruction's", ge=0
    )
    r1_gamma: float = field(1.0, "", "weight of the R1 gradient penalty on real images", ge=0)
    translation: float = field(
        0.125, "share", "of the side that the discriminator's images are moved by", ge=0, lt=1
    )


# --- sampling ------------------------------------------------------------------------------------


class Sampling(Part):
    """Where random latent codes come from."""

    prior: Literal["normal", FittedPrior] = field(
        "normal", "", "which prior samples are drawn from by default; normal is N(0, I)"
    )
    priors: tuple[FittedPrior, ...] = field(
        FITTED_PRIORS, "", "fitted to the latent codes once the encoder is trained"
    )
    flow_blocks: Int = field(2, "blocks", "of the flow's network", ge=1)
    flow_steps: Int = field(
        1400, "steps", "of its training, or fewer where there are few codes: more, of more blocks, "
        "bring its draws nearer to the codes of images", ge=1,
    )  # fmt: skip
    gibbs_steps: Int = field(
        0, "steps", "a fitted prior's code is first decoded and encoded again so often: it comes "
        "nearer to the codes of images", ge=0,
    )  # fmt: skip

    @property
    def flow(self) -> dict[str, int]:
        """What `priors.LatentFlow` is made with."""
        return {"blocks": self.flow_blocks, "steps": self.flow_steps}

    @model_validator(mode="after")
    def _default_prior_is_fitted(self) -> Self:
        if self.prior not in ("normal", *self.priors):
            raise ValueError(
                f"sampling.prior {self.prior} is not among the fitted priors "
                f"({', '.join(self.priors) or 'none'}): add it to sampling.priors, or choose "
                f"{' or '.join(('normal', *self.priors))}"
            )
        return self


# --- recipes -------------------------------------------------------------------------------------


class Recipe(Part):
    """What all families have in common. Raises `InputError` for what it does not know or allow."""

    name: str = field("", "", "what the checkpoint's folder is called")
    family: str = field("", "", "which model is trained")
    summary: str = field("", "", "one line for people")
    image_size: Int = field(0, "px", "side of the images; 0 takes the source's own", ge=0)
    channels: Literal[0, 1, 3] = field(0, "", "1 for gray, 3 for colour; 0 takes the source's own")
    optimizer: Optimizer = Optimizer()
    training: Training = Training()
    sampling: Sampling = Sampling()
    scores: Literal["all", "fast"] = field(
        "all", "", "measured at the end: all, or what takes seconds (reconstruction and KID)"
    )

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise InputError(one_line(error, type(self))) from None

    def to_dict(self) -> dict[str, Any]:
        """Every setting as nested JSON-ready values."""
        return self.model_dump(mode="json")

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Recipe:
        """The recipe that `to_dict` described. Raises `InputError`."""
        family = values.get("family") if isinstance(values, Mapping) else None
        if family not in tuple(RECIPE_TYPES):
            raise InputError(f"unknown family {family!r}: choose from {', '.join(RECIPE_TYPES)}")
        return RECIPE_TYPES[family](**values)

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """This recipe with other values, each as itself or as text: `{"loss.kl_weight": "2"}`.

        The last part of a name suffices where only one setting ends so; "none" leaves a part out.
        Other epochs are exactly those, without `training.min_steps` unless it is chosen too.
        Raises `InputError` for a setting that the recipe would not use.
        """
        values = self.to_dict()
        for name, value in changes.items():
            *parents, last = self._path(name).split(".")
            part = values
            for parent in parents:
                part[parent] = part[parent] or {}  # a part that was left out
                part = part[parent]
            if last == "kind" and value != part[last]:  # what the kinds share stays
                values[parents[0]] = part = {"latent_dim": part["latent_dim"]}
            part[last] = from_text(value, self._defaults.get(self._path(name)))
        other_epochs = values["training"]["epochs"] != self.training.epochs
        if other_epochs and "training.min_steps" not in map(self._path, changes):
            values["training"]["min_steps"] = 0
        return type(self)(**values)

    @property
    def _defaults(self) -> dict[str, Any]:
        """Every setting that this family knows, by its path, with its default."""
        return dict(setting_paths(type(self)))

    def _path(self, name: str) -> str:
        """The full path of a setting that was named in full or by its last part."""
        known = self._defaults
        found = [path for path in known if name == path or path.endswith(f".{name}")]
        if name in known or len(found) == 1:
            return name if name in known else found[0]
        if found:
            raise InputError(f"{name} may be {' or '.join(found)}: write one of them in full")
        raise InputError(unknown_setting(self.family, name, known))


class AutoencoderRecipe(Recipe):
    """An autoencoder."""

    family: Literal["ae"] = "ae"
    network: ImageNetwork = Field(ConvNetwork(), discriminator="kind")
    loss: AutoencoderLoss = AutoencoderLoss()
    training: AutoencoderTraining = AutoencoderTraining()
    finetuning: FineTuning | None = None


class VAERecipe(Recipe):
    """A variational autoencoder."""

    family: Literal["vae"] = "vae"
    network: ImageNetwork = Field(ConvNetwork(), discriminator="kind")
    loss: VAELoss = VAELoss()
    training: AutoencoderTraining = AutoencoderTraining()
    finetuning: FineTuning | None = None


class GANRecipe(Recipe):
    """A generative adversarial network."""

    family: Literal["gan"] = "gan"
    network: GANNetwork = GANNetwork()
    loss: AdversarialLoss = AdversarialLoss()


RECIPE_TYPES: dict[str, type[Recipe]] = {
    "ae": AutoencoderRecipe,
    "vae": VAERecipe,
    "gan": GANRecipe,
}


# --- the named recipes ---------------------------------------------------------------------------

# What `ae` and `vae` have in common: all but what they ask of their codes.
_SHARED: dict[str, Any] = {
    "network": {"kind": "conv", "latent_dim": 48, "width": 32},
    "optimizer": {"name": "muon", "learning_rate": 6e-3, "schedule": "cosine", "warmup": 200,
                  "clip": 1.0, "ema_decay": 0.999},
    "training": {"epochs": 40, "min_steps": 2000, "shift": 1},
    "finetuning": {"share": 0.2},
    "sampling": {"prior": "flow", "gibbs_steps": 1},
}  # fmt: skip
# The reports' optimizer and order; float32, as they had it.
_LAB4: dict[str, Any] = {"training": {"shuffle": False, "precision": "fp32"}}

_AE = AutoencoderRecipe(
    name="ae",
    summary="autoencoder with ‖code‖² penalised, its decoder fine-tuned against a discriminator",
    loss={"reconstruction": "sigma", "code_weight": 1.0},
    **_SHARED,
)
_VAE = VAERecipe(
    name="vae",
    summary="convolutional σ-VAE (no β to tune), its decoder fine-tuned against a discriminator",
    loss={"reconstruction": "sigma"},
    **_SHARED,
)
_GAN = GANRecipe(
    name="gan",
    summary="class-conditional GAN with R1, translation and an averaged generator",
    network={"conditional": True, "self_modulation": True, "full_resolution_channels": 16,
             "encoder": True},
    loss={"r1_gamma": 1.0, "translation": 0.0625},
    # No momentum: the discriminator moves, so yesterday's gradient points the wrong way.
    optimizer={"beta1": 0.0, "beta2": 0.99, "schedule": "linear", "ema_decay": 0.999},
    training={"epochs": 30, "min_steps": 2000},
    sampling={"priors": ()},  # its codes are drawn, not learned: nothing has to be fitted
)  # fmt: skip
# How the shipped checkpoints were trained: about an hour each on a laptop's core.
_LONG: dict[str, Any] = {
    "network.kind": "residual", "network.width": 48, "training.epochs": 70,
    "training.batch_size": 128, "finetuning.share": 0.08, "finetuning.adversarial_weight": 0.5,
    "finetuning.discriminator_width": 48, "sampling.flow_blocks": 4, "sampling.flow_steps": 20_000,
}  # fmt: skip
_AE_LONG = _AE.changed(_LONG | {"name": "ae-long", "sampling.gibbs_steps": 2})
_VAE_LONG = _VAE.changed(_LONG | {"name": "vae-long"})
_GAN_LONG = _GAN.changed(
    {"name": "gan-long", "training.epochs": 170, "sampling.priors": FITTED_PRIORS}
)

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        _AE,
        _VAE,
        _GAN,
        _AE_LONG,
        _VAE_LONG,
        _GAN_LONG,
        AutoencoderRecipe(
            name="lab4-ae",
            summary="Lab 4's autoencoder: 784-128-64-12-3 and back, mean squared error",
            network={"kind": "dense", "hidden": (128, 64, 12), "latent_dim": 3},
            **_LAB4,
        ),
        VAERecipe(
            name="lab4-vae",
            summary="Lab 4's VAE: 784-512-256-128-2 and back, summed cross-entropy + KL",
            network={"kind": "dense", "hidden": (512, 256, 128), "latent_dim": 2},
            loss={"reconstruction": "bce"},
            **_LAB4,
        ),
        GANRecipe(
            name="lab4-gan",
            summary="Lab 4's DCGAN: 64×64 colour, latent 128, cross-entropy",
            image_size=64,
            channels=3,
            network={"width": 64, "latent_dim": 128, "discriminator_batch_norm": True},
            optimizer={"learning_rate": 2e-4, "beta1": 0.5},
            training={"epochs": 20, "batch_size": 128, "precision": "fp32"},
            sampling={"priors": ()},
        ),
    )
}


def get_recipe(name: str) -> Recipe:
    """The named recipe. Raises `InputError` for an unknown name, with the known ones."""
    if name not in RECIPES:
        raise InputError(f"unknown recipe {name!r}: choose from {', '.join(RECIPES)}")
    return RECIPES[name]
