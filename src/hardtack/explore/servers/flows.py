"""Server code that can be left in the middle and taken up again, as data.

Rule: a flow is what it was asked and what it was answered so far. To go on, it is run again from its beginning, told
the same answers, and then the new one; a call to the refresh store is made when it is first met and only remembered
afterwards. So a state that holds a request which waits for the pool is a value like any other, and what runs is the
real generator, not a picture of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hardtack.explore.pool import Granted, Refused
from hardtack.sessions.asking import Recall, Refresh
from hardtack.sessions.coordination import CallPool, Pause, PoolRefused, PoolUnavailable, StoreCall
from hardtack.sessions.judging import FetchKeys
from hardtack.tokens import TokenSet

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from hardtack.explore.pool import PoolAnswer
    from hardtack.sessions import SessionCore

__all__ = ["LOOKS", "Call", "Halt", "Request", "Response", "Waits", "drive"]


LOOKS: Final = -2
"""The context of a page load that is only looked at, on a site whose pages ask for no session."""


class Request(NamedTuple):
    """A request as the server gets it.

    Attributes:
        method: `GET` or `POST`.
        kind: `navigation`, or `fetch` for what script asks.
        host: the page's host.
        path: with its query.
        cookies: the Cookie header, empty for none.
        by_script: whether script started a navigation.
        context: the index of the server's context that is asked; -1 for none.
        body: of a POST.
        release: which deployment answers.
        now: epoch seconds.
    """

    method: str
    kind: str
    host: str
    path: str
    cookies: str
    by_script: bool = False
    context: int = -1
    body: str = ""
    release: int = 0
    now: int = 0


class Response(NamedTuple):
    """An answer.

    Attributes:
        lines: the Set-Cookie lines, in order.
        clears: whether it says `Clear-Site-Data: "cookies"`.
        location: where it leads; empty for nowhere.
        page: what it shows: `site`, `login`, `guidance`, `unavailable`; of a fetch `data`.
        shows: whom it shows as signed in; empty for nobody.
        sign_in: the sign-in that it was served with; empty for none.
        body: what script gets.
        revoke: refresh tokens to be ended at the pool, once it is sent.
        everywhere: an access token with which every sign-in is ended first, or a refresh token to get one with.
        notes: what happened on the way, for people.
    """

    lines: tuple[str, ...] = ()
    clears: bool = False
    location: str = ""
    page: str = "site"
    shows: str = ""
    sign_in: str = ""
    body: str = ""
    revoke: tuple[str, ...] = ()
    everywhere: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A flow stops for a call to the pool: Cognito's operation and its one argument that matters."""

    operation: str
    argument: str


@dataclass(frozen=True, slots=True)
class Waits:
    """A flow stops because somebody else is refreshing the same token."""


Halt = Call | Waits | Response
Answers = tuple[Any, ...]


def drive(
    core: SessionCore | None,
    make: Callable[[], Generator[Any, Any, Response]],
    answers: Answers,
    *,
    halted: Callable[[], None] = lambda: None,
) -> tuple[Halt, Answers]:
    """Run a flow as far as it goes.

    Args:
        core: knows the flow of a refresh; None where nothing refreshes through Hardtack.
        make: begins the flow.
        answers: what it was told so far.
        halted: called when the flow has stopped and before it is thrown away, at which it gives back what it holds.

    Returns:
        Where it stopped, and what it was told up to there.
    """
    stack: list[Any] = [make()]
    told = list(answers)
    place = 0
    answer: Any = None
    while True:
        try:
            need = stack[-1].send(answer)
        except StopIteration as stop:
            stack.pop()
            if not stack:
                halted()
                return stop.value, tuple(told)
            answer = stop.value
            continue
        if isinstance(need, Recall | Refresh) and core is not None:
            stack.append(core.refresh(need) if isinstance(need, Refresh) else core.fetch_back(need))
            answer = None
            continue
        if isinstance(need, FetchKeys):
            answer = True
            continue
        if place == len(told):
            if not isinstance(need, StoreCall):
                halted()
                for flow in reversed(stack):
                    flow.close()
                return _halt(need), tuple(told)
            told.append(need.call())
        answer = told[place]
        if isinstance(need, CallPool) and core is not None:
            answer = _answered(core, need, answer)
        place += 1


def _halt(need: Any) -> Call | Waits:
    match need:
        case CallPool(refresh_token):
            return Call(REFRESH, refresh_token)
        case Pause():
            return Waits()
        case Call():
            return need
        case _:
            raise TypeError(f"A server can't stop for {type(need).__name__}.")


REFRESH: Final = "GetTokensFromRefreshToken"


def _answered(core: SessionCore, need: CallPool, answer: PoolAnswer) -> Any:
    """The pool's answer as a shell would have made it of the wire."""
    match answer:
        case Granted(access, identity, refresh):
            return core.refreshed(TokenSet(access, identity, refresh or need.refresh_token))
        case Refused(exception):
            return PoolRefused(exception)
        case _:
            return PoolUnavailable("connection")
