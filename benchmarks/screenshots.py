"""Pictures of the running dashboard for the README and the docs: python -m benchmarks.screenshots

Writes docs/images/compare.webp, compare-dark.webp and compare-phone.webp.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser

from benchmarks.browser import DESKTOP, PHONE, ROOT, chromium, serve, wait_until_shown

OUT = ROOT / "docs" / "images"
MOST_BYTES = 200_000  # a README must open at once
SHOTS: dict[str, dict[str, Any]] = {
    "compare": {"viewport": DESKTOP},
    "compare-dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "compare-phone": PHONE | {"device_scale_factor": 2},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoints", type=Path, help="folder to show in place of checkpoints/")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with serve(args.checkpoints) as address, chromium() as browser:
        for name, settings in SHOTS.items():
            content = to_webp(take(browser, f"{address}/", settings))
            path = args.out / f"{name}.webp"
            path.write_bytes(content)
            print(f"{path}: {len(content) / 1000:.0f} kB")


def take(browser: Browser, url: str, settings: dict[str, Any]) -> Image.Image:
    """What a window of these settings shows of a page, first screen only."""
    context = browser.new_context(**settings)
    page = context.new_page()
    page.goto(url)
    wait_until_shown(page)
    page.wait_for_timeout(500)  # ms; widgets fade in
    shot = Image.open(io.BytesIO(page.screenshot()))
    context.close()
    return shot.convert("RGB")


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
