"""Which file imports which: the map by which a reader of the code finds its way without parsing all of it.

Rule: every file is looked at once as bytes, for the specifiers of its imports and for words that concern sessions; only
the files that an answer depends on are parsed, when it does. A specifier is resolved as TypeScript and bundlers do it:
relative, by the paths of the nearest tsconfig, by the name of a package of the same workspace, with index files and
extensions left out. What isn't found in the folder is a package.
"""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from hardtack.doctor.sources.project.folder import LARGEST_SOURCE, SCRIPTS
from hardtack.doctor.sources.project.modules import Module
from hardtack.doctor.sources.project.syntax import parse, part, string_of, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from hardtack.doctor.facts import Progress
    from hardtack.doctor.sources.project.folder import Folder

__all__ = ["Project", "literal_of", "survey"]

_IMPORTING: Final = (b"from", b"import", b"require")
_SPECIFIER: Final = re.compile(rb"""\s*\(?\s*["']([^"'\n]{1,200})["']""")
_CONCERNS: Final = (
    *(b"Amplify", b"aws-amplify", b"AMPLIFY_APP_ORIGIN", b"CookieStorage", b"next-auth", b"@auth/", b"NextAuth"),
    *(b"@supabase/", b"better-auth", b"@clerk/", b"oauth2/revoke", b"RevokeToken", b"GlobalSignOut"),
    *(b"refreshTokenValidity", b"refreshTokenRotation", b"hardtack: ignore"),
)
"""Words of files that are worth parsing, sought as bytes one by one: one regular expression for all is slower."""
_CLIENT: Final = re.compile(
    rb"""^\s*(?:/\*.*?\*/\s*|//[^\n]*\n\s*|["']use strict["'];?\s*)*["']use client["']""", re.DOTALL
)
_HEAD: Final = 4_000  # bytes in which a directive stands, after a licence perhaps
_EXTENSIONS: Final = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json")
_COMPILED: Final = (".js", ".jsx", ".mjs", ".cjs")
_MOST_PARSED: Final = 1_500  # files of one project: what concerns sessions is a tenth of that
_MOST_EXTENDS: Final = 6


@dataclass(slots=True)
class _Paths:
    """What one tsconfig says of specifiers: patterns with their targets, and where bare ones begin."""

    patterns: tuple[tuple[str, tuple[str, ...]], ...] = ()
    base: str | None = None


@dataclass(slots=True)
class _Package:
    """A package of the workspace, and its files for each subpath."""

    folder: str
    manifest: dict[str, Any]


