"""The pages in a real browser: they fit, they can be pressed, and their scripts conclude what is true."""

from __future__ import annotations

import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext
from playwright.sync_api import Page as Tab

from hardtack.web.pages import (
    CONTENT_SECURITY_POLICY,
    Browser,
    ChooseMfaPage,
    ConfirmSignUpPage,
    ErrorKind,
    ErrorPage,
    FormError,
    GuidancePage,
    Language,
    MfaKind,
    MfaPage,
    NewPasswordPage,
    NoCookiesPage,
    Page,
    Pages,
    Reason,
    ResetPasswordPage,
    SignedOutPage,
    SignInPage,
    SignOutPage,
    SignUpPage,
    UnavailablePage,
)

pytestmark = pytest.mark.browser

CODE = "HT-7K3F-9QX2"
LONG = "a-museum-with-an-uncommonly-long-name-and-no-place-to-break-it.example"


def guidance(browser: Browser = Browser.CHROME, seconds_off: float = 0, site: str = "example.com") -> GuidancePage:
    return GuidancePage(server_time=time.time() + seconds_off, site=site, browser=browser, support_code=CODE)


SHOWN: dict[str, Page] = {
    "sign-in": SignInPage(reason=Reason.REPAIRED, next="/cart"),
    "sign-in-error": SignInPage(error=FormError.WRONG_CREDENTIALS, username=LONG),
    "sign-up": SignUpPage(error=FormError.WEAK_PASSWORD),
    "code": MfaPage(kind=MfaKind.EMAIL, state="s", destination=LONG, error=FormError.WRONG_CODE),
    "choose": ChooseMfaPage(kinds=tuple(MfaKind), state="s"),
    "new-password": NewPasswordPage(state="s", username="alice", required_attributes=("email", "custom:" + LONG)),
    "confirm": ConfirmSignUpPage(username="alice", reason=Reason.CODE_SENT),
    "reset": ResetPasswordPage(username="alice"),
    "sign-out": SignOutPage(username=LONG),
    "signed-out": SignedOutPage(complete=False),
    "guidance": guidance(Browser.SAFARI_MACOS, site=LONG),
    "no-cookies": NoCookiesPage(server_time=1, site=LONG, browser=Browser.EDGE, support_code=CODE),
    "unavailable": UnavailablePage(retry_after=30, support_code=CODE),
    "error": ErrorPage(kind=ErrorKind.CROSS_SITE),
}


class Site:
    """Serves pages and static files as the routes will, and counts what is posted."""

    def __init__(self) -> None:
        self.pages = Pages(LONG)
        self.page: Page | None = None
        self.posts: list[dict[str, str]] = []
        self.delay = 0.0
        site = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def answer(self, status: int, body: bytes, content_type: str) -> None:
                self.send_response(status)
                self.send_header("content-type", content_type)
                self.send_header("content-security-policy", CONTENT_SECURITY_POLICY)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                if url.path.startswith("/auth/static/"):
                    file = site.pages.static_file(url.path.rsplit("/", 1)[1])
                    assert file is not None
                    return self.answer(200, file.body, file.content_type)
                page = SHOWN.get(url.path.strip("/"), site.page) or ErrorPage(kind=ErrorKind.NOT_FOUND)
                language = Language(dict(parse_qsl(url.query)).get("lang", "en"))
                html = site.pages.render(page, language=language)
                return self.answer(page.status, html.encode(), "text/html; charset=utf-8")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                site.posts.append(dict(parse_qsl(body, keep_blank_values=True)) | {"path": self.path})
                time.sleep(site.delay)
                self.answer(200, b"<!doctype html><title>sent</title>", "text/html; charset=utf-8")

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def site():
    site = Site()
    yield site
    site.close()


@pytest.fixture
def context(chromium: Chromium):
    context = chromium.new_context(viewport={"width": 320, "height": 640})
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def tab(context: BrowserContext):
    """A tab in which any error of a script, and anything that the policy refuses, fails the test."""
    tab = context.new_page()
    troubles: list[str] = []
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    tab.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    yield tab
    expected = re.compile(r"status of (404|403|503)")  # the pages' own status
    assert not [trouble for trouble in troubles if not expected.search(trouble)]


