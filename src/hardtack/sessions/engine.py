"""The engine: what to do with this request. One flow, written once, driven by a sync and an async shell.

Rule: no I/O, no clock, no randomness. A request comes in with its time and its nonce; what must be asked of the world
(`FetchKeys`, `Refresh`, `Recall`) is yielded and the answer sent back; a `Plan` comes out. What happens next is looked
up in `hardtack.sessions.transitions`; this file finds out where a request stands and carries the move out.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from hardtack.cookies import CookieTooLarge
from hardtack.sessions.asking import Asked, Asker, Recall, Refresh
from hardtack.sessions.choosing import Choice, ageing_at, choose, is_overtaken
from hardtack.sessions.events import Event
from hardtack.sessions.front_end_mark import FrontEndMark
from hardtack.sessions.healing import Mended, Mender
from hardtack.sessions.judging import FetchKeys, Judge, judge_shown, partner_id
from hardtack.sessions.ladder import LASTING, Cause, LadderKeeper, Step, climb
from hardtack.sessions.marks import MarkKeeper, Marks
from hardtack.sessions.mismatch import has_retreated, notice, taken_back
from hardtack.sessions.outcomes import Outcome, OutcomeKind, Page, Plan, Reason, Session
from hardtack.sessions.reference import reference_of
from hardtack.sessions.storage import Kept, Shown, Storage
from hardtack.sessions.transitions import (
    ASKS,
    SHIELD_TRANSITIONS,
    TRANSITIONS,
    Answer,
    Cookies,
    Finding,
    Move,
)
from hardtack.tokens import Good, TokenSet

if TYPE_CHECKING:
    from hardtack.cookies import CookiePolicy
    from hardtack.sessions.ladder import Ladder
    from hardtack.sessions.marks import Binding
    from hardtack.sessions.request import BrowserRequest
    from hardtack.sessions.sealing import Sealer
    from hardtack.tokens import Claims

__all__ = ["Engine", "EngineFlow", "EngineOptions"]

_QUIET: Final = 3_600.0  # seconds that a plan without a session may be remembered
_SERVES: Final = frozenset({OutcomeKind.ACTIVE, OutcomeKind.REFRESHED})
_PAGES: Final = {Step.SIGN_IN: Page.SIGN_IN, Step.LAST_RESORT: Page.LAST_RESORT, Step.GUIDANCE: Page.GUIDANCE}

EngineFlow = Generator[FetchKeys | Recall | Refresh, Any, Plan]


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What a deployment decides.

    Attributes:
        ageing_seconds: access tokens with less left than this are refreshed before they end.
        last_resort: whether the ladder may use `Clear-Site-Data`.
        front_end_signs_in: whether an Amplify front end signs people in by itself, beside Hardtack's own routes.
        shields: whether the session is an unmodified site's behind us, which signs people in by itself: nothing is
            bound. The site refreshes too, and the pool is asked only to tell the live one of several refresh tokens,
            unless the shield `refreshes`.
        refreshes: whether a shield refreshes in the site's place, which then never gets to see a refresh token.
        asks: whether the pool may be asked at all.
        returns: times that swept twins may come back within ten minutes before they count as somebody's and are left;
            None where nobody else writes: then it is not counted which twins they are.
    """

    ageing_seconds: float = 60.0
    last_resort: bool = True
    front_end_signs_in: bool = False
    shields: bool = False
    refreshes: bool = False
    asks: bool = True
    returns: int | None = 3


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where a request stands: everything that was found out about it."""

    request: BrowserRequest
    shown: Shown
    marks: Marks
    choice: Choice
    asked: Asked
    move: Move
    overtaken: bool

    def event(self, name: str, **fields: str | float | bool | None) -> Event:
        """An event of this request."""
        return Event(name, fields, reference_of(self.request.nonce))


class Engine:
    """Decides requests for one app client under one policy.

    Args:
        client_id: the app client.
        policy: where and how cookies are written.
        storage: how a token set lies in them.
        sealer: see `hardtack.sessions.sealing`.
        judge: `TokenVerifier.judge`, or a stand-in with the same meaning.
        options: what the deployment decides.
    """

    def __init__(
        self,
        *,
        client_id: str,
        policy: CookiePolicy,
        storage: Storage,
        sealer: Sealer,
        judge: Judge,
        options: EngineOptions | None = None,
    ) -> None:
        self.policy = policy
        self.storage = storage
        self.judge = judge
        self.options = options or EngineOptions()
        self.marks = MarkKeeper(client_id, policy, sealer)
        self.ladders = LadderKeeper(client_id, policy, sealer)
        self.mender = Mender(policy, storage, self.marks, self.options.returns)
        self._asker = Asker(self.marks, judge, sealed=storage.unforgeable)
        self._front_end = FrontEndMark(client_id, policy) if self.options.front_end_signs_in else None
        self._site_refreshes = self.options.shields and not self.options.refreshes
        self._table = SHIELD_TRANSITIONS if self._site_refreshes else TRANSITIONS

    def decide(self, request: BrowserRequest) -> EngineFlow:
        """The plan for one request."""
        shown = self.storage.read(request.cookies)
        marks = self.marks_of(request)
        judged = yield from judge_shown(self.judge, shown, marks, request.now)
        choice = choose(
            judged,
            shown,
            marks,
            now=request.now,
            ageing_seconds=self.options.ageing_seconds,
            front_end_signs_in=self.options.front_end_signs_in,
            newest_of_rivals=self.options.shields,
        )
        if choice.finding is Finding.LONE and not self._asker.candidates(choice, shown, marks):
            choice = replace(choice, finding=Finding.DEAD, reason=Reason.UNREADABLE)
        asked = Asked(Answer.NOT_ASKED)
        reference = reference_of(request.nonce)

        def event(name: str, **fields: str | float | bool | None) -> Event:
            return Event(name, fields, reference)

        overtaken = is_overtaken(judged, marks, front_end_signs_in=self.options.front_end_signs_in)
        binding = marks.binding if overtaken and not self._is_whole(request, choice, shown, marks) else None
        if binding is not None and self._recalls(request, marks):
            recalled = yield from self._asker.recall(request, binding, event)
            if recalled.answer is Answer.REFRESHED or (choice.chosen is None and recalled.answer is not Answer.REFUSED):
                lone = replace(choice, finding=Finding.LONE, reason=Reason.EXPIRED)
                move = self._table[Finding.LONE, recalled.answer]
                return self._carry_out(_Stand(request, shown, marks, lone, recalled, move, overtaken=True))
        if self._asks(request, choice, shown, marks):
            asked = yield from self._asker.ask(request, choice, shown, marks, event)
        claimed = self._claimed(request, choice, marks) if asked.answer is Answer.REFUSED else None
        if claimed is not None:  # an older answer that came late may have put a spent refresh token in its place
            recalled = yield from self._asker.recall(request, claimed, event, asked.refused)
            if recalled.answer is not Answer.REFUSED:
                asked = replace(recalled, events=(*asked.events, *recalled.events))
        move = self._table[choice.finding, asked.answer]
        return self._carry_out(_Stand(request, shown, marks, choice, asked, move, overtaken=binding is not None))

    def marks_of(self, request: BrowserRequest) -> Marks:
        """The marks that a request shows, those of the front end's script among them."""
        marks = self.marks.read(request.cookies)
        if self._front_end is None:
            return marks
        binding, tombstone = self._front_end.applied(request.cookies, marks)
        return replace(marks, binding=binding, tombstone=tombstone)

    def _is_whole(self, request: BrowserRequest, choice: Choice, shown: Shown, marks: Marks) -> bool:
        """Whether nothing is missing of a chosen set: deletions that came late may have taken part of it."""
        if choice.chosen is None:
            return False
        has_id = partner_id(self.judge, shown, choice.chosen, request.now) is not None
        return has_id and self._asker.partner(choice, shown, marks)[0] is not None

    def _claimed(self, request: BrowserRequest, choice: Choice, marks: Marks) -> Binding | None:
        """The binding under whose claim the store may keep a newer set of the chosen sign-in; None for none."""
        binding, chosen = marks.binding, choice.chosen
        if binding is None or chosen is None or not binding.claim or not self._recalls(request, marks):
            return None
        return binding if chosen.claims.session_key == binding.session_key else None

    def _recalls(self, request: BrowserRequest, marks: Marks) -> bool:
        """Whether what the sign-in wrote, and no cookie shows, may be fetched back."""
        return self._may_ask(request) and (not self.options.shields or self.takes_over(marks))

    def takes_over(self, marks: Marks) -> bool:
        """Whether a shield refreshes for this browser: not where its cookies are no longer moved."""
        return self.options.refreshes and not has_retreated(marks.pair, self.policy)

    def _asks(self, request: BrowserRequest, choice: Choice, shown: Shown, marks: Marks) -> bool:
        if not self._may_ask(request) or (self.options.shields and has_retreated(marks.pair, self.policy)):
            return False
        if self._site_refreshes:
            return request.powers.heal and self._must_tell(choice, shown, marks)
        if choice.finding is Finding.FRESH and not request.forces:
            return request.powers.heal and not self._asker.partner(choice, shown, marks)[1]
        return choice.finding in (*ASKS, Finding.FRESH) and bool(
            self._asker.candidates(choice, shown, marks) or choice.chosen
        )

    def _may_ask(self, request: BrowserRequest) -> bool:
        return self.options.asks and request.powers.refresh and self.policy.allows_host(request.host)

    def _must_tell(self, choice: Choice, shown: Shown, marks: Marks) -> bool:
        """Whether a shield has to find out which refresh token lives before it sweeps, or whether there is any."""
        if choice.chosen is None:  # one that our marks vouch for, and what stands for its access token is to be swept
            return choice.finding is Finding.LONE
        token, known = self._asker.partner(choice, shown, marks)
        return not known or (token is None and choice.finding is Finding.EXPIRED)

    def _carry_out(self, stand: _Stand) -> Plan:
        request, move = stand.request, stand.move
        session = self._session(stand) if move.outcome in _SERVES else None
        plan = Plan(
            Outcome(move.outcome, _reason(stand), session),
            events=stand.asked.events,
            reference=reference_of(request.nonce),
            kept=self._kept(stand)[0] if _leads_on(stand) else None,
            cookies=move.cookies,
            answer=stand.asked.answer,
        )
        if not self.policy.allows_host(request.host):
            told = (stand.event("host.foreign"),) if stand.shown else ()
            return replace(plan, events=(*plan.events, *told))
        mended = self._mend(stand)
        found = () if mended.known else _told_choice(stand)
        told = tuple(stand.event(name, **fields) for name, fields in mended.told)
        plan = replace(plan, set_cookies=mended.lines, events=(*found, *plan.events, *told))
        if request.powers.heal:
            plan = self._on_the_ladder(stand, mended, plan)
        return replace(plan, steady_until=self._steady_until(stand, plan))

    def _session(self, stand: _Stand) -> Session | None:
        asked, choice = stand.asked, stand.choice
        now = stand.request.now
        if asked.tokens is not None and asked.claims is not None:
            judgement = self.judge(asked.tokens.id_token, now, "id") if asked.tokens.id_token else None
            id_claims = judgement.claims if isinstance(judgement, Good) else None
            same = id_claims is not None and id_claims.sub == asked.claims.sub
            return Session(asked.claims, id_claims if same else None, asked.tokens)
        if choice.chosen is None:  # pragma: no cover -- the table serves only what was chosen or refreshed
            return None
        tokens, id_claims = self._kept_tokens(stand)
        return Session(choice.chosen.claims, id_claims, tokens)

    def _kept_tokens(self, stand: _Stand) -> tuple[TokenSet, Claims | None]:
        """The chosen set as shown: access token, its own ID token, its refresh token unless that one is dead."""
        chosen = stand.choice.chosen
        assert chosen is not None  # noqa: S101 -- called for chosen sets only; tells the type checker so
        partner_of_id = partner_id(self.judge, stand.shown, chosen, stand.request.now)
        refresh = self._asker.partner(stand.choice, stand.shown, stand.marks)[0]
        tokens = TokenSet(
            chosen.found.token,
            partner_of_id[0] if partner_of_id else None,
            None if refresh in stand.asked.refused else refresh,
        )
        return tokens, partner_of_id[1] if partner_of_id else None

    def _mend(self, stand: _Stand) -> Mended:
        """The move's cookies, as far as this kind of request may write them."""
        request, shown, marks, move = stand.request, stand.shown, stand.marks, stand.move
        heals = request.powers.heal
        if move.cookies is Cookies.KEEP or not (heals or move.cookies is Cookies.WRITE):
            return Mended()
        if move.cookies is Cookies.CLEAR:
            return self.mender.clear(request, shown, marks)
        if self.options.shields:
            return self._mend_before_a_site(stand)
        adopts = stand.choice.adopts or (stand.choice.chosen is None and marks.binding is None)
        return self._settle(stand, marks, adopts=adopts)

    def _mend_before_a_site(self, stand: _Stand) -> Mended:
        """The same for a site behind us: nothing is adopted, and a policy that its browser doesn't share is told."""
        shown, marks, policy = stand.shown, stand.marks, self.policy
        if has_retreated(marks.pair, policy):
            return Mended(known=True)
        noticed = notice(shown, marks, stand.choice.chosen, policy)
        if noticed is None:
            return self._settle(stand, marks, adopts=False)
        pair, told = noticed
        if has_retreated(pair, policy):
            if stand.asked.tokens is not None:  # what was just got is nowhere else: the next answer takes back
                return self._settle(stand, marks, adopts=False)
            return Mended((*taken_back(shown, policy), self.marks.write_pair(pair)), (told,), known=True)
        mended = self._settle(stand, replace(marks, pair=pair), adopts=False)
        return replace(mended, told=(told, *mended.told))

    def _settle(self, stand: _Stand, marks: Marks, *, adopts: bool) -> Mended:
        """Write what stays, and on a navigation sweep the rest."""
        request, shown = stand.request, stand.shown
        kept, claims = self._kept(stand)
        try:
            if not request.powers.heal:
                return self.mender.write_only(request, shown, marks, kept, claims)
            changed = stand.move.cookies is Cookies.WRITE
            mended = self.mender.mend(request, shown, marks, kept, claims, changed=changed, adopts=adopts)
        except CookieTooLarge as error:
            return Mended(told=(("cookie.too-large", {"size": error.size}),))
        return replace(mended, told=(("session.adopted", {}), *mended.told)) if adopts else mended

    def _kept(self, stand: _Stand) -> tuple[Kept, Claims]:
        """The one set that stays, and its claims."""
        asked, shown, chosen = stand.asked, stand.shown, stand.choice.chosen
        if asked.tokens is not None and asked.claims is not None:
            owner = chosen.found.owner if chosen else asked.owner
            return Kept(owner, asked.tokens, shown.extras.get(owner, {})), asked.claims
        assert chosen is not None  # noqa: S101 -- the table mends only what was chosen; tells the type checker so
        owner = chosen.found.owner
        known = self._asker.partner(stand.choice, shown, stand.marks)[1]
        withhold = not known and (asked.answer is Answer.NOT_ASKED or asked.unsure)
        return Kept(owner, self._kept_tokens(stand)[0], shown.extras.get(owner, {}), withhold), chosen.claims

    def _on_the_ladder(self, stand: _Stand, mended: Mended, plan: Plan) -> Plan:
        """Climb where the session died or keeps changing; put the ladder away where one has lasted."""
        request = stand.request
        ladder = self.ladders.read(request.cookies)
        site_refreshes = self.options.shields and not self.takes_over(stand.marks)
        cause = _cause(stand, mended, site_refreshes=site_refreshes)
        if cause is None:
            return self._off_the_ladder(stand, ladder, plan)
        if not request.script_driven:
            page = None if cause in (Cause.CHANGED, Cause.STALE) else Page.SIGN_IN
            return replace(plan, page=page)
        climbed, step = climb(ladder, cause, now=request.now, last_resort=self._last_resort)
        told = (stand.event("loop.broken", step=int(step), cause=cause.value),) if step > Step.SIGN_IN else ()
        plan = replace(plan, page=_PAGES.get(step), events=(*plan.events, *told))
        if step is Step.LAST_RESORT:
            return replace(plan, set_cookies=(), ladder_token=self.ladders.to_token(climbed))
        if step is Step.GUIDANCE:
            plan = replace(plan, outcome=Outcome(OutcomeKind.LOOPING, Reason.LOOP, plan.outcome.session))
        return replace(plan, set_cookies=(*plan.set_cookies, self.ladders.write(climbed)))

    def _off_the_ladder(self, stand: _Stand, ladder: Ladder | None, plan: Plan) -> Plan:
        lasted = ladder is not None and stand.request.now >= _lasting_from(ladder, plan)
        if lasted and stand.move.outcome in _SERVES:
            return replace(plan, set_cookies=(*plan.set_cookies, self.ladders.put_away()))
        return plan

    @property
    def _last_resort(self) -> bool:
        return self.options.last_resort and self.policy.secure

    def _steady_until(self, stand: _Stand, plan: Plan) -> float | None:
        """Until when the same header means the same plan for every request of the same powers, or None."""
        now = stand.request.now
        if plan.set_cookies or plan.page or stand.overtaken or stand.asked.answer is not Answer.NOT_ASKED:
            return None
        if stand.choice.finding is Finding.NOTHING:
            return now + _QUIET
        if stand.choice.finding is not Finding.FRESH or plan.session is None:
            return None
        if stand.request.powers.heal and stand.marks.pair is not None and stand.marks.pair.awaits:
            return None
        until = ageing_at(plan.session.claims, self.options.ageing_seconds)
        ladder = self.ladders.read(stand.request.cookies)
        return min(until, _lasting_from(ladder, plan)) if ladder is not None else until


