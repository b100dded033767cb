"""What a Cognito token says, and the set of tokens that one sign-in gives.

Rule: these are facts, not behaviour, and they are about a person. So nothing here shows a token, a name or an id in
its `repr`: what identifies somebody is left out of it, and what remains (client, times) is safe in a log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Claims", "ClaimsDraft", "TokenSet", "TokenUse"]

TokenUse = Literal["access", "id"]


@dataclass(frozen=True, slots=True)
class TokenSet:
    """The tokens of one session, as Cognito's `AuthenticationResult` names them.

    Attributes:
        access_token: the JWT that says who is signed in; the only one that every session has.
        id_token: the JWT with the person's attributes, or None (an app client may be set up without it).
        refresh_token: opaque text, or None (the implicit flow gives none). It tells nothing about its partners.
    """

    access_token: str = field(repr=False)
    id_token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a Cognito token (RFC 7519 section 4 and Cognito's own), checked for type.

    Only `TokenVerifier` makes these of a token, and only after the signature held.

    Attributes:
        token_use: which of Cognito's two JWTs this is.
        sub: the user's id in the pool; never changes.
        client_id: the app client: `client_id` of an access token, `aud` of an id token.
        username: `username` of an access token, `cognito:username` of an id token. Amplify names its cookies by what
            `LastAuthUser` holds, which may be another text.
        issuer: `iss`.
        expires_at: `exp`, epoch seconds.
        issued_at: `iat`, epoch seconds.
        auth_time: when the person signed in, epoch seconds in the pool's time; a refresh keeps it.
        jti: the id of this very token; empty where an id token has none (pools without token revocation).
        origin_jti: the id of the sign-in that this token descends from, or None (pools without token revocation).
        scope: the scopes of an access token, in the token's order.
        groups: `cognito:groups`, in the token's order.
        raw: every claim as the token has it; read-only.
    """

    token_use: TokenUse
    sub: str = field(repr=False)
    client_id: str
    username: str = field(repr=False)
    issuer: str
    expires_at: int
    issued_at: int
    auth_time: int
    jti: str = field(repr=False)
    origin_jti: str | None = field(repr=False)
    scope: tuple[str, ...] = field(repr=False)
    groups: tuple[str, ...] = field(repr=False)
    raw: Mapping[str, Any] = field(repr=False, hash=False, compare=False)

    @property
    def session_key(self) -> str:
        """What all tokens of one sign-in share: `origin_jti`, or else the moment of the sign-in."""
        return self.origin_jti or f"auth_time:{self.auth_time}"


class ClaimsDraft:
    """Claims while they are being filled in, for the verifier alone.

    A frozen dataclass sets its fields through thirteen guarded calls, which on the way of every new token is a tenth of
    all our own work. A draft has the same slots, is filled plainly, and becomes `Claims`, frozen, by `sealed`.
    """

    __slots__ = Claims.__slots__

    def __init__(  # noqa: PLR0917 -- thirteen claims, in the order of Claims; called from one place
        self,
        token_use: TokenUse,
        sub: str,
        client_id: str,
        username: str,
        issuer: str,
        expires_at: int,
        issued_at: int,
        auth_time: int,
        jti: str,
        origin_jti: str | None,
        scope: tuple[str, ...],
        groups: tuple[str, ...],
        raw: Mapping[str, Any],
    ) -> None:
        self.token_use = token_use
        self.sub = sub
        self.client_id = client_id
        self.username = username
        self.issuer = issuer
        self.expires_at = expires_at
        self.issued_at = issued_at
        self.auth_time = auth_time
        self.jti = jti
        self.origin_jti = origin_jti
        self.scope = scope
        self.groups = groups
        self.raw = raw

    def sealed(self) -> Claims:
        """This very object, frozen from now on."""
        self.__class__ = Claims  # pyright: ignore[reportAttributeAccessIssue] -- the slots are the same
        return self  # pyright: ignore[reportReturnType] -- Claims since the line above
