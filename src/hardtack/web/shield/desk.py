"""The shield's own addresses: what script, a stuck person and whoever runs the site ask it.

Rule: nothing here needs a session. What changes something is a POST of the site's own pages (same origin, never a
sibling's); a person is answered with a page or a redirect, script with JSON. Answers are made without a socket, so that
the edge gives the very same ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from hardtack.sessions import Event, RequestKind, classify
from hardtack.sessions.reference import reference_of
from hardtack.tokens import Expired, Good
from hardtack.web.answers import HELD_APART, Answer, Answers, browser_of, site_of
from hardtack.web.browser_side import (
    SCRIPT_TYPE,
    chosen_document,
    policy_document,
    read_arrival,
    read_report,
    recover,
    refresh_document,
    script,
    script_etag,
)
from hardtack.web.safety import crosses_sites, safe_next
from hardtack.web.visit import PRIVATE, headers_by_name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from hardtack.cookies import SetCookie
    from hardtack.sessions import BrowserRequest, Plan
    from hardtack.web.proxy.guard import Visit
    from hardtack.web.shield.deployment import ShieldDeployment
    from hardtack.web.visit import RawHeaders

    Handler = Callable[["_Call"], Awaitable[Answer]]

__all__ = ["MOST_BODY_BYTES", "Desk"]

MOST_BODY_BYTES: Final = 16_384
"""Of a POST to one of the shield's own addresses; a larger body is answered with 413."""

