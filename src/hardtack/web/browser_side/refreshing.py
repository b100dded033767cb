"""`POST {base}/refresh` and `POST {base}/arrived`: a refresh in the server's hands, and a sign-in that it is told of.

Rule: script asks with its cookies and is given tokens, never cookies: it writes them itself, under its lock, and only
where nobody has signed out or in meanwhile. Whoever may not read the tokens of this browser can't read the answer: both
are for the site's own pages, and neither is served where the cookies are HttpOnly.

What a sign-in tells is a stranger's word. It is kept only if the access token is this client's, lives, and belongs to
the sign-in that the request's own mark names with this very claim: so nobody can put a set where another browser finds
it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hardtack.sessions import Reason
from hardtack.sessions.front_end_mark import CLAIM
from hardtack.sessions.transitions import Answer
from hardtack.tokens import TokenSet

if TYPE_CHECKING:
    from hardtack.sessions import Plan

__all__ = ["Arrival", "read_arrival", "refresh_document"]

_LONGEST: Final = 16_384  # bytes of a body: three tokens have some 5,000
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,8192}")
_REFUSED: Final = "NotAuthorizedException"


def refresh_document(plan: Plan) -> dict[str, Any]:
    """What `POST {base}/refresh` answers, with status 200 whatever it is.

    Args:
        plan: the engine's, of a request that `forces`.

    Returns:
        `tokens` (accessToken, refreshToken, and idToken where there is one); or `refused` with Cognito's name for
        why; or `unavailable`, where nothing is known and nothing may be ended; or nothing at all, where the server does
        not refresh for this browser and script may do so by itself.
    """
    session = plan.session
    if plan.answer is Answer.REFRESHED and session is not None:
        tokens = session.tokens
        named = {
            "accessToken": tokens.access_token,
            "idToken": tokens.id_token,
            "refreshToken": tokens.refresh_token,
        }
        return {"tokens": {name: token for name, token in named.items() if token}}
    if plan.answer is Answer.UNAVAILABLE or plan.outcome.reason is Reason.KEYS:
        return {"unavailable": True}
    if plan.answer is Answer.REFUSED:
        codes = [event.fields.get("code") for event in plan.events if event.name == "refresh.refused"]
        return {"refused": str(codes[-1]) if codes else _REFUSED}
    return {}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A sign-in as script tells it.

    Attributes:
        claim: the random text under which the set is to be found again.
        tokens: the set.
    """

    claim: str = field(repr=False)
    tokens: TokenSet = field(repr=False)


def read_arrival(body: bytes) -> Arrival | None:
    """Read what `POST {base}/arrived` was sent: `{"claim": ..., "tokens": {...}}`, the tokens named as above.

    Args:
        body: the request's body, as it came.

    Returns:
        None for a body above 16 KB, or one that is nothing of the kind.
    """
    if len(body) > _LONGEST:
        return None
    try:
        told: Any = json.loads(body)
        claim, tokens = told["claim"], told["tokens"]
        access, identity, refresh = (tokens.get(name) for name in ("accessToken", "idToken", "refreshToken"))
        tokens = TokenSet(_token(access), identity and _token(identity), _token(refresh))
        return Arrival(claim, tokens) if CLAIM.fullmatch(claim) else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _token(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise ValueError
    return text
