"""What is seen already stays where it is while a page loads."""

from __future__ import annotations

import pytest

from benchmarks.dashboard import LIMITS, shifted

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", ["interpolate", "latent", "terms"])
def test_nothing_jumps_while_a_page_loads(browser, address, path):
    """Those with the most images; Compare has its own test, `benchmarks.dashboard` measures all."""
    url = f"{address}/{path}"
    shifted(browser, url)  # a server's first visit waits for imports, on a busy machine for long
    assert shifted(browser, url) < LIMITS["shift"]
