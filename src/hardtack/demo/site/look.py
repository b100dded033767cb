"""What the page shows of a request and of its response: cookies as the server sees them, and what went back.

Rule: a visitor sees names, order, twins and scopes; never a whole token. A server is told names and values, never
where a cookie lives, and that is what the left-hand table shows; scopes stand only beside what the response writes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hardtack.amplify import parse_name
from hardtack.cookies import CookieHeader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hardtack.cookies import SetCookie

__all__ = ["Arrived", "CookieRow", "Written", "look_at", "shorten", "written"]

_SHORT: Final = 14  # characters up to which a value is shown whole; every token is longer
_OWN: Final = ("__Host-hardtack-", "hardtack-")


def shorten(value: str) -> str:
    """Enough of a value to tell two apart, never enough to use it."""
    return value if len(value) <= _SHORT else f"{value[:4]}…{value[-6:]}"


@dataclass(frozen=True, slots=True)
class CookieRow:
    """One cookie of the Cookie header.

    Attributes:
        kind: `session` for Amplify's names of this app client, `own` for Hardtack's marks, `other` for all else.
        prefix: what stands before the suffix in the name, shortened in the middle.
        suffix: the part that tells what it is: `accessToken`, or the whole name.
        value: shortened.
        twin: which of several of this name it is, from 1; 0 for a name that stands alone.
        of: how many there are of this name.
    """

    kind: str
    prefix: str
    suffix: str
    value: str
    twin: int = 0
    of: int = 1

    @property
    def readers(self) -> tuple[str, ...]:
        """Who believes this one of several: script the first (js-cookie), a Next.js server the last."""
        if not self.twin:
            return ()
        first = ("script",) if self.twin == 1 else ()
        return (*first, "server") if self.twin == self.of else first


@dataclass(frozen=True, slots=True)
class Arrived:
    """A Cookie header, ready to be shown.

    Attributes:
        rows: this site's cookies, in the order of the header.
        others: how many cookies of other sites under the same parent came along.
        twins: how many names came more than once.
    """

    rows: tuple[CookieRow, ...]
    others: int
    twins: int

    @property
    def count(self) -> int:
        """Auth cookies of this site, twins counted each."""
        return sum(row.kind == "session" for row in self.rows)

    @property
    def state(self) -> str:
        """`twins`, `clean`, or `none` where there is no auth cookie at all."""
        if self.twins:
            return "twins"
        return "clean" if self.count else "none"


def look_at(lines: Iterable[bytes], client_id: str) -> Arrived:
    """What a request's Cookie lines hold, for an app client's site."""
    header = CookieHeader.parse(lines)
    totals = Counter(name for name, _ in header.pairs)
    seen: Counter[str] = Counter()
    rows: list[CookieRow] = []
    others = 0
    for name, value in header.pairs:
        seen[name] += 1
        row = _row(name, value, client_id)
        if row.kind == "other":
            others += 1
            continue
        several = totals[name] > 1
        place, of = (seen[name], totals[name]) if several else (0, 1)
        rows.append(CookieRow(row.kind, row.prefix, row.suffix, row.value, place, of))
    twins = sum(row.twin == 1 for row in rows)
    return Arrived(tuple(rows), others, twins)


def _row(name: str, value: str, client_id: str) -> CookieRow:
    if name.startswith(_OWN):
        return CookieRow("own", "", name, shorten(value))
    key = parse_name(name)
    if key is None or key.client_id != client_id:
        return CookieRow("other", "", name, shorten(value))
    # The prefix is the same for all and 50 characters long: its beginning and the person are what tells something.
    stem = name[: len(name) - len(key.suffix)] if name.endswith(key.suffix) else ""
    head, _, _ = stem.partition(".")
    person = f"{shorten(key.username)}." if key.username is not None else ""
    return CookieRow("session", f"{head[:7]}…{client_id[:4]}….{person}", key.suffix, shorten(value))


@dataclass(frozen=True, slots=True)
class Written:
    """What a response does in one scope.

    Attributes:
        scope: as `CookieScope` writes it: `host-only /`, `.example.com /app`.
        deleted: how many names it deletes there.
        kept: the suffixes that it writes there, in order.
    """

    scope: str
    deleted: int
    kept: tuple[str, ...]


def written(lines: Sequence[SetCookie]) -> tuple[Written, ...]:
    """A response's Set-Cookie lines by scope, those that write first."""
    deleted: Counter[str] = Counter()
    kept: dict[str, list[str]] = {}
    for line in lines:
        scope = str(line.scope)
        if line.is_deletion:
            deleted[scope] += 1
        else:
            kept.setdefault(scope, []).append(line.name.rpartition(".")[2] if "." in line.name else line.name)
    return tuple(
        Written(scope, deleted[scope], tuple(kept.get(scope, ()))) for scope in dict.fromkeys([*kept, *deleted])
    )