_MOST_HOPS: Final = 8  # redirects while a sweep still makes way; browsers follow 20
_BRIEFLY: Final = (b"cache-control", b"public, max-age=300")
_JSON: Final = (b"content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class _Call:
    """One request to one of these addresses."""

    visit: Visit
    request: BrowserRequest
    body: bytes = field(default=b"", repr=False)


class Desk:
    """Answers what lies below the shield's own path.

    Args:
        deployment: the parts.
    """

    def __init__(self, deployment: ShieldDeployment) -> None:
        self._settings = deployment.settings
        self._hardtack = deployment.hardtack
        self._core = deployment.hardtack.core
        self._answers = Answers(deployment.hardtack)
        base = deployment.settings.base
        self._below = base.encode("ascii") + b"/"
        self._table: dict[tuple[str, str], Handler] = {
            ("GET", "/policy.json"): self._policy,
            ("GET", "/chosen.json"): self._chosen,
            ("GET", "/hardtack.js"): self._script,
            ("GET", "/healthz"): self._health,
            ("GET", "/help"): self._help,
            ("GET", "/landing"): self._landing,
            ("GET", "/recover"): self._help,
            ("GET", "/recovered"): self._recovered,
            ("GET", "/sign-in"): self._sign_in,
            ("POST", "/recover"): self._recover,
            ("POST", "/report"): self._report,
        }
        if deployment.settings.serves_refreshes:
            self._table |= {("POST", "/refresh"): self._refresh, ("POST", "/arrived"): self._arrived}

    def serves_anybody(self, visit: Visit) -> bool:
        """Whether an address is answered under whatever name this server is called: its health."""
        return visit.raw_path == self._below + b"healthz" and visit.method in ("GET", "HEAD")

    def serves(self, visit: Visit) -> bool:
        """Whether an address is the shield's own."""
        return visit.raw_path.startswith(self._below) and not visit.websocket

    async def answer(self, visit: Visit, request: BrowserRequest, body: bytes = b"") -> Answer:
        """The answer to one of the shield's own addresses.

        Args:
            visit: the request.
            request: the same as the engine sees it.
            body: a POST's, of at most `MOST_BODY_BYTES`.
        """
        path = "/" + visit.raw_path[len(self._below) :].decode("latin-1")
        method = "GET" if visit.method == "HEAD" else visit.method
        if path.startswith("/static/") and method == "GET":
            return self._static(path.removeprefix("/static/"))
        handler = self._table.get((method, path))
        if handler is None:
            known = sorted({verb for verb, address in self._table if address == path})
            allow = [(b"allow", ", ".join(known).encode("ascii"))] if known else []
            return _json(405 if known else 404, {"error": "no such address"}, *allow)
        if method == "POST" and crosses_sites(visit.headers, self._settings.policy.origins):
            return _json(403, {"error": "sent by a page of another site"})
        return await handler(_Call(visit, request, body))

    def too_large(self, visit: Visit, plan: Plan) -> Answer:
        """The 431 that heals (RFC 6585 section 5): what piled up is swept as the plan says, and the next try fits."""
        lines = plan.set_cookies
        if classify(headers_by_name(visit.headers)) is not RequestKind.NAVIGATION:
            return _with_lines(_json(431, {"error": "request headers too large"}, PRIVATE), lines)
        from hardtack.web.pages import ErrorKind, ErrorPage  # noqa: PLC0415 -- Jinja2 only when a page is wanted

        page = ErrorPage(kind=ErrorKind.TOO_MANY_COOKIES, next=self._target(visit), support_code=plan.reference)
        return _with_lines(self._answers.page(self.scope_of(visit), page), lines)

    @staticmethod
    def scope_of(visit: Visit) -> MutableMapping[str, Any]:
        """The visit as the pages know it: an ASGI scope."""
        return {
            "type": "http",
            "method": visit.method,
            "scheme": visit.scheme,
            "path": visit.raw_path.decode("latin-1"),
            "raw_path": visit.raw_path,
            "query_string": visit.query,
            "headers": visit.headers,
        }

    async def _policy(self, call: _Call) -> Answer:
        """GET policy.json: what every other writer of these cookies follows."""
        settings = self._settings
        stated = policy_document(
            settings.policy,
            client_id=settings.pool.client_id,
            host=call.request.host,
            base=settings.base,
            sign_in=settings.sign_in,
            refreshes=settings.serves_refreshes,
        )
        return _json(200, stated, _BRIEFLY, (b"vary", b"Host"))

    async def _chosen(self, call: _Call) -> Answer:
        """GET chosen.json: which of the sets shown counts, so that script that sees twins takes the same."""
        plan = await self._hardtack.sessions.handle(call.request)
        token = plan.kept.tokens.access_token if plan.kept else ""
        judgement = self._core.engine.judge(token, call.request.now, "access") if token else None
        if not isinstance(judgement, Good | Expired):
            return _json(200, chosen_document(), PRIVATE)
        chosen = chosen_document(judgement.claims.sub, judgement.claims.session_key)
        return _with_lines(_json(200, chosen, PRIVATE), plan.set_cookies)

    async def _script(self, call: _Call) -> Answer:
        """GET hardtack.js: kept by browsers, which ask whether it has changed."""
        tag = script_etag().encode("ascii")
        headers = [(b"content-type", SCRIPT_TYPE.encode("ascii")), (b"cache-control", b"no-cache"), (b"etag", tag)]
        if headers_by_name(call.visit.headers).get(b"if-none-match") == tag:
            return Answer(304, headers)
        return Answer(200, [*headers, *HELD_APART], script())

    async def _health(self, call: _Call) -> Answer:
        """GET healthz: that this process answers. Whether the site does is the site's to say."""
        del call
        return _json(200, {"status": "ok", "keys": self._core.keys.filled}, PRIVATE)

    async def _help(self, call: _Call) -> Answer:
        """GET help: guidance for a stuck person."""
        from hardtack.web.pages import GuidancePage  # noqa: PLC0415 -- Jinja2 only when a page is wanted

        scope = self.scope_of(call.visit)
        page = GuidancePage(
            next=self._next(call.visit),
            server_time=self._core.clock.now(),
            site=site_of(scope),
            browser=browser_of(scope),
            support_code=reference_of(call.request.nonce),
        )
        self._core.tell((Event("guidance.shown", {"reason": "asked"}, reference_of(call.request.nonce)),))
        return self._answers.page(scope, page)

    async def _landing(self, call: _Call) -> Answer:
        """GET landing: after the last resort, which erased the ladder's counter too, write it back and go on."""
        ladders = self._core.engine.ladders
        ladder = ladders.from_token(_query(call.visit).get("step", ""), now=call.request.now)
        lines = (ladders.write(ladder),) if ladder else ()
        return _with_lines(_redirect(self._next(call.visit) or self._settings.sign_in), lines)

    async def _sign_in(self, call: _Call) -> Answer:
        """GET sign-in: the site has its own page for that."""
        del call
        return _redirect(self._settings.sign_in)

    async def _recover(self, call: _Call) -> Answer:
        """POST recover: sweep everything of ours, whatever it is, and begin anew.

        A person's button begins a chain of redirects; script is told how far it got. Nothing is revoked: these are the
        site's sessions, and other devices may live on them.
        """
        ladder = self._core.engine.ladders.put_away()
        if classify(headers_by_name(call.visit.headers)) is RequestKind.NAVIGATION:
            departure = await self._hardtack.sessions.sign_out(call.request)
            lines = (*departure.plan.set_cookies, ladder)
            return _with_lines(_redirect(f"{self._settings.base}/recovered"), lines)
        recovery = recover(
            self._settings.policy,
            client_id=self._settings.pool.client_id,
            host=call.request.host,
            cookies=call.request.cookies,
            cursor=_query(call.visit).get("cursor", ""),
            body=call.body,
        )
        engine = self._core.engine
        pair = engine.mender.cleared(engine.marks_of(call.request)) if recovery.lines else ()
        return _with_lines(_json(200, recovery.document(), PRIVATE), (*recovery.lines, *pair, ladder))

    async def _recovered(self, call: _Call) -> Answer:
        """GET recovered: sweep on while there is something to sweep, then the site's own sign-in page."""
        hop = _query(call.visit).get("hop", "0")
        hops = int(hop) if hop in _HOPS else _MOST_HOPS
        plan = await self._hardtack.sessions.handle(call.request)
        sweeps = any(line.is_deletion for line in plan.set_cookies)
        if sweeps and plan.kept is None and hops < _MOST_HOPS:
            query = urlencode({"hop": hops + 1})
            return _with_lines(_redirect(f"{self._settings.base}/recovered?{query}"), plan.set_cookies)
        return _with_lines(_redirect(self._settings.sign_in), plan.set_cookies)

    async def _refresh(self, call: _Call) -> Answer:
        """POST refresh: another access token for the set that the request shows, got once for everybody who asks."""
        request = replace(call.request, kind=RequestKind.FETCH, forces=True)
        plan = await self._hardtack.sessions.handle(request)
        return _json(200, refresh_document(plan), PRIVATE)

    async def _arrived(self, call: _Call) -> Answer:
        """POST arrived: a sign-in by script, whose set is kept for it. Whether it was believed is not said."""
        arrival = read_arrival(call.body)
        if arrival is None:
            return _json(400, {"error": "not a sign-in of hardtack.js"}, PRIVATE)
        await self._hardtack.sessions.arrive(call.request, arrival.tokens, claim=arrival.claim)
        return Answer(204, [PRIVATE])

    async def _report(self, call: _Call) -> Answer:
        """POST report: what a browser's check of its environment found, as counts and codes."""
        report = read_report(call.body)
        if report is None:
            return _json(400, {"error": "not a report of hardtack.js"})
        self._core.tell((Event("environment.reported", report.fields(), reference_of(call.request.nonce)),))
        return Answer(204, [PRIVATE])

    def _static(self, name: str) -> Answer:
        file = self._hardtack.pages.static_file(name)
        if file is None:
            return _json(404, {"error": "no such address"})
        caching = (b"cache-control", file.cache_control.encode("ascii"))
        return Answer(200, [(b"content-type", file.content_type.encode("ascii")), caching, *HELD_APART], file.body)

    def _next(self, visit: Visit) -> str:
        return safe_next(_query(visit).get("next"), auth_path=self._settings.base)

    def _target(self, visit: Visit) -> str:
        text = (visit.raw_path + (b"?" + visit.query if visit.query else b"")).decode("latin-1")
        return safe_next(text, auth_path=self._settings.base)


_HOPS: Final = frozenset(str(number) for number in range(_MOST_HOPS))


def _query(visit: Visit) -> dict[str, str]:
    return dict(parse_qsl(visit.query.decode("latin-1"), errors="replace", max_num_fields=50)) if visit.query else {}


def _json(status: int, body: object, *headers: tuple[bytes, bytes]) -> Answer:
    return Answer(status, [_JSON, *HELD_APART, *headers], json.dumps(body).encode())


def _redirect(target: str) -> Answer:
    return Answer(303, [(b"location", target.encode("ascii")), PRIVATE])


def _with_lines(answer: Answer, lines: tuple[SetCookie, ...]) -> Answer:
    headers: RawHeaders = [*answer.headers, *(line.to_header() for line in lines)]
    return Answer(answer.status, headers, answer.body)
