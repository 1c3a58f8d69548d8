"""A training that is caught in one of its parts, in a single long call of a library."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

from tests.helpers.commands import finish, start_python
from tests.helpers.forked import FORKING

# Where each part is caught. Training itself is not: it is asked after every step.
PARTS = {
    "loading images": "ballgen.experiment.load_images",
    "training": "",
    "fitting priors": "ballgen.experiment.fit_priors",
    "encoding": "ballgen.models.base.Model.encode",
    "scoring": "ballgen.experiment.evaluate",
    "saving": "ballgen.checkpoint.folder.save_tensors",
    "between two renames": "ballgen.util.files._sync_folder",
    "reading it back": "ballgen.experiment.load_checkpoint",
    "comparison": "ballgen.report.comparison.write_comparison",
}
CAUGHT = "caught"
# Without the interpreter's lock, as torch, numpy and scikit-learn compute.
CATCH = f"""
import hashlib, os, runpy, sys
from importlib import import_module
import ballgen.experiment, ballgen.report.comparison

def catch(*arguments, **settings):
    print("{CAUGHT}", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2_000_000_000)

place, *sys.argv = sys.argv[1:]
if place == "ballgen.models.base.Model.encode":
    ballgen.models.base.Model.encode = catch
elif place == "ballgen.util.files._sync_folder":
    import ballgen.util.files as files
    rename = files.os.replace
    def catch_after_first(source, target):
        rename(source, target)
        if str(target).endswith(".old"):
            catch()
    files.os.replace = catch_after_first
elif place:
    module, _, name = place.rpartition(".")
    setattr(import_module(module), name, catch)
if sys.argv[0] == "worker":
    from ballgen.runs.worker import main
    main(sys.argv[1])
else:
    runpy.run_path("train_all.py", run_name="__main__")
"""


def catch(part: str, *arguments: str | Path, **options) -> subprocess.Popen:
    """`train_all.py ARGUMENTS`, or the worker of a run, once it is caught in a part.

    arguments  begin with "train_all.py" or with "worker"
    """
    process = start_python(
        "-u", "-c", CATCH, PARTS[part], *arguments, popen=FORKING.Popen, **options
    )
    stream, word = process.stdout, CAUGHT
    if part == "training":
        stream, word = (process.stderr, "images") if arguments[0] != "worker" else (stream, "step")
    for line in stream:
        if word in line:
            break
    time.sleep(0.3)
    return process


def seconds_to_stop(process: subprocess.Popen, number: int = signal.SIGTERM) -> float:
    """Send a signal; seconds until the process ended."""
    began = time.perf_counter()
    process.send_signal(number)
    finish(process, 60)
    return time.perf_counter() - began
