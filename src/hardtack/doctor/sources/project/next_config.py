"""`next.config.*`: what it puts into the environment of both bundles, and what it says to caches.

Rule: a configuration may be an object, or a function that returns one, wrapped in whatever plugins; it is evaluated
like any other expression, and what can't be is passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.doctor.observed import CacheableWrite
from hardtack.doctor.sources.project.middleware import covers
from hardtack.doctor.sources.project.quotes import shown
from hardtack.doctor.sources.project.reading import as_text
from hardtack.doctor.sources.project.syntax import arguments
from hardtack.doctor.sources.project.values import Frame, FuncValue, ObjectValue, SymbolValue, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.doctor.observed import Fact
    from hardtack.doctor.sources.project.modules import Module
    from hardtack.doctor.sources.project.reading import Reading

__all__ = ["read_next_config"]

_NAMES: Final = tuple(f"next.config.{ending}" for ending in ("ts", "mts", "mjs", "js", "cjs"))
_PAGES: Final = ("/account", "/")
"""Paths of pages, to see which of the configured headers they get."""


def read_next_config(reading: Reading) -> Iterator[Fact]:
    """Read the app's configuration: `env` for the evaluator, `headers` for the rules."""
    name = next(
        (f"{reading.app.folder}{one}" for one in _NAMES if f"{reading.app.folder}{one}" in reading.project.scripts),
        None,
    )
    module = reading.project.load(name) if name is not None else None
    if module is None:
        return
    config = _config(reading, module)
    defined = reading.member(config, "env")
    if isinstance(defined, ObjectValue):
        for key, lazy in defined.fields.items():
            said = as_text(reading.evaluator.forced(lazy))
            if said is not None:
                reading.environment.defined[key] = said
    base = as_text(reading.member(config, "basePath")) or ""
    yield from _headers(reading, module, config, base)


def _config(reading: Reading, module: Module) -> Value:
    """The object itself, out of `withPlugin(config)` and `() => config`."""
    frame = Frame(server=True)
    node = module.exports.nodes.get("default")
    value = reading.evaluator.exported(module, "default", server=True)
    for _ in range(6):
        if isinstance(value, FuncValue):
            value = reading.evaluator.call(value, (), server=True)
        elif isinstance(value, SymbolValue | Unknown) and node is not None and node.type == "call_expression":
            given = arguments(node)
            node = given[0] if given else None
            value = reading.value(node, module, frame)
        else:
            break
    return value


def _headers(reading: Reading, module: Module, config: Value, base: str) -> Iterator[CacheableWrite]:
    function = reading.member(config, "headers")
    rows = reading.evaluator.call(function, (), server=True) if isinstance(function, FuncValue) else function
    for row in reading.items(rows):
        source = as_text(reading.member(row, "source"))
        if source is None or not any(covers(f"{base}{source}", f"{base}{page}") for page in _PAGES):
            continue
        for header in reading.items(reading.member(row, "headers")):
            directive = as_text(reading.member(header, "value"))
            name = (as_text(reading.member(header, "key")) or "").lower()
            if name == "cache-control" and directive is not None and isinstance(header, ObjectValue):
                yield CacheableWrite(evidence=module.source.evidence(header.node), directive=shown(directive))
