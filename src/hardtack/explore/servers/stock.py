"""A Next.js site with Amplify's adapter, as most are set up: the model of `hardtack.amplify.adapter` answers.

Rule: a page asks for the session in the context that the world names, or does not ask at all; what the adapter writes
leaves with the page. Nothing here is wiser than the adapter.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hardtack.amplify.adapter import AdapterContext, AdapterSettings, RefreshTokens, fetch_auth_session, release_of
from hardtack.cookies import CookieHeader
from hardtack.explore.pool import Granted, Refused, Unavailable
from hardtack.explore.servers.flows import LOOKS, Call, Response, drive
from hardtack.explore.servers.foreseeing import Course, Foreseen
from hardtack.explore.symbols import CLIENT_ID, judge
from hardtack.explore.world import Context
from hardtack.tokens import Expired, Good, TokenSet

if TYPE_CHECKING:
    from collections.abc import Generator

    from hardtack.amplify.adapter import AdapterAnswer
    from hardtack.explore.pool import PoolAnswer
    from hardtack.explore.servers.flows import Answers, Halt, Request
    from hardtack.explore.world import World
    from hardtack.sessions.coordination.sqlite import Snapshot

__all__ = ["StockServer", "StockSite"]

_ATTEMPTS: Final = 3  # of a call to the pool, where connections fail


class StockSite:
    """The site's own answers.

    Args:
        world: says how the adapter is set up.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        release = release_of(world.release)
        self._settings = [
            AdapterSettings(client_id=CLIENT_ID, domain=world.adapter_at(deployment).domain, release=release)
            for deployment in (0, 1)
        ]

    def answer(self, request: Request) -> Generator[Any, Any, Response]:
        """The flow of one request: it waits for the pool where the adapter refreshes."""
        navigates = request.kind == "navigation"
        page = "site" if navigates else "data"
        if request.context == LOOKS:
            context = Context(AdapterContext.NEXT_RESPONSE)
        elif request.context < 0:
            return Response(page=page, body="" if navigates else "{}")
        else:
            context = self._world.contexts[request.context]
        answer, sign_in = yield from self._session(request, context.adapter, forced=context.forced)
        told = () if not answer.refused else (f"the server's refresh ended in {answer.refused}",)
        return Response(
            lines=answer.set_cookie_lines,
            page=page,
            shows=answer.username if answer.signed_in else "",
            sign_in=sign_in if answer.signed_in else "",
            body="" if navigates else json.dumps({"signedIn": answer.signed_in}),
            notes=told,
        )

    def _session(
        self, request: Request, context: AdapterContext, *, forced: bool
    ) -> Generator[Any, Any, tuple[AdapterAnswer, str]]:
        """`fetchAuthSession`, and which sign-in it came to."""
        flow = fetch_auth_session(
            self._settings[request.release],
            context,
            CookieHeader.parse(request.cookies.encode("latin-1")),
            force_refresh=forced,
            now=float(request.now),
        )
        sign_in, reply = "", None
        while True:
            try:
                need = next(flow) if reply is None else flow.send(reply)
            except StopIteration as stop:
                return stop.value, sign_in
            if isinstance(need, RefreshTokens):
                reply = _reply((yield from _asked(Call(need.operation, need.refresh_token))))
                continue
            reply = judge(need.token, request.now, need.use)
            if need.use == "access" and isinstance(reply, Good | Expired):
                sign_in = reply.claims.session_key


def _asked(call: Call) -> Generator[Any, Any, PoolAnswer]:
    """The pool's answer, asked for anew while none comes: the adapter's client does so as the browser's does."""
    answer: PoolAnswer = Unavailable()
    for _ in range(_ATTEMPTS):
        answer = yield call
        if not isinstance(answer, Unavailable):
            break
    return answer


def _reply(answer: PoolAnswer) -> TokenSet | str:
    match answer:
        case Granted(access, identity, refresh):
            return TokenSet(access, identity, refresh)
        case Refused(exception):
            return exception
        case _:
            return "NetworkError"


class StockServer:
    """The site without help.

    Args:
        world: see `StockSite`.
    """

    def __init__(self, world: World) -> None:
        self._site = StockSite(world)

    def serve(self, request: Request, answers: Answers, store: Snapshot) -> tuple[Halt, Answers, Snapshot]:
        """Answer a request as far as it goes; see `LibraryServer.serve`."""
        halt, told = drive(None, lambda: self._site.answer(request), answers)
        return halt, told, store

    def foresee(self, request: Request, answers: Answers, store: Snapshot) -> Foreseen | None:
        """What is left to do for a request; see `LibraryServer.foresee`."""
        del store
        halt, _ = drive(None, lambda: self._site.answer(request), answers)
        return Foreseen(Course((), halt)) if isinstance(halt, Response) else None

    def do(self, foreseen: Foreseen, store: Snapshot) -> tuple[Response, Snapshot]:
        """Do what was foreseen."""
        return foreseen.lives.response, store
