from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.browser import DESKTOP, IDLE, PATIENCE

pytestmark = pytest.mark.browser


def test_what_a_link_chose_stays_on_the_other_pages(browser: Browser, address: str):
    page = browser.new_context(viewport=DESKTOP).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/compare?models=vae&models=ae&seed=5")
    bar = page.get_by_test_id("stSidebar")
    for title in ("", "Latent space", "Why samples fail"):
        if title:
            page.wait_for_selector(IDLE)
            page.get_by_role("link", name=title).click()
            page.get_by_role("heading", name=title, level=1).wait_for()
        for family, value in (("AE", "ae"), ("VAE", "vae"), ("GAN", "not shown")):
            chosen = bar.get_by_role("combobox", name=re.compile(rf"\b{family}$"))
            expect(chosen).to_have_value(value, timeout=PATIENCE)
        page.wait_for_url("**models=vae&models=ae*")
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("5", timeout=PATIENCE)
