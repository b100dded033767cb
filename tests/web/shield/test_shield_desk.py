"""The shield's own addresses, and the request that is too large."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hardtack.cookies import SetCookie
from hardtack.sessions.ladder import Ladder
from support.minting import CLIENT_ID
from support.story import HOST

OWN = [(b"origin", f"https://{HOST}".encode())]


@pytest.fixture
def site(tell):
    site = tell()
    site.load("/who", kind="fetch")
    return site


def answered(site, path, *, body=b"", **how):
    how.setdefault("kind", "fetch")
    visit = site.visit(path, **how)
    assert site.shield.serves(visit)
    return site.loop.run_until_complete(site.shield.answer(visit, body))


def test_the_policy_is_told_as_every_other_writer_has_to_follow_it(site):
    answer = answered(site, "/hardtack/policy.json")
    stated = json.loads(answer.body)
    assert stated["clientId"] == CLIENT_ID
    assert stated["cookie"]["domain"] == ".example.test"
    assert stated["fingerprint"] == site.cookie_policy.fingerprint
    assert stated["signIn"] == "/login"
    assert stated["mark"] == f"__Host-hardtack-js.{CLIENT_ID}"
    assert {"domain": None, "path": "/", "partitioned": False} in stated["sweep"]


def test_the_script_is_served_and_asked_for_anew_only_when_it_changed(site):
    answer = answered(site, "/hardtack/hardtack.js")
    headers = dict(answer.headers)
    assert headers[b"content-type"].startswith(b"text/javascript")
    assert b"createStorage" in answer.body
    again = answered(site, "/hardtack/hardtack.js", headers=[(b"if-none-match", headers[b"etag"])])
    assert (again.status, again.body) == (304, b"")


def test_which_set_counts_is_told_without_a_token(site):
    assert json.loads(answered(site, "/hardtack/chosen.json").body) == {"chosen": None}
    site.sign_in("alice")
    answer = answered(site, "/hardtack/chosen.json")
    chosen = json.loads(answer.body)["chosen"]
    claims = site.pool.mint.verifier().judge(site.read_first(site.key("accessToken")), now=site.pool.now).claims
    assert chosen == {"sub": claims.sub, "session": claims.session_key}
    assert (b"cache-control", b"private, no-store") in answer.headers


def test_health_needs_neither_cookies_nor_the_pool(site):
    site.pool.down()
    answer = answered(site, "/hardtack/healthz")
    assert (answer.status, json.loads(answer.body)["status"]) == (200, "ok")


def test_health_is_answered_under_any_name(site):
    visit = replace(site.visit("/hardtack/healthz", kind="fetch"), host="192.0.2.7:8080")
    assert site.pass_on(visit).answer.status == 200
    other = replace(site.visit("/hardtack/policy.json", kind="fetch"), host="192.0.2.7:8080")
    assert site.pass_on(other).answer is None


def test_guidance_is_always_there(site):
    site.pool.down()
    loaded = site.load("/hardtack/help")
    assert loaded.status == 200
    assert site.told("guidance.shown")[0].fields == {"reason": "asked"}
    assert site.load("/hardtack/recover").status == 200


def test_recovery_by_script_sweeps_until_nothing_is_left(site):
    for domain in (None, ".app.example.test", ".example.test"):
        site.client = {"domain": domain, "path": "/"}
        site.sign_in("alice") if domain is None else site.store_tokens("alice", site.pool.sign_in("alice"))
    assert len(site.scopes()) == 3
    cursor = ""
    for _ in range(8):
        answer = answered(
            site,
            f"/hardtack/recover?cursor={cursor}",
            method="POST",
            headers=OWN,
            body=b'{"path":"/","names":[],"seen":[]}',
        )
        lines = [value.decode("latin-1") for name, value in answer.headers if name == b"set-cookie"]
        site.jar.store_response(site.url("/"), lines)
        said = json.loads(answer.body)
        assert (said["swept"] > 0) == any("hardtack-pair" in line for line in lines)
        cursor = said["cursor"]
        if not said["again"]:
            break
    assert site.scopes() == {}


def test_recovery_by_a_person_ends_at_the_sites_own_sign_in_page_with_an_empty_jar(site):
    for domain in (None, ".app.example.test", ".example.test"):
        site.client = {"domain": domain, "path": "/"}
        site.store_tokens("alice", site.pool.sign_in("alice"))
    loaded = site.load("/hardtack/recover", method="POST", headers=OWN)
    assert (loaded.path, loaded.site_saw is None or b"Cognito" not in loaded.site_saw) == ("/login", True)
    assert site.scopes() == {}


@pytest.mark.parametrize(
    "sender", [[], [(b"origin", b"https://evil.test")], [(b"origin", b"https://other.example.test")]]
)
@pytest.mark.parametrize("path", ["/hardtack/recover", "/hardtack/report"])
def test_what_changes_something_is_refused_from_another_site(site, path, sender):
    site.sign_in("alice")
    visit = site.visit(path, kind="fetch", method="POST", headers=sender)
    stripped = [(name, value) for name, value in visit.headers if not name.startswith(b"sec-fetch")]
    answer = site.loop.run_until_complete(site.shield.answer(replace(visit, headers=stripped)))
    assert answer.status == 403
    assert not any(name == b"set-cookie" for name, _ in answer.headers)


def test_a_report_becomes_an_event_of_counts_and_codes(site):
    report = {
        "problems": ["cookies.twins", "<script>"],
        "twins": [{"suffix": "accessToken", "count": 2}],
        "locks": True,
        "x": "y",
    }
    answer = answered(site, "/hardtack/report", method="POST", headers=OWN, body=json.dumps(report).encode())
    assert answer.status == 204
    assert site.told("environment.reported")[0].fields == {
        "problems": "cookies.twins",
        "twins": 2,
        "locks": True,
        "fingerprint": "",
    }
    assert answered(site, "/hardtack/report", method="POST", headers=OWN, body=b"nonsense").status == 400


def test_addresses_that_are_not_there_and_wrong_methods_are_said(site):
    assert answered(site, "/hardtack/nowhere").status == 404
    answer = answered(site, "/hardtack/policy.json", method="DELETE")
    assert (answer.status, dict(answer.headers)[b"allow"]) == (405, b"GET")
    assert answered(site, "/hardtack/static/nothing.css").status == 404


def test_the_pages_stylesheet_is_served(site):
    html = answered(site, "/hardtack/help", kind="navigation").body.decode()
    href = html.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert href.startswith("/hardtack/static/")
    assert dict(answered(site, href).headers)[b"content-type"].startswith(b"text/css")


def test_the_last_resorts_landing_writes_the_ladder_back_and_goes_on(site):
    ladders = site.shield._engine.ladders
    token = ladders.to_token(Ladder(3, int(site.pool.now)))
    answer = answered(site, f"/hardtack/landing?step={token}&next=%2Faccount", kind="navigation")
    headers = dict(answer.headers)
    assert (answer.status, headers[b"location"]) == (303, b"/account")
    assert SetCookie.parse(headers[b"set-cookie"]).name == "__Host-hardtack-ladder"
    astray = answered(site, "/hardtack/landing?step=made-up&next=//evil.test", kind="navigation")
    assert dict(astray.headers)[b"location"] == b"/login"
    assert b"set-cookie" not in dict(astray.headers)


# -- requests that are too large ------------------------------------------------------------------------------------


def piled(site, people=30):
    """Cookies of many people who once used this browser, as nobody ever clears them."""
    lines = []
    for number in range(people):
        name = site.names.wire_name(f"person{number}", "idToken")
        lines.append(f"{name}={'x' * 600}; Path=/; Domain=example.test; Secure; Max-Age=9999")
    site.jar.store_response(site.url("/"), lines)


def test_a_request_that_is_too_large_for_the_site_is_healed_and_fits_the_next_time(site):
    site.sign_in("alice")
    piled(site)
    loaded = site.load("/", oversize=True)  # what is dead does not go to the site, and so the rest fits
    assert loaded.status == 200
    assert len(loaded.site_saw) < 6_000
    for _ in range(12):
        site.load("/")
    assert site.scopes()[".example.test /"] == 6
    assert site.server_sees() == "alice"


def test_cookies_that_are_alive_and_too_many_are_swept_by_the_refusal_itself(site):
    site.sign_in("alice")
    for number in range(8):  # people who all signed in and never out, in one browser
        site.wait(60)
        site.store_tokens(f"person{number}", site.pool.sign_in("bob"))
    refused = site.load("/", oversize=True, headers=[(b"x-large", b"y" * 9_000)])
    assert refused.status == 431
    assert refused.set_cookies
    for _ in range(20):
        if site.load("/", oversize=True, headers=[(b"x-large", b"y" * 9_000)]).status == 200:
            break
    else:
        raise AssertionError("it never fits")
    assert site.server_sees() == "person7"


def test_too_large_is_said_as_a_page_to_people_and_as_json_to_script(site):
    site.sign_in("alice")
    big = [(b"x-large", b"y" * 20_000)]
    page = site.load("/deep?x=1", oversize=True, headers=big)
    assert page.status == 431
    assert page.header(b"content-type").startswith("text/html")
    assert b'<a class="button" href="/deep?x=1">Try again</a>' in page.body
    said = site.load("/api", kind="fetch", oversize=True, headers=big)
    assert (said.status, said.header(b"content-type")) == (431, "application/json")


def test_a_request_without_our_cookies_that_is_too_large_sweeps_nothing(site):
    refused = site.load("/", oversize=True, headers=[(b"x-large", b"y" * 20_000)])
    assert (refused.status, refused.set_cookies) == (431, [])
