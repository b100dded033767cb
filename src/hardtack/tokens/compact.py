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
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
# How to end a segment by its length modulo 4, and the characters that may stand last in it (others carry spare bits).
_PADDING = (b"", None, b"==", b"=")
_LAST_OF_TWO = frozenset(_URL_ALPHABET[::16])
_LAST_OF_THREE = frozenset(_URL_ALPHABET[::4])


class Malformed(ValueError):  # noqa: N818 -- it reads as the judgement it becomes
    """The text is not what the format asks for. Internal: judges turn it into a value."""


def split(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Cut a token into its three segments, each non-empty and of the base64url alphabet alone.

    Raises:
        Malformed: there are not three such segments.
    """
    if data.translate(None, _URL_ALPHABET) != b"..":
        raise Malformed
    header, payload, signature = data.split(b".")
    if not header or not payload or not signature:
        raise Malformed
    return header, payload, signature


def decode_segment(segment: bytes) -> bytes:
    """Decode one segment that `split` gave.

    Raises:
        Malformed: the length can't be, or bits are left over after the last byte (RFC 4648 section 3.5).
    """
    rest = len(segment) & 3
    padding = _PADDING[rest]
    if padding is None:
        raise Malformed
    if rest and segment[-1] not in (_LAST_OF_TWO if rest == 2 else _LAST_OF_THREE):  # noqa: PLR2004 -- two of four
        raise Malformed
    return a2b_base64(segment.translate(_TO_STANDARD) + padding)


def decode_object(data: bytes) -> dict[str, Any]:
    """Read a JSON object (RFC 8259, UTF-8 only), every member once, nothing that JSON has no word for.

    Raises:
        Malformed: it is anything else, or nested deeper than the interpreter's own stack allows.
    """
    try:
        text = data.decode("utf-8").strip(" \t\r\n")
        value, end = _DECODER.raw_decode(text)
        if "\\u" in text:
            _refuse_lone_surrogates(value)
    except (ValueError, RecursionError):
        raise Malformed from None
    if end != len(text) or not isinstance(value, dict):
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
    json.dumps(value, ensure_ascii=False).encode("utf-8")


_DECODER = json.JSONDecoder(object_pairs_hook=_every_member_once, parse_constant=_refuse_constant)
