"""The support code: what a stuck person reads out, and what stands in the log beside what happened."""

from __future__ import annotations

import hashlib
from typing import Final

__all__ = ["reference_of"]

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: it is read out on the telephone
_LENGTH: Final = 8  # 40 bits: unique among the stuck people of a day


def reference_of(nonce: str) -> str:
    """The support code of a request, such as `HT-7K3F-9QX2`; "" for a request without a nonce."""
    if not nonce:
        return ""
    number = int.from_bytes(hashlib.sha256(nonce.encode()).digest()[:5], "big")
    code = "".join(_CROCKFORD[(number >> (5 * place)) & 31] for place in range(_LENGTH))
    return f"HT-{code[:4]}-{code[4:]}"