TOO_SMALL = """() => [...document.querySelectorAll("a, button, summary, input:not([type=hidden])")]
  .filter((element) => element.checkVisibility() && !element.closest(".notice"))  // a link in a sentence may be small
  .map((element) => (element.type === "radio" ? element.closest(".choice") : element))
  .filter((element) => element.getBoundingClientRect().height < 44)
  .map((element) => element.outerHTML)"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("language", Language)
def test_every_page_fits_a_small_phone_and_can_be_pressed_with_a_thumb(tab: Tab, site: Site, language):
    for name in SHOWN:
        tab.goto(f"{site.origin}/{name}?lang={language}")
        for details in tab.locator("summary").all():
            details.click()
        assert tab.evaluate(WIDER) <= 0, name
        assert tab.evaluate(TOO_SMALL) == [], name


def test_text_enlarged_to_twice_its_size_still_fits(tab: Tab, site: Site):
    tab.set_viewport_size({"width": 640, "height": 900})
    for name in SHOWN:
        tab.goto(f"{site.origin}/{name}")
        tab.evaluate("() => (document.documentElement.style.fontSize = '200%')")
        assert tab.evaluate(WIDER) <= 0, name


@pytest.mark.parametrize("name", ["sign-in-error", "sign-up", "code"])
def test_an_error_has_the_focus_and_its_link_leads_to_the_field(tab: Tab, site: Site, name):
    tab.goto(f"{site.origin}/{name}")
    assert tab.evaluate("() => document.activeElement.id") == "error"
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    field = {"sign-in-error": "password", "sign-up": "password", "code": "code"}[name]
    assert tab.evaluate("() => document.activeElement.id") == field


def test_everything_can_be_reached_in_order_by_keyboard_and_shows_its_focus(tab: Tab, site: Site):
    tab.goto(f"{site.origin}/sign-in")
    reached = []
    for _ in range(8):
        tab.keyboard.press("Tab")
        name, outline = tab.evaluate(
            "() => { const here = document.activeElement;"
            " return [here.id || here.className || here.lang, getComputedStyle(here).outlineStyle]; }"
        )
        assert outline == "solid", name
        reached.append(name)
    assert reached == ["username", "password", "reveal", "button", "action", "action", "action", "zh-Hans"]


def test_a_password_can_be_shown_and_is_hidden_again_when_it_is_sent(tab: Tab, site: Site):
    tab.goto(f"{site.origin}/sign-in")
    password = tab.locator("#password")
    reveal = tab.get_by_role("button", name="Show password")
    assert reveal.get_attribute("aria-pressed") == "false"
    tab.fill("#username", "alice")
    password.fill("correct horse")
    reveal.click()
    assert password.get_attribute("type") == "text"
    assert reveal.get_attribute("aria-pressed") == "true"
    assert password.input_value() == "correct horse"
    tab.evaluate("() => addEventListener('submit', () => (window.sentAs = document.getElementById('password').type))")
    tab.evaluate("() => addEventListener('submit', (event) => event.preventDefault())")
    tab.get_by_role("button", name="Sign in").click()
    assert tab.evaluate("() => window.sentAs") == "password"
    assert site.posts == []


def test_the_word_on_the_button_is_in_the_pages_language(tab: Tab, site: Site):
    tab.goto(f"{site.origin}/sign-in?lang=zh-Hans")
    assert tab.get_by_role("button", name="显示密码").count() == 1


def test_pressing_twice_sends_once(tab: Tab, site: Site):
    site.delay = 0.5
    tab.goto(f"{site.origin}/sign-in")
    tab.fill("#username", "alice")
    tab.fill("#password", "secret")
    tab.locator("form .button").dblclick(no_wait_after=True)
    tab.wait_for_url("**/auth/sign-in")
    assert site.posts == [{"next": "/cart", "username": "alice", "password": "secret", "path": "/auth/sign-in"}]


def test_the_button_that_was_pressed_is_sent(tab: Tab, site: Site):
    tab.goto(f"{site.origin}/sign-out")
    tab.get_by_role("button", name="Sign out on all devices").click()
    tab.wait_for_url("**/auth/sign-out")
    assert site.posts == [{"scope": "everywhere", "path": "/auth/sign-out"}]


def states(tab: Tab) -> dict[str, str]:
    return dict(
        tab.evaluate(
            "() => [...document.querySelectorAll('[data-check]')].map((c) => [c.dataset.check, c.dataset.state])"
        )
    )


def visible(tab: Tab, name: str) -> list[str]:
    return [
        part.get_attribute("data-when")
        for part in tab.locator(f"[data-check={name}] [data-when]").all()
        if part.is_visible()
    ]


@pytest.mark.parametrize("language", Language)
def test_a_browser_that_keeps_cookies_and_a_right_clock_are_found_fine(tab: Tab, site: Site, language):
    site.page = guidance()
    tab.goto(f"{site.origin}/?lang={language}")
    assert states(tab) == {"cookies": "good", "clock": "good"}
    assert visible(tab, "cookies") == visible(tab, "clock") == ["good"]
    assert tab.context.cookies() == []  # the test cookie was taken away again


def test_blocked_cookies_are_found(tab: Tab, site: Site):
    devtools = tab.context.new_cdp_session(tab)
    devtools.send("Emulation.setDocumentCookieDisabled", {"disabled": True})
    site.page = guidance(Browser.CHROME)
    tab.goto(site.origin)
    assert states(tab)["cookies"] == "bad"
    assert visible(tab, "cookies") == ["bad"]
    assert "On-device site data" in tab.locator("[data-check=cookies]").inner_text()


@pytest.mark.parametrize(
    ("seconds_off", "state"), [(-7_200, "bad"), (86_400 * 400, "bad"), (400, "bad"), (-60, "good"), (90, "good")]
)
def test_a_wrong_clock_is_found_and_the_right_time_shown(tab: Tab, site: Site, seconds_off, state):
    site.page = guidance(seconds_off=seconds_off)
    tab.goto(site.origin)
    assert states(tab)["clock"] == state
    assert visible(tab, "clock") == [state]
    if state == "bad":
        device, correct = tab.locator("[data-clock=device]"), tab.locator("[data-clock=server]")
        assert device.inner_text() != correct.inner_text()
        expected = "new Intl.DateTimeFormat('en', {dateStyle: 'medium', timeStyle: 'short'}).format"
        assert correct.inner_text() in {
            tab.evaluate(f"(time) => {expected}(time)", (time.time() + seconds_off - lag) * 1000) for lag in (0, 30)
        }


def test_a_page_that_was_left_open_does_not_blame_the_clock(tab: Tab, site: Site):
    """The script compares the moment of the answer, not the moment at which it runs."""
    site.page = guidance()
    tab.add_init_script("const was = Date.now; Date.now = () => was() + 3_600_000;")
    tab.goto(site.origin)
    assert states(tab)["clock"] == "good"


def test_an_ipad_that_says_mac_gets_the_ipads_steps(tab: Tab, site: Site):
    devtools = tab.context.new_cdp_session(tab)
    devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 5})
    site.page = guidance(Browser.SAFARI_MACOS)
    tab.goto(site.origin)
    assert tab.locator("[data-touch=yes]").is_visible()
    assert tab.locator("[data-touch=no]").is_hidden()


def test_the_support_code_can_be_copied(tab: Tab, site: Site):
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.origin)
    site.page = guidance()
    tab.goto(site.origin)
    tab.get_by_role("button", name="Copy code").click()
    tab.get_by_role("button", name="Copied").wait_for()
    assert tab.evaluate("() => navigator.clipboard.readText()") == CODE


def test_where_the_clipboard_is_closed_the_code_is_selected(tab: Tab, site: Site):
    site.page = guidance()
    tab.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('closed'))")
    tab.goto(site.origin)
    tab.get_by_role("button", name="Copy code").click()
    tab.wait_for_function(f"() => getSelection().toString() === '{CODE}'")


def test_without_scripts_all_is_there_and_works(chromium: Chromium, site: Site):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    try:
        tab = context.new_page()
        site.page = guidance()
        tab.goto(site.origin)
        assert visible(tab, "cookies") == visible(tab, "clock") == ["unknown"]
        assert tab.get_by_role("button").all_inner_texts() == ["Try again"]
        assert tab.get_by_text(CODE).is_visible()
        tab.get_by_text("Using a different browser?").click()
        assert tab.get_by_text("Samsung Internet", exact=True).is_visible()
        tab.get_by_role("button", name="Try again").click()
        assert site.posts == [{"support": CODE, "path": "/auth/recover"}]

        tab.goto(f"{site.origin}/sign-in")
        tab.fill("#username", "alice")
        tab.fill("#password", "secret")
        tab.keyboard.press("Enter")
        tab.wait_for_url("**/auth/sign-in")
        assert site.posts[-1]["username"] == "alice"
    finally:
        context.close()


def test_reduced_motion_is_respected(chromium: Chromium, site: Site):
    context = chromium.new_context(reduced_motion="reduce")
    try:
        tab = context.new_page()
        tab.goto(f"{site.origin}/sign-in")
        assert tab.evaluate("() => getComputedStyle(document.querySelector('.button')).transitionProperty") == "none"
    finally:
        context.close()
