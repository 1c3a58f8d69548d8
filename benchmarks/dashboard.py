"""How long the dashboard lets people wait: python -m benchmarks.dashboard [--check]

Prints, in ms, from opening the comparing page until everything is drawn, in a server that has just
started and in one that has not; from a key on the temperature slider to the other samples on the
screen, which the server draws; and from a move of a film's slider to the other frame, which the
browser draws alone. With --check it exits with status 1 where a figure is above its limit.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page

from benchmarks.browser import DESKTOP, IDLE, PATIENCE, chromium, serve, wait_until_shown

# ms: what feels like waiting for a page, what still feels like an answer at once, and a frame.
LIMITS = {"page": 2000.0, "slider": 100.0, "film": 1000 / 60}

STEPS = 10  # of the temperature slider, from where it stands to its end

# From each key press on the slider to the first frame that shows other samples.
WATCH_SLIDER = """() => {
  const drawn = () =>
    [...document.querySelectorAll(".st-key-vae-pictures *")]
      .flatMap((element) => [...(element.shadowRoot?.querySelectorAll("canvas") ?? [])])
      .map((canvas) => canvas.toDataURL())
      .join()
  const frame = () => new Promise(requestAnimationFrame)
  const slider = document.querySelector(".st-key-temperature input[type=range]")
  window.took = []
  slider.addEventListener("keydown", async () => {
    const before = drawn()
    const start = performance.now()
    while (drawn() === before) await frame()
    window.took.push(performance.now() - start)
  }, true)
  slider.focus()
}"""
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
    with chromium() as browser, serve(args.checkpoints) as address:
        figures = measure(browser, address, args.visits, args.moves)
    missed = [name for name, limit in LIMITS.items() if figures[name] > limit]
    for name in missed:
        print(f"{name}: {figures[name]:.1f} ms is above the limit of {LIMITS[name]:.1f} ms")
    sys.exit(1 if missed and args.check else 0)


def measure(browser: Browser, address: str, visits: int, moves: int) -> dict[str, float]:
    """Print all figures; returns those that have a limit, in ms."""
    first, _ = visit(browser, address)
    print(f"first page of a server: samples {first[0]:.0f} ms, all {first[1]:.0f} ms")
    later = [visit(browser, address)[0] for _ in range(visits)]
    samples, everything = np.median(later, axis=0)
    print(f"later pages, median of {visits}: samples {samples:.0f} ms, all {everything:.0f} ms")
    slider = _tell("temperature slider to samples", answered(browser, address, moves))
    film = _tell("film slider to frame", scrubbed(browser, address, moves))
    return {"page": everything, "slider": slider, "film": film}


def _tell(what: str, took: list[float]) -> float:
    """Print median and 95th percentile; returns the latter."""
    median, most = np.percentile(took, [50, 95])
    print(f"{what}, {len(took)} moves: median {median:.1f} ms, 95th percentile {most:.1f} ms")
    return float(most)


def answered(browser: Browser, address: str, moves: int) -> list[float]:
    """ms from a key on the temperature slider until other samples are on the screen."""
    took: list[float] = []
    for seed in range(1, 1 + -(-moves // STEPS)):  # samples that no cache holds yet
        _, page = visit(browser, f"{address}/?seed={seed}")
        page.evaluate(WATCH_SLIDER)
        for move in range(min(STEPS, moves - len(took))):
            page.keyboard.press("ArrowLeft")
            page.wait_for_function("(move) => window.took.length > move", arg=move)
            page.wait_for_selector(IDLE)
        took += page.evaluate("window.took")
        page.context.close()
    return took


def scrubbed(browser: Browser, address: str, moves: int) -> list[float]:
    """ms from a move of the film's slider on the interpolating page until its frames are drawn."""
    page = browser.new_context(viewport=DESKTOP).new_page()
    page.goto(f"{address}/interpolate", timeout=PATIENCE)
    page.wait_for_selector(".st-key-two-ends canvas", timeout=PATIENCE)
    return page.locator(".st-key-two-ends input[type=range]").evaluate(SCRUB, moves)


def visit(browser: Browser, address: str) -> tuple[tuple[float, float], Page]:
    """Open the page in a fresh context; ms until the samples and until all of it are drawn."""
    page = browser.new_context(viewport=DESKTOP).new_page()
    start = time.perf_counter()
    page.goto(address)
    page.wait_for_selector(".st-key-gan-pictures canvas", timeout=60_000)
    samples = time.perf_counter() - start
    wait_until_shown(page)
    return (1000 * samples, 1000 * (time.perf_counter() - start)), page


if __name__ == "__main__":
    main()
