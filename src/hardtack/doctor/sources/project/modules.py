"""One file of code: what it imports, exports and declares, and what a name in it refers to.

Rule: names are resolved as the language does it, from the inside out, through blocks, functions and parameters to the
file's own declarations and imports. A variable that is assigned in several places refers to nothing that can be known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from hardtack.doctor.sources.project.syntax import (
    FUNCTIONS,
    arguments,
    callee,
    part,
    string_of,
    text,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from hardtack.doctor.sources.project.syntax import Source

__all__ = ["Binding", "Exports", "Import", "Module", "Step", "name_of", "pattern_steps"]

Step = tuple[str | int, "Node | None"]
"""One step of a destructuring: which member, and its default."""

_SCOPES: Final = (
    frozenset({"program", "statement_block", "switch_body", "for_statement", "for_in_statement"}) | FUNCTIONS
)
_NAMES: Final = frozenset({"identifier", "shorthand_property_identifier"})


@dataclass(frozen=True, slots=True)
class Import:
    """A name that comes from elsewhere.

    Attributes:
        specifier: as written.
        name: what is imported: an export's name, `default`, or `*` for all.
    """

    specifier: str
    name: str


@dataclass(frozen=True, slots=True)
class Binding:
    """What a name refers to: exactly one of an import, a value, a function, a parameter.

    Attributes:
        imported: for an import.
        value: for a variable: the expression that it is initialised or once assigned with.
        function: for a function: its declaration; for a parameter: the function that has it.
        parameter: for a parameter: its position.
        steps: how the name is taken out of the value or the parameter.
    """

    imported: Import | None = None
    value: Node | None = None
    function: Node | None = None
    parameter: int | None = None
    steps: tuple[Step, ...] = ()


@dataclass(slots=True, eq=False)
class Exports:
    """What a file gives to others.

    Attributes:
        local: exported names and the file's own names for them.
        nodes: exported names and the expressions exported under them.
        passed_on: exported names and where they come from.
        stars: whose exports are all passed on.
    """

    local: dict[str, str] = field(default_factory=dict[str, str])
    nodes: dict[str, Node] = field(default_factory=dict[str, "Node"])
    passed_on: dict[str, Import] = field(default_factory=dict[str, Import])
    stars: list[str] = field(default_factory=list[str])


class Module:
    """A parsed file and its names.

    Attributes:
        source: the file.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._scopes: dict[int, dict[str, Binding]] = {}

    @property
    def name(self) -> str:
        """The file's path relative to the target."""
        return self.source.name

    @property
    def root(self) -> Node:
        """The whole file."""
        return self.source.root

    @cached_property
    def exports(self) -> Exports:
        """What the file exports, by `export` or by CommonJS."""
        found = Exports()
        for statement in self.root.named_children:
            if statement.type == "export_statement":
                _read_export(statement, found)
            elif statement.type == "expression_statement":
                _read_commonjs(statement, found)
        return found

    @cached_property
    def uses(self) -> dict[str, list[Node]]:
        """Every place at which a name stands, but for its declaration in an import."""
        found: dict[str, list[Node]] = {}
        for node in walk(self.root):
            if node.type in _NAMES:
                found.setdefault(text(node), []).append(node)
        return found

    @cached_property
    def assigned(self) -> dict[str, list[Node]]:
        """The right sides of assignments to plain names."""
        found: dict[str, list[Node]] = {}
        for node in walk(self.root):
            if node.type in {"assignment_expression", "augmented_assignment_expression"}:
                left, right = part(node, "left"), part(node, "right")
                if left is not None and right is not None and left.type == "identifier":
                    found.setdefault(text(left), []).append(right)
        return found

    def binding(self, name: str, at: Node) -> Binding | None:
        """What a name refers to at a place; None for a global."""
        node: Node | None = at
        while node is not None:
            if node.type in _SCOPES:
                found = self._declared(node).get(name)
                if found is not None:
                    return found
            node = node.parent
        return None

    def top(self, name: str) -> Binding | None:
        """What a name refers to at the top of the file."""
        return self._declared(self.root).get(name)

    def imports(self) -> dict[str, Binding]:
        """The file's imports, by their local names; `require` at the top of the file counts."""
        return {name: one for name, one in self._declared(self.root).items() if one.imported is not None}

    def calls(self) -> Iterator[Node]:
        """Every call and every `new`, in order."""
        return (node for node in walk(self.root) if node.type in {"call_expression", "new_expression"})

    def _declared(self, scope: Node) -> dict[str, Binding]:
        known = self._scopes.get(scope.id)
        if known is None:
            known = self._scopes[scope.id] = {}
            if scope.type in FUNCTIONS:
                _read_parameters(scope, known)
            else:
                for statement in scope.named_children:
                    self._read_statement(statement, known)
        return known

    def _read_statement(self, statement: Node, into: dict[str, Binding]) -> None:
        if statement.type == "export_statement":
            inner = part(statement, "declaration")
            if inner is not None:
                self._read_statement(inner, into)
        elif statement.type in {"lexical_declaration", "variable_declaration"}:
            for one in statement.named_children:
                if one.type == "variable_declarator":
                    self._read_variable(one, into)
        elif statement.type in {"function_declaration", "generator_function_declaration"}:
            into[text(part(statement, "name"))] = Binding(function=statement)
        elif statement.type in {"enum_declaration", "class_declaration"}:
            into[text(part(statement, "name"))] = Binding(value=statement)
        elif statement.type == "import_statement":
            _read_import(statement, into)

    def _read_variable(self, declarator: Node, into: dict[str, Binding]) -> None:
        target, value = part(declarator, "name"), part(declarator, "value")
        if target is None:
            return
        if (specifier := _required(value)) is not None:
            for name, steps in pattern_steps(target):
                into[name] = Binding(imported=Import(specifier, str(steps[0][0]) if steps else "*"))
            return
        if target.type == "identifier":
            values = [*([value] if value is not None else []), *self.assigned.get(text(target), [])]
            into[text(target)] = Binding(value=values[0] if len(values) == 1 else None)
            return
        if value is not None:
            for name, steps in pattern_steps(target):
                into[name] = Binding(value=value, steps=steps)


