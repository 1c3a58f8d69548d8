"""Six models of which it is known what is true, and what pages, card and table say of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ballgen.checkpoint.folder import Checkpoint
from ballgen.data.sheets import to_png
from ballgen.experiment import Experiment, load_data
from ballgen.report.comparison import comparison_table
from ballgen.scores.groups import GROUPS
from tests.helpers.reading import said
from tests.helpers.tiny import tiny_balls, tiny_recipe

pytestmark = pytest.mark.slow  # trains each model, for seconds

UNTRAINED, MEMORISED, COPIES = "Not trained yet", "It memorised", "These are copies"
CAVEATS = (UNTRAINED, MEMORISED, COPIES, "too alike")
# Training images, test images, classes, and what is trained how.
SCENARIOS = {
    "untrained": (64, 64, 4, "ae", {"epochs": 1, "learning_rate": 1e-5}),
    "memorising": (24, 64, 4, "ae", {"epochs": 100, "width": 16, "latent_dim": 32}),
    "collapsed": (64, 64, 4, "vae", {"epochs": 10, "kl_weight": 1000.0, "scores": "fast"}),
    "good": (240, 64, 4, "ae", {"epochs": 15, "width": 8, "scores": "fast"}),
    "small set": (120, 6, 4, "ae", {"epochs": 15, "width": 8, "scores": "fast"}),
    "one class": (120, 64, 1, "ae", {"epochs": 15, "width": 8, "scores": "fast"}),
}
TRUE = {
    "untrained": [UNTRAINED],
    "memorising": [COPIES, MEMORISED],
    "collapsed": [UNTRAINED, "or collapsed"],
    "good": [],
    "small set": [],
    "one class": [],
}


def write_images(folder: Path, train: int, test: int, classes: int) -> None:
    for split, count in (("train", train), ("test", test)):
        balls = tiny_balls(12 * count, split)
        rows = [row for row, label in enumerate(balls.labels.tolist()) if label < classes][:count]
        for row in rows:
            place = folder / split / balls.class_names[balls.labels[row]]
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{row}.png").write_bytes(to_png(balls.pixels[row]))


@pytest.fixture(scope="module", params=SCENARIOS)
def scenario(request, tmp_path_factory) -> tuple[str, Checkpoint]:
    """The name of a scenario, and its model, trained here and now."""
    name, folder = request.param, tmp_path_factory.mktemp("scenario")
    train, test, classes, family, changes = SCENARIOS[name]
    write_images(folder / "images", train, test, classes)
    plain_training = {"finetuning": "none", "priors": ("gaussian",), "prior": "gaussian"}
    recipe = tiny_recipe(family, **plain_training, **changes)
    data = load_data(str(folder / "images"), recipe)
    slow = ("c2st", "fid", "coverage")  # of which nothing is concluded here
    groups = {name: group for name, group in GROUPS.items() if name not in slow}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ballgen.experiment.GROUPS", groups)
        return name, Experiment(recipe, data, folder / "checkpoints").run()


def test_card_and_table_say_what_is_true(scenario):
    name, checkpoint = scenario
    card = (checkpoint.folder / "README.md").read_text()
    table = comparison_table([checkpoint])
    for place in (card, table):
        assert [caveat for caveat in CAVEATS if caveat in place] == [
            caveat for caveat in CAVEATS if caveat in TRUE[name]
        ], place
        assert all(words in place for words in TRUE[name])


@pytest.mark.parametrize("page", ["compare", "why"])
def test_the_pages_say_what_is_true(scenario, page, open_app, put_first, monkeypatch):
    name, checkpoint = scenario
    put_first(page)
    monkeypatch.setenv("BALLGEN_DATA_FOLDERS", str(checkpoint.folder.parents[1]))
    app = open_app(checkpoint.folder.parent)
    assert not app.exception
    shown = " ".join([*(warning.value for warning in app.warning), said(app)])
    assert [caveat for caveat in CAVEATS if caveat in shown] == [
        caveat for caveat in CAVEATS if caveat in TRUE[name]
    ]
    assert all(words in shown for words in TRUE[name])
