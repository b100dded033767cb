"""All that is needed to read one app: its files, their roles, a way to evaluate and a way to climb.

Rule: the readers of configuration, of sessions and of listeners share this and nothing else. Each asks for the calls
that concern it by what they refer to, not by how they are spelt: an alias, a namespace or a file that passes an export
on makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import EnvironmentValue, EnvState
from hardtack.doctor.observed import Side
from hardtack.doctor.sources.project.environment import Environment, read_environment
from hardtack.doctor.sources.project.evaluate import Evaluator
from hardtack.doctor.sources.project.quotes import shown
from hardtack.doctor.sources.project.reach import Reach
from hardtack.doctor.sources.project.roles import Role, Roles
from hardtack.doctor.sources.project.syntax import callee
from hardtack.doctor.sources.project.values import (
    UNKNOWN,
    EnvUse,
    Frame,
    ItemsValue,
    ObjectValue,
    Scalar,
    SymbolValue,
    Undefined,
    Unknown,
    Value,
    uses_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from hardtack.doctor.marks import Marker
    from hardtack.doctor.observed import Fact
    from hardtack.doctor.sources.project.callers import Callers
    from hardtack.doctor.sources.project.graph import Project
    from hardtack.doctor.sources.project.modules import Module
    from hardtack.doctor.sources.project.roles import App

__all__ = ["Called", "Reading", "as_text", "is_absent", "is_unknown", "open_reading", "place_of"]

_SHOWN: Final = frozenset({"domain", "path", "client_id", "user_pool_id", "origin", "secure"})
_ADAPTER: Final = "@aws-amplify/adapter-nextjs"
_MOST_CALLS: Final = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Called:
    """One call of something of a package.

    Attributes:
        module: the file.
        node: the call.
        symbol: what is called.
    """

    module: Module
    node: Node
    symbol: SymbolValue


@dataclass(eq=False)
class Reading:
    """One app under examination."""

    project: Project
    app: App
    roles: Roles
    evaluator: Evaluator
    reach: Reach
    environment: Environment
    marker: Marker
    facts: list[Fact] = field(default_factory=list["Fact"])
    used: dict[tuple[str, str], dict[Side, EnvUse]] = field(default_factory=dict[tuple[str, str], dict[Side, EnvUse]])

    @property
    def name(self) -> str:
        """The app as facts name it."""
        return self.app.name

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """The app's files that speak of sessions, parsed; with those that use its server runner by any name."""
        names = [name for name in self.project.concerned if self.roles.belongs(name)]
        runners = [name for name in names if _ADAPTER in self.project.packages_of(name)]
        names += [one for name in runners for one in self.project.importers_of(name) if self.roles.belongs(one)]
        found = (self.project.load(name) for name in dict.fromkeys(names))
        return tuple(one for one in found if one is not None)

    @cached_property
    def calls(self) -> tuple[Called, ...]:
        """Every call of a package in those files, in order."""
        found: list[Called] = []
        for module in self.modules:
            frame = Frame(server=self.roles.server_side(module.name) is not False)
            for node in module.calls():
                if len(found) >= _MOST_CALLS or node.type != "call_expression":
                    continue
                symbol = self.evaluator.value(callee(node), module, frame)
                if isinstance(symbol, SymbolValue) and symbol.package not in {"global", "process"}:
                    found.append(Called(module, node, symbol))
        return tuple(found)

    @cached_property
    def load_order(self) -> dict[str, int]:
        """The files in the order in which they are loaded, as far as imports tell: what is imported comes first."""
        order: dict[str, int] = {}
        roots = sorted(self.roles.reached, key=lambda name: (_entry_rank(name), name))
        for root in roots:
            pending: list[tuple[str, bool]] = [(root, False)]
            open_: set[str] = set()
            while pending:
                name, done = pending.pop()
                if done:
                    order.setdefault(name, len(order))
                elif name not in order and name not in open_:
                    open_.add(name)
                    pending.append((name, True))
                    pending += [(one, False) for one in reversed(self.project.imports_of(name))]
        return order

    def value(self, node: Node | None, module: Module, frame: Frame) -> Value:
        """What an expression is."""
        return self.evaluator.value(node, module, frame)

    def member(self, owner: Value, *path: str) -> Value:
        """A member of a member of a value."""
        for name in path:
            owner = self.evaluator.member(owner, name)
        return owner

    def items(self, value: Value) -> Iterator[Value]:
        """The items of an array, or a lone value as one."""
        if isinstance(value, ItemsValue):
            yield from (self.evaluator.forced(one) for one in value.items)
        elif isinstance(value, Scalar) and isinstance(value.value, str):
            yield value

    def note(self, value: Value, used_for: str, side: Side) -> None:
        """Remember the variables that a setting was read from."""
        for use in uses_of(value):
            self.used.setdefault((use.name, used_for), {}).setdefault(side, use)

    def environment_values(self) -> Iterator[EnvironmentValue]:
        """The variables that were remembered, each once if both sides read the same."""
        for (name, used_for), sides in self.used.items():
            alike = len({(use.state, use.value) for use in sides.values()}) == 1 and len(sides) > 1
            for side, use in list(sides.items())[: 1 if alike else None]:
                said = use.value if use.state is EnvState.SET else None
                yield EnvironmentValue(
                    evidence=use.evidence,
                    app=self.name,
                    name=name,
                    state=use.state,
                    used_for=used_for,
                    side=None if alike else side,
                    value=self.marker.mark(said) if said is not None else None,
                    shown=shown(said) if said is not None and used_for in _SHOWN else "",
                )

    def role(self, module: Module) -> Role:
        """What Next makes of a file."""
        return self.roles.role(module.name)


def open_reading(project: Project, app: App, callers: Callers, marker: Marker) -> Reading:
    """Prepare to read an app."""
    roles = Roles(project, app)
    environment = read_environment(project.folder, app.folder)
    evaluator = Evaluator(project, callers, environment, roles.server_side, next_app=app.uses_next)
    return Reading(project, app, roles, evaluator, Reach(evaluator, roles), environment, marker)


def as_text(value: Value) -> str | None:
    """A string, trimmed of nothing; None for everything else."""
    return value.value if isinstance(value, Scalar) and isinstance(value.value, str) else None


def is_absent(value: Value) -> bool:
    """Whether it is undefined or null."""
    return isinstance(value, Scalar) and (value.value is None or isinstance(value.value, Undefined))


def is_unknown(value: Value) -> bool:
    """Whether it can't be read off the code."""
    return value == UNKNOWN or isinstance(value, Unknown | SymbolValue)


def place_of(value: Value, name: str) -> tuple[Module, Node] | None:
    """Where a member of an object is written."""
    return value.places.get(name) if isinstance(value, ObjectValue) else None


def _entry_rank(name: str) -> int:
    """Where an app begins: its outermost layout, `_app`, or `main`; then everything else."""
    stem = name.rpartition("/")[2].partition(".")[0]
    if stem == "instrumentation-client":
        return 0
    if stem in {"layout", "_app", "main"}:
        return 1 + name.count("/")
    return 50 + name.count("/") if stem in {"index", "page", "App"} else 90
