"""Judging a Cognito token (RFC 7519, RFC 7515, and Cognito's page on verifying JSON web tokens).

Rule: the token decides nothing. Algorithm, issuer, client and use come from our configuration, the key from the pool's
JWKS; the header's `kid` only picks among those keys. What is cheap is asked first (size, form, whose token it says it
is) and what costs is asked last (the signature), so a token that was never meant for us costs no RSA and fetches no
key. No claim is handed out before the signature holds. Whatever comes in, the answer is a value.

The server's clock comes in as `now`. A token issued "in the future" is not refused: a server clock may be slow, and the
engine corrects for it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from hardtack.tokens.claims import Claims, ClaimsDraft, TokenUse
from hardtack.tokens.compact import Malformed, decode_object, decode_segment, split
from hardtack.tokens.judgement import Bad, BadToken, Expired, Good, Judgement, UnknownKey
from hardtack.tokens.keys import KeyRing, is_plain_kid
from hardtack.tokens.verified import VerifiedTokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardtack.tokens.verified import VerifiedToken

__all__ = ["TokenVerifier"]

_PADDING = PKCS1v15()
_HASH = SHA256()
# Headers by which a token would bring its own key or demand what we don't do (RFC 7515 section 4.1, RFC 7797).
_KEYS_OF_ITS_OWN = frozenset({"jku", "jwk", "x5u", "x5c"})
_DEMANDS = frozenset({"crit", "b64"})
_LATEST = 253_402_300_799  # the end of the year 9999, epoch seconds: beyond it no date library follows
_MAX_HEADERS = 32  # a pool signs with two keys, so it has two headers


class _Refused(Exception):  # noqa: N818 -- carries a judgement from a helper to `judge`, no further
    def __init__(self, verdict: Bad | UnknownKey) -> None:
        self.verdict = verdict


class TokenVerifier:
    """Judges the tokens of one app client of one user pool. Thread-safe; its only state is its bounded cache.

    Args:
        issuer: the exact `iss`, such as `https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI`.
        client_id: the app client: `client_id` of access tokens, `aud` of id tokens.
        keys: the pool's keys; may be empty, then every token is `UnknownKey`.
        leeway: seconds that a token is taken for good after its `exp` (and before its `nbf`).
        max_token_bytes: a longer token is refused before anything of it is parsed. A cookie holds 4,096 bytes.
        cache_size: how many verified tokens are remembered; 0 for none.
        cache_secret: keys the cache's digests; made for this object when not given.
    """

    __slots__ = ("_cache", "_client_id", "_headers", "_issuer", "_keys", "_leeway", "_max_token_bytes")

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        keys: KeyRing,
        leeway: int = 0,
        max_token_bytes: int = 8192,
        cache_size: int = 4096,
        cache_secret: bytes | None = None,
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._keys = keys
        self._leeway = leeway
        self._max_token_bytes = max_token_bytes
        self._cache = VerifiedTokens(cache_size, cache_secret)
        # Headers of tokens that were verified, by their base64 text: nobody else's gets in.
        self._headers: dict[bytes, str] = {}

    @property
    def keys(self) -> KeyRing:
        """The ring that this verifier looks keys up in."""
        return self._keys

    def judge(  # noqa: PLR0911 -- each return is one judgement, in the order of what it costs to find
        self, token: str, *, now: float, use: TokenUse = "access"
    ) -> Judgement:
        """Say what this token is worth at the time `now` (epoch seconds).

        `Good` and `Expired` carry claims whose signature held. `UnknownKey` asks for the keys to be fetched and the
        token to be judged again. Never raises, whatever the token.
        """
        if len(token) > self._max_token_bytes:
            return _TOO_LARGE
        try:
            data = token.encode("ascii")
        except UnicodeEncodeError:
            return _MALFORMED
        digest = self._cache.digest(data)
        entry = self._cache.get(digest)
        if entry is None or entry[0] != self._keys.generation:
            try:
                entry = self._verify(data, use)
            except Malformed:
                return _MALFORMED
            except _Refused as refused:
                return refused.verdict
            self._cache.put(digest, entry)
        _, expires_at, not_before, good = entry
        if good.claims.token_use != use:
            return _OTHER_USE
        if now >= expires_at + self._leeway:
            return Expired(good.claims)
        if now < not_before - self._leeway:
            return _NOT_YET
        return good

    def _verify(self, data: bytes, use: TokenUse) -> VerifiedToken:
        generation = self._keys.generation
        header, payload, signature = split(data)
        kid = self._headers.get(header) or _read_header(decode_object(decode_segment(header)))
        claims, not_before = self._read_claims(decode_object(decode_segment(payload)), use)
        octets = decode_segment(signature)
        key = self._keys.get(kid)
        if key is None:
            raise _Refused(UnknownKey(kid))
        try:
            key.verify(octets, data[: len(header) + 1 + len(payload)], _PADDING, _HASH)
        except InvalidSignature:
            raise _Refused(_BAD_SIGNATURE) from None
        if header not in self._headers:
            if len(self._headers) >= _MAX_HEADERS:
                self._headers.clear()
            self._headers[header] = kid
        return generation, claims.expires_at, not_before, Good(claims)

    def _read_claims(self, raw: dict[str, Any], use: TokenUse) -> tuple[Claims, int]:
        """The claims, checked for whose they are and for type; and `nbf`, or 0.

        Types are compared exactly: what JSON gives has no subclasses, and True must not pass for a time.
        """
        get: Callable[..., Any] = raw.get
        if get("iss") != self._issuer:
            raise _Refused(_OTHER_ISSUER)
        if get("token_use") != use:
            raise _Refused(_OTHER_USE)
        access = use == "access"
        if get("client_id" if access else "aud") != self._client_id:
            raise _Refused(_OTHER_CLIENT)
        sub, username, jti = get("sub"), get("username" if access else "cognito:username"), get("jti", "")
        expires_at, issued_at, auth_time, not_before = get("exp"), get("iat"), get("auth_time"), get("nbf", 0)
        origin_jti, scope, groups = get("origin_jti"), get("scope", ""), get("cognito:groups")
        if not (
            type(expires_at) is type(issued_at) is type(auth_time) is type(not_before) is int
            and 0 <= expires_at <= _LATEST
            and 0 <= issued_at <= _LATEST
            and 0 <= auth_time <= _LATEST
            and 0 <= not_before <= _LATEST
            and type(sub) is type(username) is type(jti) is type(scope) is str
            and sub
            and username
            and (jti or not access)
            and (origin_jti is None or (type(origin_jti) is str and origin_jti))
            and (groups is None or _are_texts(groups))
        ):
            raise _Refused(_BAD_CLAIMS)
        claims = ClaimsDraft(
            use,
            sub,
            self._client_id,
            username,
            self._issuer,
            expires_at,
            issued_at,
            auth_time,
            jti,
            origin_jti,
            tuple(scope.split()),
            tuple(groups or ()),
            MappingProxyType(raw),
        )
        return claims.sealed(), not_before

    def cached(self) -> int:
        """How many verified tokens the cache remembers now."""
        return len(self._cache)

    def memory_estimate(self) -> int:
        """Bytes that the cache takes now, measured on a sample of its entries."""
        return self._cache.memory_estimate()

    def forget(self) -> None:
        """Empty the cache."""
        self._cache.clear()


def _read_header(header: dict[str, Any]) -> str:
    """The `kid` of a header that asks for nothing but RS256 with a key of ours."""
    if header.get("alg") != "RS256":
        raise _Refused(_OTHER_ALGORITHM)
    if not _DEMANDS.isdisjoint(header):
        raise Malformed
    kid = header.get("kid")
    if not is_plain_kid(kid) or not _KEYS_OF_ITS_OWN.isdisjoint(header):
        raise _Refused(_BAD_KEY)
    return cast("str", kid)


def _are_texts(value: object) -> bool:
    return type(value) is list and all(type(item) is str for item in cast("list[object]", value))


_TOO_LARGE = Bad(BadToken.TOO_LARGE)
_MALFORMED = Bad(BadToken.MALFORMED)
_OTHER_ALGORITHM = Bad(BadToken.ALGORITHM)
_BAD_KEY = Bad(BadToken.KEY)
_BAD_SIGNATURE = Bad(BadToken.SIGNATURE)
_OTHER_ISSUER = Bad(BadToken.ISSUER)
_OTHER_CLIENT = Bad(BadToken.CLIENT)
_OTHER_USE = Bad(BadToken.TOKEN_USE)
_NOT_YET = Bad(BadToken.NOT_YET)
_BAD_CLAIMS = Bad(BadToken.CLAIMS)
