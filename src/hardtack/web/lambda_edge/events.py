"""CloudFront's events, as the shield's visits and answers, and back.

Rule: what a function may not touch it does not touch. CloudFront answers 502 in the place of a whole page when a
function adds a header that is disallowed, changes one that is read-only, or passes the size that it takes. So headers
go back as they came, in CloudFront's own order and spelling, but for those that the shield changes.

The shapes and the limits: "Lambda@Edge event structure", "Restrictions on edge functions" and "Quotas" in CloudFront's
developer guide.
"""

from __future__ import annotations

import base64
import binascii
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from hardtack.cookies import canonical_host
from hardtack.web.proxy.guard import Visit
from hardtack.web.visit import headers_by_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hardtack.cookies import CookiePolicy
    from hardtack.web.answers import Answer
    from hardtack.web.visit import RawHeaders

__all__ = [
    "MAX_HEADER_BYTES",
    "PASSAGE_HEADER",
    "body_of",
    "generated",
    "header_bytes",
    "raw_headers",
    "visit_of",
    "with_request_headers",
    "with_response_headers",
]

MAX_HEADER_BYTES: Final = 20_480
"""Of all header lines of a request to the origin, and of a response: CloudFront refuses what is larger."""
PASSAGE_HEADER: Final = "x-hardtack-passage"
"""What `origin_request` learnt, sealed, on its way to `origin_response`; copies of a client's are dropped."""

_READ_ONLY_IN_REQUESTS: Final = frozenset(
    {
        "accept-encoding",
        "content-length",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "transfer-encoding",
        "via",
    }
)
_READ_ONLY_IN_RESPONSES: Final = frozenset({"transfer-encoding", "via"})
_DISALLOWED: Final = frozenset(
    {
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "trailer",
        "upgrade",
        "x-accel-buffering",
        "x-accel-charset",
        "x-accel-limit-rate",
        "x-accel-redirect",
        "x-amzn-auth",
        "x-amzn-cf-billing",
        "x-amzn-cf-id",
        "x-amzn-cf-xff",
        "x-amzn-errortype",
        "x-amzn-fle-profile",
        "x-amzn-header-count",
        "x-amzn-header-order",
        "x-amzn-lambda-integration-tag",
        "x-amzn-requestid",
        "x-cache",
        "x-forwarded-proto",
        "x-real-ip",
    }
)
_DISALLOWED_BEGINNINGS: Final = ("x-amz-cf-", "x-edge-")
# Of a response that a function makes itself: what CloudFront computes.
_NOT_IN_GENERATED: Final = _READ_ONLY_IN_RESPONSES | {"content-length"}
_TEXT_TYPES: Final = ("text/", "application/json", "application/javascript", "image/svg+xml")
_LINE: Final = len(": \r\n")
_NO_BODY: Final[dict[str, Any]] = {}

Headers = dict[str, list[dict[str, str]]]


def visit_of(request: Mapping[str, Any], policy: CookiePolicy, *, most_header_bytes: int) -> Visit:
    """A request of CloudFront's, as the shield takes it.

    Args:
        request: `Records[0].cf.request` of an origin request event.
        policy: whose hosts are known. Where the viewer's Host is not forwarded, the event shows the origin's; with a
            single host in the policy it can only be that one.
        most_header_bytes: what the site takes.
    """
    headers = raw_headers(request["headers"])
    by_name = headers_by_name(headers)
    host = by_name.get(b"host", b"").decode("latin-1")
    if not policy.allows_host(canonical_host(host) or "") and len(policy.hosts) == 1:
        (host,) = policy.hosts
    forwarded = by_name.get(b"cloudfront-forwarded-proto", b"").decode("latin-1").lower()
    return Visit(
        method=str(request["method"]),
        scheme=forwarded if forwarded in ("http", "https") else ("https" if policy.secure else "http"),
        host=host,
        raw_path=_wire(str(request["uri"])) or b"/",
        query=_wire(str(request.get("querystring", ""))),
        headers=headers,
        address=str(request.get("clientIp", "")),
        websocket=b"sec-websocket-key" in by_name,
        oversize=header_bytes(headers) > most_header_bytes,
    )


