"""URLs, hosts and paths: where something happened is kept, who and with what is not.

Rule: a word of a path stays if it is plainly a word; whatever has the look of an identifier, or is known to be
somebody's name, becomes its hash. The same piece becomes the same hash in a URL, in a Path and in a Domain, so that
cookies still belong where they did.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from hardtack.cookies import canonical_host
from hardtack.doctor.sanitize.redaction import REDACTED, percent

if TYPE_CHECKING:
    from hardtack.doctor.sanitize.redaction import Redaction

__all__ = ["NOWHERE", "safe_host", "safe_parameters", "safe_path", "safe_place"]

NOWHERE: Final = "https://redacted.invalid/"
_URL: Final = re.compile(
    r"(https?|wss?)://(?:[^/?#@]*@)?([^/?#:\[\]]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?([^?#]*)(\?[^#]*)?(#.*)?",
    re.IGNORECASE | re.DOTALL,
)
_WORD: Final = re.compile(r"[A-Za-z_.~-]{1,24}[0-9]{0,2}")
_LABEL: Final = re.compile(r"[a-z_-]{1,24}[0-9]{0,2}|us-[a-z]+-\d|[a-z]{2}-[a-z]+-\d|xn--[a-z0-9-]{1,40}")
_ADDRESS: Final = re.compile(r"[0-9.]+|\[[0-9a-f:.]+\]")
_LONGEST_TOP: Final = 18  # letters of the longest top-level domain that is a word
_HASHED_VALUES: Final = frozenset({"code", "state", "id_token", "access_token", "refresh_token", "token"})
_WORDS: Final = {
    "client_id": re.compile(r"[a-zA-Z0-9]{1,64}"),
    "response_type": re.compile(r"code|token"),
    "grant_type": re.compile(r"authorization_code|refresh_token|client_credentials"),
    "error": re.compile(r"[a-z_]{1,32}"),
}


def safe_place(url: str, redaction: Redaction) -> str:
    """A URL without its user, with the names of its tokens and codes and a hash for each of them."""
    found = _URL.fullmatch(url)
    host = safe_host(found[2], redaction) if found else None
    if found is None or host is None:
        return url if url == NOWHERE else NOWHERE
    query = safe_parameters((found[5] or "")[1:], redaction)
    fragment = safe_parameters((found[6] or "")[1:], redaction)
    return "".join(
        (
            f"{found[1].lower()}://{host}{found[3] or ''}{safe_path(found[4], redaction) or '/'}",
            f"?{query}" if query else "",
            f"#{fragment}" if fragment else "",
        )
    )


def safe_host(host: str, redaction: Redaction) -> str | None:
    """A host, each label of it a plain word or a hash; None if it is no host."""
    canonical = canonical_host(host)
    if canonical is None:
        return None
    if _ADDRESS.fullmatch(canonical):
        return canonical
    *labels, last = canonical.split(".")
    top = last in {"localhost", "invalid"} or (labels and len(last) <= _LONGEST_TOP and not redaction.is_secret(last))
    safe = ".".join([*(_label(label, redaction) for label in labels), last if top else redaction.replaced(last)])
    return redaction.replaced(safe) if redaction.holds_secret(safe) else safe  # a name with a dot in it


def _label(label: str, redaction: Redaction) -> str:
    if not label or REDACTED.fullmatch(label):
        return label
    plain = _LABEL.fullmatch(label) is not None and not redaction.holds_secret(label)
    return label if plain else redaction.replaced(label)


def safe_path(path: str, redaction: Redaction) -> str:
    """A path, segment by segment."""
    safe = "/".join(_segment(segment, redaction) for segment in path.split("/"))
    if not redaction.holds_secret(safe):
        return safe
    return "/".join(redaction.replaced(segment) for segment in safe.split("/"))  # a secret with a slash in it


def _segment(segment: str, redaction: Redaction) -> str:
    if not segment or REDACTED.fullmatch(segment):
        return segment
    plain = _WORD.fullmatch(segment) is not None and not redaction.holds_secret(segment)
    return segment if plain else redaction.replaced(segment)


def safe_parameters(text: str, redaction: Redaction) -> str:
    """A query, a fragment or a form: the parameters of a sign-in, in their order; the others are left out."""
    kept = ((name, _value(name, value, redaction)) for name, value in _pairs(text))
    return "&".join(f"{name}={percent(value)}" for name, value in kept if value)


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        return []


def _value(name: str, value: str, redaction: Redaction) -> str:
    if name in _HASHED_VALUES:
        return redaction.replaced(value, length=len(value))
    pattern = _WORDS.get(name)
    if pattern is None or not pattern.fullmatch(value):
        return ""
    return redaction.replaced(value) if redaction.holds_secret(value) else value
