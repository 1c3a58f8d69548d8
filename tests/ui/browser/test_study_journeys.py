"""The study's section of the Why page, on a table that the test writes."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from benchmarks.browser import DESKTOP, IDLE, PATIENCE, PHONE, serve
from studies.four_hypotheses.table import TABLE_VARIABLE, append_row
from tests.helpers.made import made_rows

pytestmark = pytest.mark.browser

EMPTY = "No run yet."


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("study") / "study.csv"


@pytest.fixture(scope="module")
def study_address(table, tiny_checkpoints):
    """The address of a dashboard that reads `table`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TABLE_VARIABLE, str(table))
        with serve(tiny_checkpoints) as address:
            yield address


@pytest.fixture
def open_study(browser, study_address):
    """open_study(query="", **context) -> the Why page, idle, scrolled to the study."""
    contexts = []

    def open_study(query: str = "", **settings) -> Page:
        contexts.append(browser.new_context(**{"viewport": DESKTOP} | settings))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{study_address}/why{query}")
        page.wait_for_selector(IDLE)
        page.get_by_role("heading", name="The four guesses, tested").scroll_into_view_if_needed()
        return page

    yield open_study
    for context in contexts:
        context.close()


@pytest.fixture
def filled(table) -> None:
    """Rows of two seeds, where a code of four numbers does far better than the others."""
    if not table.exists():

        def change(trial):
            gain = 0.2 if trial.setting.latent_dim == 4 else 1.0
            return {"kid_normal": gain * (1.4 + 0.05 * trial.seed)}

        for row in made_rows(2, change=change):
            append_row(table, row)


def chart(page: Page, field: str, family: str, what: str = "KID"):
    return page.locator(f".st-key-tested-{field}-{family}-{what} .js-plotly-plot")


def test_from_an_empty_table_to_curves_and_their_figures(open_study, table, request):
    page = open_study()
    expect(page.get_by_text(EMPTY)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("python -m studies.four_hypotheses --plan")).to_be_visible(
        timeout=PATIENCE
    )

    request.getfixturevalue("filled")
    page.reload()
    expect(page.get_by_text(EMPTY)).to_have_count(0, timeout=PATIENCE)
    verdict = page.locator(".st-key-tested-latent")
    expect(verdict).to_contain_text("Yes: size of the code (AE, VAE).", timeout=PATIENCE)
    expect(page.locator(".st-key-tested-size")).to_contain_text("No.", timeout=PATIENCE)
    expect(chart(page, "width", "ae")).to_be_visible(timeout=PATIENCE)
    expect(chart(page, "width", "vae").locator(".errorbar").first).to_be_attached(timeout=PATIENCE)

    page.get_by_text("Latent size", exact=True).click()
    expect(chart(page, "latent_dim", "vae")).to_be_visible(timeout=PATIENCE)
    expect(chart(page, "width", "vae")).to_have_count(0, timeout=PATIENCE)
    page.wait_for_function("() => location.search.includes('tested=Latent')")
    page.wait_for_selector(IDLE)
    expect(page.get_by_test_id("stDataFrame")).to_have_count(0)  # nor its code: it is folded
    page.locator("summary", has_text="Size of the latent code (numbers) as a table").click()
    folded = page.get_by_test_id("stExpander").filter(has_text="Size of the latent code")
    expect(folded.get_by_test_id("stDataFrame").first).to_be_visible(timeout=PATIENCE)

    # The link opens the same curves, and their table.
    page.wait_for_function("() => location.search.includes('latent_dim_table=true')")
    query = urlsplit(page.url).query
    assert parse_qs(query)["tested"] == ["Latent size"]
    again = open_study(f"?{query}")
    expect(chart(again, "latent_dim", "ae")).to_be_visible(timeout=PATIENCE)
    expect(again.get_by_test_id("stDataFrame").first).to_be_visible(timeout=PATIENCE)


def test_a_phone_needs_no_sideways_scrolling(open_study, filled):
    page = open_study("?tested=Regularisation%2C+training", **PHONE)
    expect(chart(page, "sigma", "vae", "error")).to_be_visible(timeout=PATIENCE)
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= PHONE["viewport"]["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_light_and_dark(open_study, filled, scheme):
    page = open_study("?tested=Data", color_scheme=scheme)
    expect(chart(page, "classes", "vae")).to_be_visible(timeout=PATIENCE)
    serious = [
        violation["id"]
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert not serious
