"""What the app does when a refresh fails, and how it signs people out.

Rule: a listener is judged by what it leads to, through the app's own functions: whether it signs out, whether it loads
a page, whether it looks at what has failed before it does either. A sign-out of the app's own making is judged by
order: whether cookies are deleted also when the revocation before it fails.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import FailureListener, SignOutHandler
from hardtack.doctor.sources.project.amplify import is_amplify
from hardtack.doctor.sources.project.syntax import arguments, callee, enclosing_function, part, string_of, text, walk
from hardtack.doctor.sources.project.values import Frame, FuncValue, SymbolValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from hardtack.doctor.observed import Fact
    from hardtack.doctor.sources.project.modules import Module
    from hardtack.doctor.sources.project.reading import Called, Reading

__all__ = ["read_listeners"]

_FAILURE: Final = "tokenRefresh_failure"
_DEEPEST: Final = 4
_NAVIGATES: Final = re.compile(
    r"(?:^|\.)location\.(?:assign|replace|reload)$|(?:^|[Rr]outer|history)\.(?:push|replace|reload|refresh|go)$"
    r"|^(?:navigate|redirect|permanentRedirect)$|\.navigate$"
)
_LOCATION: Final = re.compile(r"(?:^|\.)location(?:\.href)?$")
_ERRORS: Final = frozenset({"error", "data"})
_REVOKES: Final = re.compile(r"oauth2/revoke|RevokeToken|GlobalSignOut|revoke_?token|\brevoke\b", re.IGNORECASE)
_DELETES: Final = re.compile(
    r"cookies?(?:\(\))?\)?\.delete$|[cC]ookie[A-Za-z]*\.(?:delete|remove)$|^(?:delete|clear|expire)\w*Cookie"
)


def read_listeners(reading: Reading) -> Iterator[Fact]:
    """State what listens to failed refreshes, and how people are signed out."""
    for called in reading.calls:
        if is_amplify(called.symbol) and called.symbol.path[-2:] == ("Hub", "listen"):
            yield from _listener(reading, called)
    told = False
    for module in reading.modules:
        if not told and (place := _authenticator(reading, module)) is not None:
            told = True
            evidence = module.source.evidence(place)
            yield FailureListener(
                evidence=evidence, app=reading.name, signs_out=True, navigates=False, by="Authenticator"
            )
        yield from _sign_outs(reading, module)


def _listener(reading: Reading, called: Called) -> Iterator[FailureListener]:
    given = arguments(called.node)
    if len(given) < len(("channel", "callback")) or string_of(given[0]) != "auth":
        return
    if not reading.roles.in_browser(called.module.name):
        return
    handler = reading.value(given[1], called.module, Frame(server=False))
    if not isinstance(handler, FuncValue):
        return
    found = _handled(handler)
    if found is None:
        return
    place, statements, looks = found
    ends = _Ends(reading)
    for statement in statements:
        ends.follow(statement, handler.module, 0)
    if ends.signs_out or ends.navigates:
        yield FailureListener(
            evidence=handler.module.source.evidence(place),
            app=reading.name,
            signs_out=ends.signs_out,
            navigates=ends.navigates,
            looks_at_error=looks or any(_looks(statement) for statement in statements),
        )


def _handled(handler: FuncValue) -> tuple[Node, list[Node], bool] | None:
    """Where a listener handles failures: the place, the statements, and whether the condition looks at the error."""
    body = part(handler.node, "body")
    place = next((one for one in walk(handler.node) if string_of(one) == _FAILURE), None)
    if body is None or place is None:
        return None
    above = place.parent
    while above is not None and above != handler.node:
        if above.type == "switch_case":
            return place, _case(above), False
        if above.type == "if_statement":
            condition, then = part(above, "condition"), part(above, "consequence")
            if condition is None or then is None:
                return None
            if "!=" in text(condition) and _leaves(then):
                return place, [one for one in body.named_children if one.start_byte > above.end_byte], False
            return place, [then], _looks(condition)
        above = above.parent
    return place, [_consequence(place, handler.node) or body], False


def _consequence(place: Node, function: Node) -> Node | None:
    """What follows of a condition that is written as an expression: `event === '…' && leave()`."""
    above = place.parent
    while above is not None and above != function:
        if above.type == "ternary_expression":
            return part(above, "consequence")
        if above.type == "binary_expression" and text(part(above, "operator")) == "&&":
            return part(above, "right")
        above = above.parent
    return None


def _case(case: Node) -> list[Node]:
    """The statements of a `case`, and of those that it falls through to."""
    found: list[Node] = []
    value = part(case, "value")
    one: Node | None = case
    while one is not None:
        statements = [each for each in one.named_children if each != value and each != part(one, "value")]
        found += statements
        if any(each.type in {"break_statement", "return_statement"} for each in _flat(statements)):
            break
        one = one.next_named_sibling
    return found


def _flat(statements: list[Node]) -> Iterator[Node]:
    for one in statements:
        yield one
        if one.type == "statement_block":
            yield from one.named_children


def _leaves(then: Node) -> bool:
    return any(one.type == "return_statement" for one in walk(then, into_functions=False))


def _looks(node: Node) -> bool:
    """Whether code looks at the error that an event carries."""
    return any(
        text(part(one, "property")) in _ERRORS
        for one in walk(node)
        if one.type == "member_expression" and not text(part(one, "object")).startswith("console")
    )


class _Ends:
    """Follows statements into the app's own functions, to see where they end."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._seen: set[tuple[str, int]] = set()
        self.signs_out = False
        self.navigates = False

    def follow(self, node: Node, module: Module, depth: int) -> None:
        """Look at everything below a node."""
        frame = Frame(server=False)
        for one in walk(node):
            if one.type == "assignment_expression" and _LOCATION.search(text(part(one, "left"))):
                self.navigates = True
            if one.type != "call_expression":
                continue
            called = callee(one)
            if _NAVIGATES.search(text(called).replace("?.", ".")):
                self.navigates = True
            value = self._reading.value(called, module, frame)
            if isinstance(value, SymbolValue) and is_amplify(value) and value.named("signOut"):
                self.signs_out = True
            if isinstance(value, FuncValue) and depth < _DEEPEST:
                key = value.module.name, value.node.start_byte
                body = part(value.node, "body")
                if key not in self._seen and body is not None:
                    self._seen.add(key)
                    self.follow(body, value.module, depth + 1)