def _lasting_from(ladder: Ladder, plan: Plan) -> float:
    """When the session of a plan has lasted since the last recovery: a sign-in may well take a minute of its own."""
    began = plan.session.claims.auth_time if plan.session is not None else 0
    return max(ladder.at, began) + LASTING


def _leads_on(stand: _Stand) -> bool:
    """Whether one set is left that goes on, to be told apart from what is swept and from what can't be judged."""
    if stand.move.cookies is Cookies.CLEAR:
        return False
    return stand.choice.chosen is not None or stand.asked.tokens is not None


def _cause(stand: _Stand, mended: Mended, *, site_refreshes: bool) -> Cause | None:
    """What makes this navigation climb, if anything does."""
    if stand.move.climbs:
        return Cause.KNOWN if mended.known else Cause.DIED
    pair, chosen = stand.marks.pair, stand.choice.chosen
    if site_refreshes and pair and chosen and stand.choice.finding is Finding.EXPIRED and pair.jti == chosen.claims.jti:
        return Cause.STALE
    if stand.move.outcome is not OutcomeKind.ACTIVE or pair is None or chosen is None:
        return None
    same_session = pair.jti != "" and pair.session_key == chosen.claims.session_key
    return Cause.CHANGED if same_session and pair.jti != chosen.claims.jti else None


def _reason(stand: _Stand) -> Reason:
    if stand.move.outcome in _SERVES:
        return Reason.SIGNED_IN
    if stand.asked.answer is Answer.UNAVAILABLE:
        return Reason.POOL
    if stand.asked.answer is Answer.REFUSED:
        return Reason.REVOKED
    if stand.choice.finding is Finding.EXPIRED:
        return Reason.EXPIRED
    return stand.choice.reason


def _told_choice(stand: _Stand) -> tuple[Event, ...]:
    """The event of what was found, where it is worth telling; what no response mends would repeat at every request."""
    choice, heals = stand.choice, stand.request.powers.heal
    match choice.finding:
        case Finding.UNJUDGED:
            return (stand.event("keys.unavailable"),)
        case Finding.RIVALS if heals:
            return (stand.event("session.rivals", sets=choice.left_aside),)
        case Finding.DEAD if heals:
            return (stand.event("session.dead", reason=choice.reason.value, sets=choice.left_aside),)
        case Finding.ENDED if heals:
            return (stand.event("session.ended", sets=choice.left_aside),)
        case _ if heals and choice.left_aside:
            return (stand.event("session.rivals" if choice.rivals else "session.foreign", sets=choice.left_aside),)
        case _:
            return ()
