"""How long the comparing page takes: python -m benchmarks.dashboard

Prints, in ms, from opening the address until everything is drawn, in a server that has just
started and in one that has not, and from a click on the seed to the other samples on the screen.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page

from benchmarks.browser import DESKTOP, chromium, serve, wait_until_shown

# Clicks the seed up, again and again, and waits each time for the frame that shows other samples.
CLICK_SEEDS = """async (clicks) => {
  const drawn = () =>
    [...document.querySelectorAll(".st-key-vae-pictures *")]
      .flatMap((element) => [...(element.shadowRoot?.querySelectorAll("canvas") ?? [])])
      .map((canvas) => canvas.toDataURL())
      .join()
  const frame = () => new Promise(requestAnimationFrame)
  const more = document.querySelector(".st-key-seed [data-testid=stNumberInputStepUp]")
  const took = []
  for (let click = 0; click < clicks; click++) {
    const before = drawn()
    const start = performance.now()
    more.click()
    while (drawn() === before) await frame()
    took.push(performance.now() - start)
    await new Promise((done) => setTimeout(done, 300))
  }
  return took
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoints", type=Path, help="folder to show in place of checkpoints/")
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--clicks", type=int, default=40)
    args = parser.parse_args()
    with chromium() as browser, serve(args.checkpoints) as address:
        first, _ = visit(browser, address)
        print(f"first page of a server: samples {first[0]:.0f} ms, all {first[1]:.0f} ms")
        later = [visit(browser, address)[0] for _ in range(args.visits)]
        samples, everything = np.median(later, axis=0)
        print(f"later pages, median of {args.visits}: samples {samples:.0f} ms, "
              f"all {everything:.0f} ms")  # fmt: skip
        _, page = visit(browser, address)
        took = page.evaluate(CLICK_SEEDS, args.clicks)
        print(f"seed to samples, {args.clicks} clicks: median {np.median(took):.0f} ms, "
              f"95th percentile {np.percentile(took, 95):.0f} ms")  # fmt: skip


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
