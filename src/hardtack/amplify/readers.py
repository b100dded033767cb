"""Which of several cookies of one name each of Amplify's readers believes.

Rule: this is where the loop begins, so it is modelled and not judged. The same header gives the browser's script the
first of two twins and the App Router the last, and each passes over what it can't decode in its own way. The engine
never reads by these; reports do, and the tests that show two parties at odds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from hardtack.amplify.encoding import (
    JS_SPACE,
    app_router_read,
    decode_component,
    document_text,
    js_cookie_read,
    pages_router_read,
    server_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["READERS", "Reader", "app_router_cookies", "app_router_wire", "believed", "pages_router_cookies"]

Reader: TypeAlias = Literal["js_cookie", "app_router", "pages_router"]
READERS: tuple[Reader, ...] = ("js_cookie", "app_router", "pages_router")


def believed(pairs: Iterable[tuple[str, str]], key: str, reader: Reader) -> str | None:
    """The value that this reader finds under a storage key, or None where it finds nothing.

    Args:
        pairs: the Cookie header's pairs, every twin, in order (`CookieHeader.pairs`); a pair without `=` as
            `("", text)`.
        key: the key before any escaping, such as `CognitoIdentityServiceProvider.CID.alice.accessToken`.
        reader: `js_cookie` (the browser), `app_router` (middleware, route handlers, server components and actions) or
            `pages_router` (getServerSideProps and API routes, where an empty value counts as missing).
    """
    if reader == "js_cookie":
        return _js_cookie(pairs, key)
    try:
        wire_name = server_name(key)
    except ValueError:
        return None
    return _app_router(pairs, wire_name) if reader == "app_router" else _pages_router(pairs, wire_name)


def _js_cookie(pairs: Iterable[tuple[str, str]], key: str) -> str | None:
    """The first whose decoded name is the key and whose value can be decoded."""
    for name, value in pairs:
        shown_name, shown_value = document_text(name or value), document_text(value if name else "")
        if shown_name is None or shown_value is None or decode_component(shown_name) != key:
            continue
        decoded = js_cookie_read(shown_value)
        if decoded is not None:
            return decoded
    return None


def app_router_cookies(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What Next's App Router makes of a header: by name on the wire the last value of each that can be decoded.

    A name's place is that of its first cookie that can be decoded: `cookies()` writes in this order. A pair without `=`
    reads `true`.
    """
    return {name: decoded for name, _, decoded in _app_router_reads(pairs)}


def app_router_wire(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Which copy of each cookie the App Router reads: as `app_router_cookies`, but with the value as it was sent."""
    return {name: value for name, value, _ in _app_router_reads(pairs)}


def pages_router_cookies(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What Next's Pages Router makes of a header: by trimmed name the first value of each.

    A pair without `=` doesn't count.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name and (trimmed := name.strip(JS_SPACE)) not in found:
            found[trimmed] = pages_router_read(value)
    return found


def _app_router_reads(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Name, value as sent, value as read, of each pair that the App Router can decode."""
    for name, value in pairs:
        decoded = app_router_read(value) if name else "true"
        if decoded is not None:
            yield name or value, value, decoded


def _app_router(pairs: Iterable[tuple[str, str]], wire_name: str) -> str | None:
    return app_router_cookies(pair for pair in pairs if (pair[0] or pair[1]) == wire_name).get(wire_name)


def _pages_router(pairs: Iterable[tuple[str, str]], wire_name: str) -> str | None:
    """Here an empty value is none: the adapter asks whether there is something in it."""
    named = (pair for pair in pairs if pair[0].strip(JS_SPACE) == wire_name)
    return pages_router_cookies(named).get(wire_name) or None
