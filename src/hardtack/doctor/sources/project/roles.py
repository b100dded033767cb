"""What Next makes of a file by its name and its first line, and on which side the file's code runs.

Rule: an app is a folder with a manifest. What stands below `app` or `pages`, what is called middleware or proxy, and
what begins with a directive has its role from Next's own conventions; everything else runs where those who import it
run, and may do so on both sides.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, cast

from hardtack.doctor.sources.project.syntax import has_directive

if TYPE_CHECKING:
    from hardtack.doctor.sources.project.graph import Project

__all__ = ["App", "Role", "Roles", "apps_of"]

_APP_FILES: Final = frozenset(
    {"page", "layout", "template", "loading", "error", "not-found", "default", "global-error", "forbidden"}
    | {"unauthorized", "opengraph-image", "sitemap", "robots"}
)
_SERVER_ONLY: Final = frozenset(
    {"server-only", "next/headers", "@aws-amplify/adapter-nextjs", "aws-amplify/auth/server"}
)
_DEPENDENCIES: Final = ("dependencies", "devDependencies", "peerDependencies")
_TESTS: Final = re.compile(
    r"(?:^|/)(?:__tests__|__mocks__|e2e|cypress|playwright|tests?)/|\.(?:test|spec|stories|cy)\."
)


class Role(StrEnum):
    """What Next makes of a file."""

    PAGE = "page"
    """A page, a layout or another special file of the App Router."""
    ROUTE = "route"
    MIDDLEWARE = "middleware"
    PAGES = "pages"
    """A page of the Pages Router."""
    PAGES_API = "pages_api"
    ACTIONS = "actions"
    """A file that begins with `"use server"`."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class App:
    """One app of a project.

    Attributes:
        folder: with a slash at the end; empty for the root.
        depends: the packages that its manifest asks for, with their ranges.
    """

    folder: str
    depends: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def name(self) -> str:
        """As facts name it."""
        return self.folder.rstrip("/")

    @property
    def uses_next(self) -> bool:
        """Whether Next builds it."""
        return "next" in self.depends


def apps_of(project: Project) -> tuple[App, ...]:
    """The apps of a project: every manifest's folder, and the root in any case."""
    folders = dict.fromkeys(("", *sorted(project.manifests)))
    return tuple(App(folder, _depends(project.manifests.get(folder, {}))) for folder in folders)


def _depends(manifest: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in _DEPENDENCIES:
        table = manifest.get(key)
        if isinstance(table, dict):
            for name, wanted in cast("dict[str, Any]", table).items():
                if isinstance(wanted, str):
                    found.setdefault(name, wanted)
    return found


class Roles:
    """The roles and sides of the files, as one app sees them.

    Args:
        project: the code.
        app: whose files.
    """

    def __init__(self, project: Project, app: App) -> None:
        self._project = project
        self.app = app
        self._browser: dict[str, bool] = {}
        self._reached: frozenset[str] | None = None

    def role(self, name: str) -> Role:
        """What Next makes of a file."""
        inside = name.removeprefix(self.app.folder) if name.startswith(self.app.folder) else ""
        inside = inside.removeprefix("src/")
        stem = posixpath.basename(inside).partition(".")[0]
        if not self.app.uses_next or not inside:
            return self._by_directive(name)
        if inside.startswith("app/"):
            if stem == "route":
                return Role.ROUTE
            if stem in _APP_FILES:
                return Role.PAGE
        elif inside.startswith("pages/"):
            return Role.PAGES_API if inside.startswith("pages/api/") else Role.PAGES
        elif "/" not in inside and stem in {"middleware", "proxy"}:
            return Role.MIDDLEWARE
        return self._by_directive(name)

    def server_side(self, name: str) -> bool | None:
        """Whether a file runs on the server alone (True), in the browser alone (False), or where it is imported."""
        if name in self._project.client:
            return False
        if self.role(name) in {Role.PAGE, Role.ROUTE, Role.MIDDLEWARE, Role.PAGES_API, Role.ACTIONS}:
            return True
        if self.role(name) is not Role.PAGES and _SERVER_ONLY & set(self._project.packages_of(name)):
            return True
        return None

    def in_browser(self, name: str) -> bool:
        """Whether a file is part of the browser's bundle."""
        if name not in self._browser:
            self._browser[name] = False  # a circle of imports adds nothing
            self._browser[name] = self._is_bundled(name)
        return self._browser[name]

    def belongs(self, name: str) -> bool:
        """Whether a file is the app's own, or is imported by it from elsewhere in the project; tests never are."""
        return name in self.reached

    @property
    def reached(self) -> frozenset[str]:
        """The app's own files, and every file of the project that they import."""
        if self._reached is None:
            project, folder = self._project, self.app.folder
            own = [one for one in project.scripts if project.package_folder(one) == folder and not _TESTS.search(one)]
            found: set[str] = set(own)
            pending = own
            while pending:
                for target in project.imports_of(pending.pop()):
                    if target not in found:
                        found.add(target)
                        pending.append(target)
            self._reached = frozenset(found)
        return self._reached

    def _is_bundled(self, name: str) -> bool:
        side = self.server_side(name)
        if side is not None:
            return not side
        if self.role(name) is Role.PAGES or not self.app.uses_next:
            return True
        pending, seen = [name], {name}
        while pending:
            for importer in self._project.importers_of(pending.pop()):
                if importer in seen or importer not in self.reached:
                    continue
                seen.add(importer)
                side = self.server_side(importer)
                if side is False or self.role(importer) is Role.PAGES:
                    return True
                if side is None:
                    pending.append(importer)
        return False

    def _by_directive(self, name: str) -> Role:
        if name not in self._project.server_files:
            return Role.OTHER
        module = self._project.load(name)
        return Role.ACTIONS if module is not None and has_directive(module.root, "use server") else Role.OTHER
