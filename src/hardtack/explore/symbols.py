"""Symbols in the place of secrets: tokens that say what they are, a judge and a sealer that need no key.

Rule: the code that is explored is the code that runs, so symbols have the form that it reads: a token is three parts
with claims in the middle, a seal is cookie-safe text, a keyed hash is hexadecimal. What differs is that each of them
can be taken apart again: the explorer has to see that two states are one but for the names of their tokens. A hash that
was made is therefore remembered together with what it was made of.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from hardtack.tokens import Bad, BadToken, Claims, Expired, Good, TokenSet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardtack.tokens import Judgement, TokenUse

__all__ = [
    "BEGINNING",
    "CLIENT_ID",
    "ISSUER",
    "LIFETIME",
    "MADE",
    "PEOPLE",
    "POOL_ID",
    "SEALED_SETS",
    "STRANGER",
    "SymbolicSealer",
    "Token",
    "judge",
    "mint",
    "read_token",
    "refresh_text",
]

BEGINNING: Final = 1_700_000_000
"""Epoch seconds at which every explored history begins."""
LIFETIME: Final = 3_600
"""Seconds that an access token lives: Cognito's default."""
CLIENT_ID: Final = "1explored2client3of4search"  # of 26 characters, as Cognito's are: sweeps go by length
POOL_ID: Final = "eu-west-1_Explored1"
ISSUER: Final = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL_ID}"
PEOPLE: Final = ("alice", "bob")
"""Who may sign in at the explored browser."""
STRANGER: Final = "mallory"
"""Who has an account too, and a sibling host to plant cookies from."""

_MOST_KNOWN: Final = 200_000  # texts whose meaning is remembered; some hundred bytes each
_SEAL: Final = "v"  # begins every sealed text
_HEADER: Final = "e30"  # an empty JSON object: nobody reads the header of a symbol
_SIGNED: Final = "s"

MADE: dict[str, tuple[str, str]] = {}
"""Of each keyed hash made in this process, and of the beginnings that are in use, the purpose and the text."""
SEALED_SETS: dict[bytes, str] = {}
"""Of each set that a refresh store keeps, its tokens and their end, as a text."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a symbolic token is.

    Attributes:
        use: `access`, `id` or `refresh`.
        user: whose it is.
        session: the sign-in that it descends from, as `origin_jti` names it.
        generation: which of that sign-in's sets it belongs to, from 1.
        issued_at: epoch seconds; 0 for a refresh token.
        auth_time: epoch seconds; 0 for a refresh token.
    """

    use: str
    user: str
    session: str
    generation: int
    issued_at: int = 0
    auth_time: int = 0

    @property
    def expires_at(self) -> int:
        """`exp`, epoch seconds."""
        return self.issued_at + LIFETIME


def mint(user: str, session: str, generation: int, *, refresh: int, issued_at: int, auth_time: int) -> TokenSet:
    """The tokens of one grant.

    Args:
        user: whose.
        session: the sign-in.
        generation: of the access and the ID token.
        refresh: the generation of the refresh token beside them, which does not rotate everywhere.
        issued_at: epoch seconds.
        auth_time: epoch seconds.
    """
    common = {"sub": f"sub-{user}", "origin_jti": session, "auth_time": auth_time, "iat": issued_at, "iss": ISSUER}
    common["exp"] = issued_at + LIFETIME
    access = {
        **common, "token_use": "access", "client_id": CLIENT_ID, "username": user, "jti": f"{session}.{generation}.a"
    }  # fmt: skip
    identity = {
        **common, "token_use": "id", "aud": CLIENT_ID, "cognito:username": user, "jti": f"{session}.{generation}.i"
    }  # fmt: skip
    tokens = TokenSet(_compact(access), _compact(identity), refresh_text(user, session, refresh))
    for token in (tokens.access_token, tokens.refresh_token or ""):
        MADE.setdefault(script_hash(token), ("script", token))
    MADE.setdefault(hashlib.sha256(session.encode()).hexdigest()[:6], ("tag", session))
    return tokens


def refresh_text(user: str, session: str, generation: int) -> str:
    """A refresh token. To the explored code it is opaque."""
    return f"refresh-{session}-{generation}-{user}"


