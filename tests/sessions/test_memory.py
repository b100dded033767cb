"""What is remembered of a Cookie header, within which bounds, and when it is forgotten."""

from __future__ import annotations

import pytest

from hardtack.sessions import Event, Outcome, OutcomeKind, Page, Plan, Reason, RequestKind, Session
from hardtack.sessions.memory import PlanMemory
from hardtack.tokens import Good
from support.minting import NOW, Mint

MINT = Mint()
VERIFIER = MINT.verifier()


def plan_of(session_key: str = "origin-1", until: float | None = NOW + 3_000) -> Plan:
    tokens = MINT.session(origin_jti=session_key)
    judgement = VERIFIER.judge(tokens.access_token, now=NOW)
    assert isinstance(judgement, Good)
    outcome = Outcome(OutcomeKind.ACTIVE, Reason.SIGNED_IN, Session(judgement.claims, None, tokens))
    return Plan(outcome, steady_until=until, events=(Event("session.adopted"),), reference="HT-0000-0000")


PLAN = plan_of()
ANONYMOUS = Plan(Outcome(OutcomeKind.ANONYMOUS, Reason.NO_COOKIES), steady_until=NOW + 3_600)


def test_an_unchanged_header_is_one_lookup_until_the_session_ages():
    memory = PlanMemory()
    memory.keep(b"a=1", PLAN, heals=True)
    assert memory.recall(b"a=1", NOW, heals=True).session is PLAN.session
    assert memory.recall(b"a=1", NOW + 2_999, heals=False).session is PLAN.session
    assert memory.recall(b"a=1", NOW + 3_000, heals=True) is None
    assert memory.recall(b"a=2", NOW, heals=True) is None


def test_what_was_told_once_is_not_told_again():
    memory = PlanMemory()
    memory.keep(b"a=1", PLAN, heals=True)
    recalled = memory.recall(b"a=1", NOW, heals=True)
    assert (recalled.events, recalled.reference) == ((), "")


def test_a_fetchs_plan_says_nothing_about_what_a_navigation_would_heal():
    memory = PlanMemory()
    memory.keep(b"a=1", PLAN, heals=False)
    assert memory.recall(b"a=1", NOW, heals=False) is not None
    assert memory.recall(b"a=1", NOW, heals=True) is None


def test_a_plan_that_is_not_steady_is_not_remembered():
    memory = PlanMemory()
    memory.keep(b"a=1", plan_of(until=None), heals=True)
    assert len(memory) == memory.bytes_held == 0


def test_two_headers_that_differ_between_the_samples_are_told_apart():
    """An entry is found by a sample of the header; only the whole header makes it count."""
    header = bytearray(b"x" * 400)
    memory = PlanMemory()
    memory.keep(bytes(header), PLAN, heals=True)
    for at in range(len(header)):
        header[at] = 0x79
        assert memory.recall(bytes(header), NOW, heals=True) is None
        header[at] = 0x78
    assert memory.recall(bytes(header), NOW, heals=True) is not None


def test_of_two_headers_with_one_sample_the_later_is_kept_and_the_bytes_are_counted_once():
    memory = PlanMemory()
    one, other = b"x" * 100, b"x" * 99 + b"y"
    memory.keep(one, PLAN, heals=True)
    memory.keep(other, PLAN, heals=True)
    assert memory.recall(one, NOW, heals=True) is None
    assert memory.recall(other, NOW, heals=True) is not None
    assert (len(memory), memory.bytes_held) == (1, 100)


def test_the_number_of_entries_is_bounded_and_the_oldest_goes_first():
    memory = PlanMemory(most_entries=10)
    for number in range(25):
        memory.keep(b"%d" % number * 40, PLAN, heals=True)
    assert len(memory) == 10
    assert memory.recall(b"24" * 40, NOW, heals=True) is not None
    assert memory.recall(b"14" * 40, NOW, heals=True) is None


def test_the_number_of_bytes_is_bounded_and_counted_right():
    memory = PlanMemory(most_bytes=64_000)
    for number in range(500):
        memory.keep(b"%d-" % number * (number % 200 + 1), PLAN, heals=True)
        assert memory.bytes_held <= 64_000
        assert memory.bytes_held == sum(len(entry.raw) for entry in memory._entries.values())
    assert len(memory) > 60


def test_one_header_can_not_push_all_others_out():
    memory = PlanMemory(most_bytes=64_000)
    memory.keep(b"x" * 1_001, PLAN, heals=True)
    assert len(memory) == 0


def test_a_sign_out_forgets_its_session_and_no_other():
    memory = PlanMemory()
    memory.keep(b"a=1" * 30, plan_of("origin-1"), heals=True)
    memory.keep(b"a=2" * 30, plan_of("origin-1"), heals=False)
    memory.keep(b"a=3" * 30, plan_of("origin-2"), heals=True)
    memory.keep(b"", ANONYMOUS, heals=True)
    memory.forget_session("origin-1")
    assert memory.recall(b"a=1" * 30, NOW, heals=True) is None
    assert memory.recall(b"a=2" * 30, NOW, heals=False) is None
    assert memory.recall(b"a=3" * 30, NOW, heals=True) is not None
    assert memory.recall(b"", NOW, heals=True) is not None
    assert memory.bytes_held == 90


def test_everything_can_be_forgotten():
    memory = PlanMemory()
    memory.keep(b"a=1", PLAN, heals=True)
    memory.forget()
    assert len(memory) == memory.bytes_held == 0


# -- in a running deployment ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("storage", ["amplify", "sealed"])
def test_new_signing_keys_forget_everything(tell, storage):
    story = tell(storage=storage)
    story.sign_in("alice")
    story.settle()
    assert story.visit("/").outcome.kind is OutcomeKind.ACTIVE
    assert len(story.server.core.memory) > 0
    story.pool.mint.rotate(4, keep=False)
    story.server.core.keys.replace(story.pool.mint.jwks())
    assert story.visit("/").outcome.kind is OutcomeKind.REFRESHED  # the old key's token is good for nothing any more


def test_nothing_is_remembered_that_a_page_or_a_healing_hangs_on(tell):
    story = tell()
    story.plant("alice", story.pool.sign_in("alice"))
    story.plant("bob", story.pool.sign_in("bob"), domain="example.test")
    header = story.jar.cookie_header(story.url())
    for _ in range(3):
        assert story.ask("/", header=header).page is Page.SIGN_IN
        assert story.ask("/", header=header, kind=RequestKind.FETCH).session is None
    assert len(story.server.core.memory) == 0


def test_a_foreign_host_never_fills_the_memory(tell):
    story = tell()
    story.sign_in("alice")
    story.settle()
    fresh = story.start_server()
    header = story.jar.cookie_header(story.url())
    assert story.ask("/", header=header, host="evil.test", server=fresh).session.sub
    assert len(fresh.core.memory) == 0
