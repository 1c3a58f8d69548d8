from __future__ import annotations

import json
import os
from functools import partial
from urllib.parse import unquote_plus

import pytest

from ballgen.checkpoint.folder import read_record, read_scores
from ballgen.runs import control
from ballgen.runs.catalogue import FOLDERS_VARIABLE, SHIPPED
from ballgen.runs.control import start
from ballgen.runs.folder import RunFolder
from ballgen.runs.liveness import LOCK, creation_time
from ballgen.runs.registry import FAILED, RUNNING, STOPPED, Registry, Run
from ballgen.util.files import acquire
from ballgen.util.wording import kid_text
from tests.helpers.commands import python
from tests.helpers.reading import said
from tests.helpers.runs import wait_for, wait_for_step
from tests.helpers.tiny import tiny_recipe

pytestmark = pytest.mark.slow  # minutes, or processes of their own


def test_without_runs_it_says_what_to_do_and_lists_the_shipped_models(open_train):
    app = open_train()
    assert app.title[0].value == "Train"
    assert "No run yet" in said(app)
    assert app.dataframe[0].value["Name"].tolist() == ["ae", "gan", "vae"]


def test_a_damaged_checkpoint_spoils_no_others_curves(open_app, put_first, own_checkpoints):
    records = [read_record(own_checkpoints / family) for family in ("ae", "vae")]
    (own_checkpoints / "ae" / "model.safetensors").write_bytes(b"cut off")
    put_first("train")
    ticked = ",".join(record["digest"][:12] for record in records)
    app = open_app(own_checkpoints, ticked=ticked)
    assert any("does not match its digest" in warning.value for warning in app.warning)
    (curves,) = {json.loads(one.proto.spec)["title"] for one in app.get("vega_lite_chart")} & {
        "loss, what is minimised"
    }
    assert curves


def test_the_curves_of_lab_4s_gan_are_shipped_without_its_model(open_app, put_first):
    put_first("train")
    app = open_app(SHIPPED, ticked="lab4-gan")
    table = app.dataframe[0].value.set_index("Name")
    assert table.loc["lab4-gan", ["State", "Epochs", "Planned"]].tolist() == [
        "curves alone",
        20,
        20,
    ]
    titles = [json.loads(one.proto.spec)["title"] for one in app.get("vega_lite_chart")]
    assert {"generator loss", "discriminator loss"} <= set(titles)


def test_stop_and_resume_from_the_page(open_train, registry, tiny_run):
    run = tiny_run("ae", epochs=300)
    wait_for_step(registry, run, 8)
    app = open_train()
    app.button(key="stop").click().run()
    wait_for(registry, run, STOPPED)
    app.run()
    app.button(key="resume").click().run()
    assert registry.get(run.id).active


def test_what_failed_is_said_plainly(open_train, registry):
    run = start(registry, tiny_recipe("ae"), source="no/such/place")
    wait_for(registry, run, FAILED)
    app = open_train()
    assert "no/such/place" in app.warning[0].value
    assert app.button(key="resume")


def test_delete_does_nothing_before_it_has_asked(open_train, registry, finished, monkeypatch):
    monkeypatch.setattr(control, "delete", partial(control.delete, patience=0.1))
    app = open_train(run=finished.id, epoch="2")
    open_popover(app, "delete", finished)
    assert finished.id in said(app)
    assert [run.id for run in registry.all()] == [finished.id]
    lock = acquire(registry.folder / finished.id / LOCK, "")  # as a process still at work
    app.button(key="delete-yes").click().run()
    lock.release()
    assert "has not ended yet: wait for it" in app.error[0].value
    assert (app.query_params["run"], app.query_params["epoch"]) == (finished.id, "2")
    app.button(key="delete-yes").click().run()
    assert not app.exception
    assert not registry.all() and "No run yet" in said(app) and "run" not in app.query_params


def test_what_cannot_be_done_is_an_error_and_its_popover_stays_open(open_train, registry, finished):
    app = open_train()
    open_popover(app, "rename", finished)
    app.text_input(key="rename-name").set_value(" ")
    app.button(key="rename-yes").click().run()
    assert "must not be empty" in app.error[0].value
    app.text_input(key="rename-name").set_value("another name")
    app.button(key="rename-yes").click().run()
    assert not app.error and registry.get(finished.id).name == "another name"
    assert not [field for field in app.text_input if field.key == "rename-name"]


def open_popover(app, action: str, run) -> None:
    app.session_state[f"{action}-{run.id}"] = True
    app.run()
    assert not app.exception


def test_runs_that_cannot_be_kept_are_a_plain_error(open_app, tiny_checkpoints, monkeypatch):
    monkeypatch.setenv("BALLGEN_RUNS", str(tiny_checkpoints / "ae" / "recipe.json"))
    app = open_app(tiny_checkpoints)
    app.switch_page("pages/train.py").run()
    assert not app.exception
    assert "set BALLGEN_RUNS to" in app.warning[0].value


def test_a_page_without_runs_waits_for_no_registry_and_makes_no_folder(
    tiny_checkpoints, tmp_path, monkeypatch
):
    monkeypatch.setenv(FOLDERS_VARIABLE, str(tiny_checkpoints))
    monkeypatch.setenv("BALLGEN_RUNS", str(tmp_path / "runs"))
    code = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app.py', default_timeout=60).run()\n"
        "assert not app.exception and app.title[0].value == 'Compare'\n"
        "assert 'sqlmodel' not in sys.modules\n"
    )
    told = python("-c", code)
    assert told.returncode == 0, told.stderr
    assert not (tmp_path / "runs").exists()


def test_the_line_in_the_side_bar_needs_no_torch(tmp_path, monkeypatch):
    monkeypatch.setenv("BALLGEN_RUNS", str(tmp_path / "runs"))
    Registry()
    code = (
        "import sys\n"
        "from ballgen.ui.train.status_line import show_status_line\n"
        "show_status_line()\n"
        "assert 'torch' not in sys.modules\n"
    )
    told = python("-c", code)
    assert told.returncode == 0, told.stderr


def test_what_does_not_stop_can_be_forced_to(open_train, registry, monkeypatch):
    forced = []
    monkeypatch.setattr("ballgen.runs.control.force_stop", lambda *given: forced.append(given))
    pid = os.getpid()
    row = {"recipe": tiny_recipe("ae").to_dict(), "pid": pid, "process_created": creation_time(pid)}
    run = registry.add(Run(id="ae-1", name="frozen", state=RUNNING, **row))
    app = open_train()
    assert not [button for button in app.button if button.key == "force stop"]
    app.button(key="stop").click().run()
    assert registry.get(run.id).requested_action == "stop"
    app.button(key="force stop").click().run()
    assert not app.exception and [given[1].id for given in forced] == [run.id]
    registry.change(run, state=STOPPED)  # nobody ends this very process


def test_a_finished_run_shows_its_scores_and_leads_to_pages_that_show_it(
    open_train, registry, finished
):
    app = open_train(run=finished.id)
    scores = read_scores(RunFolder(registry.folder, finished).checkpoint)
    result = next(one.value for one in app.table if "This run" in one.value)
    kid = kid_text(scores["kid"], scores["kid_sd"])
    assert result["This run"].tolist()[0] == kid
    links = {one.proto.label: one.proto for one in app.get("page_link")}
    query = links["Compare"].query_string
    assert finished.id in unquote_plus(query)


def test_a_run_that_did_not_finish_has_no_result(open_train, registry, finished):
    registry.change(finished, state=STOPPED)
    app = open_train(run=finished.id)
    assert not any("This run" in one.value for one in app.table)
