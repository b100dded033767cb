"""What an expression is, without running anything: constants folded, names followed, functions of the project entered.

Rule: as far as it is certain, and no further. A call of the project's own function is its return value with these very
arguments; a parameter of a function that nobody is known to have called with others is what all callers agree on; a
condition that can't be decided makes the value unknown unless both ways come to the same. Work and depth are bounded,
so that no file can keep the doctor busy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import EnvState
from hardtack.doctor.sources.project import operators
from hardtack.doctor.sources.project.callers import CallKind
from hardtack.doctor.sources.project.environment import is_public
from hardtack.doctor.sources.project.expressions import READERS
from hardtack.doctor.sources.project.syntax import FUNCTIONS, arguments, part
from hardtack.doctor.sources.project.values import (
    MISSING,
    UNDEFINED,
    UNKNOWN,
    Frame,
    FuncValue,
    ItemsValue,
    LazyValue,
    MadeValue,
    ModuleValue,
    ObjectValue,
    Scalar,
    SymbolValue,
    Unknown,
    Value,
    truth,
    uses_of,
    with_uses,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tree_sitter import Node

    from hardtack.doctor.sources.project.callers import Callers, CallSite
    from hardtack.doctor.sources.project.environment import Environment
    from hardtack.doctor.sources.project.graph import Project
    from hardtack.doctor.sources.project.modules import Binding, Import, Module, Step

__all__ = ["Evaluator"]

_MOST_STEPS: Final = 1_500_000  # of one app
_MOST_AT_ONCE: Final = 20_000  # of one question
_PASSING_COSTS: Final = 50  # steps: an export that is looked for in every file that another passes on
_DEEPEST: Final = 60
_MOST_CALLERS: Final = 24
_WRAPPERS: Final = frozenset(
    {
        "parenthesized_expression",
        "as_expression",
        "satisfies_expression",
        "non_null_expression",
        "await_expression",
        "expression_statement",
        "program",
    }
)


class Evaluator:
    """Evaluates expressions of one app.

    Args:
        project: the code.
        callers: who calls what.
        environment: the app's variables.
        server_side: whether a file runs on the server; None where that can't be told.
        next_app: whether Next decides which variables the browser's bundle has.
    """

    def __init__(
        self,
        project: Project,
        callers: Callers,
        environment: Environment,
        server_side: Callable[[str], bool | None],
        *,
        next_app: bool,
    ) -> None:
        self.project = project
        self.callers = callers
        self._environment = environment
        self._server_side = server_side
        self._next = next_app
        self._left, self._now = _MOST_STEPS, 0
        self._depth = self._passing = 0
        self._asking: set[tuple[str, int, int]] = set()

    def value(self, node: Node | None, module: Module, frame: Frame) -> Value:
        """What an expression is.

        Args:
            node: the expression; None is unknown.
            module: its file.
            frame: in whose name it is evaluated.
        """
        if self._depth == 0:
            self._now = min(_MOST_AT_ONCE, self._left)
            self.project.gave_up = self.project.gave_up or self._left <= 0
            self._left -= self._now  # what isn't used comes back below
        if node is None or self._now <= 0 or self._depth >= _DEEPEST:
            return UNKNOWN
        self._now -= 1
        self._depth += 1
        try:
            while node is not None and node.type in _WRAPPERS:
                node = next((one for one in node.named_children if one.type != "comment"), None)
            if node is None:
                return UNKNOWN
            if node.type in FUNCTIONS:
                return FuncValue(module, node, frame)
            read = READERS.get(node.type)
            return UNKNOWN if read is None else read(self, node, module, frame)
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._left += self._now

    def forced(self, lazy: LazyValue | None) -> Value:
        """A value that was put off."""
        if lazy is None:
            return MISSING
        if lazy.value is not None:
            return lazy.value
        if lazy.module is None or lazy.frame is None:
            return UNKNOWN
        return self.value(lazy.node, lazy.module, lazy.frame)

    def member(  # noqa: PLR0911 -- one answer for each kind of value
        self, owner: Value, name: str | int, at: tuple[Module, Node, Frame] | None = None
    ) -> Value:
        """A member of a value.

        Args:
            owner: whose.
            name: its name, or its place in an array.
            at: where it is read, which a variable that no file names has for evidence.
        """
        if isinstance(owner, ObjectValue):
            if str(name) in owner.fields:
                return with_uses(self.forced(owner.fields[str(name)]), owner.uses)
            return Scalar(UNDEFINED, owner.uses) if owner.closed else UNKNOWN
        if isinstance(owner, ItemsValue):
            if isinstance(name, int) and name < len(owner.items):
                return self.forced(owner.items[name])
            return UNKNOWN
        if isinstance(owner, ModuleValue):
            return self.exported(owner.module, str(name), server=owner.server)
        if isinstance(owner, SymbolValue):
            if owner.package == "process" and owner.path == ("env",) and at is not None:
                return self._variable(str(name), *at)
            return SymbolValue(owner.package, (*owner.path, str(name)))
        if isinstance(owner, MadeValue) and owner.symbol == operators.URL:
            given = arguments(owner.node)
            return operators.url_part(self.value(given[0] if given else None, owner.module, owner.frame), str(name))
        if isinstance(owner, Scalar) and (owner.value is None or owner.value is UNDEFINED):
            return Scalar(UNDEFINED, owner.uses)
        return Unknown(uses_of(owner))

    def exported(self, module: Module, name: str, *, server: bool) -> Value:
        """What a file of the project exports under a name, to code on that side."""
        if self._passing >= _DEEPEST or self._left <= 0:  # files that pass on each other's exports
            return UNKNOWN
        self._passing += 1
        self._left -= _PASSING_COSTS
        try:
            return self._exported(module, name, Frame(server=server))
        finally:
            self._passing -= 1

    def _exported(self, module: Module, name: str, frame: Frame) -> Value:
        if module.name.endswith(".json"):
            whole = self.value(module.root, module, frame)
            return whole if name == "default" else self.member(whole, name)
        exports = module.exports
        if name in exports.nodes:
            return self.value(exports.nodes[name], module, frame)
        if name in exports.local:
            return self.bound(module.top(exports.local[name]), module, frame)
        if name in exports.passed_on:
            return self.imported(exports.passed_on[name], module, server=frame.server)
        if exports.stars:
            return self._starred(module, name, server=frame.server)
        # In CommonJS a name is a member of the one thing that is exported.
        return self.member(self.value(exports.nodes.get("default"), module, frame), name)

    def _starred(self, module: Module, name: str, *, server: bool) -> Value:
        """What comes from one of the files, or else from the one package, whose exports are all passed on."""
        package: Value = UNKNOWN
        for star in module.exports.stars:
            found = self.project.resolve(star, module.name)
            other = self.project.load(found) if found is not None else None
            value = UNKNOWN if other is None else self.exported(other, name, server=server)
            if value != UNKNOWN:
                return value
            if found is None and not star.startswith("."):
                package = SymbolValue(star, (name,))
        return package

    def imported(self, wanted: Import, module: Module, *, server: bool) -> Value:
        """What an import refers to, for code on that side."""
        target = self.project.resolve(wanted.specifier, module.name)
        if target is None:
            if wanted.specifier.startswith((".", "@/", "~/")):
                return UNKNOWN
            return SymbolValue(wanted.specifier, () if wanted.name == "*" else (wanted.name,))
        other = self.project.load(target)
        if other is None:
            return UNKNOWN
        if wanted.name == "*":
            return ModuleValue(other, server)
        return self.exported(other, wanted.name, server=server)

    def bound(self, binding: Binding | None, module: Module, frame: Frame) -> Value:
        """What a name refers to."""
        if binding is None:
            return UNKNOWN
        if binding.imported is not None:
            return self.imported(binding.imported, module, server=frame.server)
        if binding.parameter is not None and binding.function is not None:
            return self._parameter(binding, module, frame)
        if binding.function is not None:
            return FuncValue(module, binding.function, frame)
        return self._taken_out(self.value(binding.value, module, frame), binding.steps, module, frame)

    def call(self, function: FuncValue, given: tuple[LazyValue, ...], *, server: bool) -> Value:
        """What a function of the project returns for these arguments."""
        inner = Frame(server=server, function=function.node, given=given, outer=function.frame)
        body = part(function.node, "body")
        if body is None or body.type != "statement_block":
            return self.value(body, function.module, inner)
        choices: list[Value] = []
        ended = self._run(body.named_children, function.module, inner, choices)
        return self.agreed(choices if ended else [*choices, MISSING])

    def arguments_at(self, site: CallSite, frame: Frame) -> tuple[LazyValue, ...] | None:
        """The arguments of a call; None where nobody can know them."""
        if site.kind is CallKind.REFERENCE:
            return None
        if site.kind is CallKind.ELEMENT:
            return (LazyValue(value=operators.attributes(site.node, site.module, frame, self)),)
        given = arguments(site.node)
        if any(one.type == "spread_element" for one in given):
            return None
        return tuple(LazyValue(site.module, one, frame) for one in given)

    def frame_at(self, site: CallSite, frame: Frame) -> Frame:
        """In whose name the arguments of a call are evaluated."""
        side = self._server_side(site.module.name)
        return Frame(server=frame.server if side is None else side)

    def _run(self, statements: Iterable[Node], module: Module, frame: Frame, choices: list[Value]) -> bool:
        """Read statements until one surely returns; what they may return goes into `choices`."""
        for statement in statements:
            if statement.type == "return_statement":
                inner = next((one for one in statement.named_children if one.type != "comment"), None)
                choices.append(self.value(inner, module, frame) if inner is not None else MISSING)
                return True
            if statement.type == "throw_statement":
                return True
            if statement.type == "if_statement":
                if self._run_if(statement, module, frame, choices):
                    return True
            elif statement.type in {"statement_block", "try_statement", "else_clause"}:
                inner = part(statement, "body") if statement.type == "try_statement" else statement
                if inner is not None and self._run(inner.named_children, module, frame, choices):
                    return True
            elif statement.type.startswith(("for", "while", "do", "switch")) and b"return" in (statement.text or b""):
                choices.append(UNKNOWN)
        return False

    def _run_if(self, statement: Node, module: Module, frame: Frame, choices: list[Value]) -> bool:
        decided = truth(self.value(part(statement, "condition"), module, frame))
        then, otherwise = part(statement, "consequence"), part(statement, "alternative")
        first = decided is not False and then is not None and self._run([then], module, frame, choices)
        if decided is True:
            return first
        second = otherwise is not None and self._run([otherwise], module, frame, choices)
        return second if decided is False else first and second

    def agreed(self, choices: list[Value]) -> Value:
        """One value if all are the same; else unknown."""
        if not choices:
            return MISSING
        shapes = {operators.shape(one, self) for one in choices}
        if len(shapes) == 1:
            return choices[0]
        return Unknown(tuple(use for one in choices for use in uses_of(one)))

    def _parameter(self, binding: Binding, module: Module, frame: Frame) -> Value:
        function, index = binding.function, binding.parameter
        if function is None or index is None:
            return UNKNOWN
        known = frame.of(function)
        if known is not None:
            given = self.forced(known.given[index]) if index < len(known.given) else MISSING
            return self._taken_out(given, binding.steps, module, known)
        key = module.name, function.start_byte, index
        sites = self.callers.of(module, function)
        if key in self._asking or not sites or len(sites) > _MOST_CALLERS:
            return UNKNOWN
        self._asking.add(key)
        try:
            found: list[Value] = []
            for site in sites:
                at = self.frame_at(site, frame)
                given = self.arguments_at(site, at)
                value = UNKNOWN if given is None else self.forced(given[index]) if index < len(given) else MISSING
                found.append(self._taken_out(value, binding.steps, module, frame))
            return self.agreed(found)
        finally:
            self._asking.discard(key)

    def _taken_out(self, value: Value, steps: tuple[Step, ...], module: Module, frame: Frame) -> Value:
        for key, default in steps:
            at = (module, default, frame) if default is not None else (module, module.root, frame)
            if key != "":
                value = self.member(value, key, at)
            if default is not None and isinstance(value, Scalar) and value.value is UNDEFINED:
                value = with_uses(self.value(default, module, frame), value.uses)
        return value

    def _variable(self, name: str, module: Module, node: Node, frame: Frame) -> Value:
        if name == "NODE_ENV":
            return Scalar("production")
        use = self._environment.use(name, module.source.evidence(node))
        hidden = self._next and not frame.server and not is_public(name) and name not in self._environment.defined
        if hidden:  # bundlers put undefined in its place, whatever a file says
            return Scalar(UNDEFINED, (use,) if use.state is EnvState.MISSING else ())
        return Unknown((use,)) if use.value is None else Scalar(use.value, (use,))
