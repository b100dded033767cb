"""A pasted header: the least evidence that there is, and often enough to see the fault.

Rule: take whatever people copy. A bare value, `Cookie: …`, lines of `curl -v` with their `>` and `<`, a whole request
and its response from a browser's tools: what isn't a header is passed over. A Cookie header shows no scopes, so twins
are seen and where they lie is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hardtack.cookies import CookieHeader, canonical_host
from hardtack.cookies.line import wire_text
from hardtack.doctor.errors import SourceError
from hardtack.doctor.evidence import Evidence, Place
from hardtack.doctor.facts import Area, Facts, Hint, Progress, Sight, SourceKind
from hardtack.doctor.lines import read_set_cookie
from hardtack.doctor.marks import Marker
from hardtack.doctor.observed import After, CacheableWrite, CookieWritten, JarCookie, JarSeen, Sizes
from hardtack.doctor.profiles import refer

if TYPE_CHECKING:
    from argparse import Namespace

    from hardtack.doctor.observed import Fact

__all__ = ["gather"]

MOST: Final = 1_000_000
"""Characters of a pasted text: a header has some thousands."""
_SOURCE: Final = "header"
_FIELD: Final = re.compile(r"[<>]?\s*:?(?P<name>[A-Za-z][A-Za-z0-9-]{0,60})\s*:\s*(?P<value>.*)")
_REQUEST: Final = re.compile(r"[<>]?\s*(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (?P<path>/\S*) HTTP/\S+")
_STATUS: Final = re.compile(r"[<>]?\s*HTTP/\S+ (?P<status>\d{3})\b")
_ATTRIBUTE: Final = re.compile(
    r";\s*(?:path|domain|expires|max-age|samesite)\s*=|;\s*(?:secure|httponly)\s*(?:;|$)", re.IGNORECASE
)
_DOMAIN: Final = re.compile(r";\s*domain\s*=\s*\.?([^;\s]+)", re.IGNORECASE)
_KEPT_FIELDS: Final = frozenset({"cookie", "set-cookie", "host", "authority", "cache-control", "age", "x-cache"})
_NO_HOST: Final = "this-host.example"


@dataclass(slots=True)
class _Pasted:
    """What stands in the text, line by line."""

    cookies: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    lines: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    host: str | None = None
    path: str = "/"
    status: int = 200
    cache: str | None = None
    from_cache: bool = False


def gather(target: str, options: Namespace, progress: Progress) -> Facts:
    """State what a pasted text says.

    Args:
        target: the text.
        options: `host` names the hosts of the site, the first of which counts; the text's own Host goes before it.
        progress: told once.

    Raises:
        SourceError: nothing in it is a Cookie or a Set-Cookie header, or it is far too long.
    """
    if len(target) > MOST:
        raise SourceError("The pasted text is far longer than any header.", hint="Paste the Cookie header alone.")
    pasted = _read(target)
    if not pasted.cookies and not pasted.lines:
        raise SourceError(
            "There is no Cookie and no Set-Cookie header in what was pasted.",
            hint='Copy the request headers from the browser\'s network tools, or write "Cookie: …" before the value.',
        )
    hosts: list[str] = list(getattr(options, "host", None) or ())
    host = pasted.host or next((found for one in hosts if (found := canonical_host(one))), None) or _guess(pasted)
    marker = Marker()
    items: list[Fact] = []
    if pasted.cookies:
        items += _sent(pasted, host, marker)
    items += _written(pasted, host, marker)
    progress(len(target), len(target))
    return Facts(
        kind=SourceKind.HEADER,
        target=_SOURCE,
        items=tuple(items),
        sights=_sights(pasted),
        hints=() if _has_session(items) else (Hint.NO_AUTH_SEEN,),
        counts={"headers": len(pasted.cookies) + len(pasted.lines)},
    )


def _read(text: str) -> _Pasted:
    pasted = _Pasted()
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if request := _REQUEST.fullmatch(line):
            pasted.path = request["path"].partition("?")[0]
        elif status := _STATUS.match(line):
            pasted.status = int(status["status"])
        elif (found := _FIELD.fullmatch(line)) and found["name"].lower() in _KEPT_FIELDS:
            _take(pasted, number, found["name"].lower(), found["value"].strip())
        elif "=" in line and not found:
            (pasted.lines if _ATTRIBUTE.search(line) else pasted.cookies).append((number, line))
    return pasted


def _take(pasted: _Pasted, number: int, name: str, value: str) -> None:
    if name == "cookie":
        pasted.cookies.append((number, value))
    elif name == "set-cookie":
        pasted.lines.append((number, value))
    elif name in {"host", "authority"}:
        pasted.host = canonical_host(value) or pasted.host
    elif name == "cache-control":
        pasted.cache = value
    else:
        pasted.from_cache = (
            pasted.from_cache or (value.isdecimal() and int(value) > 0) or value.lower().startswith("hit")
        )


def _guess(pasted: _Pasted) -> str:
    """A host for which the lines' own Domain is no stranger; its name is made up and looks it."""
    for _, line in pasted.lines:
        found = _DOMAIN.search(line)
        if found and canonical_host(f"this-host.{found[1]}"):
            return f"this-host.{found[1].lower()}"
    return _NO_HOST


