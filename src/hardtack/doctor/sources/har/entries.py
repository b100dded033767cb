"""One entry of a recording as exporters really write it, with no more of it decoded than the doctor reads.

Rule: bodies stay raw text until somebody asks for one, and nobody asks for that of an image. What an exporter writes
against the format (null for a list, a number for a text) is read a second, slower time, with patience.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from typing import Any, Final, cast

import msgspec

__all__ = ["Entry", "Pair", "Posted", "Request", "Shown", "body_of", "posted_of", "read_entry", "seconds_of"]

_NOTHING: Final = msgspec.Raw(b"")
_ZONE: Final = re.compile(r"(\.\d{6})\d+")


class Pair(msgspec.Struct, gc=False):
    """A name and a value: a header, a field of a form."""

    name: str = ""
    value: str = ""


class Shown(msgspec.Struct, gc=False):
    """A cookie in an entry's own list of cookies; Chrome says there where it lies."""

    name: str = ""
    value: str = ""
    domain: str | None = None
    path: str | None = None
    http_only: bool | None = msgspec.field(default=None, name="httpOnly")


class Posted(msgspec.Struct, gc=False):
    """The body of a request."""

    text: str | None = None
    params: list[Pair] | None = None
    encoding: str | None = None


class Content(msgspec.Struct, gc=False):
    """The body of a response: raw, to be decoded by `body_of`."""

    text: msgspec.Raw = _NOTHING
    encoding: str | None = None


class Request(msgspec.Struct, gc=False):
    """What was asked."""

    method: str = "GET"
    url: str = ""
    headers: list[Pair] = []
    cookies: list[Shown] = []
    posted: msgspec.Raw = msgspec.field(default=_NOTHING, name="postData")
    header_bytes: int | float | None = msgspec.field(default=None, name="headersSize")


class Response(msgspec.Struct, gc=False):
    """What was answered."""

    status: int | float | None = 0
    headers: list[Pair] = []
    cookies: list[Shown] = []
    content: Content = msgspec.field(default_factory=Content)
    header_bytes: int | float | None = msgspec.field(default=None, name="headersSize")


_NO_RESPONSE: Final = Response()


class Entry(msgspec.Struct, gc=False):
    """One request and its response."""

    started: str = msgspec.field(default="", name="startedDateTime")
    time: float | int | None = None
    request: Request = msgspec.field(default_factory=Request)
    response: Response | None = None
    resource_type: str | None = msgspec.field(default=None, name="_resourceType")
    from_cache: str | None = msgspec.field(default=None, name="_fromCache")

    @property
    def answer(self) -> Response:
        """The response, or an empty one where none came."""
        return self.response or _NO_RESPONSE

    @property
    def duration(self) -> float:
        """Seconds from the request to the end of the response; 0 if unknown."""
        milliseconds = self.time or 0
        return milliseconds / 1000 if 0 < milliseconds < 1e10 else 0.0  # noqa: PLR2004  four months: not a duration


_reading = msgspec.json.Decoder(Entry)
_reading_post = msgspec.json.Decoder(Posted)
_reading_text = msgspec.json.Decoder(str)


def read_entry(text: bytes) -> Entry | None:
    """Read one entry; None if it is no object, or not even with patience to be read."""
    try:
        return _reading.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        plain = json.loads(text.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    return _patiently(plain) if isinstance(plain, dict) else None


def _patiently(plain: Any) -> Entry:
    request, response = _object(plain.get("request")), _object(plain.get("response"))
    content, posted = _object(response.get("content")), _object(request.get("postData"))
    return Entry(
        started=_text(plain.get("startedDateTime")),
        time=_number(plain.get("time")),
        request=Request(
            method=_text(request.get("method")) or "GET",
            url=_text(request.get("url")),
            headers=_pairs(request.get("headers")),
            cookies=_shown(request.get("cookies")),
            posted=msgspec.Raw(json.dumps(_posted(posted)).encode()) if posted else _NOTHING,
            header_bytes=_number(request.get("headersSize")),
        ),
        response=Response(
            status=_number(response.get("status")),
            headers=_pairs(response.get("headers")),
            cookies=_shown(response.get("cookies")),
            content=Content(
                msgspec.Raw(json.dumps(_text(content.get("text"))).encode()), _text(content.get("encoding")) or None
            ),
            header_bytes=_number(response.get("headersSize")),
        ),
        resource_type=_text(plain.get("_resourceType")) or None,
        from_cache=_text(plain.get("_fromCache")) or None,
    )


def _posted(posted: dict[str, Any]) -> dict[str, Any]:
    params = [{"name": pair.name, "value": pair.value} for pair in _pairs(posted.get("params"))]
    return {"text": _text(posted.get("text")), "params": params, "encoding": _text(posted.get("encoding"))}


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]


def _text(value: Any) -> str:
    """A text, with half characters replaced: nothing after this can fail on them."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < 1e15 else None  # noqa: PLR2004  beyond it nothing is a time or a status


def _pairs(value: Any) -> list[Pair]:
    return [Pair(_text(item.get("name")), _text(item.get("value"))) for item in _objects(value)]


def _shown(value: Any) -> list[Shown]:
    return [
        Shown(
            _text(item.get("name")),
            _text(item.get("value")),
            _text(item.get("domain")) or None,
            _text(item.get("path")) or None,
            item["httpOnly"] if isinstance(item.get("httpOnly"), bool) else None,
        )
        for item in _objects(value)
    ]


def seconds_of(started: str) -> float | None:
    """Epoch seconds of a `startedDateTime`; None if it is none. A time without a zone counts as UTC."""
    try:
        moment = datetime.fromisoformat(_ZONE.sub(r"\1", started))
    except ValueError:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, OSError, ValueError):
        return None


def body_of(content: Content) -> str | None:
    """The text of a response's body, decoded; None if the recording has none, or none that is text."""
    if not bytes(content.text):
        return None
    try:
        text = _reading_text.decode(content.text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return _decoded(text, content.encoding)


def posted_of(request: Request) -> Posted | None:
    """The body of a request; None if the recording has none."""
    if not bytes(request.posted):
        return None
    try:
        posted = _reading_post.decode(request.posted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return Posted(_decoded(posted.text, posted.encoding), posted.params) if posted.text else posted


def _decoded(text: str, encoding: str | None) -> str | None:
    if encoding != "base64":
        return text
    try:
        return base64.b64decode(text, validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
