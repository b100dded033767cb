"""Group 0: what being stuck looks like, whatever the cause.

Rule: these read calls to the user pool and loads of pages, never cookies, so they hold for a recording whose cookies
were stripped on export too. The signatures were measured in real browsers: with twins the browser never reads its own
write back, so the first refresh after a sign-in sends another token than the one that was just issued.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.doctor.facts import Area, Facts
from hardtack.doctor.observed import ErrorSeen, Navigation, Outcome, PoolCall, Probe, Step
from hardtack.doctor.rules.model import Hit, Severity, Value, Verdict, rule
from hardtack.doctor.rules.reading import evidence_of, organic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hardtack.doctor.observed import Fact

__all__ = ["RULES"]

READ_BACK_SECONDS: Final = 60
"""Seconds after a sign-in within which its own tokens must be the ones in use."""
LOOP_CYCLES: Final = 3
"""Page loads, each followed by a refused refresh, from which on nobody has pressed a button."""
LOOP_GAP_SECONDS: Final = 10
"""Seconds between two loads of a loop at most; people who sign in again take longer."""
RESTLESS: Final = 10
"""Page loads in a row, each within `RESTLESS_GAP_SECONDS` of the one before, that nobody makes by hand."""
RESTLESS_GAP_SECONDS: Final = 2
FEW_PAGES: Final = 3
"""Pages between which a loop goes back and forth; somebody who browses sees more."""
REDIRECTS: Final = 8
"""Redirects in a row that no healthy site needs."""

INTERRUPTED: Final = frozenset({"UnexpectedSignInInterruptionException", "UserAlreadyAuthenticatedException"})


def _signs_in(facts: Facts) -> bool:
    return any(call.signs_in for call in facts.of(PoolCall))


def _plants(facts: Facts) -> bool:
    return any(probe.step is Step.PLANT for probe in facts.of(Probe))


@rule("HT001", "stale-token-after-sign-in", Severity.ERROR, {Area.POOL}, verdict=Verdict.STUCK, when=_signs_in)
def stale_token_after_sign_in(facts: Facts) -> Iterator[Hit]:
    """A sign-in succeeded, and the next refresh sent a refresh token that is not the one it had just received."""
    calls = [fact for fact in organic(facts) if isinstance(fact, PoolCall)]
    found: list[tuple[PoolCall, PoolCall]] = []
    for index, sign_in in enumerate(calls):
        if not sign_in.signs_in:
            continue
        after = next((call for call in calls[index + 1 :] if call.is_refresh or call.signs_in), None)
        if after is not None and after.is_refresh and _is_stale(sign_in, after):
            found.append((sign_in, after))
    if found:
        sign_in, read_back = found[0]
        began = next(
            call for call in calls if call.is_refresh and call.refused and call.sent_refresh == read_back.sent_refresh
        )
        values = {"count": len(found), "error": read_back.error or "400"}
        yield Hit(evidence=evidence_of(began, sign_in, read_back), values=values)


def _is_stale(sign_in: PoolCall, refresh: PoolCall) -> bool:
    soon = _seconds_between(sign_in, refresh) <= READ_BACK_SECONDS
    return soon and refresh.refused and refresh.sent_refresh not in {None, sign_in.got_refresh}


@rule("HT002", "reload-loop", Severity.ERROR, {Area.PAGES}, verdict=Verdict.STUCK)
def reload_loop(facts: Facts) -> Iterator[Hit]:
    """Pages load again and again, each load ends in a refused refresh or in the next; or redirects never end."""
    refused = _longest(_runs(facts, LOOP_GAP_SECONDS), needs_refusal=True)
    restless = _longest(_runs(facts, RESTLESS_GAP_SECONDS), needs_refusal=False)
    if len(refused) > LOOP_CYCLES:
        yield _loop(refused, "message")
    elif len(restless) >= RESTLESS and len({load.page for load, _ in restless}) <= FEW_PAGES:
        yield _loop(restless, "restless")
    yield from _redirects(facts)


Load = tuple[Navigation, list[PoolCall]]
"""A load of a page, and the refused refreshes that followed it."""


def _runs(facts: Facts, gap: float) -> Iterator[list[Load]]:
    """Loads in a row, none of them started by a person as far as is known, each soon after the one before."""
    run: list[Load] = []
    for fact in organic(facts):
        if isinstance(fact, Navigation) and not _is_redirect(fact):
            if run and (fact.scripted is False or _seconds_between(run[-1][0], fact) > gap):
                yield run
                run = []
            run.append((fact, []))
        elif isinstance(fact, PoolCall) and fact.is_refresh and fact.refused and run:
            run[-1][1].append(fact)
    yield run


def _longest(runs: Iterable[list[Load]], *, needs_refusal: bool) -> list[Load]:
    """The longest stretch of the runs in which every load but the last was followed by a refused refresh, or any."""
    longest: list[Load] = []
    for run in runs:
        first = 0
        for last in range(len(run)):
            if needs_refusal and last > first and not run[last - 1][1]:
                first = last
            ends = last + 1 == len(run) or (needs_refusal and not run[last][1])
            if ends and last + 1 - first > len(longest):
                longest = run[first : last + 1]
    return longest


def _loop(run: list[Load], say: str) -> Hit:
    first, last = run[0][0], run[-1][0]
    refusals = [call for _, calls in run for call in calls]
    values: dict[str, Value] = {
        "loads": len(run),
        "refusals": len(refusals),
        "status": f"{refusals[0].status} {refusals[0].error or ''}".strip() if refusals else "",
        "seconds": max(1, round(_seconds_between(first, last))),
        "pages": tuple(dict.fromkeys(load.page for load, _ in run))[:3],
    }
    return Hit(evidence=evidence_of(first, last), values=values, say=say)


def _redirects(facts: Facts) -> Iterator[Hit]:
    row: list[Navigation] = []
    for fact in organic(facts):
        if not isinstance(fact, Navigation):
            continue
        row = [*row, fact] if _is_redirect(fact) else []
        if len(row) == REDIRECTS:
            pages = tuple(dict.fromkeys(load.page for load in row))
            if len(pages) < REDIRECTS:
                yield Hit(
                    evidence=evidence_of(row[0], row[-1]), values={"pages": pages[:3]}, say="redirects", key="3xx"
                )
                return


def _is_redirect(load: Navigation) -> bool:
    return load.status in {301, 302, 303, 307, 308}


@rule("HT003", "interrupted-sign-in", Severity.ERROR, {Area.PROBES}, verdict=Verdict.STUCK)
def interrupted_sign_in(facts: Facts) -> Iterator[Hit]:
    """A page showed the error that Amplify raises when it can't read back what it has just written."""
    shown: dict[str, Fact] = {}
    for fact in organic(facts):
        name = fact.name if isinstance(fact, ErrorSeen) else fact.error if isinstance(fact, Probe) else None
        if name in INTERRUPTED:
            shown.setdefault(name, fact)
    for name, fact in shown.items():
        yield Hit(evidence=evidence_of(fact), values={"error": name}, key=name)


