"""The pool's public keys, by the `kid` that names them (RFC 7517).

Rule: a key comes from the user pool's own JWKS or not at all, and a key set that makes no sense changes nothing: the
keys that we have stay until a whole, well-formed set takes their place. Then those that it no longer lists are gone,
and so is the trust in what they signed (the ring's `generation` tells the verifier's cache).
"""

from __future__ import annotations

import re
import threading
from binascii import Error as Base64Error
from binascii import a2b_base64
from typing import TYPE_CHECKING, Any, ClassVar, cast

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from hardtack.errors import Blame, HardtackError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KeyRing", "KeySetError", "is_plain_kid"]

MAX_KEYS = 64  # Cognito lists two; a set of thousands is somebody's joke at our memory's expense
MIN_MODULUS_BITS = 2048  # RFC 7518 section 3.3
MAX_MODULUS_BITS = 8192  # beyond, a single verification costs milliseconds
_MAX_KID = 128  # characters; Cognito's have 44
# What base64, base64url, UUIDs and the emulators write. A path, a URL or a query doesn't pass.
_PLAIN_KID = re.compile(rf"(?!.*\.\.)[A-Za-z0-9+/=_.-]{{1,{_MAX_KID}}}", re.ASCII)
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


class KeySetError(HardtackError):
    """What was given as a JWKS is none."""

    code: ClassVar[str] = "tokens.key_set"
    blame: ClassVar[Blame] = Blame.PROVIDER


def is_plain_kid(kid: object) -> bool:
    """Whether this can be a key's name: 1 to 128 characters of base64, base64url, dots; no path, no URL."""
    return isinstance(kid, str) and _PLAIN_KID.fullmatch(kid) is not None


class KeyRing:
    """The public RSA keys of one user pool. Thread-safe; empty until it is first filled."""

    __slots__ = ("_generation", "_keys", "_lock", "_numbers")

    def __init__(self, jwks: Mapping[str, Any] | None = None) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, RSAPublicKey] = {}
        self._numbers: dict[str, RSAPublicNumbers] = {}
        self._generation = 0
        if jwks is not None:
            self.replace(jwks)

    def replace(self, jwks: Mapping[str, Any]) -> None:
        """Take the keys of this JWKS and drop all others; keys that are in both stay the very same objects.

        Members that aren't RSA keys for RS256 signatures are passed over, as RFC 7517 section 5 asks.

        Raises:
            KeySetError: it is no key set, it holds no usable key, or it gives one `kid` to two keys. The ring is as
                it was.
        """
        numbers = _read_key_set(jwks)
        with self._lock:
            if numbers == self._numbers:
                return
            kept = {kid: self._keys[kid] for kid, public in numbers.items() if self._numbers.get(kid) == public}
            self._keys = {kid: kept.get(kid) or public.public_key() for kid, public in numbers.items()}
            self._numbers = numbers
            self._generation += 1

    def get(self, kid: str) -> RSAPublicKey | None:
        """The key of this name, or None."""
        return self._keys.get(kid)

    @property
    def kids(self) -> frozenset[str]:
        """The names of the keys that the ring holds now."""
        return frozenset(self._keys)

    @property
    def filled(self) -> bool:
        """Whether the ring was ever given keys."""
        return self._generation > 0

    @property
    def generation(self) -> int:
        """Rises by one whenever the keys change; what was verified under another generation must be verified again."""
        return self._generation

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, kid: object) -> bool:
        return kid in self._keys

    def __repr__(self) -> str:
        return f"<KeyRing of {len(self._keys)} keys, generation {self._generation}>"


def _read_key_set(jwks: object) -> dict[str, RSAPublicNumbers]:
    members = cast("dict[str, Any]", jwks).get("keys") if isinstance(jwks, dict) else None
    if not isinstance(members, list) or len(cast("list[Any]", members)) > MAX_KEYS:
        raise KeySetError(
            f'The key set has no list "keys" of at most {MAX_KEYS} keys.',
            hint="Check that the JWKS address is the user pool's own /.well-known/jwks.json.",
        )
    found: dict[str, RSAPublicNumbers] = {}
    for member in cast("list[Any]", members):
        if not isinstance(member, dict):
            continue
        key = cast("dict[str, Any]", member)
        numbers = _read_key(key)
        if numbers is None:
            continue
        if found.setdefault(key["kid"], numbers) != numbers:
            raise KeySetError(
                'The key set gives one "kid" to two different keys.',
                hint="Nothing of it was used; ask the provider, and look at who answers at the JWKS address.",
            )
    if not found:
        raise KeySetError(
            "The key set holds no RSA key for RS256 signatures.",
            hint="Check that the JWKS address is the user pool's own /.well-known/jwks.json.",
        )
    return found


def _read_key(key: dict[str, Any]) -> RSAPublicNumbers | None:
    """One member of the set (RFC 7518 section 6.3.1), or None where it isn't a key that we use."""
    fits = (
        key.get("kty") == "RSA"
        and key.get("use", "sig") == "sig"
        and key.get("alg", "RS256") == "RS256"
        and "verify" in _as_list(key.get("key_ops", ["verify"]))
        and is_plain_kid(key.get("kid"))
    )
    if not fits:
        return None
    modulus, exponent = _read_integer(key.get("n")), _read_integer(key.get("e"))
    if not MIN_MODULUS_BITS <= modulus.bit_length() <= MAX_MODULUS_BITS or not modulus & 1:
        return None
    if not exponent & 1 or not 3 <= exponent < 1 << 32:  # noqa: PLR2004 -- the smallest RSA exponent; a large one only costs
        return None
    return RSAPublicNumbers(exponent, modulus)


def _as_list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _read_integer(value: object) -> int:
    """A Base64urlUInt (RFC 7518 section 2); 0 for what is none."""
    if not isinstance(value, str) or not _BASE64URL.fullmatch(value):
        return 0
    try:
        data = a2b_base64(value.translate(str.maketrans("-_", "+/")) + "=" * (-len(value) % 4))
    except Base64Error:
        return 0
    return int.from_bytes(data, "big")
