"""What scripts/docs.py reads out of the package: signatures, first paragraphs, and the lists in docstrings.

Rule: nothing is said here that the code doesn't say. A name without a docstring is an error, not an empty line.
"""  # noqa: INP001 -- a script's helper; scripts are no package

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import pkgutil
import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

MODULES = (
    "hardtack",
    "hardtack.cookies",
    "hardtack.tokens",
    "hardtack.amplify",
    "hardtack.cognito",
    "hardtack.sessions",
    "hardtack.sessions.coordination",
    "hardtack.web",
    "hardtack.web.fastapi",
    "hardtack.web.routes",
    "hardtack.testing",
)
"""The modules whose public names docs/reference.md describes."""

_QUALIFIED = re.compile(r"\b(?:[a-z_]\w*\.)+(?=[A-Za-z_])")
_LONGEST_LINE = 110  # characters of a signature before it is broken up, one parameter a line
_LONGEST_VALUE = 90  # characters of a constant's value


def reference() -> str:
    """docs/reference.md below its heading: each module, each public name."""
    parts: list[str] = []
    described: dict[int, str] = {}
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        parts += [f"## {module_name}", "", first_paragraph(module), ""]
        for name in sorted(module.__all__):
            value = getattr(module, name)
            home = described.setdefault(id(value), f"{module_name}.{name}") if _is_own(value) else ""
            if home not in ("", f"{module_name}.{name}"):
                parts += [f"- `{name}`: {_summary(value)} See [{home}](#{_anchor(name)}).", ""]
                continue
            parts += [*_entry(module, name, value), ""]
    return "\n".join(parts).strip()


def _anchor(name: str) -> str:
    return name.lower()


def _is_own(value: object) -> bool:
    return inspect.isclass(value) or inspect.isroutine(value)


def _entry(module: ModuleType, name: str, value: Any) -> list[str]:
    if inspect.isclass(value):
        return [f"### {name}", "", *_signature_block(name, value), "", *_about_class(value)]
    if inspect.isroutine(value):
        return [f"### {name}", "", *_signature_block(name, value), "", first_paragraph(value)]
    source, told = _constants(module.__name__).get(name, ("", ""))
    shown = source if 0 < len(source) <= _LONGEST_VALUE else _shown_value(value)
    return [f"### {name}", "", *_fenced(f"{name} = {shown}"), *(["", told] if told else [])]


def _about_class(value: type) -> list[str]:
    lines = [first_paragraph(value)]
    if issubclass(value, Enum):
        return [*lines, "", "Values: " + ", ".join(f"`{member.value}`" for member in value) + "."]
    fields = listed(value, "Attributes") or listed(value, "Args")
    parts = [f"- `{field}`: {told}" for field, told in fields.items()]
    parts += [f"- `{shown}`: {told}" for name, shown, told in _methods(value) if name not in fields]
    return [*lines, "", *parts] if parts else lines


def _methods(value: type) -> Iterator[tuple[str, str, str]]:
    for name, member in vars(value).items():
        if name.startswith("_") or not inspect.getdoc(member):
            continue
        if isinstance(member, property):
            yield name, name, _summary(member)
        elif isinstance(member, classmethod | staticmethod):
            yield name, f"{name}{_signature(getattr(value, name))}", _summary(member.__func__)
        elif inspect.isfunction(member):
            awaited = "await " if inspect.iscoroutinefunction(member) else ""
            yield name, f"{awaited}{name}{_signature(member, bound=True)}", _summary(member)


def first_paragraph(value: Any) -> str:
    """The first paragraph of a docstring, as one line."""
    text = inspect.getdoc(value)
    if not text:
        raise SystemExit(f"{value!r} has no docstring, and docs/reference.md has nothing to say of it.")
    return " ".join(text.partition("\n\n")[0].split())


def _summary(value: Any) -> str:
    told = first_paragraph(value)
    sentence = re.match(r".+?[.](?=\s|$)", told)
    return sentence[0] if sentence else told


