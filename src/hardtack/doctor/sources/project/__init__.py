"""A project folder: what its code and its files say about sessions, without running any of it.

Rule: each app of a monorepo is read for itself, with the files that it imports from elsewhere in the folder; a file
that can't be read costs only what stood in it, and is told. No rule is here: what is found is stated, with file, line
and column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import PackageVersion, PolicyRemark, ScopeConfigured
from hardtack.doctor.errors import SourceError
from hardtack.doctor.facts import Area, Facts, Hint, Progress, Sight, SourceKind
from hardtack.doctor.marks import Marker
from hardtack.doctor.observed import Fact, Side
from hardtack.doctor.profiles import PROFILES

if TYPE_CHECKING:
    from argparse import Namespace

    from hardtack.doctor.sources.project.graph import Project
    from hardtack.doctor.sources.project.reading import Reading
    from hardtack.doctor.sources.project.roles import App

__all__ = ["gather"]

_PACKAGES: Final = frozenset(package for profile in PROFILES for package in profile.packages)


def gather(target: str, options: Namespace, progress: Progress) -> Facts:  # noqa: ARG001 -- as all sources
    """State what a project says.

    Args:
        target: the folder, its package.json, or one of its source files, which stands for the project around it.
        options: none of them is read.
        progress: told how many files have been looked at.

    Raises:
        SourceError: the folder can't be read, there is no code in it, or the parser isn't installed.
    """
    # Heavy, and only this source needs them; the modules below them in turn need the parser.
    from hardtack.doctor.sources.project.callers import Callers  # noqa: PLC0415
    from hardtack.doctor.sources.project.folder import open_folder  # noqa: PLC0415
    from hardtack.doctor.sources.project.graph import survey  # noqa: PLC0415
    from hardtack.doctor.sources.project.python_code import (  # noqa: PLC0415
        read_environment_files,
        read_policy_files,
        read_python,
    )
    from hardtack.doctor.sources.project.reading import open_reading  # noqa: PLC0415
    from hardtack.doctor.sources.project.remarks import read_plain  # noqa: PLC0415
    from hardtack.doctor.sources.project.roles import apps_of  # noqa: PLC0415

    folder = open_folder(target)
    if not folder.files:
        raise SourceError(
            "There is no source file in this folder, nor package.json, nor hardtack.toml.",
            hint="Name the folder of the site itself.",
        )
    project = survey(folder, progress)
    marker, callers = Marker(), Callers(project)
    items: list[Fact] = []
    apps = [app for app in apps_of(project) if _PACKAGES & app.depends.keys()]
    for app in apps:
        items += _read_app(open_reading(project, app, callers, marker))
    items += read_python(project)
    items += read_policy_files(project)
    items += read_environment_files(project)
    items += read_plain(project)
    return Facts(
        kind=SourceKind.PROJECT,
        target=str(folder.root),
        items=tuple(items),
        sights=_sights(project, apps, items),
        hints=_hints(project, apps, items),
        counts={"files": len(folder.files), "parsed": sum(1 for _ in project.loaded())},
    )


def _read_app(reading: Reading) -> list[Fact]:
    from hardtack.doctor.sources.project.amplify import read_amplify  # noqa: PLC0415 -- as above
    from hardtack.doctor.sources.project.listeners import read_listeners  # noqa: PLC0415
    from hardtack.doctor.sources.project.middleware import read_middleware  # noqa: PLC0415
    from hardtack.doctor.sources.project.next_config import read_next_config  # noqa: PLC0415
    from hardtack.doctor.sources.project.others import read_infrastructure, read_others  # noqa: PLC0415
    from hardtack.doctor.sources.project.packages import read_packages  # noqa: PLC0415
    from hardtack.doctor.sources.project.remarks import read_remarks  # noqa: PLC0415
    from hardtack.doctor.sources.project.sessions import Guarding, read_sessions  # noqa: PLC0415

    found: list[Fact] = [*read_packages(reading.project, reading.app), *read_next_config(reading)]
    guarding: list[Guarding] = []
    found += read_amplify(reading)
    found += read_sessions(reading, guarding)
    found += read_middleware(reading, guarding)
    found += read_listeners(reading)
    found += read_others(reading)
    if "aws-amplify" in reading.app.depends:
        found += read_infrastructure(reading)
    found += reading.environment_values()
    found += read_remarks(reading)
    return found


def _sights(project: Project, apps: list[App], items: list[Fact]) -> dict[Area, Sight]:
    """What was seen, and what only in part: a value that isn't written down, a file that can't be read."""
    sights: dict[Area, Sight] = {}
    whole = Sight.PARTIAL if project.folder.unreadable or project.folder.cut_short or project.gave_up else Sight.FULL
    scopes = [item for item in items if isinstance(item, ScopeConfigured)]
    open_ = {scope.side for scope in scopes if scope.unresolved & {"domain", "path"}}
    if apps:
        sights = dict.fromkeys((Area.CODE, Area.ENVIRONMENT), whole)
        sights[Area.BROWSER_CONFIG] = Sight.PARTIAL if Side.BROWSER in open_ else whole
        sights[Area.SERVER_CONFIG] = Sight.PARTIAL if Side.SERVER in open_ else whole
        locked = [item for item in items if isinstance(item, PackageVersion)]
        sights[Area.VERSIONS] = Sight.FULL if locked and all(one.locked for one in locked) else Sight.PARTIAL
    elif scopes:
        sights[Area.SERVER_CONFIG] = Sight.PARTIAL if open_ else whole
    if _uses_hardtack(project) or any(isinstance(item, PolicyRemark) for item in items):
        sights[Area.POLICY] = whole
    return sights


def _uses_hardtack(project: Project) -> bool:
    for name in project.folder.files:
        base = name.rpartition("/")[2]
        if base == "hardtack.toml":
            return True
        if base.endswith(".py") and b"CookiePolicy(" in (project.folder.read(name) or b""):
            return True
    return False


def _hints(project: Project, apps: list[App], items: list[Fact]) -> tuple[Hint, ...]:
    hints: list[Hint] = []
    if not apps and not _uses_hardtack(project) and not any(isinstance(item, ScopeConfigured) for item in items):
        hints.append(Hint.NO_AUTH_SEEN)
    if project.folder.unreadable or project.folder.cut_short or project.gave_up:
        hints.append(Hint.PARTLY_UNREADABLE)
    versions = [item for item in items if isinstance(item, PackageVersion)]
    if apps and not any(one.locked for one in versions):
        hints.append(Hint.NO_LOCKFILE)
    return tuple(hints)
