"""The two histories in which an answer that was on its way before a sign-in arrives after it.

story = tell()
fresh = late_refresh(story)     # the browser shows the older sign-in now, and its binding names the fresh one
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardtack.cookies import CookieHeader
from hardtack.sessions import OutcomeKind, Reason, RequestKind
from support.minting import read_claims

if TYPE_CHECKING:
    from hardtack.sessions.marks import Binding, Marks
    from hardtack.tokens import TokenSet
    from support.story import Story


def late_refresh(story: Story, kind: RequestKind = RequestKind.NAVIGATION) -> TokenSet:
    """An hour after a sign-in a tab is opened, and its answer is slow; meanwhile the person signs in in another one."""
    story.sign_in("alice")
    story.settle()
    story.wait(3_700)
    late = story.ask("/slow", kind=kind)
    assert late.outcome.kind is OutcomeKind.REFRESHED
    fresh = story.sign_in("alice")
    story.receive(late, "/slow")
    return fresh


def late_sweep(story: Story) -> TokenSet:
    """The same, but the session of the first sign-in is over, and the slow answer deletes it."""
    dead = story.sign_in("alice")
    story.settle()
    story.pool.revoke(dead)
    story.wait(3_700)
    late = story.ask("/slow")
    assert (late.outcome.kind, late.outcome.reason) == (OutcomeKind.REFUSED, Reason.REVOKED)
    fresh = story.sign_in("alice")
    story.receive(late, "/slow")
    return fresh


def shown_sets(story: Story) -> list[str]:
    """The sign-ins whose access tokens the browser shows."""
    request = story._request("/")
    shown = story.server.core.engine.storage.read(request.cookies)
    return [str(read_claims(found.token)["origin_jti"]) for found in shown.accesses]


def marks_of(story: Story) -> Marks:
    return story.server.core.engine.marks.read(story._request("/").cookies)


def bind(story: Story, binding: Binding) -> None:
    """Write another binding into the browser, sealed by this deployment."""
    lines = story.server.core.engine.marks.write_binding(binding, CookieHeader.parse(b""))
    story.jar.store_response(story.url("/"), [line.to_text() for line in lines])
