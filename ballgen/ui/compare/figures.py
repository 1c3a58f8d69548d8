"""The table behind the pictures: every figure in words, a column per family."""

from __future__ import annotations

import streamlit as st

from ballgen.checkpoints import Checkpoint
from ballgen.ui.loading import open_checkpoint
from ballgen.ui.scoring import Draws, Kid, kid_of
from ballgen.ui.theme import family_name
from ballgen.ui.words import duration, prior_name, thousandths

UNKNOWN = "–"
KIDS = {
    "kid": "KID × 1000 from the own prior",
    "kid_normal": "KID × 1000 from the standard normal prior",
    "kid_floor": "KID × 1000 of real against real, the floor",
}
STORED = {
    "two_sample_accuracy": ("Told from real by a fresh network, 50% is perfect", "{:.0%}"),
    "coverage": ("Real pictures with a sample nearby", "{:.0%}"),
    "nearest_closer": ("Nearer to a training picture than real ones are, 50% is usual", "{:.0%}"),
    "mse": ("Rebuilt: squared error, mean per pixel", "{:.5f}"),
    "sse": ("Rebuilt: squared error, summed per picture", "{:.2f}"),
}


def show_figures(draws: Draws) -> None:
    """Scores, size and cost of the families that are on stage."""
    if not draws:
        return
    st.header("Figures", anchor=False)
    columns = {
        family_name(found.family).short: _column(open_checkpoint(found), kid_of(found, draw))
        for found, draw in draws.items()
    }
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    st.table(
        {"Figure": names}
        | {
            title: [column.get(name, UNKNOWN) for name in names]
            for title, column in columns.items()
        },
        border="horizontal",
        hide_index=True,
        alt="Scores, size and cost of each family",
    )


def _column(checkpoint: Checkpoint, kid: Kid | None) -> dict[str, str]:
    record, scores, model = checkpoint.record, checkpoint.scores, checkpoint.model
    column = {"KID × 1000 of these samples": thousandths(kid.mean, kid.sd) if kid else UNKNOWN}
    for name, title in KIDS.items():
        if name in scores:
            column[title] = thousandths(scores[name], scores[f"{name}_sd"])
    for name, (title, form) in STORED.items():
        if name in scores:
            column[title] = form.format(scores[name])
    return column | {
        "Numbers in a code": f"{model.latent_dim}",
        "Parameters": f"{record['parameters']:,}",
        "Pictures seen in training": f"{record['images']:,}",
        "Training time": duration(record["seconds"]),
        "Own prior": prior_name(scores.get("prior", model.recipe.prior)),
        "Recipe": model.recipe.name,
    }
