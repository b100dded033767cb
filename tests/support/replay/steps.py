"""The steps of a history, each done in the real browser: the same words as the explorer has for them.

Rule: a step names what is meant by its place, as a state of the explorer does: tabs from 0, requests under way from 0,
oldest first. It begins something or lets something go; how far that leads, the gates decide.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hardtack.amplify import AmplifyNames, client_value
from hardtack.cookies import Site as RegisteredSite
from support.replay.gates import Gate, Verdict
from support.replay.places import AUTH_PATH
from support.replay.pool_side import STRANGER
from support.replay.wire import apart

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from support.replay.flights import Flight
    from support.replay.gates import Held
    from support.replay.scene import Scene
    from support.replay.tabs import Tab

HOUR: Final = 3_700  # seconds: every access token ends
GARBAGE: Final = "garbage for an access token"
MINUTES: Final = 130  # seconds: longer than any grace period
_SIGN_IN: Final = ("RespondToAuthChallenge", "InitiateAuth")  # what a sign-in's last answer is to, or its first
_PRESS: Final = "document.querySelector({form!r}).requestSubmit()"
_FETCH: Final = """
rig.track("fetch", async () => {{
  const response = await fetch({path}, {{ method: "POST", keepalive: true }});
  const {{ username, error }} = await response.json();
  return error ?? username;
}})
"""


_SHOWN: Final = "JSON.parse(document.querySelector('#site')?.textContent ?? '{}').user ?? ''"
_SEND: Final = """
(() => {{
  const form = Object.assign(document.createElement("form"), {{ method: "post", action: {action} }});
  for (const [name, value] of Object.entries({fields})) {{
    form.append(Object.assign(document.createElement("input"), {{ type: "hidden", name, value }}));
  }}
  document.body.append(form);
  form.requestSubmit();
}})()
"""


class NoSuchStepError(ValueError):
    """A history names what is not there."""


class EndlessError(RuntimeError):
    """What is under way leads to more of the same, and that has no end."""


class Steps:
    """Carries out steps in a scene."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._slots: dict[int, Tab] = {}
        self._opened = 0
        self._kinds: dict[str, Callable[..., Awaitable[None]]] = {
            name.removeprefix("_do_").replace("_", "-"): getattr(self, name)
            for name in dir(self)
            if name.startswith("_do_")
        }

    async def do(self, kind: str, *, pool: str = "", request: str = "", **arguments: Any) -> None:
        """Do a step, and come to rest; with `pool="unreachable"` in an outage that lasts as long.

        With `request="lost"` the first request that the step's tab sends reaches nobody.

        Raises:
            EndlessError: everything was to be let go, and there is ever more.
            NoSuchStepError: there is no such step, or not what it is about.
            RestlessError: it leads nowhere.
        """
        step = self._kinds.get(kind)
        if step is None:
            raise NoSuchStepError(f"There is no step {kind!r}.")
        self._scene.up = self._scene.up and not pool
        if request:
            flight = arguments.get("flight")
            number = self._flight(flight).tab if flight is not None else (await self._tab(arguments["tab"])).number
            self._scene.failing = number
        await step(**arguments)
        if kind != "drain":
            await self._scene.rest()
        self._scene.up = self._scene.up or bool(pool)

    def slot_of(self, number: int) -> int:
        """A tab's place by its number; -1 for one that is no more."""
        return next((slot for slot, tab in self._slots.items() if tab.number == number), -1)

    async def shows(self, slot: int) -> str:
        """Whom a tab's page takes for signed in; without script of Amplify's, whom the server wrote into it."""
        tab = self._slots.get(slot)
        if tab is None or not tab.has_page:
            return ""
        if self._scene.site.has_script:
            return tab.shows
        return await tab.evaluate(_SHOWN)

    async def _tab(self, slot: int) -> Tab:
        """The tab at a place; a new one where there is none, or where it was closed."""
        tab = self._slots.get(slot)
        if tab is None or tab.closed:
            tab = self._slots[slot] = await self._scene.open_tab()
        return tab

    def _flight(self, place: int) -> Flight:
        if place >= len(self._scene.flights):
            raise NoSuchStepError(f"No request {place} is under way.")
        return self._scene.flights[place]

    def _held(self, *gates: Gate, tab: int = 0, flight: int = 0, what: Collection[str] = ()) -> Held:
        held = self._scene.gates.find(gates, tab=tab, flight=flight, what=what)
        if held is None:
            raise NoSuchStepError(f"Nothing is held at: {', '.join(gates)}.")
        return held

    def _let_go(self, *gates: Gate, tab: int = 0, flight: int = 0, verdict: Verdict = Verdict.GO) -> None:
        self._scene.gates.let_go(self._held(*gates, tab=tab, flight=flight), verdict)

    # -- what a person does -----------------------------------------------------------------------------------------

    async def _do_open(self, tab: int, path: str = "/") -> None:
        """Type the site's address."""
        self._opened += 1
        address = apart(path.encode(), f"0.{self._opened}").decode()
        (await self._tab(tab)).navigate(f"https://{self._scene.site.host}{address}")

    async def _do_sign_in(self, tab: int, user: str) -> None:
        """The right password, in Amplify's or in the library's page."""
        await self._pass(1)
        at, password = await self._tab(tab), self._scene.pool.password(user)
        if self._scene.site.server != "library":
            given = ", ".join(map(json.dumps, (user, password, self._scene.site.flow)))
            await at.evaluate(f"void app.signIn({given})", gesture=True)
            return
        await at.submit(_form(f"{AUTH_PATH}/sign-in", username=user, password=password))

    async def _do_sign_out(self, tab: int, *, everywhere: bool = False) -> None:
        at = await self._tab(tab)
        if self._scene.site.server == "library":
            scope = {"scope": "everywhere"} if everywhere else {}
            await at.submit(_form(f"{AUTH_PATH}/sign-out", **scope))
        else:
            await at.evaluate(f"void app.signOut({json.dumps(everywhere)})", gesture=True)

    async def _do_sign_out_everywhere(self, tab: int) -> None:
        await self._do_sign_out(tab, everywhere=True)

    async def _do_press(self, tab: int) -> None:
        """The button of the guidance page."""
        await (await self._tab(tab)).submit(_PRESS.format(form="form[action$='/recover']"))

    async def _do_look(self, tab: int) -> None:
        """The page asks who is signed in."""
        await (await self._tab(tab)).evaluate("void app.look()")

    async def _do_refresh(self, tab: int, *, forced: bool = True) -> None:
        """The page asks for the session, as any call of an API does."""
        await (await self._tab(tab)).evaluate(f"void app.session({json.dumps(forced)})")

    async def _do_fetch(self, tab: int, context: int) -> None:
        """Script asks one of the server's contexts in the background; that goes on even if the page doesn't."""
        asked = self._scene.site.contexts[context]
        path = json.dumps(f"{asked.path}?{asked.query}")
        await (await self._tab(tab)).evaluate("void " + _FETCH.format(path=path).strip())

    # -- what happens by itself -------------------------------------------------------------------------------------

    async def _do_arrive(self, flight: int) -> None:
        """A response reaches the browser."""
        under_way = self._flight(flight)
        if under_way.gone:  # the page that asked has left, and with it whoever would have taken it
            self._scene.lands(under_way)
        else:
            self._let_go(Gate.RESPONSE, flight=under_way.number)

    async def _do_answer_server(self, flight: int) -> None:
        """The pool's answer reaches a server; or one that waits for another's refresh looks again."""
        number = self._flight(flight).number
        self._let_go(Gate.SERVER_ANSWER, Gate.SERVER_LOOKS, flight=number)

    async def _do_answer_tab(self, tab: int, gate: str = "") -> None:
        """What a tab's script waits for comes: the pool's answer, the end of a pause; a lock has come by itself."""
        if gate == "lock":
            return
        at = await self._tab(tab)
        held = self._scene.gates.find([Gate.ANSWER], tab=at.number, what=_operations(gate))
        if held is not None:
            self._scene.gates.let_go(held)
        elif at.report.get("paused"):
            await at.evaluate("rig.goOn()")
        elif not at.report.get("locks"):
            raise NoSuchStepError(f"Tab {tab} waits for nothing.")

    async def _do_drain(self, *, most: int = 200, documents: int | None = None) -> None:
        """Let everything go until nothing is left; or until so many documents were handed out.

        What goes first is what the explorer lets go first: requests, the oldest first, then tabs in their order.
        """
        for _ in range(most):
            if not await self._scene.rest(most=documents) or not await self._goes_on():
                return
        raise EndlessError("What is under way has no end.")

    async def _goes_on(self) -> bool:
        """Let the first thing go that waits; whether there was one."""
        for place, flight in enumerate(self._scene.flights):
            if flight.gone or self._scene.gates.find([Gate.RESPONSE], flight=flight.number):
                await self._do_arrive(place)
                return True
            if self._scene.gates.find([Gate.SERVER_ANSWER], flight=flight.number):
                await self._do_answer_server(place)
                return True
        looks = self._scene.gates.find_any([Gate.SERVER_LOOKS])
        if looks is not None:  # whom it waited for has been answered
            self._scene.gates.let_go(looks)
            return True
        for slot, tab in sorted(self._slots.items()):
            if self._scene.gates.find([Gate.ANSWER], tab=tab.number) or (tab.has_page and tab.report.get("paused")):
                await self._do_answer_tab(slot)
                return True
        return False

    # -- time, operators, bad luck ----------------------------------------------------------------------------------

    async def _pass(self, seconds: int) -> None:
        self._scene.clock.advance(seconds)
        await self._scene.set_time()

    async def _do_hour(self) -> None:
        await self._pass(HOUR)
        await self._scene.an_hour_passes_in_the_jar()

    async def _do_minutes(self) -> None:
        await self._pass(MINUTES)

    async def _do_outage(self) -> None:
        self._scene.up = False

    async def _do_pool_returns(self) -> None:
        self._scene.up = True

    async def _do_deploy(self) -> None:
        self._scene.release = 1
        await self._scene.servers.deploy(1)

    async def _do_revoke(self, user: str) -> None:
        self._scene.pool.pool.revoke_all(user)

    async def _do_refresh_ends(self, user: str) -> None:
        self._scene.pool.refresh_ends(user)

    async def _do_lose(self, flight: int) -> None:
        """A response is lost on its way."""
        under_way = self._flight(flight)
        if under_way.gone:
            self._scene.lands(under_way)
        else:
            self._let_go(Gate.RESPONSE, flight=under_way.number, verdict=Verdict.LOSE)

    async def _do_lose_answer(self, tab: int | None = None, flight: int | None = None, gate: str = "") -> None:
        """The pool's answer is lost on its way, to a tab or to a server."""
        if flight is not None:
            number = self._flight(flight).number
            self._let_go(Gate.SERVER_ANSWER, flight=number, verdict=Verdict.LOSE)
        else:
            at = await self._tab(tab or 0)
            held = self._held(Gate.ANSWER, tab=at.number, what=_operations(gate))
            self._scene.gates.let_go(held, Verdict.LOSE)

    async def _do_fail(self, tab: int) -> None:
        """The next request of a tab will fail before it reaches anybody."""
        self._scene.failing = (await self._tab(tab)).number

    async def _do_close(self, tab: int, writes: int | None = None, gate: str = "") -> None:
        """Close a tab; with `writes` when it has written so many cookies after the pool's answer."""
        at = await self._tab(tab)
        if writes is not None:
            await at.evaluate(f"rig.writes = {writes}")
            await self._do_answer_tab(tab, gate)
            await self._scene.rest()
            self._held(Gate.WRITE, tab=at.number)
        await at.close()

    async def _do_leave(self) -> None:
        """Close every tab."""
        for tab in self._scene.tabs:
            await tab.close()

    async def _do_plant(self, what: str) -> None:
        """A sibling host writes into the parent domain."""
        scene = self._scene
        if not what.startswith(GARBAGE):
            await self._pass(1)  # no two grants at the same moment
        parent = RegisteredSite.of(scene.site.host).registrable_domain or scene.site.host
        lines = [
            f"{name}={client_value(value)}; Path=/; Domain={parent}; Max-Age=31536000; Secure; SameSite=Lax"
            for name, value in _planted(what, scene).items()
        ]
        await scene.plant(f"evil.{parent}", lines)