def _sent(pasted: _Pasted, host: str, marker: Marker) -> list[Fact]:
    """The Cookie header; HTTP/2 may cut one into several lines."""
    text = "; ".join(value for _, value in pasted.cookies)
    header = CookieHeader.parse(text)
    cookies = tuple(
        JarCookie(refer(name, marker), marker.mark(value), size=len(name) + len(value)) for name, value in header.pairs
    )
    place = Place(_SOURCE, line=pasted.cookies[0][0])
    evidence = Evidence(place, f"Cookie: {len(cookies)} cookies, {len(header.raw):,} bytes")
    return [
        JarSeen(evidence=evidence, host=host, cookies=cookies, after=After.START),
        Sizes(
            evidence=evidence,
            host=host,
            request_bytes=len(header.raw),
            cookie_bytes=len(header.raw),
            status=pasted.status,
        ),
    ]


def _written(pasted: _Pasted, host: str, marker: Marker) -> list[Fact]:
    items: list[Fact] = []
    written: list[CookieWritten] = []
    for order, (number, line) in enumerate(pasted.lines):
        attributes = line.partition(";")[2].strip()
        evidence = Evidence(Place(_SOURCE, line=number), f"Set-Cookie: …; {attributes}")
        fact = read_set_cookie(line, f"https://{host}{pasted.path}", marker=marker, evidence=evidence, order=order)
        if fact is not None:
            written.append(fact)
    items += written
    ours = [one for one in written if one.cookie.role.is_session and not one.deletion]
    if ours and (pasted.cache is not None or pasted.from_cache):
        evidence = ours[0].evidence
        items.append(CacheableWrite(evidence=evidence, directive=pasted.cache or "", from_cache=pasted.from_cache))
    if written:
        size = sum(len(wire_text(line)) for _, line in pasted.lines)
        sizes = Sizes(
            evidence=written[0].evidence, host=host, response_bytes=size, set_cookie_bytes=size, status=pasted.status
        )
        items.append(sizes)
    return items


def _sights(pasted: _Pasted) -> dict[Area, Sight]:
    sights = {Area.SIZES: Sight.PARTIAL}
    if pasted.cookies:
        sights[Area.JAR] = Sight.FULL
    if pasted.lines:
        sights[Area.WRITES] = Sight.FULL
    return sights


def _has_session(items: list[Fact]) -> bool:
    jars = (one.cookie for item in items if isinstance(item, JarSeen) for one in item.cookies)
    lines = (item.cookie for item in items if isinstance(item, CookieWritten))
    return any(cookie.role.is_session for cookie in (*jars, *lines))
