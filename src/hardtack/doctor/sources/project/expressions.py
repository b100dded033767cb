"""Expressions, one kind after the other: how each is evaluated.

Rule: a function here knows one kind of node and asks the evaluator for everything below it. A kind that isn't in the
table is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.doctor.sources.project import operators
from hardtack.doctor.sources.project.modules import Import
from hardtack.doctor.sources.project.syntax import arguments, callee, part, string_of, text
from hardtack.doctor.sources.project.values import (
    UNKNOWN,
    Frame,
    FuncValue,
    ItemsValue,
    LazyValue,
    MadeValue,
    Scalar,
    SymbolValue,
    Unknown,
    Value,
    truth,
    uses_of,
    with_uses,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

    from hardtack.doctor.sources.project.evaluate import Evaluator
    from hardtack.doctor.sources.project.modules import Module

__all__ = ["READERS"]

_SAME: Final = frozenset({"parseAmplifyConfig", "freeze", "cache", "memo", "useCallback", "useMemo", "defineConfig"})


def _identifier(evaluator: Evaluator, node: Node, module: Module, frame: Frame) -> Value:
    name = text(node)
    binding = module.binding(name, node)
    if binding is not None:
        return evaluator.bound(binding, module, frame)
    return operators.GLOBALS.get(name, UNKNOWN)


def _member(evaluator: Evaluator, node: Node, module: Module, frame: Frame) -> Value:
    owner, key = part(node, "object"), part(node, "property") or part(node, "index")
    if owner is None or key is None:
        return UNKNOWN
    if text(owner) == "import.meta":
        return SymbolValue("process", (text(key),))
    value = evaluator.value(owner, module, frame)
    if node.type == "subscript_expression":
        named = evaluator.value(key, module, frame)
        if not isinstance(named, Scalar) or not isinstance(named.value, str | int | float):
            return Unknown(uses_of(value))
        name = named.value if isinstance(named.value, str) else int(named.value)
    else:
        name = text(key)
    return evaluator.member(value, name, (module, node, frame))


def _call(evaluator: Evaluator, node: Node, module: Module, frame: Frame) -> Value:  # noqa: PLR0911 -- one for each kind
    called, given = callee(node), arguments(node)
    if called is None:
        return UNKNOWN
    if called.type == "import" or text(called) == "require":
        specifier = string_of(given[0]) if given else None
        return UNKNOWN if specifier is None else evaluator.imported(Import(specifier, "*"), module, server=frame.server)
    function = evaluator.value(called, module, frame)
    if isinstance(function, FuncValue):
        if any(one.type == "spread_element" for one in given):
            return UNKNOWN
        lazy = tuple(LazyValue(module, one, frame) for one in given)
        return evaluator.call(function, lazy, server=frame.server)
    if isinstance(function, SymbolValue):
        if function.named(*_SAME) and given:
            return evaluator.value(given[0], module, frame)
        if function.package == "global":
            return operators.global_call(function, [evaluator.value(one, module, frame) for one in given])
        return SymbolValue(function.package, (*function.path, "()"))
    if called.type == "member_expression":
        owner = evaluator.value(part(called, "object"), module, frame)
        found = [evaluator.value(one, module, frame) for one in given]
        return operators.method(owner, text(part(called, "property")), found)
    return UNKNOWN


def _new(evaluator: Evaluator, node: Node, module: Module, frame: Frame) -> Value:
    made = evaluator.value(callee(node), module, frame)
    return MadeValue(made, module, node, frame) if isinstance(made, SymbolValue) else UNKNOWN


def _ternary(evaluator: Evaluator, node: Node, module: Module, frame: Frame) -> Value:
    condition = evaluator.value(part(node, "condition"), module, frame)
    decided = truth(condition)
    ways = [part(node, "consequence"), part(node, "alternative")]
    if decided is not None:
        return with_uses(evaluator.value(ways[0 if decided else 1], module, frame), uses_of(condition))
    both = [evaluator.value(way, module, frame) for way in ways]
    return with_uses(evaluator.agreed(both), uses_of(condition))


def _object(evaluator: Evaluator, node: Node, module: Module, frame: Frame) -> Value:
    return operators.object_of(node, module, frame, evaluator)


def _array(_evaluator: Evaluator, node: Node, module: Module, frame: Frame) -> Value:
    items = [one for one in node.named_children if one.type != "comment"]
    closed = all(one.type != "spread_element" for one in items)
    return ItemsValue(tuple(LazyValue(module, one, frame) for one in items if one.type != "spread_element"), closed)


def _binary(evaluator: Evaluator, node: Node, module: Module, frame: Frame) -> Value:
    return operators.binary(node, lambda one: evaluator.value(one, module, frame))


def _unary(evaluator: Evaluator, node: Node, module: Module, frame: Frame) -> Value:
    sign, inner = text(part(node, "operator")), part(node, "argument")
    if sign == "typeof" and text(inner) in {"window", "document", "navigator"}:
        return Scalar("undefined" if frame.server else "object")
    return operators.unary(sign, evaluator.value(inner, module, frame))


def _template(evaluator: Evaluator, node: Node, module: Module, frame: Frame) -> Value:
    return operators.template(node, lambda one: evaluator.value(one, module, frame))


def _right(evaluator: Evaluator, node: Node, module: Module, frame: Frame) -> Value:
    return evaluator.value(part(node, "right"), module, frame)


def _last(evaluator: Evaluator, node: Node, module: Module, frame: Frame) -> Value:
    return evaluator.value(node.named_children[-1] if node.named_children else None, module, frame)


def _literal(_evaluator: Evaluator, node: Node, _module: Module, _frame: Frame) -> Value:
    return operators.literal(node)


READERS: Final[dict[str, Callable[[Evaluator, Node, Module, Frame], Value]]] = {
    "array": _array,
    "assignment_expression": _right,
    "augmented_assignment_expression": _right,
    "binary_expression": _binary,
    "call_expression": _call,
    "enum_declaration": _object,
    "false": _literal,
    "identifier": _identifier,
    "member_expression": _member,
    "new_expression": _new,
    "null": _literal,
    "number": _literal,
    "object": _object,
    "sequence_expression": _last,
    "shorthand_property_identifier": _identifier,
    "string": _literal,
    "subscript_expression": _member,
    "template_string": _template,
    "ternary_expression": _ternary,
    "true": _literal,
    "type_assertion": _last,
    "unary_expression": _unary,
    "undefined": _literal,
}
