"""The model, the fitted prior and the seed that the page explains."""

from typing import Any, NamedTuple

from ballgen.checkpoint.folder import Checkpoint
from ballgen.errors import InputError
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.scores.verdicts import untrained
from ballgen.ui.session.loading import NORMAL, Sampling, open_checkpoint
from ballgen.ui.session.scoring import kid_of
from ballgen.ui.session.selection import Selection
from ballgen.ui.widgets.controls import ask_for_prior, ask_for_seed, choose
from ballgen.ui.widgets.text import show_warning
from ballgen.util.palette import SPARE_COLOURS

NORMAL_COLOUR = SPARE_COLOURS[0]


class Case(NamedTuple):
    """What the page explains.

    fitted  the prior that is compared with N(0, I); None if none was fitted
    """

    info: CheckpointInfo
    checkpoint: Checkpoint
    fitted: str | None
    seed: int

    @property
    def family(self) -> str:
        return self.info.family

    @property
    def priors(self) -> tuple[str, ...]:
        """N(0, I) and the fitted prior that is looked at."""
        return (NORMAL, self.fitted) if self.fitted else (NORMAL,)

    @property
    def all_priors(self) -> list[str]:
        """Every prior of the checkpoint, the simplest first."""
        return list(self.checkpoint.model.priors)

    @property
    def figures(self) -> dict[str, Any]:
        """What is known of the checkpoint, with the KIDs that were measured on this page."""
        figures = self.checkpoint.figures
        for prior in self.all_priors:
            kid = kid_of(self.info, Sampling(prior, self.seed))
            if kid and kid.measured:
                figures |= {f"kid_{prior}": kid.mean, f"kid_{prior}_sd": kid.sd}
        return figures


def prior_colour(prior: str, family_colour: str) -> str:
    """N(0, I) has its own colour, a fitted prior the family's."""
    return NORMAL_COLOUR if prior == NORMAL else family_colour


def choose_case(selection: Selection) -> Case | None:
    """Ask which model, which fitted prior and which seed; None if nothing can be opened."""
    models = selection.models
    chosen = choose("Model", list(models), "family")
    info = models.get(chosen, next(iter(models.values())))
    try:
        checkpoint = open_checkpoint(info)
    except InputError as error:
        show_warning(error, icon=":material/broken_image:")
        return None
    learned = not untrained(checkpoint.figures, info.family)
    fitted = _ask_for_prior(checkpoint) if learned else None
    seed = ask_for_seed(help="The same seed draws the same latents again.", width=115)
    return Case(info, checkpoint, fitted, seed)


def _ask_for_prior(checkpoint: Checkpoint) -> str | None:
    model = checkpoint.model
    fitted = [prior for prior in model.priors if prior != NORMAL]
    if not fitted:
        return None
    return ask_for_prior(
        "Compare N(0, I) with",
        fitted,
        model.recipe.sampling.prior,
        "against",
        width=215,
        help="A prior that was fitted to the latents of the training images.",
    )
