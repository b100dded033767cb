"""Where a shield's policy and the browser's own Amplify disagree: noticed, told with the fix, and then left alone.

A shield moves sessions into the policy's scope. If the policy does not state that scope as the browser's Amplify has
it, script goes on writing in another one, and moving its sessions would make the very twins that a shield is for. The
sign is plain: beside the shield's own copy lies a newer token that the shield did not write. Three times of that, and
the shield takes its copies back and rewrites nothing more for this browser, until the policy changes. Where the mark of
`hardtack.js` says who is in, nothing is counted: it writes where our policy says, and a newer token elsewhere is of a
page that was loaded before the policy changed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hardtack.cookies import CookieError, SetCookie
from hardtack.sessions.judging import jti_of

if TYPE_CHECKING:
    from hardtack.cookies import CookiePolicy
    from hardtack.sessions.judging import JudgedSet
    from hardtack.sessions.marks import Marks, Pair
    from hardtack.sessions.storage import Shown
    from hardtack.sessions.sweeping import Told

__all__ = ["MOST_MISMATCHES", "has_retreated", "notice", "taken_back"]

MOST_MISMATCHES: Final = 3


def has_retreated(pair: Pair | None, policy: CookiePolicy) -> bool:
    """Whether this browser's sessions are no longer moved, under this policy."""
    return pair is not None and pair.policy == policy.fingerprint and pair.mismatches >= MOST_MISMATCHES


def notice(shown: Shown, marks: Marks, chosen: JudgedSet | None, policy: CookiePolicy) -> tuple[Pair, Told] | None:
    """Count a newer token beside the shield's own copy.

    Args:
        shown: what the request shows.
        marks: its marks.
        chosen: the newest set.
        policy: the policy.

    Returns:
        The pair with one more mismatch, and the event that tells it with the fix; None where all is well.
    """
    pair = marks.pair
    if pair is None or chosen is None or not pair.jti or pair.policy != policy.fingerprint:
        return None
    if marks.binding is not None and marks.binding.by_script:
        return None
    if pair.jti == chosen.claims.jti or all(jti_of(found.token) != pair.jti for found in shown.accesses):
        return None
    counted = replace(pair, mismatches=pair.mismatches + 1)
    return counted, ("policy.mismatch", {"times": counted.mismatches, "scope": str(policy.scope), "fix": _fix(policy)})


def taken_back(shown: Shown, policy: CookiePolicy) -> tuple[SetCookie, ...]:
    """The deletions of the shield's own copies, where a twin stays behind."""
    lines: list[SetCookie] = []
    for name in shown.twins:
        try:
            lines.append(SetCookie.deletion(name, policy.scope))
        except CookieError:  # a name that no line can carry was not written by the shield either
            continue
    return tuple(lines)


def _fix(policy: CookiePolicy) -> str:
    options = f"domain: {policy.domain!r}, " if policy.domain else ""
    return (
        f"The browser's Amplify writes its cookies in another scope than the policy's ({policy.scope}). Write its"
        " CookieStorage's domain and path into [policy] of the policy file, or give the CookieStorage these options:"
        f" {options}path: {policy.path!r}."
    )
