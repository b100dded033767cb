"""`POST {base}/recover`: deletes what script can't reach, when script has found a session to be over.

Rule: script tells the path of its page and the names that it has just deleted, and is believed in neither: a path goes
through the sweep's own rules, and a name counts only if it is one of this client's that sign-out removes. What the
request itself shows is swept as well: script has deleted what it could, so it is out of its reach. One answer carries a
budget's worth of deletions; the cursor in it, handed back, makes the next one go on.

Somebody may be signing in at this very moment, in another tab, and an answer that comes late must not delete what they
were given. Fresh cookies lie in the policy's own scope, where script can delete whatever it sees. So that scope is left
alone, until all others are swept and a request still shows names that script does not see (HttpOnly ones): then it is
its turn, once. And a request whose mark says that somebody is signed in sweeps nothing at all: script had looked before
it asked, and another tab has signed in between.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hardtack.amplify import SWEPT_SUFFIXES, AmplifyNames, read
from hardtack.amplify.names import LAST_AUTH_USER
from hardtack.cookies import CookieError, SetCookie, sweep
from hardtack.sessions.front_end_mark import FrontEndMark
from hardtack.sessions.marks import Binding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hardtack.amplify import AmplifyKey
    from hardtack.cookies import CookieHeader, CookiePolicy

__all__ = ["Recovery", "recover"]

_LONGEST_BODY: Final = 16_384  # bytes: 64 names of the longest user names
_MOST_NAMES: Final = 64
_LONGEST_CURSOR: Final = 9  # digits
_OWN: Final = "own"
_LINE_OVERHEAD: Final = len(b": \r\n")


@dataclass(frozen=True, slots=True)
class Recovery:
    """What `recover` answers.

    Attributes:
        lines: the deletions, to be sent as they are.
        cursor: where the next call goes on: a number, or `own` for the policy's own scope.
        again: whether there is more to sweep than this answer could carry.
    """

    lines: tuple[SetCookie, ...]
    cursor: str
    again: bool

    def document(self) -> dict[str, Any]:
        """The answer's JSON body."""
        return {"swept": len(self.lines), "again": self.again, "cursor": self.cursor}


def recover(
    policy: CookiePolicy, *, client_id: str, host: str, cookies: CookieHeader, cursor: str = "", body: bytes = b""
) -> Recovery:
    """Choose the deletions of one answer.

    Args:
        policy: whose scopes are swept.
        client_id: whose auth cookies.
        host: the request's `Host`. For one that isn't the policy's, nothing is swept.
        cookies: what the request shows.
        cursor: the query's `cursor`, as it came.
        body: the request's body, as it came: `{"path": ..., "names": [...], "seen": [...]}`, the names that script has
            deleted and those that it sees all the same. Anything else counts as empty.
    """
    if isinstance(FrontEndMark(client_id, policy).read(cookies), Binding):
        return Recovery((), _OWN, again=False)
    told = _read_body(body)
    shown = read(cookies.pairs, client_id).swept_names
    hidden = [name for name in shown if name not in told.seen] if policy.allows_host(host) else []
    if cursor == _OWN:
        return Recovery(tuple(_own_scope(policy, hidden)), _OWN, again=False)
    names = {*shown, *_ours(AmplifyNames(client_id), told.names)}
    start = int(cursor) if cursor.isascii() and cursor.isdecimal() and len(cursor) <= _LONGEST_CURSOR else 0
    swept = sweep(names, policy=policy, host=host, raw_path=told.path, writes=names, cursor=start)
    if swept.cursor < swept.total:
        return Recovery(swept.lines, str(swept.cursor), again=True)
    return Recovery(swept.lines, _OWN, again=bool(hidden))


def _own_scope(policy: CookiePolicy, names: Iterable[str]) -> Iterator[SetCookie]:
    """Deletions in the policy's own scope, within its budget."""
    left = policy.sweep_budget
    for name in names:
        with suppress(CookieError):  # a name that no line can carry, or that no browser would have kept
            line = SetCookie.deletion(name, policy.scope)
            left -= sum(map(len, line.to_header())) + _LINE_OVERHEAD
            if left < 0:
                return
            yield line


@dataclass(frozen=True, slots=True)
class _Told:
    """What script says; none of it is to be believed."""

    path: bytes | None = None
    names: tuple[object, ...] = field(default=(), repr=False)
    seen: tuple[object, ...] = field(default=(), repr=False)


def _read_body(body: bytes) -> _Told:
    if len(body) > _LONGEST_BODY:
        return _Told()
    try:
        told: Any = json.loads(body)
        names, seen = (tuple(told[key])[:_MOST_NAMES] for key in ("names", "seen"))
        return _Told(told["path"].encode("ascii"), names, seen)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return _Told()


def _ours(names: AmplifyNames, told: Iterable[object]) -> Iterable[str]:
    for name in told:
        if isinstance(name, str) and name.isascii() and (key := names.parse(name)) is not None and _is_swept(key):
            yield name


def _is_swept(key: AmplifyKey) -> bool:
    return key.suffix == LAST_AUTH_USER if key.username is None else key.suffix in SWEPT_SUFFIXES
