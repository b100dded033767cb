"""What both shells share: the parts of a running deployment, and every decision that is not input or output.

Rule: the shells in `hardtack.sessions.shells` only carry: they send a refresh to the pool, fetch keys, wait, call the
store. What an answer means is decided here, once.
"""

from __future__ import annotations

import logging
import os
import secrets
import sqlite3
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hardtack.cognito import CognitoError, CognitoRefused, CognitoUnavailable
from hardtack.cookies import CookieHeader, PolicyProblem
from hardtack.sessions.asking import Recall, Refresh
from hardtack.sessions.coordination import (
    CallPool,
    Handed,
    Need,
    PoolRefused,
    PoolTokens,
    PoolUnavailable,
    RefreshDesk,
    SqliteStore,
)
from hardtack.sessions.engine import Engine, EngineOptions
from hardtack.sessions.events import Event, EventHook, deliver
from hardtack.sessions.front_end_mark import claim_of
from hardtack.sessions.judging import FetchKeys, judge_tokens, times_of
from hardtack.sessions.key_transport import KeyTransport
from hardtack.sessions.limits import Allowance, RateLimiter
from hardtack.sessions.memory import PlanMemory
from hardtack.sessions.outcomes import OutcomeKind, Plan
from hardtack.sessions.pool_clock import PoolClock
from hardtack.sessions.request import BrowserRequest
from hardtack.sessions.sealed_storage import SealedStorage
from hardtack.sessions.sealing import AesSealer
from hardtack.sessions.settings import Settings, StartupError, check_settings, remarks_on
from hardtack.sessions.signing import Departure, sign_in, sign_out
from hardtack.tokens import Fetched, FetchFailed, Good, KeyFetch, KeyFetcher, KeyRing, TokenSet, TokenVerifier

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from hardtack.sessions.coordination import RefreshStore
    from hardtack.sessions.judging import Judge
    from hardtack.sessions.kinds import RequestKind
    from hardtack.sessions.sealing import Sealer
    from hardtack.sessions.storage import Storage

__all__ = ["AnyNeed", "Revoke", "SessionCore", "SignOutEverywhere"]

_LONE: Final = Allowance(burst=3, per_seconds=30.0)  # lone refresh tokens that one address may have tried
_REST: Final = 1.0  # seconds that an unavailable pool is left alone, so that a crowd does not wait for its time-outs
_LONGEST_REST: Final = 30.0

_logger = logging.getLogger("hardtack")


@dataclass(frozen=True, slots=True)
class Revoke:
    """Need: revoke this refresh token at the pool. Answered True or False."""

    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignOutEverywhere:
    """Need: GlobalSignOut with this access token. Answered True or False."""

    access_token: str = field(repr=False)


AnyNeed = Need | FetchKeys | Recall | Refresh | Revoke | SignOutEverywhere


