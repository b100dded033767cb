"""What hardtack.js asks a Python app that shares its sessions with an Amplify front end."""

from __future__ import annotations

import json

import pytest


def say(browser, target, said, **headers):
    """What hardtack.js does: a POST of JSON by `fetch()`."""
    sent = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return browser.fetch(target, method="POST", body=json.dumps(said).encode(), headers=sent)


@pytest.fixture
def shared(site_of):
    return site_of(storage="amplify", policy={"domain": "example.com", "http_only": False})


def test_the_policy_is_told_to_whoever_writes_these_cookies(shared):
    seen = shared.browser().fetch("/auth/policy.json")
    stated = json.loads(seen.text)
    assert stated["cookie"] == {
        "domain": ".example.com",
        "path": "/",
        "secure": True,
        "sameSite": "lax",
        "maxAge": 31_536_000,
        "partitioned": False,
        "httpOnly": False,
    }
    assert (stated["base"], stated["signIn"]) == ("/auth", "/auth/sign-in")
    assert stated["fingerprint"] == shared.hardtack.settings.policy.fingerprint
    assert seen["cache-control"] == "public, max-age=300"


def test_the_script_is_asked_for_anew_only_when_it_changed(shared):
    browser = shared.browser()
    seen = browser.fetch("/auth/hardtack.js")
    assert seen["content-type"].startswith("text/javascript")
    assert "createStorage" in seen.text
    assert browser.fetch("/auth/hardtack.js", headers={"if-none-match": seen["etag"]}).status == 304


def test_which_set_counts_is_told_without_a_token(shared):
    browser = shared.browser()
    assert json.loads(browser.fetch("/auth/chosen.json").text) == {"chosen": None}
    browser.sign_in()
    seen = browser.fetch("/auth/chosen.json")
    assert set(json.loads(seen.text)["chosen"]) == {"sub", "session"}
    assert "eyJ" not in seen.text


def test_script_has_swept_what_it_can_not_reach(shared):
    browser = shared.browser()
    browser.sign_in()
    said = {"path": "/", "names": [], "seen": []}
    cursor = ""
    for _ in range(8):
        seen = say(browser, f"/auth/recover?cursor={cursor}", said)
        assert seen.status == 200
        answer = json.loads(seen.text)
        cursor = answer["cursor"]
        assert (answer["swept"] > 0) == any("hardtack-pair" in line.name for line in seen.set_cookies)
        if not answer["again"]:
            break
    assert browser.auth_cookies() == []


def test_a_report_becomes_an_event_and_nonsense_is_refused(shared):
    browser = shared.browser()
    assert say(browser, "/auth/report", {"problems": ["cookies.twins"], "locks": True}).status == 204
    assert shared.told("environment.reported")[0].fields["problems"] == "cookies.twins"
    assert say(browser, "/auth/report", ["nonsense"]).status == 400
    assert say(browser, "/auth/report", {"x": "y" * 70_000}).status == 413


@pytest.mark.parametrize("path", ["/auth/recover", "/auth/report"])
def test_what_script_says_from_another_site_is_not_acted_on(shared, path):
    browser = shared.browser()
    browser.sign_in()
    held = browser.auth_cookies()
    seen = say(browser, path, {"path": "/", "names": []}, sec_fetch_site="same-site")
    assert seen.status == 403
    assert browser.auth_cookies() == held


# -- a refresh in our hands, and a sign-in that we are told of ---------------------------------------------------------

CLAIM = "0a1b2c3d4e5f6a7b-1abcde"


@pytest.fixture
def front(site_of):
    """Beside an Amplify front end with hardtack.js, which signs people in by itself."""
    return site_of(
        storage="amplify", policy={"domain": "example.com", "http_only": False}, settings={"front_end_signs_in": True}
    )


def test_the_policy_says_whether_we_refresh_for_script(front, shared):
    for asked, told in ((front, True), (shared, False)):
        assert json.loads(asked.browser().fetch("/auth/policy.json").text)["refreshes"] is told
        assert say(asked.browser(), "/auth/refresh", {}).status == (200 if told else 404)


def test_script_gets_another_token_for_its_cookies_and_no_cookie(front):
    browser = front.browser()
    browser.sign_in()
    seen = say(browser, "/auth/refresh", {})
    assert set(json.loads(seen.text)["tokens"]) == {"accessToken", "idToken", "refreshToken"}
    assert seen["cache-control"] == "private, no-store"
    assert json.loads(say(front.browser(), "/auth/refresh", {}).text) == {}


def test_a_page_of_another_site_gets_no_token(front):
    browser = front.browser()
    browser.sign_in()
    for path in ("/auth/refresh", "/auth/arrived"):
        seen = say(browser, path, {}, sec_fetch_site="cross-site")
        assert seen.status == 403
        assert "eyJ" not in seen.text


@pytest.mark.parametrize(
    "said", [{}, [], {"claim": CLAIM}, {"claim": CLAIM, "tokens": {"accessToken": 1}}, "x" * 20_000]
)
def test_what_tells_of_no_sign_in_is_not_read_any_further(front, said):
    assert say(front.browser(), "/auth/arrived", said).status in (400, 413)
