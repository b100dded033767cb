"""ES modules as one expression, for an engine that is given no files.

Rule: as much of the syntax as our own sources use, and an error for everything else: `import {...} from "./x.js"`,
`export` before a declaration, and `export {...} from "./x.js"`. Each module keeps a scope of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BundlingError", "bundle"]

_IMPORT: Final = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+)\.js";$', re.MULTILINE)
_RE_EXPORT: Final = re.compile(r'^export \{([^}]*)\} from "\./([\w-]+)\.js";$', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export ((?:async function|function|const|let|class) (\w+))", re.MULTILINE)
_LEFT: Final = re.compile(r"^\s*(?:import|export)\b.*$", re.MULTILINE)


class BundlingError(ValueError):
    """A source uses what is not known here."""


def bundle(modules: Mapping[str, str], *, globals_: tuple[str, ...] = ()) -> str:
    """One JavaScript expression for these modules.

    Args:
        modules: sources by name, without `.js`. The order is free.
        globals_: names that the modules take from their caller and not from the engine.

    Returns:
        The text of a function of an object with `globals_`; it gives an object of each module's exports, by its name.
        Every call makes the modules anew.

    Raises:
        BundlingError: a source uses other syntax, imports a module that is missing, or modules import each other.
    """
    ordered: list[str] = []
    for name in modules:
        _place(name, modules, ordered, ())
    parts = [f"const {_variable(name)} = {_wrapped(modules[name])};" for name in ordered]
    exports = ", ".join(f'"{name}": {_variable(name)}' for name in ordered)
    lines = [f"(({{ {', '.join(globals_)} }}) => {{", *parts, f"return {{ {exports} }};", "})"]
    return "\n".join(lines)


def _place(name: str, modules: Mapping[str, str], ordered: list[str], above: tuple[str, ...]) -> None:
    """Put a module behind all that it imports."""
    if name in ordered:
        return
    if name in above:
        raise BundlingError(f"{name} imports itself, through {above[-1]}.")
    if name not in modules:
        raise BundlingError(f"{above[-1]} imports {name}, which is missing.")
    for _, other in (*_IMPORT.findall(modules[name]), *_RE_EXPORT.findall(modules[name])):
        _place(other, modules, ordered, (*above, name))
    ordered.append(name)


def _wrapped(source: str) -> str:
    exported: list[str] = []

    def imports(match: re.Match[str]) -> str:
        return f"const {{ {_renamed(match[1])} }} = {_variable(match[2])};"

    def re_exports(match: re.Match[str]) -> str:
        exported.extend(f"{name}: {_variable(match[2])}.{name}" for name in _names(match[1]))
        return ""

    def exports(match: re.Match[str]) -> str:
        exported.append(match[2])
        return match[1]

    body = _EXPORT.sub(exports, _RE_EXPORT.sub(re_exports, _IMPORT.sub(imports, source)))
    if left := _LEFT.search(body):
        raise BundlingError(f"not understood: {left[0].strip()}")
    return f"(() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})()"


def _names(text: str) -> list[str]:
    return [name for name in (part.strip() for part in text.split(",")) if name]


def _renamed(text: str) -> str:
    return ", ".join(name.replace(" as ", ": ") for name in _names(text))


def _variable(name: str) -> str:
    return "module_" + re.sub(r"\W", "_", name)
