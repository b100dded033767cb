"""What the adapter asks for while it works, and what it comes to.

Rule: the model does no I/O. Where the adapter would verify a token or call the user pool it yields a need and is sent
the outcome, so that a driver with sockets and a search without them run the very same code.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from hardtack.tokens import Judgement, TokenSet

if TYPE_CHECKING:
    from hardtack.amplify.adapter.releases import Operation
    from hardtack.tokens import TokenUse

__all__ = ["AdapterAnswer", "AdapterFlow", "Need", "RefreshTokens", "Reply", "Verify"]


@dataclass(frozen=True, slots=True)
class Verify:
    """What is this token worth? To be answered by a `Judgement`.

    The adapter asks aws-jwt-verify, which looks at the issuer, then at the signature, then at the time, and only then
    at whose token it is: to the letter, an expired token of another client of the same pool is `Expired`, not `Bad`.
    Where the keys can't be had, the answer is `UnknownKey`.

    Attributes:
        token: as it stands in the cookie.
        use: which of the two it should be.
        unverified: whether the adapter only decodes it (tokens fresh from the pool; any token in old releases). Then
            `Good` for whatever can be decoded is to the letter, and a verifier's judgement comes close.
    """

    token: str = field(repr=False)
    use: TokenUse
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class RefreshTokens:
    """New tokens for this refresh token. To be answered by a `TokenSet` or by the name of what went wrong.

    A `TokenSet` has the pool's own answer: no refresh token in it means that the old one goes on. A name is Cognito's
    exception (`NotAuthorizedException`, `TooManyRequestsException`), `NetworkError` where no answer came, or `Unknown`
    for an answer that made no sense.

    Attributes:
        refresh_token: as it stands in the cookie.
        operation: which of the pool's operations is called.
    """

    refresh_token: str = field(repr=False)
    operation: Operation


@dataclass(frozen=True, slots=True)
class AdapterAnswer:
    """What one call came to.

    Attributes:
        signed_in: whether the caller has a session.
        username: `cognito:username` of the ID token, which is not the name in the cookies' names; empty without one.
        sub: of the access token (`fetchAuthSession`), of the ID token (`getCurrentUser`); empty without one.
        refreshed: whether the session came by a refresh.
        refused: the name of the error with which a refresh ended; empty without a refresh or with a successful one.
        thrown: the name of the error that the caller has to catch; empty for none.
        set_cookie_lines: every `Set-Cookie` value that the response carries by now, in order; one character a byte.
    """

    signed_in: bool = False
    username: str = field(default="", repr=False)
    sub: str = field(default="", repr=False)
    refreshed: bool = False
    refused: str = ""
    thrown: str = ""
    set_cookie_lines: tuple[str, ...] = field(default=(), repr=False)


Need: TypeAlias = Verify | RefreshTokens
Reply: TypeAlias = Judgement | TokenSet | str
AdapterFlow: TypeAlias = Generator[Need, Reply, AdapterAnswer]
