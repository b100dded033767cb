"""A key set is taken whole and well-formed, or the keys that we have stay."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from hardtack.errors import Blame
from hardtack.tokens import Good, KeyRing, KeySetError, is_plain_kid
from support.minting import NOW, Mint, b64, jwk, kid_of


@pytest.fixture
def ring():
    return KeyRing({"keys": [jwk(0)]})


def test_an_empty_ring_was_never_filled():
    ring = KeyRing()
    assert (ring.filled, len(ring), ring.kids, ring.get(kid_of(0))) == (False, 0, frozenset(), None)


def test_the_keys_are_found_by_name(ring):
    assert ring.filled
    assert kid_of(0) in ring
    assert ring.get(kid_of(0)).public_numbers().n.bit_length() == 2048
    assert ring.get(kid_of(1)) is None


def test_a_new_set_takes_the_old_one_s_place_and_keeps_what_is_in_both(ring):
    kept = ring.get(kid_of(0))
    ring.replace({"keys": [jwk(0), jwk(1)]})
    assert ring.kids == {kid_of(0), kid_of(1)}
    assert ring.get(kid_of(0)) is kept
    ring.replace({"keys": [jwk(1)]})
    assert ring.kids == {kid_of(1)}


def test_the_same_set_again_is_no_new_generation(ring):
    before = ring.generation
    ring.replace({"keys": [jwk(0)]})
    assert ring.generation == before
    ring.replace({"keys": [jwk(1)]})
    assert ring.generation == before + 1


NO_KEY_SET = {
    "no object": [jwk(0)],
    "null": None,
    "no keys": {},
    "keys an object": {"keys": {"a": jwk(0)}},
    "keys a text": {"keys": "keys"},
    "no key at all": {"keys": []},
    "too many": {"keys": [jwk(0)] * 65},
    "members of other kinds": {"keys": [None, 1, "key", [jwk(0)]]},
    "one name for two keys": {"keys": [jwk(0), jwk(1) | {"kid": kid_of(0)}]},
}


@pytest.mark.parametrize("jwks", NO_KEY_SET.values(), ids=NO_KEY_SET)
def test_what_is_no_key_set_is_an_error_of_the_provider_and_changes_nothing(ring, jwks):
    kept, generation = ring.get(kid_of(0)), ring.generation
    with pytest.raises(KeySetError) as caught:
        ring.replace(jwks)
    assert caught.value.blame is Blame.PROVIDER
    assert caught.value.hint
    assert (ring.get(kid_of(0)), ring.kids, ring.generation) == (kept, {kid_of(0)}, generation)


def number(value):
    return b64(value.to_bytes((value.bit_length() + 7) // 8 or 1, "big"))


WEAK = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key().public_numbers()  # noqa: S505 -- weak on purpose
USELESS = {
    "of another kind": {"kty": "EC"},
    "for encryption": {"use": "enc"},
    "for another algorithm": {"alg": "RS512"},
    "for signing only": {"key_ops": ["sign"]},
    "with odd operations": {"key_ops": "verify"},
    "without a name": {"kid": None},
    "with an empty name": {"kid": ""},
    "named by a path": {"kid": "../keys/0"},
    "without a modulus": {"n": None},
    "with an empty modulus": {"n": ""},
    "with a modulus in the other alphabet": {"n": jwk(0)["n"].replace("-", "+").replace("_", "/") + "=="},
    "with a modulus of a length that can't be": {"n": jwk(0)["n"] + "AAA"},
    "too short": {"n": number(WEAK.n)},
    "too long": {"n": number((1 << 8200) + 1)},
    "with an even modulus": {"n": number(1 << 2047)},
    "with exponent 1": {"e": "AQ"},
    "with an even exponent": {"e": "BA"},
    "with an exponent that costs seconds": {"e": number((1 << 2047) + 1)},
    "with an exponent that is a number": {"e": 65537},
}


@pytest.mark.parametrize("change", USELESS.values(), ids=USELESS)
def test_a_key_that_we_can_t_use_is_passed_over_and_the_others_are_taken(change):
    assert KeyRing({"keys": [jwk(0) | change, jwk(1)]}).kids == {kid_of(1)}


def test_a_key_that_says_only_what_it_must_is_taken():
    bare = {name: jwk(0)[name] for name in ("kty", "kid", "n", "e")}
    assert KeyRing({"keys": [bare]}).kids == {kid_of(0)}


def test_a_key_given_twice_is_one_key():
    assert KeyRing({"keys": [jwk(0), jwk(0)]}).kids == {kid_of(0)}


def test_a_leading_zero_byte_in_the_modulus_makes_no_other_key():
    """Some libraries write the sign byte that DER needs."""
    mint = Mint()
    modulus = mint.ring().get(mint.kid).public_numbers().n
    padded = jwk(0) | {"n": b64(b"\0" + modulus.to_bytes(256, "big"))}
    assert isinstance(mint.verifier(keys=KeyRing({"keys": [padded]})).judge(mint.access_token(), now=NOW), Good)


def test_the_repr_counts_and_shows_no_key(ring):
    assert repr(ring) == "<KeyRing of 1 keys, generation 1>"


@pytest.mark.parametrize("kid", ["a", "ab+/=", "ministack-key-1", "a.b", "k" * 128, kid_of(0), "0d2c1a7e-1b2c-4d5e"])
def test_names_that_pools_give_are_plain(kid):
    assert is_plain_kid(kid)


@pytest.mark.parametrize(
    "kid", ["", "..", "a/../b", "a b", "a\n", "é", "k" * 129, "a:b", "a\\b", "a%2e", None, 1, b"a"]
)
def test_names_that_no_pool_gives_are_not(kid):
    assert not is_plain_kid(kid)


MEMBERS = st.sampled_from(["kty", "use", "alg", "kid", "n", "e", "key_ops", "x5c"])
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.text(max_size=3))


@given(st.lists(st.dictionaries(MEMBERS, VALUES).map(lambda change: jwk(0) | change) | VALUES, max_size=4))
def test_no_key_set_raises_anything_else(keys):
    json.dumps(keys)  # it came as JSON
    ring = KeyRing()
    try:
        ring.replace({"keys": keys})
    except KeySetError:
        assert not ring.filled
    else:
        assert len(ring) > 0
