"""What a token of this client is worth: good, over, signed by a key we don't have, or nothing."""

from __future__ import annotations

import dataclasses
import threading
import tracemalloc

import pytest

from hardtack.tokens import Bad, BadToken, Claims, Expired, Good, KeyRing, TokenSet, TokenVerifier, UnknownKey
from support.minting import CLIENT_ID, NOW, SUB, Mint, read_claims


@pytest.fixture(scope="module")
def mint():
    return Mint()


@pytest.fixture
def verifier(mint):
    return mint.verifier()


class TestAGoodToken:
    def test_an_access_token_gives_its_claims(self, mint, verifier):
        token = mint.access_token(username="alice", origin_jti="origin-1", jti="jti-1", groups=["crew", "cooks"])
        judged = verifier.judge(token, now=NOW + 10)
        assert judged == Good(
            Claims(
                token_use="access",
                sub=SUB,
                client_id=CLIENT_ID,
                username="alice",
                issuer=mint.issuer,
                expires_at=NOW + 3600,
                issued_at=NOW,
                auth_time=NOW,
                jti="jti-1",
                origin_jti="origin-1",
                scope=("aws.cognito.signin.user.admin",),
                groups=("crew", "cooks"),
                raw={},
            )
        )
        assert dict(judged.claims.raw) == read_claims(token)

    def test_an_id_token_names_its_client_by_aud_and_its_user_by_cognito_username(self, mint, verifier):
        judged = verifier.judge(mint.id_token(username="alice"), now=NOW, use="id")
        assert isinstance(judged, Good)
        assert (judged.claims.client_id, judged.claims.username) == (CLIENT_ID, "alice")
        assert judged.claims.raw["email"] == "alice@example.com"
        assert judged.claims.scope == ()

    def test_several_scopes_keep_their_order(self, mint, verifier):
        judged = verifier.judge(mint.access_token(extra={"scope": "openid phone  email"}), now=NOW)
        assert judged.claims.scope == ("openid", "phone", "email")

    def test_a_pool_without_token_revocation_sends_no_origin_jti(self, mint, verifier):
        judged = verifier.judge(mint.access_token(drop=["origin_jti"]), now=NOW)
        assert judged.claims.origin_jti is None
        assert judged.claims.session_key == f"auth_time:{NOW}"

    def test_an_id_token_may_lack_the_jti(self, mint, verifier):
        judged = verifier.judge(mint.id_token(drop=["jti", "origin_jti"]), now=NOW, use="id")
        assert isinstance(judged, Good)
        assert judged.claims.jti == ""

    def test_its_claims_can_t_be_changed(self, mint, verifier):
        claims = verifier.judge(mint.access_token(), now=NOW).claims
        with pytest.raises(dataclasses.FrozenInstanceError):
            claims.sub = "somebody else"
        with pytest.raises(TypeError):
            claims.raw["sub"] = "somebody else"

    def test_all_tokens_of_one_sign_in_share_the_session_key(self, mint, verifier):
        first = mint.session()
        later = mint.refreshed(first, at=NOW + 3600, rotate=True)
        keys = {
            verifier.judge(token, now=NOW + 3600, use=use).claims.session_key
            for tokens in (first, later)
            for token, use in ((tokens.access_token, "access"), (tokens.id_token, "id"))
        }
        assert len(keys) == 1
        assert keys != {verifier.judge(mint.access_token(), now=NOW).claims.session_key}


