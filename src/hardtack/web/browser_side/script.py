"""The script itself, as it is shipped, and the small answer to its one question.

Rule: what is served is the file in the package, byte for byte; it is built by `scripts/build-hardtack-js` from
`source/` and never by hand. A browser keeps it and asks whether it has changed.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

__all__ = ["SCRIPT_TYPE", "chosen_document", "script", "script_etag", "types"]

SCRIPT_TYPE: Final = "text/javascript; charset=utf-8"
"""The content type of `hardtack.js`; to be served with `Cache-Control: no-cache` and its ETag."""

_HERE: Final = Path(__file__).parent


@cache
def script() -> bytes:
    """`hardtack.js`, minified: an ES module without dependencies."""
    return (_HERE / "hardtack.js").read_bytes()


@cache
def script_etag() -> str:
    """The entity tag of `script()`, in quotes (RFC 9110 section 8.8.3)."""
    return f'"{blake2b(script(), digest_size=8).hexdigest()}"'


@cache
def types() -> str:
    """Its types, `hardtack.d.ts`."""
    return (_HERE / "hardtack.d.ts").read_text(encoding="utf-8")


def chosen_document(sub: str | None = None, session_key: str | None = None) -> dict[str, Any]:
    """What `GET {base}/chosen.json` answers: which of the sets that a request shows is this browser's.

    Args:
        sub: whose set the engine chooses; None if none.
        session_key: its sign-in: `Claims.session_key`.
    """
    chosen = {"sub": sub, "session": session_key} if sub and session_key else None
    return {"chosen": chosen}
