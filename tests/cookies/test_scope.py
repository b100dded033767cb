"""Cookie scopes: what makes two cookies of one name twins, and how a scope is written down."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.cookies import CookieError, CookieScope

_DOMAINS = st.one_of(
    st.none(), st.sampled_from(["example.com", "app.example.com", "localhost", "127.0.0.1", "[::1]", "a."])
)
_PATHS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f")).map("/".__add__)
_SCOPES = st.builds(CookieScope, _DOMAINS, _PATHS, st.booleans())


@pytest.mark.parametrize(
    ("scope", "text"),
    [
        (CookieScope(), "host-only /"),
        (CookieScope("example.com", "/app"), ".example.com /app"),
        (CookieScope(None, "/", partitioned=True), "host-only / partitioned"),
        (CookieScope("example.com", "/", partitioned=True), ".example.com / partitioned"),
        (CookieScope(path="/a b"), 'host-only "/a b"'),
        (CookieScope(path="/a partitioned"), 'host-only "/a partitioned"'),
        (CookieScope(path='/a" partitioned', partitioned=True), 'host-only "/a" partitioned" partitioned'),
    ],
)
def test_a_scope_is_written_in_one_line_and_read_back(scope, text):
    assert str(scope) == text
    assert CookieScope.parse(text) == scope


def test_a_path_may_end_with_what_python_takes_for_a_space():
    scope = CookieScope(None, "/\xa0")
    assert CookieScope.parse(str(scope)) == scope


@given(_SCOPES)
@settings(deadline=None)
def test_parse_is_the_inverse_of_str(scope):
    assert CookieScope.parse(str(scope)) == scope


def test_a_setting_may_leave_out_the_dot_and_write_capitals():
    assert CookieScope.parse(" Example.COM /app ") == CookieScope("example.com", "/app")


def test_host_only_and_the_domain_of_the_same_host_are_two_scopes():
    assert CookieScope() != CookieScope("app.example.com")
    assert (
        len({CookieScope(), CookieScope("app.example.com"), CookieScope(path="/a"), CookieScope(partitioned=True)}) == 4
    )


@pytest.mark.parametrize("domain", [".example.com", "Example.com", "", "example.com:80", "a b", "bücher.example"])
def test_a_domain_that_is_not_canonical_is_refused(domain):
    with pytest.raises(CookieError, match="canonical host name"):
        CookieScope(domain)


@pytest.mark.parametrize("path", ["", "app", "/a\r\nb", "/a\x7f"])
def test_a_path_that_no_cookie_can_have_is_refused(path):
    with pytest.raises(CookieError, match="path of a cookie scope"):
        CookieScope(path=path)


@pytest.mark.parametrize("text", ["", "host-only", ".example.com", 'host-only "/a b', 'host-only "/a" shared'])
def test_a_text_that_names_no_scope_is_refused_with_an_example(text):
    with pytest.raises(CookieError, match='Write it as "host-only /"'):
        CookieScope.parse(text)


def test_a_partition_alone_is_no_path():
    with pytest.raises(CookieError):
        CookieScope.parse("host-only partitioned")
