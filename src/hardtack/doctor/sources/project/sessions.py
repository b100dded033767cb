"""Where the code reads the session, which is where it may refresh: by what, in what, and with force or not.

Rule: one fact for each way in which execution comes to the call, at the place where that way begins, because there it
is decided whether a cookie can be written. What the adapter is given, and not where the helper lies, says which of its
contexts is meant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import CodeContext, SessionRead
from hardtack.doctor.observed import CacheableWrite, Side
from hardtack.doctor.sources.project.amplify import is_amplify
from hardtack.doctor.sources.project.modules import name_of
from hardtack.doctor.sources.project.quotes import shown
from hardtack.doctor.sources.project.reading import as_text, is_absent
from hardtack.doctor.sources.project.roles import Role
from hardtack.doctor.sources.project.syntax import FUNCTIONS, arguments, callee, part, string_of, text, walk
from hardtack.doctor.sources.project.values import (
    Frame,
    MadeValue,
    ObjectValue,
    Scalar,
    SymbolValue,
    Value,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from hardtack.doctor.observed import Fact
    from hardtack.doctor.sources.project.modules import Module
    from hardtack.doctor.sources.project.reach import Path
    from hardtack.doctor.sources.project.reading import Called, Reading

__all__ = ["Guarding", "read_sessions"]

_READS: Final = frozenset(
    {"fetchAuthSession", "getCurrentUser", "fetchUserAttributes", "currentSession", "currentAuthenticatedUser"}
)
_WRITERS: Final = frozenset(
    {CodeContext.ROUTE_COOKIES, CodeContext.ROUTE_RESPONSE, CodeContext.PAGES, CodeContext.MIDDLEWARE}
)
_MOST_FACTS: Final = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Guarding:
    """Middleware that hands a response to the adapter.

    Attributes:
        module: the file in which the response is made and handed over.
        node: the place where it is handed over.
        response: the expression that is handed over; None if it can't be told.
        outermost: the file of the middleware itself.
    """

    module: Module
    node: Node
    response: Node | None
    outermost: Module


def read_sessions(reading: Reading, guarding: list[Guarding]) -> Iterator[Fact]:
    """State every reading of the session.

    Args:
        reading: the app.
        guarding: takes what is to be known about middleware.
    """
    told: set[tuple[str, int, CodeContext]] = set()
    cached: set[str] = set()
    for called in map(partial(_operation, reading), reading.calls):
        if not is_amplify(called.symbol) or not called.symbol.named(*_READS):
            continue
        server = called.symbol.package.endswith("/server")
        for path in reading.reach.paths(called.module, called.node, server=server):
            if server is not path.frames[0].server or len(told) > _MOST_FACTS:
                continue
            read = _server_read(reading, called, path, guarding) if server else _browser_read(reading, called, path)
            module, node = _telling(reading, called, path)
            if read is None or (module.name, node.start_byte, read.context) in told:
                continue
            told.add((module.name, node.start_byte, read.context))
            yield read
            module = path.outermost[0]
            if read.context in _WRITERS and module.name not in cached:
                cached.add(module.name)
                yield from _cached(reading, module)


def _operation(reading: Reading, called: Called) -> Called:
    """The call itself; of the adapter's, the operation where it is handed over by name: `operation: getCurrentUser`."""
    if not called.symbol.named("runWithAmplifyServerContext"):
        return called
    given = arguments(called.node)
    options = reading.value(given[0] if given else None, called.module, Frame(server=True))
    operation = reading.member(options, "operation")
    return replace(called, symbol=operation) if isinstance(operation, SymbolValue) else called


def _browser_read(reading: Reading, called: Called, path: Path) -> SessionRead | None:
    if not reading.roles.in_browser(path.outermost[0].name):
        return None
    module, node = _telling(reading, called, path)
    return SessionRead(
        evidence=module.source.evidence(node),
        app=reading.name,
        side=Side.BROWSER,
        context=path.context,
        call=called.symbol.path[-1],
        force_refresh=_forced(reading, called, path.frame),
        each_request=path.each_time,
    )


