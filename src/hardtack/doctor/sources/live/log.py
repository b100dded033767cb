"""What was done and seen, moment by moment, until it can be told.

Rule: who wrote a cookie is known only when the whole recording has been read, so a look at the jar is kept as it was
(names, scopes, marks of values) and becomes a fact at the end. Nothing was in the profile before, so what no response
wrote, script did.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hardtack.amplify import LAST_AUTH_USER, parse_name
from hardtack.cookies import CookieError, CookieScope, canonical_host
from hardtack.doctor.evidence import Evidence, Place
from hardtack.doctor.observed import After, CookieWritten, ErrorSeen, JarCookie, JarSeen, Probe, Writer
from hardtack.doctor.profiles import CookieRef, CookieRole, refer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hardtack.doctor.marks import Marker
    from hardtack.doctor.observed import Fact, Outcome, Step

__all__ = ["Log", "Look", "SessionCookie"]

SessionCookie = tuple[str, str, CookieScope]
"""Key, mark of the value, and scope."""

SESSION: Final = frozenset({CookieRole.ACCESS_TOKEN, CookieRole.REFRESH_TOKEN, CookieRole.ID_TOKEN, CookieRole.SESSION})


@dataclass(frozen=True, slots=True)
class _Lying:
    cookie: CookieRef
    value: str
    scope: CookieScope
    size: int
    http_only: bool


@dataclass(frozen=True, slots=True)
class Look:
    """The jar at one moment, as far as it reaches the host."""

    at: float
    host: str
    after: After
    evidence: Evidence
    cookies: tuple[_Lying, ...]

    @property
    def session(self) -> frozenset[SessionCookie]:
        """What makes somebody signed in."""
        return _session_in(self.cookies)

    def told(self, written: Sequence[CookieWritten], planted: frozenset[str]) -> JarSeen:
        """The fact.

        Args:
            written: what responses wrote until then.
            planted: marks of the values that the doctor wrote itself.
        """
        by_server = {(one.cookie.key, one.scope, one.value) for one in written if one.writer is Writer.SERVER}

        def writer(one: _Lying) -> Writer:
            if one.value in planted:
                return Writer.UNKNOWN
            served = one.http_only or (one.cookie.key, one.scope, one.value) in by_server
            return Writer.SERVER if served else Writer.SCRIPT

        cookies = tuple(
            JarCookie(
                one.cookie,
                one.value,
                scope=one.scope,
                writer=writer(one),
                size=one.size,
                http_only=one.http_only,
                path=one.scope.path,
            )
            for one in self.cookies
        )
        return JarSeen(evidence=self.evidence, host=self.host, cookies=cookies, after=self.after)


@dataclass(slots=True)
class Log:
    """Everything about one profile.

    Attributes:
        source: the target, as evidence names it.
        marker: the one of the examination.
        names: user names met, to be hidden.
        client_id: the app client whose cookies were met last.
        moments: looks and facts with their time, in order.
        planted: marks of the values that the doctor wrote itself.
    """

    source: str
    marker: Marker
    names: set[str] = field(default_factory=set[str], repr=False)
    last_user: str | None = field(default=None, repr=False)
    client_id: str | None = None
    moments: list[tuple[float, Look | Fact]] = field(default_factory=list["tuple[float, Look | Fact]"])
    planted: frozenset[str] = frozenset()

    def look(self, jar: list[dict[str, Any]], host: str, after: After, what: str) -> Look:
        """Look at the jar, and keep that if it tells something new.

        Args:
            jar: as the DevTools protocol tells it.
            host: whose cookies count.
            after: what had just happened.
            what: the same in words.
        """
        cookies = self._reaching(jar, host)
        now = time.time()
        evidence = Evidence(Place(self.source, at=now), f"The jar {what}: {len(cookies)} cookies of known libraries")
        look = Look(now, host, after, evidence, cookies)
        last = next((one for _, one in reversed(self.moments) if isinstance(one, Look)), None)
        if last is None or last.cookies != cookies or after in {After.SIGN_IN, After.SIGN_OUT, After.PLANT}:
            self.moments.append((now, look))
        return look

    def session(self, jar: list[dict[str, Any]], host: str) -> frozenset[SessionCookie]:
        """What makes somebody signed in at this moment."""
        return _session_in(self._reaching(jar, host))

    def _reaching(self, jar: list[dict[str, Any]], host: str) -> tuple[_Lying, ...]:
        reaching = [(each, scope) for each in jar if (scope := _scope_of(each, host)) is not None]
        reaching.sort(key=lambda pair: -len(pair[1].path))
        return tuple(lying for each, scope in reaching if (lying := self._lying(each, scope)) is not None)

    def probe(self, step: Step, outcome: Outcome, what: str, error: str | None = None) -> None:
        """Keep what came of a step."""
        now = time.time()
        evidence = Evidence(Place(self.source, at=now), what)
        self.moments.append((now, Probe(evidence=evidence, step=step, outcome=outcome, error=error)))

    def errors(self, names: list[str]) -> None:
        """Keep the names of exceptions that a page has shown."""
        now = time.time()
        for name in names:
            evidence = Evidence(Place(self.source, at=now), f"The page shows {name}")
            self.moments.append((now, ErrorSeen(evidence=evidence, name=name)))

    def _lying(self, cookie: dict[str, Any], scope: CookieScope) -> _Lying | None:
        name, value = str(cookie["name"]), str(cookie["value"])
        reference = refer(name, self.marker)
        if reference.profile == "other":
            return None
        key = parse_name(name) if reference.profile == "amplify" else None
        if key is not None:
            self.client_id = key.client_id
            if key.username:
                self.names.add(key.username)
            if key.suffix == LAST_AUTH_USER:
                self.last_user = value
        return _Lying(
            reference, self.marker.mark(value), scope, len(name) + len(value), http_only=bool(cookie["httpOnly"])
        )


def _session_in(cookies: Iterable[_Lying]) -> frozenset[SessionCookie]:
    return frozenset((one.cookie.key, one.value, one.scope) for one in cookies if one.cookie.role in SESSION)


def _scope_of(cookie: dict[str, Any], host: str) -> CookieScope | None:
    """Where a cookie lies; None if it does not reach the host. Chromium: a leading dot for a Domain cookie."""
    domain = str(cookie["domain"])
    bare = canonical_host(domain.removeprefix("."))
    try:
        if not domain.startswith("."):
            return CookieScope(None, cookie["path"], "partitionKey" in cookie) if bare == host else None
        if bare is None or not (host == bare or host.endswith(f".{bare}")):
            return None
        return CookieScope(bare, cookie["path"], "partitionKey" in cookie)
    except CookieError:
        return None
