"""One account of a live examination: what the network showed, with what was done and seen between.

Rule: the recording goes through the reader of recordings, which knows the chain already; what only a live browser knows
is put where it happened. Where both tell of the same thing, the jar itself counts for more than what follows from
requests.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from hardtack.doctor.facts import Area, Facts, Hint, Sight, SourceKind
from hardtack.doctor.observed import (
    After,
    CookieWritten,
    Exposure,
    Fact,
    JarSeen,
    Navigation,
    PoolCall,
    TokenExposed,
)
from hardtack.doctor.sources.har.concluding import conclude
from hardtack.doctor.sources.har.reading import Reading
from hardtack.doctor.sources.har.records import Cookies
from hardtack.doctor.sources.live.log import Log, Look

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hardtack.doctor.sources.har.splitting import Splitter

__all__ = ["Chapter", "tell"]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One profile: what was done in it, and its recording.

    Attributes:
        log: what was done and seen.
        entries: of the recording.
    """

    log: Log
    entries: list[bytes] = field(repr=False)


@dataclass(slots=True)
class _About:
    """What stands at the head of a recording."""

    about: dict[str, Any]
    ended_early: bool = False


def tell(
    visited: Chapter, planted: Chapter | None, version: str, hosts: frozenset[str], *, signed_in: bool, cut: bool
) -> Facts:
    """Make the facts.

    Args:
        visited: the profile that was used as people do.
        planted: the one with stale twins in it.
        version: the browser's.
        hosts: those that were looked at.
        signed_in: whether somebody was signed in.
        cut: whether the examination met its limit of requests.
    """
    facts = _recorded(visited, version, hosts)
    items = _woven(facts.items, visited.log)
    sights = dict(facts.sights)
    sights |= dict.fromkeys((Area.JAR, Area.SCOPES, Area.WRITES), Sight.FULL if signed_in else Sight.PARTIAL)
    if signed_in or planted is not None:
        sights[Area.PROBES] = Sight.FULL if signed_in else Sight.PARTIAL
    requests = len(visited.entries)
    if planted is not None:
        kinds = JarSeen, CookieWritten, Navigation, PoolCall
        after = _recorded(planted, version, hosts)
        items += _woven((item for item in after.items if isinstance(item, kinds)), planted.log)
        requests += len(planted.entries)
    dropped = {Hint.COOKIES_STRIPPED, Hint.LIMIT_REACHED}
    if planted is not None:  # whose app client's id is known
        dropped.add(Hint.NO_AUTH_SEEN)
    hints = [hint for hint in facts.hints if hint not in dropped]
    if cut:
        hints.append(Hint.LIMIT_REACHED)
    return Facts(SourceKind.LIVE, visited.log.source, items, sights, tuple(hints), {"requests": requests})


def _recorded(chapter: Chapter, version: str, hosts: frozenset[str]) -> Facts:
    cookies = Cookies(chapter.log.marker, shows_scopes=True)
    cookies.names |= chapter.log.names
    reading = Reading(chapter.log.source, cookies)
    reading.read(chapter.entries)
    cookies.seen = True  # a browser that holds no cookies is not a recording without them
    about = {"creator": {"name": "Hardtack"}, "browser": {"name": "Chromium", "version": version}}
    return conclude(reading, cast("Splitter", _About(about)), tuple(hosts))


def _woven(recorded: Iterable[Fact], log: Log) -> tuple[Fact, ...]:
    """The recording's facts and the log's, in the order of time."""
    woven: list[Fact] = []
    written: list[CookieWritten] = []
    waiting = list(log.moments)

    def tell(fact: Fact) -> None:
        if isinstance(fact, JarSeen) and fact.after is After.REQUEST:
            last = next((one for one in reversed(woven) if isinstance(one, JarSeen)), None)
            if last is not None and (last.host, set(last.cookies)) == (fact.host, set(fact.cookies)):
                return
        woven.append(fact)

    def until(moment: float | None) -> None:
        while waiting and (moment is None or waiting[0][0] < moment):
            one = waiting.pop(0)[1]
            tell(one.told(written, log.planted) if isinstance(one, Look) else one)

    for fact in recorded:
        if isinstance(fact, TokenExposed) and fact.exposure is Exposure.RECORDING:
            continue  # nobody keeps this recording
        if (at := fact.evidence.place.at) is not None:
            until(at)
        if isinstance(fact, CookieWritten):
            written.append(fact)
        # What a request under way at a sign-out carries says nothing; the look at the jar afterwards does.
        tell(_mild(fact) if isinstance(fact, JarSeen) else fact)
    until(None)
    return tuple(woven)


def _mild(jar: JarSeen) -> JarSeen:
    return replace(jar, after=After.REQUEST) if jar.after in {After.SIGN_OUT, After.START} else jar
