"""Python projects: Hardtack's own settings judged by Hardtack's own validator, and the session cookies of others.

Rule: nothing is imported and nothing is run; only literals are read. What isn't one is left out of the question, and a
question that can't be put without it isn't put: an origin out of the environment may be right or wrong, and the
start-up check will tell.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from hardtack.cookies import CookieError, CookiePolicy, CookieScope, PolicyError
from hardtack.doctor.configured import PolicyRemark, ScopeConfigured
from hardtack.doctor.evidence import Basis, Evidence, Place
from hardtack.doctor.observed import Side
from hardtack.doctor.sources.project.quotes import code_line, shown
from hardtack.sessions import Settings, StartupError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hardtack.cookies import PolicyProblem
    from hardtack.doctor.observed import Fact
    from hardtack.doctor.sources.project.graph import Project

__all__ = ["read_environment_files", "read_policy_files", "read_python"]

_LARGEST: Final = 1_000_000
_MOST_FILES: Final = 2_000
_DJANGO_AGE: Final = 1_209_600  # seconds: Django's and Starlette's two weeks
_SAME_SITES: Final = {"strict": "Strict", "lax": "Lax", "none": "None"}
_UNKNOWN: Final = object()


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    lines: tuple[str, ...]

    def evidence(self, node: ast.expr | ast.stmt | ast.keyword, basis: Basis = Basis.CONFIGURED) -> Evidence:
        """A node as evidence; Python counts columns in bytes."""
        line = self.lines[node.lineno - 1] if node.lineno <= len(self.lines) else ""
        column = len(line.encode()[: node.col_offset].decode("utf-8", "replace")) + 1
        end = node.end_lineno if node.end_lineno is not None and node.end_lineno > node.lineno else None
        return Evidence(Place(self.name, line=node.lineno, column=column, end_line=end), code_line(line), basis)


def read_python(project: Project) -> Iterator[Fact]:
    """State what Python files configure."""
    names = [name for name in project.folder.files if name.endswith(".py")][:_MOST_FILES]
    for name in names:
        data = project.folder.read(name)
        if data is None or len(data) > _LARGEST:
            continue
        ours, django = b"CookiePolicy" in data and b"hardtack" in data, b"SESSION_COOKIE_" in data
        starlette = b"SessionMiddleware" in data
        if not (ours or django or starlette):
            continue
        code = data.decode("utf-8", "replace")
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            project.folder.unreadable.add(name)
            continue
        file = _File(name, tuple(code.split("\n")))
        nodes = list(ast.walk(tree))
        if ours:
            yield from _policies(file, nodes)
        if django and (scope := _django(file, tree)) is not None:
            yield scope
        if starlette:
            yield from _starlette(file, nodes)


def _policies(file: _File, nodes: Iterable[ast.AST]) -> Iterator[PolicyRemark]:
    for node in nodes:
        if not isinstance(node, ast.Call) or _called(node) != "CookiePolicy":
            continue
        given = {one.arg: one for one in node.keywords if one.arg is not None}
        known = {name: _literal(one.value) for name, one in given.items()}
        if any(one.arg is None for one in node.keywords) or known.get("origins", _UNKNOWN) is _UNKNOWN:
            continue
        arguments = {name: value for name, value in known.items() if value is not _UNKNOWN}
        try:
            found: tuple[PolicyProblem, ...] = CookiePolicy(**arguments).remarks
            refuses = False
        except PolicyError as error:
            found, refuses = error.problems, True
        except TypeError:
            continue  # an argument that the policy doesn't have: Python itself will say so
        for problem in found:
            place = given.get(problem.attribute.partition("[")[0])
            evidence = file.evidence(node if place is None else place)
            yield _remark(problem, evidence, refuses=refuses)


def _remark(problem: PolicyProblem, evidence: Evidence, *, refuses: bool) -> PolicyRemark:
    return PolicyRemark(
        evidence=evidence, code=problem.code, sentence=problem.sentence, hint=problem.hint, refuses=refuses
    )


def read_policy_files(project: Project) -> Iterator[PolicyRemark]:
    """State what the validator says about each hardtack.toml."""
    from hardtack.sessions.policy_file import PolicyFileError, parse_policy_file  # noqa: PLC0415 -- few projects need it

    for name in project.folder.files:
        if name.rpartition("/")[2] != "hardtack.toml":
            continue
        text = project.folder.text(name)
        if text is None:
            continue
        found: Iterable[PolicyProblem]
        try:
            remarks = parse_policy_file(text, path=project.folder.root / name).policy.remarks
            found = tuple(replace(one, attribute=f"policy.{one.attribute}") for one in remarks)
            refuses = False
        except PolicyFileError as error:
            found, refuses = error.problems, True
        for problem in found:
            yield _remark(problem, _in_toml(name, text, problem.attribute), refuses=refuses)


def _in_toml(name: str, text: str, attribute: str) -> Evidence:
    """The line of an attribute such as `policy.origins[0]`; the table's, or the first, where it has none."""
    table, _, key = attribute.partition("[")[0].rpartition(".")
    inside, best, quote = not table, 1, ""
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            inside = stripped.strip("[] ") == (table or key)
            if inside:
                best, quote = number, stripped
        elif inside and stripped.partition("=")[0].strip() == key:
            best, quote = number, code_line(stripped)
            break
    return Evidence(Place(name, line=best, column=1), quote, Basis.CONFIGURED)


