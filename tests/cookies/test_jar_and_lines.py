"""Line and jar together: what can be built is kept as it was written, and a deletion reaches one scope and no other."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hardtack.cookies import BrowserJar, CookieHeader, CookieScope, SetCookie, Site
from support.cookie_strategies import set_cookies

NOW = 1_795_000_000.0
ENGINES = ["chromium", "firefox", "rfc6265bis"]
APP = "https://app.example.test/a/b"
SCOPES = [
    CookieScope(domain, path, partitioned)
    for domain, path, partitioned in itertools.product(
        [None, "app.example.test", "example.test"], ["/", "/a", "/a/"], [False, True]
    )
]


@given(set_cookies(), st.sampled_from(["chromium", "rfc6265bis"]))
@settings(deadline=None)
def test_what_can_be_built_is_kept_as_it_was_written(cookie, engine):
    _assert_kept(cookie, engine)


@given(set_cookies(last="~"))
@settings(deadline=None)
def test_firefox_keeps_it_too_if_it_has_a_name_and_is_ascii(cookie):
    assume(cookie.name)
    _assert_kept(cookie, "firefox")


def _assert_kept(cookie, engine):
    host = cookie.domain or "app.example.test"
    jar = BrowserJar(engine, clock=lambda: NOW)
    jar.store_response(f"https://{host}/a/b", [cookie.to_header()[1]])
    kept = list(jar)
    lives = cookie.max_age > 0 if cookie.max_age is not None else cookie.expires is None or cookie.expires > NOW
    assert len(kept) == lives
    for stored in kept:
        assert (stored.name, stored.value, stored.host) == (cookie.name, cookie.value, host)
        assert stored.scope.domain == (cookie.domain if Site.of(host).domains else None)
        assert stored.scope.path == ("/a" if cookie.path is None else cookie.path)
        assert stored.scope.partitioned == (cookie.partitioned and engine != "rfc6265bis")
        assert (stored.secure, stored.http_only, stored.same_site) == (
            cookie.secure,
            cookie.http_only,
            cookie.same_site,
        )


@pytest.mark.parametrize("engine", ["chromium", "firefox"])
@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_a_deletion_reaches_one_scope_and_no_other(engine, scope):
    _assert_deleted(engine, scope, SCOPES)


@pytest.mark.parametrize("scope", [scope for scope in SCOPES if not scope.partitioned], ids=str)
def test_to_the_standard_which_knows_no_partitions_too(scope):
    _assert_deleted("rfc6265bis", scope, [scope for scope in SCOPES if not scope.partitioned])


def _assert_deleted(engine, scope, scopes):
    jar = BrowserJar(engine, clock=lambda: NOW)
    for twin in scopes:
        line = SetCookie(
            "x", str(twin), domain=twin.domain, path=twin.path, secure=twin.partitioned, partitioned=twin.partitioned
        )
        jar.store_response(APP, [line.to_text()])
    assert CookieHeader.parse(jar.cookie_header(APP) or "").count("x") == len(scopes)
    jar.store_response(APP, [SetCookie.deletion("x", scope).to_text()])
    assert {cookie.scope for cookie in jar} == set(scopes) - {scope}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["__Host-x", "__Secure-x", "__Http-x", "__Host-Http-x"])
def test_a_cookie_whose_name_promises_is_deleted_too(engine, name):
    jar = BrowserJar(engine, clock=lambda: NOW)
    jar.store_response(APP, [SetCookie(name, "1", secure=True, http_only=True).to_text()])
    assert len(jar) == 1
    jar.store_response(APP, [SetCookie.deletion(name, CookieScope()).to_text()])
    assert len(jar) == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_deletions_first_and_the_fresh_cookie_last_leaves_the_fresh_one_alone(engine):
    jar = BrowserJar(engine, clock=lambda: NOW)
    jar.store_response(APP, ["x=old; Path=/", "x=older; Domain=example.test; Path=/"])
    sweep = [SetCookie.deletion("x", scope).to_text() for scope in SCOPES]
    jar.store_response(APP, [*sweep, SetCookie("x", "fresh", domain="example.test").to_text()])
    assert jar.cookie_header(APP) == "x=fresh"
