"""From records to facts, in the order of time.

Rule: a response counts at its end, a request at its start, whatever the order of the file. Facts about cookies are made
at the very end: where script's cookies lie may become clear long after they were written. What is told is what changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hardtack.doctor.evidence import Basis
from hardtack.doctor.observed import (
    After,
    CacheableWrite,
    CookieWritten,
    JarCookie,
    JarSeen,
    Navigation,
    Writer,
)
from hardtack.doctor.profiles import CookieRole
from hardtack.doctor.quoting import safe_url
from hardtack.doctor.sources.har.tracking import JarTracker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hardtack.cookies.jar import Engine
    from hardtack.doctor.evidence import Evidence
    from hardtack.doctor.observed import Fact
    from hardtack.doctor.sources.har.homes import Home, Kept
    from hardtack.doctor.sources.har.reading import Reading
    from hardtack.doctor.sources.har.records import Record
    from hardtack.doctor.sources.har.tracking import Sighting

__all__ = ["Teller"]

_MOST_FACTS: Final = 20_000
"""Calls, loads and writes that are told one by one; a recording of a loop has some hundreds."""
_QUIET: Final = 0.1
"""Seconds after a sign-out's answer within which script may still be clearing its cookies."""
_RESPONSE_FIRST: Final = 0
_REQUEST: Final = 1


@dataclass(frozen=True, slots=True)
class _Lying:
    """A cookie as it was at one moment; where it lay may be learnt later."""

    kept: Kept
    value: str
    home: Home
    writer: Writer

    def told(self) -> JarCookie:
        kept = self.kept
        return JarCookie(
            kept.cookie,
            self.value,
            scope=self.home.scope,
            writer=self.writer,
            size=kept.size,
            http_only=kept.http_only,
            path=self.home.path,
        )


@dataclass(frozen=True, slots=True)
class _Jar:
    evidence: Evidence
    host: str
    cookies: tuple[_Lying, ...]
    after: After

    def told(self) -> JarSeen:
        cookies = tuple(one.told() for one in self.cookies)
        return JarSeen(evidence=self.evidence, host=self.host, cookies=cookies, after=self.after)


@dataclass(frozen=True, slots=True)
class _ByScript:
    """A write, or a removal, that no recording shows."""

    evidence: Evidence
    lying: _Lying
    host: str
    deletion: bool

    def told(self) -> CookieWritten:
        kept, scope = self.lying.kept, self.lying.home.scope
        return CookieWritten(
            evidence=self.evidence,
            cookie=kept.cookie,
            host=self.host,
            writer=Writer.SCRIPT,
            scope=scope,
            domain=scope.domain if scope else None,
            value=None if self.deletion else self.lying.value,
            deletion=self.deletion,
            size=0 if self.deletion else kept.size,
        )


