"""Crowds: threads, tasks and processes ask at once, the pool rotates without grace, and nobody is signed out.

A second refresh with the same token would be refused as reuse. So it is enough to count: one call to the pool, however
many asked, and everybody has its answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
import warnings
from multiprocessing.connection import Listener
from pathlib import Path

import pytest

from hardtack.cognito import CognitoRefused
from hardtack.cookies import BrowserJar
from hardtack.sessions import OutcomeKind, RequestKind
from hardtack.sessions.coordination import Busy, SqliteStore
from support.story import HOST, SECRET, Story

STORAGES = pytest.mark.parametrize("storage", ["amplify", "sealed"])
CROWD = 50


def hourly(storage: str, shell: str, **settings) -> Story:
    """A session whose access token has just ended, at a pool that rotates and forgives no reuse."""
    story = Story(shell=shell, storage=storage, settings=settings)
    story.pool.rotation = True
    story.sign_in("alice")
    story.settle()
    story.wait(3_700)
    return story


def one_session_for_all(story: Story, plans) -> None:
    assert story.pool.refreshes == 1
    assert {plan.outcome.kind for plan in plans} == {OutcomeKind.REFRESHED}
    assert len({plan.session.tokens.refresh_token for plan in plans}) == 1
    assert len({plan.session.claims.jti for plan in plans}) == 1
    story.receive(plans[0])
    assert story.visit("/").outcome.kind is OutcomeKind.ACTIVE


def request_of(story: Story, server, kind=RequestKind.NAVIGATION):
    header = story.jar.cookie_header(story.url()) or ""
    return server.core.request(kind=kind, host=HOST, cookies=header.encode("latin-1"), raw_path=b"/")


# -- asyncio --------------------------------------------------------------------------------------------------------


class Slow:
    """The story's pool behind a network that takes its time."""

    def __init__(self, story: Story, seconds: float = 0.02) -> None:
        self.pool, self.seconds = story.pool, seconds
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def refresh(self, refresh_token: str, *, username: str | None = None):
        self.asked.set()
        await asyncio.sleep(self.seconds)
        await self.may_answer.wait()
        return self.pool.refresh(refresh_token)


@STORAGES
@pytest.mark.parametrize("on_file", [False, True])
def test_fifty_navigations_of_one_loop_are_one_refresh(tmp_path, storage, on_file):
    story = hourly(storage, "async", store=tmp_path / "refresh.sqlite3" if on_file else None)
    story.server.sessions.cognito = Slow(story)

    async def crowd():
        return await asyncio.gather(
            *(story.server.sessions.handle(request_of(story, story.server)) for _ in range(CROWD))
        )

    one_session_for_all(story, story.loop.run_until_complete(crowd()))
    story.close()


def test_two_instances_that_share_a_file_are_one_refresh(tmp_path):
    story = hourly("amplify", "async", store=tmp_path / "refresh.sqlite3")
    servers = [story.server, story.start_server()]
    for server in servers:
        server.sessions.cognito = Slow(story)

    async def crowd():
        return await asyncio.gather(
            *(server.sessions.handle(request_of(story, server)) for server in servers for _ in range(20))
        )

    one_session_for_all(story, story.loop.run_until_complete(crowd()))
    story.close()


@STORAGES
def test_a_browser_that_gave_up_is_handed_the_answer_at_its_next_request(storage):
    story = hourly(storage, "async")
    slow = story.server.sessions.cognito = Slow(story)

    async def give_up():
        slow.may_answer.clear()
        task = asyncio.ensure_future(story.server.sessions.handle(request_of(story, story.server)))
        await slow.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        slow.may_answer.set()
        await asyncio.gather(*story.server.sessions._refreshes)

    story.loop.run_until_complete(give_up())
    assert story.pool.refreshes == 1
    plan = story.visit("/")
    assert plan.outcome.kind is OutcomeKind.REFRESHED
    assert story.told("session.handed")
    assert story.pool.refreshes == 1
    story.close()


def test_who_gave_up_takes_nobody_with_him():
    """Forty wait for the refresh that the first began; the first one's browser goes away."""
    story = hourly("amplify", "async")
    slow = story.server.sessions.cognito = Slow(story)

    async def crowd():
        slow.may_answer.clear()
        first = asyncio.ensure_future(story.server.sessions.handle(request_of(story, story.server)))
        await slow.asked.wait()
        others = [
            asyncio.ensure_future(story.server.sessions.handle(request_of(story, story.server))) for _ in range(40)
        ]
        await asyncio.sleep(0.03)
        first.cancel()
        slow.may_answer.set()
        return await asyncio.gather(*others)

    one_session_for_all(story, story.loop.run_until_complete(crowd()))
    story.close()


def test_two_people_who_refresh_at_once_get_each_their_own():
    """A process-wide de-duplication without a key would hand one person's tokens to the other."""
    story = Story("async")
    story.sign_in("alice")
    alices, story.jar = story.jar, BrowserJar(clock=lambda: story.pool.now)
    story.sign_in("bob")
    story.wait(3_700)
    headers = [jar.cookie_header(story.url()) for jar in (alices, story.jar)]
    story.server.sessions.cognito = Slow(story)

    async def both():
        return await asyncio.gather(
            *(
                story.server.sessions.handle(
                    story.server.core.request(kind=RequestKind.FETCH, host=HOST, cookies=header.encode("latin-1"))
                )
                for header in headers * 10
            )
        )

    plans = story.loop.run_until_complete(both())
    assert [plan.session.username for plan in plans] == ["alice", "bob"] * 10
    assert story.pool.refreshes == 2
    story.close()


