from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.web.safety import crosses_sites, safe_next
from support.web_urls import BASE_ORIGIN, goes_to, is_wire_safe

PIECES = [
    *"/\\.:@?#%&= \t\n\r\x00\x0b\x1f\x7f",
    "//",
    "..",
    "%2e",
    "%2E%2e",
    "%2f",
    "%5c",
    "%252f",
    "%09",
    "%0d%0a",
    "%00",
    "https:",
    "javascript:",
    "data:",
    "http://",
    "https://app.example.com",
    "app.example.com",
    "evil.example",
    "auth",
    "AUTH",
    "/auth/sign-out",
    "sign%2Din",
    "cart",
    "é",
    "\u3000",
    "\ud800",
    "⁄",
    "／",
    "。",
]
hostile = st.one_of(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.text(max_size=40))


def safe(target):
    return safe_next(target, auth_path="/auth", origins=[BASE_ORIGIN])


def below_auth(path):
    """Whether a server that decodes, resolves and merges slashes would take this for one of the auth routes."""
    for _ in range(4):
        path = unquote(path)
    merged = re.sub(r"/+", "/", goes_to(re.sub(r"/+", "/", path))[1]).lower()
    return merged == "/auth" or merged.startswith("/auth/")


@given(hostile)
def test_no_browser_is_ever_led_away(target):
    found = safe(target)
    if not found:
        return
    assert is_wire_safe(found)
    assert len(found) <= 2_000
    origin, path = goes_to(found)
    assert origin == BASE_ORIGIN
    assert not path.startswith("//")
    assert not below_auth(path)


@given(hostile)
def test_not_even_by_a_proxy_that_decodes_first(target):
    path = re.split(r"[?#]", safe(target), maxsplit=1)[0]
    for _ in range(3):
        if path:
            assert goes_to(path)[0] == BASE_ORIGIN
        path = unquote(path)


@given(hostile)
def test_what_is_safe_stays_as_it_is(target):
    assert safe(safe(target)) == safe(target)


@given(st.from_regex(r"(/[a-z0-9_~-]{1,8}){1,4}/?(\?[a-z]=[a-z0-9%2F]{0,8})?(#[a-z]{1,4})?", fullmatch=True))
def test_ordinary_pages_are_kept(target):
    if not target.startswith("/auth"):
        assert safe(target) == target


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/", "/"),
        ("/cart?step=2&back=//x#top", "/cart?step=2&back=//x#top"),
        ("/search?q=a%0Ab", "/search?q=a%0Ab"),
        ("/café/a b", "/caf%C3%A9/a%20b"),
        ("/100%/x", "/100%/x"),
        ("/authors", "/authors"),
        (f"{BASE_ORIGIN}/cart", "/cart"),
        (f"{BASE_ORIGIN}", "/"),
        (f"{BASE_ORIGIN}?q=1", "/?q=1"),
        ("HTTPS://App.Example.com/Cart", "/Cart"),
    ],
)
def test_pages_of_this_origin_are_kept(target, kept):
    assert safe(target) == kept


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "cart",
        "?q=1",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        " /cart",
        "/%2f/evil.example",
        "/%252f/evil.example",
        "/%5cevil.example",
        "/cart/..//evil.example",
        "/.//evil.example",
        "/%2e%2e//evil.example",
        "/%25252525252f/evil.example",
        "https://evil.example/",
        "https:evil.example",
        "https:/cart",
        f"{BASE_ORIGIN}.evil.example/",
        f"{BASE_ORIGIN}@evil.example/",
        f"{BASE_ORIGIN}:8443/",
        f"{BASE_ORIGIN}//evil.example",
        "http://app.example.com/cart",
        "javascript:alert(1)",
        "/a\r\nset-cookie: x=y",
        "/a%0d%0ax/b",
        "/\ud800",
        "/" + "x" * 2_000,
        "/" + "é" * 700,
        "/auth",
        "/auth/",
        "/auth/sign-out",
        "/AUTH/sign-in",
        "/%61uth/sign-out",
        "/x/../auth/sign-out",
        "/auth%2fsign-out",
    ],
)
def test_everything_else_is_nowhere_in_particular(target):
    assert safe(target) == ""


def test_another_origin_of_ours_is_another_origin():
    assert safe_next("https://admin.example.com/", auth_path="/auth", origins=[BASE_ORIGIN]) == ""


ORIGINS = ["https://app.example.com", "http://app.hardtack.localhost:8000", "http://[::1]:8000"]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin", "origin": "null"},
        {"origin": "https://app.example.com"},
        {"origin": "https://app.example.com:443"},
        {"origin": "http://app.hardtack.localhost:8000"},
        {"origin": "http://[::1]:8000"},
        {"referer": "https://app.example.com/auth/sign-in?next=/"},
        {"origin": "https://app.example.com", "referer": "https://evil.example/"},
    ],
)
def test_our_own_pages_may_send_forms(headers):
    assert not crosses_sites(_raw(headers), ORIGINS)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "same-site", "origin": "https://app.example.com"},
        {"sec-fetch-site": ""},
        {"sec-fetch-site": "SAME-ORIGIN"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "https://evil.example"},
        {"origin": "http://app.example.com"},
        {"origin": "https://app.example.com:8443"},
        {"origin": "https://app.example.com.evil.example"},
        {"origin": "https://app.example.com@evil.example"},
        {"origin": "https://evil@app.example.com"},
        {"origin": "https://app.example.com:x"},
        {"origin": "https://[::1"},
        {"origin": "null", "referer": "https://app.example.com/"},
        {"referer": "https://evil.example/?https://app.example.com/"},
        {"referer": "about:blank"},
    ],
)
def test_other_pages_may_not(headers):
    assert crosses_sites(_raw(headers), ORIGINS)


def test_two_different_answers_are_none():
    lines = [(b"sec-fetch-site", b"same-origin"), (b"sec-fetch-site", b"cross-site")]
    assert crosses_sites(lines, ORIGINS)
    lines = [(b"origin", b"https://app.example.com"), (b"origin", b"https://evil.example")]
    assert crosses_sites(lines, ORIGINS)


@given(st.lists(st.tuples(st.sampled_from([b"origin", b"referer", b"sec-fetch-site"]), st.binary(max_size=30))))
def test_no_header_breaks_the_check(lines):
    assert crosses_sites(lines, ORIGINS) in {True, False}


def _raw(headers):
    return [(name.encode(), value.encode()) for name, value in headers.items()]
