"""`Shield`: what stands between the browsers and a site that doesn't know of it.

Rule: it fails open, and in time. What can't be judged within its budget passes as if the shield were not there, and an
event says so. It changes nothing for hosts that its policy doesn't name, and nothing at all while its kill switch is
on.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from hardtack.cookies import CookieHeader, canonical_host
from hardtack.sessions import Event, Page, Reason, RequestKind, classify, is_script_driven
from hardtack.sessions.reference import reference_of
from hardtack.web.answers import Answers
from hardtack.web.proxy.guard import Passage
from hardtack.web.shield.desk import MOST_BODY_BYTES, Desk
from hardtack.web.shield.incoming import Resolver, signs_out, with_cookies
from hardtack.web.shield.learnt import Learnt, open_learnt, seal_learnt
from hardtack.web.shield.outgoing import Moved, Mover, SiteWrites, read_site
from hardtack.web.shield.ways import KillSwitch, Lots
from hardtack.web.visit import cookie_bytes, headers_by_name, is_for_everyone, made_private

if TYPE_CHECKING:
    from hardtack.cookies import SetCookie
    from hardtack.sessions import BrowserRequest, Plan
    from hardtack.web.answers import Answer
    from hardtack.web.proxy.guard import Visit
    from hardtack.web.shield.deployment import ShieldDeployment
    from hardtack.web.visit import RawHeaders

__all__ = ["Shield"]

_REFRESH_SECONDS: Final = 5.0  # that a visit waits where the shield refreshes: a call to the pool takes a tenth
_MOST_WAITING: Final = 256  # decisions that go on after their visit has passed; beyond it visits pass at once

_logger = logging.getLogger("hardtack")


class Shield:
    """The guard of one site: see `hardtack.web.proxy.guard`.

    Args:
        deployment: the parts; see `hardtack.web.shield.deployment`.
    """

    def __init__(self, deployment: ShieldDeployment) -> None:
        settings = deployment.settings
        self.deployment = deployment
        self._settings = settings
        self._core = deployment.hardtack.core
        self._engine = self._core.engine
        self._resolver = Resolver(self._engine)
        self._mover = Mover(self._engine)
        self._answers = Answers(deployment.hardtack)
        self._desk = Desk(deployment)
        self._patience = max(settings.judge_seconds, _REFRESH_SECONDS if settings.refreshes else 0.0)
        self._switch = KillSwitch(settings.kill_switch)
        self._lots = Lots(settings.percent, settings.policy, self._engine.marks)
        self._waiting: set[asyncio.Future[Plan]] = set()

    async def to_site(self, visit: Visit) -> Passage:
        """What the site is asked, or what is answered in its place."""
        request = self._request(visit)
        if self._desk.serves_anybody(visit):  # load balancers ask by address, and while the switch is off as well
            return await self._own(visit, request)
        if self._switch.is_off or not self._settings.policy.allows_host(request.host):
            return Passage(headers=visit.headers)
        if self._desk.serves(visit):
            return await self._own(visit, request)
        shielded, lot = self._lots.draw(request.cookies, request.nonce)
        if not shielded:
            left = self._learnt(request, request.cookies, (), lot=lot, moves=False)
            return Passage(headers=visit.headers, state=left)
        plan = await self._plan(request)
        return self._unplanned(visit, request) if plan is None else self._passage(visit, request, plan, lot)

    def _unplanned(self, visit: Visit, request: BrowserRequest) -> Passage:
        """A visit that could not be decided: it passes, but for the refresh token, which is never spent twice."""
        raw = self._resolver.without_refresh_tokens(request.cookies.raw) if self._withholds(request) else None
        if raw is None:
            return Passage(headers=visit.headers)
        learnt = self._learnt(request, CookieHeader.parse(raw), (), lot=None)
        headers = with_cookies(visit.headers, raw)
        return Passage(headers=headers, state=replace(learnt, helpless=True))

    def _withholds(self, request: BrowserRequest) -> bool:
        """Whether the site is sent no refresh token with this request."""
        if self._settings.observe or not self._engine.takes_over(self._engine.marks.read(request.cookies)):
            return False
        return not signs_out(request.raw_path or b"/")

    async def _own(self, visit: Visit, request: BrowserRequest) -> Passage:
        """One of the shield's own addresses."""
        if visit.method == "POST":
            reply = partial(self._desk.answer, visit, request)
            return Passage(headers=visit.headers, reply=reply, reply_bytes=MOST_BODY_BYTES)
        return Passage(headers=visit.headers, answer=await self._desk.answer(visit, request))

    def serves(self, visit: Visit) -> bool:
        """Whether an address is the shield's own; `answer` answers it, and `to_site` does where there is no body."""
        return self._desk.serves(visit) and self._settings.policy.allows_host(visit.host)

    async def answer(self, visit: Visit, body: bytes = b"") -> Answer:
        """Answer one of the shield's own addresses.

        Args:
            visit: the request.
            body: a POST's, of at most `hardtack.web.shield.desk.MOST_BODY_BYTES`.
        """
        return await self._desk.answer(visit, self._request(visit), body)

    def to_browser(self, passage: Passage, status: int, headers: RawHeaders) -> RawHeaders:
        """The header lines of the site's answer, as the browser shall get them."""
        del status  # cookies count in answers of any status
        learnt = passage.state
        if not isinstance(learnt, Learnt):
            return headers
        try:
            changed = self._answered(learnt, headers)
        except Exception as error:  # noqa: BLE001 -- a site's answer must get through, whatever is in it
            self._failed(error, learnt.reference)
            return headers
        return headers if self._settings.observe else changed

    def seal_passage(self, passage: Passage) -> str:
        """What `to_browser` needs of a passage, for a header between two processes; "" where it needs nothing."""
        learnt = passage.state
        return seal_learnt(learnt, self._core.sealer) if isinstance(learnt, Learnt) else ""

    def open_passage(self, text: str, headers: RawHeaders) -> Passage:
        """The passage again.

        Args:
            text: what `seal_passage` gave.
            headers: those of the request that the site was sent.
        """
        cookies = CookieHeader.parse(cookie_bytes(headers))
        learnt = open_learnt(text, cookies, self._core.sealer) if text else None
        return Passage(headers=headers, state=learnt)

    async def warm(self) -> None:
        """Fetch the pool's keys, so that the first visit need not wait. Failing is no matter: see `to_site`."""
        core = self._core
        await core.fetcher.afetch(core.key_transport.aget, core.clock.now(), kid=None)

    async def aclose(self) -> None:
        """Let decisions that are under way end, then close the connections to the pool."""
        await asyncio.gather(*self._waiting, return_exceptions=True)
        await self.deployment.hardtack.aclose()

    def _request(self, visit: Visit) -> BrowserRequest:
        headers = headers_by_name(visit.headers)
        kind = RequestKind.WEBSOCKET if visit.websocket else classify(headers)
        return self._core.request(
            kind=kind,
            host=canonical_host(visit.host) or "",
            cookies=CookieHeader.parse(cookie_bytes(visit.headers)),
            raw_path=visit.raw_path,
            script_driven=kind is RequestKind.NAVIGATION and is_script_driven(headers),
            address=visit.address,
        )

    async def _plan(self, request: BrowserRequest) -> Plan | None:
        """The plan, if it can be had in time; None to let the visit pass."""
        remembered = self._core.recall(request.cookies.raw, heals=request.powers.heal)
        if remembered is not None:
            return remembered
        if len(self._waiting) >= _MOST_WAITING:
            return self._passed("busy", request)
        deciding = asyncio.ensure_future(self.deployment.hardtack.sessions.handle(request))
        done, _ = await asyncio.wait({deciding}, timeout=self._patience)
        deciding.add_done_callback(self._decided)
        if not done:  # it goes on by itself: keys that arrive late serve the next visit
            self._waiting.add(deciding)
            return self._passed("slow", request)
        if deciding.cancelled() or deciding.exception() is not None:
            return self._passed("error", request)
        plan = deciding.result()
        return self._passed("keys", request) if plan.outcome.reason is Reason.KEYS else plan

    def _decided(self, deciding: asyncio.Future[Plan]) -> None:
        self._waiting.discard(deciding)
        if not deciding.cancelled() and (error := deciding.exception()) is not None:
            _logger.error("A decision failed: %s", type(error).__name__)

    def _passage(self, visit: Visit, request: BrowserRequest, plan: Plan, lot: SetCookie | None) -> Passage:
        imposed = self._imposed(visit, plan) if request.kind is RequestKind.NAVIGATION else None
        settle = self._resolver.recall if plan.steady_until is not None else self._resolver.resolve
        raw = settle(request.cookies.raw, plan, now=request.now)
        withholds = self._withholds(request)
        if withholds:
            sent = request.cookies.raw if raw is None else raw
            bare = self._resolver.without_refresh_tokens(sent)
            raw = raw if bare is None else bare
        headers = with_cookies(visit.headers, raw)
        if self._settings.observe:
            self._observed(request, settled=raw is not None, imposed=plan.page if imposed else None)
            headers, imposed, lot = visit.headers, None, None
        if imposed is not None:
            return Passage(headers=headers, answer=imposed)
        if visit.oversize and not self._settings.observe and self._still_oversize(headers):
            return Passage(headers=headers, answer=self._desk.too_large(visit, plan))
        cookies = request.cookies if raw is None else CookieHeader.parse(raw)
        learnt = self._learnt(request, cookies, plan.set_cookies, lot=lot)
        if withholds:
            kept = plan.kept.tokens.refresh_token if plan.kept else None
            withheld = self._engine.marks.refresh_digest(kept)
            learnt = replace(learnt, withheld=withheld, helpless=plan.session is None)
        return Passage(headers=headers, state=learnt)

    def _imposed(self, visit: Visit, plan: Plan) -> Any:
        """What the ladder shows in the page's place. Its second step is the site's own sign-in: that passes."""
        if plan.page not in (Page.LAST_RESORT, Page.GUIDANCE):
            return None
        return self._answers.imposed(self._desk.scope_of(visit), plan)

    def _learnt(
        self,
        request: BrowserRequest,
        cookies: CookieHeader,
        lines: tuple[SetCookie, ...],
        *,
        lot: SetCookie | None,
        moves: bool = True,
    ) -> Learnt:
        return Learnt(
            host=request.host,
            raw_path=request.raw_path or b"/",
            now=request.now,
            heals=request.powers.heal,
            nonce=request.nonce,
            cookies=cookies,
            lines=lines,
            lot=lot,
            moves=moves,
        )

    def _answered(self, learnt: Learnt, headers: RawHeaders) -> RawHeaders:
        """The site's headers with what is to be written; unchanged where that is nothing."""
        client_id = self._settings.pool.client_id
        site = read_site(headers, client_id=client_id, now=learnt.now) if learnt.moves else SiteWrites(headers)
        moved = self._mover.move(learnt, site) if site else Moved(learnt.lines)
        if moved is None:  # this browser's cookies are no longer moved
            return headers
        self._core.tell(tuple(Event(name, fields, learnt.reference) for name, fields in moved.told))
        lines = moved.lines
        if learnt.lot is not None and learnt.heals and (lines or self._engine.storage.read(learnt.cookies)):
            lines = (*lines, learnt.lot)
        if not lines or (not site and is_for_everyone(headers)):
            return headers
        return made_private(site.others, lines)

    def _still_oversize(self, headers: RawHeaders) -> bool:
        size = sum(len(name) + len(value) + 4 for name, value in headers)
        return size > self._settings.upstream_header_bytes

    def _passed(self, reason: str, request: BrowserRequest) -> None:
        self._core.tell((Event("shield.passed", {"reason": reason}, reference_of(request.nonce)),))

    def _failed(self, error: Exception, reference: str) -> None:
        _logger.error("The site's answer could not be settled: %s (%s)", type(error).__name__, reference)
        self._core.tell((Event("shield.passed", {"reason": "error"}, reference),))

    def _observed(self, request: BrowserRequest, *, settled: bool, imposed: Page | None) -> None:
        if settled or imposed:
            fields = {"settled": settled, "page": imposed.value if imposed else ""}
            self._core.tell((Event("shield.observed", fields, reference_of(request.nonce)),))