class Teller:
    """Goes through the records of one recording once.

    Args:
        reading: what the pass over the file gathered.
        engine: whose jar is followed.
    """

    def __init__(self, reading: Reading, engine: Engine) -> None:
        self._reading = reading
        self._tracker = JarTracker(engine)
        self._items: list[Fact | _Jar | _ByScript] = []
        self._last: dict[str, frozenset[tuple[object, ...]]] = {}
        self._calls: dict[str, Evidence] = {}
        self._answer: dict[str, Evidence] = {}
        self._after: dict[str, After] = {}
        self._signed_out: float | None = None
        self._bringing: list[Evidence] = []
        self._clearing: list[Evidence] = []
        self.hosts: dict[str, Record] = {}
        self.limited = False

    def facts(self) -> Iterator[Fact]:
        """Every fact about calls, pages, writes and the jar."""
        for _, kind, _, record in sorted(_moments(self._reading.records)):
            if kind == _REQUEST:
                self._request(record)
            else:
                self._response(record)
        self._ends()
        for item in self._items:
            yield item.told() if isinstance(item, _Jar | _ByScript) else item

    def _add(self, item: Fact | _Jar | _ByScript) -> None:
        if len(self._items) < _MOST_FACTS:
            self._items.append(item)
        else:
            self.limited = True

    def _request(self, record: Record) -> None:
        if record.sent and record.where is not None:
            self.hosts.setdefault(record.host, record)
        sighting = self._tracker.see(record)
        if sighting is not None:
            self._script(record, sighting)
            self._jar(record, sighting.held, removed=bool(sighting.removed))
        elif self._has_signed_out(record) and record.sent is not None:
            self._jar(record, self._tracker.holds(record), removed=False)
        if record.document:
            self.hosts.setdefault(record.host, record)
            path = record.where.path if record.where else "/"
            self._add(
                Navigation(
                    evidence=self._reading.evidence(record),
                    host=record.host,
                    page=safe_url(path, hide=self._reading.cookies.names),
                    status=record.status,
                    scripted=record.scripted,
                )
            )

    def _script(self, record: Record, sighting: Sighting) -> None:
        """What script has done since: told at the call after which it must have done so, else at this request."""
        seen = self._reading.evidence(record)
        cleared = next(iter(self._clearing), seen)
        began = next(iter(self._bringing), seen)  # new cookies came with the first tokens, other values with their own
        self._add_all(record.host, ((kept, cleared) for kept in sighting.removed), deletion=True)
        wrote = ((kept, began if new else self._calls.get(kept.value, began)) for kept, new in sighting.wrote)
        self._add_all(record.host, wrote, deletion=False)
        if sighting.removed or sighting.wrote:
            self._clearing.clear()
            self._bringing.clear()

    def _add_all(self, host: str, cookies: Iterable[tuple[Kept, Evidence]], *, deletion: bool) -> None:
        for kept, evidence in cookies:
            self._add(_ByScript(replace(evidence, basis=Basis.INFERRED), _lying(kept), host, deletion))

    def _response(self, record: Record) -> None:
        evidence = self._reading.evidence(record) if record.call or record.writes or record.clears else None
        if record.call is not None and evidence is not None:
            self._called(record, evidence)
        if evidence is None or not (record.writes or record.clears):
            return
        for write in record.writes:
            self._add(replace(write.fact, evidence=evidence))
        if any(write.fact.deletion and write.fact.cookie.role.is_session for write in record.writes) and (
            record.signs_out and record.method == "POST"
        ):
            self._signed_out = record.end
        if any(_matters(write.fact) for write in record.writes) and record.method == "GET":
            self._add(CacheableWrite(evidence=evidence, directive=record.cache or "", from_cache=record.from_cache))
        if self._tracker.respond(record):
            self.hosts.setdefault(record.host, record)
            self._answer[record.host] = evidence

    def _called(self, record: Record, evidence: Evidence) -> None:
        if record.call is None:
            return
        fact = replace(record.call.fact, evidence=evidence)
        self._add(fact)
        for mark in record.call.brought:
            self._calls.setdefault(mark, evidence)
        if record.call.brought:
            self._bringing.append(evidence)
        ended = fact.signs_out and 0 < fact.status < 400  # noqa: PLR2004  HTTP's
        refused = fact.is_refresh and fact.refused
        clears = fact.signs_out or refused or (fact.is_refresh and fact.unavailable)
        if clears:
            self._clearing.append(evidence)
        self._tracker.called(record.call.brought, record.end, clears=clears)
        if fact.signs_in or (fact.is_refresh and fact.got_access is not None):
            self._signed_out = None
            kind = After.REFRESH if fact.is_refresh else After.SIGN_IN
            self._after = dict.fromkeys(self.hosts, kind)
        if ended:
            self._signed_out = record.end

    def _has_signed_out(self, record: Record) -> bool:
        return self._signed_out is not None and record.start >= self._signed_out + _QUIET

    def _jar(self, record: Record, held: list[Kept], *, removed: bool) -> None:
        """Tell of the jar if it has changed, or for the first time after a sign-out."""
        host = record.host
        state = frozenset(
            (kept.cookie.key, id(kept.home), kept.value if kept.cookie.role is CookieRole.USER else "", kept.writer)
            for kept in held
        )
        over = self._signed_out is not None and (removed or self._has_signed_out(record))
        before = self._last.get(host)
        answer = self._answer.pop(host, None)
        if over:
            self._signed_out = None
        elif state == before or (not held and not before):
            self._last[host] = state
            return
        after = After.START if before is None and not self._calls else self._after.pop(host, After.REQUEST)
        evidence = self._reading.evidence(record)
        if over:
            after = After.SIGN_OUT
        elif answer is not None and any(kept.writer is Writer.SERVER for kept in held):
            evidence = answer
        self._last[host] = state
        self._add(_Jar(evidence, host, tuple(_lying(kept) for kept in held), after))

    def _ends(self) -> None:
        """What responses wrote that no request of the recording shows any more."""
        for host, evidence in self._answer.items():
            record = self.hosts[host]
            held = self._tracker.holds(record)
            if held and self._tracker.settled(host):
                self._add(_Jar(evidence, host, tuple(_lying(kept) for kept in held), After.REQUEST))


def _moments(records: Iterable[Record]) -> Iterator[tuple[float, int, int, Record]]:
    for record in records:
        if record.sent is not None or record.document:
            yield record.start, _REQUEST, record.index, record
        if record.call is not None or record.writes or record.clears:
            yield record.end, _RESPONSE_FIRST, record.index, record


def _lying(kept: Kept) -> _Lying:
    return _Lying(kept, kept.value, kept.home, kept.writer)


def _matters(fact: CookieWritten) -> bool:
    return fact.cookie.role.is_session and not fact.deletion and fact.refused is None