def _required(value: Node | None) -> str | None:
    if value is None or value.type != "call_expression" or text(callee(value)) != "require":
        return None
    given = arguments(value)
    return string_of(given[0]) if given else None


def pattern_steps(pattern: Node) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """The names that a destructuring pattern declares, and how each is taken out."""
    pending: list[tuple[Node, tuple[Step, ...]]] = [(pattern, ())]
    while pending:
        node, steps = pending.pop()
        if node.type == "identifier":
            yield text(node), steps
        elif node.type == "shorthand_property_identifier_pattern":
            yield text(node), (*steps, (text(node), None))
        elif node.type == "object_assignment_pattern":  # { name = default }
            name = text(part(node, "left"))
            yield name, (*steps, (name, part(node, "right")))
        else:
            pending += _below(node, steps)


def _below(node: Node, steps: tuple[Step, ...]) -> Iterator[tuple[Node, tuple[Step, ...]]]:
    """The parts of a pattern, each with its own way of being taken out."""
    if node.type == "object_pattern":
        for one in node.named_children:
            key, value = part(one, "key"), part(one, "value")
            if one.type != "pair_pattern":
                yield one, steps
            elif key is not None and value is not None:
                yield value, (*steps, (string_of(key) or text(key), None))
    elif node.type == "array_pattern":
        index = 0
        for one in node.children:  # commas count: a place may be left out
            if one.is_named:
                yield one, (*steps, (index, None))
            index += one.type == ","
    elif node.type == "assignment_pattern":
        left, default = part(node, "left"), part(node, "right")
        if left is not None:
            yield left, ((*steps[:-1], (steps[-1][0], default)) if steps else (("", default),))


def _read_parameters(function: Node, into: dict[str, Binding]) -> None:
    single = part(function, "parameter")
    if single is not None:
        into[text(single)] = Binding(function=function, parameter=0)
        return
    found = part(function, "parameters")
    given = [one for one in found.named_children if one.type != "comment"] if found is not None else []
    for index, one in enumerate(given):
        target = part(one, "pattern") or one
        default = part(one, "value")
        for name, steps in pattern_steps(target):
            first: tuple[Step, ...] = (("", default),) if default is not None else ()
            into[name] = Binding(function=function, parameter=index, steps=(*first, *steps))


