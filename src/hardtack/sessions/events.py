"""What happened, told once, in names that never change.

Rule: an event carries counts, reasons, host names and keyed hashes; never a token, a code, a user name or an e-mail
address, and so never the *name* of an Amplify cookie either, for it holds the user name. The names below are part of
the public interface: dashboards are built on them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["EVENTS", "Event", "EventHook", "deliver", "event_names"]

EVENTS: Final[Mapping[str, str]] = {
    "signed.in": "A sign-in was completed and its session written.",
    "signed.out": "A sign-out cleared the cookies.",
    "signin.unseen": "A completed sign-in did not show in the browser's next request.",
    "session.adopted": "A session from before Hardtack, or from the front end, was taken over.",
    "session.refreshed": "An access token was refreshed.",
    "session.handed": "A request was handed a kept set: its token's successor, or what a late answer had overwritten.",
    "session.ended": "Cookies of a session that was signed out came back and were swept.",
    "session.rivals": "Sessions of several people were shown and nothing told whose browser it is.",
    "session.foreign": "A session that does not belong to this browser's binding was left aside.",
    "session.dead": "Auth cookies were shown, none of which could become a session.",
    "twins.found": "The same cookie name arrived more than once.",
    "twins.swept": "Deletions for other scopes were sent.",
    "twins.left": "Twins remain in a scope that this policy does not own.",
    "writer.foreign": "A swept scope keeps coming back: somebody else writes it.",
    "scope.migrated": "A session was written into the policy's scope.",
    "refresh.refused": "The pool refused a refresh token.",
    "refresh.unavailable": "The pool could not be reached for a refresh; nothing was cleared.",
    "refresh.discarded": "A refresh answered with another person's or another sign-in's session.",
    "keys.unavailable": "The pool's signing keys could not be had; nothing was cleared.",
    "clock.skewed": "This server's clock differs from the pool's.",
    "loop.broken": "The ladder was climbed to end a loop.",
    "guidance.shown": "A stuck person was shown the guidance page.",
    "host.foreign": "A request named a host that the policy does not know; nothing was written.",
    "cookie.too-large": "A session could not be written since one cookie would pass 4096 bytes.",
    "policy.mismatch": "The browser's Amplify writes in another scope than the policy says.",
    "site.rewritten": "A shield moved what the site wrote into the policy's scope.",
    "shield.passed": "A shield let a request through as if it were not there.",
    "shield.observed": "A shield that only observes would have changed this.",
    "environment.reported": "A browser's check of its environment was reported.",
    "request.limited": "A request was turned away by a rate limit.",
}

_WARNINGS: Final = frozenset(
    {
        "signin.unseen", "session.rivals", "writer.foreign", "twins.left", "refresh.unavailable", "refresh.discarded",
        "keys.unavailable", "clock.skewed", "loop.broken", "guidance.shown", "host.foreign", "cookie.too-large",
        "policy.mismatch", "shield.passed",
    }
)  # fmt: skip

_logger = logging.getLogger("hardtack")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        name: one of `EVENTS`.
        fields: safe particulars: counts, reasons, seconds, keyed hashes.
        reference: the support code of the request, the same that a stuck person sees.
    """

    name: str
    fields: Mapping[str, str | int | float | bool | None] = field(
        default_factory=dict[str, str | int | float | bool | None]
    )
    reference: str = ""

    def __post_init__(self) -> None:
        if self.name not in EVENTS:
            raise ValueError(f"{self.name!r} is not an event of Hardtack; add it to EVENTS with a sentence.")


EventHook = Callable[[Event], None]


def event_names() -> tuple[str, ...]:
    """Every event name, sorted."""
    return tuple(sorted(EVENTS))


def deliver(events: Iterable[Event], hooks: Iterable[EventHook]) -> None:
    """Hand events to the hooks and to `logging` as structured records (logger `hardtack`, `extra` keys `hardtack_*`).

    A hook that fails is logged and left aside: telling must never break serving.
    """
    for event in events:
        level = logging.WARNING if event.name in _WARNINGS else logging.INFO
        if _logger.isEnabledFor(level):
            extra = {"hardtack_event": event.name, "hardtack_reference": event.reference}
            extra |= {f"hardtack_{key}": value for key, value in event.fields.items()}
            told = " ".join(f"{key}={value}" for key, value in event.fields.items())
            _logger.log(level, "%s %s", event.name, told, extra=extra)
        for hook in hooks:
            try:
                hook(event)
            except Exception as error:  # noqa: BLE001 -- whatever a hook does must not reach the request
                _logger.error("An event hook failed: %s", type(error).__name__)  # noqa: TRY400 -- a traceback may hold what it was given
