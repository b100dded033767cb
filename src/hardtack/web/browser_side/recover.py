"""`POST {base}/recover`: deletes what script can't reach, when script has found a session to be over.

Rule: script tells the path of its page and the names that it has just deleted, and is believed in neither: a path goes
through the sweep's own rules, and a name counts only if it is one of this client's that sign-out removes. What the
request itself shows is swept as well: script has deleted what it could, so it is out of its reach. But somebody may be
signing in at this very moment, into the policy's own scope: there a name that was only told is spared, and every name
once the mark says that somebody has. One answer carries a budget's worth of deletions; the cursor in it, handed back,
makes the next one go on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hardtack.amplify import SWEPT_SUFFIXES, AmplifyNames, read
from hardtack.amplify.names import LAST_AUTH_USER
from hardtack.cookies import sweep
from hardtack.sessions.front_end_mark import FrontEndMark
from hardtack.sessions.marks import Binding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hardtack.amplify import AmplifyKey
    from hardtack.cookies import CookieHeader, CookiePolicy, SetCookie

__all__ = ["Recovery", "recover"]

_LONGEST_BODY: Final = 16_384  # bytes: 64 names of the longest user names
_MOST_NAMES: Final = 64
_LONGEST_CURSOR: Final = 9  # digits


@dataclass(frozen=True, slots=True)
class Recovery:
    """What `recover` answers.

    Attributes:
        lines: the deletions, to be sent as they are.
        cursor: where the next call goes on.
        again: whether there is more to sweep than this answer could carry.
    """

    lines: tuple[SetCookie, ...]
    cursor: int
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
        body: the request's body, as it came: `{"path": ..., "names": [...]}`. Anything else counts as empty.
    """
    path, told = _read_body(body)
    names = AmplifyNames(client_id)
    start = int(cursor) if cursor.isascii() and cursor.isdecimal() and len(cursor) <= _LONGEST_CURSOR else 0
    shown = read(cookies.pairs, client_id).swept_names
    gone = set(_ours(names, told)) - set(shown)
    signed_in = isinstance(FrontEndMark(client_id, policy).read(cookies), Binding)
    spared = {*gone, *(shown if signed_in else ())}
    swept = sweep([*shown, *gone], policy=policy, host=host, raw_path=path, writes=spared, cursor=start)
    return Recovery(swept.lines, swept.cursor, again=swept.cursor < swept.total)


def _read_body(body: bytes) -> tuple[bytes | None, list[object]]:
    """The page's path and the names; the body is a stranger's."""
    if len(body) > _LONGEST_BODY:
        return None, []
    try:
        told: Any = json.loads(body)
        path: Any = told["path"]
        names: Any = told["names"]
        return path.encode("ascii"), list(names)[:_MOST_NAMES]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None, []


def _ours(names: AmplifyNames, told: Iterable[object]) -> Iterable[str]:
    for name in told:
        if isinstance(name, str) and name.isascii() and (key := names.parse(name)) is not None and _is_swept(key):
            yield name


def _is_swept(key: AmplifyKey) -> bool:
    return key.suffix == LAST_AUTH_USER if key.username is None else key.suffix in SWEPT_SUFFIXES
