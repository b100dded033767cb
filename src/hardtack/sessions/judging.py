"""Verification of what a request shows, within bounds that a stranger can't stretch.

Rule: a token counts only with a good signature for this client. At most `MOST_VERIFIED` signatures are checked per
request, whoever planted however many; those that claim to be the bound session go first, so a flood of planted cookies
can't push the real one out (its `origin_jti` is random and known to nobody else).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from hardtack.tokens import Bad, Claims, Expired, Good, UnknownKey
from hardtack.tokens.compact import Malformed, decode_object, decode_segment, split

if TYPE_CHECKING:
    from hardtack.sessions.marks import Marks
    from hardtack.sessions.storage import Found, Shown
    from hardtack.tokens import Judgement

__all__ = [
    "MOST_VERIFIED",
    "FetchKeys",
    "Judge",
    "Judged",
    "JudgedSet",
    "jti_of",
    "judge_shown",
    "judge_tokens",
    "partner_id",
    "session_key_of",
    "times_of",
]

MOST_VERIFIED: Final = 8  # signatures a request; at about 30 microseconds each
_MOST_PEEKED: Final = 64  # candidates that are looked at for their order; a browser keeps at most 180 cookies a site

Judge = Callable[[str, float, Literal["access", "id"]], "Judgement"]
"""(token, now, use) to a judgement: `TokenVerifier.judge`, or the explorer's symbolic one."""


@dataclass(frozen=True, slots=True)
class FetchKeys:
    """Need: the pool's keys hold none of this name.

    Answered True when the keys may have changed, False when they can't be had, None when there is no such key.
    """

    kid: str


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """One sign-in of one person, as far as the request shows it: its newest access token.

    Attributes:
        found: the access token as shown.
        claims: its verified claims.
        live: whether it has not ended yet.
    """

    found: Found = field(repr=False)
    claims: Claims
    live: bool

    @property
    def key(self) -> tuple[str, str]:
        """The person and the sign-in."""
        return self.claims.sub, self.claims.session_key


@dataclass(frozen=True, slots=True)
class Judged:
    """What verification came to.

    Attributes:
        sets: a set for each sign-in shown, in the order in which they were first seen.
        unjudged: some token could not be judged, since its key can't be had now.
    """

    sets: tuple[JudgedSet, ...]
    unjudged: bool


def judge_shown(judge: Judge, shown: Shown, marks: Marks, now: float) -> Generator[FetchKeys, Any, Judged]:
    """Verify the access tokens shown; ask for keys at most once."""
    sets: dict[tuple[str, str], JudgedSet] = {}
    asked, unjudged = False, False
    for found in _likeliest_first(shown, marks)[:MOST_VERIFIED]:
        judgement = judge(found.token, now, "access")
        if isinstance(judgement, UnknownKey) and not asked:
            asked = True
            fetched = yield FetchKeys(judgement.kid)
            if fetched:
                judgement = judge(found.token, now, "access")
            unjudged = fetched is False
        if isinstance(judgement, Good | Expired):
            candidate = JudgedSet(found, judgement.claims, isinstance(judgement, Good))
            known = sets.get(candidate.key)
            if known is None or _newer(candidate, known):
                sets[candidate.key] = candidate
    return Judged(tuple(sets.values()), unjudged)


def judge_tokens(judge: Judge, access_token: str, now: float) -> Generator[FetchKeys, Any, Claims | None]:
    """Verify an access token that the pool just gave; it may be signed with a key that is newer than ours."""
    judgement = judge(access_token, now, "access")
    if isinstance(judgement, UnknownKey) and (yield FetchKeys(judgement.kid)):
        judgement = judge(access_token, now, "access")
    return judgement.claims if isinstance(judgement, Good | Expired) else None


def partner_id(judge: Judge, shown: Shown, chosen: JudgedSet, now: float) -> tuple[str, Claims] | None:
    """The newest ID token of the very same person and sign-in, expired or not; any other is somebody else's."""
    best: tuple[str, Claims] | None = None
    for found in [found for found in shown.ids if found.owner == chosen.found.owner][:MOST_VERIFIED]:
        judgement = judge(found.token, now, "id")
        if isinstance(judgement, Bad | UnknownKey):
            continue
        claims = judgement.claims
        same = claims.sub == chosen.claims.sub and claims.session_key == chosen.claims.session_key
        if same and (best is None or claims.issued_at > best[1].issued_at):
            best = (found.token, claims)
    return best


def _newer(one: JudgedSet, other: JudgedSet) -> bool:
    return (one.claims.issued_at, one.claims.expires_at) > (other.claims.issued_at, other.claims.expires_at)


def _likeliest_first(shown: Shown, marks: Marks) -> list[Found]:
    """Distinct candidates: those of the bound session and the written pair first, then those of named owners."""
    distinct = list({(found.owner, found.token): found for found in shown.accesses}.values())[: _MOST_PEEKED * 3]
    if len(distinct) <= 1:
        return distinct
    named = set(shown.named)
    bound = marks.binding.session_key if marks.binding else None
    written = marks.pair.jti if marks.pair else None

    def rank(found: Found) -> tuple[bool, bool, bool, int]:
        session_key, jti, issued_at = _peek(found.token)
        return (
            bound is None or session_key != bound,
            written is None or jti != written,
            found.owner not in named,
            -issued_at,
        )

    return sorted(distinct, key=rank)


def jti_of(token: str) -> str:
    """The `jti` that a token claims, unverified; "" where it claims none."""
    jti = _unverified(token).get("jti")
    return jti if isinstance(jti, str) else ""


def times_of(token: str) -> tuple[int, int]:
    """The `iat` and `exp` that a token claims, unverified; 0 for what it doesn't say."""
    claims = _unverified(token)
    issued_at, expires_at = claims.get("iat"), claims.get("exp")
    return issued_at if type(issued_at) is int else 0, expires_at if type(expires_at) is int else 0


def _peek(token: str) -> tuple[str, str, int]:
    """The session key, `jti` and `iat` that a token *claims*: good enough for an order, for nothing else."""
    claims = _unverified(token)
    issued_at = claims.get("iat")
    return _session_key(claims), str(claims.get("jti")), issued_at if type(issued_at) is int else 0


def session_key_of(token: str) -> str:
    """The sign-in that a token claims to descend from, unverified; see `Claims.session_key`."""
    return _session_key(_unverified(token))


def _session_key(claims: dict[str, Any]) -> str:
    return str(claims.get("origin_jti") or f"auth_time:{claims.get('auth_time')}")


def _unverified(token: str) -> dict[str, Any]:
    try:
        return decode_object(decode_segment(split(token.encode("ascii"))[1]))
    except (Malformed, UnicodeEncodeError):
        return {}
