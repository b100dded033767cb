"""Next's middleware: whether the response that carries the cookies is the one that is returned, and what it runs for.

Rule: a response that is returned after the adapter was given another one loses what the adapter wrote, unless its
Set-Cookie lines are carried over, in whatever way: where the code names the first response's headers or cookies while
it makes or mends the second, they are taken to be.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import MiddlewareFound
from hardtack.doctor.sources.project.quotes import shown
from hardtack.doctor.sources.project.reading import as_text
from hardtack.doctor.sources.project.syntax import enclosing_function, part, string_of, text, walk
from hardtack.doctor.sources.project.values import Frame, ObjectValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from hardtack.doctor.sources.project.modules import Module
    from hardtack.doctor.sources.project.reading import Reading
    from hardtack.doctor.sources.project.sessions import Guarding

__all__ = ["covers", "read_middleware"]

_ASSETS: Final = ("/_next/static/chunks/main.js", "/_next/image")
_PARAMETER: Final = re.compile(r":\w+")
_LONGEST_PATTERN: Final = 400
_REPEATED_GROUP: Final = re.compile(r"[*+}?]\)?\)[*+{]")  # a repeated repetition: matching it could take for ever
_REPEATS_IN_A_ROW: Final = 6
_AGAIN: Final = {"*": "(?:/[^/]+)*", "+": "(?:/[^/]+)+", "?": "(?:/[^/]+)?", "": "/[^/]+"}


def read_middleware(reading: Reading, guarding: list[Guarding]) -> Iterator[MiddlewareFound]:
    """State what middleware does with the session.

    Args:
        reading: the app.
        guarding: where middleware hands a response to the adapter.
    """
    by_file: dict[str, list[Guarding]] = {}
    for one in guarding:
        by_file.setdefault(one.outermost.name, []).append(one)
    for found in by_file.values():
        module = found[0].outermost
        lost = next((place for one in found if (place := _lost(one)) is not None), None)
        matcher = _matcher(reading, module)
        function = _entry(module) or found[0].node
        evidence = lost[0].source.evidence(lost[1]) if lost is not None else module.source.evidence(function)
        own = any("_next" in (string_of(node) or "") for node in walk(function) if node.type == "string")
        yield MiddlewareFound(
            evidence=evidence,
            app=reading.name,
            returns_another=lost is not None,
            covers_assets=not own and _covers_assets(matcher),
            matcher=tuple(map(shown, matcher or ())),
        )


def covers(pattern: str, path: str) -> bool:
    """Whether a pattern of a matcher, in path-to-regexp's language, holds for a path; False if it can't be told."""
    if len(pattern) > _LONGEST_PATTERN or _REPEATED_GROUP.search(pattern):
        return False
    expression: list[str] = []
    index = 0
    while index < len(pattern):
        found = _PARAMETER.match(pattern, index + 1) if pattern[index] == "/" else None
        if found is not None:
            index = found.end()
            group = _group(pattern, index)
            index += len(group)
            again = pattern[index : index + 1] if pattern[index : index + 1] in {"*", "+", "?"} else ""
            index += len(again)
            expression.append(f"(?:/{group}){again}" if group else _AGAIN[again])
        elif pattern[index] == "(":
            group = _group(pattern, index)
            expression.append(group or r"\(")
            index += max(1, len(group))
        elif pattern[index] == "\\":
            expression.append(pattern[index : index + 2])
            index += 2
        else:
            expression.append(re.escape(pattern[index]))
            index += 1
    text_ = "".join(expression)
    if text_.count("*") + text_.count("+") > _REPEATS_IN_A_ROW * 2:
        return False
    try:
        return re.fullmatch(f"{text_}/?", path) is not None
    except (re.error, RecursionError, OverflowError):
        return False


def _group(pattern: str, begin: int) -> str:
    """The group in parentheses that begins there; empty if none does."""
    if pattern[begin : begin + 1] != "(":
        return ""
    depth = 0
    index = begin
    while index < len(pattern):
        if pattern[index] == "\\":
            index += 1
        elif pattern[index] == "(":
            depth += 1
        elif pattern[index] == ")":
            depth -= 1
            if not depth:
                return pattern[begin : index + 1]
        index += 1
    return ""


def _covers_assets(matcher: tuple[str, ...] | None) -> bool:
    if matcher is None:
        return False
    return not matcher or any(covers(pattern, asset) for pattern in matcher for asset in _ASSETS)


def _matcher(reading: Reading, module: Module) -> tuple[str, ...] | None:
    """The patterns of `export const config = { matcher }`; empty if there is none, None if they can't be read."""
    binding = module.top("config")
    if binding is None or "config" not in module.exports.local.values():
        return ()
    value = reading.member(reading.evaluator.bound(binding, module, Frame(server=True)), "matcher")
    if as_text(value) is not None:
        return (as_text(value) or "",)
    found: list[str] = []
    for one in reading.items(value):
        said = as_text(reading.member(one, "source")) if isinstance(one, ObjectValue) else as_text(one)
        if said is None:
            return None
        found.append(said)
    return tuple(found) or None


def _entry(module: Module) -> Node | None:
    """The middleware's function."""
    for name in ("proxy", "middleware", "default"):
        local = module.exports.local.get(name)
        binding = module.top(local) if local is not None else None
        if binding is not None and (found := binding.function or binding.value) is not None:
            return found
    return module.exports.nodes.get("default")


def _lost(one: Guarding) -> tuple[Module, Node] | None:
    """A `return` of another response after the adapter has been given one."""
    if one.response is None:
        return None
    given = part(one.response, "value") or one.response
    if given.type not in {"identifier", "shorthand_property_identifier"}:
        return None
    name = text(given)
    function = _maker(one.node, name, one.module)
    if function is None:
        return None
    for node in walk(function, into_functions=False):
        if node.type != "return_statement" or node.start_byte < one.node.end_byte:
            continue
        value = node.named_children[0] if node.named_children else None
        if value is not None and not _carries(value, name, function):
            return one.module, node
    return None


def _maker(node: Node, name: str, module: Module) -> Node | None:
    """The function that makes the response and hands it over."""
    binding = module.binding(name, node)
    if binding is None or binding.value is None:
        return None
    return enclosing_function(binding.value)


def _carries(value: Node, name: str, function: Node) -> bool:
    """Whether what is returned is the response, or something that was made of it or mended with it."""
    while value.type in {"await_expression", "as_expression", "parenthesized_expression", "ternary_expression"}:
        if value.type == "ternary_expression":
            ways = [part(value, "consequence"), part(value, "alternative")]
            return all(way is not None and _carries(way, name, function) for way in ways)
        value = value.named_children[0]
    if value.type in {"null", "undefined"}:
        return True
    names = {text(node) for node in walk(value) if node.type in {"identifier", "shorthand_property_identifier"}}
    if name in names:
        return True
    if value.type != "identifier":
        return False
    # `redirect` is returned: is there a statement that speaks of both, such as one that copies cookies?
    other = text(value)
    for statement in walk(function):
        if statement.type not in {"expression_statement", "for_in_statement", "variable_declarator"}:
            continue
        spoken = {text(node) for node in walk(statement) if node.type == "identifier"}
        if {name, other} <= spoken:
            return True
    return False
