from __future__ import annotations

from types import SimpleNamespace

from ballgen.training.progress import TrainingBar


def test_the_bar_counts_images_and_not_full_batches():
    """81 images in batches of 64: each epoch's last batch holds 17."""
    recipe = SimpleNamespace(training=SimpleNamespace(batch_size=64))
    state = SimpleNamespace(model=SimpleNamespace(recipe=recipe), steps=4, history=[])
    counts = []
    with TrainingBar("vae", 81) as bar:
        for state.step in (2, 3, 4):  # resumed after the first step
            bar.on_step(state)
            counts.append(bar._bar.n)
        assert bar._bar.total == 162
    assert counts == [81, 145, 162]


def test_the_bar_shows_what_was_validated_last_and_the_best_epoch():
    recipe = SimpleNamespace(training=SimpleNamespace(batch_size=64))
    history = [{"epoch": 1, "loss": 2.0, "val_loss": 2.5, "best_epoch": 1}]
    history += [{"epoch": 2, "loss": 1.0, "val_loss": 3.0, "best_epoch": 1}]
    model = SimpleNamespace(recipe=recipe)
    state = SimpleNamespace(model=model, steps=4, step=4, history=history)
    with TrainingBar("vae", 81) as bar:
        bar.on_step(state)
        assert bar._bar.postfix == "loss=1, val_loss=3, best_epoch=1"
        state.history = [{"epoch": 5, "loss": 4.0, "val_kid": 0.1, "best_epoch": 5}]
        state.history += [{"epoch": 6, "loss": 3.0, "best_epoch": 5}]
        bar.on_step(state)
        assert bar._bar.postfix == "loss=3, val_kid=0.1, best_epoch=5"
        state.history = [{"epoch": 1, "loss": 4.0}]  # of an older version
        bar.on_step(state)
        assert bar._bar.postfix == "loss=4"


def test_the_bar_says_what_share_of_what_follows_is_done():
    recipe = SimpleNamespace(training=SimpleNamespace(batch_size=64))
    model = SimpleNamespace(recipe=recipe)
    with TrainingBar("vae", 81) as bar:
        bar.on_progress(0.1)  # of a run that goes on in its fine-tuning, whose bar comes later
        bar.on_step(SimpleNamespace(model=model, steps=4, step=4, history=[]))
        bar.on_message("fitting priors")
        assert bar._bar.postfix == "fitting priors"
        bar.on_progress(0.42)
        assert bar._bar.postfix == "fitting priors 42%"
