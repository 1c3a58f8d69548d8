"""Model cards: what a checkpoint is, how it came about and how good it is, for people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
    recipe, data = model.recipe, record["data"]
    channels, height, width = model.image_shape
    source = Path(data["source"]).name  # the rest of a path would give home folders away
    size = f"{width}×{height} px, {'colour' if channels == 3 else 'gray'}"
    made = [
        ("images", f"{source}: {data['train_images']} to train, {data['test_images']} to test"),
        ("digest of the training images", f"`{data['digest'][:16]}…`"),
        ("classes", ", ".join(model.class_names)),
        ("size", size),
        ("parameters", f"{model.parameter_count:,}"),
        ("latent code", f"{model.latent_dim} dimensions{_of_which(model)}"),
        ("training", f"{record['epochs']} epochs, {record['images']:,} images seen"),
        *([("best epoch by validation", best)] if (best := best_in_words(history)) else []),
        ("training time", f"{record['seconds'] / 60:.1f} min in {record['precision']}"),
        *(
            [("with validation, priors and scores", f"{record['whole_seconds'] / 60:.1f} min")]
            if "whole_seconds" in record
            else []
        ),
        ("seed", record["seed"]),
        ("priors", ", ".join(model.priors)),
        ("versions", ", ".join(f"{k} {v}" for k, v in record["versions"].items())),
    ]
    fields = [
        (setting.path, f"`{setting.value}`", setting.unit)
        for setting in settings(recipe)
        if setting.path not in ("name", "summary")
    ]
    last, terms = history[-1], ("", ON_VALIDATION)
    means = [
        (term, *(_number(last.get(f"{on}{term}", "")) for on in terms)) for term in terms_of(last)
    ]
    said = "".join(f"{verdict}\n\n" for verdict in _verdicts(scores, history, recipe))
    figures = [(name, _number(value)) for name, value in scores.items()]
    return f"""\
# {folder.name}: {recipe.summary or recipe.family}

![64 random samples](samples.png)

```python
import ballgen

model = ballgen.load_model("{folder.parent.name}/{folder.name}")  # this folder
images = model.sample(64, seed=0, prior="{model.default_prior}")  \
# (64, {channels}, {height}, {width}) in [0, 1]
```

## How it was made

{_table(("", ""), made)}

## Figures

On the test images, at the end of training. `python -m ballgen evaluate` prints all
but, since it knows no training images, `nearest_…` and `copies…`. *real* compares
real images with real ones, *normal* are samples of N(0, I), *noise* random pixels;
`c2st_accuracy` is how often the better of two classifiers tells samples from real images,
a fresh `network` or a linear `probe` on features of ImageNet: 0.5 is perfect.
KID, FID, density and coverage are those of the features `{scores.get("features")}`.

{said}{_table(("figure", "value"), figures)}

Mean over the last epoch's training images, and after it over held-out ones (`sigma`:
-log likelihood, in nats per image; `kl`: nats per image; `code`: ½‖code‖²):

{_table(("term", "training", "validation"), means)}

## Recipe

{_table(("field", "value", "unit"), fields)}

It knows only images like those it was trained on. Figures of another feature space
or another data set do not compare with these.
"""


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


def _table(header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
