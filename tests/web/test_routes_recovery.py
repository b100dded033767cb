from __future__ import annotations

import re

import pytest

from hardtack.amplify import AmplifyNames
from hardtack.sessions.ladder import Ladder, Step

ORIGIN = "https://app.example.com"
CODE = re.compile(r"HT-[0-9A-Z]{4}-[0-9A-Z]{4}")
LADDER = "__Host-hardtack-ladder"


def plant(browser, *, user="alice", scope="Path=/; Domain=app.example.com", token="stale", suffix="accessToken"):
    """A sibling, or an older release, writes into the jar."""
    names = AmplifyNames(browser.site.pool.client_id)
    lines = [
        f"{names.last_auth_user}={user}; Secure; {scope}",
        f"{names.wire_name(user, suffix)}={token}; Secure; {scope}",
    ]
    browser.jar.store_response(ORIGIN + "/", lines)


def test_help_is_there_when_nothing_else_is(site, browser):
    site.pool.faults.unreachable()
    page = browser.get("/auth/help?next=/private")
    assert page.status == 200
    assert page.form("/auth/recover")["next"] == "/private"
    code = CODE.search(page.text)
    assert code
    assert [(event.fields["reason"], event.reference) for event in site.told("guidance.shown")] == [("asked", code[0])]


def test_help_knows_the_browser_that_it_is_read_in(site):
    pixel = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130 Mobile Safari/537.36"
    page = site.browser(agent=pixel).get("/auth/help")
    assert heading(page) == "Clear the data for example.com in Chrome on Android"
    hints = {"sec-ch-ua": '"Google Chrome";v="130"', "sec-ch-ua-mobile": "?1"}
    on_phone = site.browser().get("/auth/help", headers=hints)
    at_desk = site.browser().get("/auth/help", headers=hints | {"sec-ch-ua-mobile": "?0"})
    assert [heading(page) for page in (on_phone, at_desk)] == [
        "Clear the data for example.com in Chrome on Android",
        "Clear the data for example.com in Chrome",
    ]


def heading(page):
    return re.search(r'<h2 id="clear-heading">(.*?)</h2>', page.text)[1]


def test_trying_again_clears_everything_and_begins_anew(site, browser):
    browser.sign_in()
    page = browser.get("/auth/help?next=/private")
    page = browser.post("/auth/recover", page.form("/auth/recover"))
    assert page.path == "/auth/sign-in"
    assert "We repaired this site’s cookies" in page.text
    assert page.form("/auth/sign-in")["next"] == "/private"
    assert not browser.auth_cookies()
    assert LADDER not in browser.names()
    site.settle()
    assert len(site.pool.calls_of("RevokeToken")) == 1
    assert browser.sign_in().text == "private alice"


def test_trying_again_puts_the_ladder_away(site, browser):
    line = site.core.engine.ladders.write(Ladder(Step.GUIDANCE, int(site.core.clock.now())))
    browser.jar.store_response(ORIGIN + "/", [line.to_text()])
    assert LADDER in browser.names()
    browser.post("/auth/recover", {"next": "/private"})
    assert LADDER not in browser.names()


def test_the_address_of_the_button_leads_to_the_page_that_has_it(browser):
    assert browser.get("/auth/recover?next=/private").url == f"{ORIGIN}/auth/help?next=%2Fprivate"


@pytest.mark.parametrize("engine", ["chromium", "firefox"])
def test_a_loop_ends_at_guidance_and_trying_again_leads_out_of_it(site_of, engine):
    """A front end that reloads for ever, and a writer that puts the dead set back each time."""
    site = site_of(storage="amplify", policy={"domain": "example.com"})
    browser = site.browser(engine=engine)
    loads = 0
    while loads < 12:
        loads += 1
        plant(browser, scope="Path=/; Domain=example.com")
        page = browser.get("/private", by_script=True)
        if page.path == "/private":
            break
    assert "Let’s get you signed in again" in page.text
    assert loads <= 5
    assert [event.fields["step"] for event in site.told("loop.broken")] == [3, 4]
    code = CODE.search(page.text)
    assert code
    assert [event.reference for event in site.told("guidance.shown")] == [code[0]]
    cleared = [seen for seen in browser.history if seen.all("clear-site-data")]
    assert [(seen.path, seen.status, seen.all("set-cookie")) for seen in cleared] == [("/private", 303, [])]
    page = browser.post("/auth/recover", page.form("/auth/recover"))
    assert page.path == "/auth/sign-in"
    fields = {**page.form("/auth/sign-in"), "username": "alice", "password": "Biscuit-1620!"}
    assert browser.post("/auth/sign-in", fields).text == "private alice"


