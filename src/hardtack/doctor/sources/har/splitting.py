"""The entries of a recording, one by one, however long the recording is.

Rule: no more of the file is in memory than the longest entry needs. Where an entry ends is found by msgspec's decoder:
asked to pass over one value it says at which byte something else follows, at some gigabytes a second, and without
making anything of it. A HAR is one object with one object in it; the few fields beside the entries are read on the way.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from hardtack.doctor.errors import SourceError
from hardtack.doctor.sources.har.opening import EXPORT_HINT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.doctor.facts import Progress
    from hardtack.doctor.sources.har.opening import RecordingStream

__all__ = ["Splitter"]

PIECE: Final = 1 << 18
"""Bytes read at a time: few enough to be still at hand when they are decoded."""
LONGEST_ENTRY: Final = 1 << 27
"""Bytes of one value: above that, a recording holds somebody's film, and memory would be gone."""
_TRAILING: Final = re.compile(r"trailing characters \(byte (\d+)\)")
_SPACE: Final = b" \t\r\n"
_NUMBER: Final = b"-0123456789"
_TOLD: Final = frozenset({"creator", "browser", "version"})

_skipping = msgspec.json.Decoder(msgspec.Raw)


class _EndsEarlyError(Exception):
    """The text stops in the middle of a value, or goes on as JSON never does."""


class Splitter:
    """Takes a recording apart.

    Attributes:
        about: `creator`, `browser` and `version`, as far as they stood before the entries.
        ended_early: whether the recording broke off; known when the entries have been gone through.
        count: entries given so far.
    """

    def __init__(self, stream: RecordingStream, progress: Progress) -> None:
        self.about: dict[str, Any] = {}
        self.ended_early = False
        self.count = 0
        self._stream = stream
        self._progress = progress
        self._buffer = b""
        self._at = 0
        self._piece = PIECE

    def head(self) -> bytes:
        """Find the entries, and read what stands before them.

        Returns:
            The text up to and with the bracket that opens them.

        Raises:
            SourceError: there are none: this is no HAR, or it breaks off before them.
        """
        passed: list[bytes] = []
        try:
            self._enter("log", passed)
            self._enter("entries", passed)
        except _EndsEarlyError:
            raise SourceError(
                "The recording is no HAR, or it breaks off before its first request.", hint=EXPORT_HINT
            ) from None
        return b"".join(passed)

    def entries(self) -> Iterator[bytes]:
        """The text of every entry, in the order of the file. Call `head` first."""
        while True:
            try:
                following = self._next_byte()
                if following == b",":
                    self._at += 1
                    following = self._next_byte()
                if following == b"]":
                    self._at += 1
                    return
                end = self._end_of_value()
            except _EndsEarlyError:
                self.ended_early = True
                return
            text = self._buffer[self._at : end]
            self._at = end
            self.count += 1
            yield text

    def _enter(self, wanted: str, passed: list[bytes]) -> None:
        """Go into the object that begins here, up to the value of one of its keys."""
        opening = self._next_byte(passed)
        if opening != b"{":
            raise _EndsEarlyError
        self._take(self._at + 1, passed)
        while True:
            if self._next_byte(passed) == b",":
                self._take(self._at + 1, passed)
            if self._next_byte(passed) != b'"':
                raise _EndsEarlyError
            key = self._value(passed)
            if self._next_byte(passed) != b":":
                raise _EndsEarlyError
            self._take(self._at + 1, passed)
            self._next_byte(passed)
            if key == wanted:
                if wanted == "entries":
                    if self._next_byte(passed) != b"[":
                        raise _EndsEarlyError
                    self._take(self._at + 1, passed)
                return
            value = self._value(passed)
            if key in _TOLD:
                self.about[key] = value

    def _value(self, passed: list[bytes]) -> Any:
        end = self._end_of_value()
        text = self._buffer[self._at : end]
        self._take(end, passed)
        try:
            return json.loads(text.decode("utf-8", "replace"), strict=False)
        except (ValueError, RecursionError):
            raise _EndsEarlyError from None

    def _take(self, end: int, passed: list[bytes]) -> None:
        passed.append(self._buffer[self._at : end])
        self._at = end

    def _next_byte(self, passed: list[bytes] | None = None) -> bytes:
        """The next byte that is no space; it stays where it is."""
        while True:
            while self._at < len(self._buffer):
                byte = self._buffer[self._at : self._at + 1]
                if byte not in _SPACE:
                    return byte
                if passed is not None:
                    passed.append(byte)
                self._at += 1
            self._more()

    def _end_of_value(self) -> int:
        """Where the value ends that begins here, reading on until it does."""
        while True:
            view = memoryview(self._buffer)[self._at :]
            try:
                _skipping.decode(view)
                if self._buffer[self._at] not in _NUMBER:  # a number alone may have more digits to come
                    return len(self._buffer)
            except msgspec.DecodeError as error:
                if found := _TRAILING.search(str(error)):
                    self._piece = PIECE
                    return self._at + int(found[1]) - 1  # it counts the first byte of what follows
                if "truncated" not in str(error):
                    raise _EndsEarlyError from None
            except RecursionError:
                raise _EndsEarlyError from None
            finally:
                view.release()
            self._more()

    def _more(self) -> None:
        """Read on; what is done with leaves the memory."""
        if len(self._buffer) - self._at > LONGEST_ENTRY:
            raise SourceError(
                f"One entry of the recording is longer than {LONGEST_ENTRY >> 20} MB.",
                hint="Record again without the download or the film in it.",
            )
        piece = self._stream.read(self._piece)
        self._progress(self._stream.done, self._stream.total)
        if not piece:
            raise _EndsEarlyError
        self._buffer = self._buffer[self._at :] + piece
        self._at = 0
        self._piece = min(2 * self._piece, LONGEST_ENTRY)  # a long entry is not gone over again for every piece
