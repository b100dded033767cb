"""Texts from outside: nothing unseen is left in them, and no line is longer than its place."""

from __future__ import annotations

import unicodedata
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.explore.telling.svg import tag
from hardtack.explore.telling.texts import capital, cells, clean, counted, ems, wrap

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)
WORDS = st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20), max_size=12).map(
    " ".join
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("alice", "alice"),
        ("two\nlines\tand\r\n a tab", "two lines and a tab"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("名字 é", "名字 é"),
    ],
)
def test_what_cannot_be_seen_stands_there_by_its_number(text, shown):
    assert clean(text) == shown


@given(ANY_TEXT)
def test_a_cleaned_text_can_be_written_anywhere(text):
    shown = clean(text)
    assert not [letter for letter in shown if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}]
    assert ET.fromstring(tag("text", "", aria_label=shown).encode()).get("aria-label", "") == shown  # noqa: S314 -- ours
    assert clean(shown) == shown


@given(WORDS, st.integers(2, 30))
def test_wrapping_loses_nothing_and_keeps_to_its_room(text, room):
    lines = wrap(text, room)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cells(line) <= room for line in lines)


@given(WORDS, st.floats(0.1, 20))
def test_a_room_too_narrow_for_a_letter_still_ends(text, room):
    lines = wrap(text, room, ems)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(ems(line) <= room or len(line) == 1 for line in lines)


def test_words_stay_whole_where_they_can():
    assert wrap("a correct sign-in is followed by a session", 16) == (
        "a correct",
        "sign-in is",
        "followed by a",
        "session",
    )
    assert wrap("UnexpectedSignIn is shown", 10) == ("Unexpected", "SignIn is", "shown")
    assert wrap("", 10) == ("",)


def test_wide_letters_take_two_columns_and_accents_none():
    assert cells("名") == 2
    assert cells("e\u0301") == 1
    assert ems("名") > ems("m") > ems("a") > ems("i")


def test_small_words_of_a_sentence():
    assert capital("tab 1") == "Tab 1"
    assert capital("") == ""
    assert [counted(number, "step") for number in (0, 1, 1234)] == ["0 steps", "1 step", "1,234 steps"]
