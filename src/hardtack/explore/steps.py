"""Which steps a state allows, and where each leads.

Rule: every step here has a gate in the replay, so that a real browser can be made to do the same in the same order; a
step without one is not in the world. What a person may do is what the page before them offers. An outage is no step of
its own: where a step asks the pool, the pool may be out of reach, as often as it likes. Nor is a request that is lost:
where a step sends one, it may fail to reach anybody, once.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hardtack.explore.litter import Litter
from hardtack.explore.moves import HOUR, MINUTES, Moves
from hardtack.explore.plants import plant, plants_of
from hardtack.explore.pool import Unavailable
from hardtack.explore.script import Pool, Run
from hardtack.explore.symbols import LIFETIME, PEOPLE
from hardtack.explore.waiting import answerable
from hardtack.explore.world import Fault, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hardtack.explore.journal import Journal
    from hardtack.explore.state import State, Tab, Waiting
    from hardtack.explore.world import World

    Does = Callable[[State], State]
    """What a step does."""

__all__ = ["LOST", "UNREACHABLE", "Step", "Steps"]

UNREACHABLE: Final = ("pool", "unreachable")
"""The argument of a step in which the pool can't be reached."""
LOST: Final = ("request", "lost")
"""The argument of a step whose first request to the site reaches nobody."""
_PERSONAL: Final = frozenset({"open", "sign-in", "sign-out", "sign-out-everywhere", "press", "look", "fetch"})


class Step(NamedTuple):
    """A step.

    Attributes:
        kind: what it is.
        arguments: its arguments, as (name, value).
        by_itself: whether it happens without anybody doing anything: what P3 speaks of.
        asks: whether the pool is asked in it; with the argument `UNREACHABLE` in vain.
    """

    kind: str
    arguments: tuple[tuple[str, Any], ...] = ()
    by_itself: bool = False
    asks: bool = False

    @property
    def in_vain(self) -> bool:
        """Whether the pool was asked and could not be reached."""
        return UNREACHABLE in self.arguments

    @property
    def loses_a_request(self) -> bool:
        """Whether a request of it reached nobody."""
        return LOST in self.arguments

    @property
    def of_a_person(self) -> bool:
        """Whether somebody at the browser does it."""
        return self.kind in _PERSONAL


