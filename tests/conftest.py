"""What tests of several rooms share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser

# Before torch starts its threads, and for every process that a test starts: on tiny networks a
# second thread costs more than it brings, and all processes then add up in the same order.
os.environ["OMP_NUM_THREADS"] = "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first, so that no process waits for the other one's last file.

    A journey that fails is walked once more, for a browser on a busy machine may be late: the
    report lists it as RERUN, and it fails if it fails twice.
    """
    marks = {item.path: 0 for item in items}
    for item in items:
        for weight, name in enumerate(("slow", "browser"), start=1):
            if item.get_closest_marker(name):
                marks[item.path] = max(marks[item.path], weight)
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))
    items.sort(key=lambda item: -marks[item.path])


def base_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of all temporary files of all test processes."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session", autouse=True)
def nobodys_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Pages show what was trained, but not what somebody has in this very folder.

    The images of all tests lie in folders that the dashboard reads.
    """
    nobody = tmp_path_factory.mktemp("nobody")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BALLGEN_RUNS", str(nobody / "runs"))
        patch.setenv("BALLGEN_TRAINED", str(nobody / "trained"))
        patch.setenv("BALLGEN_DATA_FOLDERS", str(base_folder(tmp_path_factory)))
        yield


@pytest.fixture(scope="session", autouse=True)
def short_searches() -> Iterator[None]:
    """A GAN's codes of images are searched for in one step: no test of what is shown needs more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ballgen.models.inversion.STEPS", 1)
        yield


def made_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable) -> Path:
    """The folder `name`, filled by `make(folder)` in the first of the test processes to ask."""
    place = base_folder(tmp_path_factory)
    folder, done = place / name, place / f"{name}.done"
    with FileLock(place / f"{name}.lock"):
        if not done.exists():
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, one for each test process: Playwright starts but once in it."""
    from benchmarks.browser import CHROMIUM, chromium

    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}")
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def tiny_checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the checkpoints ae, vae and gan: real ones, of narrow nets and a few steps.

    Shared by all tests, so copy it before you change something in it.
    """
    return made_once(tmp_path_factory, "tiny_checkpoints", train_tiny)


def train_tiny(out: Path) -> None:
    from ballgen.experiment import Experiment, load_data
    from tests.helpers.tiny import tiny_recipe

    for name in ("ae", "vae", "gan"):
        # C2ST takes longer than the training.
        changes = {"priors": ("gaussian", "mixture"), "prior": "mixture", "scores": "fast"}
        recipe = tiny_recipe(name, epochs=4, **changes)
        Experiment(recipe, load_data("sportballs", recipe, limit=96, test_limit=96), out).run()


@pytest.fixture(scope="session")
def another_vae(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint for the same images as the tiny vae, of another seed."""
    return made_once(tmp_path_factory, "another", train_another) / "vae"


def train_another(out: Path) -> None:
    from ballgen.experiment import Experiment, load_data
    from tests.helpers.tiny import tiny_recipe

    changes = {"priors": ("gaussian", "mixture"), "prior": "mixture", "scores": "fast"}
    recipe = tiny_recipe("vae", **changes, epochs=1)
    data = load_data("sportballs", recipe, limit=96, test_limit=96)
    Experiment(recipe, data, out, seed=1).run()


@pytest.fixture(scope="session")
def few_balls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 96 training and 24 test images of 32 px.

    For runs of which the form of a new one is asked: `sportballs` would be tested on 2,000.
    """
    return made_once(tmp_path_factory, "few_balls", draw_few)


def draw_few(folder: Path) -> None:
    from tests.helpers.tiny import write_balls

    write_balls(folder, 96, "train")
    write_balls(folder, 24, "test")


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """The registry's folder and the row of a finished run, for `add_copy`."""
    from ballgen.runs.registry import Registry

    registry = Registry(made_once(tmp_path_factory, "finished_once", finish_run))
    (run,) = registry.all()
    return registry.folder, run.model_dump()


def finish_run(folder: Path) -> None:
    from ballgen.runs import control
    from ballgen.runs.registry import FINISHED, Registry
    from tests.helpers.forked import FORKING
    from tests.helpers.runs import CHEAP, IMAGES, wait_for
    from tests.helpers.tiny import tiny_recipe

    registry = Registry(folder)
    recipe = tiny_recipe("vae", epochs=3, **CHEAP)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(control, "subprocess", FORKING)
        loading = {"limit": IMAGES, "test_limit": IMAGES}
        run = control.start(registry, recipe, name="short", loading=loading)
    wait_for(registry, run, FINISHED)
