"""Symbols in the place of secrets: the code that is explored takes them for the real thing."""

from __future__ import annotations

import pytest

from hardtack.explore.symbols import (
    BEGINNING,
    CLIENT_ID,
    LIFETIME,
    MADE,
    SymbolicSealer,
    judge,
    mint,
    open_seal,
    read_token,
    refresh_text,
    script_hash,
)
from hardtack.tokens import Bad, BadToken, Expired, Good, TokenSet

TOKENS = mint("alice", "origin4", 3, refresh=2, issued_at=BEGINNING + 60, auth_time=BEGINNING)


def test_a_set_is_a_set_as_the_library_knows_it():
    assert isinstance(TOKENS, TokenSet)
    assert read_token(TOKENS.access_token).expires_at == BEGINNING + 60 + LIFETIME
    assert read_token(TOKENS.refresh_token).generation == 2


def test_a_token_says_what_it_is():
    access = read_token(TOKENS.access_token)
    assert (access.use, access.user, access.session, access.generation) == ("access", "alice", "origin4", 3)
    assert (access.issued_at, access.auth_time) == (BEGINNING + 60, BEGINNING)
    assert read_token(TOKENS.id_token).use == "id"


@pytest.mark.parametrize(
    "text", ["", "garbage", "a.b.c", "e30.!!!.s", "e30.bm9wZQ.s", "refresh-origin1", "refresh-a-b-c-d"]
)
def test_anything_else_is_none(text):
    assert read_token(text) is None


def test_the_judge_knows_good_expired_and_neither():
    good = judge(TOKENS.access_token, BEGINNING + 60, "access")
    assert isinstance(good, Good)
    assert good.claims.client_id == CLIENT_ID
    assert isinstance(judge(TOKENS.access_token, BEGINNING + 60 + LIFETIME, "access"), Expired)
    assert judge(TOKENS.id_token, BEGINNING, "access") == Bad(BadToken.TOKEN_USE)
    assert judge("garbage", BEGINNING, "access") == Bad(BadToken.MALFORMED)
    assert isinstance(judge(TOKENS.id_token, BEGINNING, "id"), Good)


def test_what_is_sealed_opens_for_its_purpose_alone():
    sealer = SymbolicSealer()
    sealed = sealer.seal("binding:one", b"what is in it")
    assert sealer.open("binding:one", sealed) == b"what is in it"
    assert sealer.open("binding:other", sealed) is None
    assert open_seal(sealed) == ("binding:one", b"what is in it")
    assert sealed.isascii()
    assert not set(sealed) & set(' ",;\\')


@pytest.mark.parametrize("text", ["", "v", "v!", "v_w", "vb25lIHB1cnBvc2U", "v_wBh", "x" + "A" * 16, "v" + "A" * 5])
def test_what_nobody_sealed_does_not_open(text):
    assert open_seal(text) is None
    assert SymbolicSealer().open("binding:one", text) is None


def test_a_digest_is_remembered_with_what_it_stands_for():
    sealer = SymbolicSealer()
    digest = sealer.digest("mark", "a refresh token")
    assert len(digest) == 24
    assert MADE[digest] == MADE[digest[:12]] == MADE[digest[:6]] == ("mark", "a refresh token")
    assert sealer.matches("mark", "a refresh token", digest)
    assert not sealer.matches("mark", "another", digest)
    assert sealer.digest("other", "a refresh token") != digest


def test_the_scripts_hash_is_its_own():
    """As hardtack.js makes it: FNV-1a of 32 bits in base 36; the vectors are those of the algorithm."""
    vectors = {"": 0x811C9DC5, "a": 0xE40C292C, "foobar": 0xBF9CF968}
    assert {text: int(script_hash(text), 36) for text in vectors} == vectors
    assert MADE[script_hash(TOKENS.access_token)] == ("script", TOKENS.access_token)


def test_a_refresh_token_is_opaque_and_still_tells_us():
    assert read_token(refresh_text("bob", "origin2", 5)).user == "bob"