@dataclass(slots=True, eq=False)
class Project:
    """The code of a folder.

    Attributes:
        folder: its files.
        scripts: the files of code, in order.
        concerned: those that speak of sessions.
        client: those that begin with `"use client"`.
        server_files: those with `"use server"` near their beginning.
        manifests: each package.json, by its folder (with a slash at the end; empty for the root).
        gave_up: whether there was more to read than is ever read.
    """

    folder: Folder
    scripts: tuple[str, ...] = ()
    concerned: list[str] = field(default_factory=list[str])
    client: set[str] = field(default_factory=set[str])
    server_files: set[str] = field(default_factory=set[str])
    manifests: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    gave_up: bool = False
    _names: frozenset[str] = frozenset()
    _stems: dict[str, str] = field(default_factory=dict[str, str])
    _imports: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    _importers: dict[str, list[str]] | None = None
    _modules: dict[str, Module | None] = field(default_factory=dict[str, "Module | None"])
    _paths: dict[str, _Paths] = field(default_factory=dict[str, _Paths])
    _packages: dict[str, _Package] = field(default_factory=dict[str, _Package])
    _edges: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def __post_init__(self) -> None:
        self._names = frozenset(self.folder.files)
        for extension in reversed(_EXTENSIONS):
            for name in self.folder.files:
                if name.endswith(extension) and not name.endswith(".d.ts"):
                    self._stems[name.removesuffix(extension)] = name

    def look_at(self, name: str) -> None:
        """Note what a file imports and whether it speaks of sessions, without parsing it."""
        data = self.folder.read(name)
        if data is None:
            return
        concerned = any(word in data for word in _CONCERNS)
        if len(data) > LARGEST_SOURCE:
            if concerned:
                self.folder.unreadable.add(name)
            return
        self._imports[name] = _specifiers(data)
        if concerned:
            self.concerned.append(name)
        head = data[:_HEAD]
        if b"use client" in head and _CLIENT.match(head):
            self.client.add(name)
        if b"use server" in head:
            self.server_files.add(name)

    def read_manifest(self, name: str) -> None:
        """Note what a package.json says."""
        data = self.folder.read(name)
        try:
            manifest: Any = json.loads(data) if data is not None else None
        except (ValueError, RecursionError):
            manifest = None
        if not isinstance(manifest, dict):
            self.folder.unreadable.add(name)
            return
        manifest = cast("dict[str, Any]", manifest)
        where = posixpath.dirname(name)
        self.manifests[f"{where}/" if where else ""] = manifest
        own = manifest.get("name")
        if isinstance(own, str):
            self._packages.setdefault(own, _Package(where, manifest))

    def load(self, name: str) -> Module | None:
        """The parsed file; None if it can't be read."""
        if name not in self._modules:
            self._modules[name] = None
            if len(self._modules) > _MOST_PARSED:
                self.gave_up = True
                return None
            data = self.folder.read(name)
            if data is not None and len(data) <= LARGEST_SOURCE:
                self._modules[name] = Module(parse(name, data))
        return self._modules[name]

    def loaded(self) -> Iterator[Module]:
        """Every file that has been parsed so far."""
        return (module for module in self._modules.values() if module is not None)

    def imports_of(self, name: str) -> tuple[str, ...]:
        """The files of the project that a file imports, in order."""
        if name not in self._edges:
            found = (self.resolve(specifier, name) for specifier in self._imports.get(name, ()))
            self._edges[name] = tuple(dict.fromkeys(one for one in found if one is not None))
        return self._edges[name]

    def importers_of(self, name: str) -> list[str]:
        """The files of the project that import a file."""
        if self._importers is None:
            self._importers = {}
            for each in self.scripts:
                for target in self.imports_of(each):
                    self._importers.setdefault(target, []).append(each)
        return self._importers.get(name, [])

    def packages_of(self, name: str) -> tuple[str, ...]:
        """The specifiers of a file, as written."""
        return self._imports.get(name, ())

    def resolve(self, specifier: str, importer: str) -> str | None:
        """The project's file that a specifier means; None for a package or for nothing."""
        where = posixpath.dirname(importer)
        if specifier.startswith("."):
            return self._file(posixpath.normpath(posixpath.join(where, specifier)))
        paths = self._paths_for(where)
        for pattern, targets in paths.patterns:
            head, star, tail = pattern.partition("*")
            if specifier == pattern or (star and specifier.startswith(head) and specifier.endswith(tail)):
                middle = specifier[len(head) : len(specifier) - len(tail)] if star else ""
                for target in targets:
                    if (found := self._file(posixpath.normpath(target.replace("*", middle)))) is not None:
                        return found
        if (found := self._in_workspace(specifier)) is not None:
            return found
        return self._file(posixpath.normpath(posixpath.join(paths.base, specifier))) if paths.base is not None else None

    def package_folder(self, name: str) -> str:
        """The folder of the nearest manifest above a file, with a slash at the end; empty for the root."""
        where = posixpath.dirname(name)
        while where:
            if f"{where}/" in self.manifests:
                return f"{where}/"
            where = posixpath.dirname(where)
        return ""

    def _file(self, path: str) -> str | None:
        if path.startswith(("../", "/")) or path == "..":
            return None
        path = "" if path == "." else path
        if path in self._names:
            return path
        found = self._stems.get(path) or self._stems.get(f"{path}/index".removeprefix("/"))
        if found is None and path.endswith(_COMPILED):
            found = self._stems.get(path.rpartition(".")[0])  # what will be compiled to the name that is written
        return found

    def _in_workspace(self, specifier: str) -> str | None:
        parts = specifier.split("/")
        name = "/".join(parts[: 2 if specifier.startswith("@") else 1])
        package = self._packages.get(name)
        if package is None:
            return None
        rest = specifier[len(name) :].strip("/")
        for target in _entries(package.manifest, rest):
            if (found := self._file(posixpath.normpath(posixpath.join(package.folder, target)))) is not None:
                return found
        return None

    def _paths_for(self, where: str) -> _Paths:
        known = self._paths.get(where)
        if known is not None:
            return known
        for name in ("tsconfig.json", "jsconfig.json"):
            config = posixpath.join(where, name)
            if config in self._names:
                found = self._read_paths(config)
                break
        else:
            found = self._paths_for(posixpath.dirname(where)) if where else _Paths()
        self._paths[where] = found
        return found

    def _read_paths(self, config: str, depth: int = 0) -> _Paths:
        data = self.folder.read(config)
        read: Any = None if data is None or len(data) > LARGEST_SOURCE else literal_of(parse(config, data).root)
        options: Any = cast("dict[str, Any]", read).get("compilerOptions") if isinstance(read, dict) else None
        options = cast("dict[str, Any]", options) if isinstance(options, dict) else {}
        where = posixpath.dirname(config)
        base, paths = options.get("baseUrl"), options.get("paths")
        begin = posixpath.join(where, base) if isinstance(base, str) else where
        patterns: list[tuple[str, tuple[str, ...]]] = []
        for pattern, targets in cast("dict[str, Any]", paths).items() if isinstance(paths, dict) else ():
            rows = cast("list[Any]", targets) if isinstance(targets, list) else []
            patterns.append((pattern, tuple(posixpath.join(begin, one) for one in rows if isinstance(one, str))))
        found = _Paths(tuple(patterns), begin if isinstance(base, str) else None)
        extends = cast("dict[str, Any]", read).get("extends") if isinstance(read, dict) else None
        if isinstance(extends, str) and extends.startswith(".") and depth < _MOST_EXTENDS and not found.patterns:
            parent = posixpath.normpath(posixpath.join(where, extends))
            parent = parent if parent in self._names else f"{parent}.json"
            if parent in self._names:
                return self._read_paths(parent, depth + 1)
        return found


