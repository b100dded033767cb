"""One history in one browser profile: its tabs, what is under way, and whether everything has come to rest.

Rule: a step is over when nothing moves any more but what is held. Whoever waits for that waits for this very condition.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from support.replay.flights import ASSET, AT_ONCE, CURRENT, Flight
from support.replay.gates import Gate, Gates, Held, Pulse, Verdict
from support.replay.gateway import AGENT
from support.replay.jar import ARRIVED, ordered, told
from support.replay.pool_side import LOST, UNREACHED, Answered, Attempts
from support.replay.servers import Servers
from support.replay.symbols import Names
from support.replay.tabs import Tab, Told

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, CDPSession, Page

    from support.replay.jar import Kept
    from support.replay.node import NodeSite
    from support.replay.places import Site
    from support.replay.pool_side import PoolSide

PATIENCE: Final = 30.0  # seconds until a step that does not come to rest is given up; nothing is decided by it
_LOOK: Final = """
(async () => {
  const header = await (await fetch("/rig/echo")).text();
  return { header, store: await cookieStore.getAll() };
})()
"""


class RestlessError(AssertionError):
    """A step did not come to an end."""


class _Errors(logging.Handler):
    """What goes wrong where nobody sees it: a guard that fails lets everything pass."""

    def __init__(self, trouble: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._trouble = trouble

    def emit(self, record: logging.LogRecord) -> None:
        self._trouble.append(record.getMessage())


class Scene:
    """See the module's docstring.

    Attributes:
        attempts: which calls of pages are further attempts at one that failed.
        release: which deployment answers.
        up: whether the pool answers.
        flights: requests of the site that are under way, oldest first; assets are none.
        notes: what pages noted, in order.
        planted: what the sibling host sets.
        failing: the tab whose next request reaches nobody; None for none.
        trouble: errors that Hardtack's own log told.
    """

    def __init__(self, site: Site, context: BrowserContext, pool: PoolSide, node: NodeSite, *, agent: str) -> None:
        self.site = site
        self.pool = pool
        self.clock = pool.clock
        self.pulse = Pulse()
        self.gates = Gates(self.pulse)
        self.attempts = Attempts()
        self.names = Names(pool.pool.client_id)
        self.servers = Servers(site, node, pool, self._hardtack_asks, self._looks_again)
        self.release = 0
        self.up = True
        self.flights: list[Flight] = []
        self.notes: list[Told] = []
        self.planted: list[str] = []
        self.failing: int | None = None
        self.trouble: list[str] = []
        self._log = _Errors(self.trouble)
        self._context = context
        self._agent = agent
        self._tabs: dict[int, Tab] = {}
        self._numbers = 0
        self._flight_numbers = 0
        self._known: dict[int, Flight] = {}
        self._asking = 0
        self._unseen: list[int] = []  # flights that landed where no page tells of it
        self._watcher: Page
        self._eye: CDPSession

    async def begin(self) -> None:
        """Prepare pool, servers and an eye on the jar."""
        logging.getLogger("hardtack").addHandler(self._log)
        self.pool.begin(self.names, rotation=self.site.rotation, grace_seconds=self.site.grace)
        await self.servers.deploy(0)
        self.names.sealer = self.servers.sealer
        self._watcher = await self._context.new_page()
        self._eye = await self._context.new_cdp_session(self._watcher)
        await self._watcher.goto(f"https://{self.site.host}/rig/blank")

    async def end(self) -> None:
        """Let everything come to its end, and forget the profile."""
        self.gates.close()
        self.up = False
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while self._asking or any(flight.works for flight in self._known.values()):
                    await self.pulse.wait()
        logging.getLogger("hardtack").removeHandler(self._log)
        await self._context.close()
        await self.servers.aclose()

    # -- tabs -------------------------------------------------------------------------------------------------------

    async def open_tab(self) -> Tab:
        self._numbers += 1
        agent = f"{self._agent}{AGENT}{self._numbers}"
        tab = await Tab.open(self._context, self._numbers, agent, self.pulse, self.notes)
        self._tabs[tab.number] = tab
        return tab

    def tab_of(self, number: int) -> Tab | None:
        return self._tabs.get(number)

    @property
    def tabs(self) -> list[Tab]:
        """The tabs that are open."""
        return [tab for tab in self._tabs.values() if not tab.closed]

    @property
    def all_tabs(self) -> list[Tab]:
        """Those that were closed as well."""
        return list(self._tabs.values())

    def name_of(self, tab: Tab | None) -> str:
        return f"tab {tab.number}" if tab else "nobody"

    async def set_time(self) -> None:
        """Every page goes by the clock. One that stands still, or is on its way, is told when it goes on."""
        waiting = {held.tab for held in self.gates.held if held.gate is Gate.WRITE}
        told = f"rig.now = {self.clock.now * 1000}"
        here = [tab for tab in self.tabs if tab.has_page and tab.number not in waiting]
        await asyncio.gather(*(tab.evaluate(told) for tab in here))

    # -- requests of the site ---------------------------------------------------------------------------------------

    def takes_off(self, kind: str, tab: Tab | None, path: str, call: str) -> Flight:
        self._flight_numbers += 1
        number = tab.number if tab else 0
        document = int(call.partition(".")[0] or 0)
        flight = Flight(self._flight_numbers, kind, number, document, call, path, self.clock.now)
        self._known[flight.number] = flight
        if kind != ASSET:
            self.flights.append(flight)
        if kind == "navigation" and tab:
            tab.requests(flight.number)
        self.pulse.beat()
        return flight

    def flight_of(self, number: int) -> Flight | None:
        return self._known.get(number)

    def lands(self, flight: Flight) -> None:
        """It was answered, or lost."""
        if flight in self.flights:
            self.flights.remove(flight)
        self.pulse.beat()

    def fails(self, tab: Tab | None, flight: Flight) -> bool:
        """Whether this is the request that reaches nobody."""
        if flight.kind == ASSET or tab is None or tab.number != self.failing:
            return False
        self.failing = None
        return True

    def is_unwatched(self, flight: Flight) -> bool:
        """Whether no page is left that could tell of the answer; then the jar has to."""
        tab = self.tab_of(flight.tab)
        if tab is not None and not tab.closed and tab.begun == flight.document:
            return False
        self._unseen.append(flight.number)
        return True

    # -- the pool ---------------------------------------------------------------------------------------------------

    async def ask_pool(self, by: str, operation: str, body: bytes, *, origin: bytes | None = None) -> Answered:
        """The pool handles a call, if it can be reached."""
        if not self.up:
            return UNREACHED
        self._asking += 1
        try:
            return await self.pool.ask(by, operation, body, origin=origin)
        finally:
            self._asking -= 1
            self.pulse.beat()

    async def server_asks(self, flight: Flight | None, operation: str, body: bytes) -> Answered:
        """A server calls; the answer to a refresh is held."""
        answer = await self.ask_pool("server", operation, body)
        refreshes = operation == "GetTokensFromRefreshToken" and not AT_ONCE.get()
        if not answer.status or not refreshes or flight is None:
            return answer
        held = Held(Gate.SERVER_ANSWER, flight.tab, operation, flight.number, flight.call)
        with flight.resting():
            verdict = await self.gates.stop(held)
        return answer if verdict is Verdict.GO else LOST

    async def _hardtack_asks(self, operation: str, body: bytes) -> Answered:
        return await self.server_asks(CURRENT.get(), operation, body)

    async def _looks_again(self) -> None:
        flight = CURRENT.get()
        assert flight is not None
        with flight.resting():
            await self.gates.stop(Held(Gate.SERVER_LOOKS, flight.tab, "", flight.number, flight.call))

    # -- rest -------------------------------------------------------------------------------------------------------

    def unrest(self) -> str:
        """What moves and is not held; empty for nothing."""
        if self._asking:
            return "the pool is asked"
        if self.gates.leaving:
            return "something was let go"
        for flight in self._known.values():
            if flight.works and not flight.rests:
                return f"the server answers {flight.path}"
        for tab in self.tabs:
            if reason := tab.unrest(self.gates):
                return f"tab {tab.number}: {reason}"
        return ""

    async def rest(self, *, most: int | None = None) -> bool:
        """Wait until everything rests, or until so many documents were handed out; whether it rests.

        Raises:
            RestlessError: neither happens.
        """
        end = time.monotonic() + PATIENCE
        while True:
            if self.trouble:
                raise RestlessError("; ".join(self.trouble))
            reason = self.unrest()
            if not reason and await self._seen_to_land() and await self._locks_are_held() and not self.unrest():
                return True
            if most is not None and sum(tab.documents for tab in self.tabs) >= most:
                return False
            left = end - time.monotonic()
            if left <= 0:
                raise RestlessError(reason or "a response was sent and did not arrive")
            try:
                await asyncio.wait_for(self.pulse.wait(), min(left, 1.0 if reason else 0.01))
            except TimeoutError:
                continue

    async def _locks_are_held(self) -> bool:
        """Whether pages that wait for a lock do so because another one has it. Then having it is a step of its own."""
        waiting = [tab for tab in self.tabs if tab.report.get("locks") and tab.has_page]
        if not waiting:
            return True
        locks = await self._watcher.evaluate("navigator.locks.query()")
        held = {lock["name"] for lock in locks["held"]}
        if len(locks["pending"]) != sum(tab.report["locks"] for tab in waiting):
            return False  # one of them is just having it
        if any(lock["name"] not in held for lock in locks["pending"]):
            return False
        await asyncio.gather(*(tab.evaluate("rig.park()") for tab in waiting))
        return True

    async def _seen_to_land(self) -> bool:
        """Whether the jar shows every response of which no page can tell."""
        if self._unseen:
            cookies = (await self._eye.send("Network.getAllCookies"))["cookies"]
            seen = {int(each["value"]) for each in cookies if each["name"] == ARRIVED}
            self._unseen = [number for number in self._unseen if number > max(seen, default=0)]
        return not self._unseen

    # -- looking ----------------------------------------------------------------------------------------------------

    async def jar(self) -> list[Kept]:
        """The jar, in symbols."""
        shown, kept = await asyncio.gather(
            self._eye.send("Runtime.evaluate", {"expression": _LOOK, "awaitPromise": True, "returnByValue": True}),
            self._eye.send("Network.getAllCookies"),
        )
        value = shown["result"]["value"]
        raws = ordered(kept["cookies"], value["store"], value["header"], self.site.host)
        return told(raws, self.names, self.site.host)

    async def plant(self, host: str, lines: list[str]) -> None:
        """A sibling host answers one of its own pages' requests with these Set-Cookie lines."""
        self.planted = lines
        url = json.dumps(f"https://{host}/rig/plant")
        await self._watcher.evaluate(f"fetch({url}, {{mode: 'no-cors', credentials: 'include'}}).then(() => null)")

    async def an_hour_passes_in_the_jar(self) -> None:
        """What does not outlive an hour ends: browsers go by their own clock, which nobody moves."""
        soon = time.time() + 86_400
        cookies = (await self._eye.send("Network.getAllCookies"))["cookies"]
        for each in cookies:
            if each["name"] != ARRIVED and 0 < each["expires"] < soon:
                place = {name: each[name] for name in ("name", "domain", "path")}
                await self._eye.send("Network.deleteCookies", place)
