"""Where a browser goes: the URL standard's parser, as far as a Location header on an https page can lead it.

Written from the state machine of https://url.spec.whatwg.org/#url-parsing, apart from the code that it judges.
"""

from __future__ import annotations

import re
import string

BASE_ORIGIN = "https://app.example.com"
BASE_DIRECTORY = ["auth"]  # of https://app.example.com/auth/welcome
_C0_OR_SPACE = "".join(map(chr, range(0x21)))
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_SPECIAL = {"http", "https", "ws", "wss", "ftp", "file"}


def goes_to(location: str) -> tuple[str, str]:
    """The origin and the path that a browser on the base page would ask for."""
    text = location.strip(_C0_OR_SPACE)
    for dropped in "\t\n\r":
        text = text.replace(dropped, "")
    found = _SCHEME.match(text)
    if found:
        scheme, rest = found[1].lower(), text[found.end() :]
        if scheme != "https":
            return _authority(rest, scheme) if scheme in _SPECIAL else (f"{scheme}:", rest)
        if not rest.startswith("//"):
            text = rest  # "special relative or authority": with the base's own scheme this is relative
        else:
            return _authority(rest, scheme)
    if text[:1] in ("/", "\\") and text[1:2] in ("/", "\\"):
        return _authority(text, "https")
    path = re.split(r"[?#]", text, maxsplit=1)[0]
    if not path:
        return BASE_ORIGIN, "/auth/welcome"
    start = [] if path[0] in "/\\" else BASE_DIRECTORY
    return BASE_ORIGIN, _path(start, path[1:] if path[0] in "/\\" else path)


def _authority(rest: str, scheme: str) -> tuple[str, str]:
    rest = rest.lstrip("/\\")
    end = min((rest.index(mark) for mark in "/\\?#" if mark in rest), default=len(rest))
    host = rest[:end].rpartition("@")[2].lower()
    path = re.split(r"[?#]", rest[end:], maxsplit=1)[0]
    return f"{scheme}://{host}", _path([], path[1:])


def _path(start: list[str], text: str) -> str:
    """The path state: backslash is slash, dot segments go, however they are written."""
    resolved = list(start)
    segments = re.split(r"[/\\]", text)
    for place, segment in enumerate(segments):
        last = place == len(segments) - 1
        dots = segment.lower().replace("%2e", ".")
        if dots == "..":
            resolved = resolved[:-1]
        if dots in {".", ".."}:
            resolved += [""] if last else []
        else:
            resolved.append(segment)
    return "/" + "/".join(resolved)


def is_wire_safe(location: str) -> bool:
    """Whether a Location header can hold it as it is: printable ASCII without a space."""
    return all(each in string.printable and not each.isspace() for each in location)
