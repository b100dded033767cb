"""What may be quoted of evidence. Evidence is hostile, and it is somebody's private life.

Rule: everything that a report shows of a recording, a page or a source file goes through here first. Control and
direction characters and terminal sequences go; tokens, e-mail addresses and the names inside Amplify's cookie names
become an ellipsis; a URL keeps its origin and path and loses its query. Escaping for HTML, Markdown or a terminal is
the reports' work, on top of this.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LONGEST_QUOTE", "quotable", "safe_url"]

LONGEST_QUOTE = 300
"""Characters of a quotation: a line of code or a URL, not a page."""

_SHORTEST_SECRET = 3  # a hidden name of one or two letters would blank out half of every sentence
_REMEMBERED = 4096  # quotations; a recording shows the same few URLs and names thousands of times
_TERMINAL = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])?|\x9b[0-?]*[ -/]*[@-~]"
)
# C0, DEL and C1; then marks that turn the direction of text, hide it, or break a line where nobody sees one.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]+"
)
_AMPLIFY = re.compile(r"(CognitoIdentityServiceProvider\.[^.\s;=\"']+\.)[^\s;=\"'`,]+\.(\w+)")
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*")
_OPAQUE = re.compile(r"(?=[A-Za-z0-9_+=-]*[0-9])(?=[A-Za-z0-9_+=-]*[A-Za-z])[A-Za-z0-9_+=-]{48,}")
_EMAIL = re.compile(
    r"[^\s/@?&;,:=<>\"'()\[\]{}|]+(?:@|%40)[^\s/@?&;,:=<>\"'()\[\]{}|]+\.[^\s/@?&;,:=<>\"'()\[\]{}|]+", re.IGNORECASE
)
_USERINFO = re.compile(r"(?<=://)[^\s/@]*@")


def quotable(text: str, *, hide: Iterable[str] = (), limit: int = LONGEST_QUOTE) -> str:
    """Text of the evidence as a report may show it, on one line.

    Args:
        text: anything.
        hide: user names and the like that the source knows of; each becomes an ellipsis, in any letter case and also
            percent-encoded.
        limit: characters; the rest becomes an ellipsis.
    """
    return _made_safe(text[: 8 * limit], tuple(hide), limit)  # what follows is linear, and no quotation needs more


@lru_cache(maxsize=_REMEMBERED)
def _made_safe(text: str, hide: tuple[str, ...], limit: int) -> str:
    text = _UNSEEN.sub(" ", _TERMINAL.sub("", text))
    for secret in hide:
        if len(secret) >= _SHORTEST_SECRET:
            for spelling in {secret, unquote(secret), quote(secret, safe=""), quote(secret)}:
                text = re.sub(re.escape(spelling), "…", text, flags=re.IGNORECASE)
    text = _AMPLIFY.sub(r"\1….\2", _USERINFO.sub("", text))
    text = _EMAIL.sub("…@…", _OPAQUE.sub("…", _JWT.sub("…", text))).strip()
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def safe_url(url: str, *, hide: Iterable[str] = ()) -> str:
    """A URL without its query, fragment and user: where something happened, and nothing of what was sent along."""
    place, question, _ = url.partition("#")[0].partition("?")
    return quotable(place, hide=hide) + ("?…" if question else "")
