"""The support code: short, readable on the telephone, the same in the log."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from hardtack.sessions.reference import reference_of

SHAPE = re.compile(r"HT-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")


@given(st.text(min_size=1))
def test_every_nonce_has_a_code_that_can_be_read_out(nonce):
    assert SHAPE.fullmatch(reference_of(nonce))
    assert reference_of(nonce) == reference_of(nonce)


def test_without_a_nonce_there_is_no_code():
    assert reference_of("") == ""


def test_no_two_of_a_days_stuck_people_share_a_code():
    codes = {reference_of(f"nonce {number}") for number in range(5_000)}
    assert len(codes) == 5_000


def test_every_letter_of_the_alphabet_comes_up_in_every_place():
    codes = [reference_of(f"nonce {number}") for number in range(2_000)]
    for place in (3, 4, 5, 6, 8, 9, 10, 11):
        assert len({code[place] for code in codes}) == 32
