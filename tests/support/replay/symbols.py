"""Tokens by name: every value in a jar as a symbol that the real world and the explored one share.

Rule: no value leaves this file. A token is `alice/1.2`: of the second set of the first sign-in at the pool, which was
alice's. What is sealed is opened; what names a sign-in says `1`, what names a set `1.2`. Whatever nobody can name is
`unknown`.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote

from hardtack.amplify import LAST_AUTH_USER, parse_name, read_value

UNKNOWN = "unknown"
_MOMENT = 5_000  # milliseconds
_OWN = ("__Host-hardtack-", "hardtack-")
_CHUNK = re.compile(r"(?:__Host-)?hardtack-session-[0-9a-f]*([ab])[0-7]")


class Teller(Protocol):
    """Who knows what the values of a world are."""

    client_id: str

    def token(self, text: str) -> str | None:
        """The symbol of a token; None for what is none."""

    def sign_in(self, key: str) -> str:
        """The number of a sign-in, by its session key (`origin_jti`)."""

    def set_of(self, jti: str) -> str:
        """The number of the set to which an access token's `jti` belongs."""

    def open(self, purpose: str, text: str) -> bytes | None:
        """What was sealed."""

    def hashed(self, purpose: str, digest: str) -> str:
        """The number of the set of the refresh token that a keyed hash stands for."""


@dataclass
class SignIn:
    """One sign-in at the pool."""

    user: str
    number: int
    sets: int = 0


@dataclass
class Names:
    """The names of everything that a real pool issued, in the order in which it did."""

    client_id: str
    sealer: Any = None
    sign_ins: dict[str, SignIn] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    sets: dict[str, str] = field(default_factory=dict)
    refresh_tokens: dict[str, list[str]] = field(default_factory=dict)  # by user, oldest first

    def learn(self, result: dict[str, Any]) -> str:
        """Name the tokens of an AuthenticationResult; the set's symbol."""
        claims = claims_of(result["AccessToken"])
        key = claims["origin_jti"]
        known = self.sign_ins.setdefault(key, SignIn(claims["username"], len(self.sign_ins) + 1))
        known.sets += 1
        self.sets[claims["jti"]] = f"{known.number}.{known.sets}"
        symbol = f"{known.user}/{known.number}.{known.sets}"
        for kind in ("AccessToken", "IdToken", "RefreshToken"):
            if result.get(kind):
                self.tokens[result[kind]] = symbol
        if result.get("RefreshToken"):
            self.refresh_tokens.setdefault(known.user, []).append(result["RefreshToken"])
        return symbol

    def token(self, text: str) -> str | None:
        return self.tokens.get(text)

    def sign_in(self, key: str) -> str:
        known = self.sign_ins.get(key)
        return str(known.number) if known else UNKNOWN

    def set_of(self, jti: str) -> str:
        return self.sets.get(jti, UNKNOWN)

    def open(self, purpose: str, text: str) -> bytes | None:
        return self.sealer.open(purpose, text) if self.sealer else None

    def hashed(self, purpose: str, digest: str) -> str:
        if not digest:
            return "none"
        found = (symbol for text, symbol in self.tokens.items() if self.sealer.matches(purpose, text, digest))
        return next(found, UNKNOWN).rpartition("/")[2]


def claims_of(token: str) -> dict[str, Any]:
    """A token's claims, unverified."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def label_of(name: str) -> str:
    """A cookie's name without what is the same everywhere: `alice.accessToken`, `LastAuthUser`, `hardtack-pair`."""
    key = parse_name(name)
    if key is not None:
        return key.suffix if key.username is None else f"{key.username}.{key.suffix}"
    if name.startswith("__Host-hardtack-js."):
        return "hardtack-js"
    chunk = _CHUNK.fullmatch(name)
    if chunk is not None:
        return f"hardtack-session-{chunk[1]}"
    return name.removeprefix("__Host-") if name.startswith(_OWN) else name


def symbol_of(name: str, value: str, teller: Teller) -> str:
    """What a cookie says, without the values of tokens. A sealed set's chunk says `chunk`; see `sealed_set`."""
    key = parse_name(name)
    if key is None:
        return _own(name, value, teller)
    read = read_value(value)
    match key.suffix:
        case suffix if suffix == LAST_AUTH_USER:
            return read
        case "signInDetails":
            return _member(read, "loginId")
        case "clockDrift":
            return _drift(read)
        case _:
            return teller.token(read) or ("" if not read else UNKNOWN)


def _drift(text: str) -> str:
    """Amplify's idea of the clock's drift; a second or two is what happened meanwhile."""
    if not text.lstrip("-").isdecimal():
        return UNKNOWN
    return text if abs(int(text)) > _MOMENT else "0"


def _member(text: str, name: str) -> str:
    try:
        return str(json.loads(text)[name])
    except (ValueError, KeyError, TypeError):
        return UNKNOWN


def _own(name: str, value: str, teller: Teller) -> str:
    """One of Hardtack's own cookies."""
    label = label_of(name)
    if label == "hardtack-js":
        return _mark(value, teller)
    if label.startswith("hardtack-session-"):
        return "chunk"
    purpose = label.removeprefix("hardtack-")
    opened = teller.open(f"{purpose}:{teller.client_id}", value)
    return UNKNOWN if opened is None else _sealed(purpose, json.loads(opened), teller)


def _sealed(purpose: str, fields: list[Any], teller: Teller) -> str:
    match purpose, fields:
        case "binding", ["b", _, session, *_]:
            return teller.sign_in(session)
        case "binding", ["t", *_]:
            return "ended"
        case "adopted", [_, session, *_]:
            return teller.sign_in(session)
        case "pair", [refresh, jti, *_]:
            return f"{teller.hashed('refresh-token', refresh)} with {teller.set_of(jti) if jti else 'none'}"
        case "ladder", [step, _, changes, *_]:
            return f"step {step}, changes {changes}"
        case _:
            return UNKNOWN


def _mark(value: str, teller: Teller) -> str:
    """The mark of `hardtack.js`."""
    match [unquote(part) for part in value.split(".")]:
        case ["in", _, session, _, *_]:
            return f"in {teller.sign_in(session)}"
        case ["out", *_]:
            return "out"
        case _:
            return UNKNOWN


def sealed_set(values: list[str], teller: Teller) -> str:
    """What the chunks of one slot hold together, in the order of their places."""
    data = "".join(value.rpartition(".")[2] for value in values)
    opened = teller.open(f"session:{teller.client_id}", data)
    if opened is None:
        return UNKNOWN
    access, _, refresh = json.loads(zlib.decompress(opened))
    return f"{teller.token(refresh) if refresh else 'none'} with {teller.token(access) or UNKNOWN}"
