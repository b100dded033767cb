"""Which releases a project really runs: from its lockfile, or else what its manifest asks for.

Rule: every version that the lockfile resolves is stated, since two copies of one package are two sessions. npm's
lockfiles of all three versions, yarn's of both kinds and pnpm's are read line by line, for the few packages that
concern sessions, so that a file of many megabytes costs little and every version has its line.
"""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from hardtack.doctor.configured import PackageVersion
from hardtack.doctor.evidence import Basis, Evidence, Place
from hardtack.doctor.sources.project.quotes import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.doctor.sources.project.graph import Project
    from hardtack.doctor.sources.project.roles import App

__all__ = ["LOCKFILES", "Locked", "concerns_sessions", "read_packages"]

LOCKFILES: Final = ("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock")
_NAMES: Final = frozenset({"aws-amplify", "next", "js-cookie"})
_SCOPES: Final = ("@aws-amplify/adapter-nextjs", "@aws-amplify/auth", "@aws-amplify/core", "@aws-amplify/ui")
_NPM_KEY: Final = re.compile(r'^\s*"(?:(?P<path>(?:.*/)?node_modules/)|)(?P<name>@?[\w./-]+)":\s*\{\s*$')
_NPM_VERSION: Final = re.compile(r'^\s*"version":\s*"(?P<version>[^"]{1,80})"')
_YARN_KEY: Final = re.compile(r'^"?(?P<name>(?:@[\w.-]+/)?[\w.-]+)@[^:]*.*:\s*$')
_YARN_VERSION: Final = re.compile(r'^\s+version:?\s+"?(?P<version>[0-9][\w.+-]{0,80})"?\s*$')
_PNPM_KEY: Final = re.compile(
    r"^ {2}'?/?(?P<name>(?:@[\w.-]+/)?[\w.-]+)[@/](?P<version>\d+\.\d+\.\d+[\w.+-]*)(?:[(_].*)?'?:\s*(?:\{\}\s*)?$"
)
_PNPM_VERSION: Final = re.compile(r"^\s+version: '?(?P<version>\d[\w.+-]{0,80})")
_PNPM_IMPORTER: Final = 2  # blanks before the folder of an app
_LONGEST_LINE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Locked:
    """One package in a lockfile.

    Attributes:
        name: of the package.
        version: as resolved.
        line: from 1.
        owner: the folder of the workspace's app that alone uses it; None where the lockfile doesn't say.
    """

    name: str
    version: str
    line: int
    owner: str | None = None


def concerns_sessions(name: str) -> bool:
    """Whether a package has to do with sessions."""
    return name in _NAMES or name.startswith(_SCOPES)


def read_packages(project: Project, app: App) -> Iterator[PackageVersion]:
    """State the versions that an app runs.

    The nearest lockfile counts: its own, or that of the workspace above it. An app that shares a lockfile states only
    what it depends on, directly or through Amplify.
    """
    lockfile = lockfile_of(project, app)
    if lockfile is not None:
        seen: set[tuple[str, str]] = set()
        inside = app.name.removeprefix(posixpath.dirname(lockfile)).strip("/")
        for one in _used_by(inside, list(_read(project, lockfile))):
            if (one.name, one.version) in seen or not _is_theirs(one.name, app, lockfile):
                continue
            seen.add((one.name, one.version))
            place = Place(lockfile, line=one.line, column=1)
            evidence = Evidence(place, f"{one.name} {one.version}", Basis.CONFIGURED)
            yield PackageVersion(evidence=evidence, app=app.name, name=one.name, version=one.version)
        if seen:
            return
    manifest = f"{app.folder}package.json"
    text = project.folder.text(manifest) if app.folder in project.manifests else None
    for name, wanted in app.depends.items():
        if concerns_sessions(name) and text is not None:
            line = _line_of(text, f'"{name}"')
            evidence = Evidence(Place(manifest, line=line, column=1), f"{name} {wanted}", Basis.CONFIGURED)
            yield PackageVersion(evidence=evidence, app=app.name, name=name, version=shown(wanted), locked=False)


def lockfile_of(project: Project, app: App) -> str | None:
    """The lockfile that an app's packages are installed by."""
    where = app.folder.rstrip("/")
    while True:
        for name in LOCKFILES:
            path = posixpath.join(where, name)
            if path in project.folder.files:
                return path
        if not where:
            return None
        where = where.rpartition("/")[0]


