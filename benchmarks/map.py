"""Frames per second of the map with 100,000 points, moved, zoomed and pointed at.

    python -m benchmarks.map

Without a graphics card: Chromium draws on the processor.
"""

from __future__ import annotations

import json
from base64 import b64encode

import numpy as np
from playwright.sync_api import BrowserContext, Page

from ballgen.webpage.writing import HERE, MAP
from benchmarks.browser import chromium

LARGE = 100_000  # points
SECONDS = 3.0
ROOM = {"width": 560, "height": 460}  # px, as on the page at 1280 × 720
PAGE = """<!doctype html><style>body { margin: 0 } #map { position: relative; width: 100vw;
height: 100vh; background: #ffffff; color: #000000 } canvas { position: absolute; inset: 0;
width: 100%; height: 100% }</style><div id="map"></div>"""
START = """([text, shapes]) => {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  window.places = new Float32Array(bytes.buffer)
  window.told = { looked: [], left: [], chose: [], circled: [] }
  const note = (name) => (...what) => told[name].push(name === "circled" ? what[0] : what)
  const notes = Object.fromEntries(Object.keys(told).map((name) => [name, note(name)]))
  window.map = new PointedScatter(document.getElementById("map"), "A map", notes)
  const count = places.length / 3
  const colours = new Uint8Array(3 * count).fill(120)
  colours.set([255, 0, 0])
  const look = { colours, shapes: Uint8Array.from({ length: count }, (_, i) => i % shapes) }
  const flat = new Float32Array(2 * count).map((_, i) => places[3 * (i >> 1) + (i & 1)])
  map.setPoints({ places: flat, dims: 2, ...look })
  window.showSpace = () => map.setPoints({ places, dims: 3, ...look })
  window.redness = (left, top) => {
    map.draw()
    const copy = document.createElement("canvas").getContext("2d")
    copy.drawImage(map.middle, -left, -top)
    const [red, green] = copy.getImageData(0, 0, 1, 1).data
    return red - green
  }
}"""
# Each frame does what a visitor may do between two of them; then how long all frames took.
MEASURE = """([act, seconds]) => new Promise((done) => {
  const acts = {
    pan: (t) => { map.view = { x: 0.3 * Math.sin(t / 300), y: 0.2 * Math.cos(t / 400), zoom: 2 } },
    zoom: (t) => { map.view = { x: 0, y: 0, zoom: 5.5 + 4.5 * Math.sin(t / 500) } },
    hover: (t) => map.pointed(400 + 300 * Math.sin(t / 300), 300 + 200 * Math.cos(t / 400)),
  }
  const times = []
  const work = []
  const frame = (now) => {
    times.push(now)
    const start = performance.now()
    acts[act](now)
    map.draw()
    work.push(performance.now() - start)
    if (now - times[0] < 1000 * seconds) requestAnimationFrame(frame)
    else {
      const gaps = times.slice(1).map((time, i) => time - times[i]).sort((a, b) => a - b)
      work.sort((a, b) => a - b)
      done({
        "frames per second": Math.round((1000 * gaps.length) / (times.at(-1) - times[0])),
        "95 % of frames within, ms": Math.round(gaps[Math.floor(0.95 * gaps.length)]),
        "script in a frame, ms": Number(work[work.length >> 1].toFixed(1)),
        "at best, ms": Number(work[0].toFixed(1)),
      })
    }
  }
  requestAnimationFrame(frame)
})"""


def open_map(context: BrowserContext, count: int) -> Page:
    """A page with nothing but the map of `count` points, the first one red and on its own."""
    page = context.new_page()
    page.set_content(PAGE)
    page.add_script_tag(content="\n".join((HERE / name).read_text("utf-8") for name in MAP))
    page.evaluate("Object.assign(window, { PointedScatter })")
    places = np.random.default_rng(0).normal(size=(count, 3)).astype("<f4")
    places[0] = [-5.5, 5.5, 5.5]
    page.evaluate(START, [b64encode(places.tobytes()).decode(), 6])
    return page


def main() -> None:
    with chromium() as browser:
        page = open_map(browser.new_context(viewport=ROOM), LARGE)
        for act in ("pan", "zoom", "hover"):
            print(f"{act:6}", json.dumps(page.evaluate(MEASURE, [act, SECONDS])))


if __name__ == "__main__":
    main()
