"""What browsers do, and what the doctor makes of their recordings, whoever exported them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.cookies import CookieScope
from hardtack.doctor.facts import Area, Hint, Sight
from hardtack.doctor.observed import (
    After,
    BrowserSeen,
    CacheableWrite,
    ClockReading,
    CookiesBlocked,
    CookieWritten,
    Embedded,
    JarSeen,
    Navigation,
    PoolCall,
    SiteSeen,
    TokenExposed,
    Writer,
)
from hardtack.doctor.profiles import CookieRole
from support.recordings import CREATORS, SITE, Recorder, judge, read

PARENT = "path=/; domain=.example.test; secure; sameSite=lax"
HOST = "path=/; secure; sameSite=lax"
SERVER_HOST = "Path=/; Max-Age=31536000; Secure; SameSite=lax"
SERVER_PARENT = f"{SERVER_HOST}; Domain=.example.test"
SCOPES = {PARENT: CookieScope("example.test"), HOST: CookieScope()}


def stuck(dialect="playwright"):
    """Client on the parent domain, server host-only: sign in, refresh by the server, sign out, come back."""
    browser = Recorder(dialect)
    browser.get(kind="document")
    tokens = browser.sign_in()
    browser.store(tokens, PARENT)
    fresh = browser.fresh(refresh=tokens["refreshToken"])
    browser.get(f"{SITE}/login", browser.adapter(fresh, SERVER_HOST), method="POST")
    browser.get()
    browser.revoke(tokens["refreshToken"])
    browser.clear(PARENT)
    browser.get(kind="document")
    browser.refresh(tokens["refreshToken"], 400)
    again = browser.sign_in()
    browser.store(again, PARENT)
    browser.refresh(tokens["refreshToken"], 400)
    browser.clear(PARENT)
    browser.get()
    return browser


@pytest.mark.parametrize("dialect", sorted(CREATORS))
def test_the_chain_is_recognised_in_everybodys_export(dialect, tmp_path):
    diagnosis = judge(stuck(dialect).save(tmp_path))
    found = {one.rule.id for one in diagnosis.findings}
    assert {"HT001", "HT005", "HT101", "HT105", "HT201"} <= found
    assert diagnosis.verdict.value == "stuck"
    assert diagnosis.root is not None
    assert (diagnosis.root.rule.id, diagnosis.root.hit.evidence[0].place.entry) == ("HT105", 2)


def test_chrome_says_where_every_cookie_lies(tmp_path):
    facts = read(stuck("chrome").save(tmp_path))
    twins = max(facts.of(JarSeen), key=lambda jar: len(jar.cookies))
    by_writer = {one.writer: one.scope for one in twins.cookies}
    assert by_writer == {Writer.SCRIPT: CookieScope("example.test"), Writer.SERVER: CookieScope()}
    assert facts.sights[Area.SCOPES] is Sight.FULL


def test_safaris_folded_lines_are_taken_apart_and_it_is_said(tmp_path):
    facts = read(stuck("safari").save(tmp_path))
    assert Hint.FOLDED_COOKIES in facts.hints
    assert sum(line.writer is Writer.SERVER for line in facts.of(CookieWritten)) == 4


@pytest.mark.parametrize("dialect", sorted(CREATORS))
def test_a_healthy_day_is_quiet_in_everybodys_export(dialect, tmp_path):
    browser = Recorder(dialect)
    browser.get(kind="document")
    tokens = browser.sign_in()
    browser.store(tokens, PARENT)
    browser.get(kind="document")
    fresh = browser.fresh(refresh=tokens["refreshToken"])
    browser.get(f"{SITE}/api/session", browser.adapter(fresh, SERVER_PARENT), method="POST")
    browser.get()
    browser.revoke(tokens["refreshToken"])
    browser.clear(PARENT)
    browser.get(kind="document")
    browser.get()
    diagnosis = judge(browser.save(tmp_path))
    loud = [one.rule.id for one in diagnosis.findings if one.severity.value != "note"]
    assert loud == (["HT703"] if dialect == "safari" else [])  # Safari ends what script wrote after seven days


def test_a_release_that_changed_the_scope_is_told_from_two_writers(tmp_path):
    browser = Recorder()
    tokens = browser.sign_in()
    browser.store(tokens, HOST)
    browser.get(kind="document")
    tokens = browser.refresh(tokens["refreshToken"])
    browser.store(tokens, PARENT)
    fresh = browser.fresh(refresh=tokens["refreshToken"])
    browser.get(f"{SITE}/login", browser.adapter(fresh, SERVER_PARENT), method="POST")
    browser.get()
    diagnosis = judge(browser.save(tmp_path))
    assert diagnosis.root is not None
    assert diagnosis.root.rule.id == "HT104"
    assert "HT105" not in {one.rule.id for one in diagnosis.findings}


def test_a_sibling_that_receives_a_cookie_shows_that_it_lies_on_the_parent(tmp_path):
    browser = Recorder()
    browser.store(browser.sign_in(), PARENT)
    browser.get()
    assert {one.scope for jar in read(browser.save(tmp_path)).of(JarSeen) for one in jar.cookies} == {None}
    browser.get("https://www.example.test/", kind="document")
    scopes = {one.scope for jar in read(browser.save(tmp_path)).of(JarSeen) for one in jar.cookies}
    assert scopes == {CookieScope("example.test")}


def test_a_path_that_shows_no_cookie_shows_where_it_does_not_lie(tmp_path):
    browser = Recorder()
    tokens = browser.sign_in()
    for suffix, value in tokens.items():
        name = f"CognitoIdentityServiceProvider.abc123.alice.{suffix}"
        browser.script(f"{name}={value}; path=/app; secure", f"{SITE}/app")
    browser.get(f"{SITE}/app/settings")
    browser.get(f"{SITE}/", kind="document")
    browser.get(f"{SITE}/app")
    facts = read(browser.save(tmp_path))
    assert {one.path for jar in facts.of(JarSeen) for one in jar.cookies} == {"/app"}
    assert not any(line.deletion for line in facts.of(CookieWritten))


def test_twins_that_were_there_before_the_recording_are_nobodys(tmp_path):
    browser = Recorder()
    tokens = browser.fresh()
    browser.store(tokens, PARENT)
    browser.store(browser.fresh(refresh=tokens["refreshToken"]), HOST)
    browser.get(kind="document")
    facts = read(browser.save(tmp_path))
    (jar,) = facts.of(JarSeen)
    assert jar.after is After.START
    assert {one.writer for one in jar.cookies} == {Writer.UNKNOWN}
    assert len(jar.cookies) == 10


def test_the_order_of_the_file_is_not_the_order_of_time(tmp_path):
    browser = stuck()
    browser.entries.reverse()
    diagnosis = judge(browser.save(tmp_path))
    assert diagnosis.root is not None
    assert diagnosis.root.rule.id == "HT105"
    assert diagnosis.root.hit.evidence[0].place.entry == len(browser.entries) - 1 - 2


def test_an_answer_from_the_cache_shows_no_empty_jar(tmp_path):
    browser = Recorder()
    browser.store(browser.sign_in(), PARENT)
    browser.get()
    cached = browser.get(f"{SITE}/_next/app.js")
    cached["request"]["headers"] = [{"name": "Referer", "value": f"{SITE}/"}]
    cached["request"]["cookies"] = []
    browser.get()
    facts = read(browser.save(tmp_path))
    assert [len(jar.cookies) for jar in facts.of(JarSeen)] == [5]
    assert not any(line.deletion for line in facts.of(CookieWritten))


def test_a_request_under_way_during_a_sign_out_is_no_leftover(tmp_path):
    browser = Recorder()
    tokens = browser.sign_in()
    browser.store(tokens, PARENT)
    slow = browser.get()
    slow["time"] = 5000
    browser.revoke(tokens["refreshToken"])
    hasty = browser.get()  # script has not come to clearing yet
    hasty["startedDateTime"] = browser.entries[-2]["startedDateTime"]
    browser.clear(PARENT)
    browser.get(kind="document")
    diagnosis = judge(browser.save(tmp_path))
    assert "HT201" not in {one.rule.id for one in diagnosis.findings}


def test_cookies_that_never_come_back_are_blocked(tmp_path):
    browser = Recorder("firefox")
    browser.get(f"{SITE}/callback", browser.adapter(browser.fresh(), SERVER_HOST), kind="document")
    for _ in range(3):
        browser.jar = Recorder("firefox").jar
        browser.get(kind="document")
    assert read(browser.save(tmp_path)).of(CookiesBlocked)


def test_a_page_in_another_sites_frame_is_told(tmp_path):
    browser = Recorder()
    entry = browser.get(f"{SITE}/widget", browser.adapter(browser.fresh(), SERVER_HOST))
    for header in entry["request"]["headers"]:
        header["value"] = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}.get(
            header["name"], header["value"]
        )
    entry["request"]["headers"].append({"name": "Referer", "value": "https://portal.other.example/home?user=alice"})
    (found,) = read(browser.save(tmp_path)).of(Embedded)
    assert found.top_site == "other.example"


def test_tokens_and_codes_in_urls_are_counted_by_role(tmp_path):
    browser = Recorder()
    browser.get(f"{SITE}/callback?code=1234&state=xyz", kind="document")
    browser.get(f"{SITE}/cb#id_token=eyJhbGciOiJub25lIn0.e30.c2ln&access_token=abc")
    roles = {fact.role: fact.count for fact in read(browser.save(tmp_path)).of(TokenExposed)}
    assert roles == {CookieRole.FLOW: 1, CookieRole.ID_TOKEN: 1, CookieRole.ACCESS_TOKEN: 1}


def test_a_clock_an_hour_behind_is_read_off_the_pools_answers(tmp_path):
    browser = Recorder()
    browser.sign_in()
    for entry in browser.entries:
        entry["startedDateTime"] = entry["startedDateTime"].replace("2027-01-15T08", "2027-01-15T07")
    (reading,) = read(browser.save(tmp_path)).of(ClockReading)
    assert reading.server - reading.device == pytest.approx(3600, abs=2)


def test_a_cacheable_response_that_writes_a_session_is_told(tmp_path):
    browser = Recorder()
    cached = (("Cache-Control", "public, max-age=60"), ("Age", "3"))
    browser.get(f"{SITE}/home", browser.adapter(browser.fresh(), SERVER_HOST), response_headers=cached)
    (write,) = read(browser.save(tmp_path)).of(CacheableWrite)
    assert (write.directive, write.from_cache) == ("public, max-age=60", True)


@pytest.mark.parametrize(
    ("dialect", "family"),
    [("chrome", "chromium"), ("firefox", "firefox"), ("safari", "safari"), ("playwright", "chromium")],
)
def test_the_browser_is_named(dialect, family, tmp_path):
    browser = Recorder(dialect)
    browser.get()
    (seen,) = read(browser.save(tmp_path)).of(BrowserSeen)
    assert seen.family == family


def test_two_ports_of_one_machine_are_two_sites(tmp_path):
    browser = Recorder()
    for port in (3000, 3001):
        browser.get(f"http://localhost:{port}/", kind="document")
    assert {site.port for site in read(browser.save(tmp_path)).of(SiteSeen)} == {3000, 3001}


def test_what_started_a_load_is_told_where_it_shows(tmp_path):
    browser = Recorder()
    typed = browser.get(f"{SITE}/a", kind="document")
    clicked = browser.get(f"{SITE}/b", kind="document")
    browser.get(f"{SITE}/c", kind="document")
    typed["request"]["headers"][3]["value"] = "none"
    clicked["request"]["headers"].append({"name": "Sec-Fetch-User", "value": "?1"})
    loads = {load.page: load.scripted for load in read(browser.save(tmp_path)).of(Navigation)}
    assert loads == {"/a": False, "/b": None, "/c": True}


def test_rotation_shows_as_another_refresh_token(tmp_path):
    browser = Recorder()
    browser.refresh("old")
    answer = browser.entries[-1]["response"]["content"]
    answer["text"], answer["encoding"] = json.dumps({"AuthenticationResult": {"RefreshToken": "new"}}), None
    browser.refresh("new")
    first, second = read(browser.save(tmp_path)).of(PoolCall)
    assert first.got_refresh == second.sent_refresh
    assert second.got_refresh is None


def test_calls_by_oauth_are_calls_too(tmp_path):
    browser = Recorder()
    browser.call("x", {}, {"refresh_token": "R", "access_token": "A", "expires_in": 60})
    entry = browser.entries[-1]
    entry["request"]["url"] = "https://login.example.auth.eu-west-1.amazoncognito.com/oauth2/token"
    entry["request"]["headers"] = []
    entry["request"]["postData"] = {
        "mimeType": "application/x-www-form-urlencoded",
        "params": [{"name": "grant_type", "value": "authorization_code"}, {"name": "client_id", "value": "abc123"}],
    }
    (call,) = read(browser.save(tmp_path)).of(PoolCall)
    assert (call.operation, call.client_id, call.access_lifetime) == ("oauth2/token", "abc123", 60)
    assert call.signs_in


def test_missing_bodies_are_said(tmp_path):
    browser = Recorder()
    browser.sign_in()
    del browser.entries[-1]["response"]["content"]["text"]
    facts = read(browser.save(tmp_path))
    assert Hint.BODIES_MISSING in facts.hints
    assert facts.sights[Area.POOL] is Sight.PARTIAL


def test_a_recording_of_something_else_is_inconclusive(tmp_path):
    browser = Recorder()
    browser.get("https://news.example.org/", kind="document")
    diagnosis = judge(browser.save(tmp_path))
    assert diagnosis.verdict.value == "inconclusive"
    assert Hint.NO_AUTH_SEEN in diagnosis.hints


STEP = st.sampled_from(["server", "refresh", "look", "deep", "sign_out", "sign_in", "load"])


@given(
    dialect=st.sampled_from(["chrome", "firefox", "playwright"]),
    client=st.sampled_from([PARENT, HOST]),
    server=st.sampled_from([SERVER_HOST, SERVER_PARENT]),
    steps=st.lists(STEP, max_size=12),
)
def test_whatever_people_do_a_scope_that_is_told_is_the_true_one(tmp_path_factory, dialect, client, server, steps):
    browser = Recorder(dialect)
    tokens = browser.sign_in()
    browser.store(tokens, client)
    for step in ["look", *steps, "look"]:
        browser.now += 1
        if step == "server":
            fresh = browser.fresh(refresh=tokens["refreshToken"])
            browser.get(f"{SITE}/login", browser.adapter(fresh, server), method="POST")
        elif step == "refresh":
            tokens = browser.refresh(tokens["refreshToken"])
            browser.store(tokens, client)
        elif step == "sign_out":
            browser.revoke(tokens["refreshToken"])
            browser.clear(client)
        elif step == "sign_in":
            tokens = browser.sign_in()
            browser.store(tokens, client)
        else:
            path = {"deep": "/deep/er/page"}.get(step, "/")
            browser.get(SITE + path, kind="document" if step == "load" else "fetch")
    facts = read(browser.save(tmp_path_factory.mktemp("har")))
    possible = {Writer.SCRIPT: {SCOPES[client]}, Writer.SERVER: {SCOPES[HOST if server == SERVER_HOST else PARENT]}}
    for line in facts.of(CookieWritten):
        if line.scope is not None and not line.deletion:
            assert line.scope in possible[line.writer]
    for jar in facts.of(JarSeen):
        known = [(one.cookie.key, one.scope) for one in jar.cookies if one.scope is not None]
        assert len(known) == len(set(known))
    last = facts.of(JarSeen)[-1]
    truth = sum("alice" in kept.name or "LastAuthUser" in kept.name for kept in browser.jar)
    assert len(last.cookies) == truth
