"""How long a recipe takes here: as long as its last run did."""

from __future__ import annotations

from ballgen.data.sources import canonical
from ballgen.recipes import Recipe
from ballgen.runs.folder import RunFolder
from ballgen.runs.registry import FINISHED, Registry


def last_duration(
    registry: Registry, recipe: Recipe, source: str, limit: int | None, image_size: int | None
) -> float | None:
    """Seconds of the last finished run of this recipe on these images; None if there is none.

    Of a run that was resumed only the training counts, which its progress sums up.
    Raises `InputError` for a source that cannot be, and without a usable registry.
    """
    wanted = (recipe.to_dict(), canonical(source), limit, image_size)
    for run in registry.all():
        loading = run.loading.get("limit"), run.loading.get("image_size")
        if run.state != FINISHED or run.minutes or (run.recipe, run.source, *loading) != wanted:
            continue
        trained = RunFolder(registry.folder, run).progress().seconds
        return max(trained, (run.ended_at or 0.0) - (run.started_at or 0.0))
    return None
