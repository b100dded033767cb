"""Sign-in and sign-out: the two moments at which it is decided whose browser this is.

Rule: a sign-in writes its session into a jar that may hold anything, so it sweeps first, writes last, and always binds
anew (no fixation). A sign-out clears first and revokes second: the lines are ready before the pool is asked, and they
go out whatever the pool says, and whether or not a single token could be read.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from hardtack.cookies import CookieTooLarge
from hardtack.sessions.events import Event
from hardtack.sessions.judging import FetchKeys, judge_shown, judge_tokens
from hardtack.sessions.marks import Binding, Tombstone
from hardtack.sessions.outcomes import Outcome, OutcomeKind, Plan, Reason, Session
from hardtack.sessions.reference import reference_of
from hardtack.sessions.storage import Kept
from hardtack.tokens import Good

if TYPE_CHECKING:
    from collections.abc import Generator

    from hardtack.sessions.engine import Engine
    from hardtack.sessions.request import BrowserRequest
    from hardtack.tokens import Claims, TokenSet

__all__ = ["Departure", "sign_in", "sign_out"]

_MOST_REVOKED: Final = 5  # refresh tokens revoked for one sign-out; more than that were planted


@dataclass(frozen=True, slots=True)
class Departure:
    """A sign-out: the plan that clears, and what is left to do at the pool.

    Attributes:
        plan: the response's lines.
        revoke: the distinct refresh tokens shown, bound session's first.
        session_keys: the sessions whose chains of successors are to be forgotten.
        access_token: a live access token, for signing out everywhere.
    """

    plan: Plan
    revoke: tuple[str, ...] = field(repr=False)
    session_keys: tuple[str, ...] = field(repr=False)
    access_token: str | None = field(repr=False)


def sign_in(
    engine: Engine, request: BrowserRequest, tokens: TokenSet, *, owner: str, extras: dict[str, str] | None = None
) -> Generator[FetchKeys, Any, Plan]:
    """Write a session that the pool just gave.

    Args:
        engine: whose policy and storage are used.
        request: the request that completed the sign-in.
        tokens: the fresh set.
        owner: the user name under which Amplify is to find it.
        extras: further values to be kept with it (Amplify's signInDetails).
    """
    reference = reference_of(request.nonce)
    claims = yield from judge_tokens(engine.judge, tokens.access_token, request.now)
    if claims is None:
        told = (Event("keys.unavailable", {}, reference),)
        return Plan(Outcome(OutcomeKind.UNAVAILABLE, Reason.KEYS), events=told, reference=reference)
    if not engine.policy.allows_host(request.host):
        told = (Event("host.foreign", {}, reference),)
        return Plan(Outcome(OutcomeKind.REFUSED, Reason.FOREIGN_HOST), events=told, reference=reference)
    shown = engine.storage.read(request.cookies)
    marks = engine.marks.read(request.cookies)
    kept = Kept(owner, tokens, extras or {})
    try:
        mended = engine.mender.mend(request, shown, marks, kept, claims, changed=True)
    except CookieTooLarge as error:
        told = (Event("cookie.too-large", {"size": error.size}, reference),)
        return Plan(Outcome(OutcomeKind.REFUSED, Reason.TOO_LARGE), events=told, reference=reference)
    judgement = engine.judge(tokens.id_token, request.now, "id") if tokens.id_token else None
    session = Session(claims, judgement.claims if isinstance(judgement, Good) else None, tokens)
    told = (
        *(Event(name, fields, reference) for name, fields in mended.told),
        Event("signed.in", {"policy": engine.policy.fingerprint}, reference),
    )
    outcome = Outcome(OutcomeKind.ACTIVE, Reason.SIGNED_IN, session)
    binding = Binding.of(claims)
    if not engine.storage.unforgeable:
        binding = replace(binding, claim=engine.marks.claim(request.nonce, claims.session_key), owner=owner)
    lines = (*mended.lines, *engine.marks.write_binding(binding, request.cookies))
    return Plan(outcome, set_cookies=lines, events=told, reference=reference)


def sign_out(engine: Engine, request: BrowserRequest) -> Generator[FetchKeys, Any, Departure]:
    """Clear everything of ours, and put up the tombstone."""
    reference = reference_of(request.nonce)
    shown = engine.storage.read(request.cookies)
    marks = engine.marks_of(request)
    judged = yield from judge_shown(engine.judge, shown, marks, request.now)
    ended: list[Claims | Binding] = [one.claims for one in judged.sets]
    if marks.binding is not None:
        ended.append(marks.binding)
    tombstone = (marks.tombstone or Tombstone()).joined(ended)
    outcome = Outcome(OutcomeKind.ANONYMOUS, Reason.SIGNED_OUT)
    plan = Plan(outcome, reference=reference)
    if engine.policy.allows_host(request.host):
        mended = engine.mender.sign_out(request, shown, tombstone)
        told = tuple(Event(name, fields, reference) for name, fields in mended.told)
        signed_out = Event("signed.out", {"sessions": len(judged.sets)}, reference)
        plan = replace(plan, set_cookies=mended.lines, events=(*told, signed_out))
    refreshes = list(dict.fromkeys(found.token for found in shown.refreshes))
    refreshes.sort(key=lambda token: not engine.marks.is_partner(marks.pair, token))
    bound = marks.binding.session_key if marks.binding else ""
    live = [one for one in judged.sets if one.live]
    live.sort(key=lambda one: one.claims.session_key != bound)
    return Departure(
        plan,
        tuple(refreshes[:_MOST_REVOKED]),
        tuple(dict.fromkeys(one.session_key for one in ended)),
        live[0].found.token if live else None,
    )
