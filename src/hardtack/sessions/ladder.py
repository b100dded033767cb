"""The recovery ladder: every loop ends, whatever its cause.

Rule: (1) heal silently; (2) sweep and show sign-in with a plain reason; (3) the last resort, `Clear-Site-Data`; (4)
stop redirecting and show guidance. Only navigations that script started climb, and only when their session died or
keeps changing under them: a person who presses F5 ten times loops nothing. So a loop ends after at most four responses
plus the last resort's landing.

The state travels in a sealed `__Host-` cookie, and through the last resort, which erases it, in a sealed URL
parameter: every instance sees the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final

from hardtack.sessions.sealing import open_fields

if TYPE_CHECKING:
    from hardtack.cookies import CookieHeader, CookiePolicy, SetCookie
    from hardtack.sessions.sealing import Sealer

__all__ = ["LASTING", "WINDOW", "Cause", "Ladder", "LadderKeeper", "Step", "climb"]

LADDER: Final = "hardtack-ladder"
WINDOW: Final = 900  # seconds in which a further recovery climbs instead of starting anew
LASTING: Final = 60  # seconds after a recovery at which a session counts as lasting, and the ladder is put away
_RAPID: Final = 10  # seconds between navigations of a loop; real ones turn several times a second
_CHANGES_WINDOW: Final = 30  # seconds in which changes of the set are counted
_MOST_CHANGES: Final = 4  # the change at which reloading stops
_TOKEN_LIFE: Final = 300  # seconds that the last resort's URL is good for


class Step(IntEnum):
    """The rungs."""

    HEAL = 1
    SIGN_IN = 2
    LAST_RESORT = 3
    GUIDANCE = 4


class Cause(StrEnum):
    """What makes a navigation climb."""

    DIED = "died"  # auth cookies were shown and no session came of them
    KNOWN = "known"  # the same, but they lie in a scope that can't be swept, and that is known already
    CHANGED = "changed"  # the session lives, but its tokens are others than Hardtack last wrote
    STALE = "stale"  # the same expired set as before: the site behind a shield loads pages and can't renew it


@dataclass(frozen=True, slots=True)
class Ladder:
    """How far a browser has climbed.

    Attributes:
        step: the last rung.
        at: when it was climbed, seconds since the epoch.
        changes: how many changes of the set in a row.
        changes_since: when the first of them was.
    """

    step: int
    at: int
    changes: int = 0
    changes_since: int = 0


def climb(ladder: Ladder | None, cause: Cause, *, now: float, last_resort: bool) -> tuple[Ladder, Step]:
    """The next rung for a script-driven navigation.

    Args:
        ladder: how far the browser is, or None.
        cause: what happened to its session.
        now: seconds since the epoch.
        last_resort: whether `Clear-Site-Data` may be used at all.
    """
    moment = int(now)
    if ladder is not None and now - ladder.at > WINDOW:
        ladder = None
    if cause in (Cause.CHANGED, Cause.STALE):
        return _changed(ladder, moment)
    if ladder is None or ladder.step < Step.SIGN_IN:
        return Ladder(Step.SIGN_IN, moment), Step.SIGN_IN
    if cause is Cause.KNOWN and now - ladder.at > _RAPID:
        return replace(ladder, at=moment), Step.SIGN_IN
    step = Step.LAST_RESORT if ladder.step == Step.SIGN_IN and last_resort else Step.GUIDANCE
    return Ladder(step, moment), step


def _changed(ladder: Ladder | None, moment: int) -> tuple[Ladder, Step]:
    if ladder is None or not ladder.changes or moment - ladder.changes_since > _CHANGES_WINDOW:
        return Ladder(ladder.step if ladder else Step.HEAL, moment, 1, moment), Step.HEAL
    counted = replace(ladder, at=moment, changes=ladder.changes + 1)
    return (counted, Step.GUIDANCE) if counted.changes >= _MOST_CHANGES else (counted, Step.HEAL)


class LadderKeeper:
    """Reads and writes the ladder of one app client.

    Args:
        client_id: the app client.
        policy: where Hardtack's own cookies live.
        sealer: see `hardtack.sessions.sealing`.
    """

    def __init__(self, client_id: str, policy: CookiePolicy, sealer: Sealer) -> None:
        self._policy = policy
        self._sealer = sealer
        self._purpose = f"ladder:{client_id}"
        self._url_purpose = f"ladder-url:{client_id}"
        self._name = policy.own_name(LADDER)

    def read(self, cookies: CookieHeader) -> Ladder | None:
        """The ladder shown; an unreadable one counts as absent."""
        for value in cookies.get_all(self._name):
            ladder = self._open(self._purpose, value)
            if ladder is not None:
                return ladder
        return None

    def write(self, ladder: Ladder) -> SetCookie:
        """The ladder's Set-Cookie line; it ends with its window."""
        return self._policy.write_own(LADDER, self._sealer.seal(self._purpose, _pack(ladder)), max_age=WINDOW)

    def put_away(self) -> SetCookie:
        """The deletion: the recovery has held."""
        return self._policy.delete_own(LADDER)

    def to_token(self, ladder: Ladder) -> str:
        """The ladder for the URL of the last resort's redirect."""
        return self._sealer.seal(self._url_purpose, _pack(ladder))

    def from_token(self, token: str, *, now: float) -> Ladder | None:
        """The ladder of such a URL, if it is not older than five minutes."""
        ladder = self._open(self._url_purpose, token)
        return ladder if ladder is not None and abs(now - ladder.at) <= _TOKEN_LIFE else None

    def _open(self, purpose: str, text: str) -> Ladder | None:
        match open_fields(self._sealer, purpose, text):
            case [int(step), int(at), int(changes), int(changes_since)]:
                return Ladder(step, at, changes, changes_since)
            case _:
                return None


def _pack(ladder: Ladder) -> bytes:
    fields = [ladder.step, ladder.at, ladder.changes, ladder.changes_since]
    return json.dumps(fields, separators=(",", ":")).encode()
