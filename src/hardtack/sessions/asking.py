"""Asking the pool: which refresh token to try, in which order, and what to believe of the answer.

Rule: a refresh token is opaque, and in Chromium its place in the header doesn't tell its partner. The partner is known
from the pair's keyed hash or from a refresh, from nothing else. A token is tried only beside an access token of this
client with a good signature, or when one of Hardtack's own marks vouches for it: so a stranger can't spend the pool's
quota. An answer that belongs to another person or another sign-in is discarded as refused: a planted refresh token
must not put one person into another's account.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hardtack.sessions.coordination import Handed, PoolRefused, PoolTokens, PoolUnavailable
from hardtack.sessions.judging import FetchKeys, Judge, judge_tokens
from hardtack.sessions.transitions import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from hardtack.sessions.choosing import Choice
    from hardtack.sessions.events import Event
    from hardtack.sessions.marks import Binding, MarkKeeper, Marks
    from hardtack.sessions.request import BrowserRequest
    from hardtack.sessions.storage import Found, Shown
    from hardtack.tokens import Claims, TokenSet

__all__ = ["Asked", "Asker", "Recall", "Refresh"]

_MOST_REFRESHES: Final = 3  # refresh tokens tried for one request


@dataclass(frozen=True, slots=True)
class Refresh:
    """Need: refresh with this token, or take over what another request got for it.

    Answered by `PoolTokens`, `Handed`, `PoolRefused` or `PoolUnavailable`.

    Attributes:
        refresh_token: the token.
        username: the user's name in the pool, where it is known.
        session_key: the sign-in that the result must belong to; "" where it is not known.
        lone: no access token stands beside it, so that a tight limit applies.
        address: the client's address, for that limit.
        other_than: an access token that won't do, however long it lives; "" where any will.
        claim: under which the store keeps the newest set of this sign-in; "" where it keeps none.
    """

    refresh_token: str = field(repr=False)
    username: str | None = field(repr=False)
    session_key: str = field(repr=False)
    lone: bool
    address: str = field(repr=False)
    other_than: str = field(default="", repr=False)
    claim: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Recall:
    """Need: the newest set of this browser's sign-in, which no cookie shows any more. Answered as `Refresh` is.

    Attributes:
        claim: under which it is kept.
        username: the user's name in the pool, where it is known.
        session_key: the sign-in.
    """

    claim: str = field(repr=False)
    username: str | None = field(repr=False)
    session_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking.

    Attributes:
        answer: the pool's answer, as the transition table knows it.
        tokens: the fresh set, where there is one.
        claims: its verified claims.
        owner: the user name under which the refresh token lay that it was got for.
        events: what happened on the way.
        refused: the tokens that are known to be dead now.
        unsure: which of several refresh tokens is the live one is still not known.
    """

    answer: Answer
    tokens: TokenSet | None = field(default=None, repr=False)
    claims: Claims | None = None
    owner: str = field(default="", repr=False)
    events: tuple[Event, ...] = ()
    refused: frozenset[str] = field(default=frozenset(), repr=False)
    unsure: bool = False


