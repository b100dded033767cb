"""The three of JavaScript's functions whose small print ends up in a cookie.

Rule: ECMA-262 to the letter, as far as a cookie's text can ask for it. `signInDetails` is parsed and written anew at
each refresh, so it leaves in JavaScript's spelling; `clockDrift` is read by `Number.parseInt`, which takes the digits
at the start of anything, and whose *not a number* makes a token immortal. One limit: JSON nested deeper than Python's
own stack allows counts as no JSON.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NoReturn, cast

__all__ = ["parse_int", "stringify_parsed"]

_SPACE: Final = "[\\t\\n\\v\\f\\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]*"
_INTEGER: Final = re.compile(_SPACE + "([+-]?)(?:0[xX]([0-9a-fA-F]+)|(?!0[xX])([0-9]+))")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,9}")
_LAST_INDEX: Final = 2**32 - 2  # of an array; a key beyond it is a name like any other
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_KEPT: Final = 64  # texts whose new spelling is remembered: a search comes back to the same few
_PLAIN_DIGITS: Final = 21  # digits before the point up to which a number is written without an exponent
_PLAIN_ZEROS: Final = 6  # zeros after the point up to which it is


def parse_int(text: str) -> float:
    """`Number.parseInt(text)`: the integer at the start, decimal or `0x…`; NaN where there is none."""
    match = _INTEGER.match(text)
    if match is None:
        return math.nan
    sign, hexadecimal, decimal = match.groups()
    value = _as_number(int(hexadecimal, 16)) if hexadecimal else float(decimal)
    return -value if sign == "-" else value


@lru_cache(maxsize=_KEPT)
def stringify_parsed(text: str) -> str | None:
    """`JSON.stringify(JSON.parse(text))`; None where the value is falsy (`null`, `false`, `0`, `""`).

    Raises:
        ValueError: the text is no JSON.
    """
    try:
        value: object = _DECODER.decode(text)
        falsy = value is None or value is False or value in (0.0, "")
        return None if falsy else _write(value)
    except RecursionError:
        raise ValueError("This JSON is nested too deeply.") from None


def _as_number(integer: int) -> float:
    try:
        return float(integer)
    except OverflowError:
        return math.inf


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("JSON has no such constant.")


_DECODER: Final = json.JSONDecoder(parse_int=float, parse_constant=_refuse_constant)


def _write(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return _write_number(value)
        case str():
            return _write_string(value)
        case list():
            return f"[{','.join(map(_write, cast('list[object]', value)))}]"
        case _:
            members = sorted(cast("dict[str, Any]", value).items(), key=lambda member: _place(member[0]))
            return "{" + ",".join(f"{_write_string(name)}:{_write(member)}" for name, member in members) + "}"


def _place(name: str) -> float:
    """Where a property stands: indices first, by size, then the names in the order in which they came."""
    return int(name) if _INDEX.fullmatch(name) and int(name) <= _LAST_INDEX else math.inf


def _write_string(text: str) -> str:
    """Well-formed JSON.stringify: half a surrogate pair is escaped, everything else but quotes and controls stays."""
    written = json.dumps(text, ensure_ascii=False)
    return _LONE_SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", written)


def _write_number(number: float) -> str:
    """`Number::toString` (section 6.1.6.1.20): the shortest digits, an exponent only for the very large and small."""
    if not math.isfinite(number):
        return "null"
    if number == 0:
        return "0"
    sign, digit_tuple, exponent = Decimal(repr(number)).as_tuple()
    digits = "".join(map(str, digit_tuple)).rstrip("0")
    before = len(digit_tuple) + int(exponent)  # digits before the point; negative: zeros after it
    if len(digits) <= before <= _PLAIN_DIGITS:
        text = digits.ljust(before, "0")
    elif 0 < before <= _PLAIN_DIGITS:
        text = f"{digits[:before]}.{digits[before:]}"
    elif -_PLAIN_ZEROS < before <= 0:
        text = f"0.{digits.rjust(len(digits) - before, '0')}"
    else:
        mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
        text = f"{mantissa}e{before - 1:+d}"
    return f"-{text}" if sign else text
