"""Hardtack's own cookies: binding, tombstone, pair. What can't be read is not there, and never an error."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.cookies import CookieHeader, CookiePolicy
from hardtack.sessions.marks import Binding, MarkKeeper, Marks, Pair, Tombstone
from hardtack.sessions.sealing import AesSealer
from hardtack.tokens import Good
from support.minting import CLIENT_ID, NOW, SUB, Mint
from support.story import SECRET

POLICY = CookiePolicy(origins=("https://app.example.test",))
SEALER = AesSealer([SECRET])
KEEPER = MarkKeeper(CLIENT_ID, POLICY, SEALER)
BOUND = Binding(SUB, "origin-1", NOW)
CLAIMING = Binding(SUB, "origin-1", NOW, KEEPER.claim("a nonce", "origin-1"), "alice")
NOTHING = CookieHeader.parse(b"")
PAIR = Pair(
    refresh="ab" * 12, jti="jti-1", session_key="origin-1", policy="0a1b2c3d", cursor=1536, at="ab" * 3, sweeps=2
)


def shown(*lines: Any) -> CookieHeader:
    return CookieHeader.parse("; ".join(f"{line.name}={line.value}" for line in lines).encode("latin-1"))


def sealed(name: str, purpose: str, payload: object) -> CookieHeader:
    """A cookie that this deployment sealed, whatever is in it."""
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return CookieHeader.parse(f"__Host-hardtack-{name}={SEALER.seal(f'{purpose}:{CLIENT_ID}', text)}".encode())


def bound(binding: Binding = BOUND, keeper: MarkKeeper = KEEPER, jar: CookieHeader = NOTHING) -> Any:
    *_, line = keeper.write_binding(binding, jar)
    return line


def buried(tombstone: Tombstone, jar: CookieHeader = NOTHING) -> Any:
    *_, line = KEEPER.write_tombstone(tombstone, jar)
    return line


def claims_of(session_key: str, auth_time: int):
    mint = Mint()
    judgement = mint.verifier().judge(mint.access_token(origin_jti=session_key, auth_time=auth_time), now=auth_time)
    assert isinstance(judgement, Good)
    return judgement.claims


def test_a_binding_comes_back_as_it_was_written():
    for binding in (BOUND, CLAIMING):
        assert KEEPER.read(shown(bound(binding))) == Marks(binding=binding)


def test_a_claim_is_another_for_each_request_sign_in_and_deployment():
    other = MarkKeeper(CLIENT_ID, POLICY, AesSealer(["a new secret that is long enough to be one"]))
    claims = [
        KEEPER.claim("a nonce", "origin-1"),
        KEEPER.claim("a nonce", "origin-2"),
        KEEPER.claim("another nonce", "origin-1"),
        other.claim("a nonce", "origin-1"),
        KEEPER.refresh_digest("a nonce origin-1"),
        KEEPER.digest("a nonce origin-1"),
    ]
    assert len(set(claims)) == len(claims)
    assert KEEPER.claim("a nonce", "origin-1") == CLAIMING.claim


def test_a_tombstone_takes_the_bindings_place():
    tomb = Tombstone(("origin-1", "origin-2"), NOW)
    line = buried(tomb)
    assert line.name == bound().name
    assert KEEPER.read(shown(line)) == Marks(tombstone=tomb)


def test_an_adoption_binds_where_nobody_has_signed_in_or_out():
    assert KEEPER.read(shown(KEEPER.write_adopted(BOUND))) == Marks(binding=BOUND)


DECIDED = {
    "another person signed in": (bound(Binding("another sub", "x", NOW - 9)), False),
    "the same person signed in later": (bound(Binding(SUB, "x", NOW + 9)), False),
    "the same person signed in in the same second": (bound(Binding(SUB, "x", NOW)), False),
    "the front end signed the same person in later": (bound(Binding(SUB, "x", NOW - 9)), True),
    "it was signed out": (buried(Tombstone(("origin-1",), 0)), False),
    "a later sign-in was signed out": (buried(Tombstone(("x",), NOW + 9)), False),
    "the front end signed somebody in after the sign-out": (buried(Tombstone(("x",), NOW - 9)), True),
}


@pytest.mark.parametrize(("decision", "stands"), DECIDED.values(), ids=DECIDED)
def test_an_adoption_whose_answer_comes_late_wins_over_nothing_that_a_person_did(decision, stands):
    marks = KEEPER.read(shown(decision, KEEPER.write_adopted(BOUND)))
    assert (marks.binding == BOUND) == stands
    if not stands:
        assert marks == KEEPER.read(shown(decision))


def test_a_sign_in_and_a_sign_out_clear_an_adoption_away():
    jar = shown(KEEPER.write_adopted(BOUND))
    for lines in (KEEPER.write_binding(BOUND, jar), KEEPER.write_tombstone(Tombstone(), jar)):
        assert [(line.name, line.is_deletion) for line in lines] == [
            ("__Host-hardtack-adopted", True),
            ("__Host-hardtack-binding", False),
        ]
    assert len(KEEPER.write_binding(BOUND, NOTHING)) == len(KEEPER.write_tombstone(Tombstone(), NOTHING)) == 1


@pytest.mark.parametrize("payload", [[], ["b", SUB, "origin-1", NOW], [SUB, "origin-1"], [SUB, "origin-1", "now"], 7])
def test_an_adoption_of_another_releases_shape_is_absent(payload):
    assert KEEPER.read(sealed("adopted", "adopted", payload)) == Marks()


def test_a_pair_comes_back_as_it_was_written():
    assert KEEPER.read(shown(KEEPER.write_pair(PAIR))) == Marks(pair=PAIR)
    assert KEEPER.read(shown(KEEPER.write_pair(Pair()))) == Marks(pair=Pair())


def test_the_marks_are_host_only_for_every_path_and_hidden_from_script():
    for line in (
        bound(),
        buried(Tombstone()),
        KEEPER.write_adopted(BOUND),
        KEEPER.write_pair(PAIR),
    ):
        assert line.name.startswith("__Host-")
        assert (line.domain, line.path, line.secure, line.http_only) == (None, "/", True, True)
        assert line.max_age == POLICY.max_age


def test_neither_person_nor_session_nor_hash_can_be_read_in_them():
    text = bound(CLAIMING).to_text() + KEEPER.write_pair(PAIR).to_text()
    for secret in (SUB, "origin-1", "jti-1", PAIR.refresh, CLAIMING.claim, CLAIMING.owner):
        assert secret not in text
    for secret in (CLAIMING.claim, CLAIMING.owner):
        assert secret not in repr(CLAIMING)


def test_a_mark_of_another_app_client_is_not_ours():
    other = MarkKeeper("another0client", POLICY, SEALER)
    assert KEEPER.read(shown(bound(keeper=other), other.write_pair(PAIR))) == Marks()


def test_a_pair_in_the_bindings_cookie_is_nothing():
    name = bound().name
    assert KEEPER.read(CookieHeader.parse(f"{name}={KEEPER.write_pair(PAIR).value}".encode())) == Marks()


def test_a_spoilt_twin_of_a_mark_does_not_hide_the_good_one():
    """On plain http the marks have no prefix, so a sibling can put a twin before them."""
    line = bound()
    header = f"{line.name}=garbage; {line.name}={line.value}; {line.name}=x"
    assert KEEPER.read(CookieHeader.parse(header.encode())).binding == BOUND


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=200))
def test_garbage_is_absent(value):
    header = "; ".join(f"__Host-hardtack-{mark}={value}" for mark in ("binding", "adopted", "pair"))
    assert KEEPER.read(CookieHeader.parse(header.encode("latin-1"))) == Marks()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=14) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=16,
)


@given(JSON)
def test_a_pair_of_another_release_is_absent_unless_it_is_of_our_shape(payload):
    pair = KEEPER.read(sealed("pair", "pair", payload)).pair
    assert pair is None or KEEPER.read(shown(KEEPER.write_pair(pair))).pair == pair


@given(JSON | st.binary(max_size=20))
def test_a_binding_of_another_release_is_absent_unless_it_is_of_our_shape(payload):
    marks = KEEPER.read(sealed("binding", "binding", payload))
    assert marks.binding is None
    assert marks.tombstone is None


PAIR_FIELDS = json.loads(SEALER.open(f"pair:{CLIENT_ID}", KEEPER.write_pair(PAIR).value) or b"")
OTHER_SHAPES = {
    "empty": [],
    "one field less": PAIR_FIELDS[:-1],
    "one field more": [*PAIR_FIELDS, 0],
    "a text for a number": [*PAIR_FIELDS[:-1], "0"],
    "a fraction for a number": [*PAIR_FIELDS[:-1], 0.5],
    "nothing for a text": [None, *PAIR_FIELDS[1:]],
    "a mapping": dict(enumerate(PAIR_FIELDS)),
}


@pytest.mark.parametrize("payload", OTHER_SHAPES.values(), ids=OTHER_SHAPES)
def test_a_pair_that_is_nearly_ours_is_absent(payload):
    assert KEEPER.read(sealed("pair", "pair", PAIR_FIELDS)).pair == PAIR
    assert KEEPER.read(sealed("pair", "pair", payload)).pair is None


BINDING_FIELDS = ["b", SUB, "origin-1", NOW, CLAIMING.claim, "alice"]
BINDINGS = {
    "no kind": BINDING_FIELDS[1:],
    "unknown kind": ["x", *BINDING_FIELDS[1:]],
    "one field more": [*BINDING_FIELDS, 1],
    "one field less": BINDING_FIELDS[:-1],
    "no claim and no owner": BINDING_FIELDS[:-2],
    "a text for the time": ["b", SUB, "origin-1", str(NOW), CLAIMING.claim, "alice"],
    "nobody": ["b", None, *BINDING_FIELDS[2:]],
    "no text for the claim": ["b", SUB, "origin-1", NOW, None, "alice"],
    "no text for the owner": ["b", SUB, "origin-1", NOW, CLAIMING.claim, 7],
    "a tombstone without its time": ["t"],
    "a tombstone with a text for its time": ["t", "origin-1"],
}


@pytest.mark.parametrize("payload", BINDINGS.values(), ids=BINDINGS)
def test_a_binding_that_is_nearly_ours_is_absent(payload):
    assert KEEPER.read(sealed("binding", "binding", BINDING_FIELDS)) == Marks(binding=CLAIMING)
    assert KEEPER.read(sealed("binding", "binding", payload)) == Marks()


def test_the_pair_vouches_for_its_refresh_token_and_for_no_other():
    pair = replace(PAIR, refresh=KEEPER.refresh_digest("the token"))
    assert KEEPER.is_partner(pair, "the token")
    assert not KEEPER.is_partner(pair, "another token")
    assert not KEEPER.is_partner(None, "the token")
    assert not KEEPER.is_partner(Pair(), "")


def test_without_a_refresh_token_there_is_nothing_to_vouch_for():
    assert KEEPER.refresh_digest(None) == KEEPER.refresh_digest("") == ""


def test_the_pair_still_vouches_after_the_secrets_rotated():
    pair = replace(PAIR, refresh=KEEPER.refresh_digest("the token"))
    rotated = MarkKeeper(CLIENT_ID, POLICY, AesSealer(["a new secret that is long enough to be one", SECRET]))
    assert rotated.is_partner(pair, "the token")
    assert rotated.read(shown(KEEPER.write_pair(pair), bound())) == Marks(binding=BOUND, pair=pair)


def test_a_tombstone_covers_what_was_signed_out_and_what_is_older():
    tomb = Tombstone().joined([claims_of("origin-1", NOW), claims_of("origin-2", NOW - 500)])
    assert tomb.covers(claims_of("origin-1", NOW))
    assert tomb.covers(claims_of("never seen", NOW - 1000))
    assert not tomb.covers(claims_of("origin-3", NOW + 1))


def test_a_tombstone_covers_a_session_that_it_names_however_new():
    assert Tombstone(("origin-9",), 0).covers(claims_of("origin-9", NOW + 9_999))


def test_a_tombstone_names_few_and_covers_the_rest_by_time():
    tomb = Tombstone()
    for number in range(40):
        tomb = tomb.joined([Binding(SUB, f"origin-{number}", NOW + number)])
    assert len(tomb.ended) == 8
    assert tomb.ended[-1] == "origin-39"
    assert tomb.covers(claims_of("origin-0", NOW))
    assert len(buried(tomb).to_text()) < 1_000


def test_signing_the_same_session_out_twice_names_it_once():
    tomb = Tombstone(("origin-1", "origin-2"), NOW).joined([BOUND, claims_of("origin-1", NOW)])
    assert tomb.ended == ("origin-2", "origin-1")
