"""Every fault, through real connections, and what the log of calls says of it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from hardtack.demo.pool import FaultKind, PoolError
from support.pool import ask, sign_in

pytestmark = pytest.mark.pool

REFRESH = "GetTokensFromRefreshToken"


def refresh(http, pool, token, **options):
    return ask(http, REFRESH, ClientId=pool.client_id, RefreshToken=token, **options)


@pytest.fixture
def token(pool, http):
    issued = sign_in(http, pool)["RefreshToken"]
    pool.clear_calls()
    return issued


@pytest.mark.parametrize(
    "case",
    [
        ("throttled", {}, 429, "TooManyRequestsException"),
        ("throttled", {"status": 400}, 400, "TooManyRequestsException"),
        ("error", {}, 500, "InternalErrorException"),
        ("error", {"status": 503, "exception": "ServiceUnavailable"}, 503, "ServiceUnavailable"),
        ("refused", {}, 400, "NotAuthorizedException"),
        ("refused", {"exception": "UserNotFoundException"}, 400, "UserNotFoundException"),
    ],
)
def test_an_answer_in_the_pools_place(pool, http, token, case):
    kind, details, status, exception = case
    pool.faults.fail(REFRESH, kind, times=1, **details)
    answer = refresh(http, pool, token)
    assert (answer.status_code, answer.json()["__type"]) == (status, exception)
    assert answer.headers["x-amzn-errortype"] == exception
    assert answer.headers["access-control-allow-origin"] == "*"
    (call,) = pool.calls
    assert (call.outcome, call.status, call.fault) == ("untouched", status, FaultKind(kind))
    assert refresh(http, pool, token).status_code == 200


def test_a_fault_hits_the_next_calls_of_its_operation_only(pool, http, token):
    pool.faults.fail(REFRESH, "error", times=2)
    assert sign_in(http, pool)
    assert [refresh(http, pool, token).status_code for _ in range(3)] == [500, 500, 200]
    assert pool.faults.active == ()


def test_a_fault_stays_until_it_is_switched_off(pool, http, token):
    fault = pool.faults.fail(REFRESH, "throttled")
    assert [refresh(http, pool, token).status_code for _ in range(3)] == [429] * 3
    assert pool.faults.active == (fault,)
    pool.faults.remove(fault)
    assert refresh(http, pool, token).status_code == 200


def test_faults_strike_in_the_order_in_which_they_were_switched_on(pool, http, token):
    pool.faults.fail(REFRESH, "error", times=1)
    pool.faults.fail(REFRESH, "throttled", times=1)
    assert [refresh(http, pool, token).status_code for _ in range(3)] == [500, 429, 200]


def test_faults_are_cleared_by_operation_and_altogether(pool):
    pool.faults.fail(REFRESH, "error")
    kept = pool.faults.fail("GetUser", "error")
    pool.faults.clear(REFRESH)
    assert pool.faults.active == (kept,)
    pool.faults.clear()
    assert pool.faults.active == ()


def test_a_fault_may_last_for_a_block(pool, http, token):
    with pool.faults.failing(REFRESH, "error"):
        assert refresh(http, pool, token).status_code == 500
    assert refresh(http, pool, token).status_code == 200


def test_a_reset_connection_leaves_the_session_as_it_was(pool, http, token):
    pool.configure(rotation=True)
    pool.faults.fail(REFRESH, "reset", times=1)
    with pytest.raises(httpx2.TransportError):
        refresh(http, pool, token)
    assert refresh(http, pool, token).status_code == 200
    assert [(call.outcome, call.status) for call in pool.calls] == [("untouched", None), ("ok", 200)]


def test_a_lost_answer_was_performed_all_the_same(pool, http, token):
    pool.configure(rotation=True)
    pool.faults.fail(REFRESH, "lost", times=1)
    with pytest.raises(httpx2.TransportError):
        refresh(http, pool, token)
    assert refresh(http, pool, token).json()["__type"] == "RefreshTokenReuseException"
    lost, _ = pool.calls
    assert (lost.outcome, lost.status, lost.fault) == ("ok", None, FaultKind.LOST)
    assert lost.refresh_issued is not None


def test_latency_delays_the_answer_and_nothing_else(pool, http, token):
    pool.faults.fail(REFRESH, "latency", seconds=0.3, times=1)
    started = time.perf_counter()
    assert refresh(http, pool, token).status_code == 200
    assert 0.3 <= time.perf_counter() - started < 3
    assert pool.calls[0].seconds >= 0.3


def test_a_refresh_whose_caller_gave_up_is_performed_later(pool, http, token):
    pool.configure(rotation=True)
    pool.faults.fail(REFRESH, "latency", seconds=0.4, times=1)
    with (
        httpx2.Client(base_url=pool.url, timeout=0.1, trust_env=False) as hasty,
        pytest.raises(httpx2.TimeoutException),
    ):
        refresh(hasty, pool, token)
    assert pool.calls[0].outcome == "pending"
    deadline = time.monotonic() + 5
    while pool.calls[0].outcome == "pending" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert pool.calls[0].outcome == "ok"
    assert refresh(http, pool, token).json()["__type"] == "RefreshTokenReuseException"


def test_a_hanging_pool_is_left_to_the_callers_time_out(pool, token):
    pool.faults.fail(REFRESH, "hang", times=1)
    with (
        httpx2.Client(base_url=pool.url, timeout=0.2, trust_env=False) as hasty,
        pytest.raises(httpx2.TimeoutException),
    ):
        refresh(hasty, pool, token)
    assert pool.calls[0].outcome == "untouched"


def test_a_slow_call_does_not_hold_up_others(pool, http, token):
    pool.faults.fail(REFRESH, "latency", seconds=0.5, times=1)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(refresh, http, pool, token)
        while not pool.calls:
            time.sleep(0.005)
        started = time.perf_counter()
        assert sign_in(http, pool)
        assert time.perf_counter() - started < 0.4
        assert slow.result().status_code == 200


def test_the_keys_can_be_out_while_the_rest_works(pool, http):
    with pool.faults.failing("JWKS", "error"):
        assert http.get(pool.jwks_url).status_code == 500
        assert sign_in(http, pool)
    assert http.get(pool.jwks_url).status_code == 200
    assert [call.outcome for call in pool.calls_of("JWKS")] == ["untouched", "ok"]


def test_an_unreachable_pool_answers_nothing_at_all(pool, http):
    pool.faults.unreachable()
    for attempt in (
        lambda: sign_in(http, pool),
        lambda: http.get(pool.jwks_url),
        lambda: http.options("/", headers={"origin": "https://app.example.test"}),
    ):
        with pytest.raises(httpx2.TransportError):
            attempt()
    pool.faults.clear()
    assert sign_in(http, pool)


def test_what_makes_no_sense_as_a_fault_is_refused(pool):
    for wrong in (
        {"kind": "earthquake"},
        {"kind": "error", "times": 0},
        {"kind": "latency", "seconds": -1},
        {"kind": "reset", "status": 500},
    ):
        with pytest.raises(PoolError):
            pool.faults.fail(REFRESH, **wrong)
    assert pool.faults.active == ()


def test_the_log_of_calls_knows_tokens_by_their_hash_only(pool, http):
    pool.configure(rotation=True)
    first = sign_in(http, pool)["RefreshToken"]
    second = refresh(http, pool, first).json()["AuthenticationResult"]["RefreshToken"]
    signed_in, refreshed = pool.calls
    assert (signed_in.operation, signed_in.flow, signed_in.outcome) == ("InitiateAuth", "USER_PASSWORD_AUTH", "ok")
    assert signed_in.refresh_issued == refreshed.refresh_sent == pool.token_hash(first)
    assert refreshed.refresh_issued == pool.token_hash(second)
    text = repr(pool.calls)
    assert not any(secret in text for secret in (first[:20], second[:20], "alice", pool.users[0].password))


def test_the_log_tells_refusals_pages_and_the_pools_time(pool, http):
    pool.clock.offset = 5_000
    http.headers["origin"] = "https://app.example.test"
    refresh(http, pool, "garbage")
    (call,) = pool.calls
    assert (call.number, call.outcome, call.origin) == (1, "NotAuthorizedException", "https://app.example.test")
    assert call.at == pytest.approx(time.time() + 5_000, abs=5)


def test_no_call_is_no_entry(pool, http):
    http.options("/", headers={"origin": "https://app.example.test"})
    http.get("/elsewhere")
    pool.issue("alice")
    assert pool.calls == ()


def test_a_call_still_under_way_does_not_enter_a_log_that_was_cleared_meanwhile(pool, http, token):
    pool.faults.fail(REFRESH, "latency", seconds=0.3, times=1)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(refresh, http, pool, token)
        while not pool.calls:
            time.sleep(0.005)
        pool.clear_calls()
        sign_in(http, pool)
        assert slow.result().status_code == 200
    assert [call.operation for call in pool.calls] == ["InitiateAuth"]