class TestTime:
    def test_the_token_is_good_up_to_its_last_second(self, mint, verifier):
        token = mint.access_token(exp=NOW + 60)
        assert isinstance(verifier.judge(token, now=NOW + 59.999), Good)

    def test_at_exp_it_is_over_and_still_says_whose_it_was(self, mint, verifier):
        judged = verifier.judge(mint.access_token(username="alice", exp=NOW + 60), now=NOW + 60)
        assert isinstance(judged, Expired)
        assert judged.claims.username == "alice"

    def test_the_leeway_is_added_to_exp(self, mint):
        verifier, token = mint.verifier(leeway=30), mint.access_token(exp=NOW + 60)
        assert isinstance(verifier.judge(token, now=NOW + 89), Good)
        assert isinstance(verifier.judge(token, now=NOW + 90), Expired)

    def test_a_token_from_the_future_is_good_since_our_clock_may_be_slow(self, mint, verifier):
        token = mint.access_token(auth_time=NOW + 7200)
        assert isinstance(verifier.judge(token, now=NOW), Good)

    def test_nbf_is_obeyed_with_the_leeway_though_cognito_sends_none(self, mint):
        verifier, token = mint.verifier(leeway=30), mint.access_token(extra={"nbf": NOW + 100})
        assert verifier.judge(token, now=NOW + 69) == Bad(BadToken.NOT_YET)
        assert isinstance(verifier.judge(token, now=NOW + 70), Good)

    def test_a_remembered_token_is_asked_for_the_time_again(self, mint, verifier):
        token = mint.access_token(exp=NOW + 60)
        assert isinstance(verifier.judge(token, now=NOW), Good)
        assert isinstance(verifier.judge(token, now=NOW + 61), Expired)
        assert isinstance(verifier.judge(token, now=NOW), Good)


class TestForSomebodyElse:
    def test_another_client_s_token_is_refused(self, mint, verifier):
        foreign = {"client_id": "anotherclient0000000000000"}
        assert verifier.judge(mint.access_token(**foreign), now=NOW) == Bad(BadToken.CLIENT)
        assert verifier.judge(mint.id_token(**foreign), now=NOW, use="id") == Bad(BadToken.CLIENT)

    def test_another_client_s_expired_token_is_no_better(self, mint, verifier):
        token = mint.access_token(client_id="anotherclient0000000000000")
        assert verifier.judge(token, now=NOW + 9999) == Bad(BadToken.CLIENT)

    def test_an_id_token_s_aud_must_be_one_client_and_no_list(self, mint, verifier):
        token = mint.id_token(extra={"aud": [CLIENT_ID]})
        assert verifier.judge(token, now=NOW, use="id") == Bad(BadToken.CLIENT)

    def test_an_access_token_s_aud_doesn_t_stand_for_its_client(self, mint, verifier):
        token = mint.access_token(drop=["client_id"], extra={"aud": CLIENT_ID})
        assert verifier.judge(token, now=NOW) == Bad(BadToken.CLIENT)

    @pytest.mark.parametrize(
        "issuer",
        [
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Another00",
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI/",
            "http://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
            ["https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"],
            "",
            None,
        ],
    )
    def test_another_issuer_is_refused_although_the_key_fits(self, mint, verifier, issuer):
        assert verifier.judge(mint.access_token(extra={"iss": issuer}), now=NOW) == Bad(BadToken.ISSUER)

    def test_neither_use_passes_for_the_other_fresh_or_remembered(self, mint, verifier):
        access, identity = mint.access_token(), mint.id_token()
        for _ in range(2):
            assert verifier.judge(access, now=NOW, use="id") == Bad(BadToken.TOKEN_USE)
            assert verifier.judge(identity, now=NOW) == Bad(BadToken.TOKEN_USE)
            assert isinstance(verifier.judge(access, now=NOW), Good)
            assert isinstance(verifier.judge(identity, now=NOW, use="id"), Good)

    def test_another_pool_s_token_asks_for_no_keys(self, verifier):
        """Two apps under one domain: the other's tokens mustn't make us fetch."""
        other = Mint("eu-west-1_Another00", key=1)
        assert verifier.judge(other.access_token(), now=NOW) == Bad(BadToken.ISSUER)