def _read_import(statement: Node, into: dict[str, Binding]) -> None:
    specifier = string_of(part(statement, "source"))
    clause = next((one for one in statement.named_children if one.type == "import_clause"), None)
    if specifier is None or clause is None or any(one.type == "type" for one in statement.children):
        return
    for one in clause.named_children:
        if one.type == "identifier":
            into[text(one)] = Binding(imported=Import(specifier, "default"))
        elif one.type == "namespace_import":
            into[text(one.named_children[-1])] = Binding(imported=Import(specifier, "*"))
        elif one.type == "named_imports":
            for each in one.named_children:
                if each.type != "import_specifier" or any(word.type == "type" for word in each.children):
                    continue
                name, alias = part(each, "name"), part(each, "alias")
                into[text(alias or name)] = Binding(imported=Import(specifier, string_of(name) or text(name)))


def _read_export(statement: Node, into: Exports) -> None:
    specifier = string_of(part(statement, "source"))
    clause = next((one for one in statement.named_children if one.type == "export_clause"), None)
    declaration, value = part(statement, "declaration"), part(statement, "value")
    is_default = any(one.type == "default" for one in statement.children)
    if clause is not None:
        for one in clause.named_children:
            name, alias = text(part(one, "name")), text(part(one, "alias"))
            if specifier is None:
                into.local[alias or name] = name
            else:
                into.passed_on[alias or name] = Import(specifier, name)
    elif specifier is not None:
        namespace = next((one for one in statement.named_children if one.type == "namespace_export"), None)
        if namespace is None:
            into.stars.append(specifier)
        else:
            into.passed_on[text(namespace.named_children[-1])] = Import(specifier, "*")
    elif declaration is not None:
        for name in _declared_names(declaration):
            into.local["default" if is_default else name] = name
        if is_default and not _declared_names(declaration):
            into.nodes["default"] = declaration
    elif value is not None:
        into.nodes["default"] = value


def _declared_names(declaration: Node) -> list[str]:
    name = part(declaration, "name")
    if name is not None:
        return [text(name)]
    found: list[str] = []
    for one in declaration.named_children:
        target = part(one, "name") if one.type == "variable_declarator" else None
        if target is not None:
            found += [name for name, _ in pattern_steps(target)]
    return found


def _read_commonjs(statement: Node, into: Exports) -> None:
    """`module.exports = …` and `exports.name = …`."""
    inner = statement.named_children[0] if statement.named_children else None
    left, right = part(inner, "left"), part(inner, "right")
    if inner is None or inner.type != "assignment_expression" or left is None or right is None:
        return
    target = text(left)
    if target == "module.exports":
        into.nodes["default"] = right
    elif target.startswith(("exports.", "module.exports.")):
        into.nodes[target.rpartition(".")[2]] = right


def name_of(function: Node) -> tuple[str, Node] | None:
    """The name by which a function is known where it stands, and the node that declares it."""
    own = part(function, "name")
    if function.type in {"function_declaration", "generator_function_declaration"} and own is not None:
        return text(own), function
    above = function.parent
    while above is not None and above.type in {"as_expression", "satisfies_expression", "parenthesized_expression"}:
        above = above.parent
    if above is not None and above.type in {"call_expression", "arguments"}:  # memo(…), cache(…), useCallback(…)
        call = above.parent if above.type == "arguments" else above
        wrapper = text(callee(call)) if call is not None else ""
        if call is not None and wrapper.rpartition(".")[2] in _WRAPPERS and arguments(call)[:1] == [function]:
            above = call.parent
    if above is not None and above.type == "variable_declarator":
        target = part(above, "name")
        if target is not None and target.type == "identifier":
            return text(target), above
    return None


_WRAPPERS: Final = frozenset({"memo", "cache", "useCallback", "forwardRef", "unstable_cache", "withAuthenticator"})
