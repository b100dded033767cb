"""Environment files, as Next reads them for a production build.

Rule: `.env.production.local`, `.env.local`, `.env.production`, `.env`: the first that names a variable decides, even if
it says nothing. What a hosting service sets besides isn't in the folder, so a variable that no file names is unknown.
In the browser only variables with a public prefix exist; every other one is undefined there, whatever a file says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hardtack.doctor.configured import EnvState
from hardtack.doctor.evidence import Basis, Evidence, Place
from hardtack.doctor.sources.project.values import EnvUse

if TYPE_CHECKING:
    from hardtack.doctor.sources.project.folder import Folder

__all__ = ["Entry", "Environment", "is_public", "read_environment"]

ORDER: Final = (".env.production.local", ".env.local", ".env.production", ".env")
"""Next's order, the strongest first."""
_PUBLIC: Final = ("NEXT_PUBLIC_", "VITE_", "REACT_APP_", "EXPO_PUBLIC_", "PUBLIC_", "GATSBY_", "NUXT_PUBLIC_")
_LINE: Final = re.compile(
    r"^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.-]*)[ \t]*=[ \t]*"
    r"(?P<value>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`(?:[^`\\]|\\.)*`|[^#\r\n]*)",
    re.MULTILINE,
)
_REFERENCE: Final = re.compile(r"(?<!\\)\$(?:\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|([A-Za-z_]\w*))")
_LARGEST: Final = 256_000  # characters of an environment file
_DEEPEST: Final = 8  # references within references


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an environment file.

    Attributes:
        name: of the variable.
        raw: what follows the equals sign, without quotes.
        file: which.
        line: from 1.
        literal: whether references in it are text, as between single quotes.
    """

    name: str
    raw: str = field(repr=False)
    file: str = ""
    line: int = 1
    literal: bool = False


@dataclass(slots=True)
class Environment:
    """What the environment files of one app say.

    Attributes:
        entries: the line that decides, by the name of the variable.
        defined: what `env` in next.config puts into both bundles.
        files: the environment files that were read.
    """

    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])
    defined: dict[str, str] = field(default_factory=dict[str, str])
    files: tuple[str, ...] = ()

    def use(self, name: str, read_at: Evidence) -> EnvUse:
        """A variable as it is read.

        Args:
            name: of the variable.
            read_at: where it is read: the evidence if no file names it.
        """
        entry = self.entries.get(name)
        if name in self.defined:
            value = self.defined[name]
            return EnvUse(name, EnvState.SET if value else EnvState.EMPTY, value, read_at)
        if entry is None:
            return EnvUse(name, EnvState.MISSING, None, read_at)
        value = self._expanded(entry, 0)
        return EnvUse(name, EnvState.SET if value else EnvState.EMPTY, value, self.evidence(entry))

    def evidence(self, entry: Entry) -> Evidence:
        """The line of a variable, without its value."""
        return Evidence(Place(entry.file, line=entry.line, column=1), f"{entry.name}=", Basis.CONFIGURED)

    def _expanded(self, entry: Entry, depth: int) -> str:
        if entry.literal or depth > _DEEPEST:
            return entry.raw

        def put(found: re.Match[str]) -> str:
            other = self.entries.get(found[1] or found[3])
            said = self._expanded(other, depth + 1) if other is not None and other.name != entry.name else ""
            return (said or found[2] or "")[:_LARGEST]

        return _REFERENCE.sub(put, entry.raw[:4096])[:_LARGEST]


def is_public(name: str) -> bool:
    """Whether bundlers put the variable into the browser's bundle."""
    return name.startswith(_PUBLIC) or name == "NODE_ENV"


def read_environment(folder: Folder, app: str) -> Environment:
    """Read the environment files of an app.

    Args:
        folder: the target.
        app: the app's folder with a slash at the end; empty for the root.
    """
    found = Environment()
    there = [f"{app}{name}" for name in ORDER if f"{app}{name}" in folder.files]
    for file in there:
        text = folder.text(file)
        for entry in _entries(file, (text or "")[:_LARGEST]):
            known = found.entries.get(entry.name)
            if known is None or known.file == file:
                found.entries[entry.name] = entry
    found.files = tuple(there)
    return found


def _entries(file: str, text: str) -> list[Entry]:
    entries: list[Entry] = []
    for match in _LINE.finditer(text):
        raw = match["value"].strip()
        quote = raw[:1] if raw[:1] in {"'", '"', "`"} and raw[-1:] == raw[:1] and len(raw) > 1 else ""
        value = raw[1:-1] if quote else raw
        if quote == '"':
            value = value.replace("\\n", "\n").replace("\\r", "\r")
        line = text.count("\n", 0, match.start("name")) + 1
        entries.append(Entry(match["name"], value, file, line, literal=quote == "'"))
    return entries
