"""What travels through the browser between two pages, sealed, in a form's hidden field or in an address.

Rule: never a cookie. One that is written for each attempt to sign in piles up with every tab and every prefetch until
the server refuses the request. A ticket says what it is for and when it ends; a ticket of one kind opens as no other.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hardtack.sessions import SessionCore

__all__ = ["Tickets"]


class Tickets:
    """Makes and opens the tickets of one deployment.

    Args:
        core: whose sealer and clock are used.
    """

    def __init__(self, core: SessionCore) -> None:
        self._core = core
        self._client_id = core.settings.pool.client_id

    def seal(self, kind: str, content: list[Any], *, seconds: float) -> str:
        """A ticket.

        Args:
            kind: what it is for.
            content: JSON.
            seconds: how long it is good for.
        """
        packed = json.dumps([int(self._core.clock.now() + seconds), *content], separators=(",", ":"))
        return self._core.sealer.seal(self._purpose(kind), packed.encode())

    def open(self, kind: str, ticket: str) -> list[Any] | None:
        """The content of a ticket of this kind that has not ended; None for anything else."""
        opened = self._core.sealer.open(self._purpose(kind), ticket)
        if opened is None:
            return None
        ends, *content = json.loads(opened)
        return content if self._core.clock.now() < ends else None

    def _purpose(self, kind: str) -> str:
        return f"routes.{kind}:{self._client_id}"
