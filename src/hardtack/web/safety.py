r"""Two questions that every site answers wrongly once: where to go next, and who sent this.

Rule for `next`: only a path of this very origin, as a *browser* reads it (WHATWG URL, section 4.4): it drops tabs and
line breaks, takes `\` for `/`, and `//` for another host. What can be read in two ways is not repaired but refused, and
a refused `next` is no error: people then land on the home page.

Rule for forms: a request that changes something must come from one of our own pages. `Sec-Fetch-Site: same-site` is not
enough, since a sibling subdomain may be hostile. Where a browser sends no fetch metadata, `Origin` decides, then
`Referer`; a request with none of them is refused. Signing in is protected too: a stranger's page must not sign a person
into the stranger's account (login CSRF).

Rule for WebSockets: the same-origin policy does not hold for them, and `SameSite` lets siblings through. So a handshake
that names another origin (browsers always name one) is nobody's (cross-site WebSocket hijacking).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["crosses_sites", "opened_elsewhere", "safe_next"]

_LONGEST: Final = 2_000  # characters; longer addresses break proxies and mail programs
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f\\]|[\ud800-\udfff]")
_DOT: Final = re.compile(r"\.|%2e", re.IGNORECASE)
_SAFE: Final = "!#$%&'()*+,/:;=?@[]~"  # what may stand in a path, query and fragment as it is; the rest is escaped
_MOST_DECODINGS: Final = 4  # a chain of proxies decodes once each; text that is still encoded then is refused
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def safe_next(target: str | None, *, auth_path: str, origins: Collection[str] = ()) -> str:
    """The target of a redirect if it is a path of this origin, else "".

    Args:
        target: what a query or a form said, or None.
        auth_path: where the auth routes are mounted; nothing below it is a place to go on to, so that no sign-in leads
            to a sign-out or to itself.
        origins: the origin that the request was made to. An absolute address of it counts as its path.

    Returns:
        An ASCII path with query and fragment, escaped, at most 2,000 characters; "" for anything else.
    """
    if not target or len(target) > _LONGEST or _FORBIDDEN.search(target):
        return ""
    for origin in origins:
        rest = target[len(origin) :]
        if target[: len(origin)].lower() == origin and (not rest or rest[0] in "/?#"):
            target = rest if rest[:1] == "/" else "/" + rest
            break
    path = re.split(r"[?#]", target, maxsplit=1)[0]
    if not _is_plain(path) or _lies_below(path, auth_path):
        return ""
    escaped = quote(target, safe=_SAFE)
    return escaped if len(escaped) <= _LONGEST else ""


def _is_plain(path: str) -> bool:
    """Whether nobody on the way, however often they decode it, reads this path as another host."""
    for _ in range(_MOST_DECODINGS):
        for reading in (path, _resolved(path)):
            if not reading.startswith("/") or reading.startswith("//") or _FORBIDDEN.search(reading):
                return False
        decoded = unquote(path)
        if decoded == path:
            return True
        path = decoded
    return False


def _lies_below(path: str, auth_path: str) -> bool:
    """Whether a path, decoded, resolved and with its slashes merged as servers may, is one of the auth routes."""
    for _ in range(_MOST_DECODINGS):
        path = unquote(path)
    merged = re.sub(r"/+", "/", _resolved(re.sub(r"/+", "/", path))).lower()
    own = auth_path.lower()
    return merged == own or merged.startswith(own + "/")


def _resolved(path: str) -> str:
    """The path without its dot segments, escaped dots included, as browsers resolve it."""
    resolved: list[str] = []
    segments = path.split("/")
    for place, segment in enumerate(segments):
        dots = _DOT.sub(".", segment)
        if dots == "..":
            if len(resolved) > 1:
                resolved.pop()
        elif dots != ".":
            resolved.append(segment)
            continue
        if place == len(segments) - 1:
            resolved.append("")
    return "/".join(resolved)


def crosses_sites(headers: Sequence[tuple[bytes, bytes]], origins: Collection[str]) -> bool:
    """Whether a request that changes something may come from somebody else's page, and so must be refused.

    Args:
        headers: the request's raw headers, names in lower case.
        origins: the policy's origins.
    """
    sites = _all(headers, b"sec-fetch-site")
    if sites:
        return any(site not in ("same-origin", "none") for site in sites)
    senders = _all(headers, b"origin") or [_origin_of(referer) for referer in _all(headers, b"referer")]
    return not senders or any(_origin_of(sender) not in origins for sender in senders)


def opened_elsewhere(headers: Sequence[tuple[bytes, bytes]], origins: Collection[str]) -> bool:
    """Whether a WebSocket was opened by a page of another origin (RFC 6455 section 10.2).

    Args:
        headers: the handshake's raw headers, names in lower case.
        origins: the policy's origins. A client that names no origin is no browser, and has no cookies of one.
    """
    return any(_origin_of(sender) not in origins for sender in _all(headers, b"origin"))


def _all(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for key, value in headers if key == name]


def _origin_of(url: str) -> str:
    """The origin of an absolute URL, in the form of the policy's origins; "" for anything else (`null` included)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.username is not None:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown = "" if port is None or port == _DEFAULT_PORTS[parts.scheme] else f":{port}"
    return f"{parts.scheme}://{host}{shown}"
