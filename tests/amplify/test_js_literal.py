"""Object literals are read as JavaScript means them, and nothing is ever run."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.amplify.js_literal import NOT_A_LITERAL, objects_in

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


def value_of(expression):
    (members,) = objects_in(f"export default {{ it: {expression} }}")
    return members["it"]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('"a"', "a"),
        ("'a'", "a"),
        ("`a`", "a"),
        ("'it\\'s'", "it's"),
        ('"a\\nb\\tc\\\\d\\/e"', "a\nb\tc\\d/e"),
        ('"\\ud83d\\ude00 \\ud83d!"', "😀 \ufffd!"),
        ('"\\u00e9\\x41\\u{1F600}"', "éA😀"),
        ('"\\u{FFFFFF}"', "\ufffd"),
        ('"a\\\nb"', "ab"),
        ("`a\nb`", "a\nb"),
        ('"// no comment"', "// no comment"),
        ("'/* nor this */'", "/* nor this */"),
        ("5", 5),
        ("-5", -5),
        ("+5.5", 5.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("0xFF", 255),
        ("-0x10", -16),
        ("true", True),
        ("false", False),
        ("null", None),
        ("undefined", None),
        ("[]", []),
        ("[1, 'a', [true,],]", [1, "a", [True]]),
        ("{}", {}),
        ("{a: 1, 'b-c': 2, 3: 4, $d: 5, é: 6,}", {"a": 1, "b-c": 2, "3": 4, "$d": 5, "é": 6}),
        ("/* before */ 'a' // after\n", "a"),
        ("'a' as const", "a"),
        ("['a'] as string[]", ["a"]),
        ("{a: 1} satisfies {a: number}", {"a": 1}),
    ],
)
def test_literals(expression, value):
    read = value_of(expression)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    "expression",
    [
        "process.env.POOL",
        "process.env.POOL || 'a'",
        "process.env['POOL']!",
        "'a' + b",
        "'a'.trim()",
        "`a${b}`",
        "5 * 60",
        "f('a', {b: [1, 2]}, \"}\")",
        "isLocal ? 'a' : 'b'",
        "() => { return {a: 1}; }",
        "async function () { return '}' }",
        "new URL('https://a')",
        "truthy",
        "9" * 5000,
    ],
)
def test_what_would_have_to_be_computed_is_not_a_literal_and_what_follows_is_read(expression):
    (members,) = objects_in(f"export default {{ it: {expression}, next: 'b' }}")
    assert members == {"it": NOT_A_LITERAL, "next": "b"}
    assert repr(members["it"]) == "NOT_A_LITERAL"


def test_what_an_object_may_also_hold_is_passed_over():
    text = "const a = { ...others, ...f(b, [1]), short, method(x) { return x }, get g() { return 1 }, last: 1 }"
    (members,) = objects_in(text)
    assert members["last"] == 1
    assert members["short"] is members["method"] is NOT_A_LITERAL


def test_every_object_of_a_file_is_found_where_it_begins():
    text = """
        import { x } from "y";
        const first = { a: 1 };
        // const commented = { a: 2 };
        configure({ b: 2 }, { ssr: true });
        export default { c: 3 };
    """
    assert [members for members in objects_in(text) if "a" not in members or members["a"] == 1] == [
        {"a": 1},
        {"b": 2},
        {"c": 3},
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "= {",
        "= {a",
        "= {a:",
        "= {a: 1",
        "= {: 1}",
        "= {a: [1}",
        "= {a: f(}",
        "= {a: /* }",
        "= {" + "a: {" * 60 + "}" * 61,
        "= {a: " + "[" * 60 + "]" * 60 + "}",
    ],
)
def test_what_ends_in_the_middle_or_goes_too_deep_is_no_object(text):
    assert list(objects_in(text)) == []


@pytest.mark.parametrize("body", ["1 b: 2", "'b", "[1 2]", "a b"])
def test_what_makes_no_sense_in_the_middle_is_not_a_literal(body):
    (members,) = objects_in(f"= {{a: {body}}}")
    assert members["a"] in (NOT_A_LITERAL, [NOT_A_LITERAL])


def test_only_so_many_beginnings_are_tried():
    assert len(list(objects_in("= {}" * 1000))) == 200


def test_a_million_characters_of_open_comments_take_no_time():
    assert list(objects_in("= {a: " + "/*" * 500_000)) == []


@given(JSON)
def test_all_of_json_is_read_as_json_reads_it(value):
    (members,) = objects_in(f"export default {json.dumps({'it': value})}")
    assert members == json.loads(json.dumps({"it": value}))


@given(st.text(alphabet="={}[]:,'\"`\\/*$()ab1 .\n\u2028"))
def test_no_text_raises(text):
    for members in objects_in(f"export default {{{text}"):
        assert isinstance(members, dict)