def test_the_landing_writes_the_ladder_back_and_shows_sign_in(site, browser):
    now = int(site.core.clock.now())
    step = site.core.engine.ladders.to_token(Ladder(Step.LAST_RESORT, now))
    page = browser.get(f"/auth/landing?step={step}&next=/private")
    assert page.status == 200
    assert "We repaired this site’s cookies" in page.text
    assert page.form("/auth/sign-in")["next"] == "/private"
    assert LADDER in page.written
    assert page["cache-control"] == "private, no-store"
    line = next(line for line in page.set_cookies if line.name == LADDER)
    assert (line.path, line.domain, line.secure, line.http_only) == ("/", None, True, True)


@pytest.mark.parametrize("step", ["", "garbage", "A" * 5_000, "%00"])
def test_a_made_up_landing_is_a_plain_sign_in(browser, step):
    page = browser.get(f"/auth/landing?step={step}&next=//evil.example")
    assert page.status == 200
    assert "repaired" not in page.text
    assert not page.set_cookies
    assert "evil" not in page.text


def test_an_old_landing_is_a_plain_sign_in(site, browser):
    step = site.core.engine.ladders.to_token(Ladder(Step.LAST_RESORT, int(site.core.clock.now())))
    site.advance(301)
    assert not browser.get(f"/auth/landing?step={step}").set_cookies


def test_who_is_signed_in_goes_on_from_the_landing(site, browser):
    browser.sign_in()
    step = site.core.engine.ladders.to_token(Ladder(Step.LAST_RESORT, int(site.core.clock.now())))
    assert browser.get(f"/auth/landing?step={step}&next=/private").text == "private alice"
    assert LADDER in browser.names()


def test_a_browser_that_keeps_no_cookies_is_told_so_after_the_sign_in(site):
    browser = site.browser(keeps_cookies=False)
    page = browser.sign_in()
    assert (page.path, page.status) == ("/auth/welcome", 200)
    assert "Your browser isn’t keeping cookies" in page.text
    assert page.form("/auth/recover")["next"] == "/private"
    code = CODE.search(page.text)
    assert code
    assert [(event.reference, event.fields["cookies"]) for event in site.told("signin.unseen")] == [(code[0], "none")]


def test_a_sign_in_that_other_cookies_kept_out_is_told_apart(site, browser):
    browser.sign_in("bob")
    browser.keeps_cookies = False
    page = browser.post("/auth/sign-in", {"username": "alice", "password": "Biscuit-1620!", "next": "/private"})
    assert (page.path, page.status) == ("/auth/welcome", 200)
    assert "didn’t send the new sign-in back" in page.text
    assert [event.fields["cookies"] for event in site.told("signin.unseen")] == ["others"]


def test_only_the_session_that_was_signed_in_is_welcome(site, browser):
    """Bob's landing, opened by Alice: it is not her sign-in that has arrived."""
    elsewhere = site.browser()
    sent = elsewhere.get("/auth/sign-in?next=/private").form("/auth/sign-in")
    fields = {**sent, "username": "bob", "password": "Rations-1841!"}
    landing = elsewhere.post("/auth/sign-in", fields, follow=0).location
    browser.sign_in("alice")
    assert "didn’t send the new sign-in back" in browser.get(landing).text


@pytest.mark.parametrize("ticket", ["", "garbage", "%00", "A" * 5_000])
def test_a_made_up_welcome_says_nothing(browser, ticket):
    page = browser.get(f"/auth/welcome?t={ticket}&next=/private")
    assert page.path == "/auth/sign-in"
    assert page.form("/auth/sign-in")["next"] == "/private"
    browser.sign_in()
    assert browser.get(f"/auth/welcome?t={ticket}&next=/private").text == "private alice"


def test_a_welcome_out_of_the_history_says_nothing(site, browser):
    browser.sign_in()
    landing = next(seen.url for seen in browser.history if seen.path == "/auth/welcome")
    browser.post("/auth/sign-out", {"scope": "device"})
    site.advance(301)
    assert browser.get(landing).path == "/auth/sign-in"
    assert not site.told("signin.unseen")


def test_a_welcome_while_nobody_can_tell_is_no_lost_sign_in(site, site_of):
    """Another instance serves the landing, has just started, and can't fetch the keys: the session may be there."""
    browser = site.browser()
    fields = {"username": "alice", "password": "Biscuit-1620!", "next": "/private"}
    landing = browser.post("/auth/sign-in", fields, follow=0).location
    other = site_of(storage=site.storage)
    there = other.browser()
    there.jar = browser.jar
    with site.pool.faults.failing("JWKS", "error"):
        page = there.get(landing)
    assert page.status == 503
    assert int(page["retry-after"]) >= 1
    assert "We’ll be right back" in page.text
    assert not other.told("signin.unseen")
    other.advance(120)
    assert there.get(landing).text == "private alice"


def test_planted_cookies_do_not_keep_a_sign_in_out(site_of):
    site = site_of(storage="amplify")
    browser = site.browser()
    plant(browser, scope="Path=/auth; Domain=app.example.com", user="mallory")
    plant(browser, scope="Path=/; Domain=example.com", user="alice", suffix="refreshToken")
    assert browser.sign_in().text == "private alice"
    assert browser.session()["username"] == "alice"
