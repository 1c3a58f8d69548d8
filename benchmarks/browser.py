"""The dashboard in a server of its own, and Debian's Chromium to open it with.

For the browser tests, the screenshots and the timings.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from ballgen.runs.catalogue import FOLDERS_VARIABLE

ROOT = Path(__file__).parents[1]
CHROMIUM = Path("/usr/bin/chromium")
# No sandbox in containers, and nothing that Chromium would ask of the network by itself.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_PATIENCE = 120.0  # s; a machine may be busy with other servers
PATIENCE = 60_000  # ms; a server's first page imports torch
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}

SMALL = {"width": 1280, "height": 720}  # a projector's, and a small laptop's
# How far what was seen already moved, as browsers count it: window.shifted.
WATCH_SHIFTS = """
  window.shifted = 0
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
    if (!entry.hadRecentInput) window.shifted += entry.value
  })).observe({ type: "layout-shift", buffered: true })
"""

# Before its script begins a page is idle, too, but empty.
IDLE = (
    "[data-testid=stApp][data-test-script-state=notRunning]"
    ":has([data-testid=stMain] [data-testid=stElementContainer])"
)
# Some come with code of their own, which the browser asks for after the script has run.
PARTS = (
    ".st-key-figure-fitted canvas",
    ".st-key-figure-reconstruction canvas",
    ".st-key-scores [data-testid=stTable]",
)


@contextmanager
def serve(checkpoints: Path | None = None, script: Path = ROOT / "app.py") -> Iterator[str]:
    """The address of a dashboard as `streamlit run app.py` starts it, on a free port.

    checkpoints  folder to show in place of the usual one
    script       to run in place of the dashboard
    """
    chosen = {FOLDERS_VARIABLE: str(checkpoints)} if checkpoints else {}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(script)]
            + [f"--server.port={port}", "--server.headless=true"],
            cwd=ROOT,
            env=os.environ | chosen,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            if refused := _refuses(f"{address}/_stcore/health", server):
                log.seek(0)
                said = log.read().decode()
                raise RuntimeError(f"the dashboard did not start ({refused}):\n{said}")
            yield address
        finally:
            _end(server)


def _end(server: subprocess.Popen) -> None:
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:  # busy, and nobody is left to wait for it
        server.kill()
        server.wait()


def _refuses(url: str, server: subprocess.Popen) -> str:
    """ "" as soon as the server answers, else why it has not."""
    # Without a proxy: urllib would ask one that this process was told of, for this machine too.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end, why = time.monotonic() + START_PATIENCE, "it was not asked"
    while time.monotonic() < end and server.poll() is None:
        try:
            with opener.open(url, timeout=5):
                return ""
        except OSError as error:
            why = f"asked for {START_PATIENCE:.0f} s, at last: {error}"
            time.sleep(0.05)
    return why if server.poll() is None else f"it ended with status {server.poll()}"


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


def wait_until_shown(page: Page) -> None:
    """Until the comparing page is idle and every part of it drawn."""
    page.set_default_timeout(PATIENCE)
    page.wait_for_selector(IDLE)
    for part in PARTS:
        page.wait_for_selector(part)
