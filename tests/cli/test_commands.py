"""The command line as people use it, mostly in this process; one of each kind in its own."""

from __future__ import annotations

import json
import shutil
import signal
import time
import zipfile
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open

from ballgen.checkpoint.folder import load_checkpoint
from ballgen.data.sources import load_images
from ballgen.scores.features import FEATURE_NAMES
from ballgen.util.paths import TRAINED_VARIABLE
from tests.helpers.commands import ROOT, call, finish, python, start_python
from tests.helpers.forked import FORKING

pytestmark = pytest.mark.slow  # minutes, or processes of their own

SAMPLE = ROOT.parent / "shared" / "data" / "sportballs-sample" / "Test"
QUICK = ["--set", "width=4", "--set", "latent_dim=6", "--set", "priors=gaussian",
         "--set", "prior=gaussian", "--set", "precision=fp32", "--set", "scores=fast",
         "--limit", "64"]  # fmt: skip


def fails_with(done: CompletedProcess, *words: str) -> None:
    """Exit status 2 and one plain line that holds each of `words`."""
    assert done.returncode == 2, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in lines[0], lines[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """60 drawn balls as a folder."""
    out = tmp_path_factory.mktemp("data") / "balls"
    done = call("-m", "ballgen", "data", "make", "--out", out, "--count", 60, "--test-count", 20,
                "--image-size", 16)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def trained(tmp_path_factory, folder) -> Path:
    """ae, vae and gan, trained for two epochs by the command."""
    out = tmp_path_factory.mktemp("checkpoints")
    done = call("train_all.py", "--data", folder, "--epochs", 2, "--image-size", 16, "--out", out,
                *QUICK)  # fmt: skip
    assert done.returncode == 0, done.stderr
    for word in ("ae", "vae", "gan", "SSE per image", "KID × 1000, real", "comparison.png"):
        assert word in done.stdout
    return out


def test_data_make_writes_what_load_images_reads(folder):
    train, test = load_images(folder, "train", 16), load_images(folder, "test", 16)
    assert (len(train), len(test)) == (60, 20)
    assert train.class_names == ("baseball", "basketball", "volleyball", "soccerball")
    assert train.factor_names[1:] == ("x px", "y px", "diameter px", "angle deg")


def test_train_all_leaves_whole_checkpoints_and_a_picture(trained):
    assert sorted(path.name for path in trained.iterdir()) == ["ae", "comparison.png", "gan", "vae"]
    with Image.open(trained / "comparison.png") as picture:
        assert picture.width > picture.height > 200
    for name in ("ae", "vae", "gan"):
        checkpoint = load_checkpoint(trained / name)
        assert [row["epoch"] for row in checkpoint.history] == [1, 2]
        assert checkpoint.record["data"]["train_images"] == 60
        assert "gaussian" in checkpoint.model.priors
        card = (trained / name / "README.md").read_text()
        assert card.startswith(f"# {name}: ")
        assert f'load_model("{trained.name}/{name}")' in card


def test_what_is_there_is_replaced_only_when_asked_and_stays_in_the_image(
    folder, tmp_path, monkeypatch
):
    """Without --out all goes to the folder of own checkpoints, never to the shipped ones."""
    own = tmp_path / "own"
    monkeypatch.setenv(TRAINED_VARIABLE, str(own))

    def train(recipe: str, seed: int, *flags: str) -> CompletedProcess:
        return call("train_all.py", "--data", folder, "--epochs", 1, "--image-size", 16, *QUICK,
                    "--recipes", recipe, "--seed", seed, *flags)  # fmt: skip

    assert train("ae", 0).returncode == 0
    first = load_checkpoint(own / "ae").digest
    fails_with(train("vae,ae", 1), str(own / "ae"), "--replace", "--resume", "--out")
    assert not (own / "vae").exists()  # told before any training
    with Image.open(own / "comparison.png") as image:
        narrow = image.width
    assert train("vae", 0).returncode == 0
    with Image.open(own / "comparison.png") as image:
        assert image.width > 1.3 * narrow  # real, ae and vae where real and ae stood
    assert train("ae", 0, "--resume").returncode == 0
    assert load_checkpoint(own / "ae").digest == first
    assert train("ae", 1, "--replace").returncode == 0
    assert load_checkpoint(own / "ae").digest != first


@pytest.mark.parametrize("name", ["ae", "vae", "gan"])
def test_sample_reconstruct_evaluate_and_export(trained, folder, tmp_path, name):
    checkpoint = trained / name
    for prior in ("normal", "gaussian"):
        done = call("-m", "ballgen", "sample", checkpoint, "--count", 9, "--prior", prior,
                    "--out", tmp_path / f"{prior}.npz")  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert np.load(tmp_path / f"{prior}.npz")["images"].shape == (9, 16, 16, 3)
    done = call("-m", "ballgen", "reconstruct", checkpoint, "--data", folder,
                "--out", tmp_path / "rebuilt.png")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "rebuilt.png").exists()
    kids = []
    for more in ([], ["--features", "balls"]):
        done = call("-m", "ballgen", "evaluate", checkpoint, "--data", folder,
                    "--json", tmp_path / "scores.json", *more)  # fmt: skip
        assert done.returncode == 0, done.stderr
        scores = json.loads((tmp_path / "scores.json").read_text())
        assert scores["mse"] > 0
        kids.append((scores["features"], scores["kid"]))
    assert [space for space, _ in kids] == ["random", "balls"]
    assert kids[0][1] != kids[1][1]
    done = call("-m", "ballgen", "export", checkpoint, "--format", "onnx",
                "--out", tmp_path / "decoder.onnx")  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["evaluate", "leaderboard"])
