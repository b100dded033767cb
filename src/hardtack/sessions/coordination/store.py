"""What a back end of refresh coordination must do.

Rule: the lock carries the result. Whoever comes second is not merely kept waiting: it re-reads under the lock and is
handed what the first one got. A back end sees keyed hashes and sealed bytes; the seal's key is derived from the *old*
refresh token, so a store never holds a token that its reader did not already have the right to.

Every method is atomic, short, and takes the time as an argument (seconds since the epoch). The interface asks for
nothing that Redis can't do in one script.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["Busy", "Claim", "Claimed", "Ended", "RefreshStore", "RefusedBefore", "Settled", "StoreFailed"]


@dataclass(frozen=True, slots=True)
class Claimed:
    """The refresh is yours; settle, refuse or release it with this lease."""

    lease: str


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody else is refreshing this very token; ask again soon."""


@dataclass(frozen=True, slots=True)
class Settled:
    """It was refreshed; here is the sealed successor."""

    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RefusedBefore:
    """The pool refused this token not long ago."""

    code: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The session that this token belongs to was signed out."""


@dataclass(frozen=True, slots=True)
class StoreFailed:
    """What the flow makes of any exception of a back end: nothing is known, so nothing may be ended."""


Claim = Claimed | Busy | Settled | RefusedBefore | Ended


class RefreshStore(Protocol):
    """A back end. `blocking` says whether a call may take long enough to be kept off an event loop.

    A method that can't do its work raises, whatever it likes: a refresh then counts as unavailable.
    """

    blocking: bool

    def claim(self, key: str, *, session: str, now: float, lease_seconds: float, fresh_until: float) -> Claim:
        """Ask for the right to refresh.

        Args:
            key: keyed hash of the refresh token.
            session: keyed hash of the session, or "".
            now: the time.
            lease_seconds: after so long a holder is taken for dead.
            fresh_until: a successor under the same refresh token whose access token ends before this is used up.
        """
        ...

    def settle(
        self,
        key: str,
        lease: str,
        *,
        session: str,
        sealed: bytes,
        successor: str,
        access_until: float,
        now: float,
        until: float,
    ) -> bool:
        """Keep the successor until `until`. False when the session was signed out meanwhile: then nothing is kept."""
        ...

    def refuse(self, key: str, lease: str, *, code: str, until: float) -> None:
        """Remember that the pool refused this token."""
        ...

    def release(self, key: str, lease: str) -> None:
        """Give the claim back unanswered."""
        ...

    def acknowledge(self, successor: str, *, until: float) -> None:
        """A request showed this successor: what led to it is kept only until `until`."""
        ...

    def end_session(self, session: str, *, until: float) -> None:
        """Forget a session's whole chain, and hand nothing of it to anyone until `until`."""
        ...