class TestKeys:
    def test_an_empty_ring_knows_no_key(self, mint):
        verifier = mint.verifier(keys=KeyRing())
        assert verifier.judge(mint.access_token(), now=NOW) == UnknownKey(mint.kid)

    def test_a_rotated_key_is_unknown_until_the_ring_has_it(self):
        pool = Mint()
        verifier = pool.verifier()
        pool.rotate(1)
        token = pool.access_token()
        assert verifier.judge(token, now=NOW) == UnknownKey(pool.kid)
        verifier.keys.replace(pool.jwks())
        assert isinstance(verifier.judge(token, now=NOW), Good)

    def test_a_remembered_token_loses_its_trust_with_its_key(self):
        pool = Mint()
        verifier, token, first = pool.verifier(), pool.access_token(), pool.kid
        assert isinstance(verifier.judge(token, now=NOW), Good)
        pool.rotate(1, keep=False)
        verifier.keys.replace(pool.jwks())
        assert verifier.judge(token, now=NOW) == UnknownKey(first)

    def test_a_key_that_changed_under_its_old_name_is_another_key(self):
        """Who keeps the `kid` and swaps the key must not profit from what the old key signed."""
        pool, other = Mint(), Mint(key=1)
        verifier, token = pool.verifier(), pool.access_token()
        assert isinstance(verifier.judge(token, now=NOW), Good)
        swapped = other.jwks()
        swapped["keys"][0]["kid"] = pool.kid
        verifier.keys.replace(swapped)
        assert verifier.judge(token, now=NOW) == Bad(BadToken.SIGNATURE)

    def test_another_key_s_signature_is_refused(self, verifier):
        impostor = Mint(key=1)
        forged = impostor.forge({"kid": Mint().kid, "alg": "RS256"}, impostor.access_claims())
        assert verifier.judge(forged, now=NOW) == Bad(BadToken.SIGNATURE)

    def test_many_headers_are_not_remembered_for_ever(self, mint, verifier):
        for n in range(200):
            header = {"kid": mint.kid, "alg": "RS256", "typ": f"JWT{n}"}
            assert isinstance(verifier.judge(mint.forge(header, mint.access_claims()), now=NOW), Good)
        assert len(verifier._headers) <= 32


WRONG_CLAIMS = {
    "no exp": (["exp"], {}),
    "exp true": ([], {"exp": True}),
    "exp a float": ([], {"exp": NOW + 60.5}),
    "exp a whole float": ([], {"exp": float(NOW + 60)}),
    "exp a text": ([], {"exp": str(NOW + 60)}),
    "exp null": ([], {"exp": None}),
    "exp negative": ([], {"exp": -1}),
    "exp beyond all dates": ([], {"exp": 10**12}),
    "exp huge": ([], {"exp": 10**400}),
    "exp a list": ([], {"exp": [NOW + 60]}),
    "no iat": (["iat"], {}),
    "iat false": ([], {"iat": False}),
    "iat a float": ([], {"iat": 1.5e9}),
    "no auth_time": (["auth_time"], {}),
    "auth_time a text": ([], {"auth_time": "1700000000"}),
    "nbf a text": ([], {"nbf": "0"}),
    "nbf true": ([], {"nbf": True}),
    "no sub": (["sub"], {}),
    "sub empty": ([], {"sub": ""}),
    "sub a number": ([], {"sub": 5}),
    "no user name, as of a machine's token": (["username"], {}),
    "user name a list": ([], {"username": ["alice"]}),
    "no jti": (["jti"], {}),
    "jti a number": ([], {"jti": 7}),
    "origin_jti empty": ([], {"origin_jti": ""}),
    "origin_jti a number": ([], {"origin_jti": 7}),
    "scope a list": ([], {"scope": ["openid"]}),
    "groups a text": ([], {"cognito:groups": "admins"}),
    "groups of numbers": ([], {"cognito:groups": ["crew", 1]}),
    "groups an object": ([], {"cognito:groups": {"admins": True}}),
}


@pytest.mark.parametrize(("drop", "extra"), WRONG_CLAIMS.values(), ids=WRONG_CLAIMS)
def test_a_claim_that_is_missing_or_of_the_wrong_type_is_bad_though_truly_signed(mint, verifier, drop, extra):
    assert verifier.judge(mint.access_token(drop=drop, extra=extra), now=NOW) == Bad(BadToken.CLAIMS)


class TestPrivacy:
    def test_no_repr_shows_a_token_or_a_person(self, mint, verifier):
        tokens = mint.session(sub=SUB, username="alice", email="alice@example.com")
        shown = repr(
            [
                tokens,
                verifier.judge(tokens.access_token, now=NOW),
                verifier.judge(tokens.id_token, now=NOW + 9999, use="id"),
                verifier.judge(tokens.id_token, now=NOW),
                verifier,
                verifier.keys,
                verifier._cache,
            ]
        )
        claims = read_claims(tokens.access_token)
        for secret in (
            *tokens.access_token.split("."),
            *tokens.refresh_token.split("."),
            "alice",
            SUB,
            claims["jti"],
            claims["origin_jti"],
        ):
            assert secret not in shown

    def test_token_sets_compare_by_their_tokens(self):
        assert TokenSet("a", "i", "r") == TokenSet("a", "i", "r") != TokenSet("a", "i", None)
        assert TokenSet("a") == TokenSet("a", None, None)


