"""Hostile headers by the hundred thousand: reading never raises, and what is read can't break a line when written.

`HARDTACK_FUZZ=1000000` sets how many; the default fits a normal run. Every header follows from its seed,
so that a failure repeats.
"""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.cookies import BrowserJar, CookieHeader, SetCookie
from support.hostile_headers import PIECES, TOTAL

SHARES = 4  # so that parallel workers can share the work
JAR_EVERY = 50  # headers; a jar looks a line up, stores it and sorts, which takes ten times as long as reading it
URL = "https://app.example.test/a/b"

_UNSAFE = re.compile(rb"[\x00-\x1f\x7f]")


@pytest.mark.parametrize("seed", range(SHARES))
def test_no_header_makes_the_parsers_raise(seed):
    source = random.Random(seed)  # noqa: S311  must repeat, need not be secret
    choose, length = source.choices, source.randrange
    jars = [BrowserJar(engine, clock=lambda: 1_795_000_000.0) for engine in ("chromium", "firefox", "rfc6265bis")]
    written = 0
    for number in range(TOTAL // SHARES):
        raw = b"".join(choose(PIECES, k=length(1, 14)))
        _check_header(raw)
        written += _check_line(raw)
        if number % JAR_EVERY == 0:
            _check_jars(jars, raw)
    assert written > TOTAL // SHARES // 20  # or the generator makes nothing but rubbish


def _check_header(raw: bytes) -> None:
    header = CookieHeader.parse(raw)
    assert header.raw == raw
    assert sum(map(header.count, header.names)) == len(header)
    # Nothing is lost but separators and the spaces around names and values.
    kept = "".join(name + value for name, value in header).encode("latin-1")
    assert len(kept) <= len(raw)
    assert kept.translate(None, b";= \t") == raw.translate(None, b";= \t")


def _check_line(raw: bytes) -> bool:
    cookie = SetCookie.parse(raw)
    if cookie is None:
        return False
    text = cookie.to_header()[1]
    assert not _UNSAFE.search(text)
    assert SetCookie.parse(text) == cookie
    return True


def _check_jars(jars: list[BrowserJar], raw: bytes) -> None:
    for jar in jars:
        jar.store_response(URL, [raw])
        jar.set_document_cookie(URL, raw.decode("utf-8", "surrogateescape"))
        header = jar.cookie_header(URL)
        if header is not None:
            pairs = CookieHeader.parse(header).pairs
            assert len(pairs) == header.count(";") + 1
        jar.document_cookie(URL).encode()


@given(st.binary(max_size=200) | st.text(max_size=200) | st.lists(st.binary(max_size=40)))
@settings(deadline=None)
def test_neither_bytes_nor_text_nor_lines_make_the_header_raise(lines):
    header = CookieHeader.parse(lines)
    assert CookieHeader.parse(header.raw) == header


@given(st.binary(max_size=200) | st.text(max_size=200))
@settings(deadline=None)
def test_neither_bytes_nor_text_make_the_line_raise(line):
    cookie = SetCookie.parse(line)
    assert cookie is None or SetCookie.parse(cookie.to_text()) == cookie
