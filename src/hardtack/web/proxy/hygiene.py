"""What a message must look like to be passed on, and what never is.

Rule: whatever two servers could read in two ways is refused, not repaired (RFC 9112 section 11.2): two lengths, a
length beside a transfer coding, a second Host, a target that names a host. Servers refuse most of it before an ASGI
application sees it; it is looked at here again, because the proxy may be mounted in any of them.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardtack.web.visit import RawHeaders

__all__ = ["CHECKED", "body_length", "has_token", "head_bytes", "is_host", "passed_on", "request_problem"]

CHECKED: Final = "hardtack.checked"
"""The key of an ASGI scope that says: our own server has looked at this request already."""

HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"http2-settings",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""RFC 9110 section 7.6.1, and what older proxies understood; Trailer because trailers are not passed on."""

_END_TO_END: Final = frozenset(
    {
        b"authorization",
        b"cache-control",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"cookie",
        b"forwarded",
        b"host",
        b"location",
        b"origin",
        b"set-cookie",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-proto",
    }
)
"""What `Connection` can't take away by naming it: it is meant for all recipients, and only a trick would name it."""

_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_METHOD: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}")
_TARGET: Final = re.compile(rb"/[!\"$-~]*")  # VCHAR but "#", which no request target has (RFC 9112 section 3.2)
_QUERY: Final = re.compile(rb"[!\"$-~]*")
_FORBIDDEN: Final = bytes({*range(0x20), 0x7F} - {0x09})  # in a value: all control bytes but TAB (RFC 9110 section 5.5)
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")


def request_problem(
    method: str, raw_path: bytes, query: bytes, headers: Sequence[tuple[bytes, bytes]], *, version: str
) -> str:
    """Why a request can't be passed on, in a sentence for the person who made it; "" if it can.

    Args:
        method: as it was sent.
        raw_path: the path, not decoded.
        query: what stood behind the "?".
        headers: every line, names in lower case.
        version: of HTTP, as ASGI has it.
    """
    if not _METHOD.fullmatch(method) or method in ("CONNECT", "TRACE"):
        return "This method is not served."
    if not (_TARGET.fullmatch(raw_path) or (raw_path == b"*" and method == "OPTIONS")):
        return "The request target must be a path."
    if query and not _QUERY.fullmatch(query):
        return "The query has a character that must be escaped."
    if not _is_well_formed(headers):
        return "A header line is malformed."
    return _framing_problem(headers, version)


def _is_well_formed(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether names are tokens and values free of control bytes; all at once, for cookies are long."""
    values = b"".join([value for _, value in headers])
    if len(values.translate(None, _FORBIDDEN)) < len(values):
        return False
    names = [name for name, _ in headers]
    return b"" not in names and (not names or _TOKEN.fullmatch(b"".join(names)) is not None)


def _framing_problem(headers: Sequence[tuple[bytes, bytes]], version: str) -> str:
    """What two servers could disagree about: for whom it is, and where it ends."""
    hosts = [value for name, value in headers if name == b"host"]
    lengths = [value for name, value in headers if name == b"content-length"]
    codings = [value for name, value in headers if name == b"transfer-encoding"]
    if len(hosts) > 1 or len(lengths) + len(codings) > 1:
        return "The headers contradict each other."
    if not hosts and version == "1.1":
        return "The Host header is missing."
    if hosts and hosts[0] and not is_host(hosts[0]):
        return "The Host header is malformed."
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        return "The Content-Length header is malformed."
    if codings and (codings[0].strip(b" \t").lower() != b"chunked" or version == "1.0"):
        return "Only the transfer coding chunked is served."
    return ""


def is_host(value: bytes) -> bool:
    """Whether this can stand in a Host header (RFC 9110 section 7.2)."""
    return _HOST.fullmatch(value) is not None


def body_length(headers: Sequence[tuple[bytes, bytes]]) -> int | None:
    """How long the body of a checked request is: in bytes, 0 if it has none, None if only its end will tell."""
    for name, value in headers:
        if name == b"content-length":
            return int(value)
        if name == b"transfer-encoding":
            return None
    return 0


def passed_on(headers: Sequence[tuple[bytes, bytes]]) -> RawHeaders:
    """The lines that go beyond this hop, in order: without the hop-by-hop ones and those that Connection names."""
    dropped = HOP_BY_HOP
    for name, value in headers:
        if name == b"connection" and value:
            named = {token.strip().lower() for token in value.split(b",")}
            dropped = dropped | (named - _END_TO_END)
    return [line for line in headers if line[0] not in dropped]


def has_token(headers: Sequence[tuple[bytes, bytes]], name: bytes, token: bytes) -> bool:
    """Whether a header that is a list has this member, in any case."""
    return any(each.strip().lower() == token for line, value in headers if line == name for each in value.split(b","))


def head_bytes(method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]]) -> int:
    """How many bytes a request line and these headers are on the wire."""
    return len(method) + len(target) + 14 + 4 * len(headers) + sum(map(len, chain.from_iterable(headers)))
