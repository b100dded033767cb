"""Tokens as Cognito makes them, for every test that needs a signed-in person.

    mint = Mint()                                        # a user pool of its own, one RSA key (shared by the process)
    ring = KeyRing(mint.jwks())                          # the pool's keys as the verifier takes them
    session = mint.session(sub="…", username="alice", auth_time=1_700_000_000)   # a TokenSet: access, id, refresh
    later = mint.refreshed(session, at=1_700_003_600)    # the same sign-in (origin_jti, auth_time) an hour later
    token = mint.access_token(sub="…", exp=…)            # one token, any claim given; `drop=("jti",)` removes some
    token = mint.forge(header, payload)                  # any header, any payload, truly signed

Times are epoch seconds and never read from a clock: `auth_time` is when the person signed in, `iat` (default:
auth_time) when the token was issued, and `exp` (default: iat + 3600) when it ends. `mint.verifier()` gives a
TokenVerifier of it. A second pool is another `Mint(pool="eu-west-1_Other", key=1)`; a rotated key is `mint.rotate(2)`.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from hardtack.tokens import KeyRing, TokenSet, TokenVerifier

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

REGION = "eu-west-1"
POOL = "eu-west-1_AbCdEfGhI"
CLIENT_ID = "1h57kf5cpq17m0eml12example"
SUB = "5b2d4f1e-7c0a-4a3c-9a2b-0f0e2c9d1a11"
NOW = 1_700_000_000


def b64(data: bytes) -> str:
    """base64url without padding, as RFC 7515 writes it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@lru_cache(maxsize=8)
def private_key(number: int = 0) -> rsa.RSAPrivateKey:
    """Key `number` of the pool of keys: generated once a process, the same for every Mint that asks for it."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def kid_of(number: int) -> str:
    """A key's name as Cognito writes it: 44 characters of base64 with its padding."""
    return base64.b64encode(hashlib.sha256(f"key {number}".encode()).digest()).decode()


