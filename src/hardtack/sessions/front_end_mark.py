"""The mark of `hardtack.js`: what the browser's own script says about whose browser this is.

Rule: it is a `__Host-` cookie that script writes on this very host, which no sibling host can, so it may say who signed
in (`in`) and that somebody signed out (`out`). It is not sealed, since script holds no key: it names one of the sets
shown and is never more than that. A set counts by its signature alone.

Its form, each field as `encodeURIComponent` writes it, joined by dots:

    in.<sub>.<session key>.<auth_time>.<access>.<refresh>.<claim>
    out.<auth_time>

`auth_time` is the sign-in's, or a later one that the mark had before, so that the next sign-out ends that one too.
`access` and `refresh` are script's own (hashes of the pair that it wrote last). Under the `claim`, random text, the
refresh store may keep the set that the sign-in wrote: see `hardtack.sessions.marks.Binding.claim`. Older scripts write
less, and what is missing is as if it were not there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from hardtack.sessions.marks import Binding, Tombstone

if TYPE_CHECKING:
    from hardtack.cookies import CookieHeader, CookiePolicy
    from hardtack.sessions.marks import Marks

__all__ = ["CLAIM", "FRONT_END_MARK", "FrontEndMark", "claim_of", "front_end_mark_name"]

FRONT_END_MARK: Final = "hardtack-js"
CLAIM: Final = re.compile(r"[0-9a-z]{4,40}-[0-9a-z]{1,8}")
"""A claim: 128 random bits, and a hash that keeps the claims of several sign-ins apart."""
_OF_SCRIPT: Final = "js."  # begins the claims of script's making, which must not be taken for others

_LONGEST: Final = 1_024  # characters; hardtack.js writes some 150
_MOST_DIGITS: Final = 12  # of an auth_time


def front_end_mark_name(policy: CookiePolicy, client_id: str) -> str:
    """The mark's name on the wire: one for each app client, so that sites on one host keep theirs."""
    return policy.own_name(f"{FRONT_END_MARK}.{client_id}")


class FrontEndMark:
    """Reads the mark of one app client.

    Args:
        client_id: the app client.
        policy: whose own names these are.
    """

    def __init__(self, client_id: str, policy: CookiePolicy) -> None:
        self._name = front_end_mark_name(policy, client_id)

    def read(self, cookies: CookieHeader) -> Binding | Tombstone | None:
        """What the mark says; one that can't be read counts as absent."""
        for value in cookies.get_all(self._name):
            if len(value) > _LONGEST:
                continue
            match [unquote(part) for part in value.split(".")]:
                case ["in", sub, session_key, auth_time, *more] if sub and session_key and _is_time(auth_time):
                    return Binding(sub, session_key, int(auth_time), claim=_claim(more), by_script=True)
                case ["out", auth_time, *_] if _is_time(auth_time):
                    return Tombstone((), int(auth_time))
                case _:
                    continue
        return None

    def applied(self, cookies: CookieHeader, marks: Marks) -> tuple[Binding | None, Tombstone | None]:
        """Binding and tombstone with the mark taken into account: what was decided last counts.

        A sign-in through script takes the place of an older one, and its sign-out ends the sessions up to its time.
        """
        binding, tombstone = marks.binding, marks.tombstone
        match self.read(cookies):
            case Binding() as signed_in:
                if tombstone is not None and tombstone.covers(signed_in):
                    return binding, tombstone
                if binding is None or signed_in.auth_time > binding.auth_time:
                    return signed_in, None
            case Tombstone() as signed_out:
                if binding is None or signed_out.covers(binding):
                    highest = max(signed_out.auth_time, tombstone.auth_time if tombstone else 0)
                    return None, Tombstone(tombstone.ended if tombstone else (), highest)
            case None:
                pass
        return binding, tombstone


def claim_of(text: str) -> str:
    """Under which claim the store keeps a set for which script made up this one."""
    return _OF_SCRIPT + text


def _claim(more: list[str]) -> str:
    match more:
        case [_, _, str(text), *_] if CLAIM.fullmatch(text):
            return claim_of(text)
        case _:
            return ""


def _is_time(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
