"""The Secure Remote Password exchange (SRP-6a, RFC 5054) in the dialect that Cognito speaks.

Rule: no clock, no source of randomness, no request: numbers in, numbers out. The dialect: the 3072-bit group of RFC
3526 with generator 2; integers are hashed big-endian with a leading zero byte where the top bit is set; the password is
hashed together with the pool's name and the user id that the *pool* gives; the key comes from HKDF (RFC 5869, SHA-256)
with a fixed info text, 16 bytes long; the proof signs a timestamp in English, whatever the locale.

What a server could use to learn the password is refused: B that is a multiple of N, and u that is zero (RFC 5054
section 2.5.4).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hardtack.cognito.powmod import powmod

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["RANDOM_BYTES", "Opening", "PasswordVerifier", "open_exchange", "prove", "timestamp"]

N = int(
    """
    FFFFFFFF FFFFFFFF C90FDAA2 2168C234 C4C6628B 80DC1CD1 29024E08 8A67CC74 020BBEA6 3B139B22 514A0879 8E3404DD
    EF9519B3 CD3A431B 302B0A6D F25F1437 4FE1356D 6D51C245 E485B576 625E7EC6 F44C42E9 A637ED6B 0BFF5CB6 F406B7ED
    EE386BFB 5A899FA5 AE9F2411 7C4B1FE6 49286651 ECE45B3D C2007CB8 A163BF05 98DA4836 1C55D39A 69163FA8 FD24CF5F
    83655D23 DCA3AD96 1C62F356 208552BB 9ED52907 7096966D 670C354E 4ABC9804 F1746C08 CA18217C 32905E46 2E36CE3B
    E39E772C 180E8603 9B2783A2 EC07A28F B5C55DF0 6F4C52C9 DE2BCBF6 95581718 3995497C EA956AE5 15D22618 98FA0510
    15728E5A 8AAAC42D AD33170D 04507A33 A85521AB DF1CBA64 ECFB8504 58DBEF0A 8AEA7157 5D060C7D B3970F85 A6E1E4C7
    ABF5AE8C DB0933D7 1E8C94E0 4A25619D CEE3D226 1AD2EE6B F12FFA06 D98A0864 D8760273 3EC86A64 521F2B18 177B200C
    BBE11757 7A615D6C 770988C0 BAD946E2 08E24FA0 74E5AB31 43DB5BFC E0FD108E 4B82D120 A93AD2CA FFFFFFFF FFFFFFFF
    """.replace(" ", "").replace("\n", ""),
    16,
)
"""The prime of group 15 of RFC 3526 (section 4)."""
G = 2

RANDOM_BYTES = 128
"""Bytes of the secret exponent: 1024 bits, as Cognito's own SDKs take."""

_INFO = b"Caldera Derived Key"
_KEY_BYTES = 16
_HEX = re.compile(r"[0-9A-Fa-f]{1,1024}")  # a salt has 32 digits, B at most 768
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Opening:
    """The client's half of an exchange.

    Attributes:
        secret: `a`; stays here.
        public: `A = g^a mod N`; goes to the pool.
    """

    secret: int = field(repr=False)
    public: int = field(repr=False)

    @property
    def srp_a(self) -> str:
        """A in hexadecimal, as `SRP_A` wants it."""
        return f"{self.public:x}"


@dataclass(frozen=True, slots=True)
class PasswordVerifier:
    """The pool's half: what the `PASSWORD_VERIFIER` challenge gives.

    Attributes:
        user_id: `USER_ID_FOR_SRP`: the name that goes into the password's hash.
        salt: the user's salt.
        public: `B`.
        secret_block: opaque bytes that the proof signs.
        secret_block_text: the same in base64, as it came and as it goes back.
    """

    user_id: str = field(repr=False)
    salt: int = field(repr=False)
    public: int = field(repr=False)
    secret_block: bytes = field(repr=False)
    secret_block_text: str = field(repr=False)

    @classmethod
    def parse(cls, parameters: Mapping[str, str]) -> PasswordVerifier | None:
        """Read ChallengeParameters; None if they are no such challenge, or one that no honest pool makes."""
        user_id = parameters.get("USER_ID_FOR_SRP") or parameters.get("USERNAME", "")
        salt, public = parameters.get("SALT", ""), parameters.get("SRP_B", "")
        if not (user_id and _HEX.fullmatch(salt) and _HEX.fullmatch(public)):
            return None
        text = parameters.get("SECRET_BLOCK", "")
        try:
            block = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return None
        b = int(public, 16)
        if not 0 < b < N:  # 0 and N are the multiples of N that a malicious server would send
            return None
        return cls(user_id=user_id, salt=int(salt, 16), public=b, secret_block=block, secret_block_text=text)


def open_exchange(random_bytes: Callable[[int], bytes]) -> Opening:
    """Begin an exchange. Takes some milliseconds of arithmetic.

    Args:
        random_bytes: gives that many bytes from a source that cannot be guessed.
    """
    secret = int.from_bytes(random_bytes(RANDOM_BYTES), "big")
    return Opening(secret=secret, public=powmod(G, secret, N))


def prove(opening: Opening, verifier: PasswordVerifier, *, pool_name: str, password: str, timestamp: str) -> str | None:
    """`PASSWORD_CLAIM_SIGNATURE`: proof of the password for this exchange. Takes some milliseconds of arithmetic.

    Args:
        opening: the client's half.
        verifier: the pool's half.
        pool_name: the user pool id without its region.
        password: what was typed.
        timestamp: from `timestamp`; goes to the pool beside the proof.

    Returns:
        the signature in base64, or None if the pool's numbers would make the proof give the password away.
    """
    u = _hash_int(_padded(opening.public), _padded(verifier.public))
    if u == 0:
        return None
    inner = hashlib.sha256(f"{pool_name}{verifier.user_id}:{password}".encode()).digest()
    x = _hash_int(_padded(verifier.salt), inner)
    base = (verifier.public - _K * powmod(G, x, N)) % N
    shared = powmod(base, opening.secret + u * x, N)
    pseudo_random_key = hmac.digest(_padded(u), _padded(shared), "sha256")
    key = hmac.digest(pseudo_random_key, _INFO + b"\x01", "sha256")[:_KEY_BYTES]
    signed = f"{pool_name}{verifier.user_id}".encode() + verifier.secret_block + timestamp.encode("ascii")
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode("ascii")


def timestamp(now: float) -> str:
    """The moment of a proof as Cognito reads it, such as `Thu Jan 1 00:00:00 UTC 1970`.

    Args:
        now: epoch seconds.
    """
    t = time.gmtime(now)
    clock = f"{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02}"
    return f"{_DAYS[t.tm_wday]} {_MONTHS[t.tm_mon - 1]} {t.tm_mday} {clock} UTC {t.tm_year}"


def _padded(number: int) -> bytes:
    """Big-endian, with a zero byte in front if the top bit is set: never read as a negative number."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _hash_int(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


_K = _hash_int(_padded(N), _padded(G))
