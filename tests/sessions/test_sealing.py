"""Sealing: nobody else reads, makes, alters or moves what Hardtack wrote."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.errors import Blame
from hardtack.sessions.sealing import AesSealer, WeakSecretError, open_fields

OLD = "the secret of last year, thirty-two characters and more"
NEW = "the secret of this year, thirty-two characters and more"
STRANGER = "somebody else's secret, just as long as ours are"
SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.binary(max_size=300), st.text(max_size=30))
def test_what_was_sealed_opens_for_its_purpose(plaintext, purpose):
    sealer = AesSealer([NEW])
    sealed = sealer.seal(purpose, plaintext)
    assert sealer.open(purpose, sealed) == plaintext
    assert set(sealed) <= SAFE


def test_the_same_text_is_never_sealed_alike_twice():
    sealer = AesSealer([NEW])
    assert len({sealer.seal("session", b"the same") for _ in range(50)}) == 50


def test_a_sealed_text_opens_for_no_other_purpose():
    """A binding must not pass for a pair, nor one app client's for another's."""
    sealer = AesSealer([NEW])
    sealed = sealer.seal("binding:one", b"fields")
    for purpose in ("pair:one", "binding:two", "binding:", "", "binding:one "):
        assert sealer.open(purpose, sealed) is None


def test_the_purpose_is_authenticated_beside_the_key():
    """Two purposes could share a key by a bug in its derivation; the associated data would still tell them apart."""
    sealer = AesSealer([NEW])
    sealer._ciphers["other"] = sealer._cipher("session")
    assert sealer.open("other", sealer.seal("session", b"x")) is None


def test_secrets_rotate_and_whoever_is_signed_in_notices_nothing():
    before, between, after = AesSealer([OLD]), AesSealer([NEW, OLD]), AesSealer([NEW])
    sealed = before.seal("session", b"tokens")
    assert between.open("session", sealed) == b"tokens"
    assert after.open("session", sealed) is None
    assert after.open("session", between.seal("session", b"tokens")) == b"tokens"


def test_a_keyed_hash_is_recognised_through_a_rotation_and_made_with_the_newest():
    before, between, after = AesSealer([OLD]), AesSealer([NEW, OLD]), AesSealer([NEW])
    digest = before.digest("refresh-token", "a token")
    assert between.matches("refresh-token", "a token", digest)
    assert not after.matches("refresh-token", "a token", digest)
    assert between.digest("refresh-token", "a token") == after.digest("refresh-token", "a token") != digest
    assert not between.matches("mark", "a token", digest)
    assert not between.matches("refresh-token", "another", digest)


def test_no_byte_of_a_sealed_text_can_be_changed():
    sealer = AesSealer([NEW])
    sealed = sealer.seal("session", b"tokens of a person")
    raw = bytearray(base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)))
    for at in range(len(raw)):
        for flip in (0x01, 0x80):
            raw[at] ^= flip
            tampered = base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
            assert sealer.open("session", tampered) is None
            raw[at] ^= flip


def test_no_part_of_a_sealed_text_opens():
    sealer = AesSealer([NEW])
    sealed = sealer.seal("session", b"tokens of a person")
    for length in range(len(sealed)):
        assert sealer.open("session", sealed[:length]) is None
        assert sealer.open("session", sealed[length + 1 :]) is None


def test_two_sealed_texts_do_not_splice():
    sealer = AesSealer([NEW])
    one, other = sealer.seal("session", b"a" * 60), sealer.seal("session", b"b" * 60)
    assert sealer.open("session", one[:40] + other[40:]) is None


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode())))
def test_garbage_is_nothing_and_never_an_error(text):
    assert AesSealer([NEW]).open("session", text) is None


@given(st.text(alphabet=st.characters(codec=None), max_size=40))
def test_any_text_has_a_keyed_hash_lone_surrogates_too(text):
    sealer = AesSealer([NEW])
    assert sealer.matches("mark", text, sealer.digest("mark", text))


def test_a_text_longer_than_all_cookies_of_a_request_is_not_even_tried():
    sealer = AesSealer([NEW])
    sealed = sealer.seal("session", b"x" * 60_000)
    assert len(sealed) > 65_536
    assert sealer.open("session", sealed) is None


def test_a_strangers_seal_does_not_open():
    assert AesSealer([NEW, OLD]).open("session", AesSealer([STRANGER]).seal("session", b"x")) is None


@pytest.mark.parametrize("secrets", [[], [""], ["too short"], [NEW, "too short"], ["x" * 31]])
def test_a_missing_or_short_secret_is_refused_with_what_to_do(secrets):
    with pytest.raises(WeakSecretError) as caught:
        AesSealer(secrets)
    assert caught.value.code == "secret.weak"
    assert caught.value.blame is Blame.CONFIGURATION
    assert "token_urlsafe" in caught.value.hint
    assert "too short" not in str(caught.value)


@pytest.mark.parametrize("sealed", [b'["a",1]', b"[]"])
def test_a_sealed_list_is_read_as_one(sealed):
    sealer = AesSealer([NEW])
    assert isinstance(open_fields(sealer, "mark", sealer.seal("mark", sealed)), list)


@pytest.mark.parametrize("sealed", [b"", b"[", b"{}", b'"text"', b"null", b"\xff\xfe", b"\x00"])
def test_a_sealed_text_of_another_shape_counts_as_absent(sealed):
    """Another release may have sealed it: what an old server wrote must not break a new one, nor the reverse."""
    sealer = AesSealer([NEW])
    assert open_fields(sealer, "mark", sealer.seal("mark", sealed)) is None
    assert open_fields(sealer, "mark", "garbage") is None
