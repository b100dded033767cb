"""Group 7: the device's clock, and what a browser does with cookies by its own rules.

Rule: the site can't change these; it can know of them, and not make them worse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import ScopeConfigured
from hardtack.doctor.facts import Area, Facts
from hardtack.doctor.observed import (
    BrowserSeen,
    ClockReading,
    CookiesBlocked,
    CookieWritten,
    Embedded,
    JarSeen,
    Side,
    Writer,
)
from hardtack.doctor.rules.model import Hit, Severity, Value, Verdict, Word, rule
from hardtack.doctor.rules.reading import evidence_of, organic

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RULES"]

WRONG_CLOCK: Final = 300
"""Seconds by which a clock is wrong enough to let tokens live or die at the wrong time."""
ODD_CLOCK: Final = 60
SAFARI_CAP: Final = 7 * 86_400
"""Seconds that Safari keeps a cookie that script wrote."""


@rule("HT701", "clock-wrong", Severity.WARNING, {Area.CLOCK})
def clock_wrong(facts: Facts) -> Iterator[Hit]:
    """The device's clock differs from the servers' by minutes."""
    readings = facts.of(ClockReading)
    # Of several readings the one with the least doubt counts: a slow answer makes any clock look late.
    best = min(readings, key=lambda one: one.slack, default=None)
    if best is None:
        return
    skew = best.device - best.server
    beyond = abs(skew) - best.slack
    if beyond > ODD_CLOCK:
        values: dict[str, Value] = {"seconds": round(abs(skew)), "way": Word("fast" if skew > 0 else "slow")}
        severity = Severity.WARNING if beyond > WRONG_CLOCK else Severity.NOTE
        yield Hit(evidence=evidence_of(best), values=values, severity=severity)


@rule("HT702", "cookies-blocked", Severity.ERROR, {Area.BROWSER}, verdict=Verdict.STUCK, cause=1)
def cookies_blocked(facts: Facts) -> Iterator[Hit]:
    """Cookies were set by the book, and the browser never sent one back."""
    for blocked in facts.of(CookiesBlocked):
        yield Hit(evidence=evidence_of(blocked), say="third_party" if blocked.third_party else "message")
        return


@rule("HT703", "safari-seven-days", Severity.WARNING, {Area.BROWSER, Area.JAR}, {Area.BROWSER_CONFIG})
def safari_seven_days(facts: Facts) -> Iterator[Hit]:
    """Safari ends cookies that script wrote after seven days, whatever they say."""
    safari = next((one for one in facts.of(BrowserSeen) if one.family == "safari"), None)
    if safari is not None and (written := _script_wrote(facts)) is not None:
        yield Hit(evidence=evidence_of(safari, written), key="observed")
    for scope in facts.of(ScopeConfigured):
        lasting = scope.lifetime is not None and scope.lifetime > SAFARI_CAP
        if scope.side is Side.BROWSER and scope.profile == "amplify" and lasting:
            yield Hit(evidence=evidence_of(scope), say="configured", severity=Severity.NOTE, key=scope.app)
            return


def _script_wrote(facts: Facts) -> CookieWritten | JarSeen | None:
    for fact in organic(facts):
        if isinstance(fact, CookieWritten) and fact.writer is Writer.SCRIPT and fact.cookie.role.is_session:
            return fact
        if isinstance(fact, JarSeen) and any(one.writer is Writer.SCRIPT for one in fact.cookies):
            return fact
    return None


@rule("HT704", "third-party-context", Severity.WARNING, {Area.BROWSER})
def third_party_context(facts: Facts) -> Iterator[Hit]:
    """The site's pages stand in another site's frame, where its Lax cookies are not sent at all."""
    for embedded in facts.of(Embedded):
        values: dict[str, Value] = {"site": embedded.top_site}
        yield Hit(evidence=evidence_of(embedded), values=values, key=embedded.top_site)
        return


RULES = (clock_wrong, cookies_blocked, safari_seven_days, third_party_context)
