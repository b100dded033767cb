"""What lies in a jar, for people: each cookie by a short name, with what its value is."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from hardtack.explore.symbols import open_seal, read_token
from hardtack.explore.trace import JarEntry

if TYPE_CHECKING:
    from hardtack.cookies.stored import StoredCookie
    from hardtack.explore.state import State

__all__ = ["entries_of"]

_PREFIX: Final = "CognitoIdentityServiceProvider."
_OWN: Final = {
    "binding": "whose browser this is", "pair": "what Hardtack wrote last", "ladder": "how far recovery has climbed",
    "adopted": "a session that was taken over", "session": "a sealed session", "js": "the mark of hardtack.js",
}  # fmt: skip


def entries_of(state: State, document: str) -> tuple[JarEntry, ...]:
    """The jar of a state, what script sees first and in its order, then what it doesn't see."""
    left = list(state.jar)
    ordered: list[StoredCookie] = []
    for pair in document.split("; ") if document else ():
        name, _, value = pair.partition("=")
        found = next((one for one in left if (one.name, one.value) == (name, value)), None)
        if found is not None:
            left.remove(found)
            ordered.append(found)
    return tuple(_entry(cookie, state.now) for cookie in (*ordered, *left))


def _entry(cookie: StoredCookie, now: int) -> JarEntry:
    meaning, session = _meaning(cookie, now)
    return JarEntry(
        name=cookie.name,
        label=_label(cookie.name),
        scope=str(cookie.scope),
        host=cookie.host,
        value=cookie.value,
        meaning=meaning,
        http_only=cookie.http_only,
        session=session,
    )


def _label(name: str) -> str:
    return unquote(name.split(".", 2)[2]) if name.startswith(_PREFIX) else name


def _meaning(cookie: StoredCookie, now: int) -> tuple[str, int]:
    token = read_token(unquote(cookie.value))
    if token is not None:
        number = int(token.session.removeprefix("origin"))
        ended = ", expired" if token.use == "access" and now >= token.expires_at else ""
        return f"{token.user}, sign-in {number}, {token.use} token {token.generation}{ended}", number
    if "hardtack-" in cookie.name:
        return _own(cookie)
    return unquote(cookie.value)[:60], 0


def _own(cookie: StoredCookie) -> tuple[str, int]:
    kind = cookie.name.partition("hardtack-")[2].partition("-")[0].partition(".")[0]
    opened = open_seal(cookie.value.rpartition(".")[2])
    text = _unpacked(opened[1]) if opened is not None else cookie.value
    found = [part.split('"')[0].split(".")[0] for part in text.split("origin")[1:]]
    number = int(found[0]) if found and found[0].isdigit() else 0
    what = "nobody any more: signed out" if text.startswith(('["t"', "out.")) else _OWN.get(kind, kind)
    return (f"{what}, sign-in {number}" if number else what), number


def _unpacked(plain: bytes) -> str:
    try:
        return zlib.decompress(plain).decode("latin-1")
    except zlib.error:
        return plain.decode("latin-1")
