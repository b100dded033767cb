"""The pool's side of SRP, written anew from RFC 5054 and RFC 5869 with Python's own `pow` and text in hexadecimal.

It shares no line with what it checks: another way to pad, to hash, to derive and to sign.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# RFC 3526 section 4: 2^3072 - 2^3008 - 1 + 2^64 * ([2^2942 pi] + 1690314)
GENERATOR = "02"


def group_15() -> int:
    """The prime by its formula, with pi computed here: a mistyped digit in a constant can't agree with it."""
    bits = 2942 + 64  # some to spare
    one = 1 << bits

    def arctan_of_inverse(x: int) -> int:
        power = total = one // x
        n, sign = 3, -1
        while power:
            power //= x * x
            total += sign * (power // n)
            n, sign = n + 2, -sign
        return total

    pi = 4 * (4 * arctan_of_inverse(5) - arctan_of_inverse(239))  # Machin
    return 2**3072 - 2**3008 - 1 + 2**64 * ((pi >> 64) + 1690314)


def padded(digits: str) -> str:
    """Whole bytes, and a zero byte before a top bit."""
    digits = digits if len(digits) % 2 == 0 else "0" + digits
    return "00" + digits if digits[0] in "89abcdef" else digits


def sha256(*hexadecimal: str) -> str:
    return hashlib.sha256(bytes.fromhex("".join(hexadecimal))).hexdigest()


class SrpServer:
    """A pool that knows one user's verifier, not the password."""

    def __init__(self, *, prime: int, pool_name: str, user_id: str, password: str, salt: str, b: int) -> None:
        self.n, self.g = prime, int(GENERATOR, 16)
        self.pool_name, self.user_id, self.salt = pool_name, user_id, salt
        self.k = int(sha256(padded(f"{prime:x}"), GENERATOR), 16)
        identity = hashlib.sha256(f"{pool_name}{user_id}:{password}".encode()).hexdigest()
        self.verifier = pow(self.g, int(sha256(padded(f"{int(salt, 16):x}"), identity), 16), prime)
        self.b = b
        self.public = (self.k * self.verifier + pow(self.g, b, prime)) % prime
        self.secret_block = b"what the pool wants back"

    def parameters(self) -> dict[str, str]:
        """ChallengeParameters."""
        return {
            "USERNAME": self.user_id,
            "USER_ID_FOR_SRP": self.user_id,
            "SALT": self.salt,
            "SRP_B": f"{self.public:x}",
            "SECRET_BLOCK": base64.b64encode(self.secret_block).decode(),
        }

    def accepts(self, *, srp_a: str, timestamp: str, signature: str) -> bool:
        """Whether the proof is of the password."""
        a_public = int(srp_a, 16)
        assert a_public % self.n
        u = sha256(padded(f"{a_public:x}"), padded(f"{self.public:x}"))
        secret = pow(a_public * pow(self.verifier, int(u, 16), self.n), self.b, self.n)
        key = HKDF(
            algorithm=hashes.SHA256(),
            length=16,
            salt=bytes.fromhex(padded(f"{int(u, 16):x}")),
            info=b"Caldera Derived Key",
        ).derive(bytes.fromhex(padded(f"{secret:x}")))
        text = self.pool_name.encode() + self.user_id.encode() + self.secret_block + timestamp.encode()
        expected = hmac.new(key, text, hashlib.sha256).digest()
        return hmac.compare_digest(expected, base64.b64decode(signature, validate=True))
