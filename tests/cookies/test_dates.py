"""Cookie dates: what browsers read in an Expires attribute, and what they skip."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.cookies.dates import EARLIEST, LATEST, format_cookie_date, parse_cookie_date

NEW_YEAR = int(datetime(2027, 1, 1, 12, 34, 56, tzinfo=UTC).timestamp())
_DELIMITERS = [
    chr(code) for code in (0x09, *range(0x20, 0x30), *range(0x3B, 0x41), *range(0x5B, 0x61), *range(0x7B, 0x7F))
]


@pytest.mark.parametrize(
    "text",
    [
        "Fri, 01 Jan 2027 12:34:56 GMT",  # RFC 9110
        "Friday, 01-Jan-27 12:34:56 GMT",  # RFC 850
        "Fri Jan  1 12:34:56 2027",  # asctime
        "Fri, 01-Jan-2027 12:34:56 GMT",  # Netscape
        "1 january 2027 12:34:56 PST",  # any month that begins so, any zone, always GMT
        "2027 01 JANitor 12:34:56",
        "12:34:56 01 Jan 27",
        "1st Jan 2027 12:34:56.789",
        "Jan/1/2027@12:34:56+0800",
    ],
)
def test_one_instant_in_the_spellings_of_thirty_years(text):
    assert parse_cookie_date(text) == NEW_YEAR


@pytest.mark.parametrize(
    ("year", "meant"),
    [("70", 1970), ("99", 1999), ("00", 2000), ("69", 2069), ("1601", 1601), ("9999", 9999), ("070", 1970)],
)
def test_short_years_lie_around_1970(year, meant):
    read = parse_cookie_date(f"01 Mar {year} 00:00:00")
    assert read is not None
    assert (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=read)).year == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "01 Jan 2027",  # no time
        "12:34:56 Jan 2027",  # a day taken from the year's place leaves no year
        "01 2027 12:34:56",
        "01 Jan 12:34:56",
        "00 Jan 2027 12:34:56",
        "32 Jan 2027 12:34:56",
        "30 Feb 2027 12:34:56",
        "29 Feb 2027 12:34:56",
        "01 Jan 1600 12:34:56",
        "01 Jan 20270 12:34:56",
        "01 Jan 2027 24:00:00",
        "01 Jan 2027 12:60:00",
        "01 Jan 2027 12:00:60",
        "01 Jan 2027 12:34",
        "01 Jan 2027 123:34:56",
        "01 Jan 2027 12:34:567",
        "001 Jan 2027 12:34:56",
        "01 Januar٢٠٢٧ 12:34:56",
    ],
)
def test_what_the_algorithm_fails_on_is_no_date(text):
    assert parse_cookie_date(text) is None


def test_the_first_of_each_kind_counts():
    assert parse_cookie_date("01 Jan Feb 2027 2028 12:34:56 01:02:03") == NEW_YEAR


def test_leap_days_are_days():
    assert parse_cookie_date("29 Feb 2028 00:00:00") == int(datetime(2028, 2, 29, tzinfo=UTC).timestamp())


@pytest.mark.parametrize("order", list(itertools.permutations(["12:34:56", "01", "Jan", "2027"])))
def test_the_order_of_the_tokens_does_not_matter(order):
    assert parse_cookie_date(" ".join(order)) == NEW_YEAR


def test_a_second_day_is_taken_for_the_year():
    assert parse_cookie_date("01 27 Jan 12:34:56") == NEW_YEAR


@given(st.lists(st.sampled_from(_DELIMITERS), min_size=1, max_size=4).map("".join))
@settings(deadline=None)
def test_any_delimiters_part_the_tokens(between):
    assert parse_cookie_date(between.join(["Fri", "01", "Jan", "2027", "12:34:56", "GMT"])) == NEW_YEAR


@given(st.integers(EARLIEST, LATEST))
@settings(deadline=None)
def test_what_we_write_reads_back(seconds):
    assert parse_cookie_date(format_cookie_date(seconds)) == seconds


@given(st.integers(0, 4_000_000_000))
@settings(deadline=None)
def test_what_we_write_is_an_http_date(seconds):
    assert format_cookie_date(seconds) == formatdate(seconds, usegmt=True)


def test_the_epoch_is_written_as_everybody_knows_it():
    assert format_cookie_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT"


@pytest.mark.parametrize("seconds", [EARLIEST - 1, LATEST + 1])
def test_a_year_that_no_browser_reads_is_not_written(seconds):
    with pytest.raises(ValueError, match="epoch seconds"):
        format_cookie_date(seconds)


@given(st.text())
@settings(deadline=None)
def test_no_text_makes_it_raise(text):
    read = parse_cookie_date(text)
    assert read is None or EARLIEST <= read <= LATEST
