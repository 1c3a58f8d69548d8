"""The study's section of the Why page, with the runs that were made."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from benchmarks.browser import DESKTOP, IDLE, PATIENCE, PHONE
from tests.helpers.access import show_in, violations

pytestmark = pytest.mark.browser


@pytest.fixture
def open_study(browser, address):
    """open_study(query="", **context) -> the Why page, idle, scrolled to the study."""

    def open_study(query: str = "", **settings) -> Page:
        page = browser.new_context(**{"viewport": DESKTOP} | settings).new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{address}/why{query}")
        page.wait_for_selector(IDLE)
        page.get_by_role("heading", name="Four hypotheses, tested").scroll_into_view_if_needed()
        return page

    return open_study


def chart(page: Page, field: str, family: str, what: str = "KID"):
    return page.locator(f".st-key-tested-{field}-{family}-{what} .js-plotly-plot")


def test_from_outcomes_to_curves_and_their_figures(open_study):
    page = open_study()
    expect(page.get_by_text("For the VAE, 48 channels instead of 12")).to_be_visible()
    expect(chart(page, "width", "ae")).to_be_visible(timeout=PATIENCE)
    expect(chart(page, "width", "vae").locator(".errorbar").first).to_be_attached(timeout=PATIENCE)

    page.get_by_text("Latent dimensions", exact=True).click()
    expect(chart(page, "latent_dim", "vae")).to_be_visible(timeout=PATIENCE)
    expect(chart(page, "width", "vae")).to_have_count(0, timeout=PATIENCE)
    page.wait_for_function("() => location.search.includes('tested=Latent')")
    page.wait_for_selector(IDLE)
    expect(page.get_by_test_id("stDataFrame")).to_have_count(0)  # nor its code: it is folded
    page.locator("summary", has_text="Latent dimensions as a table").click()
    folded = page.get_by_test_id("stExpander").filter(has_text="Latent dimensions as a table")
    expect(folded.get_by_test_id("stDataFrame").first).to_be_visible(timeout=PATIENCE)

    # The link opens the same curves, and their table.
    page.wait_for_function("() => location.search.includes('latent_dim_table=true')")
    query = urlsplit(page.url).query
    assert parse_qs(query)["tested"] == ["Latent dimensions"]
    again = open_study(f"?{query}")
    expect(chart(again, "latent_dim", "ae")).to_be_visible(timeout=PATIENCE)
    expect(again.get_by_test_id("stDataFrame").first).to_be_visible(timeout=PATIENCE)


def test_a_phone_needs_no_sideways_scrolling(open_study):
    page = open_study("?tested=Regularisation%2C+training", **PHONE)
    expect(chart(page, "sigma", "vae", "error")).to_be_visible(timeout=PATIENCE)
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= PHONE["viewport"]["width"]


def test_it_can_be_read_in_light_and_dark(open_study):
    page = open_study("?tested=Data")
    expect(chart(page, "classes", "vae")).to_be_visible(timeout=PATIENCE)
    for scheme in ("light", "dark"):
        show_in(page, scheme)
        assert violations(page) == []
