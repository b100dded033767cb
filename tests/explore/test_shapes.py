"""What a text says without its names: names taken out, seals opened, hashes traced."""

from __future__ import annotations

import zlib
from urllib.parse import quote

import pytest

from hardtack.explore.shapes import Name, shape_of, shape_of_texts
from hardtack.explore.symbols import BEGINNING, SymbolicSealer, mint, script_hash

SEALER = SymbolicSealer()


def tokens(user="alice", session="origin1", generation=1, at=BEGINNING):
    return mint(user, session, generation, refresh=generation, issued_at=at, auth_time=BEGINNING)


ONE, OTHER = tokens(), tokens("bob", "origin2", 4, BEGINNING + 60)


def same(text: str, other: str) -> bool:
    return shape_of(text).still == shape_of(other).still


@pytest.mark.parametrize("kind", ["access_token", "id_token", "refresh_token"])
def test_a_token_is_its_use_and_four_names(kind):
    text, other = getattr(ONE, kind), getattr(OTHER, kind)
    assert same(text, other)
    shape = shape_of(text)
    refreshes = kind == "refresh_token"
    assert shape.names[:3] == (Name("p", "alice"), Name("s", "origin1"), Name("r" if refreshes else "g", 1, "origin1"))
    assert shape.sets == {("origin1", 1)}
    assert shape.refreshes == (shape.sets if refreshes else frozenset())
    assert shape.sign_ins == {"origin1"}
    assert shape.issued == (set() if refreshes else {("origin1", BEGINNING)})
    assert shape.auth_times == (set() if refreshes else {BEGINNING})


def test_tokens_of_different_use_stay_different():
    assert not same(ONE.access_token, ONE.id_token)
    assert not same(ONE.access_token, ONE.refresh_token)


def test_a_text_that_only_looks_like_a_token_stands_still():
    assert shape_of("e30.AAAA.s").names == ()
    assert not same("e30.AAAA.s", "e30.AAAB.s")


def test_a_person_is_a_name_wherever_it_stands():
    for text in ("alice", "sub-alice", quote('{"loginId":"alice"}'), "x.alice.accessToken"):
        assert shape_of(text).names == (Name("p", "alice"),), text
        assert same(text, text.replace("alice", "bob"))
    assert not same("alice", "sub-alice")
    assert shape_of("malice alicea").names == ()


def test_a_stranger_is_no_name():
    assert not any(name.kind == "p" for name in shape_of("mallory").names)


def test_a_sign_in_and_a_set_of_it_are_names():
    assert shape_of("origin12").names == (Name("s", "origin12"),)
    assert shape_of("origin12.3.a").names == (Name("s", "origin12"), Name("h", 3, "origin12"))
    assert not same("origin12.3.a", "origin12.3.i")


def test_moments_are_names_of_three_kinds():
    assert shape_of("t1700000001.").names == (Name("t", 1_700_000_001),)
    assert shape_of("@1700000001").names == (Name("m", 1_700_000_001),)
    assert shape_of(ONE.access_token).names[3] == Name("i", BEGINNING, "origin1")
    assert shape_of("1700").names == ()


def test_a_year_from_now_is_the_same_whenever_it_is_said():
    first = "a=b; Expires=Wed, 14 Nov 2024 22:13:21 GMT"
    assert same(first, first.replace("22:13:21", "23:15:01"))
    assert not same(first, "a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT")


def test_a_seal_is_opened():
    sealed = SEALER.seal("pair:client", b"origin1.2.a 1700000001")
    assert shape_of(sealed).names == (Name("s", "origin1"), Name("h", 2, "origin1"), Name("m", 1_700_000_001))
    assert same(sealed, SEALER.seal("pair:client", b"origin7.9.a 1700000055"))
    assert not same(sealed, SEALER.seal("pair:client", b"origin1.2.i 1700000001"))
    assert not same(sealed, SEALER.seal("ladder:client", b"origin1.2.a 1700000001"))


def test_in_a_binding_a_moment_says_when_somebody_signed_in():
    assert shape_of(SEALER.seal("binding:client", b"1700000001")).names == (Name("t", 1_700_000_001),)
    assert shape_of(SEALER.seal("adopted:client", b"1700000001")).names == (Name("t", 1_700_000_001),)


def test_a_sealed_set_is_unpacked():
    sealed = SEALER.seal("session:client", zlib.compress(ONE.access_token.encode()))
    assert shape_of(sealed).names == shape_of(ONE.access_token).names


def test_a_hash_is_traced_to_what_was_hashed():
    digest = SEALER.digest("mark", ONE.refresh_token)
    assert shape_of(digest).names == (Name("h", 1, "origin1"),)
    assert shape_of(digest).sets == frozenset(), "a hash shows nobody a token"
    assert same(digest, SEALER.digest("mark", OTHER.refresh_token))
    assert same(digest[:12], SEALER.digest("mark", OTHER.refresh_token)[:12])
    assert not same(digest, digest[:12])
    assert not same(digest, SEALER.digest("refresh", ONE.refresh_token))


def test_a_claim_of_scripts_is_known_by_itself_and_still_another_name():
    hashed = [script_hash(each.access_token) for each in (ONE, OTHER)]
    marks = [f"in.sub-alice.origin1.{BEGINNING}.x.y.0000-{each}" for each in hashed]
    assert shape_of(marks[0]).claims == {f"0000-{hashed[0]}"}
    assert same(*marks)
    assert shape_of(f"in.sub-alice.origin1.{BEGINNING}.x.y.").claims == frozenset()


def test_a_deadline_is_no_moment_at_which_something_was_asked():
    assert shape_of(f"!{BEGINNING}.0").names == (Name("d", BEGINNING),)
    assert shape_of(f"@{BEGINNING}").names == (Name("m", BEGINNING),)


def test_a_hash_of_nothing_that_we_know_stands_still():
    assert shape_of("0123456789abcdef01234567").names == ()
    assert not same("0123456789abcdef01234567", "0123456789abcdef01234568")


def test_the_scripts_hash_is_traced_whatever_its_length():
    sets = [tokens(generation=generation) for generation in range(1, 60)]
    hashes = [script_hash(each.access_token) for each in sets]
    assert len({len(each) for each in hashes}) > 1
    assert len({shape_of(each).still for each in hashes}) == 1
    assert shape_of(hashes[4]).names == (Name("h", 5, "origin1"),)


def test_a_seal_within_a_hash_within_a_seal_is_found():
    inner = SEALER.digest("mark", SEALER.seal("pair:client", ONE.refresh_token.encode()))
    sealed = SEALER.seal("binding:client", inner.encode())
    assert shape_of(sealed).names == (Name("h", 1, "origin1"),)


def test_depth_has_an_end():
    text = "origin1"
    for _ in range(9):
        text = SEALER.seal("binding:client", text.encode())
    assert shape_of(text).names == ()


def test_several_texts_are_a_shape_in_their_order():
    both = shape_of_texts("origin1", "alice")
    assert [name.kind for name in both.names] == ["s", "p"]
    assert both.still != shape_of_texts("alice", "origin1").still
    assert shape_of_texts().names == ()
