"""Pictures of the running dashboard for the README and the docs: python -m benchmarks.screenshots

Writes, per page, docs/images/PAGE.webp (desktop), PAGE-phone.webp and PAGE-dark.webp. The page
Train shows a run that is trained for the picture, in several minutes.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser

from ballgen.recipes import get_recipe
from ballgen.runs.control import start
from ballgen.runs.place import RUNS_VARIABLE
from ballgen.runs.registry import Registry
from benchmarks.browser import DESKTOP, IDLE, PATIENCE, PHONE, ROOT, chromium, serve

OUT = ROOT / "docs" / "images"
MOST_BYTES = 200_000  # a README must open at once
PAGES = ("compare", "latent", "interpolate", "why", "train", "data")
WINDOWS: dict[str, dict[str, Any]] = {
    "": {"viewport": DESKTOP},
    "-phone": PHONE | {"device_scale_factor": 2},
    "-dark": {"viewport": DESKTOP, "color_scheme": "dark"},
}
PAUSE = 1500  # ms between two looks: a chart fades in, a model is loaded
LOOKS = 40
SETTLED = 3  # equal looks in a row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoints", type=Path, help="folder to show in place of checkpoints/")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--pages", nargs="+", default=PAGES, choices=PAGES)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as runs:
        os.environ[RUNS_VARIABLE] = runs
        if "train" in args.pages:
            train_a_run()
        with serve(args.checkpoints) as address, chromium() as browser:
            for page in args.pages:
                for window, settings in WINDOWS.items():
                    content = to_webp(take(browser, f"{address}/{page}", settings))
                    path = args.out / f"{page}{window}.webp"
                    path.write_bytes(content)
                    print(f"{path}: {len(content) / 1000:.0f} kB", flush=True)


def train_a_run() -> None:
    """A finished run of a short GAN, in the folder of runs of this process."""
    registry = Registry()
    recipe = replace(get_recipe("gan"), epochs=6, priors=(), scores="cheap")
    run = start(registry, recipe, name="six epochs")
    while (now := registry.get(run.id)).active:
        time.sleep(1)
    if now.state != "finished":
        raise RuntimeError(f"the run for the picture {now.state}: {now.message}")


def take(browser: Browser, url: str, settings: dict[str, Any]) -> Image.Image:
    """What a window of these settings shows of a page, first screen only, once it stands still."""
    context = browser.new_context(**settings)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(url)
    looks: list[bytes] = []
    while len(looks) < SETTLED or len(set(looks[-SETTLED:])) > 1:
        if len(looks) > LOOKS:
            raise RuntimeError(f"{url} does not come to rest")
        page.wait_for_selector(IDLE)
        page.wait_for_timeout(PAUSE)
        looks.append(page.screenshot())
    context.close()
    return Image.open(io.BytesIO(looks[-1])).convert("RGB")


def to_webp(image: Image.Image) -> bytes:
    """As WebP, as good as fits into `MOST_BYTES`."""
    for quality in (90, 80, 70, 60, 50):
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", quality=quality, method=6)
        if buffer.tell() <= MOST_BYTES:
            return buffer.getvalue()
    raise ValueError(f"a shot of {image.size} px does not fit into {MOST_BYTES} bytes")


if __name__ == "__main__":
    main()
