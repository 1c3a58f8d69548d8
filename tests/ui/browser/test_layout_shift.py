"""What is seen already stays where it is while a page loads."""

from __future__ import annotations

import pytest

from benchmarks.dashboard import LIMITS, shifted

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", ["why", "interpolate", "latent"])
def test_nothing_jumps_while_a_page_loads(browser, address, path):
    """Those with the most images; Compare has its own test, `benchmarks.dashboard` measures all."""
    assert shifted(browser, f"{address}/{path}") < LIMITS["shift"]
