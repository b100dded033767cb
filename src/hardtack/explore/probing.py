"""The probes: from a state, do what a person would do who wants to get in, and see whether it works.

Rule: a probe begins where nothing is under way, in a tab of its own, and nothing goes wrong in it. What it does is what
the page in front of the person offers; a person who is shown somebody as signed in signs out first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.explore.looking import to_rest
from hardtack.explore.moves import HOUR
from hardtack.explore.state import BLANK
from hardtack.explore.steps import Step
from hardtack.explore.symbols import PEOPLE

if TYPE_CHECKING:
    from hardtack.explore.looking import Looking
    from hardtack.explore.moves import Moves
    from hardtack.explore.state import State
    from hardtack.explore.steps import Steps

__all__ = ["Probe"]

_MOST_LOADS: Final = 8  # page loads within which a sweep has gone round every scope of a site


class Probe:
    """One probe: what was done, and what became of it.

    Args:
        moves: what steps do.
        steps: which there are.
        looking: who is seen.
        state: where it begins.
        user: who wants to get in.

    Attributes:
        taken: the steps and the state after each, once everything had come to rest again.
        failure: what a person would say; empty where all went well.
    """

    def __init__(self, moves: Moves, steps: Steps, looking: Looking, state: State, *, user: str = PEOPLE[0]) -> None:
        self._moves = moves
        self._steps = steps
        self._looking = looking
        self._state = state._replace(tabs=(BLANK,), left=frozenset())
        self._user = user
        self.taken: list[tuple[Step, State]] = []
        self.failure = ""

    def signs_in(self) -> bool:
        """P1: open the page, sign in with the right password, load a page: script and server both see it."""
        return self._opens() and self._gets_out() and self._gets_in() and self._opens() and self._is_seen()

    def leads_back(self) -> bool:
        """P7: load pages until nothing changes any more, sign in once, and be in still after the access token's end."""
        return (
            self._settles()
            and self._gets_out()
            and self._settles()
            and self._gets_in()
            and self._opens()
            and self._opens()
            and self._is_seen()
            and self._waits()
            and self._opens()
            and self._opens()
            and self._is_seen()
        )

    def _take(self, step: Step, state: State) -> bool:
        after = to_rest(self._steps, state)
        self.taken.append((step, state if after is None else after))
        if after is None:
            self.failure = "the page never comes to rest"
            return False
        self._state = after
        return True

    def _opens(self) -> bool:
        return self._take(Step("open", (("tab", 0),)), self._moves.navigate(self._state, 0)) and self._presses()

    def _presses(self) -> bool:
        """A page of guidance has a button."""
        if self._state.tabs[0].page != "guidance":
            return True
        return self._take(Step("press", (("tab", 0),)), self._moves.recover(self._state, 0))

    def _settles(self) -> bool:
        for _ in range(_MOST_LOADS):
            before = self._state.jar
            if not self._opens():
                return False
            if self._state.jar is before:
                return True
        return True

    def _gets_out(self) -> bool:
        at = self._state.tabs[0]
        if not at.shows:
            return True
        return self._take(Step("sign-out", (("tab", 0),)), self._moves.sign_out(self._state, 0)) and self._opens()

    def _gets_in(self) -> bool:
        at = self._state.tabs[0]
        if at.shows:
            self.failure = f"after signing out, the page still shows {at.shows} as signed in"
            return False
        if at.page not in ("site", "login"):
            self.failure = f"the page ({at.page}) offers no sign-in"
            return False
        user = self._user
        entered = self._take(Step("sign-in", (("tab", 0), ("user", user))), self._moves.sign_in(self._state, 0, user))
        if entered and self._state.tabs[0].shows != user:
            self.failure = "the right password did not lead in"
            return False
        return entered

    def _is_seen(self) -> bool:
        client, server = self._looking.at(self._state)
        rightful = self._state.rightful
        for name, seen in (("script", client), ("the server", server)):
            if seen.user != self._user or (seen.sign_in and seen.sign_in != rightful):
                whom = f"{seen.user}, of another sign-in" if seen.user == self._user else seen.user or "nobody"
                self.failure = f"after a correct sign-in {name} sees {whom}"
                return False
        return True

    def _waits(self) -> bool:
        later = self._state._replace(now=self._state.now + HOUR)
        return self._take(Step("hour"), later._replace(jar=self._moves.jars.an_hour_later(self._state.jar)))
