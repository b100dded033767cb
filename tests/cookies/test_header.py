"""What CookieHeader keeps, on headers that real browsers send and that real servers get wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.cookies import CookieHeader

OWS = " \t"
# What can stand between two semicolons; a name ends at the first "=".
_PART = st.text(st.characters(max_codepoint=0xFF, exclude_characters=";"), max_size=12).map(
    lambda text: text.strip(OWS)
)
_NAMES = _PART.filter(lambda text: text and "=" not in text)


def test_twins_are_kept_in_the_order_of_the_wire():
    header = CookieHeader.parse(b"x=host; y=1; x=domain; x=path")
    assert header.pairs == (("x", "host"), ("y", "1"), ("x", "domain"), ("x", "path"))
    assert header.get_all("x") == ("host", "domain", "path")
    assert header.count("x") == 3
    assert header.twins() == {"x": ("host", "domain", "path")}


def test_a_header_without_twins_says_so():
    header = CookieHeader.parse(b"x=1; y=1")
    assert header.twins() == {}
    assert header.names == ("x", "y")
    assert header.get_all("z") == ()
    assert header.count("z") == 0


def test_names_differ_by_case():
    assert CookieHeader.parse(b"sid=1; SID=2").twins() == {}


def test_equal_values_are_twins_too():
    assert CookieHeader.parse(b"x=1; x=1").twins() == {"x": ("1", "1")}


def test_a_header_cut_into_lines_by_http2_reads_as_one():
    lines = [b"x=1", b"y=2; z=3", b"x=4"]
    header = CookieHeader.parse(lines)
    assert header.raw == b"x=1; y=2; z=3; x=4"
    assert header == CookieHeader.parse(b"x=1; y=2; z=3; x=4")
    assert header == CookieHeader.parse(iter(lines))


@pytest.mark.parametrize("nothing", [b"", "", [], (b"",), b" ", b";", b"; ;\t; "])
def test_a_header_with_nothing_in_it_is_empty(nothing):
    header = CookieHeader.parse(nothing)
    assert not header
    assert len(header) == 0
    assert header.names == ()


def test_a_pair_without_an_equals_sign_is_a_value_without_a_name():
    assert CookieHeader.parse(b"x=1; stray; =also").pairs == (("x", "1"), ("", "stray"), ("", "also"))


def test_an_empty_value_is_a_value():
    assert CookieHeader.parse(b"x=; y=").pairs == (("x", ""), ("y", ""))


def test_only_the_first_equals_sign_separates():
    assert CookieHeader.parse(b"x=a=b==").pairs == (("x", "a=b=="),)


@pytest.mark.parametrize(
    ("header", "pairs"),
    [
        (b'x={"a":1, "b":2}; y=2', (("x", '{"a":1, "b":2}'), ("y", "2"))),
        (b"x=1; bad name=2; y=3", (("x", "1"), ("bad name", "2"), ("y", "3"))),
        (b'x="quoted \\073 text"; y=2', (("x", '"quoted \\073 text"'), ("y", "2"))),
        (b"x=1, y=2; z=3", (("x", "1, y=2"), ("z", "3"))),
        (b"x=a b\tc", (("x", "a b\tc"),)),
        (b"$Version=1; x=1", (("$Version", "1"), ("x", "1"))),
    ],
    ids=["json", "space in a name", "quotes", "comma", "tab inside", "RFC 2109"],
)
def test_what_other_parsers_stumble_over_is_read_as_it_was_sent(header, pairs):
    assert CookieHeader.parse(header).pairs == pairs


def test_spaces_and_tabs_around_names_and_values_go():
    assert CookieHeader.parse(b" \tx =\t1 ;y= 2\t").pairs == (("x", "1"), ("y", "2"))


def test_a_utf8_value_keeps_a_last_byte_that_looks_like_a_space():
    raw = "x=voilà; y=1".encode()  # "à" ends in 0xA0, which str.strip takes for a no-break space
    value = CookieHeader.parse(raw).get_all("x")[0]
    assert value.encode("latin-1").decode() == "voilà"


@pytest.mark.parametrize("byte", range(0x80, 0x100))
def test_every_byte_above_ascii_comes_through(byte):
    raw = b"x=" + bytes([byte]) + b"; y=1"
    assert CookieHeader.parse(raw).get_all("x") == (chr(byte),)


def test_a_string_beyond_latin1_stands_for_its_utf8_bytes():
    assert CookieHeader.parse("x=船").raw == "x=船".encode()
    assert CookieHeader.parse("x=é").raw == "x=é".encode("latin-1")
    assert CookieHeader.parse("x=\udcff").get_all("x")  # even half of a surrogate pair


def test_it_behaves_as_an_immutable_collection_of_pairs():
    header = CookieHeader.parse(b"x=1; y=2; x=3")
    assert list(header) == list(header.pairs)
    assert len(header) == 3
    assert "x" in header
    assert "1" not in header
    assert hash(header) == hash(CookieHeader.parse(b"x=1;y=2;x=3"))
    assert header != CookieHeader.parse(b"y=2; x=1; x=3")
    assert header != b"x=1; y=2; x=3"
    with pytest.raises(AttributeError):
        header.pairs = ()
    with pytest.raises(AttributeError):
        header.extra = 1


def test_its_repr_gives_nothing_away():
    assert repr(CookieHeader.parse(b"user.alice@example.com=secret; y=1")) == "<CookieHeader of 2>"


def test_a_flood_of_twins_costs_no_more_than_its_length():
    header = CookieHeader.parse(b"x=;" * 100_000)  # anything quadratic would take minutes
    assert header.count("x") == 100_000
    assert header.get_all("x") == ("",) * 100_000


@given(st.lists(st.tuples(_NAMES, _PART)))
@settings(deadline=None)
def test_whatever_a_browser_joins_comes_apart_again(pairs):
    text = "; ".join(f"{name}={value}" for name, value in pairs)
    assert CookieHeader.parse(text.encode("latin-1")).pairs == tuple(pairs)


@given(st.lists(st.tuples(_NAMES, _PART)))
@settings(deadline=None)
def test_the_index_and_the_pairs_tell_the_same(pairs):
    header = CookieHeader.parse("; ".join(f"{name}={value}" for name, value in pairs).encode("latin-1"))
    assert header.names == tuple(dict(pairs))
    assert sum(header.count(name) for name in header.names) == len(header)
    for name in header.names:
        assert header.get_all(name) == tuple(value for other, value in pairs if other == name)
    assert header.twins().keys() == {name for name in header.names if header.count(name) > 1}


@given(st.lists(st.binary(max_size=40)))
@settings(deadline=None)
def test_lines_of_any_bytes_read_as_their_join(lines):
    assert CookieHeader.parse(lines) == CookieHeader.parse(b"; ".join(lines))