def _authenticator(reading: Reading, module: Module) -> Node | None:
    """The Authenticator component of Amplify UI, which signs out by itself when a refresh fails."""
    if not any(one.startswith("@aws-amplify/ui-react") for one in reading.project.packages_of(module.name)):
        return None
    frame = Frame(server=False)
    for node in walk(module.root):
        named = part(node, "name") if node.type in {"jsx_opening_element", "jsx_self_closing_element"} else None
        named = callee(node) if node.type == "call_expression" else named
        if named is None or "uthenticator" not in text(named):
            continue
        value = reading.value(named, module, frame)
        if isinstance(value, SymbolValue) and value.package.startswith("@aws-amplify/ui-react"):
            return node
    return None


def _sign_outs(reading: Reading, module: Module) -> Iterator[SignOutHandler]:
    """Functions that revoke and delete cookies themselves."""
    if not _REVOKES.search(module.source.data.decode("utf-8", "replace")):
        return
    told: set[int] = set()
    for node in module.calls():
        if not _is_revocation(node):
            continue
        function = enclosing_function(node)
        if function is None or function.start_byte in told:
            continue
        deletions = [one for one in walk(function) if one.type == "call_expression" and _is_deletion(one)]
        if deletions:
            told.add(function.start_byte)
            needs = all(_depends(one, node, function) for one in deletions)
            yield SignOutHandler(evidence=module.source.evidence(node), app=reading.name, needs_revocation=needs)


def _is_revocation(node: Node) -> bool:
    called = text(callee(node))
    if node.type == "new_expression":
        return False
    return bool(_REVOKES.search(called.rpartition(".")[2])) or (
        (called == "fetch" or called.endswith((".send", ".post", ".request"))) and bool(_REVOKES.search(text(node)))
    )


def _is_deletion(node: Node) -> bool:
    called = text(callee(node))
    if _DELETES.search(called):
        return True
    sets = called.endswith(".set") and "ookie" in called
    return sets and bool(re.search(r"maxAge:\s*(?:0|-1)\b|expires:\s*new Date\(0\)", text(node)))


def _depends(deletion: Node, revocation: Node, function: Node) -> bool:
    """Whether a deletion happens only if the revocation before it went well."""
    if deletion.start_byte < revocation.start_byte:
        return False
    above = revocation.parent
    while above is not None and above != function:
        if above.type == "try_statement":
            body = part(above, "body")
            inside = body is not None and body.start_byte <= deletion.start_byte < body.end_byte
            rethrown = any(one.type == "throw_statement" for one in walk(above))
            if not inside and not rethrown:
                return _is_conditional(deletion, function)
        if above.type == "call_expression" and text(callee(above)).endswith(".catch"):
            return _is_conditional(deletion, function)
        above = above.parent
    return True


def _is_conditional(deletion: Node, function: Node) -> bool:
    """Whether it stands in an `if` about an answer's status."""
    above = deletion.parent
    while above is not None and above != function:
        if above.type == "if_statement" and re.search(r"\.ok\b|\.status\b", text(part(above, "condition"))):
            return True
        above = above.parent
    return False
