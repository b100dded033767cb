"""A core with parts put into it: what they are asked in the place of the real ones, and that nothing else is."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from hardtack.cognito import UserPool
from hardtack.cookies import BrowserJar, CookiePolicy
from hardtack.sessions import OutcomeKind, RequestKind, SessionCore, Settings
from hardtack.sessions.asking import Recall, Refresh
from hardtack.sessions.coordination import CallPool, Handed, PoolRefused, PoolUnavailable, StoreCall
from hardtack.sessions.limits import Allowance
from hardtack.tokens import Bad, BadToken, Expired, Good, TokenSet
from support.minting import CLIENT_ID, NOW, POOL, Mint
from support.story import HOST, SECRET, SUBS

URL = f"https://{HOST}/"
ALICE = TokenSet("alice's access token", "alice's id token", "alice's refresh token")


class OpenSealer:
    """Seals nothing, and lets everyone see it."""

    def __init__(self) -> None:
        self.purposes: set[str] = set()

    def seal(self, purpose: str, plaintext: bytes) -> str:
        self.purposes.add(purpose)
        return f"{purpose.encode().hex()}-{plaintext.hex()}"

    def open(self, purpose: str, text: str) -> bytes | None:
        head, _, plain = text.partition("-")
        return bytes.fromhex(plain) if head == purpose.encode().hex() else None

    def digest(self, purpose: str, text: str) -> str:
        return f"{purpose} of {text}"

    def matches(self, purpose: str, text: str, digest: str) -> bool:
        return self.digest(purpose, text) == digest


class ByName:
    """Knows tokens by their text."""

    def __init__(self) -> None:
        mint = Mint()
        claims = {"sub": SUBS["alice"], "username": "alice", "origin_jti": "sign-in 1"}
        access, identity = mint.access_token(**claims), mint.id_token(**claims)
        self.known = {
            (ALICE.access_token, "access"): mint.verifier().judge(access, now=NOW).claims,
            (ALICE.id_token, "id"): mint.verifier().judge(identity, now=NOW, use="id").claims,
        }

    def __call__(self, token: str, now: float, use: str):
        claims = self.known.get((token, use))
        if claims is None:
            return Bad(BadToken.MALFORMED)
        return Good(claims) if now < claims.expires_at else Expired(claims)


def core_with(storage: str = "sealed", **parts) -> SessionCore:
    policy = CookiePolicy(origins=(f"https://{HOST}",))
    settings = Settings(pool=UserPool(POOL, CLIENT_ID), policy=policy, secrets=(SECRET,), storage=storage)
    return SessionCore(settings, wall=lambda: float(NOW), **parts)


def run(flow):
    """Drive a flow that needs nothing but its store."""
    answer = None
    while True:
        try:
            need = flow.send(answer)
        except StopIteration as stop:
            return stop.value
        assert isinstance(need, StoreCall), need
        answer = need.call()


def request(core: SessionCore, jar: BrowserJar | None = None):
    header = ((jar.cookie_header(URL) if jar else None) or "").encode("latin-1")
    return core.request(kind=RequestKind.NAVIGATION, host=HOST, cookies=header, raw_path=b"/")


@pytest.mark.parametrize("storage", ["sealed", "amplify"])
def test_a_symbolic_sealer_and_judge_take_a_session_from_its_sign_in_to_its_sign_out(storage):
    sealer, jar = OpenSealer(), BrowserJar(clock=lambda: float(NOW))
    core = core_with(storage, sealer=sealer, judge=ByName())
    core.fetcher.due = lambda _: False
    plan = run(core.sign_in(request(core), ALICE, owner="alice"))
    assert plan.session.email == "alice@example.com"
    jar.store_response(URL, [line.to_text() for line in plan.set_cookies])
    plan = run(core.handle(request(core, jar)))
    assert (plan.outcome.kind, plan.session.tokens) == (OutcomeKind.ACTIVE, ALICE)
    assert not core.keys.filled
    own = {"sealed": "session", "amplify": "pair"}[storage]
    assert sealer.purposes == {f"{own}:{CLIENT_ID}", f"binding:{CLIENT_ID}"}
    departure = run(core.sign_out(request(core, jar)))
    assert departure.session_keys == ("sign-in 1",)
    assert core.desk._store.snapshot()[1][0][0] == "session-key of sign-in 1"


def test_a_stranger_to_the_judge_is_nobody():
    core = core_with(sealer=OpenSealer(), judge=ByName())
    assert run(core.sign_in(request(core), TokenSet("mallory's"), owner="alice")).session is None


def test_without_them_the_real_ones_stand_there():
    core = core_with()
    sealed = core.sealer.seal("purpose", b"plain")
    assert b"plain".hex() not in sealed
    assert core_with().sealer.open("purpose", sealed) == b"plain"
    assert core.engine.judge(Mint().access_token(), NOW, "access").kid == Mint().kid


def test_with_the_same_random_bytes_and_nonces_two_cores_keep_the_same():
    """What a search needs: states that recur."""
    snapshots = set()
    for _ in range(2):
        numbers = itertools.count()
        core = core_with(
            "amplify",
            sealer=OpenSealer(),
            judge=ByName(),
            random=bytes,
            nonce=lambda numbers=numbers: f"request {next(numbers)}",
        )
        run(core.sign_in(request(core), ALICE, owner="alice"))
        assert core.desk._store.count() == 1
        snapshots.add(core.desk._store.snapshot())
    assert len(snapshots) == 1
    other = core_with("amplify", sealer=OpenSealer(), judge=ByName(), nonce=lambda: "request 0")
    run(other.sign_in(request(other), ALICE, owner="alice"))
    assert other.desk._store.snapshot() not in snapshots


def test_how_many_lone_refresh_tokens_an_address_may_have_tried_is_the_callers_to_say():
    core = core_with(lone=Allowance(burst=5, per_seconds=30.0))
    need = Refresh("token", None, "", lone=True, address="192.0.2.1")
    for _ in range(5):
        next(core.refresh(need)).call()
    with pytest.raises(StopIteration) as stopped:
        next(core.refresh(need))
    assert stopped.value.value == PoolUnavailable("limited")
    assert isinstance(next(core.refresh(Refresh("token", None, "", lone=True, address="192.0.2.2"))), StoreCall)


def test_what_a_sign_in_wrote_is_fetched_back_in_its_name():
    core = core_with("amplify", sealer=OpenSealer(), judge=ByName(), nonce=lambda: "request 0")
    session = run(core.sign_in(request(core), ALICE, owner="alice")).session
    arrival = Recall("claim of request 0 sign-in 1", "alice", "sign-in 1")
    assert run(core.fetch_back(arrival)) == Handed(ALICE, session.claims.expires_at)
    assert run(core.fetch_back(replace(arrival, claim="another claim"))) == PoolRefused("NoArrival")
    core.clock._wall = lambda: float(session.claims.expires_at)
    assert sent_to_the_pool(core.fetch_back(arrival)) == CallPool(ALICE.refresh_token, "alice")


def sent_to_the_pool(flow):
    need = next(flow)
    while isinstance(need, StoreCall):
        need = flow.send(need.call())
    flow.close()
    return need
