"""The bounded memory of tokens that were found good.

Rule: it holds no token and remembers no failure. The key is a digest under a secret of this process, so that whoever
reads the memory finds nothing to present, and who sends rubbish can't push a signed-in person out of it. What is kept
is that the signature held; whether the time is over is asked anew at every hit.

Two halves stand in for a list of uses: what is asked for in the old half moves to the young one, and when the young one
is full the old one is dropped. So a hit costs one lookup, and nothing takes a lock: the worst that two threads can do
is to drop a few entries early.
"""

from __future__ import annotations

import hashlib
import secrets
import sys
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, cast

if TYPE_CHECKING:
    from hardtack.tokens.judgement import Good

__all__ = ["VerifiedToken", "VerifiedTokens"]

_KEY_BYTES = 64  # one block of SHA-256, so that the keyed state is worked out once and copied
_SAMPLE = 64  # entries that are measured for the estimate


# What is remembered of one token: the ring's generation when its signature held, `exp`, `nbf` or 0, and the answer to
# give while it lasts. A bare tuple: it is made and taken apart on the way of every request.
VerifiedToken: TypeAlias = "tuple[int, int, int, Good]"


class VerifiedTokens:
    """A bounded map from a token's keyed digest to its verification. Thread-safe.

    Args:
        size: how many tokens at most; 0 remembers nothing.
        secret: what keys the digest; made anew for this object when none is given.
    """

    __slots__ = ("_half", "_keyed", "_old", "_young", "size")

    def __init__(self, size: int, secret: bytes | None = None) -> None:
        key = hashlib.sha512(secret).digest() if secret else secrets.token_bytes(_KEY_BYTES)
        # A prefix key is sound here: digests are never shown, so there is nothing to extend.
        self._keyed = hashlib.sha256(key)
        self.size = size
        self._half = (size + 1) // 2
        self._young: dict[bytes, VerifiedToken] = {}
        self._old: dict[bytes, VerifiedToken] = {}

    def digest(self, token: bytes) -> bytes:
        """The token's name in this map."""
        keyed = self._keyed.copy()
        keyed.update(token)
        return keyed.digest()

    def get(self, digest: bytes) -> VerifiedToken | None:
        """What was found of this token, or None."""
        entry = self._young.get(digest)
        if entry is None:
            entry = self._old.get(digest)
            if entry is not None:
                self.put(digest, entry)
        return entry

    def put(self, digest: bytes, entry: VerifiedToken) -> None:
        """Remember a token whose signature held."""
        if not self.size:
            return
        young = self._young
        young[digest] = entry
        if len(young) >= self._half:
            self._old, self._young = young, {}

    def clear(self) -> None:
        """Forget everything."""
        self._old, self._young = {}, {}

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())

    def memory_estimate(self) -> int:
        """Bytes that the map and what only it keeps alive take, by measuring a sample of the entries."""
        halves = (self._young.copy(), self._old.copy())
        total = sum(sys.getsizeof(half) for half in halves)
        sample = [item for half in halves for item in list(half.items())[:_SAMPLE]]
        if not sample:
            return total
        measured = sum(sys.getsizeof(digest) + _deep_size(entry, set()) for digest, entry in sample)
        return total + measured * len(self) // len(sample)


def _deep_size(value: object, seen: set[int]) -> int:
    """Bytes of a value and of what it refers to, each object once."""
    if value is None or id(value) in seen:
        return 0
    seen.add(id(value))
    size = sys.getsizeof(value)
    if isinstance(value, MappingProxyType):
        members = dict(cast("MappingProxyType[str, object]", value))
        return (
            size + sys.getsizeof(members) + sum(_deep_size(k, seen) + _deep_size(v, seen) for k, v in members.items())
        )
    if isinstance(value, tuple | list):
        return size + sum(_deep_size(item, seen) for item in cast("tuple[object, ...]", value))
    return size + sum(_deep_size(getattr(value, slot), seen) for slot in getattr(type(value), "__slots__", ()))
