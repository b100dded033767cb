"""How a token set lies in cookies: what every storage can tell and write.

Rule: a storage knows names and encodings; it verifies nothing and decides nothing. It reads *all* that a request shows
(`Shown`), twins and strangers included, and writes exactly one set (`Kept`) under the policy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardtack.cookies import CookieHeader, SetCookie
    from hardtack.tokens import TokenSet

__all__ = ["Found", "Kept", "Shown", "Storage"]


@dataclass(frozen=True, slots=True)
class Found:
    """A token as a request showed it.

    Attributes:
        owner: the user name under which it lies; "" in storages that know none.
        token: the token itself.
        name: the cookie's name on the wire.
    """

    owner: str = field(repr=False)
    token: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything of this app client that a request shows, in wire order.

    Attributes:
        accesses: access-token candidates.
        ids: ID-token candidates.
        refreshes: refresh-token candidates.
        named: the owners that the cookies themselves name as signed in, first one first.
        names: each wire name of ours, once.
        twins: how often each name arrived that arrived more than once (two spellings of one name count together).
        strays: names of ours that are no part of any set that could be read, in storages that can tell.
        extras: by owner, further values to be kept with the set (Amplify's signInDetails).
    """

    accesses: tuple[Found, ...] = ()
    ids: tuple[Found, ...] = ()
    refreshes: tuple[Found, ...] = ()
    named: tuple[str, ...] = field(default=(), repr=False)
    names: tuple[str, ...] = field(default=(), repr=False)
    twins: Mapping[str, int] = field(default_factory=dict[str, int], repr=False)
    strays: tuple[str, ...] = field(default=(), repr=False)
    extras: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, "Mapping[str, str]"], repr=False)

    def __bool__(self) -> bool:
        """Whether anything of ours is shown."""
        return bool(self.names)


@dataclass(frozen=True, slots=True)
class Kept:
    """A set to be written.

    Attributes:
        owner: the user name under which it is to lie.
        tokens: the tokens.
        extras: see `Shown.extras`.
        withhold_refresh: leave the refresh token's cookie as it is, since the live one of several is not known.
    """

    owner: str = field(repr=False)
    tokens: TokenSet = field(repr=False)
    extras: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    withhold_refresh: bool = False


class Storage(Protocol):
    """What the engine asks of a storage."""

    unforgeable: bool
    """Whether nobody but Hardtack can make what it reads: then no twin, no adoption and no sweep is ever needed."""

    def read(self, cookies: CookieHeader) -> Shown:
        """Everything of ours that the request shows."""
        ...

    def write(self, kept: Kept, shown: Shown, *, now: float) -> tuple[SetCookie, ...]:
        """The Set-Cookie lines of the one set, in the policy's scope. Raises `CookieTooLargeError`."""
        ...

    def names_of(self, owner: str) -> tuple[str, ...]:
        """Every wire name under which a set of this owner may lie, shown or not."""
        ...

    def clear(self, shown: Shown) -> tuple[SetCookie, ...]:
        """The deletions of what can only lie in the policy's own scope; twins are the sweep's business."""
        ...