def script_hash(token: str) -> str:
    """What hardtack.js puts in the place of a token in its mark: FNV-1a, 32 bits, in base 36."""
    bits = 0x811C9DC5
    for character in token:
        bits = ((bits ^ ord(character)) * 0x01000193) & 0xFFFFFFFF
    digits = ""
    while bits:
        bits, digit = divmod(bits, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"


def _compact(claims: Mapping[str, object]) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).rstrip(b"=").decode()
    return f"{_HEADER}.{payload}.{_SIGNED}"


@lru_cache(maxsize=_MOST_KNOWN)
def read_token(text: str) -> Token | None:
    """What a text is, if it is one of these tokens."""
    if text.startswith("refresh-"):
        parts = text.split("-")
        return Token("refresh", parts[3], parts[1], int(parts[2])) if len(parts) == 4 else None  # noqa: PLR2004 -- see refresh_text
    claims = _claims_of(text)
    if claims is None:
        return None
    generation = int(claims.raw["jti"].split(".")[1])
    session, issued_at = claims.session_key, claims.issued_at
    user = claims.sub.removeprefix("sub-")
    return Token(claims.token_use, user, session, generation, issued_at, claims.auth_time)


@lru_cache(maxsize=_MOST_KNOWN)
def _claims_of(text: str) -> Claims | None:
    parts = text.split(".")
    if len(parts) != 3 or parts[0] != _HEADER or parts[2] != _SIGNED:  # noqa: PLR2004 -- a compact token's parts
        return None
    try:
        raw = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None
    access = raw["token_use"] == "access"  # noqa: S105 -- the name of a use
    return Claims(
        token_use=raw["token_use"],
        sub=raw["sub"],
        client_id=raw["client_id" if access else "aud"],
        username=raw["username" if access else "cognito:username"],
        issuer=raw["iss"],
        expires_at=raw["exp"],
        issued_at=raw["iat"],
        auth_time=raw["auth_time"],
        jti=raw["jti"],
        origin_jti=raw["origin_jti"],
        scope=(),
        groups=(),
        raw=MappingProxyType(raw),
    )


def judge(token: str, now: float, use: TokenUse) -> Judgement:
    """What the verifier says of a token: a symbol's signature holds, and nothing else has one."""
    claims = _claims_of(token)
    if claims is None:
        return Bad(BadToken.MALFORMED)
    if claims.token_use != use:
        return Bad(BadToken.TOKEN_USE)
    return Good(claims) if now < claims.expires_at else Expired(claims)


class SymbolicSealer:
    """A `Sealer` whose seals anybody could open, if anybody here were to try: purposes still keep them apart."""

    def seal(self, purpose: str, plaintext: bytes) -> str:
        """Cookie-safe text that holds purpose and plaintext."""
        packed = base64.urlsafe_b64encode(purpose.encode() + b"\0" + plaintext)
        return _SEAL + packed.rstrip(b"=").decode()

    def open(self, purpose: str, text: str) -> bytes | None:
        """The plaintext, if it was sealed for this purpose."""
        opened = open_seal(text)
        return opened[1] if opened is not None and opened[0] == purpose else None

    def digest(self, purpose: str, text: str) -> str:
        """24 hexadecimal digits, remembered with what they stand for."""
        made = hashlib.blake2b(f"{purpose}\0{text}".encode(), digest_size=12).hexdigest()
        if made not in MADE:
            MADE[made] = (purpose, text)
            if purpose == "mark":  # the marks keep the beginnings of these, see hardtack.sessions.healing
                MADE[made[:12]] = MADE[made[:6]] = (purpose, text)
        return made

    def matches(self, purpose: str, text: str, digest: str) -> bool:
        """Whether a digest is this text's."""
        return self.digest(purpose, text) == digest


@lru_cache(maxsize=_MOST_KNOWN)
def open_seal(text: str) -> tuple[str, bytes] | None:
    """Purpose and plaintext of a sealed text, or None."""
    if not text.startswith(_SEAL):
        return None
    packed = text[len(_SEAL) :]
    try:
        purpose, found, plaintext = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).partition(b"\0")
    except ValueError:
        return None
    try:
        return (purpose.decode("ascii"), plaintext) if found else None
    except UnicodeDecodeError:
        return None