def test_unknown_features_are_told_with_the_known_ones(trained, folder, tmp_path, command):
    json_file = ["--json", tmp_path / "scores.json"] * (command == "evaluate")
    done = call("-m", "ballgen", command, trained / "ae", "--data", folder, *json_file,
                "--features", "inceptio")  # fmt: skip
    fails_with(done, "inceptio", *FEATURE_NAMES)


def test_the_same_seed_gives_the_same_bytes(trained, tmp_path):
    for name, run in (("one", call), ("two", python)):
        done = run("-m", "ballgen", "sample", trained / "vae", "--count", 5, "--seed", 7,
            "--out", tmp_path / f"{name}.npz")  # fmt: skip
        assert done.returncode == 0, done.stderr
    one, two = (np.load(tmp_path / f"{name}.npz")["images"] for name in ("one", "two"))
    assert np.array_equal(one, two)


def test_a_stopped_run_says_how_to_go_on_and_does(folder, tmp_path):
    arguments = ["train_all.py", "--data", folder, "--recipes", "ae", "--epochs", 4000,
                 "--image-size", 16, "--out", tmp_path, *QUICK]  # fmt: skip
    process = start_python(*arguments, popen=FORKING.Popen)
    for line in process.stderr:  # tqdm's first word: the training is under way
        if "images/s" in line:
            break
    process.send_signal(signal.SIGINT)
    stopped = finish(process)
    assert stopped.returncode == 130
    assert "saved; go on with: python train_all.py" in stopped.stderr
    assert "--resume" in stopped.stderr
    assert (tmp_path / "ae.unfinished").exists()
    assert not (tmp_path / "ae").exists()

    other = call(*[64 if word == 4000 else word for word in arguments], "--resume")
    fails_with(other, "ae.unfinished", "training.epochs was 4000, is 64")

    before = steps_done(tmp_path / "ae.unfinished")
    process = start_python(*arguments, "--resume", popen=FORKING.Popen)
    for line in process.stderr:
        if "images/s" in line:
            break
    process.send_signal(signal.SIGTERM)
    assert finish(process).returncode == 130
    assert steps_done(tmp_path / "ae.unfinished") > before > 0


def steps_done(state: Path) -> int:
    with safe_open(state, framework="pt") as file:
        return json.loads(file.metadata()["state"])["step"]


def test_the_reports_figures_stand_beside_ours(tmp_path):
    data = ROOT.parent / "shared" / "data" / "mnist"
    if not data.exists():
        pytest.skip("MNIST is not beside the repository")
    done = call("train_all.py", "--recipes", "lab4-ae,lab4-vae", "--data", "mnist", "--data-root",
                data, "--epochs", 2, "--limit", 100, "--test-limit", 100,
                "--set", "priors=gaussian", "--set", "scores=fast", "--out", tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in done.stdout.splitlines()
        if line.startswith("| lab4")
    ]
    reproduced = {(row[0], row[1]): row[2:] for row in rows if len(row) == 6}
    assert reproduced["lab4-ae", "loss"][0] == "0.0320"
    assert reproduced["lab4-vae", "kl"][0] == "6.7920"
    last = load_checkpoint(tmp_path / "lab4-vae").history[-1]
    assert reproduced["lab4-vae", "loss"][1] == f"{last['loss']:.4f}"
    assert reproduced["lab4-vae", "loss"][3] == "no"  # two epochs are not the report's fifteen
    assert load_checkpoint(tmp_path / "lab4-ae").model.image_shape == (1, 28, 28)


