"""The mark of hardtack.js: what script may say, and how little is believed of it."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.cookies import CookieHeader, CookiePolicy
from hardtack.sessions import OutcomeKind
from hardtack.sessions.front_end_mark import FrontEndMark, front_end_mark_name
from hardtack.sessions.marks import Binding, Marks, Tombstone
from support.minting import CLIENT_ID, read_claims
from support.story import Story

POLICY = CookiePolicy(origins=("https://app.example.test",))
NAME = f"__Host-hardtack-js.{CLIENT_ID}"
MARK = FrontEndMark(CLIENT_ID, POLICY)


def shown(*values: str) -> CookieHeader:
    return CookieHeader.parse("; ".join(f"{NAME}={value}" for value in values).encode("latin-1"))


def test_its_name_has_no_twin_and_is_one_for_each_client():
    assert front_end_mark_name(POLICY, CLIENT_ID) == NAME


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("in.sub-1.origin-1.1700000000", Binding("sub-1", "origin-1", 1_700_000_000)),
        ("in.sub%2E1.auth_time%3A17.17.and.more", Binding("sub.1", "auth_time:17", 17)),
        ("in.sub-1.origin-1.17.a.b.0a1b2c3d4e-1abcd", Binding("sub-1", "origin-1", 17, claim="js.0a1b2c3d4e-1abcd")),
        ("in.sub-1.origin-1.17.a.b.", Binding("sub-1", "origin-1", 17)),
        ("in.sub-1.origin-1.17.a.b.NOT%2Fa claim", Binding("sub-1", "origin-1", 17)),
        ("out.1700000000", Tombstone((), 1_700_000_000)),
        ("out.1700000000.further", Tombstone((), 1_700_000_000)),
    ],
)
def test_what_it_says_is_read(value, said):
    assert MARK.read(shown(value)) == said


@pytest.mark.parametrize(
    "value",
    [
        "", "in", "in.a.b", "in..b.1", "in.a..1", "in.a.b.", "in.a.b.x", "in.a.b.-1", "in.a.b.1234567890123", "out",
        "out.", "out.\xb2", "up.a.b.1", "x" * 2_000,
    ],
)  # fmt: skip
def test_what_it_can_not_mean_is_not_there(value):
    assert MARK.read(shown(value)) is None


def test_the_first_that_can_be_read_counts():
    assert MARK.read(shown("nonsense", "out.5", "out.6")) == Tombstone((), 5)


@given(st.text(st.characters(min_codepoint=1, max_codepoint=255, exclude_characters=";"), max_size=80))
def test_no_text_raises(text):
    MARK.applied(CookieHeader.parse(f"{NAME}={text}".encode("latin-1")), Marks())


ALICE = Binding("alice", "origin-1", 100)


@pytest.mark.parametrize(
    ("mark", "marks", "applied"),
    [
        ("in.alice.origin-1.100", Marks(), (ALICE, None)),
        ("in.bob.origin-2.200", Marks(binding=ALICE), (Binding("bob", "origin-2", 200), None)),
        ("in.bob.origin-2.50", Marks(binding=ALICE), (ALICE, None)),
        (
            "in.alice.origin-1.100",
            Marks(tombstone=Tombstone(("origin-1",), 100)),
            (None, Tombstone(("origin-1",), 100)),
        ),
        (
            "in.bob.origin-2.200",
            Marks(tombstone=Tombstone(("origin-1",), 100)),
            (Binding("bob", "origin-2", 200), None),
        ),
        ("out.100", Marks(binding=ALICE), (None, Tombstone((), 100))),
        ("out.99", Marks(binding=ALICE), (ALICE, None)),
        ("out.100", Marks(tombstone=Tombstone(("origin-9",), 300)), (None, Tombstone(("origin-9",), 300))),
        ("nonsense", Marks(binding=ALICE), (ALICE, None)),
    ],
)
def test_what_was_decided_last_counts(mark, marks, applied):
    assert MARK.applied(shown(mark), marks) == applied


# -- beside the library ---------------------------------------------------------------------------------------------


@pytest.fixture
def story():
    told = Story(policy={"http_only": False}, settings={"front_end_signs_in": True})
    yield told
    told.close()


def write(story: Story, value: str) -> None:
    story.jar.store_response(story.url("/"), [f"{NAME}={value}; Path=/; Secure"])


def front_end_signs_in(story: Story, user: str) -> None:
    """Amplify's own UI signs somebody in, and hardtack.js says so."""
    tokens = story.pool.sign_in(user)
    story.plant(user, tokens, domain="example.test")
    claims = read_claims(tokens.access_token)
    said = [quote(str(claims[name]), safe="") for name in ("sub", "origin_jti", "auth_time")]
    write(story, ".".join(["in", *said]))


def test_another_person_who_signs_in_by_the_front_end_is_believed_with_the_mark_alone(story):
    story.sign_in("alice")
    story.wait(60)
    bob = story.pool.sign_in("bob")
    story.plant("bob", bob, domain="example.test")
    assert story.visit("/").session.username == "alice"
    story.wait(60)
    front_end_signs_in(story, "bob")
    plan = story.visit("/")
    assert (plan.outcome.kind, plan.session.username) == (OutcomeKind.ACTIVE, "bob")
    story.settle()
    assert story.visit("/").session.username == "bob"


def test_a_mark_without_a_set_of_good_signature_is_nobody(story):
    story.sign_in("alice")
    write(story, f"in.stranger.origin.{int(story.pool.now) + 5}")
    assert story.visit("/").session is None


def test_a_sign_out_by_the_front_end_holds_against_what_comes_late(story):
    story.wait(1)
    tokens = story.sign_in("alice")
    write(story, f"out.{int(story.pool.now)}")
    assert story.visit("/").session is None
    story.plant("alice", tokens, domain=None)
    assert story.visit("/").session is None
    story.wait(30)
    front_end_signs_in(story, "alice")
    assert story.visit("/").session.username == "alice"


def test_without_a_front_end_that_signs_in_nothing_is_read_of_it():
    story = Story()
    try:
        story.sign_in("alice")
        write(story, f"out.{int(story.pool.now)}")
        assert story.visit("/").session.username == "alice"
    finally:
        story.close()
