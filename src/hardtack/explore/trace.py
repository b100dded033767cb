"""A history as people and programs read it: what happened, who did it, and what lay in the jar after each step.

Rule: this is the seam between the search, which finds histories, and everything that shows or replays them. Nothing
here is a token: the tokens of the explored world are symbols, and so are its people.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["JarEntry", "Moment", "Trace", "Violation"]


@dataclass(frozen=True, slots=True)
class JarEntry:
    """A cookie as the explored browser keeps it, in the order of `document.cookie` on the site's root.

    Attributes:
        name: on the wire.
        label: short and readable, such as `alice.accessToken`, `LastAuthUser`, `__Host-hardtack-pair`.
        scope: domain or host-only, and path, as `CookieScope` writes it.
        host: the host or domain that it is kept for.
        value: the wire value of the explored world.
        meaning: what the value is, such as `alice, sign-in 1, token 2, expired`.
        http_only: whether script can't see it.
        session: which sign-in the value belongs to; 0 where it belongs to none. Pictures give each a colour.
    """

    name: str
    label: str
    scope: str
    host: str
    value: str
    meaning: str
    http_only: bool = False
    session: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of a history.

    Attributes:
        kind: the step's kind; see `hardtack.explore.steps`.
        arguments: its arguments, for programs (a replay needs nothing else).
        actor: who did it: `tab 1`, `tab 2`, `server`, `pool`, `operator`, `sibling`, `time`.
        target: whom it concerned, where it is a message; empty where it is none.
        sentence: what happened, for people: one sentence, present tense.
        notes: what followed within the step, a short sentence each (calls to the pool, cookies written, errors shown).
        jar: what the browser keeps afterwards.
        client: whom script sees as signed in then; empty for nobody.
        server: whom the server would see.
        settled: whether nothing is in flight and a navigation was completed since the last outside write.
    """

    kind: str
    arguments: Mapping[str, Any]
    actor: str
    target: str
    sentence: str
    notes: tuple[str, ...] = ()
    jar: tuple[JarEntry, ...] = ()
    client: str = ""
    server: str = ""
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Violation:
    """A property that does not hold.

    Attributes:
        id: `P1` to `P7`.
        sentence: the property, as one sentence.
        meaning: what its violation means for a person.
        detail: what was seen here.
    """

    id: str
    sentence: str
    meaning: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """A history from the first moment on.

    Attributes:
        title: the configuration in a line, such as `stock Amplify, client .example.com, server host-only`.
        moments: its steps; the first one is the beginning, in which nothing has happened yet.
        violation: what it shows; None for a history that shows nothing but itself.
        probe_from: the index of the first moment that belongs to a probe (sign in, load, look) and not to the history;
            None without a probe.
        loop_from: where it ends in a circle, the index of the moment that the last one leads back to; None otherwise.
        facts: the configuration for programs.
    """

    title: str
    moments: tuple[Moment, ...]
    violation: Violation | None = None
    probe_from: int | None = None
    loop_from: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
