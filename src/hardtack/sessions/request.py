"""One request as the engine sees it: facts, already read off the wire, with the time and a nonce handed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardtack.sessions.kinds import POWERS, Powers, RequestKind

if TYPE_CHECKING:
    from hardtack.cookies import CookieHeader

__all__ = ["BrowserRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserRequest:
    """What a browser asked, as far as its session is concerned.

    Attributes:
        kind: see `hardtack.sessions.kinds`.
        host: the host without its port, as the browser named it.
        raw_path: the path as it stood on the request line, without the query; None where the server hides it.
        cookies: every cookie of the request, twins kept.
        now: seconds since the epoch, in the pool's time (see `hardtack.sessions.pool_clock`).
        nonce: random text of this request; the support code that a stuck person can read out is made from it.
        script_driven: whether script rather than a person started this navigation.
        address: the client's network address, for limits only; never written down.
        forces: whether it wants another access token than the one that it shows, however long that one lives.
    """

    kind: RequestKind
    host: str
    cookies: CookieHeader
    now: float
    raw_path: bytes | None = None
    nonce: str = ""
    script_driven: bool = False
    address: str = ""
    forces: bool = False

    @property
    def powers(self) -> Powers:
        """What this kind of request may do."""
        return POWERS[self.kind]
