"""The jar as the browser itself has it, and what differs from the jar that should be there.

Rule: which cookies there are, and where, is read over the DevTools protocol; in which order, from the Cookie header and
from `cookieStore` of a page on the site's root. A difference is told in symbols, never in values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.replay.symbols import label_of, sealed_set, symbol_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from support.replay.symbols import Teller

ARRIVED = "rig-arrived"
"""A cookie of the rig's own, on a path of its own: it says that a response has arrived of which no page can tell."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One cookie.

    Attributes:
        label: `alice.accessToken`, `LastAuthUser`, `hardtack-pair`.
        scope: `host-only /`, `.example.test /`; with the host in front of it where that is not the site's.
        symbol: what it says; see `support.replay.symbols`.
        http_only: whether script can't see it; None where an expectation does not say.
    """

    label: str
    scope: str
    symbol: str
    http_only: bool | None = None

    @property
    def row(self) -> tuple[str, str, str]:
        """Label, scope and symbol."""
        return self.label, self.scope, self.symbol

    def __str__(self) -> str:
        hidden = " HttpOnly" if self.http_only else ""
        return f"{self.label:<28} {self.scope:<24} {self.symbol}{hidden}"


@dataclass(frozen=True, slots=True)
class Raw:
    """One cookie with its value, on its way into a symbol."""

    name: str
    value: str
    domain: str
    path: str
    http_only: bool

    @property
    def host(self) -> str:
        return self.domain.removeprefix(".")

    @property
    def scope(self) -> str:
        return f"{self.domain if self.domain.startswith('.') else 'host-only'} {self.path}"


def ordered(cookies: Sequence[dict[str, Any]], store: Sequence[dict[str, Any]], header: str, host: str) -> list[Raw]:
    """Every cookie: first what the site's root is shown, in that order; then what lies elsewhere, by place and name.

    Args:
        cookies: of `Network.getAllCookies`.
        store: of `cookieStore.getAll()` on the site's root.
        header: the Cookie header there.
        host: of the site.
    """
    left = [
        Raw(each["name"], each["value"], each["domain"], each["path"], each["httpOnly"])
        for each in cookies
        if each["name"] != ARRIVED
    ]
    shown = [(each["name"], each["value"], each["domain"] or "", each["path"]) for each in store]
    found: list[Raw] = []
    for piece in header.split("; ") if header else []:
        name, _, value = piece.partition("=")
        if name == ARRIVED:
            continue
        place = next((each for each in shown if each[:2] == (name, value)), None)
        if place is not None:  # cookieStore tells the scope of equal twins, too, one after the other
            shown.remove(place)
        fits = (each for each in left if (each.name, each.value) == (name, value) and _lies(each, place, host))
        raw = next(fits, None)
        if raw is not None:
            left.remove(raw)
            found.append(raw)
    return [*found, *sorted(left, key=lambda raw: (raw.host, raw.domain, raw.path, raw.name))]


def _lies(raw: Raw, place: tuple[str, str, str, str] | None, host: str) -> bool:
    if place is None:  # script is not shown it
        return raw.http_only
    domain = f".{place[2].removeprefix('.')}" if place[2] else host
    return (raw.domain, raw.path) == (domain, place[3])


def told(raws: Iterable[Raw], teller: Teller, host: str) -> list[Kept]:
    """The cookies in symbols; a sealed set's chunks become one, where the first of them stands."""
    sets: dict[str, list[Raw]] = {}
    found: list[tuple[Raw, str]] = []
    for raw in raws:
        label = label_of(raw.name)
        if label.startswith("hardtack-session-"):
            chunks = sets.setdefault(raw.name[:-1], [])
            chunks.append(raw)
            if len(chunks) > 1:
                continue
        found.append((raw, label))
    kept: list[Kept] = []
    for raw, label in found:
        chunks = sorted(sets.get(raw.name[:-1], ()), key=lambda raw: raw.name)
        symbol = (
            sealed_set([chunk.value for chunk in chunks], teller) if chunks else symbol_of(raw.name, raw.value, teller)
        )
        own = raw.domain.startswith(".") or raw.host == host
        kept.append(Kept(label, raw.scope if own else f"{raw.host} {raw.scope}", symbol, raw.http_only))
    return kept


def expected(rows: Iterable[Sequence[Any]]) -> list[Kept]:
    """Read an expectation: label, scope and symbol of each cookie, in order, and whether it is HttpOnly."""
    return [Kept(*row) for row in rows]


def differences(wanted: Sequence[Kept], seen: Sequence[Kept]) -> list[str]:
    """What is missing, what is too much, and what stands in another place; nothing if the jars are equal.

    The order of what script sees is compared, and that of what it doesn't, each by itself. That of Hardtack's own
    cookies says nothing: their names have no twins, and what is sealed is never twice the same, so that it moves to the
    end with every write.
    """
    missing, surplus = _unmatched(wanted, seen), _unmatched(seen, wanted)
    if missing or surplus:
        return ["The jars differ:", *(f"  - {each}" for each in missing), *(f"  + {each}" for each in surplus)]
    hidden = {each.row for each in seen if each.http_only}
    if all(_in_order(wanted, hidden, sees=sees) == _in_order(seen, hidden, sees=sees) for sees in (True, False)):
        return []
    told = [*(f"  - {each}" for each in wanted), *(f"  + {each}" for each in seen)]
    return ["The cookies are the same, their order is not:", *told]


def _unmatched(some: Sequence[Kept], others: Sequence[Kept]) -> list[Kept]:
    """Those that have no partner among the others."""
    left = list(others)
    found: list[Kept] = []
    for each in some:
        partner = next((one for one in left if one.row == each.row and _agree(one, each)), None)
        if partner is None:
            found.append(each)
        else:
            left.remove(partner)
    return found


def _agree(one: Kept, other: Kept) -> bool:
    return None in (one.http_only, other.http_only) or one.http_only == other.http_only


def _in_order(jar: Sequence[Kept], hidden: set[tuple[str, str, str]], *, sees: bool) -> list[tuple[str, str, str]]:
    """What script sees, or what it doesn't, but for Hardtack's own."""
    return [each.row for each in jar if not each.label.startswith("hardtack-") and (each.row not in hidden) == sees]