def _operations(gate: str) -> Collection[str]:
    """What the pool's answer may be to that a step names; anything where it names nothing."""
    if gate == "SignIn":
        return _SIGN_IN
    return (gate,) if gate else ()


def _form(action: str, **fields: str) -> str:
    """A form of the library's, sent as a page of the site sends it, whichever page that is."""
    return _SEND.format(action=json.dumps(action), fields=json.dumps(fields))


def _planted(what: str, scene: Scene) -> dict[str, str]:
    """What a stranger plants, by name; some of it under the name of somebody who signs in here."""
    names = AmplifyNames(scene.names.client_id)
    what, _, victim = what.partition(" in the name of ")
    victim = victim or "alice"
    if what == GARBAGE:
        return {names.wire_name(victim, "accessToken"): "garbage"}
    granted = scene.pool.issue(STRANGER)
    if what == "a stranger's refresh token":
        return {names.wire_name(victim, "refreshToken"): granted["RefreshToken"]}
    if what != "a stranger's session":
        raise NoSuchStepError(f"Nobody plants {what!r}.")
    return {
        names.last_auth_user: STRANGER,
        names.wire_name(STRANGER, "accessToken"): granted["AccessToken"],
        names.wire_name(STRANGER, "idToken"): granted["IdToken"],
        names.wire_name(STRANGER, "refreshToken"): granted["RefreshToken"],
        names.wire_name(STRANGER, "clockDrift"): "0",
    }
