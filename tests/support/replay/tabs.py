"""A tab of the replayed browser: what is done in it, and whether it has come to rest.

Rule: nothing is asked of a page that it could notice. What it is busy with it tells by itself (`boot.js`), in the order
in which it happens.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from playwright.async_api import Error

from support.replay.gates import Gate

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, CDPSession, Page

    from support.replay.gates import Gates, Pulse

BINDING = "rigTell"
_SHOWING = frozenset({"load", "look", "session", "sign-in", "sign-out"})
_ANSWER = 15.0  # seconds until a page that does not answer is given up


@dataclass(frozen=True, slots=True)
class Told:
    """Something that a page noted: what was done, what it came to, and whether that was an error."""

    tab: int
    what: str
    outcome: str
    failed: bool = False


@dataclass
class Tab:
    """One tab.

    Attributes:
        number: from 1.
        asked: the rig began a navigation whose request has not come yet.
        left: its document has asked for another one.
        loading: the number of the flight that is its next document; 0 for none.
        expected: how many documents were handed to it.
        begun: how many of them have begun.
        documents: how many navigations were answered, redirects included.
        failed: it shows the browser's own page for what could not be had.
        closed: it is no more.
        report: what the page told last.
        shows: whom the page takes for signed in, as far as it has asked; empty for nobody.
    """

    number: int
    page: Page
    session: CDPSession
    pulse: Pulse
    notes: list[Told]
    asked: bool = False
    left: bool = False
    loading: int = 0
    expected: int = 0
    begun: int = 0
    documents: int = 0
    failed: bool = False
    closed: bool = False
    report: dict[str, Any] = field(default_factory=dict)
    shows: str = ""
    _navigation: asyncio.Task[Any] | None = None

    @classmethod
    async def open(cls, context: BrowserContext, number: int, agent: str, pulse: Pulse, notes: list[Told]) -> Self:
        """A new tab, which shows nothing yet; every request of it carries `agent`."""
        page = await context.new_page()
        session = await context.new_cdp_session(page)
        tab = cls(number, page, session, pulse, notes)
        session.on("Runtime.bindingCalled", tab._on_told)
        await asyncio.gather(
            session.send("Runtime.enable"),
            session.send("Runtime.addBinding", {"name": BINDING}),
            session.send("Emulation.setUserAgentOverride", {"userAgent": agent}),
        )
        return tab

    def _note(self, told: Told) -> None:
        self.notes.append(told)
        if told.what in _SHOWING:
            self.shows = "" if told.failed or told.what == "sign-out" else told.outcome

    def _on_told(self, event: dict[str, Any]) -> None:
        if event["name"] != BINDING:
            return
        told = json.loads(event["payload"])
        if "what" in told:
            self._note(Told(self.number, told["what"], told["outcome"], told["failed"]))
        elif told.get("failed"):
            self.failed, self.asked, self.report, self.shows = True, False, {}, ""
        else:
            self.report = told
        self.pulse.beat()

    # -- what the gateway sees of it --------------------------------------------------------------------------------

    def requests(self, flight: int) -> None:
        """Its navigation has come to the server; one that was handed out before and has not begun never will."""
        self.asked, self.left = False, True
        self.loading = flight
        self.expected = self.begun
        self.pulse.beat()

    def is_handed(self, flight: int, *, page: bool, redirect: bool) -> None:
        """Its navigation is answered."""
        self.documents += 1
        if self.loading == flight:
            self.loading = 0
            self.asked = redirect
            self.expected += page
        self.pulse.beat()

    def loses(self, flight: int) -> None:
        """Its navigation is not answered: the browser will say so in its own words."""
        if self.loading == flight:
            self.loading = 0
            self.expected = self.begun
            self.asked = True  # until that page has come
        self.pulse.beat()

    def begins(self) -> int:
        """A document of it begins; its number."""
        self.begun += 1
        self.failed, self.left = False, False
        self.report = {}
        self.pulse.beat()
        return self.begun

    # -- what is done to it -----------------------------------------------------------------------------------------

    async def submit(self, expression: str) -> None:
        """Run something in the page that sends a form, as a person's click does."""
        self.asked = True
        await self.evaluate(expression, gesture=True)

    @property
    def has_page(self) -> bool:
        """Whether a page of the site is there to be asked: while another is on its way, browsers let nobody ask."""
        return bool(self.begun) and not (self.closed or self.failed or self.loading or self.asked)

    async def evaluate(self, expression: str, *, gesture: bool = False) -> Any:
        """Run something in the page, without waiting for what it begins."""
        question = {"expression": expression, "returnByValue": True, "userGesture": gesture}
        async with asyncio.timeout(_ANSWER):
            answer = await self.session.send("Runtime.evaluate", question)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise AssertionError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def navigate(self, url: str) -> None:
        """Type an address. Whether and when a document comes, others decide."""
        self.asked = True

        async def go() -> None:
            with suppress(Error):
                await self.session.send("Page.navigate", {"url": url})

        self._navigation = asyncio.create_task(go())

    async def close(self) -> None:
        """Close it, whatever it is in the middle of."""
        self.closed = True
        await self.page.close()
        self.pulse.beat()

    # -- whether it rests -------------------------------------------------------------------------------------------

    def unrest(self, gates: Gates) -> str:
        """What it is in the middle of that nobody holds; empty if it rests."""
        mine = [held for held in gates.held if held.tab == self.number]
        if self.closed or any(held.gate is Gate.WRITE for held in mine):
            return ""
        if self.asked:
            return "a navigation has begun"
        if self.loading and all(held.flight != self.loading for held in mine):
            return "a document is on its way"
        if self.begun < self.expected:
            return "a document was handed over"
        if self.failed or not self.begun:
            return ""
        return self._busy({held.call for held in mine})

    def _busy(self, held: set[str]) -> str:
        report = self.report
        if report.get("document") != self.begun or not report["quiet"]:
            return "its script runs"
        if report["leaves"] and not self.left:
            return "it leaves"
        calls = [call for call in report["calls"] if call not in held]
        if calls:
            return f"{len(calls)} calls are under way"
        if report["timers"]:
            return "its script waits for a moment"
        if report["tasks"] and not (report["calls"] or report["locks"] or report["paused"]):
            return f"{report['tasks']} tasks are under way"
        return ""
