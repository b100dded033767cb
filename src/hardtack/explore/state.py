"""A state of the explored world, as a value.

Rule: nothing here acts. A state is made of parts that are shared between states and never changed; what a part says
without its names is worked out once (`shape`) and kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hardtack.explore.jars import by_kind
from hardtack.explore.pool import Pool
from hardtack.explore.script import Memory, Segment
from hardtack.explore.servers.deployments import EMPTY_STORE
from hardtack.explore.servers.flows import Request, Response
from hardtack.explore.shapes import Shape, shape_of_texts
from hardtack.explore.symbols import BEGINNING, SEALED_SETS

if TYPE_CHECKING:
    from hardtack.explore.jars import Jar
    from hardtack.explore.pool import PoolAnswer
    from hardtack.explore.script import Gate, Run
    from hardtack.explore.servers.flows import Answers, Call
    from hardtack.explore.servers.foreseeing import Foreseen
    from hardtack.sessions.coordination.sqlite import Snapshot

__all__ = ["BLANK", "NO_MEMORY", "Flight", "Running", "State", "Tab", "Waiting", "shape_of_part", "shared"]

NO_MEMORY: Final = Memory("", "")


class Waiting(NamedTuple):
    """A gate before which a script stands.

    Attributes:
        gate: what it waits for.
        answer: the pool's answer to it, on its way.
        line: for a lock, its place in the line, from 0: first come, first served.
    """

    gate: Gate
    answer: PoolAnswer | None = None
    line: int = 0


class Running(NamedTuple):
    """What a tab's script is in the middle of.

    Attributes:
        run: what was begun.
        segments: its history; see `hardtack.explore.script`.
        waits: the gates before which it stands, in the order in which it came there.
        locks: what it holds of the browser's locks.
        granted: the sign-in that the pool granted it; empty for none.
        fresh: how many of these gates, the last ones, nobody has seen to yet: none between two steps.
        kept: what the tab will remember when the page leaves.
    """

    run: Run
    segments: tuple[Segment, ...]
    waits: tuple[Waiting, ...]
    locks: tuple[str, ...] = ()
    granted: str = ""
    fresh: int = 0
    kept: Memory = NO_MEMORY

    def with_wait(self, place: int, waiting: Waiting) -> Running:
        """The same with another wait in this place."""
        return self._replace(waits=(*self.waits[:place], waiting, *self.waits[place + 1 :]))


class Tab(NamedTuple):
    """A tab.

    Attributes:
        host: the index of the host that it shows.
        release: the deployment that its page came from.
        page: `` (nothing yet), `site`, `login`, `guidance`, `unavailable`.
        shows: whom it shows as signed in; empty for nobody.
        memory: what its script remembers.
        running: what its script is in the middle of.
        loading: whether a navigation is under way.
    """

    host: int = 0
    release: int = 0
    page: str = ""
    shows: str = ""
    memory: Memory = NO_MEMORY
    running: Running | None = None
    loading: bool = False

    @property
    def idle(self) -> bool:
        """Whether a person may do something in it."""
        return self.running is None and not self.loading

    @property
    def leaves(self) -> bool:
        """Whether its script goes on while the next document is on its way."""
        return self.running is not None and self.loading


BLANK: Final = Tab()


class Flight(NamedTuple):
    """A request that is under way.

    Attributes:
        kind: `navigation`, `fetch` in the background, or `ask`, which script waits for.
        tab: the index of the tab that asked.
        request: what was asked.
        answers: what the server's flow was told so far.
        call: the call to the pool that the server waits for; None once it has answered.
        held: the pool's answer to that call, on its way.
        foreseen: what the server will do once that answer reaches it, where no more is needed to tell.
        waits: whether the server waits for somebody else's refresh of the same token.
        response: the server's answer, on its way.
    """

    kind: str
    tab: int
    request: Request
    answers: Answers = ()
    call: Call | None = None
    held: PoolAnswer | None = None
    foreseen: Foreseen | None = None
    waits: bool = False
    response: Response | None = None


class State(NamedTuple):
    """A state.

    Attributes:
        jar: the browser's cookies.
        tabs: its tabs.
        flights: requests under way, the oldest first.
        store: the refresh store of Hardtack's servers.
        pool: the user pool.
        now: epoch seconds.
        left: the faults that may still happen, by name.
        release: the deployment that answers now.
        up: whether the pool can be reached: always, but within a step in which it can't.
        reaches: whether the next request reaches the server: always, but within a step in which one is lost.
        clean: whether a navigation was completed since the last outside write.
        rightful: the sign-in that this browser should be in; empty for none.
    """

    jar: Jar
    tabs: tuple[Tab, ...]
    flights: tuple[Flight, ...] = ()
    store: Snapshot = EMPTY_STORE
    pool: Pool = Pool()
    now: int = BEGINNING
    left: frozenset[str] = frozenset()
    release: int = 0
    up: bool = True
    reaches: bool = True
    clean: bool = True
    rightful: str = ""

    @property
    def pending(self) -> int:
        """How many things are under way; a page that leaves is one with what it leaves for."""
        running = sum(1 for tab in self.tabs if tab.running is not None and not tab.loading)
        return running + sum(1 for flight in self.flights if flight.kind != "ask")

    @property
    def quiet(self) -> bool:
        """Whether nothing is under way."""
        return not self.flights and all(tab.idle for tab in self.tabs)

    @property
    def settled(self) -> bool:
        """Whether the properties that speak of settled states speak of this one."""
        return self.clean and self.quiet

    def with_tab(self, number: int, tab: Tab) -> State:
        """The state with another tab in this place."""
        return self._replace(tabs=(*self.tabs[:number], tab, *self.tabs[number + 1 :]))

    def without_flight(self, number: int) -> State:
        """The state without this request."""
        return self._replace(flights=(*self.flights[:number], *self.flights[number + 1 :]))


class _Shapes:
    """The shape of each part of a state, worked out once: equal parts become one object, which is then looked up."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}
        self._shapes: dict[int, Shape] = {}

    def one(self, part: Any) -> Any:
        """The one object that stands for every part equal to this one."""
        known = self._known.get(part)
        if known is not None:
            return known
        self._known[part] = part
        bare = part._replace(tab=0) if isinstance(part, Flight) else part
        self._shapes[id(part)] = shape_of_texts(*_texts_of(bare))
        return part

    def of(self, part: Any) -> Shape:
        """Its shape."""
        return self._shapes.get(id(part)) or self._shapes[id(self.one(part))]