@rule("HT004", "no-recovery", Severity.ERROR, {Area.PROBES}, when=_plants)
def no_recovery(facts: Facts) -> Iterator[Hit]:
    """Stale twins were planted into a fresh browser profile, and the site did not get rid of them."""
    for probe in facts.of(Probe):
        if probe.step is Step.PLANT and probe.outcome in {Outcome.NOT_RECOVERED, Outcome.LOOPING}:
            say = "looping" if probe.outcome is Outcome.LOOPING else "message"
            yield Hit(evidence=evidence_of(probe), say=say)


@rule("HT005", "dead-token-used-again", Severity.ERROR, {Area.POOL}, verdict=Verdict.STUCK)
def dead_token_used_again(facts: Facts) -> Iterator[Hit]:
    """A refresh token was revoked by a sign-out, or refused several times, and goes on being sent."""
    revoked: dict[str, PoolCall] = {}
    refused: dict[str, list[PoolCall]] = {}
    for call in organic(facts):
        if not isinstance(call, PoolCall) or call.sent_refresh is None:
            continue
        if call.signs_out and call.status < 400:  # noqa: PLR2004  HTTP's
            revoked.setdefault(call.sent_refresh, call)
        elif call.is_refresh and call.refused:
            refused.setdefault(call.sent_refresh, []).append(call)
    for token, calls in refused.items():
        sign_out = revoked.get(token)
        if sign_out is not None:
            yield Hit(evidence=evidence_of(sign_out, calls[0]), values={"count": len(calls)}, key="revoked")
            return
    most = max(refused.values(), key=len) if refused else []
    if len(most) > LOOP_CYCLES:
        yield Hit(evidence=evidence_of(most[0], most[-1]), values={"count": len(most)}, say="refused", key="refused")


def _seconds_between(first: Fact, second: Fact) -> float:
    """Seconds from one to the other; none where a recording has no times."""
    start, end = first.evidence.place.at, second.evidence.place.at
    return 0.0 if start is None or end is None else end - start


RULES = (stale_token_after_sign_in, reload_loop, interrupted_sign_in, no_recovery, dead_token_used_again)
