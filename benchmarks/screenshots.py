"""Screenshots of the running dashboard for the README and docs: python -m benchmarks.screenshots

Writes README's moving one, docs/images/dashboard.webp; per page docs/images/PAGE.webp (desktop),
PAGE-phone.webp and PAGE-dark.webp. The page Train shows a run that is trained for it, in several
minutes. Then come the parts of the page why that docs/why.md shows, as docs/images/story-NAME.webp.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser

from ballgen.recipes import get_recipe
from ballgen.runs.control import start
from ballgen.runs.registry import Registry
from ballgen.ui.why.cards import CARDS
from ballgen.util.paths import RUNS_VARIABLE
from benchmarks.browser import (
    DESKTOP,
    IDLE,
    PATIENCE,
    PHONE,
    ROOT,
    chromium,
    serve,
    wait_until_shown,
)

OUT = ROOT / "docs" / "images"
MOST_BYTES = 200_000  # a README must open at once
PAGES = ("compare", "latent", "interpolate", "why", "train", "data")
# Parts of the page why that stand beside each other: (its settings, what is cut out) of each.
INTERPOLATION = "family=VAE&tab=Interpolation"
STORY = {
    "answers": [("family=VAE", f".st-key-answer-{card}") for card in CARDS],
    "interpolation": [
        (f"{INTERPOLATION}&step={place}", ".st-key-path canvas") for place in (0, 4, 8, 12, 16)
    ],
    "tested": [("tab=Would+other+training+help%3F", ".st-key-study")],
}
GAP, RULE = 12, "#e6e6e6"  # px between such parts, and their colour
WINDOWS: dict[str, dict[str, Any]] = {
    "": {"viewport": DESKTOP},
    "-phone": PHONE | {"device_scale_factor": 2},
    "-dark": {"viewport": DESKTOP, "color_scheme": "dark"},
}
MOVING, FILM = {"width": 1280, "height": 720}, ".st-key-path"
FRAME, HOLD = 160, 2500  # ms that a frame of the film stands, and one of its stations
PAUSE = 1500  # ms between two looks: a chart fades in, a model is loaded
LOOKS = 40
SETTLED = 3  # equal looks in a row


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoints", type=Path, help="folder to show in place of checkpoints/")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--pages", nargs="*", default=PAGES, choices=PAGES)
    parser.add_argument("--moving", action="store_true", help="only README's moving screenshot")
    parser.add_argument("--story", nargs="*", default=tuple(STORY), choices=tuple(STORY))
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as runs:
        os.environ[RUNS_VARIABLE] = runs
        if args.moving:
            args.pages, args.story = (), ()
        if "train" in args.pages:
            train_a_run()
        with serve(args.checkpoints) as address, chromium() as browser:
            content = film_of_the_story(browser, address)
            (args.out / "dashboard.webp").write_bytes(content)
            for page in args.pages:
                for window, settings in WINDOWS.items():
                    shot = take(browser, f"{address}/{page}", settings)
                    write(args.out / f"{page}{window}.webp", shot)
            for name in args.story:
                parts = [
                    take(browser, f"{address}/why?{query}", WINDOWS[""], part)
                    for query, part in STORY[name]
                ]
                write(args.out / f"story-{name}.webp", beside(parts))


def film_of_the_story(browser: Browser, address: str) -> bytes:
    """An animated WebP: the failure on the page compare, then why, then a slider's way out."""
    context = browser.new_context(viewport=MOVING, device_scale_factor=1)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    frames, times = [], []

    def look(ms: int) -> None:
        frames.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        times.append(ms)

    page.goto(f"{address}/compare")
    wait_until_shown(page)
    page.wait_for_timeout(PAUSE)
    look(HOLD)
    page.goto(f"{address}/why?{INTERPOLATION}")
    film = page.locator(FILM)
    film.locator("canvas").first.wait_for()
    page.wait_for_selector(IDLE)
    page.wait_for_timeout(PAUSE)
    look(HOLD)
    film.scroll_into_view_if_needed()
    handle = film.locator("input[type=range]").first
    box, window = film.bounding_box(), MOVING["height"]
    page.mouse.wheel(0, box["y"] + box["height"] - window + GAP)
    page.wait_for_timeout(PAUSE)
    handle.focus()
    page.keyboard.press("Home")
    for _ in range(int(handle.get_attribute("max")) + 1):
        page.wait_for_timeout(100)
        look(FRAME)
        page.keyboard.press("ArrowRight")
    times[-1] = HOLD
    context.close()
    buffer = io.BytesIO()
    first, *others = frames
    first.save(
        buffer, "WEBP", save_all=True, append_images=others, duration=times, loop=0, quality=60,
        method=4,
    )  # fmt: skip
    return buffer.getvalue()


def train_a_run() -> None:
    """A finished run of a short GAN, in the folder of runs of this process."""
    registry = Registry()
    recipe = get_recipe("gan").changed({"epochs": 6, "sampling.priors": "", "scores": "fast"})
    run = start(registry, recipe, name="six epochs")
    while (now := registry.get(run.id)).active:
        time.sleep(1)
    if now.state != "finished":
        raise RuntimeError(f"the run for the picture {now.state}: {now.message}")


def take(
    browser: Browser, url: str, settings: dict[str, Any], part: str | None = None
) -> Image.Image:
    """What a window of these settings shows of a page, once it stands still.

    part  selects what to show; None for the first screen
    """
    context = browser.new_context(**settings)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(url)
    shown = page.locator(part).first if part else page
    looks: list[bytes] = []
    while len(looks) < SETTLED or len(set(looks[-SETTLED:])) > 1:
        if len(looks) > LOOKS:
            raise RuntimeError(f"{url} does not come to rest")
        page.wait_for_selector(IDLE)
        page.wait_for_timeout(PAUSE)
        looks.append(shown.screenshot())
    context.close()
    return Image.open(io.BytesIO(looks[-1])).convert("RGB")


def beside(images: list[Image.Image]) -> Image.Image:
    """All in one line, with a rule between them."""
    size = sum(image.width + GAP for image in images) - GAP, max(image.height for image in images)
    line, left = Image.new("RGB", size, RULE), 0
    for image in images:
        line.paste(image, (left, 0))
        left += image.width + GAP
    return line


def write(path: Path, image: Image.Image) -> None:
    content = to_webp(image)
    path.write_bytes(content)
    print(f"{path}: {len(content) / 1000:.0f} kB", flush=True)


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