class Mint:
    """One user pool's token maker.

    Args:
        pool: the user pool's id; the region is what stands before its underscore.
        client_id: the app client that the tokens are for (each call may name another).
        key: which key of the process's pool of keys signs.
        issuer: the issuer, when it isn't Cognito's own address (an emulator behind another one).
    """

    def __init__(
        self, pool: str = POOL, client_id: str = CLIENT_ID, *, key: int = 0, issuer: str | None = None
    ) -> None:
        self.pool = pool
        self.client_id = client_id
        self.key = key
        self.listed = [key]
        self.issuer = issuer or f"https://cognito-idp.{pool.partition('_')[0]}.amazonaws.com/{pool}"
        self._serial = itertools.count(1)

    @property
    def kid(self) -> str:
        """The name of the key that signs now."""
        return kid_of(self.key)

    def rotate(self, key: int, *, keep: bool = True) -> None:
        """Sign with another key from now on; with `keep` the JWKS goes on listing the earlier ones."""
        self.key = key
        self.listed = [*self.listed, key] if keep else [key]

    def jwks(self) -> dict[str, Any]:
        """The pool's key set, as Cognito's /.well-known/jwks.json has it."""
        return {"keys": [jwk(number) for number in self.listed]}

    def ring(self) -> KeyRing:
        """A new KeyRing with this pool's keys."""
        return KeyRing(self.jwks())

    def verifier(self, **options: Any) -> TokenVerifier:
        """A TokenVerifier for this pool and client; options as TokenVerifier takes them."""
        options.setdefault("keys", self.ring())
        return TokenVerifier(issuer=self.issuer, client_id=self.client_id, **options)

    def unique(self, label: str = "") -> str:
        """A UUID-shaped text that this mint hasn't given before; the same run after run."""
        digest = hashlib.sha256(f"{self.pool} {label} {next(self._serial)}".encode()).hexdigest()
        return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-9{digest[17:20]}-{digest[20:32]}"

    def access_claims(
        self,
        *,
        sub: str = SUB,
        username: str | None = None,
        auth_time: int = NOW,
        iat: int | None = None,
        exp: int | None = None,
        origin_jti: str | None = None,
        jti: str | None = None,
        client_id: str | None = None,
        groups: Collection[str] = (),
        drop: Collection[str] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The claims of an access token, in Cognito's order. `drop` removes members, `extra` adds or replaces them."""
        iat = auth_time if iat is None else iat
        claims: dict[str, Any] = {
            "sub": sub,
            **({"cognito:groups": list(groups)} if groups else {}),
            "iss": self.issuer,
            "client_id": client_id or self.client_id,
            "origin_jti": origin_jti or self.unique("origin"),
            "event_id": self.unique("event"),
            "token_use": "access",
            "scope": "aws.cognito.signin.user.admin",
            "auth_time": auth_time,
            "exp": iat + 3600 if exp is None else exp,
            "iat": iat,
            "jti": jti or self.unique("jti"),
            "username": sub if username is None else username,
        }
        return _changed(claims, drop, extra)

    def id_claims(
        self,
        *,
        sub: str = SUB,
        username: str | None = None,
        auth_time: int = NOW,
        iat: int | None = None,
        exp: int | None = None,
        origin_jti: str | None = None,
        jti: str | None = None,
        client_id: str | None = None,
        email: str = "alice@example.com",
        groups: Collection[str] = (),
        drop: Collection[str] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The claims of an id token, in Cognito's order."""
        iat = auth_time if iat is None else iat
        claims: dict[str, Any] = {
            "sub": sub,
            **({"cognito:groups": list(groups)} if groups else {}),
            "email_verified": True,
            "iss": self.issuer,
            "cognito:username": sub if username is None else username,
            "origin_jti": origin_jti or self.unique("origin"),
            "aud": client_id or self.client_id,
            "event_id": self.unique("event"),
            "token_use": "id",
            "auth_time": auth_time,
            "exp": iat + 3600 if exp is None else exp,
            "iat": iat,
            "jti": jti or self.unique("jti"),
            "email": email,
        }
        return _changed(claims, drop, extra)

    def access_token(self, **claims: Any) -> str:
        """A signed access token; arguments as `access_claims` takes them."""
        return self.sign(self.access_claims(**claims))

    def id_token(self, **claims: Any) -> str:
        """A signed id token; arguments as `id_claims` takes them."""
        return self.sign(self.id_claims(**claims))

    def refresh_token(self) -> str:
        """Opaque text of the shape that Cognito's have: a JWE's five segments of base64url."""
        parts = (hashlib.sha512(f"{self.unique('refresh')} {n}".encode()).digest() for n in range(8))
        blob = b64(b"".join(parts))
        head = b64(b'{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}')
        return f"{head}.{blob[:300]}.{blob[300:316]}.{blob[316:660]}.{blob[660:682]}"

    def session(
        self,
        *,
        sub: str = SUB,
        username: str | None = None,
        auth_time: int = NOW,
        iat: int | None = None,
        exp: int | None = None,
        origin_jti: str | None = None,
        refresh_token: str | None = None,
        email: str = "alice@example.com",
        client_id: str | None = None,
    ) -> TokenSet:
        """A whole sign-in: an access and an id token of one `origin_jti`, and an opaque refresh token."""
        shared: dict[str, Any] = {
            "sub": sub,
            "username": username,
            "auth_time": auth_time,
            "iat": iat,
            "exp": exp,
            "origin_jti": origin_jti or self.unique("origin"),
            "client_id": client_id,
        }
        return TokenSet(
            self.access_token(**shared), self.id_token(email=email, **shared), refresh_token or self.refresh_token()
        )

    def refreshed(self, tokens: TokenSet, *, at: int, rotate: bool = False, lifetime: int = 3600) -> TokenSet:
        """What the pool answers to a refresh at `at`: new tokens of the same sign-in, with `rotate` all three."""
        access, identity = (
            {**read_claims(token), "iat": at, "exp": at + lifetime, "jti": self.unique("jti")}
            for token in (tokens.access_token, tokens.id_token or self.id_token())
        )
        return TokenSet(
            self.sign(access), self.sign(identity), self.refresh_token() if rotate else tokens.refresh_token
        )

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Sign these claims as Cognito does."""
        return self.forge({"kid": self.kid, "alg": "RS256"}, claims)

    def forge(self, header: Mapping[str, Any] | bytes, payload: Mapping[str, Any] | bytes) -> str:
        """Sign any header and payload with this mint's key; bytes go in as they are."""
        head, body = (
            part if isinstance(part, bytes) else json.dumps(part, separators=(",", ":")).encode()
            for part in (header, payload)
        )
        signed = f"{b64(head)}.{b64(body)}"
        signature = private_key(self.key).sign(signed.encode(), padding.PKCS1v15(), SHA256())
        return f"{signed}.{b64(signature)}"


def jwk(number: int) -> dict[str, Any]:
    """Key `number` as a member of Cognito's JWKS."""
    numbers = private_key(number).public_key().public_numbers()
    return {
        "alg": "RS256",
        "e": b64(numbers.e.to_bytes(3, "big")),
        "kid": kid_of(number),
        "kty": "RSA",
        "n": b64(numbers.n.to_bytes(256, "big")),
        "use": "sig",
    }


def read_claims(token: str) -> dict[str, Any]:
    """A token's claims without any verification."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def _changed(claims: dict[str, Any], drop: Collection[str], extra: Mapping[str, Any] | None) -> dict[str, Any]:
    claims.update(extra or {})
    return {name: value for name, value in claims.items() if name not in drop}