def body_of(request: Mapping[str, Any]) -> bytes:
    """A request's body, where the trigger includes it; empty where it doesn't, or where it can't be read."""
    body: Mapping[str, Any] = request.get("body") or _NO_BODY
    data = str(body.get("data", ""))
    if body.get("encoding") != "base64":
        return data.encode()
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return b""


def raw_headers(headers: Mapping[str, Any]) -> RawHeaders:
    """Every line, names in lower case; a client's copy of our own header left out."""
    return [
        (name.lower().encode("latin-1"), _wire(str(line["value"])))
        for name, lines in headers.items()
        if name.lower() != PASSAGE_HEADER
        for line in lines
    ]


def with_request_headers(request: Mapping[str, Any], headers: RawHeaders, sealed: str) -> dict[str, Any]:
    """The request as the origin shall get it.

    Args:
        request: CloudFront's own.
        headers: those of the passage.
        sealed: what was learnt; "" for nothing. It is left out where there is no room for it.
    """
    made = _headers(headers, request["headers"], _READ_ONLY_IN_REQUESTS)
    if sealed and header_bytes(raw_headers(made)) + len(PASSAGE_HEADER) + _LINE + len(sealed) <= MAX_HEADER_BYTES:
        made[PASSAGE_HEADER] = [{"key": "X-Hardtack-Passage", "value": sealed}]
    return {**request, "headers": made}


def with_response_headers(response: Mapping[str, Any], headers: RawHeaders) -> dict[str, Any]:
    """The response as the viewer shall get it."""
    return {**response, "headers": _headers(headers, response["headers"], _READ_ONLY_IN_RESPONSES)}


def generated(answer: Answer, *, method: str) -> dict[str, Any]:
    """A whole response in the place of the origin's."""
    headers = [each for each in answer.headers if each[0].lower().decode("latin-1") not in _NOT_IN_GENERATED]
    made: dict[str, Any] = {
        "status": str(answer.status),
        "statusDescription": _phrase(answer.status),
        "headers": _headers(headers, {}, frozenset()),
    }
    if answer.body and method != "HEAD":
        kind = headers_by_name(answer.headers).get(b"content-type", b"").decode("latin-1")
        text = answer.body.decode("utf-8", "replace") if kind.startswith(_TEXT_TYPES) else ""
        if text.encode() == answer.body:
            made |= {"bodyEncoding": "text", "body": text}
        else:
            made |= {"bodyEncoding": "base64", "body": base64.b64encode(answer.body).decode("ascii")}
    return made


def header_bytes(headers: RawHeaders) -> int:
    """What these lines have on the wire."""
    return sum(len(name) + len(value) + _LINE for name, value in headers)


def _headers(headers: RawHeaders, before: Mapping[str, Any], read_only: Collection[str]) -> Headers:
    """Lines as CloudFront takes them: what nobody changed exactly as it came, disallowed ones never added."""
    values: dict[str, list[bytes]] = {name: [] for name in before if name in read_only}
    for raw_name, value in headers:
        name = raw_name.decode("latin-1").lower()
        if name not in read_only and (name in before or not _is_disallowed(name)):
            values.setdefault(name, []).append(value)
    names = [*(name for name in before if name in values), *(name for name in values if name not in before)]
    return {name: _lines(name, values[name], before.get(name), untouched=name in read_only) for name in names}


def _lines(name: str, values: list[bytes], before: Any, *, untouched: bool) -> list[dict[str, str]]:
    if before and (untouched or [_wire(str(line["value"])) for line in before] == values):
        return before
    key = "-".join(part.capitalize() for part in name.split("-"))
    if before:
        key = str(before[0].get("key", key))
    return [{"key": key, "value": value.decode("latin-1")} for value in values]


def _is_disallowed(name: str) -> bool:
    return name in _DISALLOWED or name.startswith(_DISALLOWED_BEGINNINGS)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _wire(text: str) -> bytes:
    """The bytes of a text out of an event: one for each character where that is possible, as on the wire."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