def read_environment_files(project: Project) -> Iterator[PolicyRemark]:
    """State what the start-up check says about the `HARDTACK_…` variables that stand in environment files."""
    from hardtack.doctor.sources.project.environment import read_environment  # noqa: PLC0415 -- beside its only use

    folders = {name.rpartition("/")[0] for name in project.folder.files if name.rpartition("/")[2].startswith(".env")}
    for folder in sorted(folders):
        environment = read_environment(project.folder, f"{folder}/" if folder else "")
        ours = {name: entry for name, entry in environment.entries.items() if name.startswith("HARDTACK_")}
        if not ours:
            continue
        where = environment.evidence(next(iter(ours.values())))
        try:
            Settings.from_env({name: environment.use(name, where).value or "" for name in ours})
        except StartupError as error:
            for problem in error.problems:
                variable = _VARIABLES.get(problem.attribute.partition("[")[0], problem.attribute)
                entry = ours.get(variable)
                if entry is not None:
                    yield _remark(problem, environment.evidence(entry), refuses=True)


_VARIABLES: Final = {
    "origins": "HARDTACK_ORIGINS",
    "domain": "HARDTACK_COOKIE_DOMAIN",
    "secrets": "HARDTACK_SECRETS",
    "store": "HARDTACK_STORE",
}


def _django(file: _File, tree: ast.Module) -> ScopeConfigured | None:
    """Django's settings: plain assignments at the top of a module."""
    found: dict[str, tuple[Any, ast.stmt]] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name) and target.id.startswith("SESSION_COOKIE_"):
                found[target.id.removeprefix("SESSION_COOKIE_").lower()] = _literal(statement.value), statement
    if not found:
        return None
    said = {name: value for name, (value, _) in found.items()}
    names = {"samesite": "same_site", "age": "lifetime", "httponly": "http_only"}
    cross_site = str(said.get("samesite")).lower() == "none"
    telling = ("domain", *(("secure", "samesite") if cross_site else ()), *found)
    where = next(found[name] for name in telling if name in found)
    return ScopeConfigured(
        evidence=file.evidence(where[1]),
        app="",
        side=Side.SERVER,
        profile="django",
        domain=_text(said.get("domain")),
        path=_text(said.get("path")) or "/",
        secure=said.get("secure") is True,
        http_only=said.get("httponly", True) is not False,
        same_site=_SAME_SITES.get(str(said.get("samesite", "Lax")).lower()),
        lifetime=_whole(said.get("age"), _DJANGO_AGE),
        unresolved=frozenset(names.get(name, name) for name, value in said.items() if value is _UNKNOWN),
    )


def _starlette(file: _File, nodes: Iterable[ast.AST]) -> Iterator[ScopeConfigured]:
    """`app.add_middleware(SessionMiddleware, …)`, `Middleware(SessionMiddleware, …)` or the class itself."""
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        handed = any(isinstance(one, ast.Name) and one.id == "SessionMiddleware" for one in node.args)
        if not handed and _called(node) != "SessionMiddleware":
            continue
        given = {one.arg: one for one in node.keywords if one.arg is not None}
        said = {name: _literal(one.value) for name, one in given.items()}
        names = {"https_only": "secure", "max_age": "lifetime"}
        kept = {"domain", "path", "same_site", "https_only", "max_age"}
        place = given.get("domain")
        yield ScopeConfigured(
            evidence=file.evidence(node if place is None else place),
            side=Side.SERVER,
            profile="starlette",
            domain=_text(said.get("domain")),
            path=_text(said.get("path")) or "/",
            secure=said.get("https_only") is True,
            http_only=True,
            same_site=_SAME_SITES.get(str(said.get("same_site", "lax")).lower()),
            lifetime=_whole(said.get("max_age", _DJANGO_AGE), None),
            unresolved=frozenset(
                names.get(name, name) for name, value in said.items() if value is _UNKNOWN and name in kept
            ),
        )


def _called(call: ast.Call) -> str:
    function = call.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _literal(node: ast.expr) -> Any:  # noqa: PLR0911 -- one answer for each kind of literal
    """The value of a literal, arithmetic and cookie scopes included; `_UNKNOWN` for everything else."""
    if isinstance(node, ast.Call) and _called(node) == "CookieScope":
        given = [_literal(one) for one in node.args]
        named = {one.arg: _literal(one.value) for one in node.keywords if one.arg is not None}
        if any(one is _UNKNOWN for one in (*given, *named.values())):
            return _UNKNOWN
        try:
            return CookieScope(*given, **named)
        except (CookieError, TypeError):
            return _UNKNOWN
    if isinstance(node, ast.Tuple | ast.List):
        items = [_literal(one) for one in node.elts]
        return _UNKNOWN if any(one is _UNKNOWN for one in items) else tuple(items)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = _literal(node.left), _literal(node.right)
        whole = isinstance(left, int) and isinstance(right, int) and max(abs(left), abs(right)) < 10**9
        return left * right if whole else _UNKNOWN
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _UNKNOWN


def _text(value: Any) -> str | None:
    return shown(value) or None if isinstance(value, str) else None


def _whole(value: Any, default: int | None) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