def _entries(manifest: dict[str, Any], rest: str) -> Iterator[str]:
    """Where a package of a workspace may keep the code of a subpath: as it says, else as people do."""
    exports: Any = manifest.get("exports")
    if isinstance(exports, dict):
        exports = cast("dict[str, Any]", exports)
        yield from _targets(exports.get(f"./{rest}" if rest else ".", exports if not rest else None))
    elif isinstance(exports, str) and not rest:
        yield exports
    if not rest:
        for key in ("source", "types", "module", "main"):
            if isinstance(entry := manifest.get(key), str):
                yield entry
        yield from ("src/index", "index", "src")
    else:
        yield from (rest, f"src/{rest}")


def _targets(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, dict):
        for one in cast("dict[str, Any]", entry).values():
            if isinstance(one, str):
                yield one


def literal_of(node: Node) -> Any:
    """What a literal says, comments and trailing commas allowed; None for everything that isn't one."""
    inner = node
    while inner.type in {"program", "expression_statement", "parenthesized_expression"}:
        below = [one for one in inner.named_children if one.type != "comment"]
        if not below:
            return None
        inner = below[0]
    return _literal(inner, 0)


_DEEPEST: Final = 60


def _literal(node: Node, depth: int) -> Any:
    if depth > _DEEPEST:
        return None
    if node.type == "object":
        found: dict[str, Any] = {}
        for pair in node.named_children:
            key, value = part(pair, "key"), part(pair, "value")
            if key is not None and value is not None:
                found[string_of(key) or text(key)] = _literal(value, depth + 1)
        return found
    if node.type == "array":
        return [_literal(one, depth + 1) for one in node.named_children if one.type != "comment"]
    if node.type == "string":
        return string_of(node)
    return {"true": True, "false": False}.get(node.type)


def _specifiers(data: bytes) -> tuple[str, ...]:
    """What a file imports, in order; words that only look like an import do no harm."""
    found: list[tuple[int, str]] = []
    for word in _IMPORTING:
        at = data.find(word)
        while at >= 0:
            match = _SPECIFIER.match(data, at + len(word))
            if match is not None:
                found.append((at, match[1].decode("utf-8", "replace")))
            at = data.find(word, at + len(word))
    return tuple(specifier for _, specifier in sorted(found))


def survey(folder: Folder, progress: Progress) -> Project:
    """Look at every file once, as bytes.

    Args:
        folder: whose files.
        progress: told how many files have been looked at.
    """
    scripts = tuple(name for name in folder.files if name.endswith(SCRIPTS) and not name.endswith(".d.ts"))
    project = Project(folder, scripts)
    for done, name in enumerate(scripts):
        if done % 64 == 0:
            progress(done, len(scripts))
        project.look_at(name)
    progress(len(scripts), len(scripts))
    for name in folder.files:
        if posixpath.basename(name) == "package.json":
            project.read_manifest(name)
    return project
