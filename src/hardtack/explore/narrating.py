"""A way through states told as a history: each step found again by its key, with what followed within it.

Rule: a history is made by taking the steps once more, in one process, from the beginning. What is told is what happens
on the way, and not what the search remembered of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from hardtack.explore.keys import key_of
from hardtack.explore.meanings import entries_of
from hardtack.explore.pool import Unavailable
from hardtack.explore.properties import violation_of
from hardtack.explore.script import Pool
from hardtack.explore.trace import Moment, Trace
from hardtack.explore.universe import Universe
from hardtack.explore.waiting import answerable
from hardtack.explore.world import Server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardtack.explore.properties import Finding
    from hardtack.explore.search import Reached
    from hardtack.explore.state import State
    from hardtack.explore.steps import Step
    from hardtack.explore.world import World

__all__ = ["Narrator", "title_of"]

_ACTORS: Final = {
    "arrive": "server", "answer-server": "pool", "answer-tab": "pool", "hour": "time", "minutes": "time",
    "deploy": "operator", "revoke": "operator", "refresh-ends": "time",
    "plant": "sibling", "lose": "server", "lose-answer": "pool",
}  # fmt: skip


class Narrator:
    """Tells the histories of one world.

    Args:
        world: the world.
    """

    def __init__(self, world: World) -> None:
        self._universe = Universe(world)
        self._title = title_of(world)

    def tell(self, reached: Reached) -> Trace:
        """The shortest history against a property: the way to it, and the circle or the probe that shows it."""
        state = self._universe.beginning
        moments = [self._beginning(state)]
        for key in reached.way[1:]:
            state = self._follow(state, key, moments)
        if reached.circle:
            begins = len(moments) - 1
            for key in (*reached.circle[1:], reached.circle[0]):
                state = self._follow(state, key, moments)
            return self._trace(moments, reached, loop_from=begins)
        reached = replace(reached, finding=self._as_seen_here(reached.finding, state))
        if reached.finding.id in ("P1", "P7"):
            begins = len(moments)
            self._probe(state, reached.finding.id, moments)
            return self._trace(moments, reached, probe_from=begins)
        return self._trace(moments, reached)

    def _as_seen_here(self, finding: Finding, state: State) -> Finding:
        """A state's key says nothing about names: whoever found it may have met bob where this history has alice."""
        found = self._universe.properties.broken_by(state)
        return next((one for one in found if one.id == finding.id), finding)

    def walk(self, steps: Sequence[Step]) -> Trace:
        """A history given by its steps; those that a state does not allow are left out."""
        state = self._universe.beginning
        moments = [self._beginning(state)]
        for wanted in steps:
            for step, after in self._universe.steps.of(state):
                if step[:2] == wanted[:2]:
                    self._note(step, state, after, moments)
                    state = after
                    break
        return Trace(self._title, tuple(moments), facts=self._facts())

    def _trace(self, moments: list[Moment], reached: Reached, **where: int) -> Trace:
        return Trace(self._title, tuple(moments), violation_of(reached.finding), facts=self._facts(), **where)

    def _facts(self) -> dict[str, Any]:
        world = self._universe.world
        return {
            "host": world.hosts[0], "server": world.server.value, "front": world.front, "storage": world.storage,
            "client": str(world.client), "adapter": str(world.adapter), "rotation": world.rotation,
            "release": world.release, "engine": world.engine,
            "contexts": [[one.adapter.value, one.navigation, one.forced] for one in world.contexts],
        }  # fmt: skip

    def _follow(self, state: State, key: int, moments: list[Moment]) -> State:
        for step, after in self._universe.steps.of(state):
            if key_of(after, named=self._universe.world.named) == key:
                self._note(step, state, after, moments)
                return after
        raise LookupError("A step of this history can't be found again: the key of a state is not exact.")

    def _note(self, step: Step, before: State, after: State, moments: list[Moment]) -> None:
        notes = self._notes(step, before)
        client, server = self._universe.properties.looking.at(after)
        moments.append(
            Moment(
                step.kind,
                dict(step.arguments),
                _actor_of(step),
                _target_of(step, before),
                _sentence(step, before, self._universe.world),
                notes,
                entries_of(after, self._universe.moves.document(after)),
                client.user,
                server.user,
                after.settled,
            )
        )

    def _notes(self, step: Step, before: State) -> tuple[str, ...]:
        """Take the step alone once more, with the journal open."""
        journal = self._universe.moves.journal
        for found, _ in self._universe.steps.journalled(before, journal):
            if found[:2] == step[:2]:
                return tuple(dict.fromkeys(journal))
        return ()

    def _beginning(self, state: State) -> Moment:
        return Moment(
            "begin", {}, "", "", "Nothing has happened yet: the browser holds no cookie.", settled=state.settled
        )

    def _probe(self, state: State, name: str, moments: list[Moment]) -> None:
        probe = self._universe.properties.probe(state, name)
        before = state._replace(tabs=state.tabs[:1])
        for step, after in probe.taken:
            client, server = self._universe.properties.looking.at(after)
            notes = (f"the page shows {after.tabs[0].shows or 'nobody'} as signed in",) if after.tabs[0].page else ()
            moments.append(
                Moment(
                    step.kind,
                    dict(step.arguments),
                    _actor_of(step),
                    "",
                    _sentence(step, before, self._universe.world),
                    notes,
                    entries_of(after, self._universe.moves.document(after)),
                    client.user,
                    server.user,
                    after.settled,
                )
            )
            before = after


