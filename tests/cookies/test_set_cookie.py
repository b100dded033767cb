"""Set-Cookie lines: what can be built, how it is written, what browsers make of lines from elsewhere."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from hardtack.cookies import CookieError, CookieScope, CookieTooLarge, SetCookie
from hardtack.cookies.dates import EARLIEST
from hardtack.cookies.prefixes import prefix_of
from hardtack.errors import Blame, HardtackError
from support.cookie_strategies import set_cookies


def test_every_attribute_is_written_in_one_order():
    cookie = SetCookie(
        "x",
        "1",
        domain="example.com",
        path="/app",
        expires=0,
        max_age=60,
        secure=True,
        http_only=True,
        same_site="None",
        partitioned=True,
    )
    assert cookie.to_text() == (
        "x=1; Path=/app; Domain=example.com; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60; Secure; HttpOnly; "
        "SameSite=None; Partitioned"
    )
    assert cookie.to_header() == (b"set-cookie", cookie.to_text().encode("latin-1"))


def test_a_plain_cookie_has_a_path_and_nothing_else():
    assert SetCookie("x", "1").to_text() == "x=1; Path=/"


def test_a_cookie_without_a_path_leaves_it_to_the_browser():
    cookie = SetCookie("x", "1", path=None)
    assert cookie.to_text() == "x=1"
    assert cookie.scope == CookieScope()


@given(set_cookies())
@settings(deadline=None)
def test_parse_is_the_inverse_of_to_text(cookie):
    assert SetCookie.parse(cookie.to_text()) == cookie
    assert SetCookie.parse(cookie.to_header()[1]) == cookie


@given(set_cookies())
@settings(deadline=None)
def test_nothing_that_ends_a_header_or_an_attribute_gets_in(cookie):
    raw = cookie.to_header()[1]
    assert not re.search(rb"[\x00-\x1f\x7f]", raw)
    pair, *attributes = raw.split(b"; ")
    assert b";" not in raw.replace(b"; ", b"")
    assert len(attributes) == len(re.findall(rb"; ", raw))
    assert pair == f"{cookie.name}={cookie.value}".encode("latin-1")


@pytest.mark.parametrize("where", ["name", "value", "path"])
@pytest.mark.parametrize("character", [*map(chr, range(0x20)), ";", "\x7f", "船", "\udcff"])
def test_control_bytes_semicolons_and_other_scripts_are_refused_everywhere(where, character):
    parts = {"name": "x", "value": "1", "path": "/a"}
    parts[where] += character + "a"
    with pytest.raises(CookieError):
        SetCookie(parts["name"], parts["value"], path=parts["path"])


@pytest.mark.parametrize("domain", ["example.com; Path=/", "example.com\r\n", ".example.com", "Example.com", "a b", ""])
def test_a_domain_that_is_not_canonical_is_refused(domain):
    with pytest.raises(CookieError, match="Domain is not a canonical host name"):
        SetCookie("x", "1", domain=domain)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("a=b", "1", 'name has a "="'),
        (" x", "1", "begins or ends with a space"),
        ("x", "1 ", "begins or ends with a space"),
        ("", "", "without a name has no value"),
        ("", "sid=evil", "would read as another"),
        ("", "__Host-sid", "would read as another"),
    ],
)
def test_what_browsers_would_cut_or_misread_is_refused(name, value, sentence):
    with pytest.raises(CookieError, match=sentence):
        SetCookie(name, value)


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        ({"path": "app"}, 'Path does not start with "/"'),
        ({"path": ""}, 'Path does not start with "/"'),
        ({"path": "/a "}, "ends with a space"),
        ({"path": "/" + "a" * 1024}, "longer than 1024 bytes"),
        ({"expires": EARLIEST - 1}, "not a date"),
        ({"expires": 1_700_000_000_000}, "seconds, not milliseconds"),
        ({"max_age": 2**63}, "64 bits"),
        ({"same_site": "lax"}, "none of the three values"),
        ({"same_site": "Lax\r\nSet-Cookie: y=1"}, "none of the three values"),
        ({"same_site": "None"}, "SameSite=None must be Secure"),
        ({"partitioned": True}, "Partitioned cookie must be Secure"),
    ],
)
def test_attributes_that_browsers_drop_are_refused(attributes, sentence):
    with pytest.raises(CookieError, match=sentence):
        SetCookie("x", "1", **attributes)


def test_a_path_of_1024_bytes_is_the_longest():
    assert SetCookie("x", "1", path="/" + "a" * 1023).scope.path == "/" + "a" * 1023


def test_a_name_and_value_of_4096_bytes_are_the_most():
    assert SetCookie("x", "v" * 4095)
    with pytest.raises(CookieTooLarge, match="4097 bytes") as caught:
        SetCookie("x", "v" * 4096)
    assert (caught.value.size, caught.value.limit) == (4097, 4096)
    assert caught.value.code == "cookie.size"


@pytest.mark.parametrize("name", ["__Host-x", "__host-X", "__Host-Http-x", "__Secure-x", "__SECURE-x", "__Http-x"])
def test_a_name_that_promises_must_be_secure(name):
    with pytest.raises(CookieError, match="must be Secure"):
        SetCookie(name, "1", http_only=True)


@pytest.mark.parametrize("name", ["__Http-x", "__Host-Http-x", "__host-hTTP-x"])
def test_an_http_name_must_be_http_only(name):
    with pytest.raises(CookieError, match="must be Secure and HttpOnly"):
        SetCookie(name, "1", secure=True)
    assert SetCookie(name, "1", secure=True, http_only=True)


@pytest.mark.parametrize("name", ["__Host-x", "__Host-Http-x"])
@pytest.mark.parametrize("attributes", [{"domain": "example.com"}, {"path": "/app"}, {"path": None}])
def test_a_host_name_has_one_scope_and_so_no_twin(name, attributes):
    with pytest.raises(CookieError, match="must have Path=/ and no Domain"):
        SetCookie(name, "1", secure=True, http_only=True, **attributes)


def test_a_secure_name_may_have_a_domain_and_any_path():
    assert SetCookie("__Secure-x", "1", secure=True, domain="example.com", path="/app")


@pytest.mark.parametrize("name", ["_Host-x", "__Hostx", "x__Host-", "__Host", "__other-x"])
def test_what_only_looks_like_a_prefix_promises_nothing(name):
    assert prefix_of(name) is None
    assert SetCookie(name, "1", domain="example.com")


@pytest.mark.parametrize(
    ("name", "scope", "text"),
    [
        ("x", CookieScope(), "x=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"),
        (
            "x",
            CookieScope("example.com", "/app"),
            "x=; Path=/app; Domain=example.com; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        ),
        (
            "x",
            CookieScope(partitioned=True),
            "x=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; Partitioned",
        ),
        ("__Secure-x", CookieScope(), "__Secure-x=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure"),
        ("__Http-x", CookieScope(), "__Http-x=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly"),
        ("", CookieScope(), "=x; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"),
    ],
)
def test_a_deletion_says_1970_and_no_more_than_its_scope_needs(name, scope, text):
    deletion = SetCookie.deletion(name, scope)
    assert deletion.to_text() == text
    assert deletion.is_deletion
    assert deletion.scope == scope


@pytest.mark.parametrize("path", ["/a;b", "/" + "a" * 1024])
def test_a_path_that_no_line_can_carry_has_no_deletion(path):
    with pytest.raises(CookieError):
        SetCookie.deletion("x", CookieScope(path=path))


def test_a_host_name_has_no_deletion_on_a_domain():
    with pytest.raises(CookieError):
        SetCookie.deletion("__Host-x", CookieScope("example.com"))


@pytest.mark.parametrize(
    ("attributes", "answer"),
    [
        ({}, False),
        ({"max_age": 0}, True),
        ({"max_age": -1}, True),
        ({"max_age": 1}, False),
        ({"expires": 0}, True),
        ({"expires": 1}, True),
        ({"expires": 1_700_000_000}, False),
        ({"max_age": 60, "expires": 0}, False),  # Django's delete-then-set: Max-Age wins
        ({"max_age": 0, "expires": 1_900_000_000}, True),
    ],
)
def test_a_deletion_is_recognised(attributes, answer):
    assert SetCookie("x", "", **attributes).is_deletion is answer


@pytest.mark.parametrize(
    ("line", "attributes"),
    [
        ("x=1", {}),
        ("x=1;", {}),
        ("x=1; path=/a; Path=/b", {"path": "/b"}),
        ("x=1; Path=/a; Path=", {}),
        ("x=1; Path=a", {}),
        ('x=1; Path="/a"', {}),
        ("x=1; Path=/a;b", {"path": "/a"}),
        ("x=1; Domain=.Example.COM", {"domain": "example.com"}),
        ("x=1; Domain=example.com; Domain=", {}),
        ("x=1; Domain=a.example.com; domain=example.com", {"domain": "example.com"}),
        ("x=1; Max-Age=60", {"max_age": 60}),
        ("x=1; Max-Age=+60", {"max_age": 60}),
        ("x=1; Max-Age=60; Max-Age=x", {}),
        ("x=1; Max-Age=1.5", {}),
        ('x=1; Max-Age="60"', {}),
        ("x=1; Max-Age=-", {}),
        ("x=1; Max-Age=99999999999999999999", {"max_age": 2**63 - 1}),
        ("x=1; Max-Age=-99999999999999999999", {"max_age": -(2**63) + 1}),
        ("x=1; Expires=Thu, 01-Jan-70 00:00:00 GMT", {"expires": 0}),
        ("x=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=bogus", {}),
        ("x=1; secure; HTTPONLY=yes", {"secure": True, "http_only": True}),
        ("x=1; Secure=false", {"secure": True}),
        ("x=1; SameSite=sTrIcT", {"same_site": "Strict"}),
        ("x=1; SameSite=Lax; SameSite=bogus", {}),
        ("x=1; Secure; Partitioned", {"secure": True, "partitioned": True}),
        ("x=1; Priority=High; unknown", {}),
        (" x\t= 1 ;\tPath = /a ", {"path": "/a"}),
        ("x=1; Path=/" + "a" * 1024, {}),
    ],
)
def test_lines_are_read_as_browsers_read_them(line, attributes):
    assert SetCookie.parse(line) == SetCookie("x", "1", **{"path": None, **attributes})


@pytest.mark.parametrize(
    ("line", "pair"),
    [
        ("x=a=b", ("x", "a=b")),
        ('x="a b"', ("x", '"a b"')),
        ("x=", ("x", "")),
        ("bare", ("", "bare")),
        ("=bare", ("", "bare")),
        ("x=1, y=2", ("x", "1, y=2")),
        ("x={}; Path=/", ("x", "{}")),
    ],
)
def test_names_and_values_are_read_as_browsers_read_them(line, pair):
    cookie = SetCookie.parse(line)
    assert (cookie.name, cookie.value) == pair


@pytest.mark.parametrize(
    "line",
    [
        "", "=", ";", "; Path=/", "=sid=evil", "=__Host-sid", "__Secure-bare",
        "x=1\x00", "x=1\x1f", "x\x7f=1", "x=1\r\nSet-Cookie: y=2", "x=a\tb", "x\ty=1",
        "x=1; Domain=.", "x=1; Domain=..example.com", 'x=1; Domain="example.com"', "x=1; Domain=a.com:80",
        "x=1; Domain=bücher.example",
        "x=1; SameSite=None", "x=1; Partitioned", "__Host-x=1; Secure", "__Host-x=1; Secure; Path=/; Domain=a.com",
        "__Secure-x=1", "__Http-x=1; Secure", "x=" + "v" * 4096,
    ],
)  # fmt: skip
def test_lines_that_browsers_ignore_are_none(line):
    assert SetCookie.parse(line) is None
    assert SetCookie.parse(line.encode("latin-1")) is None


def test_a_line_beyond_latin1_is_read_as_its_utf8_bytes():
    assert SetCookie.parse("x=船").value.encode("latin-1").decode() == "船"
    assert SetCookie.parse("x=é").value == "é"


def test_its_repr_and_its_errors_name_nobody():
    shown = repr(SetCookie("Provider.alice@example.com.idToken", "eyJhbGciOi"))
    assert "alice" not in shown
    assert "eyJ" not in shown
    with pytest.raises(HardtackError) as caught:
        SetCookie("Provider.alice@example.com.idToken", "eyJhbGciOi;")
    assert "alice" not in str(caught.value)
    assert "eyJ" not in str(caught.value)
    assert caught.value.blame is Blame.BUG
    assert caught.value.hint
