"""What a tab's script waits for, and who is served when.

Rule: everything that a script has come to is under way at once: a call to the pool, a question to the site, a lock.
Each is answered in its own time. Script of a page that leaves goes on
until the next document is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.explore.pool import Accepted, Granted, Refused, Unavailable
from hardtack.explore.script import BEGIN, Ask, Go, Lock, Pool, Run, Segment, Timer, failed, granted
from hardtack.explore.state import Running, Tab, Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.explore.pool import PoolAnswer
    from hardtack.explore.script import Step
    from hardtack.explore.state import Flight, State

__all__ = [
    "FAILED",
    "answer_at",
    "answerable",
    "as_json",
    "begun",
    "committed",
    "deserted",
    "in_line",
    "is_free",
    "leaves",
    "left",
    "place_of",
    "told_pool",
    "went_on",
]

FAILED: Final = failed("NetworkError")


def begun(run: Run) -> Running:
    """A run that is about to begin: it waits for nothing else."""
    return Running(run, (), (Waiting(Timer(0.0)),))


def went_on(running: Running, place: int, answer: str, now: int, step: Step) -> Running:
    """A run that was answered in a place and has come to a step; what it has come to there, nobody has seen to yet."""
    left = (*running.waits[:place], *running.waits[place + 1 :])
    fresh = [Waiting(gate) for gate in step.gates[len(left) :]]
    return running._replace(
        segments=(*running.segments, Segment(answer, float(now), step.readings, place)),
        waits=(*left, *fresh),
        locks=step.locks,
        kept=step.memory if any(isinstance(gate, Go) for gate in step.gates) else running.kept,
        fresh=running.fresh + len(fresh),
    )


def leaves(running: Running, *, before: int | None = None) -> Go | None:
    """Where the page is about to go, if it is; with `before`, if its script came to that before what stands there."""
    return next((wait.gate for wait in running.waits[:before] if isinstance(wait.gate, Go)), None)


def in_line(state: State, tab: int, lock: Lock) -> Waiting:
    """A wait for a lock, behind all who wait for it already."""
    lines = [wait.line for other in _others(state, tab) for wait in other.waits if wait.gate == lock]
    return Waiting(lock, line=max(lines, default=-1) + 1)


def answerable(state: State, tab: int) -> Iterator[tuple[int, Waiting]]:
    """Which of a tab's waits may end now, with their places."""
    running = state.tabs[tab].running
    for place, wait in enumerate(() if running is None else running.waits):
        comes = wait.answer is not None or isinstance(wait.gate, Timer)
        if is_free(state, tab, wait) if isinstance(wait.gate, Lock) else comes:
            yield place, wait


def is_free(state: State, tab: int, lock: Waiting) -> bool:
    """Whether the lock that a tab waits for is held by nobody, and nobody came before it."""
    others = _others(state, tab)
    if any(lock.gate == Lock(name) for other in others for name in other.locks):
        return False
    return all(wait.line > lock.line for other in others for wait in other.waits if wait.gate == lock.gate)


def place_of(state: State, flight: Flight) -> int | None:
    """In which place the script that has asked the site waits for the answer; None where its page is gone."""
    running = state.tabs[flight.tab].running
    for place, wait in enumerate(() if running is None else running.waits):
        if isinstance(wait.gate, Ask) and wait.gate.path == flight.request.path:
            return place
    return None


def left(at: Tab) -> Tab:
    """A tab whose page is leaving; its script is there as long as it waits for anything."""
    running = at.running
    if running is not None and any(not isinstance(wait.gate, Go) for wait in running.waits):
        return at._replace(page="", shows="", loading=True)
    return Tab(at.host, memory=at.memory if running is None else running.kept, loading=True)


def committed(state: State, tab: int) -> State:
    """The state with another document in a tab: script of the one before is gone."""
    at = state.tabs[tab]
    memory = at.memory if at.running is None else at.running.kept
    return deserted(state, tab).with_tab(tab, Tab(at.host, memory=memory))


def deserted(state: State, tab: int) -> State:
    """The state without anybody in this tab who waits for what script has asked the site."""
    if not any(flight.kind == "ask" and flight.tab == tab for flight in state.flights):
        return state
    return state._replace(
        flights=tuple(
            [_unheard(flight) if flight.kind == "ask" and flight.tab == tab else flight for flight in state.flights]
        )
    )


def _unheard(flight: Flight) -> Flight:
    """A question of which nobody hears the answer: its cookies are all that is left of it."""
    response = None if flight.response is None else flight.response._replace(body="")
    return flight._replace(kind="fetch", response=response)


def told_pool(running: Running, place: int, said: PoolAnswer, sign_in: str) -> Running:
    """A run for which the pool's answer to what it asked in a place is on its way, and the sign-in that it granted."""
    wait = running.waits[place]
    is_sign_in = isinstance(wait.gate, Pool) and wait.gate.operation == "SignIn" and isinstance(said, Granted)
    running = running.with_wait(place, wait._replace(answer=said))
    return running._replace(granted=sign_in) if is_sign_in else running


def answer_at(state: State, tab: int, place: int) -> str:
    """What a tab's script is told when its wait in a place ends, as JSON."""
    running = state.tabs[tab].running
    assert running is not None  # noqa: S101 -- only what waits is answered; tells the type checker so
    answer = running.waits[place].answer
    return BEGIN if answer is None else as_json(answer)


def as_json(answer: PoolAnswer) -> str:
    """The pool's answer as a script is told it."""
    match answer:
        case Granted(access, identity, refresh):
            return granted(access, identity, refresh or "")
        case Refused(exception):
            return failed(exception)
        case Accepted():
            return BEGIN
        case Unavailable():
            return FAILED


def _others(state: State, tab: int) -> list[Running]:
    """What the other tabs' scripts are in the middle of."""
    return [at.running for index, at in enumerate(state.tabs) if index != tab and at.running is not None]
