"""The four things that can be said of a token.

Rule: a token is input from a stranger, so nothing that can be wrong with it is an exception. Who asks gets one of
four values and must treat each: `Good`, `Expired` (the signature holds, the time is over: a refresh may follow),
`UnknownKey` (signed with a key that we don't have: fetch the keys, judge again) and `Bad` (nothing will mend it).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from hardtack.tokens.claims import Claims

__all__ = ["Bad", "BadToken", "Expired", "Good", "Judgement", "UnknownKey"]


class BadToken(StrEnum):
    """Why a token is refused for good."""

    TOO_LARGE = "too_large"
    """Longer than the limit; nothing of it was parsed."""
    MALFORMED = "malformed"
    """Not three parts of strict base64url, or its JSON is not a plain object."""
    ALGORITHM = "algorithm"
    """`alg` is not RS256. The token never chooses the algorithm."""
    KEY = "key"
    """`kid` is missing or no plain text, or the header brings its own key (`jwk`, `jku`, `x5u`, `x5c`)."""
    SIGNATURE = "signature"
    """The signature doesn't hold under the key that `kid` names."""
    ISSUER = "issuer"
    """`iss` is another user pool."""
    CLIENT = "client"
    """`client_id` (access) or `aud` (id) is another app client."""
    TOKEN_USE = "token_use"  # noqa: S105 -- the name of a claim, not a secret
    """An id token where an access token was asked for, or the other way round."""
    NOT_YET = "not_yet"
    """`nbf` lies ahead (RFC 7519 section 4.1.5). Cognito sends none; an `iat` ahead of our clock is no fault."""
    CLAIMS = "claims"
    """A claim that Cognito always sends is missing or has the wrong type."""


@dataclass(frozen=True, slots=True)
class Good:
    """The signature holds, the token is for this client, and its time is not over."""

    claims: Claims


@dataclass(frozen=True, slots=True)
class Expired:
    """Good in everything but the time: `exp`, and the leeway, have passed."""

    claims: Claims


@dataclass(frozen=True, slots=True)
class UnknownKey:
    """Everything that can be read fits this client, but the ring holds no key named `kid` (at most 128 characters)."""

    kid: str


@dataclass(frozen=True, slots=True)
class Bad:
    """Refused; the reason is for events and reports, not for whoever sent it."""

    reason: BadToken


Judgement: TypeAlias = Good | Expired | UnknownKey | Bad
