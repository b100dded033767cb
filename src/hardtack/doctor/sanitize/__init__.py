"""`hardtack sanitize`: a recording that can be sent to a stranger, and still be judged.

Rule: what may stay is listed; everything else goes. Two passes over the file: the first learns who and what must not be
seen anywhere, the second writes. The key of the hashes is drawn at the start and never written down, so nobody can try
a list of names against them, not even whoever made the file. The recording itself is never written to.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from hardtack.doctor.errors import DoctorError, SourceError
from hardtack.doctor.facts import no_progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.doctor.facts import Progress
    from hardtack.doctor.sources.har.entries import Entry

__all__ = ["Sanitized", "sanitize_har"]

_CREATORS: Final = frozenset(
    {
        "Charles Proxy",
        "Fiddler",
        "Firefox",
        "Playwright",
        "Proxyman",
        "WebInspector",
        "WebKit Web Inspector",
        "mitmproxy",
    }
)
_BROWSERS: Final = frozenset(
    {"Chrome", "Chromium", "Edge", "Firefox", "Safari", "WebKit", "chromium", "firefox", "webkit"}
)
_VERSION_PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class Sanitized:
    """What became of a recording.

    Attributes:
        entries: how many were written.
        unreadable: how many could not be read, and were left out.
        ended_early: whether the recording broke off; the copy is whole as far as it goes.
    """

    entries: int
    unreadable: int
    ended_early: bool


def sanitize_har(source: Path | str, target: Path | str, *, progress: Progress = no_progress) -> Sanitized:
    """Write a copy of a recording without tokens, passwords, SRP values, codes, names and addresses.

    Equal values stay equal. The copy appears at once and whole, or not at all.

    Args:
        source: the HAR file; also gzipped, or alone in a zip file.
        target: where to write. A file there is replaced.
        progress: told bytes, of twice the file: it is read two times.

    Raises:
        SourceError: the source is no recording.
        DoctorError: the target is the source, or can't be written.
    """
    from hardtack.doctor.sanitize.entries import safe_entry, secrets_of  # noqa: PLC0415 -- needs msgspec, an extra
    from hardtack.doctor.sanitize.redaction import Redaction  # noqa: PLC0415 -- the same

    source, target = Path(source), Path(target)
    if source.resolve() == target.resolve() or (target.exists() and source.exists() and target.samefile(source)):
        raise DoctorError("The copy would be written over the recording.", hint="Name another file with --output.")
    redaction = Redaction()
    first = _Pass(source, 0, progress)
    for entry in first.entries():
        redaction.learn(secrets_of(entry))
    if not first.count:
        raise SourceError(
            "There is no request in the recording.", hint="Record again, and save with “Save all as HAR”."
        )
    second = _Pass(source, 1, progress)
    written = (safe_entry(entry, redaction) for entry in second.entries())
    _write(target, second, written)
    return Sanitized(second.count, second.unreadable, second.ended_early)


class _Pass:
    """One reading of the file."""

    def __init__(self, source: Path, number: int, progress: Progress) -> None:
        self.count = 0
        self.unreadable = 0
        self.ended_early = False
        self.about: dict[str, Any] = {}
        self._source = source
        self._number = number
        self._progress = progress

    def entries(self) -> Iterator[Entry]:
        from hardtack.doctor.sources.har.entries import read_entry  # noqa: PLC0415 -- needs msgspec, an extra
        from hardtack.doctor.sources.har.opening import open_recording  # noqa: PLC0415
        from hardtack.doctor.sources.har.splitting import Splitter  # noqa: PLC0415 -- needs msgspec

        with open_recording(self._source) as stream:
            splitter = Splitter(stream, self._tell)
            splitter.head()
            self.about = splitter.about
            for text in splitter.entries():
                entry = read_entry(text)
                if entry is None:
                    self.unreadable += 1
                else:
                    self.count += 1
                    yield entry
            self.ended_early = splitter.ended_early

    def _tell(self, done: int, total: int | None) -> None:
        size = total or 0
        self._progress(self._number * size + done, 2 * size)


def _write(target: Path, reading: _Pass, entries: Iterator[dict[str, Any]]) -> None:
    from msgspec.json import encode  # noqa: PLC0415 -- an extra

    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=".sanitizing-", suffix=".har", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            first = next(entries)
            file.write(b'{"log": ' + encode(_head(reading.about))[:-1] + b', "entries": [\n' + encode(first))
            for entry in entries:
                file.write(b",\n" + encode(entry))
            file.write(b"\n]}}\n")
        Path(temporary).replace(target)
        temporary = None
    except OSError as error:
        raise DoctorError(
            f"The copy can't be written: {error.strerror or 'the file system refuses'}.",
            hint="Name a file in a folder that exists and that you may write to.",
        ) from None
    finally:
        if temporary is not None:
            with suppress(OSError):
                Path(temporary).unlink()


def _head(about: dict[str, Any]) -> dict[str, Any]:
    head: dict[str, Any] = {"version": "1.2", "creator": _named(about.get("creator"), _CREATORS)}
    if isinstance(about.get("browser"), dict):
        head["browser"] = _named(about["browser"], _BROWSERS)
    return head | {"comment": "Made by hardtack sanitize: every name, token and value in it is a hash."}


def _named(said: Any, known: frozenset[str]) -> dict[str, str]:
    """A program's name, if it is one of those that are known, and its version, if it is a number."""
    program = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
    name, version = program.get("name"), program.get("version")
    numbers = version.split(".")[:_VERSION_PARTS] if isinstance(version, str) else []
    plain = numbers and all(part.isascii() and part.isdecimal() and len(part) <= _VERSION_PARTS for part in numbers)
    return {"name": name if name in known else "other", "version": ".".join(numbers) if plain else "0"}
