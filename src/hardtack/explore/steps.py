"""Which steps a state allows, and where each leads.

Rule: every step here has a gate in the replay, so that a real browser can be made to do the same in the same order; a
step without one is not in the world. What a person may do is what the page before them offers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hardtack.explore.litter import Litter
from hardtack.explore.moves import HOUR, MINUTES, Moves
from hardtack.explore.plants import plant, plants_of
from hardtack.explore.pool import Unavailable
from hardtack.explore.script import Lock, Run, Timer
from hardtack.explore.symbols import LIFETIME, PEOPLE
from hardtack.explore.world import Fault, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.explore.moves import Journal
    from hardtack.explore.script import Gate
    from hardtack.explore.state import State, Tab
    from hardtack.explore.world import World

__all__ = ["Step", "Steps"]

_PERSONAL: Final = frozenset({"open", "sign-in", "sign-out", "sign-out-everywhere", "press", "look", "fetch"})


class Step(NamedTuple):
    """A step.

    Attributes:
        kind: what it is.
        arguments: its arguments, as (name, value).
        by_itself: whether it happens without anybody doing anything: what P3 speaks of.
    """

    kind: str
    arguments: tuple[tuple[str, Any], ...] = ()
    by_itself: bool = False

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
        self._fetches = [index for index, context in enumerate(world.contexts) if not context.navigation]

    def of(self, state: State) -> Iterator[tuple[Step, State]]:
        """Every step and the state after it, in an order that is always the same."""
        for step, after in self._all(state):
            yield step, self._litter.swept(after)

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

    def _all(self, state: State) -> Iterator[tuple[Step, State]]:
        yield from self.by_itself(state)
        if state.pending < self._world.flights:
            for tab, at in enumerate(state.tabs):
                if at.idle:
                    yield from self._of_a_person(state, tab, at)
        yield from self._of_time(state)
        yield from self._of_the_operator(state)
        if state.left:
            yield from self._of_bad_luck(state)

    def by_itself(self, state: State) -> Iterator[tuple[Step, State]]:
        """What happens without anybody doing anything."""
        moves = self._moves
        for number, flight in enumerate(state.flights):
            told = (("flight", number),)
            if flight.response is not None:
                yield Step("arrive", told, by_itself=True), moves.arrive(state, number)
            elif flight.call is not None or self._may_look_again(state, number):
                yield Step("answer-server", told, by_itself=True), moves.answer_server(state, number)
        for tab, at in enumerate(state.tabs):
            running = at.running
            if running is None or not self._goes_on(state, tab, running.gate, asked=running.answer is not None):
                continue
            yield Step("answer-tab", (("tab", tab),), by_itself=True), moves.answer_tab(state, tab)

    def _goes_on(self, state: State, tab: int, gate: Gate, *, asked: bool) -> bool:
        if isinstance(gate, Lock):
            return self._moves.lock_is_free(state, tab)
        return asked or isinstance(gate, Timer)

    def _may_look_again(self, state: State, number: int) -> bool:
        """Who waits for somebody else's refresh looks again when that has ended."""
        flight = state.flights[number]
        return flight.waits and not any(row[1] == "leased" for row in state.store[0])

    def _of_a_person(self, state: State, tab: int, at: Tab) -> Iterator[tuple[Step, State]]:
        moves, here = self._moves, (("tab", tab),)
        yield Step("open", here), moves.navigate(state, tab)
        if at.page == "guidance":
            yield Step("press", here), moves.recover(state, tab)
        if at.page not in ("site", "login"):
            return
        if at.shows:
            yield Step("sign-out", here), moves.sign_out(state, tab)
            yield Step("sign-out-everywhere", here), moves.sign_out(state, tab, everywhere=True)
            if self._world.has_script:
                yield Step("look", here), moves.begin(state, tab, Run("look"))
        elif self._asks_for_a_password(at) and len(state.pool.sign_ins) < self._world.sign_ins:
            for user in PEOPLE[: self._world.people]:
                yield Step("sign-in", (*here, ("user", user))), moves.sign_in(state, tab, user)
        for context in self._fetches:
            if self._world.server is not Server.LIBRARY or at.shows:
                yield Step("fetch", (*here, ("context", context))), moves.fetch(state, tab, context)

    def _asks_for_a_password(self, at: Tab) -> bool:
        return self._world.server is not Server.LIBRARY or at.page == "login"

    def _of_time(self, state: State) -> Iterator[tuple[Step, State]]:
        if not state.quiet or not _lives(state):
            return
        later = state._replace(now=state.now + HOUR)
        yield Step("hour"), later._replace(jar=self._moves.jars.an_hour_later(state.jar))

    def _of_the_operator(self, state: State) -> Iterator[tuple[Step, State]]:
        if not state.up:
            yield Step("pool-returns"), state._replace(up=True)

    def _of_bad_luck(self, state: State) -> Iterator[tuple[Step, State]]:  # noqa: C901, PLR0912 -- one fault after the other
        left, moves = state.left, self._moves
        if Fault.DEPLOYMENT in left and self._world.after:  # a release that moves no cookie makes no difference
            yield Step("deploy"), _spent(state, Fault.DEPLOYMENT)._replace(release=1, clean=False)
        if Fault.OUTAGE in left and state.up:
            yield Step("outage"), _spent(state, Fault.OUTAGE)._replace(up=False)
        for fault, kind in ((Fault.REVOCATION, "revoke"), (Fault.REFRESH_END, "refresh-ends")):
            if fault in left and state.up:
                for user in sorted({one.user for one in state.pool.sign_ins if not one.ended} & {*PEOPLE}):
                    yield Step(kind, (("user", user),)), _ended(_spent(state, fault), user)
        if Fault.GRACE_END in left and state.quiet:
            yield Step("minutes"), _spent(state, Fault.GRACE_END)._replace(now=state.now + MINUTES)
        if Fault.PLANT in left and state.pending < self._world.flights:
            for name in plants_of(self._world.people):
                yield Step("plant", (("what", name),)), plant(_spent(state, Fault.PLANT), name, moves)
        for number, flight in enumerate(state.flights):
            if Fault.LOSS in left and flight.response is not None:
                yield Step("lose", (("flight", number),)), moves.lose(_spent(state, Fault.LOSS), number)
            elif Fault.LOSS in left and flight.call is not None:
                lost = moves.answer_server(_spent(state, Fault.LOSS), number, Unavailable())
                yield Step("lose-answer", (("flight", number),)), lost
        for tab, at in enumerate(state.tabs):
            if at.running is None or at.running.answer is None:
                continue
            if Fault.LOSS in left:
                lost = moves.answer_tab(_spent(state, Fault.LOSS), tab, Unavailable())
                yield Step("lose-answer", (("tab", tab),)), lost
            if Fault.CLOSING in left:
                for most in range(1, moves.writes_of(state, tab)):
                    torn = moves.close(_spent(state, Fault.CLOSING), tab, most=most)
                    yield Step("close", (("tab", tab), ("writes", most))), torn


def _spent(state: State, fault: Fault) -> State:
    return state._replace(left=state.left - {fault})


def _ended(state: State, user: str) -> State:
    one = state.pool.named(state.rightful)
    rightful = "" if one is not None and one.user == user else state.rightful
    return state._replace(pool=state.pool.end_all(user), rightful=rightful)


def _lives(state: State) -> bool:
    """Whether an access token is about that an hour would end."""
    return any(state.now < issued + LIFETIME for _, issued in state.jar.shape.issued)
