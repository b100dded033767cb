"""What the proxy itself says when there is nothing of the site's to pass on.

Rule: a person gets a short page, a program gets JSON or a line of text, as they asked for (`Accept`). It sets no cookie
and is kept by no cache: that the site can't be reached says nothing about anybody's session.
"""

from __future__ import annotations

import html
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from hardtack.web.answers import HELD_APART, Answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping, Sequence

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

__all__ = ["BODY_TOO_LARGE", "BUSY", "DOWN", "MALFORMED", "SLOW", "STALLED", "TOO_LARGE", "give", "trouble"]

DOWN: Final = "The site behind this address can't be reached at the moment. Try again in a little while."
SLOW: Final = "The site behind this address didn't answer in time. Try again in a little while."
BUSY: Final = "The site behind this address is very busy. Try again in a little while."
MALFORMED: Final = "The site behind this address gave an answer that makes no sense."
STALLED: Final = "The rest of the request didn't arrive in time."
BODY_TOO_LARGE: Final = "The request is larger than anything that is sent to this address."
TOO_LARGE: Final = (
    "The request's headers are too large, most likely because too many cookies have piled up. "
    "Clear this site's cookies in the browser's settings, then try again."
)

_NAMES: Final = {
    400: "bad-request",
    408: "request-timeout",
    413: "request-too-large",
    431: "headers-too-large",
    502: "site-unreachable",
    503: "site-busy",
    504: "site-timeout",
}
_POLICY: Final = b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
_PAGE: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
    "<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto 0;padding:0 1.25rem}}"
    "@media(prefers-color-scheme:dark){{body{{background:#14181d;color:#e8e6e1}}}}</style></head>"
    "<body><main><h1>{title}</h1><p>{text}</p></main></body></html>\n"
)


def trouble(status: int, text: str, headers: Sequence[tuple[bytes, bytes]]) -> Answer:
    """An error answer.

    Args:
        status: 4xx or 5xx.
        text: one or two sentences for whoever reads it.
        headers: of the request, names in lower case; its `Accept` decides the form.
    """
    accepts = b",".join(value for name, value in headers if name == b"accept").lower()
    title = f"{status} {HTTPStatus(status).phrase}"
    lines = [(b"cache-control", b"no-store"), *HELD_APART]
    if b"text/html" in accepts:
        page = _PAGE.format(title=html.escape(title), text=html.escape(text)).encode()
        kind = (b"content-type", b"text/html; charset=utf-8")
        return Answer(status, [kind, (b"content-security-policy", _POLICY), *lines], page)
    if b"json" in accepts:
        body = json.dumps({"error": _NAMES.get(status, "error"), "message": text}).encode()
        return Answer(status, [(b"content-type", b"application/json"), *lines], body)
    return Answer(status, [(b"content-type", b"text/plain; charset=utf-8"), *lines], f"{title}\n{text}\n".encode())


async def give(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer: to a WebSocket as the refusal of its handshake, where the server can say that."""
    if scope["type"] != "websocket" or "websocket.http.response" not in (scope.get("extensions") or {}):
        await answer(scope, receive, send)
        return
    await receive()
    headers = [*answer.headers, (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "websocket.http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": answer.body, "more_body": False})
