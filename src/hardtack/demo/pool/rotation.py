"""Refresh tokens as the outside sees them: opaque, expiring, rotating.

The emulator's own refresh token is a readable JWT that neither expires nor rotates. It never leaves: each one gets an
opaque outer token of the real service's shape and length, and rotation is one more outer token for the same inner one.
So revocation, sign-out and deletion, which the emulator judges by the inner token, reach every token of a session.

What the developer guide ("Refresh tokens") and the API reference say, and this file does:
- a successor is valid for what was left of the original's lifetime;
- with RetryGracePeriodSeconds the rotated token stays usable that long, each use giving a further successor; with 0 it
  is dead at once;
- a token that rotation has invalidated draws RefreshTokenReuseException. Nothing is said of ending the session for it,
  so it goes on unless `reuse_revokes_session` is set.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from dataclasses import dataclass
from enum import Enum, auto
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RefreshTokens", "Standing"]

# A JWE in compact form: protected header, RSA-wrapped key, nonce, ciphertext, tag. Sizes in bytes as seen in the wild.
_HEADER: Final = {"cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP"}
_PARTS: Final = (256, 12, 980, 16)


class Standing(Enum):
    """What may become of a refresh token that was sent."""

    FOREIGN = auto()
    """Not one of ours: the emulator judges it, and refuses what it never made."""
    GOOD = auto()
    EXPIRED = auto()
    REUSED = auto()


@dataclass(slots=True)
class _Outer:
    inner: str
    expires_at: float
    rotated_at: float | None = None


def _opaque() -> str:
    parts = [json.dumps(_HEADER, separators=(",", ":")).encode(), *(secrets.token_bytes(size) for size in _PARTS)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


class RefreshTokens:
    """The outer tokens in circulation; safe to use from several threads. Times are epoch seconds, given in."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tokens: dict[str, _Outer] = {}
        self._key = secrets.token_bytes(32)

    def issue(self, inner: str, *, expires_at: float) -> str:
        """A new outer token for the emulator's `inner` one."""
        outer = _opaque()
        with self._lock:
            self._tokens[outer] = _Outer(inner, expires_at)
        return outer

    def inner(self, outer: str) -> str:
        """The emulator's token behind this one; a foreign token is returned as it came."""
        with self._lock:
            known = self._tokens.get(outer)
            return known.inner if known else outer

    def judge(self, outer: str, *, now: float, grace: float) -> Standing:
        """May this token be used for a refresh now?"""
        with self._lock:
            return self._judge(outer, now, grace)

    def begin_rotation(self, outer: str, *, now: float, grace: float) -> Standing:
        """Judge, and in the same breath mark a good token as rotated: of two racing calls one alone goes through."""
        with self._lock:
            standing = self._judge(outer, now, grace)
            if standing is Standing.GOOD and self._tokens[outer].rotated_at is None:
                self._tokens[outer].rotated_at = now
            return standing

    def undo_rotation(self, outer: str, *, at: float) -> None:
        """Take back the mark that `begin_rotation` set at `at`: the emulator refused the token after all."""
        with self._lock:
            known = self._tokens.get(outer)
            if known is not None and known.rotated_at == at:
                known.rotated_at = None

    def _judge(self, outer: str, now: float, grace: float) -> Standing:
        known = self._tokens.get(outer)
        if known is None:
            return Standing.FOREIGN
        if known.rotated_at is not None and (not grace or now >= known.rotated_at + grace):
            return Standing.REUSED
        return Standing.EXPIRED if now >= known.expires_at else Standing.GOOD

    def successor(self, outer: str) -> str:
        """A further outer token for the same session, valid for what is left of the original's lifetime."""
        with self._lock:
            origin = self._tokens[outer]
        return self.issue(origin.inner, expires_at=origin.expires_at)

    def rewrite(self, renew: Callable[[str], str]) -> None:
        """Put a renewed inner token in the place of each old one: the pool signs with other keys now."""
        with self._lock:
            renewed = {inner: renew(inner) for inner in {known.inner for known in self._tokens.values()}}
            for known in self._tokens.values():
                known.inner = renewed[known.inner]

    def hash(self, token: str) -> str:
        """16 hex digits that stand for a token in the log of calls, keyed afresh for each pool."""
        return hmac.new(self._key, token.encode(), "sha256").hexdigest()[:16]

    def clear(self) -> None:
        """Forget every token; the key of `hash` stays."""
        with self._lock:
            self._tokens.clear()
