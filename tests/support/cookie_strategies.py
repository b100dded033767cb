"""Hypothesis strategies for cookies: everything that can be built, not what people usually build."""

from __future__ import annotations

from hypothesis import assume
from hypothesis import strategies as st

from hardtack.cookies import SetCookie
from hardtack.cookies.dates import EARLIEST, LATEST
from hardtack.cookies.prefixes import prefix_of

_PREFIXES = st.sampled_from(["", "__Host-", "__secure-", "__HTTP-", "__Host-Http-"])
_DOMAINS = st.sampled_from([None, "example.com", "app.example.com", "127.0.0.1", "[::1]", "example.com."])


@st.composite
def set_cookies(draw, *, last: str = "\xff") -> SetCookie:
    """Any cookie that can be built, of characters up to `last`."""
    characters = st.characters(min_codepoint=0x20, max_codepoint=ord(last), exclude_characters=";\x7f")
    texts = st.text(characters, max_size=20).map(lambda text: text.strip(" "))
    name = draw(st.builds(str.__add__, _PREFIXES, texts)).replace("=", "").strip(" ")
    value = draw(texts)
    prefix = prefix_of(name)
    same_site = draw(st.sampled_from([None, "Strict", "Lax", "None"]))
    partitioned = draw(st.booleans())
    assume(name or (value and "=" not in value and prefix_of(value) is None))
    return SetCookie(
        name,
        value,
        domain=None if prefix and prefix.host_only else draw(_DOMAINS),
        path="/" if prefix and prefix.host_only else draw(st.none() | texts.map("/".__add__)),
        expires=draw(st.none() | st.integers(EARLIEST, LATEST)),
        max_age=draw(st.none() | st.integers(-(2**63) + 1, 2**63 - 1)),
        secure=prefix is not None or same_site == "None" or partitioned or draw(st.booleans()),
        http_only=(prefix is not None and prefix.http_only) or draw(st.booleans()),
        same_site=same_site,
        partitioned=partitioned,
    )
