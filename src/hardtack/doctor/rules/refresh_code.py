"""Group 3, as it is written down: calls that refresh where they shouldn't.

Rule: a call is judged by where it runs. In a Server Component nothing can be written, so each render refreshes anew; in
middleware or an effect a forced refresh runs for every request; a listener that signs out on any failure makes an
outage into a sign-out and, if it also loads a page, a stale token into a loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import CodeContext, FailureListener, MiddlewareFound, SessionRead
from hardtack.doctor.facts import Area, Facts
from hardtack.doctor.observed import Side
from hardtack.doctor.rules.model import Confidence, Hit, Severity, Snippet, Value, Word, rule
from hardtack.doctor.rules.reading import apps, evidence_of, in_app

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RULES"]

_CODE: Final = frozenset({Area.CODE})
_EVERY_TIME: Final = frozenset(
    {
        CodeContext.MIDDLEWARE,
        CodeContext.SERVER_COMPONENT,
        CodeContext.COMPONENT,
        CodeContext.EFFECT,
        CodeContext.MODULE,
    }
)
_LISTENER: Final = """\
Hub.listen('auth', ({ payload }) => {
  if (payload.event !== 'tokenRefresh_failure') return;
  const name = payload.data?.error?.name ?? '';
  if (!name.startsWith('NotAuthorized') && name !== 'TokenRevokedException') return; // an outage ends nothing
  if (location.pathname !== '/login') location.assign('/login'); // once, and never from the sign-in page itself
});"""


@rule("HT301", "refresh-in-server-component", Severity.WARNING, _CODE)
def refresh_in_server_component(facts: Facts) -> Iterator[Hit]:
    """A Server Component reads the session. It can't write cookies, so a refresh there is lost, and made again."""
    for app in apps(facts):
        reads = [
            read
            for read in in_app(facts, SessionRead, app)
            if read.side is Side.SERVER and read.context is CodeContext.SERVER_COMPONENT
        ]
        if not reads:
            continue
        guarded = any(not found.returns_another for found in in_app(facts, MiddlewareFound, app))
        yield Hit(
            evidence=evidence_of(*reads),
            values={"count": len(reads), "call": reads[0].call},
            say="guarded" if guarded else "message",
            severity=Severity.NOTE if guarded else Severity.WARNING,
            key=app,
        )


@rule("HT305", "forced-refresh", Severity.WARNING, _CODE)
def forced_refresh(facts: Facts) -> Iterator[Hit]:
    """`forceRefresh: true` where it runs for every request or render."""
    for read in facts.of(SessionRead):
        if read.force_refresh and (read.each_request or read.context in _EVERY_TIME):
            values: dict[str, Value] = {"call": read.call, "context": Word(read.context)}
            snippet = Snippet(f"{read.call}({'contextSpec' if read.side is Side.SERVER else ''})")
            place = read.evidence.place
            yield Hit(
                evidence=evidence_of(read), values=values, snippets=(snippet,), key=f"{place.source} {read.context}"
            )


@rule("HT307", "failure-signs-out", Severity.WARNING, _CODE, confidence=Confidence.LIKELY)
def failure_signs_out(facts: Facts) -> Iterator[Hit]:
    """Every failed refresh ends in a sign-out, and perhaps in a page that tries again."""
    for listener in facts.of(FailureListener):
        if listener.looks_at_error or not (listener.signs_out or listener.navigates):
            continue
        authenticator = "Authenticator" in listener.by
        say = "authenticator" if authenticator else "message" if listener.navigates else "wipes"
        yield Hit(
            evidence=evidence_of(listener),
            values={"by": listener.by},
            say=say,
            do="fix_authenticator" if authenticator else "fix",
            snippets=() if authenticator else (Snippet(_LISTENER),),
            severity=Severity.NOTE if authenticator else None,
            key=listener.by,
        )


RULES = (refresh_in_server_component, forced_refresh, failure_signs_out)
