"""From a file to a stream of UTF-8 JSON: what people send is zipped, gzipped, saved by Windows, or not a HAR at all.

Rule: nothing is read as a whole. What isn't a recording is said in one sentence; what is one in a wrapping is
unwrapped. A stream that breaks off in its middle ends there: what came before is still evidence.
"""

from __future__ import annotations

import codecs
import gzip
import lzma
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol, cast

from hardtack.doctor.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["EXPORT_HINT", "RecordingStream", "open_recording"]

EXPORT_HINT: Final = (
    "Save it again from the browser's network panel with “Save all as HAR”, and open it once in an editor to see that"
    " it is JSON."
)
_GZIP: Final = b"\x1f\x8b"
_XZ: Final = b"\xfd7zXZ\x00"
_ZIP: Final = b"PK\x03\x04"
_LOOKED_AT: Final = 512  # bytes from which a file's kind can be told
_WIDE: Final = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""The longer marks first: that of UTF-32 begins with that of UTF-16."""


class _Bytes(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class RecordingStream:
    """The text of a recording as UTF-8, piece by piece, whatever it was wrapped in.

    Attributes:
        total: bytes of the file on the disk.
        broken: whether the file broke off, or was damaged, before its end.
    """

    def __init__(self, file: IO[bytes], unwrapped: _Bytes, total: int) -> None:
        self.total = total
        self.broken = False
        self._file = file
        self._unwrapped = unwrapped
        self._first = self._raw(_LOOKED_AT)
        self._decoder: codecs.IncrementalDecoder | None = None
        for mark, encoding in _WIDE.items():
            if self._first.startswith(mark):
                self._decoder = codecs.getincrementaldecoder(encoding)("replace")
                break
        else:
            if (encoding := _wide_without_mark(self._first)) is not None:
                self._decoder = codecs.getincrementaldecoder(encoding)("replace")
            self._first = self._first.removeprefix(codecs.BOM_UTF8)

    @property
    def done(self) -> int:
        """Bytes of the file read so far."""
        return self._file.tell()

    def read(self, size: int) -> bytes:
        """The next piece, of about this many bytes; empty at the end."""
        data, self._first = self._first, b""
        if len(data) < size:
            data += self._raw(size - len(data))
        if self._decoder is None:
            return data
        text = self._decoder.decode(data, final=not data)
        return text.encode("utf-8", "replace") or (self.read(size) if data else b"")

    def _raw(self, size: int) -> bytes:
        """So many bytes, or all that there are: what came before the damage counts."""
        parts: list[bytes] = []
        while size > 0 and not self.broken:
            try:
                part = self._unwrapped.read1(size)
            except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile):
                self.broken = True
                break
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _wide_without_mark(data: bytes) -> str | None:
    """UTF-16 of which somebody cut off the mark: every other byte of ASCII is zero."""
    if data[:1] == b"{" and data[1:2] == b"\0":
        return "utf-16-le"
    return "utf-16-be" if data[:1] == b"\0" and data[1:2] == b"{" else None


@contextmanager
def open_recording(target: str | Path) -> Generator[RecordingStream]:
    """Open a HAR file, also one that is packed with gzip or xz or lies alone in a zip file.

    Raises:
        SourceError: there is no such file, it is empty, can't be opened, or is something else.
    """
    path = Path(target)
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
            total = path.stat().st_size
            start = file.read(6)
            file.seek(0)
            unwrapped = _unwrap(file, start, stack)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "the file system refuses"
            raise SourceError(
                f"The recording can't be opened: {reason}.", hint="Name a HAR file that you may read."
            ) from None
        stream = RecordingStream(file, unwrapped, total)
        _refuse_others(stream, start)
        yield stream


def _unwrap(file: IO[bytes], start: bytes, stack: ExitStack) -> _Bytes:
    if start.startswith(_GZIP):
        return cast("_Bytes", stack.enter_context(gzip.GzipFile(fileobj=file)))
    if start.startswith(_XZ):
        return cast("_Bytes", stack.enter_context(lzma.LZMAFile(file)))
    if not start.startswith(_ZIP):
        return cast("_Bytes", file)
    try:
        archive = stack.enter_context(zipfile.ZipFile(file))
        inside = [name for name in archive.namelist() if name.lower().endswith(".har")]
        if len(inside) == 1:
            return cast("_Bytes", stack.enter_context(archive.open(inside[0])))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):  # damaged, locked, or packed in a way unknown here
        raise SourceError(
            "The zip file can't be unpacked: it is damaged or locked.", hint="Unpack it, and name the HAR file in it."
        ) from None
    raise SourceError(
        "The zip file holds no HAR file, or more than one.", hint="Unpack it, and name the HAR files in it."
    )


def _refuse_others(stream: RecordingStream, start: bytes) -> None:
    """Tell at once what can't be JSON: an image, a web page, an empty file."""
    look = stream._first.lstrip(b" \t\r\n")  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- its own module
    if stream._decoder is not None:  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- the same
        return
    if not look:
        what = "damaged before its first byte" if start and stream.broken else "empty"
        raise SourceError(f"The recording is {what}.", hint=EXPORT_HINT)
    if look.startswith(b"<"):
        raise SourceError("This is a web page or an XML file, not a HAR recording.", hint=EXPORT_HINT)
    if not look.startswith(b"{"):
        kind = "a binary file" if b"\0" in look else "a text file"
        raise SourceError(f"This is {kind}, not a HAR recording: a HAR begins with a brace.", hint=EXPORT_HINT)