def title_of(world: World) -> str:
    """The configuration in a line."""
    who = {
        Server.STOCK: "stock Amplify",
        Server.SHIELD: f"the shield{', which refreshes,' if world.refreshes else ''} before stock Amplify",
        Server.LIBRARY: f"Hardtack's middleware, storage {world.storage}",
    }[world.server]
    script = {"amplify": "", "hardtack.js": ", with hardtack.js", "none": ", no script of Amplify's"}[world.front]
    if world.server is Server.LIBRARY:
        placement = world.policy or world.client
        return f"{who}{script}, policy {placement}"
    server = f"server {world.adapter}" if world.contexts else "no server that refreshes"
    return f"{who}{script}, client {world.client}, {server}"


def _actor_of(step: Step) -> str:
    known = _ACTORS.get(step.kind)
    if known is not None:
        return known
    tab = dict(step.arguments).get("tab")
    return f"tab {tab + 1}" if isinstance(tab, int) else "operator"


def _target_of(step: Step, before: State) -> str:
    told = dict(step.arguments)
    if step.kind in ("arrive", "lose"):
        return f"tab {before.flights[int(told['flight'])].tab + 1}"
    if step.kind == "answer-server" or (step.kind == "lose-answer" and "flight" in told):
        return "server"
    if step.kind in ("answer-tab", "lose-answer"):
        return f"tab {told['tab'] + 1}"
    if step.kind in ("open", "fetch", "press"):
        return "server"
    return "pool" if step.kind in ("sign-in", "sign-out", "sign-out-everywhere") else ""


def _sentence(step: Step, before: State, world: World) -> str:
    sentence = _what_happens(step, before, world)
    if step.loses_a_request:
        return f"{sentence} The request that follows is lost on its way."
    return f"{sentence} The pool can't be reached." if step.in_vain else sentence


def _what_happens(  # noqa: C901, PLR0911, PLR0912 -- one sentence a kind
    step: Step, before: State, world: World
) -> str:
    told = dict(step.arguments)
    tab = f"tab {told['tab'] + 1}" if "tab" in told else ""
    match step.kind:
        case "open":
            return f"A person opens the site in {tab}."
        case "sign-in":
            return f"{told['user'].capitalize()} signs in with the right password in {tab}."
        case "sign-out":
            return f"The person in {tab} signs out."
        case "sign-out-everywhere":
            return f"The person in {tab} signs out on every device."
        case "press":
            return f"The person in {tab} presses the button of the guidance page."
        case "look":
            return f"The page in {tab} asks for the session again."
        case "fetch":
            where = world.contexts[int(told["context"])].adapter.value.replace("-", " ")
            return f"The page in {tab} asks the server in the background ({where})."
        case "arrive":
            number = int(told["flight"])
            flight = before.flights[number]
            leads = flight.response is not None and flight.response.location
            what = "redirect" if leads else "page" if flight.kind == "navigation" else "answer"
            overtakes = ", before that of an older request" if number else ""
            return f"The server's {what} for tab {flight.tab + 1} arrives{overtakes}."
        case "answer-server":
            return "The pool's answer reaches the server."
        case "answer-tab":
            return _answer(before, int(told["tab"]), told.get("gate", ""))
        case "lose":
            return "An answer of the server is lost on its way."
        case "lose-answer":
            return "An answer of the pool is lost on its way."
        case "close":
            return f"{tab.capitalize()} is closed after {told['writes']} of the cookies that it was writing."
        case "hour":
            return "An hour passes: every access token ends."
        case "minutes":
            return "Some minutes pass: rotated refresh tokens end for good."
        case "deploy":
            return "A new release is deployed, which writes its cookies elsewhere."
        case "revoke":
            return f"An administrator ends every session of {told['user'].capitalize()}."
        case "refresh-ends":
            return f"The lifetime of {told['user'].capitalize()}'s refresh tokens is over."
        case "plant":
            return f"A hostile sibling host plants {told['what']} in the parent domain."
        case _:
            return f"{step.kind}."


def _answer(before: State, tab: int, gate: str) -> str:
    """What comes to a tab's script; where it waits for several things, for which of them."""
    name = f"tab {tab + 1}"
    if gate == "lock":
        return f"The lock that {name} waits for is free."
    answers = [
        wait.answer
        for _, wait in answerable(before, tab)
        if not gate or (isinstance(wait.gate, Pool) and wait.gate.operation == gate)
    ]
    if any(isinstance(answer, Unavailable) for answer in answers):
        return f"{name.capitalize()} gives up waiting for the pool."
    return f"The pool's answer to {gate} reaches {name}." if gate else f"What {name} waits for comes."
