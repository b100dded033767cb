"""What a step did to the jar, and who reads which of its cookies.

Rule: everything that shows a jar shows these rows. A twin is a cookie beside another of its name in another scope,
where one page sees both. Of twins, js-cookie takes the first (it never sees those with HttpOnly) and the server of
Next's App Router takes the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from hardtack.explore.telling.texts import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hardtack.explore.trace import JarEntry, Moment, Trace

__all__ = ["Change", "Place", "Row", "changed", "disagree", "jar_steps", "page_host", "signed_in"]

_HOST_ONLY: Final = "host-only"
_ROOT: Final = " /"  # how a scope ends whose cookie is seen on the site's root
_PARTITIONED: Final = " partitioned"


class Change(StrEnum):
    """What a step did to a cookie; its value is the mark for it."""

    KEPT = " "
    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A compartment of the jar: a scope of a host."""

    scope: str
    host: str

    @property
    def whose(self) -> str:
        """Which hosts a cookie here is for."""
        host = clean(self.host)
        return f"{host} alone" if self.scope.startswith(_HOST_ONLY) else f"{host} and all below it"


@dataclass(frozen=True, slots=True)
class Row:
    """A cookie after a step.

    Attributes:
        entry: the cookie; the one that was, if it is removed.
        change: what the step did to it.
        before: the cookie before the step, where it is another one now.
        twin: whether another cookie of its name lies in another scope that one page sees as well.
        script: whether script on the site's root reads this one of its name.
        server: whether the server reads this one of its name there.
    """

    entry: JarEntry
    change: Change
    before: JarEntry | None = None
    twin: bool = False
    script: bool = False
    server: bool = False

    @property
    def place(self) -> Place:
        """Where it lies."""
        return Place(self.entry.scope, self.entry.host)

    @property
    def read_by(self) -> str:
        """Who reads this one of its name: `script`, `server`, `script and server`, or empty for nobody."""
        return " and ".join(who for who, reads in (("script", self.script), ("server", self.server)) if reads)


def page_host(trace: Trace) -> str:
    """The host whose pages are looked at: the fact `host`; without it, the longest that any cookie is kept for."""
    host = trace.facts.get("host")
    if isinstance(host, str) and host:
        return host
    hosts = {entry.host for moment in trace.moments for entry in moment.jar}
    return max(hosts, key=lambda name: (len(name), name), default="")


def jar_steps(trace: Trace) -> tuple[tuple[Row, ...], ...]:
    """The rows of each step, in step with `trace.moments`. A jar that is there at the beginning was not added."""
    host = page_host(trace)
    if not trace.moments:
        return ()
    first = trace.moments[0].jar
    return (_rows(first, first, host), *(_rows(one.jar, two.jar, host) for one, two in pairwise(trace.moments)))


def changed(rows: Iterable[Row]) -> bool:
    """Whether a step did anything to the jar."""
    return any(row.change is not Change.KEPT for row in rows)


def disagree(moment: Moment) -> bool:
    """Whether script and server see different people."""
    return moment.client != moment.server


def signed_in(name: str) -> str:
    """Who is seen as signed in, in words."""
    return clean(name) or "nobody"


def _rows(before: Sequence[JarEntry], after: Sequence[JarEntry], host: str) -> tuple[Row, ...]:
    """The cookies by label, twins one below the other in the order of the header, then what was removed."""
    was = {_identity(entry): entry for entry in before}
    now = {_identity(entry) for entry in after}
    rows = [_row(entry, was.get(_identity(entry)), after, host) for entry in after]
    rows += [Row(entry, Change.REMOVED) for entry in before if _identity(entry) not in now]
    labels = tuple(dict.fromkeys(row.entry.label for row in rows))
    return tuple(sorted(rows, key=lambda row: labels.index(row.entry.label)))


def _row(entry: JarEntry, before: JarEntry | None, jar: Sequence[JarEntry], host: str) -> Row:
    change = Change.ADDED if before is None else Change.KEPT if before == entry else Change.CHANGED
    seen = [other for other in jar if other.name == entry.name and _is_seen(other, host)]
    by_script = [other for other in seen if not other.http_only]
    return Row(
        entry,
        change,
        before if change is Change.CHANGED else None,
        twin=any(_are_twins(entry, other) for other in jar),
        script=bool(by_script) and by_script[0] is entry,
        server=bool(seen) and seen[-1] is entry,
    )


def _identity(entry: JarEntry) -> tuple[str, str, str]:
    return entry.name, entry.scope, entry.host


def _are_twins(one: JarEntry, other: JarEntry) -> bool:
    """Whether they are two cookies of a name that one host sees: either host is then the other's, or lies below it."""
    if one.name != other.name or _identity(one) == _identity(other):
        return False
    return _covers(one, other.host) or _covers(other, one.host)


def _is_seen(entry: JarEntry, host: str) -> bool:
    scope = entry.scope.removesuffix(_PARTITIONED)
    return scope.endswith(_ROOT) and _covers(entry, host)


def _covers(entry: JarEntry, host: str) -> bool:
    """Whether a page of the host is given the cookie, its path aside."""
    kept_for = entry.host.removeprefix(".")
    if kept_for == host.removeprefix("."):
        return True
    return not entry.scope.startswith(_HOST_ONLY) and host.endswith(f".{kept_for}")
