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