def test_minutes_end_by_the_clock_on_real_images(tmp_path):
    if not SAMPLE.exists():
        pytest.skip("the sample of the reports' data set is not beside the repository")
    done = call("train_all.py", "--data", SAMPLE, "--minutes", 0.02, "--recipes", "ae,gan",
                "--limit", 200, "--out", tmp_path, "--set", "priors=gaussian",
                "--set", "prior=gaussian", "--set", "scores=fast")  # fmt: skip
    assert done.returncode == 0, done.stderr
    seconds = [load_checkpoint(tmp_path / name).record["seconds"] for name in ("ae", "gan")]
    assert all(0.1 < value < 5 for value in seconds), seconds


def test_photographs_of_mixed_sizes_and_formats(tmp_path):
    """A messy folder as people have it: class folders, every format, a broken file."""
    generator = np.random.default_rng(0)
    photos = tmp_path / "photos"
    for label, name in enumerate(("tennis", "golf")):
        (photos / name).mkdir(parents=True)
        for i in range(12):
            size = tuple(generator.integers(20, 300, 2))
            mode = ("RGB", "RGBA", "L", "P", "LA", "CMYK")[i % 6]
            pixels = generator.integers(0, 255, (*size, 3), dtype=np.uint8) // (label + 1)
            suffix = {"RGB": "jpeg", "CMYK": "jpg", "L": "bmp"}.get(mode, "png")
            Image.fromarray(pixels).convert(mode).save(photos / name / f"{i}.{suffix}")
    (photos / "golf" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    done = call("train_all.py", "--data", photos, "--minutes", 0.01, "--recipes", "vae,gan",
                "--out", tmp_path / "out", "--set", "width=4", "--set", "scores=fast",
                "--set", "priors=gaussian", "--set", "prior=gaussian")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "broken.jpg" in done.stderr
    checkpoint = load_checkpoint(tmp_path / "out" / "gan")
    assert checkpoint.model.class_names == ("golf", "tennis")


BAD_TRAININGS = {
    "missing folder": (
        ["--data", "nowhere/at/all"],
        ["nowhere/at/all does not exist: put it"],
    ),
    "image size 17": (["--image-size", "17"], ["image size 17", "multiple of 8"]),
    "unknown recipe": (["--recipes", "vea"], ["unknown recipe 'vea'", "choose from ae"]),
    "empty recipe": (["--recipes", ""], ["unknown recipe ''"]),
    "zero epochs": (["--epochs", "0"], ["--epochs", "at least 1"]),
    "negative minutes": (["--minutes", "-1"], ["--minutes", "above 0"]),
    "endless minutes": (["--minutes", "1e308"], ["--minutes", "at most"]),
    "more memory than there is": (["--set", f"width={2**31 - 1}"], ["not enough memory"]),
    "a name that is taken": (["--set", "name=comparison.png"], ["another name"]),
    "both lengths": (["--epochs", "1", "--minutes", "1"], ["--minutes", "not allowed with"]),
    "zero limit": (["--limit", "0"], ["--limit", "at least 1"]),
    "unknown flag": (["--epoch", "3"], ["--epoch"]),
    "unknown setting": (["--set", "depth=3"], ["no setting depth", "network.width"]),
    "setting without value": (["--set", "width"], ["'width'", "SETTING=VALUE"]),
    "setting out of range": (["--set", "latent_dim=0"], ["latent_dim", "at least 1", "0"]),
    "no such dataset": (
        ["--data", "mnist", "--data-root", "/nowhere"],
        ["mnist", "/nowhere", "--data-root"],
    ),
}


@pytest.mark.parametrize("case", BAD_TRAININGS)
def test_bad_training_input_ends_in_one_line(case, tmp_path):
    arguments, words = BAD_TRAININGS[case]
    fails_with(call("train_all.py", "--out", tmp_path, *arguments), *words)


def test_a_process_of_its_own_ends_in_one_line_too(tmp_path):
    arguments, words = BAD_SAMPLES["no checkpoint"]
    out = ("--count", 2, "--out", tmp_path / "x.png")
    fails_with(python("-m", "ballgen", "sample", *arguments, *out), *words)


def test_bad_data_ends_in_one_line(tmp_path):
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "ball.png").write_text("I am not a picture")
    (tmp_path / "none").mkdir()
    (tmp_path / "false.zip").write_text("I am not a zip")
    for name in ("empty.zip", "text", "none", "false.zip"):
        done = call("train_all.py", "--data", tmp_path / name, "--out", tmp_path / "out")
        fails_with(done, name)
    assert not (tmp_path / "out").exists()


