"""What the page that explains random samples says beside its pictures: it describes them.

What follows from the figures, `ballgen.scores.verdicts` says.
"""

from __future__ import annotations

from collections.abc import Mapping

from ballgen.util.wording import percent, prior_name, times

Figures = Mapping[str, float | int]


def reference_text(figures: Figures, family: str) -> str:
    """Below the map: what its grey dots are, and what a plane cannot show."""
    dots = {
        "gan": "draws of N(0, I), the only codes that the generator was trained on.",
        "vae": "codes of test images, with the posterior noise of training.",
    }.get(family, "codes of test images, which stand in for those of training images.")
    return (
        f"Grey: {dots} The map is the plane in which they vary most: it holds "
        f"{percent(figures['plane_variance_share'])} of their variance, so a cross inside the "
        "cloud may still be far away in the other dimensions. The histogram measures in all "
        f"{figures['latent_dim']}."
    )


def unequal_text(last_epoch: Figures, family: str, prior: str, gibbs_steps: int) -> str:
    """Step 2: what else differs between the priors' samples; "" if nothing does."""
    parts = []
    if family != "gan" and "generator" in last_epoch:
        parts.append(
            "The last epochs fine-tuned this decoder against a discriminator, on codes of the "
            f"{prior_name(prior)} prior: it is more used to them than to the others'."
        )
    if gibbs_steps:
        parts.append(
            f"Codes of fitted priors take Gibbs steps: they are decoded and encoded again, "
            f"{times(gibbs_steps)}. Those of N(0, I) do not, which is part of the difference."
        )
    return " ".join(parts)


def path_text(distances: list[float], limit: float, prior: str, count: int) -> str:
    """Step 3: when the codes arrive; distances in units, at equal steps."""
    text = f"Drag. The same {count} codes go straight from N(0, I) to the {prior_name(prior)} prior"
    border = f"the limit of {limit:.1f} times the usual distance, which holds 99% of held-out codes"
    if distances[0] <= limit:
        return f"{text}. They are within {border}, from the start."
    if distances[-1] > limit:
        return f"{text}. They do not come within {border}."
    # The last step outside: a path may pass through the support before its end.
    outside = max(index for index, distance in enumerate(distances) if distance > limit)
    return f"{text}. After {(outside + 1) / (len(distances) - 1):.0%} they are within {border}."
