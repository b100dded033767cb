"""The deletions that reach every scope a request can see: how twins go away.

A server sees names and counts, never scopes, and a deletion reaches one scope exactly. So a sweep tries them all:
host-only and every Domain up to the registrable one, times every path that the request's path lies under, times both
sides of the partition. Three rules bind it. It never leaves what the policy owns. It never deletes what the same
response writes. And it fits: default nginx answers 502 a little above 4 KB of headers, so one response carries a
budget's worth, likeliest scopes first, and a cursor makes the next response go on where this one stopped.

The cursor outlives the names that a sweep deletes. Each scope has a row of slots as wide as any jar needs, and names
stand at the row's end: when those before the cursor are gone from the next request, those behind it have not moved. So
one walk round the cycle is enough: with n names in s scopes and lines of at most b bytes, a sweep from cursor 0 ends
after at most `ceil(n * s / (budget // b))` responses, and one that starts within a row has that row to walk once more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hardtack.cookies.errors import CookieError
from hardtack.cookies.line import MAX_ATTRIBUTE_BYTES
from hardtack.cookies.matching import canonical_host, default_path, path_match
from hardtack.cookies.prefixes import prefix_of
from hardtack.cookies.scope import CookieScope
from hardtack.cookies.set_cookie import SetCookie
from hardtack.cookies.site import Site

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from hardtack.cookies.policy import CookiePolicy

__all__ = ["MAX_NAME_BYTES", "MAX_PREFIXES", "Sweep", "path_prefixes", "sweep", "sweep_scopes"]

MAX_NAME_BYTES: Final = 2_048
"""Bytes of a name that is swept. Amplify's longest, a user name of 128 characters in any script, stays below; a longer
one was planted, and its deletion alone could burst the proxy's buffer on every page."""
MAX_PREFIXES: Final = 64
"""Prefixes of a request's path that are swept, the shortest: 32 folders. A path is a stranger's; our time is not."""

_SLOTS = 256  # of a row: browsers keep 180 cookies of a site, so that a row hardly ever needs more
_LINE_OVERHEAD = len(b": \r\n")
# What a browser puts into a request line. ";" would end the attribute, and beyond ASCII browsers percent-encode.
_RAW_PATH = re.compile(rb"/[\x21-\x3a\x3c-\x7e]*")


@dataclass(frozen=True, slots=True)
class Sweep:
    """The deletions of one response.

    Attributes:
        lines: to be sent before any cookie that the response sets.
        cursor: to be handed to the next response's sweep. It only grows, by the steps that were passed, and counts
            modulo `total`.
        total: steps of a full cycle, the slots without a name included; 0 if there is nothing to sweep.
        bytes_used: bytes of the header lines, names, colons and line ends included.
        reach: the longest path among its scopes whose cookies the request shows: from there, and from below, what is
            left can be seen.
    """

    lines: tuple[SetCookie, ...]
    cursor: int
    total: int
    bytes_used: int
    reach: str = "/"

    @property
    def rest(self) -> int:
        """Where a sweep that begins with the cycle and walks it once goes on; 0 when it has."""
        return 0 if self.cursor >= self.total else self.cursor


def sweep(
    names: Iterable[str],
    *,
    policy: CookiePolicy,
    host: str,
    raw_path: bytes | None,
    writes: Collection[str] = (),
    unseen: Iterable[str] = (),
    cursor: int = 0,
    budget: int | None = None,
) -> Sweep:
    """Choose this response's deletions.

    Left out are names that no line can carry or that pass `MAX_NAME_BYTES`, and `__Host-` names, which have no twin.

    Args:
        names: of cookies that the request shows.
        policy: whose scopes are swept.
        host: the request's `Host`. If it isn't one of the policy's, nothing is swept.
        raw_path: the request's path as it came over the wire; None if the server doesn't tell.
        writes: names that the same response sets in the policy's scope, which is then left alone.
        unseen: further names that may lie where this request can't see them (at sign-out): deleted on the policy's base
            paths, in its legacy scopes and in its own.
        cursor: the last sweep's, or any number to start with.
        budget: bytes of header lines; the policy's if None. A single line that is longer still goes out, alone.

    Returns:
        The lines, scope by scope, names sorted; the same arguments give the same lines.
    """
    seen = sorted(set(filter(_can_be_swept, names)))
    blind = sorted({*seen, *filter(_can_be_swept, unseen)})
    scopes = sweep_scopes(policy, host=host, raw_path=raw_path) if blind else ()
    rows = [(scope, _names_in(scope, policy, seen, blind, writes)) for scope in scopes]
    width = max((len(row) for _, row in rows), default=0)
    if not width:
        return Sweep((), cursor, 0, 0)
    slots = max(_SLOTS, 1 << (width - 1).bit_length())
    total = len(rows) * slots
    path = (raw_path or b"/").partition(b"?")[0].decode("latin-1")
    reach = max((scope.path for scope in scopes if path_match(path, scope.path)), key=len, default="/")
    left = policy.sweep_budget if budget is None else budget
    lines: list[SetCookie] = []
    used = 0
    for step, scope, name in _walk(rows, slots, cursor):
        line = SetCookie.deletion(name, scope)
        size = sum(map(len, line.to_header())) + _LINE_OVERHEAD
        if lines and used + size > left:
            return Sweep(tuple(lines), step, total, used, reach)
        lines.append(line)
        used += size
    return Sweep(tuple(lines), cursor + total, total, used, reach)


