"""JavaScript's operators, literals and the few built-in functions that configurations are written with.

Rule: what is known goes in and what is known comes out; anything else makes the result unknown, and variables that were
read on the way stay attached. Nothing is coerced that a person wouldn't write.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

from hardtack.doctor.sources.project.syntax import part, string_of, text
from hardtack.doctor.sources.project.values import (
    MISSING,
    UNDEFINED,
    UNKNOWN,
    EnvUse,
    Frame,
    FuncValue,
    ItemsValue,
    LazyValue,
    MadeValue,
    ModuleValue,
    ObjectValue,
    Scalar,
    SymbolValue,
    Undefined,
    Unknown,
    Value,
    truth,
    uses_of,
    with_uses,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from hardtack.doctor.sources.project.evaluate import Evaluator
    from hardtack.doctor.sources.project.modules import Module

__all__ = [
    "GLOBALS",
    "URL",
    "attributes",
    "binary",
    "global_call",
    "literal",
    "method",
    "object_of",
    "shape",
    "template",
    "unary",
    "url_part",
]

Read = Callable[["Node | None"], Value]

URL: Final = SymbolValue("global", ("URL",))
GLOBALS: Final[dict[str, Value]] = {
    "process": SymbolValue("process"),
    "undefined": MISSING,
    "URL": URL,
    **{name: SymbolValue("global", (name,)) for name in ("String", "Number", "Boolean", "Object", "parseInt", "Date")},
}
_LONGEST: Final = 4_096  # characters of a folded string: a configuration has no longer one
_DEEPEST: Final = 5
_MOST_MEMBERS: Final = 500


def literal(node: Node) -> Value:
    """A string, a number, a word."""
    if node.type == "string":
        return Scalar((string_of(node) or "")[:_LONGEST])
    if node.type == "number":
        digits = text(node).replace("_", "").rstrip("n")
        try:
            return Scalar(float(int(digits, 0)) if digits[:2].lower() in {"0x", "0b", "0o"} else float(digits))
        except ValueError:
            return UNKNOWN
    return Scalar({"true": True, "false": False, "null": None}.get(node.type, UNDEFINED))


def template(node: Node, read: Read) -> Value:
    """A template string."""
    parts: list[str] = []
    uses: tuple[EnvUse, ...] = ()
    known = True
    for one in node.named_children:
        if one.type != "template_substitution":
            parts.append(text(one))
            continue
        value = read(one.named_children[0] if one.named_children else None)
        uses = (*uses, *uses_of(value))
        said = _said(value)
        known = known and said is not None
        parts.append(said or "")
    return Scalar("".join(parts)[:_LONGEST], uses) if known else Unknown(uses)


def unary(sign: str, value: Value) -> Value:
    """`!`, `-`, `+`, `void`, `typeof`."""
    if sign == "!":
        decided = truth(value)
        return Unknown(uses_of(value)) if decided is None else Scalar(not decided, uses_of(value))
    if sign == "void":
        return MISSING
    if isinstance(value, Scalar) and isinstance(value.value, float) and sign in {"-", "+"}:
        return Scalar(-value.value if sign == "-" else value.value, value.uses)
    return Unknown(uses_of(value))


def binary(node: Node, read: Read) -> Value:
    """Two operands; the right one is looked at only if JavaScript would."""
    sign = text(part(node, "operator"))
    left = read(part(node, "left"))
    if sign in {"||", "&&", "??"}:
        return _either(sign, left, lambda: read(part(node, "right")))
    right = read(part(node, "right"))
    uses = (*uses_of(left), *uses_of(right))
    if not isinstance(left, Scalar) or not isinstance(right, Scalar):
        differ = sign in {"===", "==", "!==", "!="} and _surely_differ(left, right)
        return Scalar(sign.startswith("!"), uses) if differ else Unknown(uses)
    if sign in {"===", "!==", "==", "!="}:
        same = left.value == right.value and type(left.value) is type(right.value)
        if len(sign) == len("==") and {type(left.value), type(right.value)} <= {Undefined, type(None)}:
            same = True
        return Scalar(same is not sign.startswith("!"), uses)
    if sign == "+":
        one, other = _said(left), _said(right)
        if isinstance(left.value, str) or isinstance(right.value, str):
            return Scalar((one or "") + (other or ""), uses) if one is not None and other is not None else Unknown(uses)
    return _arithmetic(sign, left, right, uses)


def _either(sign: str, left: Value, right: Callable[[], Value]) -> Value:
    if sign == "??":
        known = not isinstance(left, Unknown)
        nullish = isinstance(left, Scalar) and (left.value is UNDEFINED or left.value is None)
        takes_left = None if not known else not nullish
    else:
        decided = truth(left)
        takes_left = None if decided is None else decided is (sign == "||")
    if takes_left is None:
        # An unknown variable with a fallback is not the fallback: whoever deploys may have set it.
        return left if isinstance(left, SymbolValue) else Unknown((*uses_of(left), *uses_of(right())))
    return left if takes_left else with_uses(right(), uses_of(left))


def _surely_differ(left: Value, right: Value) -> bool:
    shapes = (ObjectValue, ItemsValue, FuncValue, MadeValue)
    return (isinstance(left, shapes) and isinstance(right, Scalar)) or (
        isinstance(right, shapes) and isinstance(left, Scalar)
    )


def _arithmetic(sign: str, left: Scalar, right: Scalar, uses: tuple[EnvUse, ...]) -> Value:
    one, other = left.value, right.value
    if not isinstance(one, float) or not isinstance(other, float):
        return Unknown(uses)
    if sign == "/" and not other:
        return Unknown(uses)
    table: dict[str, Callable[[], float | bool]] = {
        "+": lambda: one + other,
        "-": lambda: one - other,
        "*": lambda: one * other,
        "/": lambda: one / other,
        "<": lambda: one < other,
        ">": lambda: one > other,
        "<=": lambda: one <= other,
        ">=": lambda: one >= other,
    }
    return Scalar(table[sign](), uses) if sign in table else Unknown(uses)


def object_of(node: Node, module: Module, frame: Frame, evaluator: Evaluator) -> Value:
    """An object literal, spreads included; of an enum the members."""
    fields: dict[str, LazyValue] = {}
    places: dict[str, tuple[Module, Node]] = {}
    closed = True
    body = part(node, "body") if node.type == "enum_declaration" else node
    for one in ([] if body is None else body.named_children)[:_MOST_MEMBERS]:
        if one.type == "spread_element":
            inner = one.named_children[0] if one.named_children else None
            spread = evaluator.value(inner, module, frame)
            why = uses_of(spread)
            if isinstance(spread, ObjectValue):
                fields |= {
                    key: LazyValue(value=with_uses(evaluator.forced(lazy), why)) for key, lazy in spread.fields.items()
                }
                places |= spread.places
                closed = closed and spread.closed
            elif not isinstance(spread, Scalar):
                closed = False
            for key in _left_out(inner, module, frame, evaluator) if why else ():
                fields.setdefault(key, LazyValue(value=Scalar(UNDEFINED, why)))
            continue
        named = _named(one, module, frame, evaluator)
        if named is None:
            closed = closed and one.type == "comment"
            continue
        key, value = named
        fields[key] = LazyValue(module, value, frame)
        places[key] = (module, one)
    return ObjectValue(fields, closed, module, node, places)


def _left_out(spread: Node | None, module: Module, frame: Frame, evaluator: Evaluator) -> Iterator[str]:
    """The members that a conditional spread would have brought: `...(domain ? { domain } : {})`."""
    while spread is not None and spread.type == "parenthesized_expression":
        spread = spread.named_children[0] if spread.named_children else None
    if spread is None or spread.type not in {"ternary_expression", "binary_expression"}:
        return
    for name in ("consequence", "alternative", "right"):
        way = evaluator.value(part(spread, name), module, frame) if part(spread, name) is not None else UNKNOWN
        if isinstance(way, ObjectValue):
            yield from way.fields


def _named(one: Node, module: Module, frame: Frame, evaluator: Evaluator) -> tuple[str, Node] | None:
    if one.type == "shorthand_property_identifier":
        return text(one), one
    if one.type == "method_definition":
        return text(part(one, "name")), one
    key, value = part(one, "key") or part(one, "name"), part(one, "value")
    if key is None or value is None:
        return None
    if key.type == "computed_property_name":
        computed = evaluator.value(key.named_children[0] if key.named_children else None, module, frame)
        said = _said(computed)
        return None if said is None else (said, value)
    return string_of(key) or text(key), value


def attributes(element: Node, module: Module, frame: Frame, evaluator: Evaluator) -> Value:
    """The attributes of an element in JSX, as the object that its component is called with."""
    fields: dict[str, LazyValue] = {}
    closed = True
    for one in element.named_children:
        if one.type == "jsx_attribute":
            name = text(one.named_children[0])
            value = one.named_children[1] if len(one.named_children) > 1 else None
            if value is not None and value.type == "jsx_expression":
                value = value.named_children[0] if value.named_children else None
            fields[name] = LazyValue(value=Scalar(True)) if value is None else LazyValue(module, value, frame)  # noqa: FBT003
        elif one.type == "jsx_expression" and one.named_children and one.named_children[0].type == "spread_element":
            spread = evaluator.value(one.named_children[0].named_children[0], module, frame)
            if isinstance(spread, ObjectValue):
                fields |= spread.fields
                closed = closed and spread.closed
            else:
                closed = False
    return ObjectValue(fields, closed and "children" in fields, module, element, {})


def global_call(function: SymbolValue, given: list[Value]) -> Value:
    """`String(…)`, `Number(…)`, `Boolean(…)`, `parseInt(…)`."""
    first = given[0] if given else MISSING
    name = function.path[-1]
    if name == "Boolean":
        return unary("!", unary("!", first))
    said = _said(first)
    if said is None:
        return Unknown(uses_of(first))
    if name == "String":
        return Scalar(said, uses_of(first))
    if name in {"Number", "parseInt"}:
        try:
            return Scalar(float(said), uses_of(first))
        except ValueError:
            return Unknown(uses_of(first))
    return UNKNOWN


def method(owner: Value, name: str, given: list[Value]) -> Value:
    """A method of a string."""
    uses = (*uses_of(owner), *(use for one in given for use in uses_of(one)))
    said = owner.value if isinstance(owner, Scalar) else None
    words = [one.value if isinstance(one, Scalar) else None for one in given]
    if not isinstance(said, str) or not all(isinstance(word, str) for word in words):
        return Unknown(uses)
    texts = cast("list[str]", words)
    if not texts:
        plain = {"trim": said.strip(), "toLowerCase": said.lower(), "toUpperCase": said.upper(), "toString": said}
        return Scalar(plain[name], uses) if name in plain else Unknown(uses)
    tests = {"startsWith": said.startswith, "endsWith": said.endswith, "includes": said.__contains__}
    if name in tests:
        return Scalar(tests[name](texts[0]), uses)
    if name == "replace" and len(texts) > 1:
        return Scalar(said.replace(texts[0], texts[1], 1)[:_LONGEST], uses)
    return Scalar((said + "".join(texts))[:_LONGEST], uses) if name == "concat" else Unknown(uses)


def url_part(address: Value, name: str) -> Value:
    """`new URL(address).hostname` and the like."""
    said = _said(address)
    if said is None:
        return Unknown(uses_of(address))
    try:
        parts = urlsplit(said)
        found = {
            "hostname": parts.hostname or "",
            "host": parts.netloc.rpartition("@")[2],
            "protocol": f"{parts.scheme}:",
            "origin": f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
            "pathname": parts.path or "/",
        }
    except ValueError:
        return Unknown(uses_of(address))
    return Scalar(found[name], uses_of(address)) if name in found else Unknown(uses_of(address))


def shape(value: Value, evaluator: Evaluator, depth: int = 0) -> object:  # noqa: PLR0911 -- one for each kind
    """Something that is equal for two values that are the same as far as can be known."""
    if isinstance(value, Scalar):
        return type(value.value).__name__, value.value
    if isinstance(value, ObjectValue):
        if depth >= _DEEPEST:
            return value.module.name, value.node.start_byte
        members = ((name, shape(evaluator.forced(one), evaluator, depth + 1)) for name, one in value.fields.items())
        return tuple(sorted(members, key=lambda pair: pair[0])), value.closed
    if isinstance(value, ItemsValue):
        return tuple(shape(evaluator.forced(one), evaluator, depth + 1) for one in value.items[:_MOST_MEMBERS])
    if isinstance(value, FuncValue | MadeValue):
        return value.module.name, value.node.start_byte
    if isinstance(value, ModuleValue):
        return value.module.name
    return value if isinstance(value, SymbolValue) else "?"


def _said(value: Value) -> str | None:
    """A value as JavaScript would put it into a string."""
    if not isinstance(value, Scalar):
        return None
    said = value.value
    if isinstance(said, bool):
        return "true" if said else "false"
    if isinstance(said, int | float):
        return str(int(said)) if float(said).is_integer() else str(said)
    if said is None:
        return "null"
    return "undefined" if isinstance(said, Undefined) else said
