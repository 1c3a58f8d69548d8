from __future__ import annotations

import pytest

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.data.sources import load_images
from ballgen.recipes import RECIPES, Recipe, get_recipe
from ballgen.runs import control
from ballgen.runs.control import stop
from ballgen.runs.estimates import Estimates
from ballgen.runs.folder import RunFolder
from ballgen.runs.registry import FAILED, FINISHED, STOPPED, Run
from ballgen.runs.uploads import delete_upload, store_zip, uploads
from ballgen.ui.train.settings import MAX_NUMBERS
from ballgen.util.settings import settings
from ballgen.util.wording import prior_name
from tests.helpers.reading import said
from tests.helpers.runs import IMAGES, add_copy, wait_for
from tests.helpers.tiny import tiny_recipe, zip_of_balls

IMAGES_OF_ALL = {"limit": None, "image_size": None}
pytestmark = pytest.mark.slow  # minutes, or processes of their own


def set_tiny(app) -> None:
    """Fill the form with a run of a second."""
    recipe = tiny_recipe("vae")
    app.number_input(key="new_limit").set_value(64)
    app.selectbox(key="new_size").select(16)
    app.number_input(key="new_vae_training_epochs").set_value(2)
    app.number_input(key="new_vae_network_latent_dim").set_value(recipe.network.latent_dim)
    app.number_input(key="new_vae_network_width").set_value(recipe.network.width)
    app.selectbox(key="new_vae_training_precision").select("fp32")
    app.multiselect(key="new_vae_sampling_priors").set_value(["gaussian"])
    app.selectbox(key="new_vae_sampling_prior").select("gaussian")
    app.text_input(key="new_name").set_value("mine").run()


def test_one_press_starts_all_three_families_on_the_forms_images(
    open_app, tiny_checkpoints, put_first, registry, monkeypatch
):
    monkeypatch.setattr(control, "_start_worker", lambda *_: None)  # they stay in the queue
    put_first("train")
    app = open_app(tiny_checkpoints)
    app.number_input(key="new_limit").set_value(64)
    app.number_input(key="new_seed").set_value(5).run()
    app.button(key="preset-gan").click().run()
    assert not app.exception
    runs = sorted(registry.all(), key=lambda run: run.created_at)
    assert [run.recipe for run in runs] == [get_recipe(n).to_dict() for n in ("ae", "vae", "gan")]
    assert {(run.minutes, run.seed, run.loading["limit"]) for run in runs} == {(3.0, 5, 64)}
    assert app.toast[0].value == "ae starts. Then come vae and gan."
    assert app.query_params["run"] == runs[0].id
    app.button(key="start").click().run()
    assert app.toast[0].value == "vae 2 waits for its turn."


UPLOADER = "new_source-upload-file-0"


def test_a_run_learns_from_images_brought_into_the_form(open_train, registry, tmp_path):
    app = open_train()
    app.selectbox(key="new_source").select("your own images").run()
    assert app.button(key="start").disabled
    content = zip_of_balls(tmp_path)
    app.file_uploader(key=UPLOADER).set_value(("mine.zip", content, "application/zip")).run()
    (upload,) = uploads()
    assert app.selectbox(key="new_source").value == str(upload.path)
    set_tiny(app)
    app.button(key="start").click().run()
    assert not app.exception
    (run,) = registry.all()
    assert run.source == str(upload.path)
    done = wait_for(registry, run, FINISHED)
    learned = load_checkpoint(RunFolder(registry.folder, done).checkpoint).record["data"]
    assert learned["train_images"] == len(load_images(upload.path, "train")) > 4
    app.run()
    assert "finished" in said(app) and upload.title.split()[0] in said(app)


def test_a_run_survives_the_deletion_of_its_images_and_says_so(open_train, registry, tmp_path):
    path = store_zip("mine.zip", zip_of_balls(tmp_path))
    app = open_train(new_source=uploads()[0].title)
    set_tiny(app)
    app.button(key="start").click().run()
    (run,) = registry.all()
    done = wait_for(registry, run, FINISHED)
    registry.change(done, state=STOPPED)
    delete_upload(path)
    app = open_train(run=run.id, new_source=str(path))
    assert "mine (" in said(app)  # it is watched
    assert any("were deleted" in error.value for error in app.error)  # and not started again
    app = open_train(run=run.id)
    app.button(key="resume").click().run()
    again = wait_for(registry, run, FAILED)
    assert "were deleted: bring the same .zip" in again.message
    app.run()
    assert not app.exception
    assert any("were deleted" in warning.value for warning in app.warning)


