"""JavaScript's small print, as far as it ends up in a cookie. What is expected here is what V8 answered."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.amplify.adapter.javascript import parse_int, stringify_parsed

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-945", -945),
        ("+7", 7),
        (" \t\u00a0\ufeff12px", 12),
        ("1e6", 1),
        ("1.9", 1),
        ("0x1d4c0", 120_000),
        ("-0X1F", -31),
        ("9" * 400, math.inf),
        ("-" + "9" * 400, -math.inf),
        ("0x" + "f" * 300, math.inf),
        ("12345678901234567890123", 12345678901234567890123.0),
    ],
)
def test_digits_at_the_start_are_a_number(text, number):
    assert parse_int(text) == number


@pytest.mark.parametrize("text", ["", "garbage", "NaN", "Infinity", "0x", "0xg", "--1", "+ 1", ".5", "١", "\x1c1"])
def test_anything_else_is_not_a_number(text):
    assert math.isnan(parse_int(text))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('{ "b" : 1.50, "a" : [ -0 , 1E2 ] }', '{"b":1.5,"a":[0,100]}'),
        (
            '{"b":1,"10":2,"2":3,"01":4,"4294967295":5,"4294967294":6}',
            '{"2":3,"10":2,"4294967294":6,"b":1,"01":4,"4294967295":5}',
        ),
        ('{"a":1,"b":2,"a":3}', '{"a":3,"b":2}'),
        ('"\\u00e9\\ud83d\\ude00\\ud800\\/\\u2028\\u007f\\u0007"', '"é\U0001f600\\ud800/\u2028\x7f\\u0007"'),
        (
            "[1e21,123456789012345680000,1e-7,0.000001,5e-324,1e400,0.1,-1.5e-9]",
            "[1e+21,123456789012345680000,1e-7,0.000001,5e-324,null,0.1,-1.5e-9]",
        ),
        ("12345678901234567890", "12345678901234567000"),
        ("true", "true"),
        ("[]", "[]"),
        ("{}", "{}"),
        ('[null,false,""]', '[null,false,""]'),
    ],
)
def test_json_leaves_in_javascripts_spelling(text, written):
    assert stringify_parsed(text) == written


@pytest.mark.parametrize("text", ["null", "false", "0", "-0.0", '""', " 0 "])
def test_what_is_falsy_is_nothing(text):
    assert stringify_parsed(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1,]",
        "{a:1}",
        "'a'",
        "NaN",
        "Infinity",
        "01",
        "+1",
        ".5",
        "1.",
        "\ufeff1",
        "\u00a01",
        '"\t"',
        '"\\x"',
        "1 2",
    ],
)
def test_what_is_no_json_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 -- the decoder's own sentence is not ours to check
        stringify_parsed(text)


def test_what_is_nested_beyond_our_stack_is_refused():
    with pytest.raises(ValueError, match="deeply"):
        stringify_parsed("[" * 100_000 + "]" * 100_000)


@given(JSON)
def test_writing_again_changes_nothing(value):
    once = stringify_parsed(json.dumps(value))
    if once is not None:
        assert stringify_parsed(once) == once
        assert json.loads(once, parse_int=float) == value
