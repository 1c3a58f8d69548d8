"""Opens pages that show films, and reads what a film shows at the moment."""

from __future__ import annotations

from playwright.sync_api import Browser, Locator, Page

from benchmarks.browser import DESKTOP, IDLE, PATIENCE

SWIPE_STEPS = 10
# Until the page has not moved for so many frames.
AT_REST = """async () => {
  const main = document.querySelector("[data-testid=stMain]")
  for (let still = 0, last = -1; still < 20; last = main.scrollTop) {
    await new Promise(requestAnimationFrame)
    still = main.scrollTop === last ? still + 1 : 0
  }
}"""

# Components keep their canvases in a shadow root.
DRAWN = """(key) => [...document.querySelectorAll(`.st-key-${key} *`)]
  .flatMap((element) => [...(element.shadowRoot?.querySelectorAll("canvas.large") ?? [])])
  .map((canvas) => canvas.toDataURL())
  .join(" ")"""


def open_at(
    browser: Browser, address: str, path: str, sent: list | None = None, **settings
) -> Page:
    """The page at a path in a fresh context, idle and with a film on it.

    sent  collects every message to the server
    """
    page = browser.new_context(**{"viewport": DESKTOP} | settings).new_page()
    page.set_default_timeout(PATIENCE)
    if sent is not None:
        hear = lambda frame: sent.append(frame)  # noqa: E731  # playwright marks what it calls
        page.on("websocket", lambda socket: socket.on("framesent", hear))
    page.goto(address + path)
    page.wait_for_selector(IDLE)
    page.wait_for_selector("canvas.large")
    page.wait_for_selector(IDLE)
    return page


def drawn(page: Page, key: str) -> str:
    """The pixels of every film below one slider."""
    return page.evaluate(DRAWN, key)


def slider(page: Page, key: str, axis: int = 0) -> Locator:
    return page.locator(f".st-key-{key} input[type=range]").nth(axis)


def swipe(
    page: Page, start: tuple[float, float], across: float, down: float, end: str = "touchEnd"
) -> None:
    """Draw a finger over the screen, CSS px; without a way to go it is a tap.

    end  "touchCancel" if the browser or the telephone takes the finger away from the page
    """
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *points: dict[str, float]) -> None:
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    x, y = start
    touch("touchStart", {"x": x, "y": y})
    if across or down:
        for share in range(1, SWIPE_STEPS + 1):
            way = share / SWIPE_STEPS
            touch("touchMove", {"x": x + way * across, "y": y + way * down})
    touch(end)


def wait_until_scrolled(page: Page) -> None:
    """A page goes on scrolling for a while after the finger that pushed it has left."""
    page.evaluate(AT_REST)


def grab(page: Page, handle: Locator, share: float) -> None:
    """Press the mouse on a slider at a share of its length, and keep it pressed."""
    box = handle.bounding_box()
    page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()


def drag(page: Page, handle: Locator, share: float) -> None:
    box = handle.bounding_box()
    page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2, steps=4)