class Steps:
    """The step relation of a world.

    Args:
        world: the world.
        moves: what its steps do.
    """

    def __init__(self, world: World, moves: Moves) -> None:
        self._world = world
        self._moves = moves
        self._litter = Litter(world, moves.jars)
        self._fails = Fault.OUTAGE in world.faults
        self._fetches = [index for index, context in enumerate(world.contexts) if not context.navigation]

    def of(self, state: State) -> Iterator[tuple[Step, State]]:
        """Every step and the state after it, in an order that is always the same."""
        for step, does in self._all(state):
            for taken, after in self._ways(state, step, does):
                yield taken, self._litter.swept(after)

    def journalled(self, state: State, journal: Journal) -> Iterator[tuple[Step, State]]:
        """The same, one by one, with the journal open: when a step is given, the notes are its own."""
        journal.is_open = True
        try:
            steps = self.of(state)
            while True:
                journal.clear()
                found = next(steps, None)
                if found is None:
                    return
                yield found
        finally:
            journal.is_open = False

    def next_by_itself(self, state: State) -> State | None:
        """What happens next without anybody doing anything, the oldest thing first; None for nothing."""
        for _, does in self._by_itself(state):
            return does(state)
        return None

    def _ways(self, state: State, step: Step, does: Does) -> Iterator[tuple[Step, State]]:
        """A step; where it asks the pool, the same with one that can't be reached; and once with a request lost."""
        calls = self._moves.calls
        calls.pool = calls.site = 0
        after = does(state)
        asks, requests = calls.pool > 0, calls.site > 0
        yield step._replace(asks=asks), after
        if asks and self._fails:
            failed = does(state._replace(up=False))
            yield step._replace(arguments=(*step.arguments, UNREACHABLE), asks=True), failed._replace(up=True)
        if requests and Fault.REQUEST_LOSS in state.left:
            lost = _spending(Fault.REQUEST_LOSS, does, state._replace(reaches=False))
            yield Step(step.kind, (*step.arguments, LOST)), lost._replace(reaches=True)

    def _all(self, state: State) -> Iterator[tuple[Step, Does]]:
        yield from self._by_itself(state)
        if state.pending < self._world.flights:
            for tab, at in enumerate(state.tabs):
                if at.idle:
                    yield from self._of_a_person(state, tab, at)
        if state.quiet and _lives(state):
            yield Step("hour"), self._an_hour_later
        if state.left:
            for fault, step, does in self._of_bad_luck(state):
                yield step, partial(_spending, fault, does)

    def _by_itself(self, state: State) -> Iterator[tuple[Step, Does]]:
        """What happens without anybody doing anything."""
        moves = self._moves
        for number, flight in enumerate(state.flights):
            told = (("flight", number),)
            if flight.response is not None:
                yield Step("arrive", told, by_itself=True), partial(moves.arrive, number=number)
            elif flight.call is not None or flight.foreseen is not None or self._may_look_again(state, number):
                yield Step("answer-server", told, by_itself=True), partial(moves.answer_server, number=number)
        for tab in range(len(state.tabs)):
            for place, wait in answerable(state, tab):
                yield (
                    Step("answer-tab", _where(state, tab, wait), by_itself=True),
                    partial(moves.answer_tab, tab=tab, place=place),
                )

    def _may_look_again(self, state: State, number: int) -> bool:
        """Who waits for somebody else's refresh looks again when that has ended."""
        flight = state.flights[number]
        return flight.waits and not any(row[1] == "leased" for row in state.store[0])

    def _of_a_person(self, state: State, tab: int, at: Tab) -> Iterator[tuple[Step, Does]]:
        moves, here = self._moves, (("tab", tab),)
        yield Step("open", here), partial(moves.navigate, tab=tab)
        if at.page == "guidance":
            yield Step("press", here), partial(moves.recover, tab=tab)
        if at.page not in ("site", "login"):
            return
        if at.shows:
            yield Step("sign-out", here), partial(moves.sign_out, tab=tab)
            yield Step("sign-out-everywhere", here), partial(moves.sign_out, tab=tab, everywhere=True)
            if self._world.has_script:
                yield Step("look", here), partial(moves.begin, tab=tab, run=Run("look"))
        elif self._asks_for_a_password(at) and len(state.pool.sign_ins) < self._world.sign_ins:
            for user in PEOPLE[: self._world.people]:
                yield Step("sign-in", (*here, ("user", user))), partial(moves.sign_in, tab=tab, user=user)
        for context in self._fetches:
            if self._world.server is not Server.LIBRARY or at.shows:
                yield Step("fetch", (*here, ("context", context))), partial(moves.fetch, tab=tab, context=context)

    def _asks_for_a_password(self, at: Tab) -> bool:
        return self._world.server is not Server.LIBRARY or at.page == "login"

    def _an_hour_later(self, state: State) -> State:
        return state._replace(now=state.now + HOUR, jar=self._moves.jars.an_hour_later(state.jar))

    def _of_bad_luck(self, state: State) -> Iterator[tuple[Fault, Step, Does]]:
        """Each fault that may still happen, with what it does beside being spent."""
        left = state.left
        if Fault.DEPLOYMENT in left and self._world.after:  # a release that moves no cookie makes no difference
            yield Fault.DEPLOYMENT, Step("deploy"), lambda state: state._replace(release=1, clean=False)
        for fault, kind in ((Fault.REVOCATION, "revoke"), (Fault.REFRESH_END, "refresh-ends")):
            if fault in left:
                for user in sorted({one.user for one in state.pool.sign_ins if not one.ended} & {*PEOPLE}):
                    yield fault, Step(kind, (("user", user),)), partial(_ended, user=user)
        if Fault.GRACE_END in left and state.quiet:
            yield Fault.GRACE_END, Step("minutes"), lambda state: state._replace(now=state.now + MINUTES)
        if Fault.PLANT in left and state.pending < self._world.flights:
            for name in plants_of(self._world.people):
                yield Fault.PLANT, Step("plant", (("what", name),)), partial(plant, what=name, moves=self._moves)
        for fault, steps in ((Fault.LOSS, self._of_lost_answers), (Fault.CLOSING, self._of_closed_tabs)):
            if fault in left:
                yield from ((fault, step, does) for step, does in steps(state))

    def _of_lost_answers(self, state: State) -> Iterator[tuple[Step, Does]]:
        moves = self._moves
        for number, flight in enumerate(state.flights):
            told = (("flight", number),)
            if flight.response is not None:
                yield Step("lose", told), partial(moves.lose, number=number)
            elif flight.call is not None:
                yield Step("lose-answer", told), partial(moves.answer_server, number=number, answer=Unavailable())
        for tab in range(len(state.tabs)):
            for place, wait in answerable(state, tab):
                if not isinstance(wait.answer, Unavailable | None):
                    yield (
                        Step("lose-answer", _where(state, tab, wait)),
                        partial(moves.answer_tab, tab=tab, place=place, answer=Unavailable()),
                    )

    def _of_closed_tabs(self, state: State) -> Iterator[tuple[Step, Does]]:
        moves = self._moves
        for tab in range(len(state.tabs)):
            for place, wait in answerable(state, tab):
                for most in range(1, moves.writes_of(state, tab, place) if wait.answer is not None else 0):
                    yield (
                        Step("close", (*_where(state, tab, wait), ("writes", most))),
                        partial(moves.close, tab=tab, place=place, most=most),
                    )


def _spending(fault: Fault, does: Does, state: State) -> State:
    return does(state._replace(left=state.left - {fault}))


def _where(state: State, tab: int, wait: Waiting) -> tuple[tuple[str, Any], ...]:
    """Which of a tab's waits ends; where its script waits for several things, it is said for which."""
    running = state.tabs[tab].running
    here = ("tab", tab)
    if running is None or len(running.waits) == 1:
        return (here,)
    return here, ("gate", wait.gate.operation if isinstance(wait.gate, Pool) else "lock")


def _ended(state: State, *, user: str) -> State:
    one = state.pool.named(state.rightful)
    rightful = "" if one is not None and one.user == user else state.rightful
    return state._replace(pool=state.pool.end_all(user), rightful=rightful)


def _lives(state: State) -> bool:
    """Whether an access token is about that an hour would end."""
    return any(state.now < issued + LIFETIME for _, issued in state.jar.shape.issued)
