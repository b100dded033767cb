"""Cookie dates, by the algorithm of RFC 6265bis section 5.1.1 and no other.

A cookie date is not an HTTP date: browsers look for a time, a day, a month and a year among the tokens, in any order
and between nearly any delimiters, and ignore the rest, the time zone and the weekday included. A lenient library parser
would understand less of what browsers accept, and more of what they don't.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

__all__ = ["format_cookie_date", "parse_cookie_date"]

EARLIEST = -11_644_473_600
"""1601-01-01 00:00:00 GMT in epoch seconds: the algorithm refuses earlier years."""
LATEST = 253_402_300_799
"""9999-12-31 23:59:59 GMT in epoch seconds: its years have at most four digits."""

_TOKENS = re.compile(r"[^\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")  # everything that is not `delimiter`
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])")
_DAY = re.compile(r"([0-9]{1,2})(?![0-9])")
_YEAR = re.compile(r"([0-9]{2,4})(?![0-9])")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS = {name.lower(): number for number, name in enumerate(_MONTHS, start=1)}
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_PIVOT = 70  # two-digit years from here on are of the 20th century
_TWO_DIGITS = 99
_FIRST_YEAR = 1601


def parse_cookie_date(text: str) -> int | None:
    """Read an `Expires` value as a browser does.

    Args:
        text: the attribute's value.

    Returns:
        Epoch seconds, or None where the algorithm fails and the attribute is ignored.
    """
    clock: tuple[int, int, int] | None = None
    day = month = year = None
    for token in _TOKENS.findall(text):
        if clock is None and (found := _TIME.match(token)):
            clock = int(found[1]), int(found[2]), int(found[3])
        elif day is None and (found := _DAY.match(token)):
            day = int(found[1])
        elif month is None and (number := _MONTH_NUMBERS.get(token[:3].lower())):
            month = number
        elif year is None and (found := _YEAR.match(token)):
            year = int(found[1])
    if clock is None or day is None or month is None or year is None:
        return None
    if year <= _TWO_DIGITS:
        year += 1900 if year >= _PIVOT else 2000
    if year < _FIRST_YEAR:
        return None
    try:
        return int(datetime(year, month, day, *clock, tzinfo=UTC).timestamp())
    except ValueError:  # 30 February, 24:00:00, a 61st second
        return None


@lru_cache(maxsize=256)  # a sweep writes the same date on every line
def format_cookie_date(seconds: int) -> str:
    """Write epoch seconds as an IMF-fixdate, the one form of date that every user agent reads alike.

    Args:
        seconds: epoch seconds, from `EARLIEST` to `LATEST`.

    Raises:
        ValueError: outside of that range.
    """
    if not EARLIEST <= seconds <= LATEST:
        raise ValueError(f"a cookie date must lie between {EARLIEST} and {LATEST} epoch seconds")
    # Not strftime: it speaks the process's language.
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{_WEEKDAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} {at:%H:%M:%S} GMT"
