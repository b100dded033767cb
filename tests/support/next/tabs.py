"""What a browser must be able to do to run the stories, whichever browser it is.

Rule: everything is seen from outside, by the browser's own protocol, and nothing that is done to a page counts as a
person's gesture: what a script does by itself must look to the site, and to the shield, like what it is.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PATIENCE: Final = 120.0  # seconds until something that should come is given up; never what a verdict rests on
_PAUSE: Final = 0.1  # seconds between two looks
TARGET: Final = "AWSCognitoIdentityProviderService."


class GoneError(Exception):
    """The document that was asked has gone: another one is on its way."""


@dataclass(frozen=True, slots=True)
class InJar:
    """A cookie as the browser keeps it. `domain` has a leading dot unless the cookie is host-only."""

    name: str
    domain: str
    path: str
    value: str = field(repr=False)

    @property
    def scope(self) -> str:
        """Domain (host-only without a dot) and path in one word."""
        return f"{self.domain}{self.path}"


@dataclass(slots=True)
class Seen:
    """What went over the wire for one tab since it was opened.

    Attributes:
        loads: status and path of each document of the main frame, redirects included.
        calls: operation and status of each call of the page to the user pool.
        problems: errors that no script caught.
    """

    loads: list[tuple[int, str]] = field(default_factory=list)
    calls: list[tuple[str, int]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def count(self, operation: str, status: int | None = None) -> int:
        """How often the page called an operation; with `status` only those that got it."""
        return sum(1 for name, got in self.calls if name == operation and status in (None, got))


class Tab(Protocol):
    """One tab of a profile."""

    seen: Seen

    async def goto(self, url: str) -> None:
        """Type an address; returns when the navigation is under way."""
        ...

    async def evaluate(self, expression: str) -> Any:
        """The JSON value of an expression; no gesture. Raises GoneError."""
        ...

    async def close(self) -> None:
        """Close the tab."""
        ...


class Profile(Protocol):
    """One browser profile: a jar of its own."""

    async def tab(self) -> Tab:
        """Open a tab."""
        ...

    async def jar(self) -> list[InJar]:
        """Every cookie of the profile, from the browser."""
        ...

    async def close(self) -> None:
        """Forget the profile."""
        ...


class Browser(Protocol):
    """A running browser."""

    name: str

    async def profile(self) -> Profile:
        """Make a fresh profile."""
        ...


async def auth_scopes(profile: Profile) -> dict[str, int]:
    """How many of Amplify's cookies lie in each scope."""
    return dict(Counter(cookie.scope for cookie in await profile.jar() if cookie.name.startswith("Cognito")))


async def until(look: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Look again and again until there is something to be seen; it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if found := await look():
                return found
        except GoneError:
            pass
        if time.monotonic() > deadline:
            message = f"Waited in vain for {what}."
            raise TimeoutError(message)
        await asyncio.sleep(_PAUSE)
