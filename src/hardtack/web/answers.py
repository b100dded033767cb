"""What is answered instead of the application: by the ladder, and where a route asks for a session that isn't there.

Rule: a person gets a page or a redirect to one, a program gets JSON with a status it can act on, and a WebSocket is
closed. Never is a fetch, an RSC payload or a server action answered with HTML.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from hardtack.sessions import OutcomeKind, Page, RequestKind, classify
from hardtack.sessions import Reason as Why
from hardtack.web.safety import safe_next
from hardtack.web.visit import PRIVATE, headers_by_name, seal_response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from hardtack.sessions import Plan
    from hardtack.web.facade import Hardtack

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

__all__ = [
    "HELD_APART",
    "RETRY_AFTER",
    "Answer",
    "Answers",
    "SessionRequired",
    "asked_language",
    "browser_of",
    "page_headers",
    "retry_after",
    "site_of",
]

RETRY_AFTER: Final = 5  # seconds that a client is asked to wait for a pool that can't be reached
HELD_APART: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
"""What every answer of ours says, whatever it is: taken for nothing else, and embedded by no other site."""

_LONGEST_QUERY: Final = 8_192  # bytes; a longer one names no language of ours
_POLICY_VIOLATION: Final = 1008  # RFC 6455 section 7.4.1
_TRY_AGAIN_LATER: Final = 1013  # IANA's registry of WebSocket close codes
_REASONS: Final = {
    Why.SEVERAL_PEOPLE: "two_accounts",
    Why.NO_COOKIES: "sign_in_required",
    Why.SIGNED_OUT: "sign_in_required",
    Why.UNREADABLE: "repaired",
    Why.NOT_OURS: "repaired",
}


class SessionRequired(Exception):  # noqa: N818 -- it is a request to the middleware, not a failure
    """A route needs a session and the request has none."""


class Answer:
    """A whole response, as an ASGI application."""

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> None:
        self.status = status
        self.headers = headers
        self.body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; to a WebSocket, close it."""
        if scope["type"] == "websocket":
            await receive()
            await self.close(send)
            return
        headers = [*self.headers, (b"content-length", str(len(self.body)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else self.body
        await send({"type": "http.response.body", "body": body})

    async def close(self, send: Send) -> None:
        """Say it to a WebSocket, by the code with which it is closed."""
        code = _TRY_AGAIN_LATER if self.status == 503 else _POLICY_VIOLATION  # noqa: PLR2004 -- Service Unavailable
        await send({"type": "websocket.close", "code": code, "reason": ""})


class Answers:
    """Makes the answers of one deployment."""

    def __init__(self, hardtack: Hardtack) -> None:
        self._hardtack = hardtack

    def imposed(self, scope: Scope, plan: Plan) -> Answer | None:
        """What the ladder shows instead of the page, or None."""
        if plan.page is Page.LAST_RESORT:
            query = urlencode({"step": plan.ladder_token, "next": self._target(scope)})
            target = f"{self._hardtack.auth_path}/landing?{query}"
            # A redirect of its own: Clear-Site-Data swallows every Set-Cookie beside it.
            headers = [(b"location", target.encode("ascii")), (b"clear-site-data", b'"cookies"'), PRIVATE]
            return Answer(303, headers)
        if plan.page is Page.GUIDANCE:
            return self.guidance(scope, plan)
        return None

    def guidance(self, scope: Scope, plan: Plan) -> Answer:
        """The page for a stuck person."""
        from hardtack.web.pages import GuidancePage, StuckReason  # noqa: PLC0415 -- Jinja2 only when a page is wanted

        hardtack = self._hardtack
        hardtack.core.told_guidance(plan)
        page = GuidancePage(
            server_time=hardtack.core.clock.now(),
            site=site_of(scope),
            browser=browser_of(scope),
            reason=StuckReason.LOOPING,
            support_code=plan.reference,
            next=self._target(scope),
        )
        answer = self.page(scope, page)
        return Answer(answer.status, seal_response(answer.headers, plan), answer.body)

    def required(self, scope: Scope, plan: Plan) -> Answer:
        """What to say where a route needs a session."""
        unavailable = plan.outcome.kind is OutcomeKind.UNAVAILABLE
        if scope["type"] == "websocket":
            return Answer(503 if unavailable else 401, [])
        headers = headers_by_name(scope["headers"])
        if classify(headers) is not RequestKind.NAVIGATION:
            return self._json(plan, unavailable=unavailable)
        if unavailable:
            from hardtack.web.pages import UnavailablePage  # noqa: PLC0415 -- Jinja2 only when a page is wanted

            shown = self.page(scope, UnavailablePage(retry_after=RETRY_AFTER, support_code=plan.reference))
            return Answer(503, [*shown.headers, retry_after()], shown.body)
        query = {"next": self._target(scope)} if scope["method"] in ("GET", "HEAD") else {}
        query["reason"] = _REASONS.get(plan.outcome.reason, "session_ended")
        location = f"{self._hardtack.auth_path}/sign-in?{urlencode(query)}"
        return Answer(303, [(b"location", location.encode("ascii")), PRIVATE])

    def page(self, scope: Scope, page: Any, *, status: int | None = None) -> Answer:
        """A page in the reader's language, with the headers that every page has.

        The language is what `?lang=` says, and then the page's links carry it on; else what `Accept-Language` says.
        """
        from hardtack.web.pages import Language, negotiate_language  # noqa: PLC0415 -- Jinja2 only for a page

        accepted = b",".join(value for name, value in scope["headers"] if name == b"accept-language")
        asked = asked_language(scope)
        html = self._hardtack.pages.render(
            page,
            language=negotiate_language(accepted.decode("latin-1"), asked),
            keep_language=Language.parse(asked) is not None,
        )
        return Answer(page.status if status is None else status, page_headers(), html.encode())

    def _target(self, scope: Scope) -> str:
        """The path and query of a request, to come back to; "/" where a browser could read it as another host."""
        raw = scope.get("raw_path") or str(scope["path"]).encode()
        query = scope.get("query_string") or b""
        text = (raw + (b"?" + query if query else b"")).decode("latin-1")
        return safe_next(text, auth_path=self._hardtack.auth_path) or "/"

    @staticmethod
    def _json(plan: Plan, *, unavailable: bool) -> Answer:
        error = "unavailable" if unavailable else "sign-in-required"
        body = json.dumps({"error": error, "reason": plan.outcome.reason.value, "reference": plan.reference}).encode()
        headers = [(b"content-type", b"application/json"), *HELD_APART, PRIVATE]
        return Answer(503, [*headers, retry_after()], body) if unavailable else Answer(401, headers, body)


def page_headers() -> list[tuple[bytes, bytes]]:
    """The headers of every page: private, framed by nobody, no script but ours."""
    from hardtack.web.pages import CONTENT_SECURITY_POLICY  # noqa: PLC0415 -- Jinja2 only when a page is wanted

    return [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", CONTENT_SECURITY_POLICY.encode("ascii")),
        *HELD_APART,
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"same-origin"),
        (b"vary", b"Accept-Language, Cookie"),
        PRIVATE,
    ]


def retry_after(seconds: float = RETRY_AFTER) -> tuple[bytes, bytes]:
    """The Retry-After line (RFC 9110 section 10.2.3), in whole seconds, at least one."""
    return b"retry-after", str(max(1, math.ceil(seconds))).encode()


def asked_language(scope: Scope) -> str | None:
    """What `?lang=` says, or None."""
    query = bytes(scope.get("query_string") or b"")
    if b"lang=" not in query or len(query) > _LONGEST_QUERY:
        return None
    return dict(parse_qsl(query.decode("latin-1"), errors="replace")).get("lang")


def site_of(scope: Scope) -> str:
    """The site of a request as browsers list it in their settings; "" where its Host is none."""
    from hardtack.cookies import Site, canonical_host  # noqa: PLC0415 -- the suffix list only when a page is wanted

    host = canonical_host(headers_by_name(scope["headers"]).get(b"host", b"").decode("latin-1")) or ""
    return (Site.of(host).registrable_domain or host) if host else ""


def browser_of(scope: Scope) -> Any:
    """The browser of a request, for the steps that a stuck person is shown."""
    from hardtack.web.pages import detect_browser  # noqa: PLC0415 -- Jinja2 only when a page is wanted

    headers = headers_by_name(scope["headers"])
    names = (b"user-agent", b"sec-ch-ua", b"sec-ch-ua-mobile")
    return detect_browser(*(headers.get(name, b"").decode("latin-1") for name in names))