class TestTheCache:
    def test_holds_no_token_nor_a_digest_that_another_process_would_make(self, mint):
        first, second = mint.verifier(), mint.verifier()
        token = mint.access_token()
        for verifier in (first, second):
            verifier.judge(token, now=NOW)
        keys = [set(verifier._cache._young) for verifier in (first, second)]
        assert keys[0].isdisjoint(keys[1])

    def test_with_a_given_secret_the_digests_are_the_same(self, mint):
        token, secret = mint.access_token(), b"s" * 32
        verifiers = [mint.verifier(cache_secret=secret) for _ in range(2)]
        for verifier in verifiers:
            verifier.judge(token, now=NOW)
        assert set(verifiers[0]._cache._young) == set(verifiers[1]._cache._young)

    def test_nothing_that_failed_gets_in(self, mint, verifier):
        good = mint.access_token()
        for token in (
            "garbage",
            good[:-4],
            mint.access_token(client_id="anotherclient"),
            mint.access_token(drop=["sub"]),
            Mint(key=1).access_token(),
        ):
            verifier.judge(token, now=NOW)
        assert verifier.cached() == 0
        verifier.judge(good, now=NOW)
        assert verifier.cached() == 1

    def test_an_expired_token_is_remembered_too(self, mint, verifier):
        """A dead cookie comes back with every request; it must not cost a signature check each time."""
        token = mint.access_token(exp=NOW - 1)
        assert isinstance(verifier.judge(token, now=NOW), Expired)
        assert verifier.cached() == 1

    def test_never_holds_more_than_its_size(self, mint):
        verifier = mint.verifier(cache_size=10)
        for n in range(60):
            verifier.judge(mint.access_token(iat=NOW + n), now=NOW)
            assert verifier.cached() <= 10

    def test_what_is_asked_for_again_and_again_stays(self, mint):
        verifier, regular = mint.verifier(cache_size=10), mint.access_token()
        verifier.judge(regular, now=NOW)
        remembered = []
        for n in range(60):
            verifier.judge(mint.access_token(iat=NOW + n), now=NOW)
            digest = verifier._cache.digest(regular.encode())
            remembered.append(verifier._cache.get(digest) is not None)
        assert all(remembered)

    def test_size_nought_remembers_nothing(self, mint):
        verifier, token = mint.verifier(cache_size=0), mint.access_token()
        assert [type(verifier.judge(token, now=NOW)) for _ in range(2)] == [Good, Good]
        assert verifier.cached() == 0

    def test_can_be_emptied(self, mint, verifier):
        verifier.judge(mint.access_token(), now=NOW)
        verifier.forget()
        assert verifier.cached() == 0

    def test_says_about_how_much_memory_it_takes(self, mint):
        verifier = mint.verifier(cache_size=400)
        tokens = [mint.access_token(groups=["crew"]) for _ in range(150)]
        verifier.judge(mint.access_token(), now=NOW)
        tracemalloc.start()
        try:
            for token in tokens:
                verifier.judge(token, now=NOW)
            traced, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert traced * 0.9 < verifier.memory_estimate() < traced * 1.3
        verifier.forget()
        assert verifier.memory_estimate() < 1_000

    def test_threads_share_it(self, mint):
        verifier, tokens, wrong = mint.verifier(cache_size=8), [mint.access_token() for _ in range(16)], []

        def judge_all():
            wrong.extend(token for token in tokens * 5 if not isinstance(verifier.judge(token, now=NOW), Good))

        threads = [threading.Thread(target=judge_all) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert verifier.cached() <= 8


def test_the_size_limit_comes_before_everything(mint):
    token = mint.access_token()
    verifier = mint.verifier(max_token_bytes=len(token))
    assert isinstance(verifier.judge(token, now=NOW), Good)
    assert verifier.judge(token + "A", now=NOW) == Bad(BadToken.TOO_LARGE)
    assert TokenVerifier(issuer="", client_id="", keys=KeyRing()).judge("\ud800" * 8193, now=NOW) == Bad(
        BadToken.TOO_LARGE
    )
