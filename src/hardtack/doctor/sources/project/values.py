"""What an expression can be known to be without running it.

Rule: three answers, and no fourth: it is this value, it is one of these shapes, or it is unknown. Whatever was read on
the way from an environment variable stays attached, through every operator, so that a rule can say whose fault an empty
Domain is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tree_sitter import Node

    from hardtack.doctor.configured import EnvState
    from hardtack.doctor.evidence import Evidence
    from hardtack.doctor.sources.project.modules import Module

__all__ = [
    "MISSING",
    "UNDEFINED",
    "UNKNOWN",
    "EnvUse",
    "Frame",
    "FuncValue",
    "ItemsValue",
    "LazyValue",
    "MadeValue",
    "ModuleValue",
    "ObjectValue",
    "Scalar",
    "SymbolValue",
    "Undefined",
    "Unknown",
    "Value",
    "truth",
    "uses_of",
    "with_uses",
]


@dataclass(frozen=True, slots=True)
class EnvUse:
    """An environment variable that a value was read from.

    Attributes:
        name: of the variable.
        state: what the environment files say.
        value: its value where it is set.
        evidence: its line in the environment file, or where it is read if it stands in none.
    """

    name: str
    state: EnvState
    value: str | None = field(repr=False)
    evidence: Evidence


class Undefined:
    """JavaScript's undefined."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final = Undefined()


@dataclass(frozen=True, slots=True)
class Scalar:
    """A string, a number, a truth value, null (None) or undefined."""

    value: str | float | bool | Undefined | None
    uses: tuple[EnvUse, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing that can be read off the page."""

    uses: tuple[EnvUse, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One call on the way to an expression: what its parameters are, and on which side it runs.

    Attributes:
        server: whether the code runs on the server, which decides what `process.env` holds.
        function: whose parameters `given` has; None for the top of a module.
        given: the arguments, by position.
        outer: the frame in which the function was made.
    """

    server: bool
    function: Node | None = None
    given: tuple[LazyValue, ...] = ()
    outer: Frame | None = None

    def of(self, function: Node) -> Frame | None:
        """The frame of a function that the expression stands in; None if nobody is known to have called it."""
        frame: Frame | None = self
        while frame is not None and frame.function != function:
            frame = frame.outer
        return frame


@dataclass(frozen=True, slots=True, eq=False)
class LazyValue:
    """An expression that is evaluated when it is wanted, or a value that is there already."""

    module: Module | None = None
    node: Node | None = None
    frame: Frame | None = None
    value: Value | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ObjectValue:
    """An object.

    Attributes:
        fields: what is known of its members.
        closed: whether there are no others.
        module: the file that it is written in.
        node: its literal.
        places: the nodes of the members, for evidence.
    """

    fields: Mapping[str, LazyValue]
    closed: bool
    module: Module
    node: Node
    places: Mapping[str, tuple[Module, Node]]
    uses: tuple[EnvUse, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ItemsValue:
    """An array."""

    items: tuple[LazyValue, ...]
    closed: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class FuncValue:
    """A function of the project's own."""

    module: Module
    node: Node
    frame: Frame


@dataclass(frozen=True, slots=True, eq=False)
class ModuleValue:
    """All exports of a file of the project, as code on one side sees them."""

    module: Module
    server: bool


@dataclass(frozen=True, slots=True)
class SymbolValue:
    """Something of a package: `("aws-amplify", ("Amplify", "configure"))`. A call adds `()` to its path."""

    package: str
    path: tuple[str, ...] = ()

    def named(self, *names: str) -> bool:
        """Whether the last of its path is one of these names."""
        return bool(self.path) and self.path[-1] in names


@dataclass(frozen=True, slots=True, eq=False)
class MadeValue:
    """What `new` made of a class of a package.

    Attributes:
        symbol: the class.
        module: the file in which it is made.
        node: the expression.
        frame: whose values its arguments take.
    """

    symbol: SymbolValue
    module: Module
    node: Node
    frame: Frame


Value: TypeAlias = (
    Scalar | Unknown | ObjectValue | ItemsValue | FuncValue | ModuleValue | SymbolValue | MadeValue | LazyValue
)
UNKNOWN: Final = Unknown()
MISSING: Final = Scalar(UNDEFINED)


def uses_of(value: Value) -> tuple[EnvUse, ...]:
    """The variables that a value was read from."""
    return value.uses if isinstance(value, Scalar | Unknown | ObjectValue) else ()


def with_uses(value: Value, uses: tuple[EnvUse, ...]) -> Value:
    """A value that also remembers these variables."""
    if not uses or not isinstance(value, Scalar | Unknown | ObjectValue):
        return value
    return replace(value, uses=tuple(dict.fromkeys((*value.uses, *uses))))


def truth(value: Value) -> bool | None:
    """Whether JavaScript takes it for true; None if unknown."""
    if isinstance(value, Unknown | SymbolValue | LazyValue):
        return None
    if not isinstance(value, Scalar):
        return True
    return not (value.value is UNDEFINED or value.value is None or value.value in (False, 0, ""))
