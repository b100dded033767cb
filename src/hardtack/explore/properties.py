"""P1 to P7: what is promised, each as a predicate that a state can break.

Rule: the sentences are those of the guarantees; the predicates are here and nowhere else. P2, P4, P5 and P6 are looked
at where a state is settled, P1 and P7 by a probe wherever nothing is under way, P3 in the graph of what happens by
itself (`hardtack.explore.circles`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hardtack.explore.keys import key_of
from hardtack.explore.looking import Looking
from hardtack.explore.probing import Probe
from hardtack.explore.state import BLANK
from hardtack.explore.symbols import PEOPLE
from hardtack.explore.trace import Violation

if TYPE_CHECKING:
    from hardtack.explore.looking import Seen
    from hardtack.explore.moves import Moves
    from hardtack.explore.state import State
    from hardtack.explore.steps import Steps

__all__ = ["PROPERTIES", "Finding", "Properties", "Property", "violation_of"]


class Property(NamedTuple):
    """A promise.

    Attributes:
        id: `P1` to `P7`.
        sentence: the promise.
        meaning: what it means for a person when it is broken.
    """

    id: str
    sentence: str
    meaning: str


PROPERTIES: Final = {
    each.id: each
    for each in (
        Property(
            "P1",
            "A correct sign-in is followed by a session that client and server both see",
            "Somebody types the right password and is told that something went wrong, or is not in after all.",
        ),
        Property(
            "P2",
            "After sign-out no request is served with that session",
            "Somebody signs out, and the next person at this browser is in their account.",
        ),
        Property(
            "P3",
            "Every page load comes to rest",
            "The page loads again and again until the tab is closed.",
        ),
        Property(
            "P4",
            "No one with a live refresh token is signed out by a race, a retry or an outage",
            "Somebody who did nothing has to sign in again, and may lose what they were writing.",
        ),
        Property(
            "P5",
            "Client and server agree on who is signed in",
            "Half of the page says that somebody is signed in, and the other half that nobody or somebody else is.",
        ),
        Property(
            "P6",
            "No one gets a session that is not theirs",
            "Somebody works in another person's account without knowing it.",
        ),
        Property(
            "P7",
            "From every reachable state one sign-in leads back to a stable session",
            "Nothing that a person can do in this browser gets them in and keeps them in: they are stuck.",
        ),
    )
}  # fmt: skip


class Finding(NamedTuple):
    """A property that a state breaks, and how."""

    id: str
    detail: str


def violation_of(finding: Finding) -> Violation:
    """The same for a trace."""
    broken = PROPERTIES[finding.id]
    return Violation(broken.id, broken.sentence, broken.meaning, finding.detail)


class Properties:
    """Judges the states of one world.

    Args:
        moves: what its steps do.
        steps: which there are.
    """

    def __init__(self, moves: Moves, steps: Steps) -> None:
        self._moves = moves
        self._steps = steps
        self.looking = Looking(moves, steps)
        self._probed: dict[int, tuple[Finding, ...]] = {}

    def broken_by(self, state: State) -> tuple[Finding, ...]:
        """Every property but P3 that a state breaks."""
        if not state.quiet:
            return ()
        found = list(self._of_settled(state)) if state.clean else []
        return (*found, *self._of_probes(state))

    def probe(self, state: State, name: str) -> Probe:
        """The probe of a property from a state: that of the first person for whom it fails, else of the last.

        Args:
            state: where it begins.
            name: `P1` or `P7`.
        """
        probes = [
            Probe(self._moves, self._steps, self.looking, state, user=user)
            for user in PEOPLE[: self._moves.world.people]
        ]
        for probe in probes:
            if not (probe.signs_in() if name == "P1" else probe.leads_back()):
                return probe
        return probes[-1]

    def _of_settled(self, state: State) -> list[Finding]:
        client, server = self.looking.at(state)
        found: list[Finding] = []
        seen = (
            (("script", client), ("the server", server)) if self._moves.world.has_script else (("the server", server),)
        )
        rightful = state.pool.named(state.rightful)
        for name, one in seen:
            known = state.pool.named(one.sign_in)
            if known is not None and known.left:
                found.append(Finding("P2", f"{name} still sees {one.user}, who has signed out"))
            if rightful is not None and one.user and one.user != rightful.user:
                found.append(Finding("P6", f"{rightful.user} signed in, and {name} sees {one.user}"))
        if rightful is not None and not rightful.ended and not client.user and not server.user:
            found.append(Finding("P4", f"{rightful.user} is signed out, though nobody ended that session"))
        if client.user != server.user:
            found.append(Finding("P5", f"script sees {_named(client)}, the server sees {_named(server)}"))
        return found

    def _of_probes(self, state: State) -> tuple[Finding, ...]:
        bare = state._replace(tabs=(BLANK,), pool=state.pool.uncounted, left=frozenset(), clean=True, rightful="")
        key = key_of(bare, named=self._moves.world.named)
        known = self._probed.get(key)
        if known is None:
            known = self._probed[key] = tuple(self._probe(bare))
        return known

    def _probe(self, state: State) -> list[Finding]:
        probes = {name: self.probe(state, name) for name in ("P1", "P7")}
        return [Finding(name, probe.failure) for name, probe in probes.items() if probe.failure]


def _named(seen: Seen) -> str:
    return seen.user or "nobody"
