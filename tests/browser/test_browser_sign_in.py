"""Signing in and out in a real browser: with script and without, by keyboard, in both languages."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.pool]

APP = ".app.hardtack.localhost"
HOST = "app.hardtack.localhost"
SIX = {"LastAuthUser", "accessToken", "idToken", "refreshToken", "signInDetails", "clockDrift"}


def test_a_sign_in_leaves_six_cookies_in_the_policys_scope_and_two_marks(visitor):
    someone = visitor()
    someone.sign_in()
    assert someone.who() == "alice"
    auth = someone.auth_cookies()
    assert {cookie.suffix for cookie in auth} == SIX
    assert len(auth) == 6
    assert {(cookie.domain, cookie.path) for cookie in auth} == {(APP, "/")}
    assert all(cookie.secure and cookie.http_only for cookie in auth)
    own = [cookie for cookie in someone.jar() if cookie.name.startswith("__Host-")]
    assert {(cookie.domain, cookie.path) for cookie in own} == {(HOST, "/")}
    assert len(own) == 2
    assert someone.page.evaluate("document.cookie") == ""


def test_no_token_stands_whole_in_any_page(visitor):
    someone = visitor()
    someone.sign_in()
    someone.plant("every")
    values = [cookie.value for cookie in someone.jar() if len(cookie.value) > 20]
    html = someone.page.content()
    news = someone.page.evaluate("fetch('/now.json').then(answer => answer.text())")
    assert len(values) >= 6
    assert not [value for value in values if value in html or value in news]


def test_a_wrong_password_is_told_and_leaves_nothing(visitor):
    someone = visitor()
    someone.open("/auth/sign-in")
    someone.page.fill("#username", "alice")
    someone.page.fill("#password", "Not-hers-1!")
    someone.page.click("main button[type=submit]")
    someone.page.wait_for_selector("[role=alert]")
    assert someone.jar() == []


def test_a_page_that_needs_a_session_leads_through_sign_in_and_back(visitor):
    someone = visitor()
    someone.open("/account")
    assert "/auth/sign-in" in someone.page.url
    someone.fill_in()
    someone.page.wait_for_url("**/account")
    assert someone.who() == "alice"


def test_keyboard_alone_is_enough_to_sign_in_and_out(visitor):
    someone = visitor()
    someone.open("/auth/sign-in")
    keyboard = someone.page.keyboard
    keyboard.type("alice")  # the first field has the focus
    keyboard.press("Tab")
    keyboard.type("Biscuit-1620!")
    keyboard.press("Enter")
    someone.page.wait_for_url(someone.demo.url + "/")
    assert someone.who() == "alice"
    for _ in range(20):
        keyboard.press("Tab")
        if someone.page.evaluate("document.activeElement.textContent.trim()") == "Sign out":
            break
    keyboard.press("Enter")
    someone.page.wait_for_url("**/auth/signed-out**")
    assert someone.auth_cookies() == []


def test_without_javascript_sign_in_a_fault_and_sign_out_work(visitor):
    someone = visitor(java_script_enabled=False)
    someone.open("/")
    someone.page.click(".who a.button")
    someone.fill_in()
    someone.page.wait_for_url(someone.demo.url + "/")
    assert someone.who() == "alice"
    someone.plant("host-only")
    assert "6 of the names came more than once" in someone.page.inner_text(".stages")
    assert someone.scopes() == {(APP, "/"): 6}
    someone.page.click("#again")
    assert "note of its own" in someone.page.inner_text(".stages")
    someone.page.click("#again")
    assert "no Set-Cookie" in someone.page.inner_text(".stages")
    assert "twins.swept" in someone.page.inner_text("#timeline")
    someone.page.click(".who form button")
    someone.page.wait_for_url("**/auth/signed-out**")
    assert someone.auth_cookies() == []


def test_without_javascript_a_second_factor_and_a_new_password_work(visitor):
    someone = visitor(java_script_enabled=False)
    pool = someone.demo.pool
    pool.enable_totp("alice")
    someone.open("/auth/sign-in")
    someone.fill_in()
    someone.page.fill("#code", pool.totp_code("alice"))
    someone.page.click("main button[type=submit]")
    someone.page.wait_for_url(someone.demo.url + "/")
    assert someone.who() == "alice"

    another = visitor(java_script_enabled=False)
    pool.require_new_password("bob", "For-now-1841!")
    another.open("/auth/sign-in")
    another.page.fill("#username", "bob")
    another.page.fill("#password", "For-now-1841!")
    another.page.click("main button[type=submit]")
    another.page.fill("#password", "For-good-1841!")
    another.page.click("main button[type=submit]")
    another.page.wait_for_url(another.demo.url + "/")
    assert another.who() == "bob"


def test_a_newcomer_signs_up_with_the_code_from_the_mailbox(visitor):
    someone = visitor()
    someone.open("/auth/sign-up")
    someone.page.fill("#username", "carol")
    someone.page.fill("#email", "carol@example.com")
    someone.page.fill("#password", "Tack-and-tea-9!")
    someone.page.click("main button[type=submit]")
    someone.page.wait_for_selector("#code")
    mailbox = someone.context.new_page()
    mailbox.goto(f"{someone.demo.url}/mail?to=carol")
    code = mailbox.inner_text("code#code")
    someone.page.fill("#code", code)
    someone.page.click("main button[type=submit]")
    someone.page.wait_for_selector("#password")
    someone.page.fill("#username", "carol")
    someone.page.fill("#password", "Tack-and-tea-9!")
    someone.page.click("main button[type=submit]")
    someone.page.wait_for_url(someone.demo.url + "/")
    assert someone.who() == "carol"


@pytest.mark.parametrize(("locale", "lang", "heading"), [("en-GB", "en", "Sign in"), ("zh-CN", "zh-Hans", "登录")])
def test_pages_speak_the_browsers_language(visitor, locale, lang, heading):
    someone = visitor(locale=locale)
    someone.open("/auth/sign-in")
    assert someone.page.get_attribute("html", "lang") == lang
    assert someone.page.inner_text("h1") == heading
    someone.open("/")
    assert someone.page.get_attribute("html", "lang") == lang


@pytest.mark.parametrize("path", ["/", "/auth/sign-in", "/storm", "/mail"])
def test_pages_are_light_and_dark_as_the_person_likes(visitor, path):
    def ground(scheme):
        someone = visitor(color_scheme=scheme)
        someone.open(path)
        colours = someone.page.evaluate(
            "[document.body, document.querySelector('.card')].map(each => getComputedStyle(each).backgroundColor)"
        )
        return [sum(int(part) for part in colour.strip("rgb()").split(",")) for colour in colours]

    assert min(ground("light")) > 600
    assert max(ground("dark")) < 150


@pytest.mark.parametrize("path", ["/", "/storm", "/mail", "/auth/sign-in", "/auth/help"])
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_nothing_sticks_out_on_a_phone(visitor, path, locale):
    someone = visitor(locale=locale, viewport={"width": 360, "height": 740})
    if path == "/":
        someone.sign_in()
        someone.plant("parent")
    else:
        someone.open(path)
    assert someone.page.evaluate("document.documentElement.scrollWidth") <= 360
