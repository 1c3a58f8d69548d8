"""Python processes that need not import torch again: forked from one that has.

A training's imports take seven seconds of a core, more than most tests of a process take for all
the rest. So this file, run as a script, imports them once; asked by `Forked`, it forks, and the
fork goes on as a command. Such a process has its own pid, session, signals, outputs and exit
status. What a real start alone can show has tests of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import io
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace

ROOT = Path(__file__).parents[2]
ADDRESS = "BALLGEN_TEST_FORKS"  # told to a forked dashboard, whose workers are forked as well
PRELOADED = (
    "torch._dynamo",  # the first optimizer imports it
    "accelerate",
    "sklearn.linear_model",
    "sklearn.cluster",
    "sklearn.pipeline",
    "streamlit.web.cli",
    "ballgen.report.comparison",
    "ballgen.experiment",
    "ballgen.runs.control",
    "ballgen.runs.estimates",
    "ballgen.runs.progress_writer",
)


class Forked(subprocess.Popen):
    """`Popen([sys.executable, ...])`, without the imports."""

    def _execute_child(
        self, args, executable, preexec_fn, close_fds, pass_fds, cwd, env, *rest
    ):  # what every Popen calls to start its process, on POSIX
        *pipes, start_new_session, _ = *rest[3:9], *rest[-2:]
        assert args[0] == sys.executable and not preexec_fn and not pass_fds
        address = _address()
        order = {
            "words": args[1:],
            "folder": os.fspath(cwd or os.getcwd()),
            "environment": {**(os.environ if env is None else env), ADDRESS: address},
            "session": start_new_session,
        }
        given = [own if own != -1 else usual for usual, own in enumerate((pipes[0], *pipes[3::2]))]
        self._answers = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._answers.connect(address)
        socket.send_fds(self._answers, [json.dumps(order).encode()], given)
        self.pid = int(self._answers.recv(32))
        self._child_created = True
        self._close_pipe_fds(*pipes)

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        if wait_flags & os.WNOHANG and not select.select([self._answers], [], [], 0)[0]:
            return 0, 0
        return self.pid, int(self._answers.recv(32) or signal.SIGKILL)

    def _internal_poll(self, *_, **__) -> int | None:
        if self.returncode is None:
            pid, status = self._try_wait(os.WNOHANG)
            if pid:
                self._handle_exitstatus(status)
        return self.returncode


# In place of the module, where a process is to be forked.
FORKING = SimpleNamespace(**vars(subprocess) | {"Popen": Forked})
if sys.platform != "linux":
    FORKING = subprocess


@functools.cache
def _address() -> str:
    """Of the process that forks; it ends with this one."""
    if ADDRESS in os.environ:
        return os.environ[ADDRESS]
    address = str(Path(tempfile.mkdtemp(prefix="ballgen-forks-"), "socket"))
    forking = subprocess.Popen(
        [sys.executable, __file__, address],
        cwd=ROOT,
        env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE"},  # as the dashboard and workers set it
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert forking.stdout.readline() == b"ready\n"
    os.environ[ADDRESS] = address
    _address.forking = forking  # else its pipe would be closed
    return address


def _wait_for_order(address: str) -> tuple[dict, list[int]]:
    """Fork for each order that comes. Returns in a fork, with its order and outputs."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(address)
    listener.listen()
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    asking: dict[int, socket.socket] = {}
    gc.collect()
    gc.freeze()  # else each fork looks through all of it, and copies it thereby
    os.write(1, b"ready\n")
    while True:
        ready = select.select([listener, ended, 0], [], [])[0]
        if 0 in ready:  # the tests are over
            shutil.rmtree(Path(address).parent)
            os._exit(0)
        if ended in ready:
            os.read(ended, 100)
            with contextlib.suppress(ChildProcessError):
                while (found := os.waitpid(-1, os.WNOHANG))[0]:
                    with asking.pop(found[0]) as one, contextlib.suppress(OSError):
                        one.send(b"%d" % found[1])
        if listener in ready:
            one, _ = listener.accept()
            order, outputs, _, _ = socket.recv_fds(one, 2**20, 3)
            if not (pid := os.fork()):
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                signal.signal(signal.SIGINT, signal.default_int_handler)
                for other in (one, listener, *asking.values()):
                    other.close()
                os.close(ended)
                os.close(wake)
                return json.loads(order), outputs
            for number in outputs:
                os.close(number)
            asking[pid] = one
            one.send(b"%d" % pid)


def _go_on_as(order: dict, outputs: list[int]) -> None:
    """Be what `python WORDS` is."""
    if order["session"]:
        os.setsid()
    for usual, number in enumerate(outputs):
        os.dup2(number, usual)
        os.close(number)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    words = order["words"]
    buffered = words[0] != "-u"
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.detach()  # the forking process's own, with its kind of buffers
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)))
    out = io.FileIO(1, "w", closefd=False)
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(out) if buffered else out, write_through=not buffered
    )
    err = io.FileIO(2, "w", closefd=False)
    sys.stderr = io.TextIOWrapper(err, errors="backslashreplace", write_through=True)
    import_module("ballgen.runs.control").subprocess = FORKING
    # Else every form that a test opens takes steps of a training, on both cores.
    import_module("ballgen.runs.estimates").Estimates.ask = _refuse
    import_module("ballgen.models.inversion").STEPS = 1  # as in tests/conftest.py
    kind, *sys.argv = words if buffered else words[1:]
    if kind == "-m":
        sys.path.insert(0, "")
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        code, sys.argv[0] = sys.argv[0], "-c"
        sys.path.insert(0, "")
        sys.modules["__main__"] = main = ModuleType("__main__")
        exec(compile(code, "<string>", "exec"), vars(main))
    else:
        sys.argv = [kind, *sys.argv]
        sys.path.insert(0, str(Path(kind).absolute().parent))
        runpy.run_path(kind, run_name="__main__")


def _refuse(*_) -> None:
    from ballgen.errors import InputError

    raise InputError("no estimates beside tests")


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    from tests.helpers import forked

    for name in PRELOADED:
        import_module(name)
    forked._go_on_as(*forked._wait_for_order(sys.argv[1]))
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.main_thread():
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(0)  # taking apart what was imported takes half a second
