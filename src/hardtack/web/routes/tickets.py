"""What travels through the browser between two pages, sealed, in a form's hidden field or in an address.

Rule: never a cookie. One that is written for each attempt to sign in piles up with every tab and every prefetch until
the server refuses the request. A ticket says what it is for and when it ends; a ticket of one kind opens as no other.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from hardtack.sessions import SessionCore
    from hardtack.web.routes.visitor import Visitor

__all__ = ["AccountNames", "Tickets"]

_NAME_SECONDS: Final = 3_600.0  # Cognito's codes last an hour (reset) or a day (sign-up); the tab stays open for less


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


class AccountNames:
    """Names an account from one page of a conversation to the next.

    Args:
        tickets: where the sealed values come from.
        conversation: which pages these are. What somebody has shown in one conversation is not known in another: only a
            sign-up, or a right password, proves that one may hear about an account; asking for a reset does not.
    """

    def __init__(self, tickets: Tickets, conversation: str) -> None:
        self._tickets = tickets
        self._kind = f"account.{conversation}"

    def seal(self, username: str) -> str:
        """A sealed value for the next page's form."""
        return self._tickets.seal(self._kind, [username], seconds=_NAME_SECONDS)

    def read(self, visitor: Visitor) -> tuple[str, str]:
        """The account that a form is about, and the sealed value that named it; that is "" where the name was typed."""
        state = visitor.form.get("state", "")
        content = self._tickets.open(self._kind, state) if state else None
        if content is not None:
            return str(content[0]), state
        return visitor.form.get("username", "").strip(), ""
