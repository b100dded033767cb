"""What the site gets to read: one cookie of each auth name, and nothing that is surely dead.

Rule: everything else passes byte for byte. A header is written anew only where something in it is settled, and then a
cookie that stays keeps its very bytes; only a set that was just refreshed is written in Amplify's own encoding, which
every one of its readers decodes.

Where the shield refreshes in the site's place, the site is sent no refresh token: two that hold the same one spend it
twice, and with rotation the second is refused. Only Amplify's own sign-out route gets it, which has it revoked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hardtack.amplify import SWEPT_SUFFIXES, read_value
from hardtack.cookies import CookieHeader, CookieTooLarge
from hardtack.sessions import Reason
from hardtack.sessions.transitions import Cookies
from hardtack.tokens import Expired, Good

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hardtack.sessions import Plan
    from hardtack.sessions.engine import Engine
    from hardtack.sessions.storage import Kept, Shown
    from hardtack.web.visit import RawHeaders

__all__ = ["Resolver", "signs_out", "with_cookies"]

_STRIDE: Final = 31  # as in `hardtack.sessions.memory`
_MOST_KNOWN: Final = 4_096
_TOKENS: Final = ("LastAuthUser", "accessToken", "idToken", "refreshToken")
_REFRESH: Final = "refreshToken"
_SIGN_OUTS: Final = (b"sign-out", b"sign-out-callback")  # what Amplify's auth routes are called, wherever they lie


class _Part(NamedTuple):
    """One cookie of a header: its very bytes, and what they say."""

    raw: bytes
    name: str
    value: str


def signs_out(raw_path: bytes) -> bool:
    """Whether a path is that of Amplify's own sign-out on the server, which needs the refresh token."""
    return raw_path.rpartition(b"/")[2] in _SIGN_OUTS


class Resolver:
    """Settles Cookie headers for one deployment.

    Args:
        engine: whose storage reads and whose judge verifies.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[bytes, tuple[Plan, bytes | None]] = {}

    def recall(self, raw: bytes, plan: Plan, *, now: float) -> bytes | None:
        """The same as `resolve` for a plan that is itself remembered, settled once for as long as it is."""
        sample = raw[::_STRIDE]
        known = self._known.get(sample)
        if known is not None and known[0] is plan:
            return known[1]
        resolved = self.resolve(raw, plan, now=now)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[sample] = (plan, resolved)
        return resolved

    def resolve(self, raw: bytes, plan: Plan, *, now: float) -> bytes | None:
        """The Cookie header that the site is to read.

        Args:
            raw: the browser's, all lines joined.
            plan: what the engine made of it.
            now: seconds since the epoch, in the pool's time.

        Returns:
            The header's value, empty for none at all; None where it passes as it is.
        """
        lone = plan.cookies is Cookies.KEEP and plan.outcome.reason in (Reason.EXPIRED, Reason.POOL)
        if plan.kept is None and plan.cookies is not Cookies.CLEAR and not lone:
            return None  # nothing of ours, or nothing that could be judged
        shown = self._engine.storage.read(CookieHeader.parse(raw))
        parts = list(_parts(raw))
        if plan.kept is not None:
            left = self._settled(parts, shown, plan.kept, now)
        else:  # a lone refresh token may yet be of use; what stands for its access token is none
            dead = {found.name for found in (*shown.accesses, *shown.ids)} if lone else set(shown.names)
            left = [part.raw for part in parts if part.name not in dead]
        return None if left == [part.raw for part in parts] else b"; ".join(left)

    def without_refresh_tokens(self, raw: bytes) -> bytes | None:
        """The Cookie header without any refresh token of this app client; None where there is none in it."""
        shown = self._engine.storage.read(CookieHeader.parse(raw))
        parts = list(_parts(raw))
        left = [part.raw for part in parts if part.name not in shown.names or _suffix(part.name) != _REFRESH]
        return None if len(left) == len(parts) else b"; ".join(left)

    def _settled(self, parts: list[_Part], shown: Shown, kept: Kept, now: float) -> list[bytes]:
        wanted = self._wanted(kept, shown, now)
        dead = self._dead(shown, kept, now)
        left: list[bytes] = []
        passed: set[str] = set()
        for part in parts:
            if part.name not in shown.names:
                left.append(part.raw)
            elif part.name not in passed and part.name not in dead:
                passed.add(part.name)
                left.append(_one_of(part.name, parts, wanted))
        left += [
            f"{name}={value}".encode("latin-1")
            for name, value in wanted.items()
            if name not in passed and _is_token(name)
        ]
        return left

    def _wanted(self, kept: Kept, shown: Shown, now: float) -> Mapping[str, str]:
        """By wire name, what the kept set is written as; its refresh token too, where that is only a guess."""
        storage = self._engine.storage
        try:
            wanted = {line.name: line.value for line in storage.write(kept, shown, now=now)}
        except CookieTooLarge:
            wanted = {}
        if kept.withhold_refresh and kept.tokens.refresh_token:
            guessed = [found.name for found in shown.refreshes if found.token == kept.tokens.refresh_token]
            wanted |= dict.fromkeys(guessed[:1], kept.tokens.refresh_token)
        return wanted

    def _dead(self, shown: Shown, kept: Kept, now: float) -> frozenset[str]:
        """The names of people of whom no access token is shown that this pool signed for this client."""
        alive = {
            found.owner
            for found in shown.accesses
            if isinstance(self._engine.judge(found.token, now, "access"), Good | Expired)
        }
        living = {name for owner in {kept.owner, *alive} for name in self._engine.storage.names_of(owner)}
        return frozenset(name for name in shown.names if name not in living and _suffix(name) in SWEPT_SUFFIXES)


def with_cookies(headers: RawHeaders, raw: bytes | None) -> RawHeaders:
    """The request's headers with another Cookie header in the place of the first; without one if `raw` is empty."""
    if raw is None:
        return headers
    place = next((at for at, (name, _) in enumerate(headers) if name == b"cookie"), len(headers))
    others = [(name, value) for name, value in headers if name != b"cookie"]
    return [*others[:place], (b"cookie", raw), *others[place:]] if raw else others


def _parts(raw: bytes) -> Iterable[_Part]:
    for piece in raw.split(b";"):
        pairs = CookieHeader.parse(piece).pairs
        if pairs:
            yield _Part(piece.strip(b" \t"), *pairs[0])


def _one_of(name: str, parts: list[_Part], wanted: Mapping[str, str]) -> bytes:
    """The one cookie of this name: as it stands in the header where it does, the last of them where nobody knows."""
    found = [part for part in parts if part.name == name]
    if name not in wanted or (len(found) == 1 and not _is_token(name)):
        return found[-1].raw
    value = read_value(wanted[name])
    equal = [part.raw for part in found if read_value(part.value) == value]
    return equal[-1] if equal else f"{name}={wanted[name]}".encode("latin-1")


def _is_token(name: str) -> bool:
    return _suffix(name) in _TOKENS


def _suffix(name: str) -> str:
    return name.rpartition(".")[2]
