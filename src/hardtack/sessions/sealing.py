"""Sealing: what Hardtack writes into a browser and reads back can neither be read nor made by anyone else.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce, under a key derived by HKDF-SHA256 (RFC 5869) from the
deployment's secret for each purpose, so that no sealed text can stand in for another. Secrets rotate: the first seals,
all of them open. The purpose is authenticated as associated data.

Keyed hashes (HMAC-SHA256, RFC 2104, cut to 96 bits) stand for tokens wherever they must be compared or named.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hardtack.errors import Blame, HardtackError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["AesSealer", "Sealer", "WeakSecretError", "open_fields"]

_NONCE_BYTES: Final = 12  # what GCM is specified for
_DIGEST_BYTES: Final = 12  # 96 bits: no two tokens of one browser collide, and it fits a cookie
_MIN_SECRET: Final = 32  # characters; below that a secret can be guessed
_MAX_SEALED: Final = 65_536  # characters; more than all cookies of a request can hold


class WeakSecretError(HardtackError):
    """A deployment secret is missing or too short."""

    code = "secret.weak"
    blame = Blame.CONFIGURATION


class Sealer(Protocol):
    """What the sessions layer needs of cryptography; the explorer puts a symbolic one in its place."""

    def seal(self, purpose: str, plaintext: bytes) -> str:
        """Seal to cookie-safe text."""
        ...

    def open(self, purpose: str, text: str) -> bytes | None:
        """Open what `seal` made for this purpose, or None."""
        ...

    def digest(self, purpose: str, text: str) -> str:
        """A keyed hash of a secret text, safe to keep and to show."""
        ...

    def matches(self, purpose: str, text: str, digest: str) -> bool:
        """Whether a digest, made under any of the secrets, is this text's."""
        ...


def open_fields(sealer: Sealer, purpose: str, text: str) -> list[Any] | None:
    """Open a sealed JSON list, or None.

    What was sealed by us may still be of another shape, since another release may have sealed it: whoever reads the
    fields checks them too, and takes what doesn't fit for absent.
    """
    opened = sealer.open(purpose, text)
    if opened is None:
        return None
    try:
        fields = json.loads(opened)
    except ValueError:
        return None
    return cast("list[Any]", fields) if isinstance(fields, list) else None


class AesSealer:
    """The real sealer.

    Args:
        secrets: the deployment's secrets, newest first, each at least 32 characters.
        random: a source of random bytes.

    Raises:
        WeakSecretError: a secret is missing or too short.
    """

    def __init__(self, secrets: Sequence[str], *, random: Callable[[int], bytes] = os.urandom) -> None:
        if not secrets or any(len(secret) < _MIN_SECRET for secret in secrets):
            raise WeakSecretError(
                "Every deployment secret needs at least 32 characters.",
                hint="Make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'.",
            )
        self._roots = [hashlib.sha256(b"hardtack-secret\0" + secret.encode()).digest() for secret in secrets]
        self._random = random
        self._ciphers: dict[str, list[AESGCM]] = {}
        self._hash_keys: dict[str, list[bytes]] = {}

    def seal(self, purpose: str, plaintext: bytes) -> str:
        """Seal under the newest secret; the result is URL-safe base64 without padding."""
        nonce = self._random(_NONCE_BYTES)
        sealed = self._cipher(purpose)[0].encrypt(nonce, plaintext, purpose.encode())
        return base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode("ascii")

    def open(self, purpose: str, text: str) -> bytes | None:
        """Open under whichever secret fits; None for anything else, whatever it is."""
        if len(text) > _MAX_SEALED:
            return None
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        nonce, sealed = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
        if len(nonce) < _NONCE_BYTES or not sealed:
            return None
        for cipher in self._cipher(purpose):
            try:
                return cipher.decrypt(nonce, sealed, purpose.encode())
            except InvalidTag:
                continue
        return None

    def digest(self, purpose: str, text: str) -> str:
        """HMAC-SHA256 under the newest secret, 96 bits in hexadecimal."""
        return _hmac(self._keys(purpose)[0], text)

    def matches(self, purpose: str, text: str, digest: str) -> bool:
        """Whether `digest` is this text's under any of the secrets, in constant time for each."""
        return any(hmac.compare_digest(_hmac(key, text), digest) for key in self._keys(purpose))

    def _cipher(self, purpose: str) -> list[AESGCM]:
        ciphers = self._ciphers.get(purpose)
        if ciphers is None:
            ciphers = [AESGCM(_derive(root, f"seal:{purpose}")) for root in self._roots]
            self._ciphers[purpose] = ciphers
        return ciphers

    def _keys(self, purpose: str) -> list[bytes]:
        keys = self._hash_keys.get(purpose)
        if keys is None:
            keys = [_derive(root, f"hash:{purpose}") for root in self._roots]
            self._hash_keys[purpose] = keys
        return keys


def _derive(root: bytes, info: str) -> bytes:
    """HKDF-Expand of one block: the root is already uniform (RFC 5869, 3.3 lets extraction be left out)."""
    return hmac.digest(root, info.encode() + b"\x01", "sha256")


def _hmac(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")[:_DIGEST_BYTES].hex()
