"""Model cards: what a checkpoint is, how it came about and how good it is, for people."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from ballgen.models import Model
from ballgen.recipes import Recipe
from ballgen.scores import verdicts
from ballgen.scores.verdicts import Verdict
from ballgen.util.history import ON_VALIDATION, best_in_words, terms_of
from ballgen.util.settings import settings


def write_card(
    folder: Path,
    model: Model,
    record: dict[str, Any],
    history: list[dict[str, float]],
    scores: dict[str, Any],
) -> str:
    """The Markdown card of the checkpoint that is saved at `folder`."""
    recipe, data, whole = model.recipe, record["data"], record.get("whole_seconds")
    channels, height, width = model.image_shape
    source = Path(data["source"]).name  # the rest of a path would give home folders away
    made = [
        ("images", f"{source}: {data['train_images']} to train, {data['test_images']} to test"),
        ("digest of the training images", f"`{data['digest'][:16]}…`"),
        ("classes", ", ".join(model.class_names)),
        ("size", f"{width}×{height} px, {'colour' if channels == 3 else 'gray'}"),
        ("parameters", f"{model.parameter_count:,}"),
        ("latent code", f"{model.latent_dim} dimensions{_of_which(model)}"),
        ("training", f"{record['epochs']} epochs, {record['images']:,} images seen"),
        ("best epoch by validation", best_in_words(history)),
        ("training time", f"{record['seconds'] / 60:.1f} min in {record['precision']}"),
        ("with validation, priors and scores", f"{whole / 60:.1f} min" if whole else ""),
        ("seed", record["seed"]),
        ("priors", ", ".join(model.priors)),
        ("versions", ", ".join(f"{k} {v}" for k, v in record["versions"].items())),
    ]
    last, both = history[-1], ("", ON_VALIDATION)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["figure"] = lambda x: f"{x:.4g}" if isinstance(x, float) else str(x)
    return environment.get_template("card.jinja").render(
        folder=folder,
        model=model,
        recipe=recipe,
        scores=scores,
        made=[row for row in made if row[1] != ""],
        said=_verdicts(scores, history, recipe),
        means=[[term, *(last.get(f"{on}{term}", "") for on in both)] for term in terms_of(last)],
        fields=[
            (setting.path, f"`{setting.value}`", setting.unit)
            for setting in settings(recipe)
            if setting.path not in ("name", "summary")
        ],
    )


def _verdicts(
    scores: dict[str, Any], history: list[dict[str, float]], recipe: Recipe
) -> list[Verdict]:
    """What has to be known before the figures, and, always, what is known of copies."""
    figures = verdicts.known_figures(scores, history, recipe.training.keep_best)
    said = list(verdicts.caveats(figures, recipe.family))
    copies = verdicts.copying(figures, recipe.family)
    return said if copies in said or copies.outcome == verdicts.UNKNOWN else [*said, copies]


def _of_which(model: Model) -> str:
    noise = model.recipe.network.latent_dim
    rest = model.latent_dim - noise
    return f": {noise} of noise, {rest} for the class" if rest else ""