class Asker:
    """Knows what to ask, and whom to believe.

    Args:
        marks: reads the pair's keyed hash.
        judge: verifies what comes back.
        sealed: whether sets come sealed whole (`Storage.unforgeable`): then the seal vouches for every refresh token,
            and a set's own is the one in its slot.
    """

    def __init__(self, marks: MarkKeeper, judge: Judge, *, sealed: bool = False) -> None:
        self._marks = marks
        self._judge = judge
        self._sealed = sealed

    def candidates(self, choice: Choice, shown: Shown, marks: Marks) -> list[str]:
        """The refresh tokens worth trying, likeliest first: the vouched partner, then those of the same owner.

        One that the pair gives to another sign-in is the chosen set's in no case.
        """
        tokens = list(dict.fromkeys(found.token for found in shown.refreshes))
        vouched = [token for token in tokens if self._marks.is_partner(marks.pair, token)]
        if choice.chosen is None:
            beside = tokens if marks.binding and (self._sealed or not shown.accesses) else []
            return list(dict.fromkeys([*vouched, *beside]))
        beside = self._beside(choice.chosen.found, shown)[::-1]
        if _is_of_another(marks, choice.chosen.claims):
            return [token for token in dict.fromkeys(beside) if token not in vouched]
        return list(dict.fromkeys([*vouched, *beside]))

    def partner(self, choice: Choice, shown: Shown, marks: Marks) -> tuple[str | None, bool]:
        """The chosen set's refresh token, and whether that is known rather than guessed.

        One alone is the partner; of several, the one that the pair vouches for. One that it gives to another sign-in
        is not: an older answer that came late has written it, and the pair with it.
        """
        if choice.chosen is None:
            return None, True
        tokens = list(dict.fromkeys(self._beside(choice.chosen.found, shown)))
        vouched = [token for token in tokens if self._marks.is_partner(marks.pair, token)]
        if _is_of_another(marks, choice.chosen.claims):
            tokens, vouched = [token for token in tokens if token not in vouched], []
        if len(tokens) <= 1:
            return (tokens[0] if tokens else None), True
        return (vouched[0], True) if vouched else (tokens[-1], False)

    def ask(
        self,
        request: BrowserRequest,
        choice: Choice,
        shown: Shown,
        marks: Marks,
        event: Callable[..., Event],
    ) -> Generator[FetchKeys | Refresh, Any, Asked]:
        """Try the candidates until one gives a session of the expected person and sign-in."""
        told: list[Event] = []
        refused: set[str] = set()
        candidates = self.candidates(choice, shown, marks)
        session_key, sub = _expected(choice, marks)
        username = choice.chosen.claims.username if choice.chosen else next(iter(shown.named), "") or None
        other_than = choice.chosen.found.token if request.forces and choice.chosen else ""
        claim = marks.binding.claim if marks.binding is not None and marks.binding.session_key == session_key else ""
        for token in candidates[:_MOST_REFRESHES]:
            answer = yield Refresh(token, username, session_key, not shown.accesses, request.address, other_than, claim)
            match answer:
                case PoolTokens(tokens) | Handed(tokens):
                    claims = yield from judge_tokens(self._judge, tokens.access_token, request.now)
                    if claims is None:
                        told.append(event("keys.unavailable"))
                        return Asked(Answer.UNAVAILABLE, events=tuple(told), unsure=True)
                    if (sub and claims.sub != sub) or (session_key and claims.session_key != session_key):
                        told.append(event("refresh.discarded"))
                        refused.add(token)
                        continue
                    told.append(event("session.handed" if isinstance(answer, Handed) else "session.refreshed"))
                    owner = next(found.owner for found in shown.refreshes if found.token == token)
                    return Asked(Answer.REFRESHED, tokens, claims, owner, tuple(told))
                case PoolRefused(code):
                    told.append(event("refresh.refused", code=code))
                    refused.add(token)
                case PoolUnavailable(reason):
                    told.append(event("refresh.unavailable", reason=reason))
                    return Asked(Answer.UNAVAILABLE, events=tuple(told), refused=frozenset(refused), unsure=True)
                case _:  # pragma: no cover -- a shell answers with one of the above
                    raise TypeError(f"A refresh can't be answered with {type(answer).__name__}.")
        unsure = len(candidates) > len(refused)
        return Asked(Answer.REFUSED, events=tuple(told), refused=frozenset(refused), unsure=unsure)

    def recall(
        self,
        request: BrowserRequest,
        binding: Binding,
        event: Callable[..., Event],
        refused: frozenset[str] = frozenset(),
    ) -> Generator[FetchKeys | Recall, Any, Asked]:
        """Fetch back the newest set of the bound sign-in; see `hardtack.sessions.choosing.is_overtaken`.

        A set whose refresh token is `refused` is over, however long its access token may live.
        """
        answer = yield Recall(binding.claim, binding.owner or None, binding.session_key)
        if isinstance(answer, PoolUnavailable):
            return Asked(Answer.UNAVAILABLE, events=(event("refresh.unavailable", reason=answer.reason),), unsure=True)
        if not isinstance(answer, PoolTokens | Handed) or answer.tokens.refresh_token in refused:
            return Asked(Answer.REFUSED)
        claims = yield from judge_tokens(self._judge, answer.tokens.access_token, request.now)
        if claims is None:
            return Asked(Answer.UNAVAILABLE, events=(event("keys.unavailable"),), unsure=True)
        if (claims.sub, claims.session_key) != (binding.sub, binding.session_key):
            return Asked(Answer.REFUSED)
        told = event("session.handed" if isinstance(answer, Handed) else "session.refreshed")
        return Asked(Answer.REFRESHED, answer.tokens, claims, binding.owner or claims.username, (told,))

    def _beside(self, chosen: Found, shown: Shown) -> list[str]:
        """The refresh tokens that may be the chosen set's, in the order of the header."""
        if self._sealed:
            return [found.token for found in shown.refreshes if found.name == chosen.name]
        return [found.token for found in shown.refreshes if found.owner == chosen.owner]


def _is_of_another(marks: Marks, claims: Claims) -> bool:
    """Whether the pair speaks of another sign-in than these claims."""
    return marks.pair is not None and marks.pair.session_key not in ("", claims.session_key)


def _expected(choice: Choice, marks: Marks) -> tuple[str, str]:
    """The sign-in and the person that a refresh must lead to, as far as they are known."""
    if choice.chosen is not None:
        return choice.chosen.claims.session_key, choice.chosen.claims.sub
    if marks.binding is not None:
        return marks.binding.session_key, marks.binding.sub
    return (marks.pair.session_key if marks.pair else ""), ""
