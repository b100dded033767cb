"""One browser, two sites under one parent: the stock one loops while Hardtack heals the same fault beside it."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error

from hardtack.demo.run import DemoOptions, RunningDemo
from hardtack.demo.stock import RegistryUnreachableError, build
from support.browser import visitors

pytestmark = [pytest.mark.browser, pytest.mark.pool]

CACHE = Path(__file__).parents[2] / "var"
SHORT = 8  # seconds that the stock site's tokens live; they count as expired 5 seconds early
LOOPING = 20.0  # seconds in which a loop must be plain to see; it stops by itself after half a minute
BUILD = 300.0  # seconds that npm may take the first time


@pytest.fixture
def beside(chromium, pool):
    """A visitor of the demo with the stock site in its place."""
    try:
        build(CACHE / "stock")
    except RegistryUnreachableError as error:
        pytest.skip(str(error))
    with RunningDemo(DemoOptions(port=0, cache=CACHE, stock_token_seconds=SHORT), pool=pool) as demo:
        assert demo.stock is not None
        assert demo.stock.wait(BUILD)
        yield from visitors(chromium, demo)


def test_the_stock_site_loops_while_hardtack_heals_the_same_fault(beside):
    someone = beside()
    stock = someone.demo.facts()["stock_url"]
    someone.page.goto(f"{stock}/login")
    someone.page.click("#sign-in button")
    someone.page.wait_for_url("**/account")
    someone.page.wait_for_selector("body[data-ready]")
    someone.page.click("[data-action=refresh]")
    someone.page.wait_for_selector("#note:not([hidden])")  # the server has written the twins
    refreshed = time.monotonic()  # the twins' tokens end later than those of the sign-in
    someone.page.click("[data-action=revoke]")
    someone.page.wait_for_selector("#note:not([hidden])")

    healing = beside()
    healing.sign_in()
    healing.plant("host-only")
    assert healing.who() == "alice"
    assert healing.scopes() == {(".app.hardtack.localhost", "/"): 6}

    someone.page.wait_for_timeout(max(0.0, refreshed + SHORT - time.monotonic()) * 1_000)
    with suppress(Error):  # the page leaves by itself, again and again
        someone.page.click("[data-action=wait]")
    begun = len(someone.loads)
    since = len(healing.loads)
    healing.open("/account")
    deadline = time.monotonic() + LOOPING
    while len(someone.loads) - begun <= 5:
        assert time.monotonic() < deadline, "the stock site does not loop"
        someone.page.wait_for_timeout(50)
    healing.page.wait_for_timeout(1_500)
    assert len(healing.loads) - since == 1
    assert healing.who() == "alice"


def test_the_stock_site_can_be_seen_within_the_demos_page(beside):
    someone = beside()
    someone.open("/")
    someone.page.click(".beside summary")
    frame = someone.page.frame_locator(".beside iframe")
    frame.locator("#sign-in").wait_for()
    assert "stock" in frame.locator(".brand").inner_text()