def test_a_dropped_file_that_holds_no_images_is_told_and_forgotten(open_train):
    app = open_train()
    app.selectbox(key="new_source").select("your own images").run()
    app.file_uploader(key=UPLOADER).set_value(("mine.zip", b"hello", "application/zip")).run()
    assert not app.exception
    assert any("mine.zip" in error.value for error in app.error)
    assert app.button(key="start").disabled and not uploads()
    assert app.file_uploader(key=UPLOADER.replace("0", "1")).value is None


def test_the_form_starts_what_it_says(open_train, registry):
    app = open_train()
    set_tiny(app)
    app.button(key="start").click().run()
    assert not app.exception
    (run,) = registry.all()
    stop(registry, run)  # it would be scored on 2,000 images
    done = wait_for(registry, run, STOPPED)
    assert (done.name, done.source, done.seed) == ("mine", "sportballs", 0)
    assert done.loading == {"limit": 64, "image_size": 16}
    assert (
        done.recipe
        == tiny_recipe(
            "vae",
            batch_size=64,
            warmup=200,
            priors="gaussian",
            prior="gaussian",
            discriminator_width=32,
        ).to_dict()
    )
    app.run()
    assert app.query_params["run"] == run.id
    assert "stopped" in " ".join(element.value for element in app.markdown)


def test_help_and_units_come_from_the_recipe(open_train):
    app = open_train()
    learning_rate = app.number_input(key="new_vae_optimizer_learning_rate")
    assert "At its highest" in learning_rate.help
    assert app.number_input(key="new_vae_network_width").label == "Width (channels)"
    app.selectbox(key="recipe").select("lab4-gan").run()
    assert app.number_input(key="new_lab4-gan_network_latent_dim").value == 128
    assert app.selectbox(key="new_size").disabled  # the recipe wants 64 px


def test_a_recipe_that_cannot_be_is_said_and_not_started(open_train, registry):
    app = open_train()
    app.number_input(key="new_vae_network_latent_dim").set_value(0).run()
    assert "latent_dim must be at least 1" in app.error[0].value
    assert not [button for button in app.button if button.key == "start"]


