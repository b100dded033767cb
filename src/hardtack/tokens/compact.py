"""The compact serialisation of a JWS (RFC 7515 section 7.1), read more strictly than the RFC asks.

Rule: one text, one meaning. Whatever two readers could understand differently is refused here: padding, whitespace,
the other base64 alphabet, spare bits after the last byte, a member given twice, a payload that is no object, NaN, a
lone surrogate. Cognito writes none of these, so strictness costs nobody a session. Everything refused raises
`Malformed`, which never leaves this package.
"""

from __future__ import annotations

import json
from binascii import a2b_base64
from typing import Any, NoReturn

__all__ = ["Malformed", "decode_object", "decode_segment", "split"]

_URL_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_STANDARD_ALPHABET = _URL_ALPHABET[:-2] + b"+/"
# base64url becomes base64, which binascii reads; a dot stays, and anything else becomes what binascii refuses.
_TO_STANDARD = bytes(
    _STANDARD_ALPHABET[_URL_ALPHABET.index(byte)] if byte in _URL_ALPHABET else byte if byte == ord(".") else ord("!")
    for byte in range(256)
)
# By a segment's length modulo 4: how to end it (a rest of 1 can't be mended), and which characters may stand last in it
# (the others carry spare bits, RFC 4648 section 3.5, so that several texts would mean the same bytes).
_ENDING = (b"", b"!", b"==", b"=")
_MAY_END = tuple(frozenset(_STANDARD_ALPHABET[::step]) for step in (1, 64, 16, 4))


class Malformed(ValueError):  # noqa: N818 -- it reads as the judgement it becomes
    """The text is not what the format asks for. Internal: judges turn it into a value."""


def split(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Cut a token into its three segments, each non-empty and ready for `decode_segment`.

    Raises:
        Malformed: there are not three such segments.
    """
    segments = data.translate(_TO_STANDARD).split(b".")
    if len(segments) != 3 or not all(segments):  # noqa: PLR2004 -- header, payload, signature
        raise Malformed
    return segments[0], segments[1], segments[2]


def decode_segment(segment: bytes) -> bytes:
    """Decode one segment that `split` gave.

    Raises:
        Malformed: it has a character outside base64url, an impossible length, or spare bits that aren't zero.
    """
    rest = len(segment) & 3
    if segment[-1] not in _MAY_END[rest]:
        raise Malformed
    try:
        return a2b_base64(segment + _ENDING[rest], strict_mode=True)
    except ValueError:
        raise Malformed from None


def decode_object(data: bytes) -> dict[str, Any]:
    """Read a JSON object (RFC 8259, UTF-8 only), every member once, nothing that JSON has no word for.

    Raises:
        Malformed: it is anything else, or nested deeper than the interpreter's own stack allows.
    """
    try:
        text = data.decode().strip(" \t\r\n")
        value, end = _DECODER.raw_decode(text)
        if "\\u" in text:
            _refuse_lone_surrogates(value)
    except (ValueError, RecursionError):
        raise Malformed from None
    if end != len(text) or type(value) is not dict:
        raise Malformed
    return value  # pyright: ignore[reportUnknownVariableType] -- JSON's members are whatever they are


def _every_member_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise Malformed


def _refuse_lone_surrogates(value: object) -> None:
    """Half a surrogate pair can't be encoded again; it would raise far from here, where nobody expects it."""
    json.dumps(value, ensure_ascii=False).encode()


_DECODER = json.JSONDecoder(object_pairs_hook=_every_member_once, parse_constant=_refuse_constant)
