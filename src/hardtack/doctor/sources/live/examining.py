"""The examination, step by step, and what is looked at after each.

Rule: the order is that of the shortest story in which sites get stuck: signed in by the browser, refreshed by the
server, refreshed by the browser, signed out, back after hours, signed in again. A step that finds nothing to press is
told as not tried; a page that loads for ever ends the story there, for that is the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.doctor.marks import Marker
from hardtack.doctor.observed import After, Outcome, Step
from hardtack.doctor.quoting import safe_url
from hardtack.doctor.sources.live.browser import AHEAD, Rest, chromium, tab_in
from hardtack.doctor.sources.live.finding import REFRESH, SIGN_OUT, client_id_in, find_control
from hardtack.doctor.sources.live.log import Log
from hardtack.doctor.sources.live.planted import plant
from hardtack.doctor.sources.live.recorder import Budget
from hardtack.doctor.sources.live.signing import sign_in
from hardtack.doctor.sources.live.telling import Chapter, tell

if TYPE_CHECKING:
    from typing import Any

    from hardtack.doctor.facts import Facts, Progress
    from hardtack.doctor.sources.live.browser import Tab
    from hardtack.doctor.sources.live.log import Look, SessionCookie
    from hardtack.doctor.sources.live.wishes import Wishes

__all__ = ["examine"]

_DRIFT: Final = ".clockDrift"


async def examine(wishes: Wishes, progress: Progress) -> Facts:
    """Do what was wished for.

    Raises:
        SourceError: the site can't be reached or fails, or signing in is not possible.
    """
    budget = Budget(wishes.most_requests)
    log = Log(safe_url(wishes.url), Marker(), names={wishes.user} if wishes.user else set())
    planted: Chapter | None = None
    steps = 1 + 6 * wishes.sign_in + wishes.plant
    progress(0, steps)
    async with chromium(wishes) as browser:
        async with tab_in(browser, wishes, budget) as tab:
            visit = _Visit(tab, wishes, log)
            quiet = await visit.arrive()
            progress(1, steps)
            if wishes.sign_in and quiet:
                await visit.live(progress, steps)
            client_id = wishes.client_id or log.client_id
            if wishes.plant and client_id is None and not budget.spent:
                client_id = await _public_client_id(tab)
            visited = Chapter(log, tab.recorder.entries())
        if wishes.plant and not budget.spent:
            async with tab_in(browser, wishes, budget) as tab:
                other = Log(log.source, log.marker, names=log.names, last_user=log.last_user)
                await plant(tab, wishes, other, client_id)
                planted = Chapter(other, tab.recorder.entries())
        progress(steps, steps)
        version = browser.version
    return tell(visited, planted, version, wishes.hosts, signed_in=wishes.sign_in, cut=budget.spent)


async def _public_client_id(tab: Tab) -> str | None:
    """The app client's id, which every Amplify site says in its scripts."""
    return client_id_in(await tab.sources())