def test_too_few_images_for_the_priors_are_told_before_training(tmp_path):
    for number, split in enumerate(("train", "test")):
        folder = tmp_path / "few" / split / "red"
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 32), (60 * number, 0, 0)).save(folder / f"{number}.png")
    count = len(load_images(tmp_path / "few", "train"))
    assert count < 2
    done = call("train_all.py", "--data", tmp_path / "few", "--out", tmp_path / "out")
    fails_with(done, f"few has {count} training images", "at least 2: add images")
    assert not (tmp_path / "out").exists()


def test_an_out_folder_that_cannot_be_written_ends_in_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = call("train_all.py", "--limit", 8, "--out", tmp_path / "file" / "checkpoints")
    fails_with(done, "file", "cannot be written")
    # Refused to everybody, root included, as a folder without write permission is to others.
    fails_with(call("train_all.py", "--limit", 8, "--out", "/proc/checkpoints"), "/proc")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_ends_in_one_line(trained):
    full = "/dev/full/a.png"
    done = call("-m", "ballgen", "sample", trained / "vae", "--count", 2, "--out", full)
    fails_with(done, "/dev/full")


BAD_SAMPLES = {
    "no checkpoint": (["nowhere"], ["no checkpoint at nowhere", "train_all.py"]),
    "unknown prior": (["{vae}", "--prior", "flow"], ["prior flow", "not fitted", "gaussian"]),
    "count zero": (["{vae}", "--count", "0"], ["--count", "at least 1"]),
    "cold": (["{vae}", "--temperature", "-1"], ["--temperature", "at least 0"]),
    "a seed below zero": (["{vae}", "--seed", "-1"], ["--seed", "from 0 to"]),
    "more than memory": (["{vae}", "--count", "1000000000000"], ["not enough memory"]),
    "an empty path": ([""], ["no checkpoint"]),
    "unknown suffix": (["{vae}", "--out", "balls.gif"], [".gif"]),
}


@pytest.mark.parametrize("case", BAD_SAMPLES)
def test_bad_sample_input_ends_in_one_line(case, trained, tmp_path):
    arguments, words = BAD_SAMPLES[case]
    arguments = [word.format(vae=trained / "vae") for word in arguments]
    defaults = ["--count", "2"] * ("--count" not in arguments)
    defaults += ["--out", str(tmp_path / "x.png")] * ("--out" not in arguments)
    fails_with(call("-m", "ballgen", "sample", *arguments, *defaults), *words)


@pytest.mark.parametrize(
    ("command", "out"),
    [
        ("sample --count 2 --out", "."),
        ("reconstruct --data sportballs --out", "."),
        ("evaluate --data sportballs --json", "."),
        ("diagnose --data sportballs --json", "."),
        ("export --format onnx --out", "."),
        ("evaluate --data sportballs --json", "kept.txt/scores.json"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_any_computing(command, out, tmp_path):
    (tmp_path / "kept.txt").touch()
    name, *flags = command.split()
    done = call("-m", "ballgen", name, "no checkpoint", *flags, tmp_path / out)
    pictures = name in ("sample", "reconstruct")  # which may go into an empty folder
    fails_with(done, str(tmp_path), "not empty" if pictures else "cannot be written")


def test_a_damaged_checkpoint_ends_in_one_line(trained, tmp_path):
    damaged = tmp_path / "vae"
    shutil.copytree(trained / "vae", damaged)
    content = bytearray((damaged / "model.safetensors").read_bytes())
    content[len(content) // 2] ^= 1
    (damaged / "model.safetensors").write_bytes(content)
    done = call("-m", "ballgen", "sample", damaged, "--count", 1, "--out", tmp_path / "x.png")
    fails_with(done, "model.safetensors", "digest")


def test_no_command_and_no_arguments_end_in_one_line():
    fails_with(call("-m", "ballgen"), "COMMAND")
    fails_with(call("-m", "ballgen", "sample"), "CHECKPOINT")


def test_help_answers_at_once():
    started = time.monotonic()
    done = python("train_all.py", "--help")
    assert done.returncode == 0
    assert "--minutes" in done.stdout
    assert time.monotonic() - started < 10
