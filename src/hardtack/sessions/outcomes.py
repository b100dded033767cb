"""What the engine can say about a request, as values with reasons.

Rule: an expected outcome is never an exception. An application asks `outcome.session`; whoever wants to know more
asks `outcome.kind` and `outcome.reason`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardtack.cookies import SetCookie
    from hardtack.sessions.events import Event
    from hardtack.sessions.storage import Kept
    from hardtack.sessions.transitions import Answer, Cookies
    from hardtack.tokens import Claims, TokenSet

__all__ = ["Outcome", "OutcomeKind", "Page", "Plan", "Reason", "Session"]


class OutcomeKind(StrEnum):
    """The verdict on a request."""

    ANONYMOUS = "anonymous"
    ACTIVE = "active"
    REFRESHED = "refreshed"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    LOOPING = "looping"


class Reason(StrEnum):
    """Why the verdict is what it is."""

    NO_COOKIES = "no-cookies"
    FOREIGN_HOST = "foreign-host"
    SIGNED_IN = "signed-in"
    NOT_OURS = "not-ours"
    SEVERAL_PEOPLE = "several-people"
    SIGNED_OUT = "signed-out"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNREADABLE = "unreadable"
    POOL = "pool"
    KEYS = "keys"
    LOOP = "loop"
    TOO_LARGE = "too-large"


class Page(StrEnum):
    """What a navigation is to be shown instead of what it asked for."""

    SIGN_IN = "sign-in"
    LAST_RESORT = "last-resort"
    GUIDANCE = "guidance"


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is signed in.

    Attributes:
        claims: the access token's verified claims.
        id_claims: the ID token's verified claims, where one is there and belongs to the same sign-in.
        tokens: the tokens themselves, for calls to other services; never printed.
        expires_at: when the access token ends, seconds since the epoch in the pool's time.
    """

    claims: Claims
    id_claims: Claims | None
    tokens: TokenSet = field(repr=False)

    @property
    def sub(self) -> str:
        """The person: the user pool's `sub`."""
        return self.claims.sub

    @property
    def username(self) -> str:
        """The user name in the pool, as the access token has it."""
        return self.claims.username

    @property
    def email(self) -> str | None:
        """The ID token's `email`, where there is one."""
        email = self.id_claims.raw.get("email") if self.id_claims else None
        return email if isinstance(email, str) else None

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of the user pool that the person is in."""
        return self.claims.groups

    @property
    def expires_at(self) -> int:
        """When the access token ends, seconds since the epoch in the pool's time."""
        return self.claims.expires_at


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict, its reason, and the session where there is one."""

    kind: OutcomeKind
    reason: Reason
    session: Session | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with one request and its response.

    Attributes:
        outcome: who is signed in, or why nobody is.
        set_cookies: the Set-Cookie lines, in the order in which they must leave.
        page: what to show a navigation instead of what it asked for, or None.
        events: what happened, for hooks and logs.
        steady_until: until when the same Cookie header gives the same plan (seconds since the epoch), or None.
        reference: the support code that stands in the events of this plan.
        ladder_token: the signed ladder step, to be carried in the URL of the last resort's redirect.
        kept: the one set that the request's cookies come to, where there is one; what a shield passes on.
        cookies: what becomes of the cookies, wherever this kind of request lets it; None where nothing was decided.
        answer: what the pool said, if it was asked; None where nothing was decided.
    """

    outcome: Outcome
    set_cookies: tuple[SetCookie, ...] = ()
    page: Page | None = None
    events: tuple[Event, ...] = ()
    steady_until: float | None = None
    reference: str = ""
    ladder_token: str = field(default="", repr=False)
    kept: Kept | None = field(default=None, repr=False)
    cookies: Cookies | None = None
    answer: Answer | None = None

    @property
    def session(self) -> Session | None:
        """The session to serve, or None."""
        return self.outcome.session