def listed(value: Any, section: str) -> dict[str, str]:
    """A list out of a Google-style docstring, such as `Attributes`: name to text, as one line each."""
    lines = inspect.cleandoc(inspect.getdoc(value) or "").splitlines()
    if f"{section}:" not in lines:
        return {}
    entries: dict[str, str] = {}
    name = ""
    for line in lines[lines.index(f"{section}:") + 1 :]:
        if line and not line.startswith(" "):
            break
        begins = re.match(r" {4}(\w+): (.*)", line)
        if begins:
            name = begins[1]
            entries[name] = begins[2]
        elif line.strip() and name:
            entries[name] += " " + line.strip()
    return entries


def _signature_block(name: str, value: Any) -> list[str]:
    try:
        shown = _signature(value)
    except ValueError:  # an enumeration, a type from C: made in no way that is worth showing
        return _fenced(f"class {name}")
    if inspect.isclass(value):
        if issubclass(value, Enum) or getattr(value, "_is_protocol", False):
            return _fenced(f"class {name}")
        return _fenced(f"{name}{shown}")
    return _fenced(f"{'async ' if inspect.iscoroutinefunction(value) else ''}{name}{shown}")


def _signature(value: Any, *, bound: bool = False) -> str:
    signature = inspect.signature(value)
    shown: list[str] = []
    star = False
    for parameter in list(signature.parameters.values())[1 if bound else 0 :]:
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            shown.append("*")
        star = star or parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        prefix = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        typed = "" if parameter.annotation is parameter.empty else f": {_type(parameter.annotation)}"
        default = "" if parameter.default is parameter.empty else f" = {shown_default(parameter.default)}"
        shown.append(f"{prefix}{parameter.name}{typed}{default}")
    returns = signature.return_annotation
    end = "" if inspect.isclass(value) or returns in (signature.empty, None, "None") else f" -> {_type(returns)}"
    one_line = f"({', '.join(shown)}){end}"
    if bound or len(one_line) <= _LONGEST_LINE:
        return one_line
    return "(\n" + "".join(f"    {part},\n" for part in shown) + f"){end}"


def _type(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return _QUALIFIED.sub("", text.strip("'\"")).replace("'", '"')


def parameters(described: type) -> list[tuple[str, str]]:
    """The names of a constructor's parameters, with their defaults as shown; "required" where there is none."""
    return [
        (name, "required" if parameter.default is parameter.empty else shown_default(parameter.default))
        for name, parameter in inspect.signature(described).parameters.items()
    ]


def shown_default(value: Any) -> str:
    """A default as people would write it; "…" for what is made at run time."""
    if isinstance(value, float) and value.is_integer() and value >= 1:
        return f"{value:_.1f}"
    if isinstance(value, int) and not isinstance(value, bool) and value >= 10_000:  # noqa: PLR2004 -- five digits and more want a separator
        return f"{value:_}"
    if value is None or isinstance(value, bool | int | float | str | tuple):
        return repr(value).replace("'", '"')
    return "…"


def _shown_value(value: Any) -> str:
    if not isinstance(value, str | tuple):
        return "{…}" if isinstance(value, Mapping) else "…"
    text = repr(value).replace("'", '"')
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1].rpartition(',')[0]}, …"


def _fenced(text: str) -> list[str]:
    return ["```text", *text.splitlines(), "```"]


@cache
def _constants(package: str) -> dict[str, tuple[str, str]]:
    """The constants of a package: their source, and the docstrings below them; wherever in the package they stand."""
    module = importlib.import_module(package)
    names = [package, *(f"{package}.{each.name}" for each in pkgutil.iter_modules(getattr(module, "__path__", [])))]
    found: dict[str, tuple[str, str]] = {}
    for each in names:
        spec = importlib.util.find_spec(each)
        if spec is None or spec.origin is None:
            continue
        body = ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body
        for statement, after in pairwise([*body, ast.Pass()]):
            if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
                target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
                if isinstance(target, ast.Name):
                    source = ast.unparse(statement.value).replace("'", '"')
                    found.setdefault(target.id, (source, _docstring_of(after)))
    return found


def _docstring_of(statement: ast.stmt) -> str:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return " ".join(text.split())
        case _:
            return ""
