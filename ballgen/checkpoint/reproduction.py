"""Lab 4's printed figures beside ours: reported vs reproduced."""

from __future__ import annotations

from ballgen.checkpoint.folder import Checkpoint
from ballgen.util.markdown import text_table

# Mean training loss of the last epoch as Lab 4 prints it; the AE and the VAE on MNIST, the GAN on
# a folder of photographs that the report does not name.
REPORTED = {
    "lab4-ae": {"epochs": 15, "data": "mnist", "terms": {"loss": 0.0320}},
    "lab4-vae": {"epochs": 15, "data": "mnist", "terms": {"loss": 139.9514, "kl": 6.7920}},
    "lab4-gan": {
        "epochs": 20,
        "data": "photographs",
        "terms": {"generator": 2.90, "discriminator": 0.81},
    },
}


def reproduction_table(checkpoints: list[Checkpoint]) -> str:
    """Reported and reproduced figures of the reports' recipes among `checkpoints`, "" for none.

    A run on other data or of another length is marked, for its figures need not agree.
    """
    rows = [["recipe", "term", "reported", "reproduced", "seed", "same data, same epochs"]]
    for checkpoint in checkpoints:
        reported = REPORTED.get(checkpoint.model.recipe.name)
        if reported is None:
            continue
        record, last = checkpoint.record, checkpoint.history[-1]
        same = (record["data"]["source"], record["epochs"]) == (
            reported["data"],
            reported["epochs"],
        )
        for term, value in reported["terms"].items():
            if term not in last:  # a recipe of that name whose family was changed
                continue
            rows.append(
                [
                    checkpoint.model.recipe.name,
                    term,
                    f"{value:.4f}",
                    f"{last[term]:.4f}",
                    str(record["seed"]),
                    "yes" if same else "no",
                ]
            )
    return text_table(rows) if len(rows) > 1 else ""
