"""Every code point goes out and comes back; what can't come back is None, and nothing raises."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.amplify import (
    app_router_read,
    client_name,
    client_value,
    decode_component,
    document_text,
    js_cookie_read,
    next_value,
    pages_router_read,
    server_name,
)
from hardtack.cookies import CookieHeader

WRITERS = (client_name, server_name, client_value, next_value)
LITERAL = {
    client_name: "-_.!~*'#$&+^`|",
    server_name: "-_.!~*'()#$&+^`|",
    client_value: "-_.!~*'()#$&+/:<=>?@[]^`{|}",
    next_value: "-_.!~*'()",
}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
PLANE_0 = [*range(0xD800), *range(0xE000, 0x10000)]
BEYOND = [*range(0x10000, 0x110000)]


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_each_writer_leaves_just_its_own_characters_as_they_are(write):
    kept = {chr(code) for code in range(128) if write(chr(code)) == chr(code)}
    assert kept == set(string.ascii_letters + string.digits + LITERAL[write])


def thousands(code_points):
    """Texts of a thousand characters each, so that runs of escapes are tried too."""
    for start in range(0, len(code_points), 1000):
        yield "".join(map(chr, code_points[start : start + 1000]))


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_every_reader_takes_back_what_every_writer_wrote(write):
    """All of plane 0; beyond it, where all is escaped alike, every hundredth."""
    for text in thousands(PLANE_0 + BEYOND[::101]):
        wire = write(text)
        assert js_cookie_read(wire) == app_router_read(wire) == pages_router_read(wire) == text


def test_every_code_point_comes_back():
    for text in thousands(PLANE_0 + BEYOND):
        assert decode_component(next_value(text)) == text


@given(TEXTS)
def test_every_text_survives_a_cookie_header(text):
    header = CookieHeader.parse(f"{client_name(text) or 'x'}={client_value(text)}; next={next_value(text)}")
    (_, value), (_, other) = header.pairs
    assert js_cookie_read(value) == js_cookie_read(other) == text
    assert all(read(part) == text for read in (app_router_read, pages_router_read) for part in (value, other))


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_half_a_surrogate_pair_can_t_be_written_and_the_error_doesn_t_carry_the_text(write):
    with pytest.raises(ValueError, match="surrogate") as caught:
        write("alice\ud800")
    assert not isinstance(caught.value, UnicodeError)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "alice" not in str(caught.value)


@pytest.mark.parametrize(
    ("wire", "js_cookie", "app_router", "pages_router"),
    [
        ("", "", "", ""),
        ('"', "", '"', ""),
        ('"a', "", '"a', ""),
        ('"ab"', "ab", '"ab"', "ab"),
        ('"%22"', '"', '"""', '"'),
        ("%", "%", None, "%"),
        ("%4", "%4", None, "%4"),
        ("%zz%41", "%zzA", None, "%zz%41"),
        ("%C3%A9", "é", "é", "é"),
        ("%C3", None, None, "%C3"),
        ("%E9", None, None, "%E9"),
        ("%C3%28", None, None, "%C3%28"),
        ("%ED%A0%80", None, None, "%ED%A0%80"),
        ("%C0%AF", None, None, "%C0%AF"),
        ("%F4%90%80%80", None, None, "%F4%90%80%80"),
        ("a+b", "a+b", "a+b", "a+b"),
        (" a ", " a ", " a ", "a"),
        ("\xa0a", "\xa0a", "\xa0a", "a"),
        ("\x85a", "\x85a", "\x85a", "\x85a"),
        ("%2541", "%41", "%41", "%41"),
    ],
)
def test_each_reader_stumbles_in_its_own_way(wire, js_cookie, app_router, pages_router):
    assert js_cookie_read(wire) == js_cookie
    assert app_router_read(wire) == app_router
    assert pages_router_read(wire) == pages_router


@given(st.text())
def test_no_text_makes_a_reader_raise(text):
    for read in (js_cookie_read, app_router_read, pages_router_read, decode_component, document_text):
        read(text)


@given(st.binary())
def test_no_bytes_make_a_reader_raise(data):
    text = data.decode("latin-1")
    for read in (js_cookie_read, app_router_read, pages_router_read, decode_component, document_text):
        assert read(text) is None or isinstance(read(text), str)


def test_script_sees_utf_8_and_is_not_shown_what_is_none():
    assert document_text("josé".encode().decode("latin-1")) == "josé"
    assert document_text("jos\xe9") is None
    assert document_text("用户") is None  # no header has such text; it isn't taken for one
    assert document_text("alice") == "alice"
