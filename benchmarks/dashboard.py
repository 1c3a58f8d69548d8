"""How long the dashboard lets people wait: python -m benchmarks.dashboard [--check]

Prints, in ms: from a server's start to its first page, samples and all; opening that page later;
the first and the second visit of each page by its link; another seed and another map; the server's
memory then; from a key on a slider that filters pictures, which the server chooses, to the other
pictures on the screen; from a key or a move on sliders whose pictures are in the browser already;
opening and sliding on a page of Streamlit's with nothing but a slider and a picture, which no other
page can beat; and how far what is seen already moves while each page loads, on a desktop and on a
phone. With --check it exits with status 1 where a figure is above its limit.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import Browser, Page

from ballgen.ui.server import TRIM_INTERVAL_S
from ballgen.ui.shell import ENTRIES, HOME
from benchmarks.browser import (
    DESKTOP,
    IDLE,
    PATIENCE,
    PHONE,
    SMALL,
    WATCH_SHIFTS,
    chromium,
    serve,
    wait_until_shown,
)

# ms: what feels like waiting for a page, what still feels like an answer at once, and a frame.
FRAME = 1000 / 60
LIMITS = {"page": 2000.0, "slider": 100.0, "temperature": FRAME, "film": FRAME, "shift": 0.1}

LEAST = """import numpy as np, streamlit as st
shade = st.slider("A slider", 0, 100)
with st.container(key="picture"):
    st.image(np.full((64, 64), shade, np.uint8), output_format="PNG")
"""
SETTLING = 1500  # ms; images come after the script has run
MOST_KEYS = 9  # presses of a page key from one end of a slider to the other

# To look is cheap, or it would hold up what it waits for: each canvas below a key is seen through
# so many points across and down.
LOOK = """
  const POINTS = 64
  const eye = new OffscreenCanvas(POINTS, POINTS).getContext("2d", { willReadFrequently: true })
  eye.imageSmoothingEnabled = false
  const drawn = (key) => [...document.querySelectorAll(`.st-key-${key} *`)]
    .flatMap((element) => [...(element.shadowRoot?.querySelectorAll("canvas") ?? [])])
    .map((canvas) => {
      eye.drawImage(canvas, 0, 0, POINTS, POINTS)
      const seen = new Uint32Array(eye.getImageData(0, 0, POINTS, POINTS).data.buffer)
      return seen.reduce((sum, point) => (Math.imul(sum, 31) + point) | 0, 0)
    })
  const frame = () => new Promise(requestAnimationFrame)