class SessionCore:
    """The parts of a running deployment.

    Args:
        settings: what the deployment decides.
        wall: this server's clock, seconds since the epoch.
        options: the engine's own, where not those of the settings (a shield has others).
        nonce: fresh random text for each request.
        sealer: in the place of the real one; see `hardtack.sessions.sealing`. The explorer's is symbolic.
        judge: in the place of the verifier's, with the same meaning; see `hardtack.sessions.judging`.
        random: a source of random bytes, for what the refresh desk seals.
        lone: how many lone refresh tokens one address may have tried, and how often script may tell of one sign-in.

    Raises:
        StartupError: the settings can't work.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        wall: Callable[[], float] = time.time,
        options: EngineOptions | None = None,
        nonce: Callable[[], str] = lambda: secrets.token_hex(8),
        sealer: Sealer | None = None,
        judge: Judge | None = None,
        random: Callable[[int], bytes] = os.urandom,
        lone: Allowance = _LONE,
    ) -> None:
        problems = check_settings(settings)
        if problems:
            raise StartupError(problems)
        for remark in remarks_on(settings):
            _logger.info("%s", remark)
        self.settings = settings
        self.clock = PoolClock(wall)
        self.keys = KeyRing()
        self.verifier = TokenVerifier(
            issuer=settings.pool.issuer, client_id=settings.pool.client_id, keys=self.keys, leeway=settings.leeway
        )
        self.sealer: Sealer = sealer or AesSealer(settings.secrets)
        self.engine = Engine(
            client_id=settings.pool.client_id,
            policy=settings.policy,
            storage=self._storage(),
            sealer=self.sealer,
            judge=judge or self._judge,
            options=options
            or EngineOptions(settings.ageing_seconds, settings.last_resort, settings.front_end_signs_in),
        )
        self.desk = RefreshDesk(
            _open_store(settings.store), self.sealer, keep_seconds=settings.refresh_token_seconds, random=random
        )
        self.fetcher = KeyFetcher(settings.pool.jwks_url, self.keys)
        self.key_transport = KeyTransport()
        self.memory = PlanMemory()
        self._generation = self.keys.generation
        self._lone = RateLimiter(lone)
        self._arrivals = RateLimiter(lone)
        self._nonce = nonce
        self._rests_until = 0.0

    @property
    def hooks(self) -> tuple[EventHook, ...]:
        """Whoever wants to hear of events."""
        return self.settings.hooks

    def request(
        self,
        *,
        kind: RequestKind,
        host: str,
        cookies: CookieHeader | bytes,
        raw_path: bytes | None = None,
        script_driven: bool = False,
        address: str = "",
        forces: bool = False,
    ) -> BrowserRequest:
        """A request with its time and its nonce."""
        return BrowserRequest(
            kind=kind,
            host=host,
            cookies=cookies if isinstance(cookies, CookieHeader) else CookieHeader.parse(cookies),
            now=self.clock.now(),
            raw_path=raw_path,
            nonce=self._nonce(),
            script_driven=script_driven,
            address=address,
            forces=forces,
        )

    def recall(self, raw: bytes, *, heals: bool) -> Plan | None:
        """The plan of an unchanged header, if one is remembered."""
        if self._generation != self.keys.generation:
            self.memory.forget()
            self._generation = self.keys.generation
        return self.memory.recall(raw, self.clock.now(), heals=heals)

    def handle(self, request: BrowserRequest) -> Generator[AnyNeed, Any, Plan]:
        """The flow of one request."""
        raw, heals = request.cookies.raw, request.powers.heal
        remembered = None if request.forces else self.recall(raw, heals=heals)
        if remembered is not None:
            return remembered
        plan = yield from self.engine.decide(request)
        session = plan.session
        if session is not None:
            if self.clock.seen(session.claims.issued_at):
                plan = replace(plan, events=(*plan.events, self._skewed(plan)))
            if plan.outcome.kind is OutcomeKind.ACTIVE and session.tokens.refresh_token:
                yield self.desk.acknowledge(session.tokens.refresh_token, now=request.now)
            if self.fetcher.due(request.now):
                yield FetchKeys("")
        if not request.forces:
            self.memory.keep(raw, plan, heals=heals, now=request.now)
        self.tell(plan.events)
        return plan

    def refresh(self, need: Refresh) -> Generator[Need, Any, PoolTokens | Handed | PoolRefused | PoolUnavailable]:
        """The flow of one refresh: limits first, then the desk."""
        now = self.clock.now()
        if need.lone and self._lone.spend(need.address, now=now):
            return PoolUnavailable("limited")
        offset = self.clock.offset
        yield self.desk.acknowledge(need.refresh_token, now=now)
        answer = yield from self.desk.refresh(
            need.refresh_token,
            username=need.username,
            session_key=need.session_key,
            now=now,
            other_than=need.other_than,
            claim=need.claim,
        )
        if self.clock.offset != offset:
            self.tell((Event("clock.skewed", {"seconds": round(self.clock.offset)}),))
        return answer

    def fetch_back(self, need: Recall) -> Generator[Need, Any, PoolTokens | Handed | PoolRefused | PoolUnavailable]:
        """The flow of fetching back what a sign-in wrote."""
        return self.desk.recall(need.claim, username=need.username, session_key=need.session_key, now=self.clock.now())

    def sign_in(
        self, request: BrowserRequest, tokens: TokenSet, *, owner: str, extras: dict[str, str] | None = None
    ) -> Generator[AnyNeed, Any, Plan]:
        """The flow of a sign-in that the pool has just granted."""
        issued_at, _ = times_of(tokens.access_token)
        if issued_at and self.clock.just_issued(issued_at):
            request = replace(request, now=self.clock.now())
        plan = yield from sign_in(self.engine, request, tokens, owner=owner, extras=extras)
        if plan.session is not None and tokens.refresh_token and not self.engine.storage.unforgeable:
            claims = plan.session.claims
            claim = self.engine.marks.claim(request.nonce, claims.session_key)
            arrived = PoolTokens(tokens, claims.expires_at)
            yield self.desk.keep_arrival(claim, arrived, session_key=claims.session_key, now=request.now)
        self.tell(plan.events)
        return plan

    def arrive(self, request: BrowserRequest, tokens: TokenSet, *, claim: str) -> Generator[AnyNeed, Any, bool]:
        """The flow of a sign-in that script tells of: keep its set, should an older answer take its place.

        Args:
            request: shows the mark that names this sign-in and claim.
            tokens: what script was given; nothing of it is believed before it is verified.
            claim: script's own.

        Returns:
            Whether it is kept.
        """
        engine = self.engine
        claims = yield from judge_tokens(engine.judge, tokens.access_token, request.now)
        if claims is None or claims.expires_at <= request.now or not engine.policy.allows_host(request.host):
            return False
        binding = engine.marks_of(request).binding
        told = (claims.sub, claims.session_key, claim_of(claim))
        if binding is None or (binding.sub, binding.session_key, binding.claim) != told:
            return False
        if self._arrivals.spend(claims.session_key, now=request.now):
            return False
        judgement = engine.judge(tokens.id_token, request.now, "id") if tokens.id_token else None
        same = isinstance(judgement, Good) and judgement.claims.session_key == claims.session_key
        kept = tokens if same else TokenSet(tokens.access_token, None, tokens.refresh_token)
        arrived = PoolTokens(kept, claims.expires_at)
        key = claims.session_key
        done = yield self.desk.keep_arrival(claim_of(claim), arrived, session_key=key, now=request.now)
        return done is True

    def sign_out(self, request: BrowserRequest) -> Generator[AnyNeed, Any, Departure]:
        """The flow of a sign-out, as far as the response goes. What is left to do at the pool is in the departure."""
        departure = yield from sign_out(self.engine, request)
        for session_key in departure.session_keys:
            self.memory.forget_session(session_key)
            yield self.desk.end_session(session_key, now=request.now)
        self.tell(departure.plan.events)
        return departure

    def revoke(self, departure: Departure, *, everywhere: bool) -> Generator[AnyNeed, Any, bool]:
        """The flow at the pool after a sign-out; True when everything that was to be ended is ended."""
        done = True
        if everywhere:
            access_token = departure.access_token or (yield from self._fresh_access_token(departure))
            done = bool(access_token) and (yield SignOutEverywhere(access_token))
        for refresh_token in departure.revoke:
            done = (yield Revoke(refresh_token)) and done
        return done

    def _fresh_access_token(self, departure: Departure) -> Generator[AnyNeed, Any, str]:
        """GlobalSignOut needs a live access token; an expired one would end nothing, silently."""
        for refresh_token in departure.revoke[:1]:
            answer = yield CallPool(refresh_token)
            if isinstance(answer, PoolTokens):
                return answer.tokens.access_token
        return ""

    def pool_rests(self) -> PoolUnavailable | None:
        """An answer in the pool's stead, while it is being left alone."""
        left = self._rests_until - self.clock.now()
        return PoolUnavailable("resting", left) if 0 < left <= _LONGEST_REST else None

    def refreshed(self, tokens: TokenSet) -> PoolTokens | PoolUnavailable:
        """The pool gave tokens."""
        issued_at, expires_at = times_of(tokens.access_token)
        if not issued_at or not expires_at:
            return PoolUnavailable("malformed")
        self.clock.just_issued(issued_at)
        return PoolTokens(tokens, expires_at)

    def not_refreshed(self, error: CognitoError) -> PoolRefused | PoolUnavailable:
        """The pool gave none: whether that says anything about the token."""
        if isinstance(error, CognitoRefused):
            return PoolRefused(error.exception_name or error.reason.value)
        retry_after = error.retry_after if isinstance(error, CognitoUnavailable) else None
        self._rests_until = self.clock.now() + min(retry_after or _REST, _LONGEST_REST)
        return PoolUnavailable(error.reason.value, retry_after)

    def not_ended(self, error: CognitoError) -> bool:
        """The pool could not be told, or had nothing to end. A token that is refused is ended already."""
        return isinstance(error, CognitoRefused)

    def keys_fetched(self, fetched: KeyFetch) -> bool | None:
        """What `FetchKeys` is answered: True to judge again, False for keys that can't be had, None for no such key."""
        if isinstance(fetched, Fetched):
            return True
        return False if isinstance(fetched, FetchFailed) else None

    def told_guidance(self, plan: Plan) -> None:
        """A person is being shown the guidance page."""
        self.tell((Event("guidance.shown", {"reason": plan.outcome.reason.value}, plan.reference),))

    def tell(self, events: tuple[Event, ...]) -> None:
        """Deliver events."""
        if events:
            deliver(events, self.hooks)

    def _skewed(self, plan: Plan) -> Event:
        return Event("clock.skewed", {"seconds": round(self.clock.offset)}, plan.reference)

    def _judge(self, token: str, now: float, use: Any) -> Any:
        return self.verifier.judge(token, now=now, use=use)

    def _storage(self) -> Storage:
        settings = self.settings
        if settings.storage == "amplify":
            from hardtack.sessions.amplify_storage import AmplifyStorage  # noqa: PLC0415 -- only who shares needs it

            return AmplifyStorage(settings.pool.client_id, settings.policy)
        return SealedStorage(settings.pool.client_id, settings.policy, self.sealer)


def _open_store(store: RefreshStore | str | Path | None) -> RefreshStore:
    if store is not None and not isinstance(store, str | Path):
        return store
    try:
        return SqliteStore(store)
    except (OSError, sqlite3.Error) as error:
        problem = PolicyProblem(
            "startup.store",
            "store",
            f"The refresh store can't be opened ({type(error).__name__}).",
            "Write the path of a file in a folder that this process can write; a spoilt file may be deleted: it"
            " holds nothing but sets that make up for answers which got lost or came late.",
        )
        raise StartupError([problem]) from error
