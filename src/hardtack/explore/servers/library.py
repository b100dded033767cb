"""A Python application with Hardtack: its middleware's decisions and its routes' flows, over the real core.

Rule: what a request does to the session is the core's; what is added here is the least that an application has: a page
that asks for a session, and the routes for signing in and out as `hardtack.web.routes` leads through them, redirect by
redirect. Pages are named and not rendered.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from hardtack.explore.pool import Granted
from hardtack.explore.servers.deployments import Deployment
from hardtack.explore.servers.flows import Call, Response
from hardtack.explore.symbols import CLIENT_ID
from hardtack.explore.world import AUTH_PATH
from hardtack.sessions import OutcomeKind, Page, RequestKind
from hardtack.sessions.engine import EngineOptions
from hardtack.sessions.transitions import Answer
from hardtack.tokens import TokenSet
from hardtack.web.browser_side import chosen_document, read_arrival, recover, refresh_document
from hardtack.web.facade import with_refreshed

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from hardtack.cookies import SetCookie
    from hardtack.explore.pool import PoolAnswer
    from hardtack.explore.servers.flows import Answers, Halt, Request
    from hardtack.explore.servers.foreseeing import Foreseen
    from hardtack.explore.world import World
    from hardtack.sessions import BrowserRequest, Plan, SessionCore
    from hardtack.sessions.coordination.sqlite import Snapshot

__all__ = ["LibraryServer"]

_MOST_HOPS: Final = 8  # as in hardtack.web.routes.sign_out
_KINDS: Final = {"navigation": RequestKind.NAVIGATION, "fetch": RequestKind.FETCH}


class LibraryServer:
    """The application, in each of its deployments.

    Args:
        world: says how it is configured.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._deployments = {release: self._deploy(release) for release in ((0, 1) if world.after else (0,))}

    def _deploy(self, release: int) -> Deployment:
        world = self._world
        signs_in = world.front != "none" and world.storage == "amplify"
        return Deployment(
            {
                "policy": world.policy_at(release),
                "storage": world.storage,
                "auth_path": AUTH_PATH,
                "front_end_signs_in": signs_in,
            },
            EngineOptions(front_end_signs_in=signs_in, returns=None),
        )

    def serve(self, request: Request, answers: Answers, store: Snapshot) -> tuple[Halt, Answers, Snapshot]:
        """Answer a request as far as it goes.

        Args:
            request: the request.
            answers: what its flow was told so far.
            store: what the refresh store holds.
        """
        deployment = self._deployments[request.release]
        core = deployment.begin(store, request.now)
        return deployment.run(lambda: self._flow(core, request), answers)

    def foresee(self, request: Request, answers: Answers, store: Snapshot) -> Foreseen | None:
        """What is left to do for a request that is told these answers, the last one to come; None if that is open."""
        deployment = self._deployments[request.release]
        return deployment.foresee(lambda: self._flow(deployment.core, request), answers, store, request.now)

    def do(self, foreseen: Foreseen, store: Snapshot) -> tuple[Response, Snapshot]:
        """Do what was foreseen."""
        return self._deployments[0].do(foreseen, store)

    def _flow(self, core: SessionCore, request: Request) -> Generator[Any, Any, Response]:
        path, _, query_text = request.path.partition("?")
        query = dict(parse_qsl(query_text))
        ours = path.startswith(AUTH_PATH + "/")
        asked = core.request(
            kind=_KINDS[request.kind],
            host=request.host,
            cookies=request.cookies.encode("latin-1"),
            raw_path=path.encode("ascii"),
            script_driven=request.by_script and not ours,
        )
        plan: Plan = yield from core.handle(asked)
        if request.kind == "fetch":
            route = path.removeprefix(AUTH_PATH)
            return (yield from self._data(core, request, asked, plan, route=route, query=query))
        if plan.page is Page.LAST_RESORT and not ours:
            return Response(clears=True, location=f"{AUTH_PATH}/landing?step={plan.ladder_token}", page="")
        if plan.page is Page.GUIDANCE and not ours:
            return _answer(plan, page="guidance")
        route = (request.method, path.removeprefix(AUTH_PATH) if ours else "")
        match route:
            case ("POST", "/sign-in"):
                return (yield from self._sign_in(core, asked, plan, request.body))
            case ("POST", "/sign-out" | "/recover"):
                return (yield from self._sign_out(core, asked, plan, route[1], request.body))
            case _:
                return self._page(core, asked, plan, route[1], query)

    def _page(  # noqa: PLR0911 -- one answer a page
        self, core: SessionCore, asked: BrowserRequest, plan: Plan, route: str, query: dict[str, str]
    ) -> Response:
        """A page for people."""
        signed_in = plan.session is not None
        match route:
            case "/signed-out":
                return self._drained(core, asked, plan, query)
            case "/welcome":
                if plan.session is not None and plan.session.claims.session_key == query.get("t"):
                    return _answer(plan, location="/")
                unavailable = plan.session is None and plan.outcome.kind is OutcomeKind.UNAVAILABLE
                return _answer(plan, page="unavailable" if unavailable else "guidance")
            case "/landing":
                ladder = core.engine.ladders.from_token(query.get("step", ""), now=core.clock.now())
                extra = (core.engine.ladders.write(ladder),) if ladder else ()
                return _answer(plan, extra, location="/") if signed_in else _answer(plan, extra, page="login")
            case "/sign-in":
                return _answer(plan, location="/") if signed_in else _answer(plan, page="login")
            case _:
                if signed_in:
                    return _answer(plan)
                if plan.outcome.kind is OutcomeKind.UNAVAILABLE:
                    return _answer(plan, page="unavailable")
                return _answer(plan, location=f"{AUTH_PATH}/sign-in")

    def _sign_in(
        self, core: SessionCore, asked: BrowserRequest, plan: Plan, user: str
    ) -> Generator[Any, Any, Response]:
        answer: PoolAnswer = yield Call("SignIn", user)
        if not isinstance(answer, Granted):  # whatever session there is, this sign-in did not lead to it
            return _answer(plan, page="unavailable")._replace(sign_in="")
        tokens = TokenSet(answer.access, answer.id, answer.refresh)
        extras = {
            "signInDetails": json.dumps({"loginId": user, "authFlowType": "USER_SRP_AUTH"}, separators=(",", ":"))
        }
        asked = replace(asked, now=core.clock.now())
        written: Plan = yield from core.sign_in(asked, tokens, owner=user, extras=extras)
        if written.session is None:
            return _answer(written, page="unavailable", notes=("the session could not be written",))
        return _answer(written, location=f"{AUTH_PATH}/welcome?t={written.session.claims.session_key}")

    def _sign_out(
        self, core: SessionCore, asked: BrowserRequest, plan: Plan, route: str, scope: str
    ) -> Generator[Any, Any, Response]:
        departure = yield from core.sign_out(asked)
        departure = with_refreshed(departure, plan.session)
        then = "?then=sign-in" if route == "/recover" else ""
        extra = (core.engine.ladders.put_away(),) if then else ()
        ends = departure.access_token or next(iter(departure.revoke), "")  # see SessionCore.revoke
        everywhere = ends if scope == "everywhere" else ""
        left = _answer(departure.plan, extra, location=f"{AUTH_PATH}/signed-out{then}")
        return left._replace(revoke=departure.revoke, everywhere=everywhere)

    def _drained(self, core: SessionCore, asked: BrowserRequest, plan: Plan, query: dict[str, str]) -> Response:
        """The page after a sign-out comes back to itself while the sweep still makes way."""
        if plan.session is not None:
            return _answer(plan, location="/")
        hops = int(query.get("hop", "0"))
        then = "&then=sign-in" if query.get("then") else ""
        sweeps = any(line.is_deletion for line in plan.set_cookies)
        if sweeps and core.engine.storage.read(asked.cookies) and hops < _MOST_HOPS:
            return _answer(plan, location=f"{AUTH_PATH}/signed-out?hop={hops + 1}{then}")
        return _answer(plan, location=f"{AUTH_PATH}/sign-in") if then else _answer(plan, page="login")

    def _data(
        self,
        core: SessionCore,
        request: Request,
        asked: BrowserRequest,
        plan: Plan,
        *,
        route: str,
        query: dict[str, str],
    ) -> Generator[Any, Any, Response]:
        """What script asks."""
        session = plan.session
        match (request.method, route):
            case ("GET", "/chosen.json"):
                chosen = chosen_document(session.sub, session.claims.session_key) if session else chosen_document()
                return _answer(plan, page="data", body=json.dumps(chosen))
            case ("POST", "/refresh"):
                forced = plan
                if plan.answer is not Answer.REFRESHED:
                    forced = yield from core.handle(replace(asked, forces=True))
                return _answer(plan, page="data", body=json.dumps(refresh_document(forced)))
            case ("POST", "/arrived"):
                arrival = read_arrival(request.body.encode())
                if arrival is not None:
                    yield from core.arrive(asked, arrival.tokens, claim=arrival.claim)
                return _answer(plan, page="data")
            case ("POST", "/recover"):
                recovery = recover(
                    self._world.policy_at(request.release),
                    client_id=CLIENT_ID,
                    host=request.host,
                    cookies=asked.cookies,
                    cursor=query.get("cursor", ""),
                    body=request.body.encode(),
                )
                lines = (*recovery.lines, core.engine.ladders.put_away())
                return _answer(plan, lines, page="data", body=json.dumps(recovery.document()))
            case _:
                return _answer(plan, page="data", body=json.dumps({"signed_in": session is not None}))


def _answer(plan: Plan, extra: Iterable[SetCookie] = (), **told: Any) -> Response:
    session = plan.session
    return Response(
        lines=tuple(line.to_text() for line in (*plan.set_cookies, *extra)),
        shows=session.username if session else "",
        sign_in=session.claims.session_key if session else "",
        **told,
    )
