"""Layer 2: Cognito's JWTs.

What a token says, whether it can be trusted, and the keys that decide it. Pure but for `key_fetcher`, which fetches
keys through a transport that it is given.
"""

from __future__ import annotations

from hardtack.tokens.claims import Claims, TokenSet, TokenUse
from hardtack.tokens.judgement import Bad, BadToken, Expired, Good, Judgement, UnknownKey
from hardtack.tokens.key_fetcher import Fetched, FetchFailed, FetchProblem, KeyFetch, KeyFetcher, TooSoon
from hardtack.tokens.keys import KeyRing, KeySetError, is_plain_kid
from hardtack.tokens.verifier import TokenVerifier

__all__ = [
    "Bad",
    "BadToken",
    "Claims",
    "Expired",
    "FetchFailed",
    "FetchProblem",
    "Fetched",
    "Good",
    "Judgement",
    "KeyFetch",
    "KeyFetcher",
    "KeyRing",
    "KeySetError",
    "TokenSet",
    "TokenUse",
    "TokenVerifier",
    "TooSoon",
    "UnknownKey",
    "is_plain_kid",
]
