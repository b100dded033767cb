"""The few ASGI pieces that the pool needs: read a whole body, send a whole answer, put one together.

Rule: nothing here knows of Cognito but the shape of its errors.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Final, Self, TypeAlias, cast

__all__ = ["Answer", "Message", "Receive", "Scope", "Send", "capture", "header", "read_body", "until_gone"]

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

_BODY_LIMIT: Final = 1 << 20  # no operation of a user pool is near a mebibyte

CORS: Final = (
    (b"access-control-allow-origin", b"*"),  # the calls carry no cookies, so any page's origin may make them
    (b"access-control-expose-headers", b"date, x-amzn-errormessage, x-amzn-errortype, x-amzn-requestid"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @classmethod
    def of_json(cls, data: Any, status: int = 200) -> Self:
        """An answer in Cognito's content type."""
        return cls(status, ((b"content-type", b"application/x-amz-json-1.1"),), json.dumps(data).encode())

    @classmethod
    def refusal(cls, exception: str, message: str, status: int = 400) -> Self:
        """An error as Cognito words it: `__type` in the body and the x-amzn-errortype header."""
        plain = cls.of_json({"__type": exception, "message": message}, status)
        return cls(status, (*plain.headers, (b"x-amzn-errortype", exception.encode("latin-1", "replace"))), plain.body)

    def as_json(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        try:
            data: Any = json.loads(self.body)
        except ValueError:
            return {}
        return cast("dict[str, Any]", data) if isinstance(data, dict) else {}

    async def send(self, send: Send, *, now: float, page: bool) -> None:
        """Send it, dated `now` (epoch seconds), to a server or to a `page`.

        A page's connection is closed after each answer: Chromium silently repeats a request, a POST too, whose
        connection it had used before and found reset, so on a kept connection no page would ever see a fault.
        """
        ours = {name for name, _ in CORS} | {b"content-length", b"date"}
        kept = [(name.lower(), value) for name, value in self.headers if name.lower() not in ours]
        own = [*CORS, (b"content-length", b"%d" % len(self.body)), (b"date", formatdate(now, usegmt=True).encode())]
        if page:
            own.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": self.status, "headers": [*kept, *own]})
        await send({"type": "http.response.body", "body": self.body})


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of that (lower-case) name, or None."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


async def read_body(receive: Receive) -> bytes | None:
    """The whole body, or None when it is too large or the client went away."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > _BODY_LIMIT:
            return None
        if not message.get("more_body", False):
            return bytes(body)


async def until_gone(receive: Receive) -> None:
    """Wait until the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def capture(app: Any, scope: Scope, body: bytes) -> Answer:
    """Let an ASGI application answer a request whose body is this, and keep the answer."""
    started: list[Message] = []
    chunks: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
        else:
            chunks.append(message.get("body", b""))

    lengths = (b"content-length", b"transfer-encoding")
    kept = [(name, value) for name, value in scope["headers"] if name not in lengths]
    await app({**scope, "headers": [*kept, (b"content-length", b"%d" % len(body))]}, receive, send)
    return Answer(started[0]["status"], tuple((name, value) for name, value in started[0]["headers"]), b"".join(chunks))