def _used_by(inside: str, found: list[Locked]) -> Iterator[Locked]:
    """What may be an app's of a workspace: not what others alone use, nor what its own version stands in front of."""
    owners = {one.owner for one in found} - {None}
    own = {one.name for one in found if one.owner == inside} if len(owners) > 1 or inside else set[str]()
    for one in found:
        if one.owner == inside or (one.owner is None and one.name not in own):
            yield one


def _is_theirs(name: str, app: App, lockfile: str) -> bool:
    if posixpath.dirname(lockfile) == app.folder.rstrip("/") or name in app.depends:
        return True
    return "aws-amplify" in app.depends and name in {"@aws-amplify/auth", "@aws-amplify/core", "js-cookie"}


def _line_of(text: str, needle: str) -> int:
    at = text.find(needle)
    return text.count("\n", 0, at) + 1 if at >= 0 else 1


def _read(project: Project, lockfile: str) -> Iterator[Locked]:
    text = project.folder.text(lockfile)
    if text is None:
        return
    lines = text.split("\n")
    if lockfile.endswith(".json"):
        found = list(_npm(lines))
        yield from found or _npm_at_once(text)
    elif lockfile.endswith(".yaml"):
        yield from _pnpm(lines)
    else:
        yield from _yarn(lines)


def _npm(lines: list[str]) -> Iterator[Locked]:
    """All three versions: a key ends in the package's name, and its version follows on the next line."""
    for number, line in enumerate(lines[:-1], start=1):
        if len(line) > _LONGEST_LINE or '"' not in line:
            continue
        found = _NPM_KEY.match(line)
        if found is None:
            continue
        name = found["name"].rpartition("node_modules/")[2]
        if concerns_sessions(name) and (version := _NPM_VERSION.match(lines[number])) is not None:
            owner = (found["path"] or "").partition("node_modules/")[0].strip("/")
            yield Locked(name, version["version"], number + 1, owner or None)


def _npm_at_once(text: str) -> Iterator[Locked]:
    """A lockfile that somebody's formatter has put on other lines."""
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError):
        return
    packages: Any = cast("dict[str, Any]", document).get("packages") if isinstance(document, dict) else None
    for path, entry in cast("dict[str, Any]", packages).items() if isinstance(packages, dict) else ():
        name = path.rpartition("node_modules/")[2]
        version: Any = cast("dict[str, Any]", entry).get("version") if isinstance(entry, dict) else None
        if "node_modules/" in path and concerns_sessions(name) and isinstance(version, str):
            owner = path.partition("node_modules/")[0].strip("/")
            yield Locked(name, version[:80], _line_of(text, f'"{path}"'), owner or None)


def _yarn(lines: list[str]) -> Iterator[Locked]:
    """Classic and berry: an entry begins with what was asked for, and says the version below."""
    name = ""
    for number, line in enumerate(lines, start=1):
        if len(line) > _LONGEST_LINE:
            name = ""
        elif line and not line[0].isspace():
            found = _YARN_KEY.match(line)
            name = found["name"] if found is not None and "@workspace:" not in line else ""
        elif name and concerns_sessions(name) and (version := _YARN_VERSION.match(line)) is not None:
            yield Locked(name, version["version"], number)
            name = ""


def _pnpm(lines: list[str]) -> Iterator[Locked]:
    """Versions 5 to 9: the key of a package is its name and version; `importers` says which app has which."""
    section = importer = name = ""
    for number, line in enumerate(lines, start=1):
        if len(line) > _LONGEST_LINE or not line.strip():
            continue
        indent = len(line) - len(line.lstrip(" "))
        key = line.strip().strip("'").removesuffix(":").strip("'")
        if not indent:
            section = key
        elif section in {"packages", "snapshots"} and (found := _PNPM_KEY.match(line)) is not None:
            if concerns_sessions(found["name"]):
                yield Locked(found["name"], found["version"], number)
        elif section == "importers" and indent == _PNPM_IMPORTER:
            importer = "" if key == "." else key
        elif section == "importers" and concerns_sessions(key):
            name = key
        elif section == "importers" and name and (found := _PNPM_VERSION.match(line)) is not None:
            yield Locked(name, found["version"], number, importer)
            name = ""
