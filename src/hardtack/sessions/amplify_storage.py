"""The `amplify` storage: Amplify's own cookie names and encodings, shareable with an Amplify front end.

Rule: it reads as widely as Amplify's readers together and writes in one strict form, in Amplify's own order, so that a
browser's Amplify finds what it would have written itself. What belongs to the browser is kept as the browser has it:
`signInDetails`, `oauthMetadata`, and `clockDrift`, which measures the browser's clock and says nothing about ours.
Device keys are never touched: they survive a sign-out, as Amplify means them to.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from hardtack.amplify import SWEPT_SUFFIXES, AmplifyNames, client_value, read, writes
from hardtack.sessions.storage import Found, Kept, Shown

if TYPE_CHECKING:
    from hardtack.amplify import AmplifyShown
    from hardtack.cookies import CookieHeader, CookiePolicy, SetCookie

__all__ = ["AmplifyStorage"]

_DRIFT: Final = re.compile(r"-?[0-9]{1,12}")  # milliseconds: up to thirty years, either way
_JSON_EXTRAS: Final = ("signInDetails", "oauthMetadata")
_LONGEST_EXTRA: Final = 1_024  # characters; Amplify's own are below 200


class AmplifyStorage:
    """Reads and writes Amplify's cookies of one app client.

    Args:
        client_id: the app client, part of every name.
        policy: the scope and attributes that the front end is configured to as well.
    """

    unforgeable = False

    def __init__(self, client_id: str, policy: CookiePolicy) -> None:
        self._client_id = client_id
        self._policy = policy
        self._names = AmplifyNames(client_id)

    def read(self, cookies: CookieHeader) -> Shown:
        """Everything of this app client that a sign-out would remove."""
        shown = read(cookies.pairs, self._client_id)
        names = (*shown.swept_names, *shown.unreadable_names, *shown.v5_leftovers)
        if not names:
            return _NOTHING
        return Shown(
            accesses=_found(shown, "accessToken"),
            ids=_found(shown, "idToken"),
            refreshes=_found(shown, "refreshToken"),
            named=shown.usernames,
            names=names,
            twins=_twins(shown),
            extras={owner: _extras(shown, owner) for owner in shown.users},
        )

    def write(self, kept: Kept, shown: Shown, *, now: float) -> tuple[SetCookie, ...]:
        """The set's lines in Amplify's order: LastAuthUser, the tokens, signInDetails, clockDrift."""
        del shown, now  # Amplify's names need no slot and no time
        extras = kept.extras
        plan = writes(
            self._names,
            kept.owner,
            kept.tokens,
            details=extras.get("signInDetails"),
            clock_drift=int(extras.get("clockDrift", "0")),
        )
        pairs = list(plan.sets)
        if "oauthMetadata" in extras:
            name = self._names.wire_name(kept.owner, "oauthMetadata")
            pairs.append((name, client_value(extras["oauthMetadata"])))
        held = self._names.wire_name(kept.owner, "refreshToken") if kept.withhold_refresh else None
        return tuple(self._policy.write(name, value) for name, value in pairs if name != held)

    def names_of(self, owner: str) -> tuple[str, ...]:
        """Every name, in every spelling, under which a set of this owner may lie."""
        spelled = [name for suffix in SWEPT_SUFFIXES for name in self._names.spellings(owner, suffix)]
        return (self._names.last_auth_user, *dict.fromkeys(spelled))

    def clear(self, shown: Shown) -> tuple[SetCookie, ...]:
        """Nothing: every scope, the policy's own included, is the sweep's."""
        del shown
        return ()


_NOTHING: Final = Shown()


def _found(shown: AmplifyShown, suffix: str) -> tuple[Found, ...]:
    """Every non-empty cookie of this suffix, in the order of the header."""
    cookies = [
        (cookie.position, Found(owner, cookie.value, cookie.wire_name))
        for owner, by_suffix in shown.users.items()
        for cookie in by_suffix.get(suffix, ())
        if cookie.value
    ]
    return tuple(found for _, found in sorted(cookies, key=lambda entry: entry[0]))


def _twins(shown: AmplifyShown) -> dict[str, int]:
    """By wire name, how many cookies answer to its key; other spellings of a name count with it."""
    twins: dict[str, int] = {}
    for key in shown.twins:
        cookies = shown.last_auth_users if key.username is None else shown.candidates(key.username, key.suffix)
        twins |= {cookie.wire_name: len(cookies) for cookie in cookies}
    return {name: count for name, count in twins.items() if name in frozenset(shown.swept_names)}


def _extras(shown: AmplifyShown, owner: str) -> dict[str, str]:
    """What belongs to the browser, where it can be read: JSON that parses, a drift that is a number."""
    extras: dict[str, str] = {}
    for suffix in _JSON_EXTRAS:
        for cookie in shown.candidates(owner, suffix):
            if len(cookie.value) <= _LONGEST_EXTRA and _is_object(cookie.value):
                extras[suffix] = cookie.value
                break
    for cookie in shown.candidates(owner, "clockDrift"):
        if _DRIFT.fullmatch(cookie.value):
            extras["clockDrift"] = cookie.value
            break
    return extras


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
