"""Hypothesis strategies for cookies: everything that can be built, not what people usually build."""

from __future__ import annotations

from hypothesis import assume
from hypothesis import strategies as st

from hardtack.cookies import SetCookie
from hardtack.cookies.dates import EARLIEST, LATEST
from hardtack.cookies.prefixes import prefix_of

_SAFE = st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters=";\x7f")
_TEXT = st.text(_SAFE, max_size=20).map(lambda text: text.strip(" \t"))
_PREFIXES = st.sampled_from(["", "__Host-", "__secure-", "__HTTP-", "__Host-Http-"])
_NAMES = st.builds(str.__add__, _PREFIXES, _TEXT).map(lambda text: text.replace("=", "").strip(" "))
_DOMAINS = st.sampled_from([None, "example.com", "app.example.com", "127.0.0.1", "[::1]", "example.com."])
_PATHS = st.one_of(st.none(), _TEXT.map(lambda text: f"/{text}".strip(" ")))


@st.composite
def set_cookies(draw) -> SetCookie:
    """Any cookie that can be built."""
    name, value = draw(_NAMES), draw(_TEXT)
    prefix = prefix_of(name)
    same_site = draw(st.sampled_from([None, "Strict", "Lax", "None"]))
    partitioned = draw(st.booleans())
    assume(name or (value and "=" not in value and prefix_of(value) is None))
    return SetCookie(
        name,
        value,
        domain=None if prefix and prefix.host_only else draw(_DOMAINS),
        path="/" if prefix and prefix.host_only else draw(_PATHS),
        expires=draw(st.none() | st.integers(EARLIEST, LATEST)),
        max_age=draw(st.none() | st.integers(-(2**63) + 1, 2**63 - 1)),
        secure=prefix is not None or same_site == "None" or partitioned or draw(st.booleans()),
        http_only=(prefix is not None and prefix.http_only) or draw(st.booleans()),
        same_site=same_site,
        partitioned=partitioned,
    )
