"""Judging a Cognito access token: Hardtack, cold and remembered, beside PyJWT, joserfc and raw `cryptography`.

Everybody gets the same tokens, each another, with the keys in memory; everybody but the first row finds the key by
`kid` and checks signature, issuer, client, use and expiry. `cryptography, by hand` is the least that one must
write to judge a token: cut, decode, verify, read the claims. `cryptography, RSA alone` verifies bytes that were cut and
decoded beforehand: the floor below all of them, which says how much of the time is the signature's; reading base64 and
JSON with the standard library takes nearly half as long again. The libraries take turns and the best of many rounds
counts, so that a busy machine slows all of them or none. Run as `python bench/verification.py`.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jwt as pyjwt
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet

from hardtack.tokens import Good, TokenVerifier

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support.minting import CLIENT_ID, Mint

if TYPE_CHECKING:
    from collections.abc import Callable

    Judge = Callable[[str], Any]

ROUNDS = 25
TOKENS = 250  # in one measurement, all different
GOAL = 0.7  # of the rate of raw cryptography, by hand
FLOOR, RAW, COLD = "cryptography, RSA alone", "cryptography, by hand", "Hardtack, cold"
NOW = int(time.time())


class Row(NamedTuple):
    """One way to judge a token."""

    name: str
    microseconds: float
    of_raw: float  # its rate, in parts of raw cryptography's by hand
    of_rsa: float  # its rate, in parts of RSA's alone


def rsa_alone(mint: Mint, tokens: list[str]) -> Judge:
    key = mint.ring().get(mint.kid)
    assert key is not None
    parts = {token: (decode(token.rpartition(".")[2]), token.rpartition(".")[0].encode()) for token in tokens}

    def judge(token: str) -> None:
        signature, signed = parts[token]
        key.verify(signature, signed, PKCS1v15(), SHA256())

    return judge


def by_hand(mint: Mint) -> Judge:
    ring = mint.ring()

    def judge(token: str) -> dict[str, Any]:
        signed, _, signature = token.rpartition(".")
        header, payload = signed.split(".")
        key = ring.get(json.loads(decode(header))["kid"])
        key.verify(decode(signature), signed.encode(), PKCS1v15(), SHA256())
        claims = json.loads(decode(payload))
        assert claims["iss"] == mint.issuer
        assert claims["client_id"] == CLIENT_ID
        assert claims["token_use"] == "access"
        assert claims["exp"] > NOW
        return claims

    return judge


def with_pyjwt(mint: Mint) -> Judge:
    keys = pyjwt.PyJWKSet.from_dict(mint.jwks())

    def judge(token: str) -> dict[str, Any]:
        key = keys[pyjwt.get_unverified_header(token)["kid"]]
        claims = pyjwt.decode(token, key, algorithms=["RS256"], issuer=mint.issuer, options={"verify_aud": False})
        assert claims["client_id"] == CLIENT_ID
        assert claims["token_use"] == "access"
        return claims

    return judge


def with_joserfc(mint: Mint) -> Judge:
    keys = KeySet.import_key_set(mint.jwks())
    registry = joserfc_jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": mint.issuer},
        client_id={"essential": True, "value": CLIENT_ID},
        token_use={"essential": True, "value": "access"},
        exp={"essential": True},
    )

    def judge(token: str) -> dict[str, Any]:
        decoded = joserfc_jwt.decode(token, keys, algorithms=["RS256"])
        registry.validate(decoded.claims)
        return decoded.claims

    return judge


def with_hardtack(verifier: TokenVerifier) -> Judge:
    def judge(token: str) -> Good:
        judged = verifier.judge(token, now=NOW)
        assert isinstance(judged, Good)
        return judged

    return judge


def decode(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def run() -> list[Row]:
    """All ways, in turns; the floor first."""
    mint = Mint()
    tokens = [mint.access_token(username="alice", auth_time=NOW) for _ in range(TOKENS)]
    cold, warm = mint.verifier(), mint.verifier()
    ways: dict[str, Judge] = {
        FLOOR: rsa_alone(mint, tokens),
        RAW: by_hand(mint),
        COLD: with_hardtack(cold),
        "Hardtack, remembered": with_hardtack(warm),
        "PyJWT": with_pyjwt(mint),
        "joserfc": with_joserfc(mint),
    }
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, judge in ways.items():
            cold.forget()
            start = time.perf_counter()
            for token in tokens:
                judge(token)
            best[name] = min(best[name], (time.perf_counter() - start) / TOKENS * 1e6)
    return [Row(name, spent, best[RAW] / spent, best[FLOOR] / spent) for name, spent in best.items()]


def memory(count: int = 4096) -> tuple[int, int]:
    """How many tokens a full cache of the default size remembers, and the bytes that it takes."""
    mint = Mint()
    verifier = mint.verifier()
    for n in range(count):
        verifier.judge(mint.access_token(iat=NOW + n), now=NOW)
    return verifier.cached(), verifier.memory_estimate()


def main() -> int:
    """Print the table and how it stands against the goal; 0 if that is reached."""
    rows = run()
    print(f"{'judging one access token':28}{'µs':>9}{'of by hand':>14}{'of RSA alone':>14}")
    for row in rows:
        print(f"{row.name:28}{row.microseconds:9.2f}{row.of_raw:14.2f}{row.of_rsa:14.2f}")
    remembered, taken = memory()
    print(f"\ncache: {remembered:,} tokens in {taken / 1e6:.1f} MB, {taken / remembered:,.0f} bytes each")
    cold = next(row for row in rows if row.name == COLD)
    print(f"An unknown token is judged at {cold.of_raw:.2f} times the rate of raw cryptography by hand: goal {GOAL}.")
    print(f"Beside RSA alone, on bytes that somebody else cut and decoded, it is {cold.of_rsa:.2f} times the rate.")
    return 0 if cold.of_raw >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