def test_a_server_that_shuts_down_in_the_middle_gives_its_claim_back():
    story = hourly("amplify", "async")
    slow = story.server.sessions.cognito = Slow(story)

    async def shut_down():
        slow.may_answer.clear()
        task = asyncio.ensure_future(story.server.sessions.handle(request_of(story, story.server)))
        await slow.asked.wait()
        running = [task, *story.server.sessions._refreshes]
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    story.loop.run_until_complete(shut_down())
    slow.may_answer.set()
    assert story.visit("/").outcome.kind is OutcomeKind.REFRESHED
    story.close()


# -- threads --------------------------------------------------------------------------------------------------------


class Waiting:
    """The story's pool, for threads; it is no faster than it must be for all of them to have asked."""

    def __init__(self, story: Story) -> None:
        self.pool = story.pool

    def refresh(self, refresh_token: str, *, username: str | None = None):
        time.sleep(0.1)
        return self.pool.refresh(refresh_token)


@STORAGES
@pytest.mark.parametrize("on_file", [False, True])
def test_twenty_threads_are_one_refresh(tmp_path, storage, on_file):
    story = hourly(storage, "sync", store=tmp_path / "refresh.sqlite3" if on_file else None)
    story.server.sessions.cognito = Waiting(story)
    plans = []
    start = threading.Barrier(20)

    def ask() -> None:
        start.wait()
        plans.append(story.server.sessions.handle(request_of(story, story.server)))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(plans) == 20
    one_session_for_all(story, plans)


def test_a_lost_answer_of_a_thread_is_handed_to_the_next_request():
    story = hourly("amplify", "sync")
    story.ask("/")  # the browser has gone; nobody receives this
    assert story.visit("/").outcome.kind is OutcomeKind.REFRESHED
    assert story.pool.refreshes == 1


# -- processes ------------------------------------------------------------------------------------------------------


class Village:
    """Several worker processes of one site on one host, sharing a file; the pool answers from here."""

    def __init__(self, story: Story, store: Path, folder: Path, workers: int) -> None:
        self.story = story
        address = str(folder / "pool")
        self.listener = Listener(address, "AF_UNIX", backlog=64)
        self.answering = threading.Thread(target=self.answer, daemon=True)
        self.answering.start()
        how = {
            "pool": address,
            "store": str(store),
            "storage": story.storage,
            "secret": SECRET,
            "host": HOST,
            "jwks": story.pool.mint.jwks(),
        }
        script = Path(__file__).parent.parent / "support" / "refresh_worker.py"
        self.workers = [
            subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(workers)
        ]
        for worker in self.workers:
            self.tell(worker, how)
        for worker in self.workers:
            assert worker.stdout.readline() == "ready\n"

    def answer(self) -> None:
        while True:
            try:
                connection = self.listener.accept()
            except OSError:
                return
            token = connection.recv()
            time.sleep(0.1)
            try:
                fresh = self.story.pool.refresh(token)
                connection.send((fresh.access_token, fresh.id_token, fresh.refresh_token))
            except CognitoRefused:
                connection.send(None)
            connection.close()

    @staticmethod
    def tell(worker: subprocess.Popen[str], order: dict) -> None:
        worker.stdin.write(json.dumps(order) + "\n")
        worker.stdin.flush()

    def crowd(self, header: str, threads: int) -> list[list[str]]:
        for worker in self.workers:
            self.tell(worker, {"header": header, "now": self.story.pool.now, "threads": threads})
        return [answer for worker in self.workers for answer in json.loads(worker.stdout.readline())]

    def close(self) -> None:
        for worker in self.workers:
            worker.stdin.close()
            worker.wait(10)
            worker.stdout.close()
        self.listener.close()


@STORAGES
def test_twelve_requests_in_three_processes_are_one_refresh_an_hour(tmp_path, storage):
    """Also when the hour before's answers were all lost, and its successor must be gone on from."""
    store = tmp_path / "refresh.sqlite3"
    story = hourly(storage, "sync", store=store)
    header = story.jar.cookie_header(story.url())
    village = Village(story, store, tmp_path, workers=3)
    try:
        for hour in (1, 2):
            answers = village.crowd(header, threads=4)
            assert len(answers) == 12
            assert {kind for kind, _ in answers} == {"refreshed"}
            assert len({token for _, token in answers}) == 1
            assert story.pool.refreshes == hour
            story.wait(3_700)
    finally:
        village.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_store_made_before_a_fork_is_safe_in_the_child(tmp_path):
    """A server that loads the application once and forks its workers: a database connection must not cross."""
    store = SqliteStore(tmp_path / "refresh.sqlite3")
    inherited = store._db
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the test's own process may have threads
        child = os.fork()
    if not child:
        code = 1
        try:
            made = store.claim("k", session="", now=1.0, lease_seconds=20.0, fresh_until=0.0)
            code = 0 if store._db is not inherited and made.lease else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert store._db is inherited
    assert store.claim("k", session="", now=2.0, lease_seconds=20.0, fresh_until=0.0) == Busy()
    store.close()