def _server_read(reading: Reading, called: Called, path: Path, guarding: list[Guarding]) -> SessionRead | None:
    context = path.context
    given = _handed_over(reading, path)
    if given is not None:
        where, value = given
        if isinstance(value, Scalar) and is_absent(value):
            return None  # null: a guest, for static rendering
        context = _refined(reading, context, value, path)
        if context is CodeContext.MIDDLEWARE:
            response = value.places.get("response") if isinstance(value, ObjectValue) else None
            module, node = (value.module, value.node) if isinstance(value, ObjectValue) else where
            guarding.append(Guarding(module, node, response[1] if response else None, path.outermost[0]))
    if context in {CodeContext.MODULE, CodeContext.HANDLER, CodeContext.COMPONENT, CodeContext.EFFECT}:
        return None
    module, node = _telling(reading, called, path)
    return SessionRead(
        evidence=module.source.evidence(node),
        app=reading.name,
        side=Side.SERVER,
        context=context,
        call=called.symbol.path[-1],
        force_refresh=_forced(reading, called, path.frame),
        each_request=path.each_time,
    )


def _telling(reading: Reading, called: Called, path: Path) -> tuple[Module, Node]:
    """The place that says most: where it begins, or the call itself if that forces a refresh whoever calls."""
    if _forced(reading, called, Frame(server=path.frame.server)):
        return called.module, called.node
    return path.outermost


def _forced(reading: Reading, called: Called, frame: Frame) -> bool | None:
    """Whether the call always refreshes; on the server its options come second."""
    given = arguments(called.node)
    index = 1 if called.symbol.package.endswith("/server") else 0
    if called.symbol.path[-1] != "fetchAuthSession" or len(given) <= index:  # an operation by name has no options
        return False
    options = reading.value(given[index], called.module, frame)
    said = reading.member(options, "forceRefresh")
    return False if is_absent(said) else truth(said)


def _handed_over(reading: Reading, path: Path) -> tuple[tuple[Module, Node], Value] | None:
    """What `runWithAmplifyServerContext` is given as the context, at whichever of the calls on the way."""
    for (module, node), frame in reversed(list(zip(path.sites, path.frames, strict=True))):
        own = arguments(node) if node.type == "call_expression" else []
        for one in (*own, *_above(node)):
            for pair in one.named_children if one.type == "object" else ():
                if (text(part(pair, "key")) or text(pair)) == "nextServerContext":
                    value = part(pair, "value") or pair
                    return (module, value), reading.value(value, module, frame)
    return None


def _above(node: Node) -> Iterator[Node]:
    """What a node stands in, up to the function that has a name."""
    above = node.parent
    while above is not None and not (above.type in FUNCTIONS and name_of(above) is not None):
        yield above
        above = above.parent


def _refined(reading: Reading, context: CodeContext, value: Value, path: Path) -> CodeContext:
    """A route handler may use `cookies`, or a request and a response: then the kind of the response decides."""
    if not isinstance(value, ObjectValue):
        return context
    if "response" not in value.fields or context is not CodeContext.ROUTE_COOKIES:
        return context
    response = reading.evaluator.forced(value.fields["response"])
    made = response.symbol if isinstance(response, MadeValue) else response
    ours = isinstance(made, SymbolValue) and made.package == "next/server"
    role = reading.role(path.outermost[0])
    return CodeContext.ROUTE_COOKIES if ours or role is not Role.ROUTE else CodeContext.ROUTE_RESPONSE


def _cached(reading: Reading, module: Module) -> Iterator[CacheableWrite]:
    """What a file that writes auth cookies says to caches."""
    frame = Frame(server=True)
    for name, what in (("dynamic", ("force-static",)), ("revalidate", ())):
        binding = module.top(name)
        if binding is None or binding.value is None or name not in module.exports.local.values():
            continue
        value = reading.evaluator.bound(binding, module, frame)
        if what and as_text(value) in what:
            yield CacheableWrite(evidence=module.source.evidence(binding.value), directive="force-static")
        elif not what and isinstance(value, Scalar) and isinstance(value.value, float) and value.value > 0:
            yield CacheableWrite(evidence=module.source.evidence(binding.value), directive="revalidate")
    for node in walk(module.root):
        directive = _directive(reading, module, node, frame)
        if directive is not None:
            yield CacheableWrite(evidence=module.source.evidence(node), directive=shown(directive))
            return


def _directive(reading: Reading, module: Module, node: Node, frame: Frame) -> str | None:
    """The value of a Cache-Control header that a piece of code sets."""
    if node.type == "pair" and (string_of(part(node, "key")) or "").lower() == "cache-control":
        return as_text(reading.value(part(node, "value"), module, frame))
    if node.type == "call_expression" and text(part(callee(node), "property")) in {"set", "setHeader", "append"}:
        given = arguments(node)
        if len(given) > 1 and (string_of(given[0]) or "").lower() == "cache-control":
            return as_text(reading.value(given[1], module, frame))
    return None
