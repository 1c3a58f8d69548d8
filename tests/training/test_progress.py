from __future__ import annotations

from types import SimpleNamespace

from ballgen.training.progress import TrainingBar


def test_the_bar_counts_pictures_and_not_full_batches():
    """81 pictures in batches of 64: each epoch's last batch holds 17."""
    recipe = SimpleNamespace(training=SimpleNamespace(batch_size=64))
    state = SimpleNamespace(model=SimpleNamespace(recipe=recipe), steps=4, history=[])
    counts = []
    with TrainingBar("vae", 81) as bar:
        for state.step in (2, 3, 4):  # resumed after the first step
            bar.on_step(state)
            counts.append(bar._bar.n)
        assert bar._bar.total == 162
    assert counts == [81, 145, 162]