def sweep_scopes(policy: CookiePolicy, *, host: str, raw_path: bytes | None) -> tuple[CookieScope, ...]:
    """Every scope that a request shows or the policy names, and that the policy may sweep.

    Args:
        policy: whose scopes.
        host: the request's `Host`.
        raw_path: the request's path as it came over the wire. Absent, or with anything in it that a browser never sends
            or no `Path` can carry, it counts as "/".

    Returns:
        The likeliest first: the policy's own, host-only on "/", the domains on "/" from the widest, the legacy scopes,
        then the paths; and all that once more partitioned. Empty for a host that isn't the policy's.
    """
    canonical = canonical_host(host)
    if canonical is None or not policy.allows_host(canonical):
        return ()
    domains = (None, *reversed(Site.of(canonical).domains))
    legacy = [scope for scope in policy.legacy_scopes if scope.domain in domains]
    paths = dict.fromkeys(["/", *_base_paths(policy), *_request_paths(raw_path)])
    deeper = [CookieScope(domain, path) for path in paths for domain in domains]
    likely = [policy.scope, *deeper[: len(domains)], *legacy, *deeper[len(domains) :]]
    partitioned = [CookieScope(scope.domain, scope.path, partitioned=True) for scope in likely]
    return tuple(dict.fromkeys(scope for scope in (*likely, *partitioned) if policy.may_sweep(scope)))


def path_prefixes(path: str) -> tuple[str, ...]:
    """Every path whose cookies a request for `path` shows (RFC 6265bis section 5.1.4), the shortest first.

    Args:
        path: starts with "/".
    """
    slashes = [index for index, character in enumerate(path) if character == "/"]
    ends = {len(path), *(index for index in slashes if index), *(index + 1 for index in slashes)}
    return tuple(path[:end] for end in sorted(ends))


def _base_paths(policy: CookiePolicy) -> Iterator[str]:
    for base in policy.base_paths:
        yield from reversed(path_prefixes(base))


def _request_paths(raw_path: bytes | None) -> Iterator[str]:
    """The request's directory, where a cookie without a Path lands; its prefixes as people write them; the rest."""
    path = (raw_path or b"/").partition(b"?")[0]
    if not _RAW_PATH.fullmatch(path):
        return
    text = path.decode("ascii")
    prefixes = path_prefixes(text[: MAX_ATTRIBUTE_BYTES + 1])[:MAX_PREFIXES]  # one more, to see where a folder ends
    likely = [default_path(text), *sorted(prefixes, key=lambda prefix: prefix.endswith("/"))]
    yield from (prefix for prefix in likely if len(prefix) <= MAX_ATTRIBUTE_BYTES)


def _names_in(
    scope: CookieScope, policy: CookiePolicy, seen: list[str], blind: list[str], writes: Collection[str]
) -> list[str]:
    """A scope's row. It may be empty, but it is there: a row's number must not depend on the names."""
    if scope == policy.scope:
        return [name for name in blind if name not in writes]
    return blind if scope in policy.legacy_scopes or scope.path in policy.base_paths else seen


def _can_be_swept(name: str) -> bool:
    prefix = prefix_of(name)
    if len(name) > MAX_NAME_BYTES or (prefix is not None and prefix.host_only):
        return False
    try:
        SetCookie.deletion(name, CookieScope())
    except CookieError:
        return False
    return True


def _walk(rows: list[tuple[CookieScope, list[str]]], slots: int, start: int) -> Iterator[tuple[int, CookieScope, str]]:
    """Once round the cycle from `start`: each name of each row with its step, which is its place from the row's end."""
    end = start + len(rows) * slots
    for number in range(start // slots, -(-end // slots)):
        scope, names = rows[number % len(rows)]
        first = (number + 1) * slots - len(names)
        for step, name in enumerate(names, first):
            if start <= step < end:
                yield step, scope, name
