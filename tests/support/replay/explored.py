"""From the explorer to the replay: its traces and its states, in the symbols that a real jar is told in.

Rule: what a symbol of the explorer means is asked of the explorer. Both jars go through the same words, so that what
differs in them differs in the world.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hardtack.cookies import CookieScope
from hardtack.explore.symbols import CLIENT_ID, MADE, open_seal, read_token
from support.replay.jar import Raw, told
from support.replay.places import Site
from support.replay.play import History
from support.replay.symbols import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hardtack.explore.trace import JarEntry, Moment, Trace

_ENDLESS = "never comes to rest"
_NUMBERED = "origin"  # begins the explorer's name for a sign-in


class Symbols:
    """Reads the explorer's symbols."""

    client_id = CLIENT_ID

    def token(self, text: str) -> str | None:
        found = read_token(text)
        return f"{found.user}/{self.sign_in(found.session)}.{found.generation}" if found else None

    def sign_in(self, key: str) -> str:
        return key.removeprefix(_NUMBERED) if key.startswith(_NUMBERED) else UNKNOWN

    def set_of(self, jti: str) -> str:
        return self.sign_in(jti.rpartition(".")[0])

    def open(self, purpose: str, text: str) -> bytes | None:
        opened = open_seal(text)
        return opened[1] if opened is not None and opened[0] == purpose else None

    def hashed(self, purpose: str, digest: str) -> str:
        if not digest:
            return "none"
        made = MADE.get(digest)
        symbol = self.token(made[1]) if made is not None and made[0] == purpose else None
        return (symbol or UNKNOWN).rpartition("/")[2]


def rows(entries: Iterable[JarEntry], host: str) -> list[list[Any]]:
    """What a jar of the explorer holds, as an expectation."""
    raws = [
        _raw(entry.name, entry.value, CookieScope.parse(entry.scope), entry.host, entry.http_only) for entry in entries
    ]
    return _rows(raws, host)


def rows_of_jar(jar: Iterable[Any], host: str) -> list[list[Any]]:
    """The same of stored cookies, the oldest first."""
    raws = [_raw(each.name, each.value, each.scope, each.host, each.http_only) for each in jar]
    return _rows(raws, host)


def _raw(name: str, value: str, scope: CookieScope, host: str, http_only: bool) -> Raw:  # noqa: FBT001 -- a cookie's own flag
    return Raw(name, value, f".{scope.domain}" if scope.domain else host, scope.path, http_only)


def _rows(raws: list[Raw], host: str) -> list[list[Any]]:
    """As `ordered` has the real ones: first what the root is shown, then the rest by place and name."""
    shown = [raw for raw in raws if raw.path == "/" and _covers(raw, host)]
    rest = sorted((raw for raw in raws if raw not in shown), key=lambda raw: (raw.host, raw.domain, raw.path, raw.name))
    return [[*kept.row, kept.http_only] for kept in told([*shown, *rest], Symbols(), host)]


def _covers(raw: Raw, host: str) -> bool:
    return raw.domain == host or (raw.domain.startswith(".") and f".{host}".endswith(raw.domain))


def history_of(trace: Trace, world: Any, *, name: str = "") -> History:
    """A trace as a history to replay: each moment but the first is a step, with its jar.

    A probe begins with a tab of its own, and each of its steps is left to come to rest; the last one may never do.
    """
    site = Site.of_world(world)
    steps: list[dict[str, Any]] = []
    for number, moment in enumerate(trace.moments[1:], 1):
        if number == trace.probe_from:
            steps.append({"kind": "leave", "why": "the probe begins"})
        probes = trace.probe_from is not None and number >= trace.probe_from
        steps.append(_step(moment, site.host, probes=probes))
    if trace.probe_from is not None and trace.violation is not None and _ENDLESS in trace.violation.detail:
        steps[-1] = {name: value for name, value in steps[-1].items() if name not in ("jar", "drains")}
        steps[-1]["endless"] = True
    return History(site, steps, name or trace.title)


def _step(moment: Moment, host: str, *, probes: bool) -> dict[str, Any]:
    step = {"kind": moment.kind, **moment.arguments, "jar": rows(moment.jar, host)}
    return {**step, "drains": True} if probes else step
