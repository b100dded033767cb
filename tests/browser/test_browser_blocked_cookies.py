"""A browser that keeps no cookies: really blocked by its setting, and played by the demo's own address for it."""

from __future__ import annotations

import json

import pytest

from support.browser import ARGUMENTS, TIMEOUT, Visitor, chromium_path

pytestmark = [pytest.mark.browser, pytest.mark.pool]

BLOCK = 2  # Chromium's ContentSetting::CONTENT_SETTING_BLOCK


@pytest.fixture
def blocking(chromium, demo, tmp_path):
    """A person whose Chromium is set to block all cookies."""
    preferences = tmp_path / "Default" / "Preferences"
    preferences.parent.mkdir()
    preferences.write_text(json.dumps({"profile": {"default_content_setting_values": {"cookies": BLOCK}}}))
    context = chromium.browser_type.launch_persistent_context(
        tmp_path, executable_path=chromium_path(), args=list(ARGUMENTS), locale="en-GB"
    )
    yield Visitor(context.pages[0], context, demo)
    context.close()


def test_a_sign_in_with_blocked_cookies_ends_on_a_page_that_says_so(blocking):
    blocking.open("/auth/sign-in")
    blocking.fill_in()
    blocking.page.wait_for_url("**/auth/welcome**")
    assert blocking.page.inner_text("h1") == "Your browser isn’t keeping cookies"
    assert blocking.jar() == []
    assert "signin.unseen" in blocking.events()
    loads = len(blocking.loads)
    blocking.page.wait_for_timeout(1_000)
    assert len(blocking.loads) == loads  # it is at rest


def test_the_address_that_eats_cookies_looks_the_same_to_the_site(visitor):
    someone = visitor()
    origin = someone.demo.facts()["no_cookies_url"]
    someone.page.goto(origin + "/")
    assert "every cookie is eaten" in someone.page.inner_text(".notice")
    someone.page.click(".who a.button")
    someone.fill_in()
    someone.page.wait_for_url(f"{origin}/auth/welcome**", timeout=TIMEOUT)
    assert someone.page.inner_text("h1") == "Your browser isn’t keeping cookies"
    assert someone.jar() == []