class _Visit:
    """One person's visit."""

    def __init__(self, tab: Tab, wishes: Wishes, log: Log) -> None:
        self._tab = tab
        self._wishes = wishes
        self._log = log
        self._refreshed = False

    async def arrive(self) -> bool:
        """Come for the first time. Returns whether the page came to rest."""
        rest = await self._tab.open(self._wishes.url)
        await self._look(After.REQUEST, "after the first visit")
        return await self._goes_on(rest, "The first visit")

    async def live(self, progress: Progress, steps: int) -> None:
        """Sign in, refresh, sign out, come back, sign in again."""
        tab, log = self._tab, self._log
        rest = await sign_in(tab, self._wishes, log)
        await self._look(After.SIGN_IN, "after signing in")
        progress(2, steps)
        if not await self._goes_on(rest, "The page after signing in"):
            return
        for number, step in enumerate((self._server_refreshes, self._browser_refreshes, self._sign_out), start=3):
            over = await step()
            progress(number, steps)
            if not over:
                return
        await tab.turn_clock()
        rest = await tab.again(self._wishes.url)
        await self._look(After.REQUEST, "on coming back later")
        progress(6, steps)
        if await self._goes_on(rest, f"Coming back {AHEAD // 3600} hours later"):
            rest = await sign_in(tab, self._wishes, log, again=True)
            await self._look(After.SIGN_IN, "after signing in again")
            await self._goes_on(rest, "The page after signing in again")
        progress(7, steps)

    async def _server_refreshes(self) -> bool:
        """Make tokens look expired to the server and load a page without scripts; press what says it refreshes."""
        before = await self._session()
        rest, served = Rest.QUIET, False
        if await self._drift():
            await self._tab.again(scripts=False)
            look = await self._look(After.REFRESH, "after a load that only the server could answer")
            served = look.session != before
            rest = await self._tab.again()
            before = await self._session()
            self._refreshed = before != look.session
        control = await find_control(self._tab.page, REFRESH, self._wishes.controls.get("refresh"), shown=True)
        if control is not None and rest is Rest.QUIET:
            rest = await self._tab.press(control)
            look = await self._look(After.REFRESH, "after a refresh by the server")
            served = served or look.session != before
        outcome = Outcome.REFRESHED if served else Outcome.NOT_TRIED
        self._log.probe(Step.SERVER_REFRESH, outcome, "A refresh by the server")
        return await self._goes_on(rest, "The page after a refresh by the server")

    async def _browser_refreshes(self) -> bool:
        """Make tokens look expired to the page's script, and come back; more than once would itself be a storm."""
        rest = Rest.QUIET
        if not self._refreshed:
            before = await self._session()
            await self._drift()
            rest = await self._tab.again()
            self._refreshed = await self._session() != before
        await self._look(After.REFRESH, "after a refresh by the browser")
        outcome = Outcome.REFRESHED if self._refreshed else Outcome.NOT_TRIED
        self._log.probe(Step.CLIENT_REFRESH, outcome, "A refresh by the browser")
        return await self._goes_on(rest, "The page after a refresh by the browser")

    async def _sign_out(self) -> bool:
        selector = self._wishes.controls.get("sign-out")
        control = await find_control(self._tab.page, SIGN_OUT, selector)
        if control is None:
            self._log.probe(Step.SIGN_OUT, Outcome.NOT_TRIED, "Nothing on the page says that it signs out")
            return False
        before = await self._session()
        rest = await self._tab.press(control)
        if rest is Rest.QUIET and await self._session() == before:
            control = await find_control(self._tab.page, SIGN_OUT, None)  # many sites ask whether one is sure
            if control is not None:
                rest = await self._tab.press(control)
        left = before & (await self._look(After.SIGN_OUT, "after signing out")).session
        outcome = Outcome.FAILED if left else Outcome.SIGNED_OUT
        self._log.probe(Step.SIGN_OUT, outcome, "Signing out")
        return await self._goes_on(rest, "The page after signing out")

    async def _drift(self) -> bool:
        """Write into Amplify's clockDrift, wherever it lies, that the clock is behind: tokens look expired then."""
        found = [each for each in await self._tab.jar() if str(each["name"]).endswith(_DRIFT)]
        await self._tab.put([_drifted(each, self._wishes.url) for each in found])
        return bool(found)

    async def _look(self, after: After, what: str) -> Look:
        look = self._log.look(await self._tab.jar(), self._wishes.host, after, what)
        self._log.errors(await self._tab.errors())
        return look

    async def _session(self) -> frozenset[SessionCookie]:
        return self._log.session(await self._tab.jar(), self._wishes.host)

    async def _goes_on(self, rest: Rest, what: str) -> bool:
        """Tell of a page that loads for ever, and end that. Returns whether the story goes on."""
        if rest is not Rest.LOOPING:
            return True
        self._log.probe(Step.VISIT, Outcome.LOOPING, f"{what} loads for ever")
        await self._tab.leave()
        return False


def _drifted(cookie: dict[str, Any], url: str) -> dict[str, Any]:
    """The same cookie in the same scope, with another value."""
    kept = {
        name: cookie[name] for name in ("name", "path", "secure", "httpOnly", "sameSite", "expires") if name in cookie
    }
    place = {"domain": cookie["domain"]} if str(cookie["domain"]).startswith(".") else {"url": url}
    return {**kept, **place, "value": str(AHEAD * 1000)}