_shapes = _Shapes()
shape_of_part = _shapes.of
"""What a tab, a flight (but for its tab's index, which the key tells) or a store says without its names."""


def shared(state: State) -> State:
    """The same state, made of the parts that other states have as well."""
    one = _shapes.one
    return state._replace(
        tabs=tuple([one(tab) for tab in state.tabs]),
        flights=tuple([one(flight) for flight in state.flights]),
        store=one(state.store),
    )


def _texts_of(value: Any) -> list[str]:  # noqa: PLR0911 -- one answer a kind of value
    """Every text in a nested value; tokens must not be escaped by a `repr` on the way."""
    match value:
        case str():
            return [value]
        case bytes():
            return [SEALED_SETS.get(value) or value.hex()]
        case Segment():  # not when it ran: no hour passes while a script is under way
            return [
                f"{value.place}",
                value.answer,
                *(text for reading in value.readings for text in by_kind(reading.split("; "))),
            ]
        case Request():
            rest = value._replace(cookies="")
            return [*by_kind(value.cookies.split("; ")), *_texts_of(tuple(rest))]
        case Response():
            return [*by_kind(value.lines), *_texts_of(tuple(value._replace(lines=(), notes=())))]
        case tuple():
            return ["(", *(text for part in value for text in _texts_of(part)), ")"]  # pyright: ignore[reportUnknownVariableType]
        case int():  # the sign tells the shape that this is no moment at which somebody signed in
            return [f"@{value}"]
        case float():  # until when a record is good for something
            return [f"!{value}"]
        case _:
            return _texts_of_fields(value)


def _texts_of_fields(value: Any) -> list[str]:
    """Those of a dataclass, field by field; of anything else the one that it is."""
    kind: type[Any] = value.__class__
    fields: dict[str, Any] | None = getattr(kind, "__dataclass_fields__", None)
    if fields is None:
        return [str(value)]
    return [kind.__name__, *(text for name in fields for text in _texts_of(getattr(value, name)))]
