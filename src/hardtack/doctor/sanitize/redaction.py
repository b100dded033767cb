"""What stands in a secret's place: a hash that is equal where the secrets were, under a key that nobody keeps.

Rule: what has been replaced is recognised by its strict form and left alone, so that doing it twice changes nothing.
The stand-in of a JWT is a JWT again, with its times and without anything of its bearer, for the times are evidence.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from hardtack.doctor.sources.har.pool_calls import claims_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["REDACTED", "Redaction"]

REDACTED: Final = re.compile(r"redacted-[0-9a-f]{12}-*")
"""What a replaced text looks like; the dashes make it as long as what it replaces."""
_MARK_BYTES: Final = 6
_SHORTEST: Final = 3  # letters of a known name that is looked for inside of other words
_LONGEST: Final = 128  # characters of what is remembered as a name or a password: nobody's is longer
_MOST: Final = 5_000
_MACHINE_MADE: Final = 24  # characters from which a text with many digits is a value that no place for words lets pass
_MANY_DIGITS: Final = 4
_SHORTEST_PADDED: Final = 100  # characters: of a token the length is evidence, of a password it would be a hint
_TIMES: Final = ("iat", "exp", "auth_time")
_HASHED: Final = ("sub", "origin_jti", "jti")
_USES: Final = frozenset({"access", "id", "refresh"})
_SIGN: Final = "hardtack"


@dataclass(slots=True)
class Redaction:
    """The hashes of one run, and what is known to be secret.

    Attributes:
        key: leave it out; it is drawn, and forgotten with this object.
    """

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _known: set[str] = field(default_factory=set[str], repr=False)
    _inside: re.Pattern[str] | None = field(default=None, repr=False)
    _judged: dict[str, bool] = field(default_factory=dict[str, bool], repr=False)

    def learn(self, texts: Iterable[str]) -> None:
        """Remember names, addresses, passwords and codes, to find them wherever else they stand."""
        for said in texts:
            text = said.strip()
            if not text or REDACTED.fullmatch(text) or _is_machine_made(text) or len(self._known) >= _MOST:
                continue
            forms = {text, text.partition("@")[0]} if "@" in text else {text}
            self._known.update(form.casefold() for form in forms if form)
            self._inside = None
            self._judged.clear()

    def holds_secret(self, text: str) -> bool:
        """Whether something known to be secret stands in a text, plain or percent-encoded, in any letter case."""
        known = self._judged.get(text)
        if known is None:
            forms = {text.casefold(), unquote(text).casefold()}
            known = any(form in self._known or self._pattern().search(form) for form in forms)
            if len(self._judged) < _MOST:
                self._judged[text] = known
        return known

    def is_secret(self, text: str) -> bool:
        """Whether a text as a whole is known to be secret."""
        return text.casefold() in self._known

    def replaced(self, text: str, *, length: int = 0) -> str:
        """The stand-in of a text; of a JWT a JWT. What is a stand-in already stays.

        Args:
            text: the secret.
            length: how long the stand-in is to be, where it stands for something long.
        """
        if not text or REDACTED.fullmatch(text) or self._is_stand_in(text):
            return text
        claims = claims_of(text)
        if claims:
            return self._token(text, claims)
        return f"redacted-{self.mark(text)}".ljust(length if length >= _SHORTEST_PADDED else 0, "-")

    def mark(self, text: str) -> str:
        """Twelve hexadecimal digits, equal for equal texts."""
        data = text.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, key=self.key, digest_size=_MARK_BYTES).hexdigest()

    def _pattern(self) -> re.Pattern[str]:
        if self._inside is None:
            found = sorted((one for one in self._known if len(one) >= _SHORTEST), key=len, reverse=True)
            self._inside = re.compile("|".join(map(re.escape, found)) or r"(?!)")
        return self._inside

    def _token(self, text: str, claims: dict[str, Any]) -> str:
        said: dict[str, Any] = {_SIGN: "redacted"}
        said |= {name: int(claims[name]) for name in _TIMES if _is_time(claims.get(name))}
        said |= {name: self.replaced(claims[name]) for name in _HASHED if isinstance(claims.get(name), str)}
        if claims.get("token_use") in _USES:
            said["token_use"] = claims["token_use"]
        stem = f"{_encoded({'alg': 'none'})}.{_encoded(said)}.redacted-{self.mark(text)}"
        return stem.ljust(len(text), "-")

    def _is_stand_in(self, text: str) -> bool:
        """Whether a token is one that `_token` made: it says nothing that one of those wouldn't say."""
        head, _, rest = text.partition(".")
        claims = claims_of(text) if head == _encoded({"alg": "none"}) else {}
        body, _, mark = rest.partition(".")
        if claims.get(_SIGN) != "redacted" or not REDACTED.fullmatch(mark):
            return False
        fitting = all(
            (name in _TIMES and _is_time(value) and isinstance(value, int))
            or (name in _HASHED and isinstance(value, str) and (not value or REDACTED.fullmatch(value) is not None))
            or (name == "token_use" and value in _USES)
            or name == _SIGN
            for name, value in claims.items()
        )
        return fitting and body == _encoded(claims)


def _is_machine_made(text: str) -> bool:
    """Whether a text is a salt, a block, a token: long, and full of digits. Nothing keeps such a text anyway."""
    digits = sum(map(str.isdecimal, text[:_LONGEST]))
    return len(text) > _LONGEST or (len(text) >= _MACHINE_MADE and digits >= _MANY_DIGITS and " " not in text)


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e11  # noqa: PLR2004  a date


def _encoded(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).decode().rstrip("=")


def percent(text: str) -> str:
    """A stand-in in a query: it needs no escape, and gets one where it isn't one of ours."""
    return quote(text, safe="-._~")