"""
# From each key press on a slider to the first frame that shows other pictures.
WATCH_SLIDER = f"""([slider, pictures]) => {{{LOOK}
  const input = document.querySelector(`.st-key-${{slider}} input[type=range]`)
  window.took = []
  input.addEventListener("keydown", async () => {{
    const before = drawn(pictures).join()
    const start = performance.now()
    while (drawn(pictures).join() === before) await frame()
    window.took.push(performance.now() - start)
  }}, true)
  input.focus()
}}"""
WATCH_LEAST = """() => {
  const frame = () => new Promise(requestAnimationFrame)
  const input = document.querySelector("input[type=range]")
  const picture = () => document.querySelector(".st-key-picture img")
  window.took = []
  input.addEventListener("keydown", async () => {
    const before = picture().src
    const start = performance.now()
    while (picture().src === before || !picture().complete) await frame()
    window.took.push(performance.now() - start)
  }, true)
  input.focus()
}"""
FOLLOWS = """() => [...document.querySelectorAll(".st-key-figure-fitted *")]
  .some((element) => element.shadowRoot?.querySelector(".figure-row")?.dataset.frames > 1)"""
# From the next Enter until every sample, those of N(0, I) and of the fitted priors, is another.
WATCH_SAMPLES = f"""() => {{{LOOK}
  const samples = () => [...drawn("figure-normal").slice(1), ...drawn("figure-fitted")]
  const before = samples() // real images, the first of all, stay
  const others = () => samples().every((one, index) => one !== before[index])
  window.redrawn = new Promise((done) => document.addEventListener("keydown", async () => {{
    const start = performance.now()
    while (!others()) await frame()
    done(performance.now() - start)
  }}, {{ once: true, capture: true }}))
}}"""
SCRUB = """(input, moves) => Array.from({ length: moves }, (_, move) => {
  const start = performance.now()
  input.value = move % (Number(input.max) + 1)
  input.dispatchEvent(new Event("input", { bubbles: true }))
  return performance.now() - start
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoints", type=Path, help="folder to show in place of checkpoints/")
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--moves", type=int, default=40, help="of a slider")
    parser.add_argument("--check", action="store_true", help="fail above the limits")
    args = parser.parse_args()
    with chromium() as browser:
        start = time.perf_counter()
        with serve(args.checkpoints) as address:
            title, samples, everything = visit(browser, address, start)
            print(
                f"from a server's start: title {title:.0f} ms, samples {samples:.0f} ms, "
                f"all {everything:.0f} ms"
            )
            measure_visits(browser, address, args.visits)
            figures = measure(browser, address, args.visits, args.moves)
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "least.py"
            script.write_text(LEAST)
            with serve(script=script) as address:
                measure_least(browser, address, args.visits, args.moves)
    missed = [name for name, limit in LIMITS.items() if figures[name] > limit]
    for name in missed:
        print(f"{name}: {figures[name]:.2f} is above the limit of {LIMITS[name]:.2f}")
    sys.exit(1 if missed and args.check else 0)


def measure(browser: Browser, address: str, visits: int, moves: int) -> dict[str, float]:
    """Print all figures; returns those that have a limit, in ms, and the largest shift."""
    title, samples, everything = np.median([visit(browser, address) for _ in range(visits)], axis=0)
    print(
        f"opened later, median of {visits}: title {title:.0f} ms, samples {samples:.0f} ms, "
        f"all {everything:.0f} ms"
    )
    answered = filtered(browser, address, moves)
    slider = _tell("filter slider to pictures, through the server", answered)
    temperature = _tell("temperature slider to the VAE's samples", warmed(browser, address, moves))
    film = _tell("film slider, its script alone", scrubbed(browser, address, moves))
    shift = max(shifted(browser, f"{address}/{entry.name}") for entry in ENTRIES)
    figures = {"page": everything, "slider": slider, "temperature": temperature, "film": film}
    return figures | {"shift": shift}


def measure_visits(browser: Browser, address: str, visits: int) -> None:
    """Print how long pages, seeds and maps take in a server that has shown its first page alone."""
    page = _open(browser, address, ".st-key-figure-fitted canvas")
    rest = [entry for entry in ENTRIES if not entry.hidden and entry.name != HOME]
    switches: list[float] = []
    for entry in rest:
        first, again = _follow(page, entry.title), []
        for _ in range(visits):
            again += [_follow(page, "Compare"), _follow(page, entry.title)]
        switches += again
        print(f"{entry.title}: first {first:.0f} ms, again {np.median(again[1::2]):.0f} ms")
    _tell("from page to page", switches)
    _follow(page, "Compare")
    page.wait_for_load_state("networkidle")
    _tell("another seed, to all samples", [_seed(page, seed + 1) for seed in range(visits)])
    _follow(page, "Latent space")
    for method in ("UMAP", "PCA", "t-SNE"):
        print(f"{method}, for the first time: {_map(page, method):.0f} ms")
    page.wait_for_timeout(2000 * TRIM_INTERVAL_S)
    page.context.close()
    (server,) = (one for one in psutil.Process().children() if "streamlit" in one.cmdline())
    print(f"the server's memory at rest: {server.memory_info().rss / 2**20:.0f} MB")


def _follow(page: Page, title: str) -> float:
    """ms from a click on a page's link until it stands: its title, and nothing under way."""
    start = time.perf_counter()
    page.get_by_test_id("stSidebar").get_by_role("link", name=title).click()
    page.get_by_role("heading", name=title, level=1).wait_for()
    page.wait_for_selector(IDLE)
    return 1000 * (time.perf_counter() - start)


def _seed(page: Page, seed: int) -> float:
    """ms from a seed's Enter until all samples of both priors are others."""
    field = page.get_by_role("spinbutton", name="Seed")
    field.fill(str(seed))
    page.wait_for_selector(IDLE)
    page.evaluate(WATCH_SAMPLES)
    field.press("Enter")
    return page.evaluate("window.redrawn")


def _map(page: Page, method: str) -> float:
    """ms from the choice of a method until its map is drawn."""
    mark = "[data-mark]"
    before = page.locator(mark).get_attribute("data-mark")
    start = time.perf_counter()
    page.get_by_role("radio", name=method, exact=True).click()
    page.wait_for_selector(f"{mark}:not([data-mark='{before}'])")
    return 1000 * (time.perf_counter() - start)


def shifted(browser: Browser, url: str) -> float:
    """Print the layout shift of a page in each window; returns the largest."""
    found = []
    for window in ({"viewport": SMALL}, PHONE):
        page = browser.new_context(**window).new_page()
        page.set_default_timeout(PATIENCE)
        page.add_init_script(WATCH_SHIFTS)
        page.goto(url)
        page.wait_for_selector(IDLE)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(SETTLING)
        found.append(page.evaluate("window.shifted"))
        page.context.close()
    print(f"layout shift of {url}: desktop {found[0]:.3f}, phone {found[1]:.3f}")
    return max(found)


def _tell(what: str, took: list[float]) -> float:
    """Print median and 95th percentile; returns the latter."""
    median, most = np.percentile(took, [50, 95])
    print(f"{what}, {len(took)} moves: median {median:.1f} ms, 95th percentile {most:.1f} ms")
    return float(most)


def filtered(browser: Browser, address: str, moves: int) -> list[float]:
    """ms from a key on a slider of the data page until other pictures are on the screen."""
    took: list[float] = []
    while len(took) < moves:
        page = _open(
            browser, f"{address}/data?view=look+at+a+source", ".st-key-source-images canvas"
        )
        page.evaluate(WATCH_SLIDER, ["only_angle", "source-images"])
        took += _press(page, "PageUp", min(MOST_KEYS, moves - len(took)))
    return took


def warmed(browser: Browser, address: str, moves: int) -> list[float]:
    """ms from a key on the temperature slider until other samples are on the screen.

    The slider has the focus since its samples came: what is measured is the browser alone.
    """
    took: list[float] = []
    while len(took) < moves:
        page = _open(browser, address, ".st-key-figure-fitted canvas")
        page.evaluate(WATCH_SLIDER, ["temperature", "figure-fitted"])
        page.wait_for_function(FOLLOWS)
        page.wait_for_selector(IDLE)
        took += _press(page, "ArrowLeft", min(MOST_KEYS, moves - len(took)))
    return took


def _press(page: Page, key: str, times: int) -> list[float]:
    """ms from each press to other pictures, as `WATCH_SLIDER` notes them; closes the page."""
    for press in range(times):
        page.keyboard.press(key)
        page.wait_for_function("(press) => window.took.length > press", arg=press)
        page.wait_for_selector(IDLE)
    took = page.evaluate("window.took")
    page.context.close()
    return took


def scrubbed(browser: Browser, address: str, moves: int) -> list[float]:
    """ms that the script of the interpolating page takes to draw a film's other frame."""
    page = _open(browser, f"{address}/interpolate", ".st-key-two-ends canvas")
    return page.locator(".st-key-two-ends input[type=range]").evaluate(SCRUB, moves)


def _open(browser: Browser, address: str, part: str) -> Page:
    """A page in a fresh context, with this part of it drawn and nothing under way."""
    page = browser.new_context(viewport=DESKTOP).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.wait_for_selector(part)
    page.wait_for_selector(IDLE)
    page.wait_for_load_state("networkidle")
    return page


def visit(browser: Browser, address: str, start: float = 0) -> tuple[float, float, float]:
    """ms until the first page has its title, its samples and all, in a fresh context.

    start  of the waiting, by `time.perf_counter`; by default the page's opening
    """
    start = start or time.perf_counter()
    took = []
    page = browser.new_context(viewport=DESKTOP).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    for part in ("h1", ".st-key-figure-fitted canvas"):
        page.wait_for_selector(part)
        took.append(time.perf_counter() - start)
    wait_until_shown(page)
    took.append(time.perf_counter() - start)
    page.context.close()
    return tuple(1000 * seconds for seconds in took)


def measure_least(browser: Browser, address: str, visits: int, moves: int) -> None:
    """Print what a page takes that does nothing else: no page of Streamlit's can be faster."""
    opened: list[float] = []
    for _ in range(visits + 1):
        page = browser.new_context(viewport=DESKTOP).new_page()
        start = time.perf_counter()
        page.goto(address)
        page.wait_for_selector(".st-key-picture img")
        page.wait_for_selector(IDLE)
        opened.append(1000 * (time.perf_counter() - start))
        page.context.close()
    print(f"the least page, median of {visits}: {np.median(opened[1:]):.0f} ms")
    took: list[float] = []
    while len(took) < moves:
        page = _open(browser, address, ".st-key-picture img")
        page.evaluate(WATCH_LEAST)
        took += _press(page, "PageUp", min(MOST_KEYS, moves - len(took)))
    _tell("the least page's slider to its picture", took)


if __name__ == "__main__":
    main()
