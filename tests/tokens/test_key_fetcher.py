"""The pool's keys come seldom, once for everybody, and a fetch that fails costs nobody the keys that are there."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from hardtack.tokens import Fetched, FetchFailed, FetchProblem, Good, KeyFetcher, KeyRing, TooSoon, UnknownKey
from support.minting import NOW, Mint

URL = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI/.well-known/jwks.json"


class Endpoint:
    """A JWKS address: gives what it holds, or raises it; counts its calls."""

    def __init__(self, answer):
        self.answer = answer
        self.urls = []

    def __call__(self, url):
        self.urls.append(url)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer if isinstance(self.answer, bytes | str) else json.dumps(self.answer).encode()

    async def asked(self, url):
        await asyncio.sleep(0)
        return self(url)


@pytest.fixture
def mint():
    return Mint()


@pytest.fixture(params=["sync", "async"])
def ask(request):
    """Asks the fetcher, by either face."""
    if request.param == "sync":
        return lambda fetcher, endpoint, now, **options: fetcher.fetch(endpoint, now, **options)
    return lambda fetcher, endpoint, now, **options: asyncio.run(fetcher.afetch(endpoint.asked, now, **options))


class TestTheFirstFetch:
    def test_fills_an_empty_ring(self, ask, mint):
        fetcher, endpoint = KeyFetcher(URL, KeyRing()), Endpoint(mint.jwks())
        assert ask(fetcher, endpoint, NOW) == Fetched(changed=True)
        assert fetcher.ring.kids == {mint.kid}
        assert endpoint.urls == [URL]

    def test_makes_an_unknown_key_s_token_good(self, ask, mint):
        ring = KeyRing()
        verifier, token = mint.verifier(keys=ring), mint.access_token()
        assert verifier.judge(token, now=NOW) == UnknownKey(mint.kid)
        ask(KeyFetcher(URL, ring), Endpoint(mint.jwks()), NOW, kid=mint.kid)
        assert isinstance(verifier.judge(token, now=NOW), Good)

    def test_is_due_at_once(self):
        assert KeyFetcher(URL, KeyRing()).due(NOW)


class TestUnknownNames:
    def test_strangers_names_fetch_once_a_minute_and_no_more(self, ask, mint):
        fetcher, endpoint = KeyFetcher(URL, mint.ring()), Endpoint(mint.jwks())
        outcomes = [ask(fetcher, endpoint, NOW + second, kid=f"stranger{second}") for second in range(0, 180, 10)]
        assert len(endpoint.urls) == fetcher.attempts == 3
        assert outcomes[0] == Fetched(changed=False)
        assert outcomes[1] == TooSoon(50)
        assert outcomes[5] == TooSoon(10)
        assert outcomes[6] == Fetched(changed=False)

    def test_a_name_that_another_request_has_just_brought_costs_no_fetch(self, ask, mint):
        fetcher, endpoint = KeyFetcher(URL, mint.ring()), Endpoint(mint.jwks())
        assert ask(fetcher, endpoint, NOW, kid=mint.kid) == Fetched(changed=False)
        assert endpoint.urls == []

    def test_a_rotated_key_is_found_and_the_withdrawn_one_dropped(self, ask, mint):
        fetcher = KeyFetcher(URL, mint.ring())
        old = mint.kid
        verifier, before = mint.verifier(keys=fetcher.ring), mint.access_token()
        assert isinstance(verifier.judge(before, now=NOW), Good)
        mint.rotate(1, keep=False)
        after = mint.access_token()
        assert ask(fetcher, Endpoint(mint.jwks()), NOW, kid=mint.kid) == Fetched(changed=True)
        assert isinstance(verifier.judge(after, now=NOW), Good)
        assert verifier.judge(before, now=NOW) == UnknownKey(old)

    def test_a_clock_that_was_set_back_blocks_nothing(self, ask, mint):
        fetcher, endpoint = KeyFetcher(URL, mint.ring()), Endpoint(mint.jwks())
        ask(fetcher, endpoint, NOW, kid="a")
        assert isinstance(ask(fetcher, endpoint, NOW - 86_400, kid="b"), Fetched)


class TestThePeriodicFetch:
    def test_is_due_after_the_stated_age(self, ask, mint):
        fetcher, endpoint = KeyFetcher(URL, KeyRing(), max_age=3600), Endpoint(mint.jwks())
        ask(fetcher, endpoint, NOW)
        assert not fetcher.due(NOW + 3599)
        assert ask(fetcher, endpoint, NOW + 3599) == TooSoon(1)
        assert fetcher.due(NOW + 3600)
        assert ask(fetcher, endpoint, NOW + 3600) == Fetched(changed=False)
        assert len(endpoint.urls) == 2


FAILURES = {
    "a dead network": (OSError("no route to 10.0.0.1"), FetchProblem.TRANSPORT, "OSError"),
    "a timeout": (TimeoutError(), FetchProblem.TRANSPORT, "TimeoutError"),
    "text for bytes": ("{}", FetchProblem.TRANSPORT, "str"),
    "too much": (b" " * 65_537, FetchProblem.TOO_LARGE, ""),
    "no JSON": (b"<html>502 Bad Gateway</html>", FetchProblem.MALFORMED, ""),
    "no UTF-8": (b"\xff\xfe{}", FetchProblem.MALFORMED, ""),
    "nested beyond reason": (b'{"keys":' + b"[" * 60_000, FetchProblem.MALFORMED, ""),
    "no key set": ({"message": "ok"}, FetchProblem.MALFORMED, ""),
    "an empty key set": ({"keys": []}, FetchProblem.MALFORMED, ""),
}


@pytest.mark.parametrize(("answer", "reason", "detail"), FAILURES.values(), ids=FAILURES)
class TestAFetchThatFails:
    def test_says_unavailable_and_keeps_the_keys(self, ask, mint, answer, reason, detail):
        fetcher = KeyFetcher(URL, mint.ring())
        failed = ask(fetcher, Endpoint(answer), NOW, kid="unknown")
        assert failed == FetchFailed(reason, 60, detail)
        assert fetcher.ring.kids == {mint.kid}

    def test_stays_unavailable_until_the_next_attempt_may_be_made(self, ask, mint, answer, reason, detail):
        fetcher, endpoint = KeyFetcher(URL, mint.ring()), Endpoint(answer)
        ask(fetcher, endpoint, NOW, kid="unknown")
        assert ask(fetcher, endpoint, NOW + 20, kid="another") == FetchFailed(reason, 40, detail)
        assert len(endpoint.urls) == 1
        endpoint.answer = mint.jwks()
        assert ask(fetcher, endpoint, NOW + 60, kid="another") == Fetched(changed=False)
        assert ask(fetcher, endpoint, NOW + 61, kid="another") == TooSoon(59)


class TestWithoutAnyKeys:
    def test_attempts_come_quickly_at_first_and_then_slowly(self, ask):
        fetcher, endpoint = KeyFetcher(URL, KeyRing()), Endpoint(OSError())
        tried, now, waits = 0, NOW, []
        while len(waits) < 9:
            failed = ask(fetcher, endpoint, now)
            tried += 1
            waits.append(failed.retry_after)
            now += failed.retry_after
        assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
        assert len(endpoint.urls) == tried

    def test_a_thousand_failures_still_leave_a_wait_that_can_be_computed(self, ask):
        fetcher, endpoint = KeyFetcher(URL, KeyRing()), Endpoint(OSError())
        for n in range(100):
            assert ask(fetcher, endpoint, NOW + n * 60).retry_after <= 60


def test_threads_that_ask_at_once_share_one_flight(mint):
    fetcher, began, may_end = KeyFetcher(URL, KeyRing()), threading.Event(), threading.Event()
    calls, outcomes = [], []

    def slow(url):
        calls.append(url)
        began.set()
        assert may_end.wait(10)
        return json.dumps(mint.jwks()).encode()

    def ask():
        outcomes.append(fetcher.fetch(slow, NOW, kid=mint.kid))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    threads[0].start()
    assert began.wait(10)
    for thread in threads[1:]:
        thread.start()
    may_end.set()
    for thread in threads:
        thread.join(10)
    assert calls == [URL]
    assert len(outcomes) == 8
    assert all(isinstance(outcome, Fetched) for outcome in outcomes)


def test_tasks_that_ask_at_once_share_one_flight(mint):
    fetcher, endpoint = KeyFetcher(URL, KeyRing()), Endpoint(mint.jwks())

    async def all_at_once():
        return await asyncio.gather(*(fetcher.afetch(endpoint.asked, NOW, kid=mint.kid) for _ in range(20)))

    assert set(asyncio.run(all_at_once())) == {Fetched(changed=True)}
    assert endpoint.urls == [URL]


def test_who_began_the_fetch_can_hang_up_without_ending_it_for_the_others(mint):
    fetcher, calls = KeyFetcher(URL, KeyRing()), []

    async def scene():
        may_end = asyncio.Event()

        async def slow(url):
            calls.append(url)
            await may_end.wait()
            return json.dumps(mint.jwks()).encode()

        first = asyncio.create_task(fetcher.afetch(slow, NOW, kid=mint.kid))
        await asyncio.sleep(0.01)
        second = asyncio.create_task(fetcher.afetch(slow, NOW, kid=mint.kid))
        await asyncio.sleep(0.01)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        may_end.set()
        return await second

    assert asyncio.run(scene()) == Fetched(changed=True)
    assert calls == [URL]


def test_a_loop_that_ends_in_the_middle_leaves_the_fetcher_usable(mint):
    fetcher = KeyFetcher(URL, KeyRing())

    async def hangs(url):
        await asyncio.Event().wait()

    async def scene():
        asking = asyncio.create_task(fetcher.afetch(hangs, NOW))
        await asyncio.sleep(0.01)
        asking.cancel()

    asyncio.run(scene())
    assert fetcher.fetch(Endpoint(mint.jwks()), NOW) == FetchFailed(FetchProblem.TRANSPORT, 1, "CancelledError")
    assert fetcher.fetch(Endpoint(mint.jwks()), NOW + 1) == Fetched(changed=True)


def test_an_interrupted_thread_leaves_the_fetcher_usable(mint):
    fetcher = KeyFetcher(URL, KeyRing())
    with pytest.raises(KeyboardInterrupt):
        fetcher.fetch(Endpoint(KeyboardInterrupt()), NOW)
    assert fetcher.fetch(Endpoint(mint.jwks()), NOW + 1) == Fetched(changed=True)


def test_who_waits_too_long_for_another_s_fetch_is_told_that_it_is_slow(mint):
    fetcher, began, may_end = KeyFetcher(URL, KeyRing(), patience=0.05), threading.Event(), threading.Event()

    def slow(url):
        began.set()
        assert may_end.wait(10)
        return json.dumps(mint.jwks()).encode()

    leader = threading.Thread(target=fetcher.fetch, args=(slow, NOW))
    leader.start()
    assert began.wait(10)
    assert fetcher.fetch(slow, NOW) == FetchFailed(FetchProblem.SLOW, 1)
    assert asyncio.run(fetcher.afetch(Endpoint(mint.jwks()).asked, NOW)) == FetchFailed(FetchProblem.SLOW, 1)
    may_end.set()
    leader.join(10)
    assert fetcher.ring.kids == {mint.kid}
