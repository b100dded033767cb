"""Set-Cookie lines as facts: what a browser does with them, and why it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.cookies import BrowserJar, CookieScope
from hardtack.doctor.evidence import Evidence, Place
from hardtack.doctor.lines import read_set_cookie
from hardtack.doctor.marks import Marker
from hardtack.doctor.observed import Refusal

MARKER = Marker()
WHERE = Evidence(Place("header", line=1))


def read(line, url="https://app.example.test/a/b/c", **more):
    return read_set_cookie(line, url, marker=MARKER, evidence=WHERE, **more)


@pytest.mark.parametrize(
    ("line", "url", "refusal"),
    [
        ("a=1; Domain=example.test", "https://app.example.test/", None),
        ("a=1; Domain=.EXAMPLE.test", "https://app.example.test/", None),
        ("a=1; Domain=other.test", "https://app.example.test/", Refusal.OTHER_HOST),
        ("a=1; Domain=deep.app.example.test", "https://app.example.test/", Refusal.OTHER_HOST),
        ("a=1; Domain=co.uk", "https://shop.co.uk/", Refusal.PUBLIC_SUFFIX),
        ("a=1; Domain=github.io", "https://me.github.io/", Refusal.PUBLIC_SUFFIX),
        ("a=1; Domain=localhost", "http://localhost:3000/", None),
        ("a=1; Domain=127.0.0.1", "http://127.0.0.1/", None),
        ("a=1; Domain=https://example.test", "https://app.example.test/", Refusal.BAD_DOMAIN),
        ("a=1; Secure", "http://app.example.test/", Refusal.NOT_SECURE),
        ("a=1; Secure", "http://localhost/", None),
        ("a=1; SameSite=None", "https://app.example.test/", Refusal.SAME_SITE_NONE),
        ("a=1; Partitioned", "https://app.example.test/", Refusal.PARTITIONED),
        ("__Host-a=1; Secure; Path=/", "https://app.example.test/", None),
        ("__Host-a=1; Secure; Path=/; Domain=example.test", "https://app.example.test/", Refusal.PREFIX),
        ("__Host-a=1; Secure", "https://app.example.test/", Refusal.PREFIX),
        ("__Secure-a=1", "https://app.example.test/", Refusal.PREFIX),
        ("a=" + "x" * 4096, "https://app.example.test/", Refusal.TOO_LARGE),
        ("a=\x01", "https://app.example.test/", Refusal.UNREADABLE),
    ],
)
def test_a_line_is_refused_for_the_reason_that_browsers_have(line, url, refusal):
    fact = read(line, url)
    assert fact is not None
    assert fact.refused is refusal
    assert (fact.scope is None) == (refusal is not None)


def test_a_line_without_path_goes_into_the_directory():
    fact = read("a=1")
    assert fact is not None
    assert (fact.scope, fact.path_given) == (CookieScope(path="/a/b"), False)
    given = read("a=1; Path=/")
    assert given is not None
    assert (given.scope, given.path_given) == (CookieScope(), True)


@pytest.mark.parametrize(
    ("line", "now", "deletion", "lifetime"),
    [
        ("a=1; Max-Age=0", None, True, 0),
        ("a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", None, True, None),
        ("a=1; Expires=Sun, 09 Sep 2001 01:46:40 GMT", 1e9 + 10, True, -10),
        ("a=1; Expires=Sun, 09 Sep 2001 01:46:40 GMT", 1e9 - 10, False, 10),
        ("a=1; Max-Age=60", None, False, 60),
        ("a=1", None, False, None),
    ],
)
def test_deletions_and_lifetimes(line, now, deletion, lifetime):
    fact = read(line, now=now)
    assert fact is not None
    assert (fact.deletion, fact.lifetime) == (deletion, lifetime)
    assert (fact.value is None) == deletion


def test_what_is_no_cookie_or_no_url_is_no_fact():
    assert read("a=1", "about:blank") is None
    assert read("", "https://app.example.test/") is None


PIECES = st.sampled_from(
    ["Domain=example.test", "Domain=app.example.test", "Domain=test", "Domain=.", "Domain=a b", "Path=/", "Path=x",
     "Secure", "HttpOnly", "SameSite=None", "SameSite=Lax", "Partitioned", "Max-Age=9", "domain=", "junk"]
)  # fmt: skip
NAMES = st.sampled_from(["a", "__Host-a", "__Secure-a", "__Http-a", "__Host-Http-a", ""])
URLS = st.sampled_from(
    ["https://app.example.test/x/y", "http://app.example.test/", "http://localhost/", "https://test/"]
)


@given(NAMES, st.text(alphabet="ab=\x01\t é", max_size=6), st.lists(PIECES, max_size=5), URLS)
def test_it_says_of_every_line_what_the_modelled_browser_does(name, value, pieces, url):
    line = "; ".join([f"{name}={value}", *pieces])
    jar = BrowserJar(clock=lambda: 1e9)
    jar.store_response(url, [line])
    fact = read(line, url, now=1e9)
    kept = list(jar)
    if fact is None or fact.refused is not None:
        assert kept == []
    else:
        assert [one.scope for one in kept] == [fact.scope]
