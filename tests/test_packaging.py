"""What `pip install .` gives: the package, its command, and all that the dashboard shows.

The wheel is built with the backend that is installed, so nothing is downloaded.
"""

from __future__ import annotations

import ast
import os
import re
import signal
import socket
import sys
import time
import tomllib
import urllib.request
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path
from subprocess import Popen

import pytest

from ballgen.cli import COMMANDS
from ballgen.util.paths import RUNS_VARIABLE, TRAINED_VARIABLE
from tests.helpers.commands import ROOT, finish, python, start_python

pytestmark = pytest.mark.slow  # minutes, or processes of their own

PATIENCE = 120.0  # s


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    done = python("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
                  "--no-cache-dir", "--wheel-dir", out, ROOT)  # fmt: skip
    assert done.returncode == 0, done.stderr
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, installed in a folder of its own."""
    target = tmp_path_factory.mktemp("site")
    done = python("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", target,
                  wheel)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def installed(site: Path, tmp_path: Path) -> dict:
    """Options for a process that stands in an empty folder and finds the installed ballgen."""
    moved = (RUNS_VARIABLE, TRAINED_VARIABLE)
    environment = {name: text for name, text in os.environ.items() if name not in moved}
    (tmp_path / "desk").mkdir()
    return {"cwd": tmp_path / "desk", "env": environment | {"PYTHONPATH": str(site)}}


def test_every_dependency_is_stated_once_with_its_exact_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = project["dependencies"] + project["optional-dependencies"]["dev"]
    assert {"torch==2.13.0", "torchvision==0.28.0"} <= set(needed)
    assert all(re.fullmatch(r"[\w-]+==[\d.]+(; .+)?", line) for line in needed)
    for name, wanted in (("requirements.txt", "-e ."), ("requirements-dev.txt", "-e .[dev]")):
        lines = (ROOT / name).read_text().splitlines()
        assert [line for line in lines if not line.startswith("#")] == [wanted]


def test_everything_that_is_imported_is_stated():
    """What comes only because a library needs it may go with that library's next version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    stated = {canonical(line.split("==")[0]) for line in project["dependencies"]}
    files = [ROOT / "app.py", ROOT / "train_all.py"]
    files += [*(ROOT / "pages").glob("*.py"), *(ROOT / "ballgen").rglob("*.py")]
    imported = {
        name.split(".")[0]
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for name in imported_by(node)
    } - {"ballgen", *sys.stdlib_module_names}
    known = packages_distributions()
    assert {name for name in imported if not stated & set(map(canonical, known[name]))} == set()


def imported_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module] if node.module and not node.level else []
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def canonical(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_the_wheel_holds_what_git_holds_and_nothing_beside_the_package(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.split("/")[0] for name in names} == {"ballgen", f"{stem(wheel)}.dist-info"}
    package = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "ballgen").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    bundle = {
        f"ballgen/bundle/{path.relative_to(ROOT)}"
        for pattern in ("app.py", "train_all.py", "pages/*.py",
                        "studies/four_hypotheses/gains.csv", ".streamlit/*.toml",
                        "checkpoints/*/*", "checkpoints/*.png", "checkpoints/*.jsonl")
        for path in ROOT.glob(pattern)
    }  # fmt: skip
    assert {name for name in names if name.startswith("ballgen/")} == package | bundle


def stem(wheel: Path) -> str:
    return "-".join(wheel.name.split("-")[:2])


def test_the_installed_package_shows_what_is_shipped_and_writes_here(installed, site):
    code = (
        "import ballgen; from ballgen.runs.catalogue import list_checkpoints;"
        "from ballgen.ui.shell import ENTRIES, FOLDER;"
        "from ballgen.ui.why.training import GAINS;"
        "from ballgen.util.paths import runs_folder;"
        "from ballgen.util.paths import trained_folder;"
        "found = list_checkpoints().checkpoints;"
        "print(ballgen.__file__, [one.name for one in found], runs_folder(), trained_folder(),"
        "all((FOLDER / f'{entry.name}.py').is_file() for entry in ENTRIES),"
        "GAINS.is_file())"
    )
    done = python("-c", code, **installed)
    file, here = site / "ballgen" / "__init__.py", installed["cwd"]
    places = f"{here / 'runs'} {here / 'trained'}"
    assert done.stdout.strip() == f"{file} ['ae', 'gan', 'vae'] {places} True True", done.stderr


def test_the_installed_command_knows_all_that_the_module_knows(installed, site):
    listed = python(site / "bin" / "ballgen", "--help", **installed).stdout
    assert listed.startswith("usage: ballgen ")
    assert COMMANDS.keys() <= set(listed.split()), listed
    for start in ([site / "bin" / "ballgen"], ["-m", "ballgen"]):
        helped = python(*start, "train", "--help", **installed)
        assert "--minutes" in helped.stdout and "usage: ballgen train" in helped.stdout
    done = python(site / "bin" / "ballgen", "train", "--minutes", "-1", **installed)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("ballgen train: ") and "above 0" in done.stderr


def test_the_installed_command_samples_from_a_shipped_model(installed, site):
    done = python(site / "bin" / "ballgen", "sample", "checkpoints/vae", "--count", 2, "--prior",
                  "gaussian", "--out", "two.png", **installed)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (installed["cwd"] / "two.png").exists()


def test_the_installed_dashboard_answers(installed, site):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = start_python(site / "bin" / "ballgen", "dashboard", "--server.headless", "true",
                          "--server.port", port, **installed)  # fmt: skip
    try:
        assert answers(server, f"http://127.0.0.1:{port}/_stcore/health")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        said = finish(server)
    # Its own settings lie beside app.py: this machine alone is served.
    assert f"http://127.0.0.1:{port}" in said.stdout and "Network URL" not in said.stdout


def answers(server: Popen, url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            with opener.open(url, timeout=5) as answer:
                return answer.read() == b"ok"
        except OSError:
            time.sleep(0.1)
    return False
