"""Whom the browser's script and the server see as signed in, found out without disturbing anything.

Rule: a look is made on a copy, all by itself: nothing else is under way, the pool answers at once, and what it writes
is thrown away. It goes all the way, through a refresh where one is due: whoever can be seen after that is seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hardtack.amplify import AmplifyNames, js_cookie_read
from hardtack.cookies import CookieHeader
from hardtack.explore.script import Run
from hardtack.explore.state import BLANK
from hardtack.explore.symbols import CLIENT_ID, read_token
from hardtack.sessions.front_end_mark import FrontEndMark
from hardtack.sessions.marks import Binding

if TYPE_CHECKING:
    from hardtack.explore.moves import Moves
    from hardtack.explore.state import State
    from hardtack.explore.steps import Steps

__all__ = ["Looking", "Seen", "to_rest"]

MOST_STEPS: Final = 120
"""Steps within which everything comes to rest that ever does: a loop of navigations takes four or five a round."""
_MOST_KNOWN: Final = 200_000


class Seen(NamedTuple):
    """Who is seen.

    Attributes:
        user: the person; empty for nobody.
        sign_in: the sign-in of the set that is used; empty for none.
    """

    user: str = ""
    sign_in: str = ""


NOBODY: Final = Seen()


def to_rest(steps: Steps, state: State) -> State | None:
    """The state once nothing is under way any more, the oldest thing first; None if that never comes."""
    for _ in range(MOST_STEPS):
        if state.quiet:
            return state
        following = steps.next_by_itself(state)
        if following is None:
            return None
        state = following
    return None


class Looking:
    """Looks at the states of one world.

    Args:
        moves: what its steps do.
        steps: which there are.
    """

    def __init__(self, moves: Moves, steps: Steps) -> None:
        self._moves = moves
        self._steps = steps
        self._known: dict[object, tuple[Seen, Seen]] = {}

    def at(self, state: State) -> tuple[Seen, Seen]:
        """Whom script sees and whom the server sees. Where no script of Amplify's runs, both are the server's."""
        state = state._replace(pool=state.pool.uncounted)
        key = (state.jar.number, state.store, state.pool, state.now, state.release)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = self._known[key] = self._look(state)
        return found

    def _look(self, state: State) -> tuple[Seen, Seen]:
        alone = state._replace(tabs=(BLANK,), flights=(), up=True, left=frozenset())
        server = self._server(alone)
        return (self._script(alone) if self._moves.world.has_script else server), server

    def _server(self, state: State) -> Seen:
        response = self._moves.ask_server(state, "/")
        return Seen(response.shows, response.sign_in) if response is not None and response.shows else NOBODY

    def _script(self, state: State) -> Seen:
        page = BLANK._replace(page="site", release=state.release)
        after = to_rest(self._steps, self._moves.begin(state._replace(tabs=(page,)), 0, Run("look")))
        if after is None or not after.tabs[0].shows:
            return NOBODY
        return Seen(after.tabs[0].shows, self._read(after))

    def _read(self, state: State) -> str:
        """The sign-in of the access token that js-cookie finds first; hardtack.js takes the one that its mark names."""
        names = AmplifyNames(CLIENT_ID)
        shown = CookieHeader.parse(self._moves.document(state).encode("latin-1"))
        user = js_cookie_read(next(iter(shown.get_all(names.last_auth_user)), "")) or ""
        tokens = [read_token(value) for value in shown.get_all(names.wire_name(user, "accessToken"))]
        sign_ins = [token.session if token is not None else "" for token in tokens]
        if self._moves.world.front == "hardtack.js":
            mark = FrontEndMark(CLIENT_ID, self._moves.world.policy_at(state.release)).read(shown)
            if isinstance(mark, Binding) and mark.session_key in sign_ins:
                return mark.session_key
        return sign_ins[0] if sign_ins else ""
