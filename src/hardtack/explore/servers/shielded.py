"""An unmodified site behind the real shield: `Shield` decides, its desk answers, the site is the stock one's model.

Rule: the shield's coroutines are run by hand, as the flows are: what they wait for is yielded up to whoever drives
them. Only its patience is left out, since nothing here takes time; what a visit teaches the shield goes on to the
response as it does between two processes at the edge, sealed and opened again, where the world says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from hardtack.cognito import UserPool
from hardtack.explore.servers.deployments import SECRETS, Deployment
from hardtack.explore.servers.flows import Response
from hardtack.explore.servers.stock import StockSite
from hardtack.explore.symbols import CLIENT_ID, POOL_ID
from hardtack.explore.world import BASE_PATH, SIGN_IN_PATH
from hardtack.web.proxy.guard import Visit
from hardtack.web.shield import Shield, ShieldDeployment, ShieldSettings

if TYPE_CHECKING:
    from collections.abc import Generator

    from hardtack.explore.servers.flows import Answers, Halt, Request
    from hardtack.explore.servers.foreseeing import Foreseen
    from hardtack.explore.world import World
    from hardtack.sessions import BrowserRequest, Departure, Plan, SessionCore
    from hardtack.sessions.coordination.sqlite import Snapshot
    from hardtack.tokens import TokenSet
    from hardtack.web.answers import Answer

__all__ = ["ShieldedServer"]

_FETCHED: Final = [(b"sec-fetch-site", b"same-origin"), (b"sec-fetch-mode", b"cors"), (b"sec-fetch-dest", b"empty")]
_NAVIGATED: Final = [
    (b"sec-fetch-site", b"same-origin"),
    (b"sec-fetch-mode", b"navigate"),
    (b"sec-fetch-dest", b"document"),
]
_BY_PERSON: Final = (b"sec-fetch-user", b"?1")


class ShieldedServer:
    """The site and its shield, in each of their deployments.

    Args:
        world: says how they are configured.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._site = StockSite(world)
        releases = (0, 1) if world.after else (0,)
        self._shields = {release: self._deploy(release) for release in releases}

    def _deploy(self, release: int) -> tuple[Deployment, Shield]:
        settings = ShieldSettings(
            pool=UserPool(POOL_ID, CLIENT_ID),
            policy=self._world.policy_at(release),
            secrets=SECRETS,
            base=BASE_PATH,
            sign_in=SIGN_IN_PATH,
            refreshes=self._world.refreshes,
        )
        stated = settings.session_settings()
        deployment = Deployment(
            {
                "policy": stated.policy,
                "storage": stated.storage,
                "auth_path": stated.auth_path,
                "front_end_signs_in": stated.front_end_signs_in,
            },
            replace(settings.engine_options(), returns=None),
        )
        shielding = ShieldDeployment(settings, core=deployment.core)
        shielding.hardtack.sessions = _Sessions(deployment.core)  # pyright: ignore[reportAttributeAccessIssue] -- the same two methods
        return deployment, _Unhurried(shielding)

    def serve(self, request: Request, answers: Answers, store: Snapshot) -> tuple[Halt, Answers, Snapshot]:
        """Answer a request as far as it goes; see `LibraryServer.serve`."""
        deployment, shield = self._shields[request.release]
        deployment.begin(store, request.now)
        return deployment.run(lambda: self._flow(shield, request), answers)

    def foresee(self, request: Request, answers: Answers, store: Snapshot) -> Foreseen | None:
        """What is left to do for a request; see `LibraryServer.foresee`."""
        deployment, shield = self._shields[request.release]
        return deployment.foresee(lambda: self._flow(shield, request), answers, store, request.now)

    def do(self, foreseen: Foreseen, store: Snapshot) -> tuple[Response, Snapshot]:
        """Do what was foreseen."""
        return self._shields[0][0].do(foreseen, store)

    def _flow(self, shield: Shield, request: Request) -> Generator[Any, Any, Response]:
        visit = _visit(request)
        passage = yield from _run(shield.to_site(visit))
        if passage.reply is not None:
            answer = yield from _run(passage.reply(request.body.encode()))
            return self._own(answer, request)
        if passage.answer is not None:
            return self._own(passage.answer, request)
        raw = b"; ".join(value for name, value in passage.headers if name == b"cookie")
        answered = yield from self._site.answer(request._replace(cookies=raw.decode("latin-1")))
        headers = [
            (b"content-type", b"text/html"),
            *((b"set-cookie", line.encode("latin-1")) for line in answered.lines),
        ]
        headers = shield.to_browser(passage, 200, headers)
        return answered._replace(lines=_lines(headers))

    def _own(self, answer: Answer, request: Request) -> Response:
        """An answer of the shield's own: a page of guidance, a redirect, a document for script."""
        named = {name: value.decode("latin-1") for name, value in answer.headers}
        is_page = request.kind == "navigation" and b"location" not in named
        return Response(
            lines=_lines(answer.headers),
            clears=b"clear-site-data" in named,
            location=named.get(b"location", ""),
            page="guidance" if is_page else "data" if request.kind == "fetch" else "",
            body="" if is_page else answer.body.decode("latin-1"),
        )


class _Unhurried(Shield):
    """The shield without its patience: a decision is waited for, and an error is the explorer's to hear of."""

    async def _plan(self, request: BrowserRequest) -> Plan | None:
        return await self.deployment.hardtack.sessions.handle(request)


class _Sessions:
    """What the shield asks of `AsyncSessions`, with every need handed up."""

    def __init__(self, core: SessionCore) -> None:
        self.core = core

    async def handle(self, request: BrowserRequest) -> Plan:
        return await _Flow(self.core.handle(request))

    async def sign_out(self, request: BrowserRequest) -> Departure:
        return await _Flow(self.core.sign_out(request))

    async def arrive(self, request: BrowserRequest, tokens: TokenSet, *, claim: str) -> bool:
        return await _Flow(self.core.arrive(request, tokens, claim=claim))


class _Flow:
    """A generator as something that can be awaited."""

    def __init__(self, flow: Generator[Any, Any, Any]) -> None:
        self._flow = flow

    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield from self._flow)


def _run(awaitable: Any) -> Generator[Any, Any, Any]:
    """A coroutine as a flow."""
    flow: Generator[Any, Any, Any] = awaitable.__await__()
    return (yield from flow)


def _visit(request: Request) -> Visit:
    path, _, query = request.path.partition("?")
    navigates = request.kind == "navigation"
    headers = [(b"host", request.host.encode("ascii")), *(_NAVIGATED if navigates else _FETCHED)]
    if navigates and not request.by_script:
        headers.append(_BY_PERSON)
    if request.method == "POST":
        headers.append((b"origin", f"https://{request.host}".encode("ascii")))
    if request.cookies:
        headers.append((b"cookie", request.cookies.encode("latin-1")))
    return Visit(
        method=request.method,
        scheme="https",
        host=request.host,
        raw_path=path.encode("ascii"),
        query=query.encode("ascii"),
        headers=headers,
    )


def _lines(headers: list[tuple[bytes, bytes]]) -> tuple[str, ...]:
    return tuple(value.decode("latin-1") for name, value in headers if name == b"set-cookie")
