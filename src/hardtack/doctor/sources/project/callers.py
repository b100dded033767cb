"""Who calls a function, in its own file or, through imports and files that pass exports on, in any other.

Rule: only what the code says. A name counts as the function only where it resolves to it; a function that is put into a
table or handed to a library has no caller that could be named, and then it is said that there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hardtack.doctor.sources.project.modules import name_of
from hardtack.doctor.sources.project.syntax import part, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from hardtack.doctor.sources.project.graph import Project
    from hardtack.doctor.sources.project.modules import Binding, Module

__all__ = ["CallKind", "CallSite", "Callers"]

_MOST_SITES: Final = 60
_MOST_FILES: Final = 400
_DECLARES: Final = frozenset({"import_specifier", "export_specifier", "import_clause", "namespace_import"})


class CallKind(StrEnum):
    """How a function is used."""

    CALL = "call"
    ELEMENT = "element"
    """As a component in JSX: its attributes are the members of its one argument."""
    REFERENCE = "reference"
    """Handed on: whoever has it calls it later, with arguments of their own."""


@dataclass(frozen=True, slots=True, eq=False)
class CallSite:
    """One use of a function.

    Attributes:
        module: the file.
        node: the call, the element, or the name where it is handed on.
        kind: which of the three.
    """

    module: Module
    node: Node
    kind: CallKind


class Callers:
    """Finds uses, and remembers what it found."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[tuple[str, int], tuple[CallSite, ...]] = {}

    def of(self, module: Module, function: Node) -> tuple[CallSite, ...]:
        """Every use of a function that can be found, in the order of files."""
        key = module.name, function.start_byte
        if key not in self._known:
            self._known[key] = ()  # what calls itself is not its own first caller
            found: list[CallSite] = []
            for site in self._find(module, function):
                found.append(site)
                if len(found) >= _MOST_SITES:
                    break
            self._known[key] = tuple(found)
        return self._known[key]

    def _find(self, module: Module, function: Node) -> Iterator[CallSite]:
        named = name_of(function)
        exported: set[str] = {name for name, node in module.exports.nodes.items() if _holds(node, function)}
        if named is not None:
            name, declaration = named
            for node in module.uses.get(name, []):
                if _is(module.binding(name, node), declaration) and (site := _site(module, node)) is not None:
                    yield site
            top = module.top(name)
            if top is not None and _is(top, declaration):
                exported |= {outer for outer, inner in module.exports.local.items() if inner == name}
        yield from self._elsewhere(module, exported)

    def _elsewhere(self, module: Module, exported: set[str]) -> Iterator[CallSite]:
        pending = [(module.name, name) for name in sorted(exported)]
        seen = set(pending)
        files = 0
        while pending and files < _MOST_FILES:
            target, name = pending.pop(0)
            for importer in self._project.importers_of(target):
                files += 1
                other = self._project.load(importer)
                if other is None:
                    continue
                for again in self._passed_on(other, target, name):
                    if (importer, again) not in seen:
                        seen.add((importer, again))
                        pending.append((importer, again))
                yield from self._imported(other, target, name)

    def _passed_on(self, other: Module, target: str, name: str) -> Iterator[str]:
        for outer, passed in other.exports.passed_on.items():
            if passed.name == name and self._project.resolve(passed.specifier, other.name) == target:
                yield outer
        for star in other.exports.stars:
            if name != "default" and self._project.resolve(star, other.name) == target:
                yield name
        for outer, inner in other.exports.local.items():
            binding = other.top(inner)
            imported = binding.imported if binding is not None else None
            if imported is None or imported.name != name:
                continue
            if self._project.resolve(imported.specifier, other.name) == target:
                yield outer

    def _imported(self, other: Module, target: str, name: str) -> Iterator[CallSite]:
        for local, binding in other.imports().items():
            imported = binding.imported
            if imported is None or imported.name not in {name, "*"}:
                continue
            if self._project.resolve(imported.specifier, other.name) != target:
                continue
            for node in other.uses.get(local, []):
                if other.binding(local, node) != binding:
                    continue
                if imported.name == "*":
                    above = node.parent
                    if above is None or text(part(above, "property")) != name:
                        continue
                    node = above  # noqa: PLW2901 -- the member is the name that is used
                if (site := _site(other, node)) is not None:
                    yield site


def _is(binding: Binding | None, declaration: Node) -> bool:
    if binding is None or binding.steps or binding.parameter is not None:
        return False
    return binding.function == declaration or (
        binding.value is not None and binding.value == part(declaration, "value")
    )


def _holds(node: Node, function: Node) -> bool:
    """Whether an exported expression is the function, perhaps wrapped: `export default memo(function …)`."""
    return node.start_byte <= function.start_byte and function.end_byte <= node.end_byte and node.type != "object"


def _site(module: Module, node: Node) -> CallSite | None:
    above = node.parent
    if above is None or above.type in _DECLARES:
        return None
    if above.type == "call_expression" and part(above, "function") == node:
        return CallSite(module, above, CallKind.CALL)
    if above.type in {"jsx_opening_element", "jsx_self_closing_element"} and part(above, "name") == node:
        return CallSite(module, above, CallKind.ELEMENT)
    if above.type == "jsx_closing_element" or part(above, "name") == node:
        return None
    if above.type in {"assignment_expression", "export_statement"} and part(above, "right") != node:
        return None
    return CallSite(module, node, CallKind.REFERENCE)
