"""Hosts, domains and paths: whom a cookie belongs to."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.cookies import canonical_host, default_path, domain_match, path_match
from hardtack.cookies.matching import is_canonical_host, is_ip


@pytest.mark.parametrize(
    ("host", "canonical"),
    [
        ("example.com", "example.com"),
        ("EXAMPLE.Com:8443", "example.com"),
        ("example.com:", "example.com"),
        ("example.com.", "example.com."),
        ("a_b.example.com", "a_b.example.com"),
        ("localhost", "localhost"),
        ("app.hardtack.localhost:8000", "app.hardtack.localhost"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]:8000", "[::1]"),
        ("::1", "[::1]"),
        ("[2001:DB8:0:0:0:0:0:1]", "[2001:db8::1]"),
        ("[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),  # not "strasse": browsers stopped folding it
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("ｅｘａｍｐｌｅ．com", "example.com"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
    ],
)
def test_a_host_has_one_form(host, canonical):
    assert canonical_host(host) == canonical
    assert canonical_host(canonical) == canonical
    assert is_canonical_host(canonical)


@pytest.mark.parametrize(
    "host",
    [
        "", ".", "..", ".example.com", "a..b", "exa mple.com", "example.com/", "example.com:80a", "user@example.com",
        "example.com\r\nSet-Cookie: x=1", "example.com;", "a,b", "%65xample.com",
        "a" * 64 + ".com", ".".join(["a" * 50] * 6),
        "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4.", "example.0x7f", "123",
        "[::1", "::1]", "[::1]x", "[::1%eth0]", "[:::]",
        "[1.2.3.4]", "\udcff.example", "a\x00b", "ü" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_host_is_none(host):
    assert canonical_host(host) is None
    assert not is_canonical_host(host)


@pytest.mark.parametrize("host", ["Example.com", "[::0:1]", "bücher.example", "example.com:80"])
def test_a_host_in_another_form_is_not_canonical(host):
    assert not is_canonical_host(host)


@pytest.mark.parametrize(("host", "answer"), [("1.2.3.4", True), ("[::1]", True), ("1.2.3.4.example", False)])
def test_an_address_is_told_from_a_name(host, answer):
    assert is_ip(host) is answer


@pytest.mark.parametrize(
    ("host", "domain", "answer"),
    [
        ("example.com", "example.com", True),
        ("app.example.com", "example.com", True),
        ("a.b.example.com", "example.com", True),
        ("example.com", "app.example.com", False),
        ("badexample.com", "example.com", False),
        ("example.com.", "example.com", False),
        ("app.example.com.", "example.com.", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "0.0.1", False),
        ("[::1]", "[::1]", True),
    ],
)
def test_a_domain_covers_itself_and_what_is_below_it(host, domain, answer):
    assert domain_match(host, domain) is answer


@pytest.mark.parametrize(
    ("request_path", "cookie_path", "answer"),
    [
        ("/", "/", True),
        ("/app", "/", True),
        ("/app", "/app", True),
        ("/app/", "/app", True),
        ("/app/x", "/app", True),
        ("/app/x", "/app/", True),
        ("/app", "/app/", False),
        ("/application", "/app", False),
        ("/App", "/app", False),
        ("/%61pp", "/app", False),
        ("/a//b", "/a/", True),
        ("/a/../b", "/b", False),
    ],
)
def test_a_path_covers_whole_segments_byte_for_byte(request_path, cookie_path, answer):
    assert path_match(request_path, cookie_path) is answer


@pytest.mark.parametrize(
    ("raw_path", "path"),
    [
        ("/", "/"), ("/app", "/"), ("/app/", "/app"), ("/app/x", "/app"), ("/d1//d2", "/d1/"), ("//", "/"),
        ("", "/"), ("*", "/"), ("app/x", "/"), ("/a;b/c", "/a;b"), ("/%2F/x", "/%2F"),
    ],
)  # fmt: skip
def test_a_cookie_without_a_path_gets_the_requests_directory(raw_path, path):
    assert default_path(raw_path) == path


@given(st.text("/ab%;", min_size=1).map(lambda text: "/" + text))
@settings(deadline=None)
def test_a_request_always_matches_its_own_default_path(raw_path):
    assert path_match(raw_path, default_path(raw_path))


@given(st.text())
@settings(deadline=None)
def test_a_canonical_host_is_safe_to_write_whatever_it_came_from(text):
    host = canonical_host(text)
    if host is not None:
        assert host.isascii()
        assert host.isprintable()
        assert not set(host) & set(' ;,="/\\@')
        assert canonical_host(host) == host
