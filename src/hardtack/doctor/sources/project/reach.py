"""How execution comes to a place in the code: through which calls, from what, and with which arguments.

Rule: a call of Amplify's is judged by where it runs, and that is decided by whoever calls the function around it. So
one goes outwards, from caller to caller, until something that Next or React itself calls: a page, a route handler, an
action, middleware, a component, an effect, an event handler. A place that nothing leads to is dead code, and no fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import CodeContext
from hardtack.doctor.observed import Side
from hardtack.doctor.sources.project.callers import CallKind, CallSite
from hardtack.doctor.sources.project.modules import name_of
from hardtack.doctor.sources.project.roles import Role
from hardtack.doctor.sources.project.syntax import (
    arguments,
    callee,
    enclosing_function,
    has_directive,
    part,
    text,
    walk,
)
from hardtack.doctor.sources.project.values import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from hardtack.doctor.sources.project.evaluate import Evaluator
    from hardtack.doctor.sources.project.modules import Module
    from hardtack.doctor.sources.project.roles import Roles

__all__ = ["Path", "Reach", "jsx_in"]

_EFFECTS: Final = frozenset({"useEffect", "useLayoutEffect", "useInsertionEffect"})
_AT_ONCE: Final = frozenset(
    {"then", "catch", "finally", "map", "forEach", "filter", "reduce", "some", "every", "find", "flatMap", "all"}
    | {"startTransition", "useMemo", "runWithAmplifyServerContext", "Promise", "setTimeout", "useQuery", "useSWR"}
)
_EACH_TIME: Final = frozenset({"use", "setContext", "createAuthLink", "prepareHeaders", "beforeRequest"})
_VERBS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_FOR_PAGES: Final = frozenset({"getServerSideProps", "getInitialProps"})
_DEEPEST: Final = 7
_MOST_PATHS: Final = 40


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """One way in which execution comes to a place.

    Attributes:
        context: what begins it.
        sites: the calls on the way, the outermost first; the place itself is the last.
        frames: in whose name expressions at each of the sites are evaluated.
        function: the outermost function; None at the top of a module.
        each_time: whether it begins anew for every request or render.
    """

    context: CodeContext
    sites: tuple[tuple[Module, Node], ...]
    frames: tuple[Frame, ...]
    function: Node | None = None
    each_time: bool = False

    @property
    def outermost(self) -> tuple[Module, Node]:
        """Where it begins."""
        return self.sites[0]

    @property
    def frame(self) -> Frame:
        """The frame of the place itself."""
        return self.frames[-1]


_REPEATED: Final = frozenset(
    {
        CodeContext.MODULE,
        CodeContext.COMPONENT,
        CodeContext.EFFECT,
        CodeContext.SERVER_COMPONENT,
        CodeContext.MIDDLEWARE,
        CodeContext.PAGES,
    }
)


@dataclass(frozen=True, slots=True)
class _Start:
    context: CodeContext
    function: Node | None
    side: Side
    each_time: bool = False


class Reach:
    """Finds the ways to a place.

    Args:
        evaluator: of the app.
        roles: of the app's files.
    """

    def __init__(self, evaluator: Evaluator, roles: Roles) -> None:
        self._evaluator = evaluator
        self._roles = roles

    def paths(self, module: Module, node: Node, *, server: bool | None = None) -> tuple[Path, ...]:
        """The ways to a place.

        Args:
            module: the file.
            node: the place.
            server: on which side the place runs, where that is known by what stands there.
        """
        found: list[Path] = []
        for path in self._climb(((module, node),), 0, server=server):
            found.append(path)
            if len(found) >= _MOST_PATHS:
                break
        return tuple(found)

    def _climb(self, sites: tuple[tuple[Module, Node], ...], depth: int, *, server: bool | None) -> Iterator[Path]:
        module, node = sites[0]
        if not self._roles.belongs(module.name) or depth > _DEEPEST:
            return
        side = self._roles.server_side(module.name)
        if side is None:
            side = server
        function, wrapped = _innermost(node)
        start = self._start(module, function, wrapped, server=side)
        if start is not None or function is None:
            if start is not None:
                yield self._made(sites, start)
            return
        led = False
        for site in self._evaluator.callers.of(module, function):
            outer = ((site.module, site.node), *sites)
            if site.kind is CallKind.REFERENCE and _is_effect(site.node):
                led = True
                yield self._made(outer, _Start(CodeContext.EFFECT, None, Side.BROWSER, each_time=True))
            elif all(site.node != seen for _, seen in sites):
                for path in self._climb(outer, depth + 1, server=side):
                    led = True
                    yield path
        end = None if led else self._dead_end(module, function, server=side)
        if end is not None:
            yield self._made(sites, end)

    def _start(  # noqa: PLR0911 -- one answer for each way to begin
        self, module: Module, function: Node | None, wrapped: str, *, server: bool | None
    ) -> _Start | None:
        """Whether Next or React itself calls this function, and as what."""
        role = self._roles.role(module.name)
        if function is None:
            return _Start(CodeContext.MODULE, None, Side.SERVER if server else Side.BROWSER, each_time=True)
        if wrapped in _EFFECTS:
            return _Start(CodeContext.EFFECT, function, Side.BROWSER, each_time=True)
        if has_directive(part(function, "body"), "use server"):
            return _Start(CodeContext.SERVER_ACTION, function, Side.SERVER)
        named = name_of(function)
        name = named[0] if named is not None else ""
        exported = _is_exported(module, function, name)
        context = _by_role(role, name, exported=exported)
        if context is not None:
            return _Start(context, function, Side.SERVER, each_time=context in _REPEATED)
        if _is_component(module, function, name) and not wrapped:
            return self._component(module, function, server=server)
        if wrapped and not name:
            if server or (server is None and not self._roles.in_browser(module.name)):
                return None
            return _Start(CodeContext.HANDLER, function, Side.BROWSER, each_time=wrapped in _EACH_TIME)
        return None

    def _component(self, module: Module, function: Node, *, server: bool | None) -> _Start:
        browser = server is False or (server is None and self._roles.in_browser(module.name))
        context = CodeContext.COMPONENT if browser else CodeContext.SERVER_COMPONENT
        return _Start(context, function, Side.BROWSER if browser else Side.SERVER, each_time=True)

    def _dead_end(self, module: Module, function: Node, *, server: bool | None) -> _Start | None:
        """A function that nobody is seen to call: in the browser something will, on the server Next may."""
        role = self._roles.role(module.name)
        in_pages = {Role.MIDDLEWARE: CodeContext.MIDDLEWARE, Role.PAGES_API: CodeContext.PAGES}
        in_pages |= {Role.ROUTE: CodeContext.ROUTE_COOKIES, Role.PAGE: CodeContext.SERVER_COMPONENT}
        if role in in_pages:
            return _Start(in_pages[role], function, Side.SERVER, each_time=in_pages[role] in _REPEATED)
        if server is not True and self._roles.in_browser(module.name):
            return _Start(CodeContext.HANDLER, function, Side.BROWSER)
        return None

    def _made(self, sites: tuple[tuple[Module, Node], ...], start: _Start) -> Path:
        frames = [Frame(server=start.side is Side.SERVER)]
        for index, (module, node) in enumerate(sites[:-1]):
            inner_module, inner = sites[index + 1]
            function, _ = _innermost(inner)
            given = self._evaluator.arguments_at(CallSite(module, node, _kind_of(node)), frames[-1])
            if function is None or given is None:
                frames.append(Frame(server=start.side is Side.SERVER))
            else:
                server = self._side_of(inner_module, frames[-1])
                frames.append(Frame(server=server, function=function, given=given))
        return Path(start.context, sites, tuple(frames), start.function, start.each_time)

    def _side_of(self, module: Module, frame: Frame) -> bool:
        side = self._roles.server_side(module.name)
        return frame.server if side is None else side


def jsx_in(function: Node) -> bool:
    """Whether a function writes JSX of its own."""
    return any(one.type.startswith("jsx_") for one in walk(function, into_functions=False))


def _kind_of(node: Node) -> CallKind:
    if node.type == "call_expression":
        return CallKind.CALL
    return CallKind.ELEMENT if node.type.startswith("jsx_") else CallKind.REFERENCE


def _innermost(node: Node) -> tuple[Node | None, str]:
    """The function that decides when a place runs, and what that function is handed to, if to anything.

    What runs at once (a function called on the spot, a callback of `then` or `map`, the adapter's operation) runs when
    the function around it does.
    """
    function = enclosing_function(node)
    while function is not None:
        wrapped = _handed_to(function)
        if wrapped not in _AT_ONCE and wrapped != "()":
            return function, wrapped
        function = enclosing_function(function)
    return None, ""


def _handed_to(function: Node) -> str:  # noqa: PLR0911 -- one answer for each kind of parent
    """The name of what takes the function as an argument; `()` if it is called on the spot; empty for neither."""
    if name_of(function) is not None:
        return ""
    above = function.parent
    steps = 0
    while above is not None and above.type in {"parenthesized_expression", "pair", "object", "as_expression"}:
        if above.type == "pair" and text(part(above, "key")) == "operation":
            return "()"
        above = above.parent
        steps += 1
    if above is None:
        return ""
    if above.type == "call_expression" and steps and function not in arguments(above):
        return "()"
    if above.type == "arguments" and above.parent is not None:
        return text(callee(above.parent)).rpartition(".")[2].strip("()") or "?"
    if above.type == "jsx_expression":
        return "?"
    return "?" if above.type in {"pair", "array", "object"} else ""


def _is_effect(node: Node) -> bool:
    """Whether a name is handed to `useEffect`."""
    above = node.parent
    call = above.parent if above is not None and above.type == "arguments" else None
    return call is not None and text(callee(call)).rpartition(".")[2] in _EFFECTS


def _is_exported(module: Module, function: Node, name: str) -> bool:
    exports = module.exports
    return name in exports.local.values() or any(
        node.start_byte <= function.start_byte < node.end_byte for node in exports.nodes.values()
    )


_BY_NAME: Final = {Role.ROUTE: (CodeContext.ROUTE_COOKIES, _VERBS), Role.PAGES: (CodeContext.PAGES, _FOR_PAGES)}
_BY_EXPORT: Final = {
    Role.ACTIONS: CodeContext.SERVER_ACTION,
    Role.MIDDLEWARE: CodeContext.MIDDLEWARE,
    Role.PAGES_API: CodeContext.PAGES,
    Role.PAGE: CodeContext.SERVER_COMPONENT,
}


def _by_role(role: Role, name: str, *, exported: bool) -> CodeContext | None:
    if role in _BY_NAME:
        context, names = _BY_NAME[role]
        return context if name in names else None
    return _BY_EXPORT.get(role) if exported else None


def _is_component(module: Module, function: Node, name: str) -> bool:
    if not module.name.endswith((".tsx", ".jsx", ".js")):
        return False
    return (name[:1].isupper() or not name) and (jsx_in(function) or name[:1].isupper()) and _is_top_like(function)


def _is_top_like(function: Node) -> bool:
    """Components are declared at the top of a file."""
    return enclosing_function(function) is None
