"""JavaScript and TypeScript as trees: parsing, places, and the few questions that everything else asks of a node.

Rule: a real grammar reads the code, and it never gives up: what it can't make sense of becomes an error node, and the
rest of the file is still read. TypeScript's grammars serve JavaScript as well, of which it is a superset. No function
here recurses: a hostile file may be nested as deep as it likes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

from hardtack.doctor.errors import SourceError
from hardtack.doctor.evidence import Basis, Evidence, Place
from hardtack.doctor.sources.project.quotes import code_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node, Parser, Tree

__all__ = [
    "FUNCTIONS",
    "Source",
    "arguments",
    "callee",
    "enclosing_function",
    "has_directive",
    "parse",
    "part",
    "string_of",
    "text",
    "walk",
]

FUNCTIONS: Final = frozenset(
    {
        "function_declaration",
        "function_expression",
        "arrow_function",
        "method_definition",
        "generator_function_declaration",
        "generator_function",
    }
)
_LONGEST_LINE: Final = 4_000  # bytes that are looked at for a quotation
_MOST_NODES: Final = 400_000  # of one walk: a file of a megabyte has fewer
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f", "v": "\v"}


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One parsed file.

    Attributes:
        name: its path relative to the target.
        data: its text as UTF-8.
        tree: what the parser made of it.
        lines: its lines, for quotations and columns.
    """

    name: str
    data: bytes = field(repr=False)
    tree: Tree = field(repr=False)
    lines: tuple[bytes, ...] = field(repr=False)

    @property
    def root(self) -> Node:
        """The whole file."""
        return self.tree.root_node

    def place(self, node: Node) -> Place:
        """Where a node stands; the column is counted in characters."""
        row, offset = node.start_point
        end = node.end_point[0] + 1
        before = self.lines[row][:offset] if row < len(self.lines) else b""
        column = len(before.decode("utf-8", "replace")) + 1 - self._shift(row)
        return Place(self.name, line=row + 1, column=column, end_line=end if end > row + 1 else None)

    def evidence(self, node: Node, basis: Basis = Basis.CONFIGURED) -> Evidence:
        """A node as evidence: its place, and the line that it begins on."""
        row = node.start_point[0]
        line = self.lines[row] if row < len(self.lines) else b""
        quote = code_line(line[self._shift(row) : _LONGEST_LINE].decode("utf-8", "replace"))
        return Evidence(self.place(node), quote, basis)

    def _shift(self, row: int) -> int:
        """JSON is parsed in parentheses that aren't the file's."""
        return 1 if row == 0 and self.name.endswith(".json") else 0


@cache
def _parser(kind: str) -> Parser:
    try:
        import tree_sitter_typescript  # noqa: PLC0415 -- heavy, and only this source needs it
        from tree_sitter import Language, Parser  # noqa: PLC0415 -- the same
    except ModuleNotFoundError as error:
        raise SourceError(
            f"Reading a project needs the package {error.name}.", hint='Install it with: pip install "hardtack[doctor]"'
        ) from None
    language = tree_sitter_typescript.language_typescript() if kind == "ts" else tree_sitter_typescript.language_tsx()
    return Parser(Language(language))


def parse(name: str, data: bytes) -> Source:
    """Parse a file; JSON is read as the expression that it is.

    Raises:
        SourceError: the parser isn't installed.
    """
    if name.endswith(".json"):
        data = b"(" + data + b"\n)"
    data = data.replace(b"\x00", b" ")
    kind = "ts" if name.endswith((".ts", ".mts", ".cts")) else "tsx"
    return Source(name, data, _parser(kind).parse(data), tuple(data.split(b"\n")))


def text(node: Node | None) -> str:
    """What stands there."""
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")


def part(node: Node | None, name: str) -> Node | None:
    """A named part of a node."""
    return None if node is None else node.child_by_field_name(name)


def walk(node: Node, *, into_functions: bool = True) -> Iterator[Node]:
    """A node and everything below it, in the order in which it is written.

    Args:
        node: where to begin.
        into_functions: whether to go into functions below it too.
    """
    pending = [node]
    for _ in range(_MOST_NODES):
        if not pending:
            return
        one = pending.pop()
        yield one
        if into_functions or one == node or one.type not in FUNCTIONS:
            pending.extend(reversed(one.named_children))


def enclosing_function(node: Node) -> Node | None:
    """The innermost function that a node stands in, not itself; None at the top of the module."""
    above = node.parent
    while above is not None and above.type not in FUNCTIONS:
        above = above.parent
    return above


def arguments(call: Node) -> list[Node]:
    """The arguments of a call or of `new`."""
    found = part(call, "arguments")
    if found is None or found.type != "arguments":
        return []
    return [one for one in found.named_children if one.type != "comment"]


def callee(call: Node) -> Node | None:
    """What is called, or made by `new`."""
    return part(call, "function") or part(call, "constructor")


def string_of(node: Node | None) -> str | None:
    """The value of a string literal; None if the node is none."""
    if node is None or node.type != "string":
        return None
    return "".join(
        _unescaped(text(one)[1:]) if one.type == "escape_sequence" else text(one) for one in node.named_children
    )


def _unescaped(code: str) -> str:
    digits = code[1:].strip("{}")
    if code[:1] in {"u", "x"} and digits:
        try:
            return chr(int(digits, 16))
        except (ValueError, OverflowError):
            return "\ufffd"
    return _ESCAPES.get(code, code)


def has_directive(body: Node | None, directive: str) -> bool:
    """Whether a module or a function begins with `"use client"` or the like."""
    for statement in [] if body is None else body.named_children:
        if statement.type == "comment":
            continue
        inner = statement.named_children[0] if statement.type == "expression_statement" else None
        said = string_of(inner)
        if said is None:
            return False
        if said == directive:
            return True
    return False
