from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from benchmarks.browser import DESKTOP, PATIENCE

pytestmark = pytest.mark.browser


def test_what_a_link_chose_stays_on_the_other_pages(browser: Browser, address: str):
    page = browser.new_context(viewport=DESKTOP).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/compare?models=vae&models=ae&seed=5")
    bar = page.get_by_test_id("stSidebar")
    for title in ("", "Latent space", "Why samples fail"):
        if title:
            page.get_by_role("link", name=title).click()
            page.get_by_role("heading", name=title, level=1).wait_for()
        for family, value in (("AE", "ae"), ("VAE", "vae"), ("GAN", "not shown")):
            chosen = bar.get_by_role("combobox", name=re.compile(rf"\b{family}$"))
            expect(chosen).to_have_value(value, timeout=PATIENCE)
        page.wait_for_url("**models=vae&models=ae*")
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("5", timeout=PATIENCE)


def test_what_the_map_still_asks_for_does_not_stop_a_link(browser: Browser, address: str):
    asked: list[bytes] = []

    def ask_late(page: WebSocketRoute) -> None:
        """What the map asks for is sent again, right after the link that leads away from it."""
        server = page.connect_to_server()

        def pass_on(message: bytes) -> None:
            server.send(message)
            if BackMsg.FromString(message).rerun_script.fragment_id:
                asked.append(message)
            elif asked:
                server.send(asked[-1])

        page.on_message(pass_on)

    page = browser.new_context(viewport=DESKTOP).new_page()
    page.set_default_timeout(PATIENCE)
    page.route_web_socket("**/_stcore/stream", ask_late)
    page.goto(f"{address}/latent")
    page.wait_for_selector("[data-decoded]")
    page.get_by_role("link", name="Why samples fail").click()
    page.get_by_role("heading", name="Why samples fail", level=1).wait_for()
    page.wait_for_timeout(1000)  # in which the map's answer would clear the page
    expect(page.get_by_role("heading", name="Why samples fail", level=1)).to_be_visible()
    expect(page.get_by_role("spinbutton", name="Seed")).to_be_visible()
    assert asked


def test_a_press_copies_the_link_of_what_is_chosen(browser: Browser, address: str):
    access = ["clipboard-read", "clipboard-write"]
    page = browser.new_context(viewport=DESKTOP, permissions=access).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/interpolate?models=vae")
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    assert page.url.endswith("/interpolate?models=vae")
