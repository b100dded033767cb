"""A jar as a value: what is restored goes on as if nothing had happened, and equal jars have equal snapshots.

That a restored jar agrees with the browsers as well is shown in `test_jar_recordings`.
"""

from __future__ import annotations

import pickle

import pytest

from hardtack.cookies import BrowserJar

NOW = 1_795_000_000.0
APP, SIBLING = "https://app.example.test/", "https://sib.example.test/"
ALL = pytest.mark.parametrize("engine", ["chromium", "firefox", "rfc6265bis"])


class Clock:
    """Epoch seconds that stand still until they are moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@ALL
def test_the_way_to_a_jar_leaves_no_trace_in_its_snapshot(engine):
    straight, detour = (BrowserJar(engine, clock=lambda: NOW) for _ in range(2))
    straight.store_response(APP, ["x=1", "y=2"])
    detour.store_response(APP, ["gone=1", "x=1", "x=1", "y=1"])
    detour.store_response(APP, ["gone=; Max-Age=0", "y=; Max-Age=0", "y=2"])
    assert detour.snapshot() == straight.snapshot()
    assert hash(detour.snapshot()) == hash(straight.snapshot())


@ALL
def test_another_order_is_another_snapshot(engine):
    one, other = (BrowserJar(engine, clock=lambda: NOW) for _ in range(2))
    one.store_response(APP, ["x=1", "y=2"])
    other.store_response(APP, ["y=2", "x=1"])
    assert one.snapshot() != other.snapshot()


def test_the_order_that_script_sees_in_firefox_is_part_of_it():
    jar, other = (BrowserJar("firefox", clock=lambda: NOW) for _ in range(2))
    for one in (jar, other):
        one.store_response(APP, ["x=host", "x=site; Domain=example.test"])
    jar.set_document_cookie(APP, "x=new")
    other.store_response(APP, ["x=new"])
    assert jar.snapshot() != other.snapshot()
    again = BrowserJar.restored(jar.snapshot(), "firefox", clock=lambda: NOW)
    assert (again.cookie_header(APP), again.document_cookie(APP)) == ("x=new; x=site", "x=site; x=new")


def test_a_response_puts_a_cookie_back_into_its_place_to_script_after_a_restoration_as_well():
    jar = BrowserJar("firefox", clock=lambda: NOW)
    jar.store_response(APP, ["y=1; Domain=example.test", "x=1", "z=1"])
    jar.set_document_cookie(APP, "y=2; Domain=example.test")
    again = BrowserJar.restored(jar.snapshot(), "firefox", clock=lambda: NOW)
    for one in (jar, again):
        one.set_document_cookie(APP, "z=2")
        one.store_response(APP, ["z=3"])
        assert one.document_cookie(APP) == "x=1; z=3; y=2"
    assert again.snapshot() == jar.snapshot()


def test_what_has_expired_is_not_in_it():
    clock = Clock()
    jar = BrowserJar(clock=clock)
    jar.store_response(APP, ["x=1; Max-Age=60"])
    clock.now += 60
    assert jar.snapshot() == ()


@ALL
def test_who_was_used_last_survives_and_how_long_ago_does_not_matter(engine):
    snapshots = []
    for pause in (61, 6_100):
        clock = Clock()
        jar = BrowserJar(engine, clock=clock)
        jar.store_response(APP, ["auth=1; Secure; Path=/auth"])
        jar.store_response(SIBLING, [f"old{number}=1; Secure" for number in range(179)])
        clock.now += pause
        assert jar.cookie_header(APP + "auth") == "auth=1"
        clock.now += pause
        snapshots.append(jar.snapshot())
        again = BrowserJar.restored(snapshots[-1], engine, clock=clock)
        again.store_response(SIBLING, ["new=1; Secure"])
        assert len(again) == 150
        assert again.cookie_header(APP + "auth") == "auth=1"
    assert snapshots[0] == snapshots[1]


def test_a_use_within_the_last_minute_keeps_its_second():
    clock = Clock()
    jar = BrowserJar(clock=clock)
    jar.store_response(APP, ["x=1"])
    clock.now += 30
    (kept,) = jar.snapshot()
    assert kept.used == -30


@ALL
def test_a_part_of_a_snapshot_is_one_and_plain_tuples_will_do(engine):
    jar = BrowserJar(engine, clock=lambda: NOW)
    jar.store_response(APP, ["a=1", "b=1; Path=/", "c=1", "d=1"])
    jar.set_document_cookie(APP, "b=2; Path=/")
    part = tuple(tuple(kept) for kept in jar.snapshot() if kept.cookie.name != "a")
    again = BrowserJar.restored(part, engine, clock=lambda: NOW)
    straight = BrowserJar(engine, clock=lambda: NOW)
    straight.store_response(APP, ["b=1; Path=/", "c=1", "d=1"])
    straight.set_document_cookie(APP, "b=2; Path=/")
    for one in (again, straight):
        one.store_response(APP, ["e=1"])
    assert again.document_cookie(APP) == straight.document_cookie(APP)
    assert again.snapshot() == straight.snapshot()


def test_a_snapshot_travels_to_another_process():
    jar = BrowserJar(clock=lambda: NOW)
    jar.store_response(APP, ["x=1; Domain=example.test; Path=/a; Secure; HttpOnly; SameSite=Lax; Max-Age=60", "y=2"])
    there = pickle.loads(pickle.dumps(jar.snapshot()))  # noqa: S301  our own, a line above
    assert there == jar.snapshot()
    assert hash(there) == hash(jar.snapshot())