def test_the_last_run_on_a_folder_is_found_however_its_path_is_typed(
    open_train, registry, finished, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    kept = {"source": str(tmp_path / "mine"), "loading": {}, "recipe": RECIPES["vae"].to_dict()}
    kept |= {"started_at": 0.0, "ended_at": 720.0}
    registry.change(finished, **kept)
    assert "The last run of this recipe took 12 min here." in said(open_train(new_source="mine"))
    assert "The last run" not in said(open_train(new_source="mine", new_limit=9))
    app = open_train(new_source="~nobody-here/mine")
    assert any("home folder that is not known" in error.value for error in app.error)
    app = open_train(new_source="/etc")
    assert any("is not in a folder that this dashboard reads" in one.value for one in app.error)
    assert "start" not in [button.key for button in app.button]


def test_how_long_it_takes_is_told_once_it_is_known(open_train, monkeypatch):
    asked, answers = [], [None, 90.0]

    def ask(self, *order):
        asked.append(order)
        return answers[min(len(asked), 2) - 1]

    monkeypatch.setattr(Estimates, "ask", ask)
    app = open_train()
    app.run()
    assert not asked  # by a script that runs: the browser asks later, for the fragment alone
    assert "Trying a few steps" in said(app)
    app.session_state["estimate-known"] = (get_recipe("vae"), "sportballs", IMAGES_OF_ALL, 0, None)
    app.run().run()
    assert "About 2 min to the finished checkpoint" in said(app)


def test_duplicate_fills_the_form_for_a_run_with_a_change(
    open_train, registry, finished_once, monkeypatch
):
    monkeypatch.setattr(control, "_start_worker", lambda *_: None)  # it stays in the queue
    loading = {"limit": IMAGES, "image_size": None}
    finished = add_copy(registry, finished_once, loading=loading)
    app = open_train()
    app.button(key="duplicate").click().run()
    assert app.toast[0].value == f"The settings of {finished.name} are in the form below."
    assert app.number_input(key="new_vae_training_epochs").value == 3
    assert app.number_input(key="new_limit").value == IMAGES
    assert app.multiselect(key="new_vae_sampling_priors").value == ["gaussian"]
    app.number_input(key="new_vae_training_epochs").set_value(1)
    app.button(key="start").click().run()
    (twin,) = (run for run in registry.all() if run.id != finished.id)
    assert twin.recipe == Recipe.from_dict(finished.recipe).changed({"epochs": 1}).to_dict()
    assert (twin.source, twin.loading) == (finished.source, finished.loading)


def test_a_run_of_no_named_recipe_is_duplicated_as_its_familys(open_train, registry):
    recipe = tiny_recipe("ae", latent_dim=7).changed({"name": "study-ae"})
    registry.add(Run(id="study-ae-1", name="study-ae", recipe=recipe.to_dict(), state=STOPPED))
    app = open_train()
    app.button(key="duplicate").click().run()
    assert not app.exception
    assert app.selectbox(key="recipe").value == "ae"
    assert app.number_input(key="new_ae_network_latent_dim").value == 7


def test_a_run_beyond_what_the_form_lets_one_choose_is_duplicated_as_far_as_it_goes(
    open_train, registry
):
    recipe = tiny_recipe("vae", latent_dim=5000, epochs=9)
    loading = {"image_size": 100}
    run = Run(id="vae-long", name="long", recipe=recipe.to_dict(), loading=loading, state=STOPPED)
    registry.add(run)
    app = open_train()
    app.button(key="duplicate").click().run()
    assert not app.exception
    assert app.number_input(key="new_vae_network_latent_dim").value == 4096
    assert app.number_input(key="new_vae_training_epochs").value == 9
    assert app.selectbox(key="new_size").value == 0


def test_a_recipe_of_another_version_is_told_and_not_duplicated(open_train, registry):
    recipe = tiny_recipe("vae").to_dict() | {"momentum": 0.9}
    registry.add(Run(id="vae-later", name="later", recipe=recipe, state=STOPPED))
    app = open_train()
    app.button(key="duplicate").click().run()
    assert not app.exception
    assert "no setting momentum" in app.error[0].value
    assert app.number_input(key="new_vae_network_width").value == RECIPES["vae"].network.width


def test_a_prior_chosen_on_another_page_does_not_reach_the_form(
    open_app, tiny_checkpoints, registry
):
    app = open_app(tiny_checkpoints)
    app.selectbox(key="vae_prior").select(prior_name("gaussian")).run()
    app.switch_page("pages/train.py").run()
    assert not app.exception
    assert app.selectbox(key="new_vae_sampling_prior").value == RECIPES["vae"].sampling.prior


def test_a_link_fills_the_form_and_nonsense_in_it_is_passed_over(open_train):
    app = open_train(
        new_limit="-5",
        new_size="7",
        new_seed="x",
        new_vae_training_epochs="many",
        new_vae_training_shuffle="false",
        new_vae_network_width="4",
        new_vae_optimizer_learning_rate="nan",
        new_vae_training_precision="fp8",
        epoch="99999999999999999999²",
        ticked=",,nobody",
        run="nobody",
    )
    assert app.number_input(key="new_vae_network_width").value == 4
    assert app.toggle(key="new_vae_training_shuffle").value is False
    assert app.number_input(key="new_vae_training_epochs").value == RECIPES["vae"].training.epochs
    assert app.selectbox(key="new_vae_training_precision").value == "auto"
    assert app.selectbox(key="new_size").value == 0


def test_a_link_cannot_ask_for_a_network_that_no_memory_holds(open_train):
    known = {setting.path: setting.value for setting in settings(RECIPES["gan"])}
    limits = {path: most for path, most in MAX_NUMBERS.items() if path in known}
    asked = {f"new_gan_{path.replace('.', '_')}": str(most + 1) for path, most in limits.items()}
    app = open_train(recipe="gan", **asked)
    assert len(asked) >= 4
    for path in limits:
        shown = app.number_input(key=f"new_gan_{path.replace('.', '_')}").value
        assert shown == known[path]
