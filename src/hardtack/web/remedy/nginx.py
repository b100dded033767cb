"""The remedy for nginx: a location that signs out, made of maps alone.

Rule: no module that a distribution's nginx lacks (no njs, no Lua), and never a header that browsers read as something
else. nginx can take a name out of a header but can't loop, so names go by their kind, scopes by rounds, and the browser
comes back for the next round.
"""

from __future__ import annotations

import re
from typing import Final

from hardtack.amplify import LAST_AUTH_USER, SWEPT_SUFFIXES
from hardtack.cookies import path_match
from hardtack.web.remedy.site import RemedySite, deletion_tail
from hardtack.web.remedy.templates import fill

__all__ = ["sign_out_location"]

_KINDS: Final = (LAST_AUTH_USER, *SWEPT_SUFFIXES)
# Short, for nginx keeps the names of all variables in a table whose rows have 64 bytes, and warns where they don't fit.
_SHORT: Final = {
    "LastAuthUser": "ht_last",
    "accessToken": "ht_access",
    "idToken": "ht_id",
    "refreshToken": "ht_refresh",
    "clockDrift": "ht_drift",
    "signInDetails": "ht_details",
    "oauthMetadata": "ht_oauth",
    "userData": "ht_data",
}
_LINE_BYTES: Final = 200  # of a deletion: Amplify's names have about 110, the rest of the line 75
_OTHER_BYTES: Final = 300  # of an answer's other headers
_MOST_ROUNDS: Final = 16  # browsers follow 20 redirects
_LEAST_ROUNDS: Final = 8  # as many people may have left cookies in one browser, where one round does for each
_LONGEST_USER: Final = 1_024  # bytes of a user name in a cookie's name; Cognito's have 128 characters, escaped


def sign_out_location(site: RemedySite) -> str:
    """The snippet's text."""
    slots = max(1, site.policy.sweep_budget // (_LINE_BYTES * len(_KINDS)))
    # The location sees no cookie on a deeper path, only that of the same name on "/": so the deeper paths go first.
    scopes = sorted(site.scopes, key=lambda scope: path_match(site.sign_out, scope.path))
    tails = [deletion_tail(scope) for scope in scopes]
    rounds = -(-len(tails) // slots)
    last_round = min(_MOST_ROUNDS, max(_LEAST_ROUNDS, 2 * rounds))
    afterwards = f"{site.sign_out}/everything" if site.clear_site_data else site.sign_in
    last_resort = fill("sign-out-last-resort.conf", sign_out=site.sign_out, sign_in=site.sign_in)
    return (
        fill(
            "sign-out.conf",
            sign_out=site.sign_out,
            sign_in=site.sign_in,
            afterwards=afterwards,
            slots=str(min(slots, len(tails))),
            header_bytes=f"{min(slots, len(tails)) * _LINE_BYTES * len(_KINDS) + _OTHER_BYTES:,}",
            last_round=str(last_round),
            name_maps="\n".join(_name_map(site, kind) for kind in _KINDS),
            tail_maps="\n".join(_tail_map(tails, slot, slots, last_round) for slot in range(min(slots, len(tails)))),
            line_maps="\n".join(_line_map(kind, slot) for slot in range(min(slots, len(tails))) for kind in _KINDS),
            all_names='"' + "".join(f"${_variable(kind)}" for kind in _KINDS) + '"',
            rounds="\n".join(f'    "{number or ""}:left" {number + 1};' for number in range(last_round)),
            add_headers="\n".join(
                f"    add_header Set-Cookie ${_line_variable(kind, slot)};"
                for slot in range(min(slots, len(tails)))
                for kind in _KINDS
            ),
            last_resort=last_resort if site.clear_site_data else "",
        ).rstrip()
        + "\n"
    )


def _name_map(site: RemedySite, kind: str) -> str:
    user = "" if kind == LAST_AUTH_USER else rf"[^;=\s]{{1,{_LONGEST_USER}}}\."
    name = f"{re.escape(site.prefix)}{user}{kind}"
    found = f"{_variable(kind)}_0"
    return f'map $http_cookie ${_variable(kind)} {{ default ""; "~(?:^|;\\s*)(?<{found}>{name})=" ${found}; }}'


def _tail_map(tails: list[str], slot: int, slots: int, last_round: int) -> str:
    """The tail of a slot by the round. Where the scopes come to an end, they begin anew: a slot is never empty."""
    by_round = [tails[(number * slots + slot) % len(tails)] for number in range(last_round + 1)]
    lines = [f'    default "{by_round[0]}";']
    if len(set(by_round)) > 1:
        lines += [f'    {number:<7} "{tail}";' for number, tail in enumerate(by_round) if number]
    return "\n".join([f"map $arg_round $ht_tail_{slot + 1} {{", *lines, "}"])


def _line_map(kind: str, slot: int) -> str:
    name, line = _variable(kind), _line_variable(kind, slot)
    return f'map ${name} ${line} {{ "" ""; default "${name}$ht_tail_{slot + 1}"; }}'


def _variable(kind: str) -> str:
    return _SHORT[kind]


def _line_variable(kind: str, slot: int) -> str:
    return f"{_variable(kind)}_{slot + 1}"
