"""What a user pool does when nothing is wrong, so that what goes wrong elsewhere is the fault that was asked for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from hardtack.demo.pool import PoolError
from support.pool import ask, sign_in

pytestmark = pytest.mark.pool


def read(pool, http, token):
    """The claims of a token whose signature the published keys verify."""
    keys = KeySet.import_key_set(http.get(pool.jwks_url).json())
    return jwt.decode(token, keys, algorithms=["RS256"]).claims


def refresh(http, pool, token, **more):
    return ask(http, "GetTokensFromRefreshToken", ClientId=pool.client_id, RefreshToken=token, **more)


def password_sign_in(http, pool, username, password):
    parameters = {"USERNAME": username, "PASSWORD": password}
    return ask(http, "InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", ClientId=pool.client_id, AuthParameters=parameters)


def test_the_ids_are_the_same_in_every_run(pool):
    assert (pool.user_pool_id, pool.client_id) == ("eu-west-1_Hardtack1", "2hardtackpublic0client0001")
    assert pool.issuer == "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Hardtack1"
    assert pool.region == "eu-west-1"
    assert [each.username for each in pool.users] == ["alice", "bob"]


def test_tokens_verify_against_the_published_keys_and_carry_amazons_issuer(pool, http):
    result = sign_in(http, pool)
    access, identity = (read(pool, http, result[name]) for name in ("AccessToken", "IdToken"))
    assert access["iss"] == identity["iss"] == pool.issuer
    assert (access["token_use"], access["client_id"], access["username"]) == ("access", pool.client_id, "alice")
    assert (identity["token_use"], identity["aud"], identity["email"]) == ("id", pool.client_id, "alice@example.com")
    assert access["sub"] == identity["sub"] == pool.users[0].sub
    assert access["origin_jti"] == identity["origin_jti"]


def test_alice_may_sign_in_by_her_address_and_stays_alice(pool, http):
    answer = password_sign_in(http, pool, "alice@example.com", pool.users[0].password)
    assert read(pool, http, answer.json()["AuthenticationResult"]["AccessToken"])["username"] == "alice"


def test_a_wrong_password_and_an_unknown_user_look_alike(pool, http):
    wrong, unknown = (
        password_sign_in(http, pool, name, "Wrong-00000!").json() for name in ("alice", "nobody-of-that-name")
    )
    assert wrong["__type"] == unknown["__type"] == "NotAuthorizedException"


def test_refresh_tokens_are_opaque_and_of_the_real_ones_length(pool, http):
    token = sign_in(http, pool)["RefreshToken"]
    assert token.count(".") == 4
    assert 1_600 < len(token) < 1_900
    assert pool.users[0].sub not in token


def test_a_refresh_keeps_the_session_and_its_time_of_sign_in(pool, http):
    result = sign_in(http, pool)
    before = read(pool, http, result["AccessToken"])
    pool.clock.advance(600)
    renewed = refresh(http, pool, result["RefreshToken"]).json()["AuthenticationResult"]
    after = read(pool, http, renewed["AccessToken"])
    assert "RefreshToken" not in renewed
    assert (after["origin_jti"], after["auth_time"]) == (before["origin_jti"], before["auth_time"])
    assert after["iat"] - before["iat"] == pytest.approx(600, abs=2)
    assert after["jti"] != before["jti"]


def test_the_other_refresh_flow_works_too_while_rotation_is_off(pool, http):
    token = sign_in(http, pool)["RefreshToken"]
    answer = ask(
        http,
        "InitiateAuth",
        AuthFlow="REFRESH_TOKEN_AUTH",
        ClientId=pool.client_id,
        AuthParameters={"REFRESH_TOKEN": token},
    )
    assert answer.status_code == 200
    assert answer.json()["AuthenticationResult"]["AccessToken"]


@pytest.mark.parametrize("garbage", ["", "x", "a.b.c", "a.b.c.d.e", "ü" * 40])
def test_garbage_as_a_refresh_token_is_refused(pool, http, garbage):
    answer = refresh(http, pool, garbage)
    assert answer.status_code == 400
    assert answer.json()["__type"] in {"NotAuthorizedException", "InvalidParameterException"}


def test_a_token_of_another_client_is_refused(pool, http):
    token = pool.issue("alice", client_id=pool.secret_client_id)["RefreshToken"]
    assert refresh(http, pool, token).json()["__type"] == "NotAuthorizedException"


def test_revocation_ends_one_session_and_leaves_the_other(pool, http):
    one, other = (sign_in(http, pool) for _ in range(2))
    assert ask(http, "RevokeToken", ClientId=pool.client_id, Token=one["RefreshToken"]).status_code == 200
    refused = refresh(http, pool, one["RefreshToken"])
    assert (refused.status_code, refused.json()["message"]) == (400, "Refresh Token has been revoked")
    assert ask(http, "GetUser", AccessToken=one["AccessToken"]).status_code == 400
    assert refresh(http, pool, other["RefreshToken"]).status_code == 200
    assert ask(http, "GetUser", AccessToken=other["AccessToken"]).status_code == 200


def test_an_administrator_ends_one_session_or_all_of_a_user(pool, http):
    one, other, bobs = (sign_in(http, pool, name) for name in ("alice", "alice", "bob"))
    pool.revoke(one["RefreshToken"])
    assert refresh(http, pool, one["RefreshToken"]).status_code == 400
    assert refresh(http, pool, other["RefreshToken"]).status_code == 200
    pool.revoke_all("alice")
    assert refresh(http, pool, other["RefreshToken"]).status_code == 400
    assert refresh(http, pool, bobs["RefreshToken"]).status_code == 200


def test_a_global_sign_out_ends_all_sessions_of_its_user(pool, http):
    one, other = (sign_in(http, pool) for _ in range(2))
    assert ask(http, "GlobalSignOut", AccessToken=one["AccessToken"]).status_code == 200
    assert refresh(http, pool, other["RefreshToken"]).status_code == 400


def test_a_sign_in_in_the_same_second_as_a_global_sign_out_is_good(pool, http):
    pool.revoke_all("alice")
    assert refresh(http, pool, sign_in(http, pool)["RefreshToken"]).status_code == 200


def test_a_deleted_users_session_is_refused(pool, http):
    token = sign_in(http, pool)["RefreshToken"]
    pool.delete_user("alice")
    assert refresh(http, pool, token).json()["__type"] == "NotAuthorizedException"


def test_a_disabled_user_is_refused_and_starts_afresh_once_enabled(pool, http):
    token = sign_in(http, pool)["RefreshToken"]
    pool.disable_user("alice")
    assert refresh(http, pool, token).status_code == 400
    assert password_sign_in(http, pool, "alice", pool.users[0].password).json()["__type"] == "NotAuthorizedException"
    pool.enable_user("alice")
    assert refresh(http, pool, token).status_code == 400, "disabling has revoked what was issued before"
    assert refresh(http, pool, sign_in(http, pool)["RefreshToken"]).status_code == 200


def test_a_required_password_reset_goes_through_the_mailed_code(pool, http):
    pool.require_password_reset("alice")
    alice = pool.users[0]
    refused = password_sign_in(http, pool, "alice", alice.password)
    assert refused.json()["__type"] == "PasswordResetRequiredException"
    changed = ask(
        http,
        "ConfirmForgotPassword",
        ClientId=pool.client_id,
        Username="alice",
        ConfirmationCode=pool.code("alice"),
        Password="Hardtack-2026!",
    )
    assert changed.status_code == 200
    assert password_sign_in(http, pool, "alice", "Hardtack-2026!").status_code == 200


def test_a_temporary_password_is_challenged(pool, http):
    pool.require_new_password("alice", "Temporary-1!")
    answer = password_sign_in(http, pool, "alice", "Temporary-1!").json()
    assert answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    done = ask(
        http,
        "RespondToAuthChallenge",
        ClientId=pool.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=answer["Session"],
        ChallengeResponses={"USERNAME": "alice", "NEW_PASSWORD": "Hardtack-2026!"},
    )
    token = done.json()["AuthenticationResult"]["RefreshToken"]
    assert refresh(http, pool, token).status_code == 200


def test_a_one_time_password_is_asked_for_and_follows_the_pools_clock(pool, http):
    pool.enable_totp("alice")
    pool.clock.offset = 86_400

    def answer_with(code):
        challenge = password_sign_in(http, pool, "alice", pool.users[0].password).json()
        assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
        return ask(
            http,
            "RespondToAuthChallenge",
            ClientId=pool.client_id,
            ChallengeName="SOFTWARE_TOKEN_MFA",
            Session=challenge["Session"],
            ChallengeResponses={"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": code},
        )

    stale = pool.totp_code("alice")
    pool.clock.advance(3_600)
    assert answer_with(stale).json()["__type"] == "CodeMismatchException"
    assert answer_with(pool.totp_code("alice")).status_code == 200


def test_sign_up_is_confirmed_by_the_mailed_code_and_the_address_then_signs_in(pool, http):
    made = ask(
        http,
        "SignUp",
        ClientId=pool.client_id,
        Username="carol",
        Password="Galley-1797!",
        UserAttributes=[{"Name": "email", "Value": "carol@example.com"}],
    )
    assert made.status_code == 200
    assert password_sign_in(http, pool, "carol", "Galley-1797!").json()["__type"] == "UserNotConfirmedException"
    confirm = {"ClientId": pool.client_id, "Username": "carol"}
    wrong = ask(http, "ConfirmSignUp", **confirm, ConfirmationCode="000000")
    assert wrong.json()["__type"] == "CodeMismatchException"
    assert ask(http, "ConfirmSignUp", **confirm, ConfirmationCode=pool.code("carol")).status_code == 200
    assert password_sign_in(http, pool, "carol@example.com", "Galley-1797!").status_code == 200


def test_nobody_has_been_mailed_a_code_at_first(pool):
    assert pool.code("alice") is None


def test_users_are_added_and_told_apart(pool, http):
    sub = pool.add_user("dave", "Anchor-1805!", email="dave@example.com")
    result = password_sign_in(http, pool, "dave", "Anchor-1805!").json()["AuthenticationResult"]
    assert read(pool, http, result["AccessToken"])["sub"] == sub
    with pytest.raises(PoolError, match="UsernameExistsException"):
        pool.add_user("dave", "Anchor-1805!")
    with pytest.raises(PoolError, match="no user of that name"):
        pool.enable_totp("nobody")
    with pytest.raises(PoolError, match="no one-time passwords"):
        pool.totp_code("dave")


def test_the_client_with_a_secret_must_prove_it(pool, http):
    def initiate(secret_hash):
        parameters = {"USERNAME": "alice", "PASSWORD": pool.users[0].password, "SECRET_HASH": secret_hash}
        return ask(
            http,
            "InitiateAuth",
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=pool.secret_client_id,
            AuthParameters=parameters,
        )

    message = f"alice{pool.secret_client_id}".encode()
    right = base64.b64encode(hmac.digest(pool.client_secret.encode(), message, hashlib.sha256)).decode()
    assert initiate("bm9wZQ==").json()["__type"] == "NotAuthorizedException"
    token = initiate(right).json()["AuthenticationResult"]["RefreshToken"]
    for operation, member in (("GetTokensFromRefreshToken", "RefreshToken"), ("RevokeToken", "Token")):
        data = {"ClientId": pool.secret_client_id, member: token}
        assert ask(http, operation, **data).json()["__type"] == "NotAuthorizedException"
        assert ask(http, operation, **data, ClientSecret="wrong").json()["__type"] == "NotAuthorizedException"
        assert ask(http, operation, **data, ClientSecret=pool.client_secret).status_code == 200


def test_a_session_can_be_planted_at_any_age(pool, http):
    result = pool.issue("bob", age=7_200)
    claims = read(pool, http, result["AccessToken"])
    assert claims["auth_time"] == pytest.approx(time.time() - 7_200, abs=2)
    assert claims["exp"] < time.time()
    assert ask(http, "GetUser", AccessToken=result["AccessToken"]).json()["message"] == "Access Token has expired"
    assert refresh(http, pool, result["RefreshToken"]).status_code == 200
    assert all(call.operation != "InitiateAuth" for call in pool.calls)


def test_new_signing_keys_carry_new_names_and_sessions_live_on(pool, http):
    result = sign_in(http, pool)
    before = {key["kid"] for key in http.get(pool.jwks_url).json()["keys"]}
    pool.rotate_keys()
    after = {key["kid"] for key in http.get(pool.jwks_url).json()["keys"]}
    assert not before & after
    renewed = refresh(http, pool, result["RefreshToken"]).json()["AuthenticationResult"]
    assert read(pool, http, renewed["AccessToken"])["username"] == "alice"


def test_only_a_user_pool_is_served(pool, http):
    assert http.get("/_ministack/ses/messages").status_code == 404
    assert http.get("/some-bucket/key").status_code == 404
    assert http.post("/", headers={"x-amz-target": "DynamoDB_20120810.ListTables"}, json={}).status_code == 404
    assert http.post("/_ministack/reset").status_code == 404
    # an administrator's operation wants a signature, as in the real service
    assert ask(http, "AdminDeleteUser", UserPoolId=pool.user_pool_id, Username="alice").status_code in {400, 403}
    assert sign_in(http, pool)


def test_the_discovery_document_names_amazons_issuer(pool, http):
    document = http.get(f"/{pool.user_pool_id}/.well-known/openid-configuration").json()
    assert document["issuer"] == pool.issuer


def test_a_huge_request_is_refused(pool, http):
    assert ask(http, "GetUser", AccessToken="x" * (2 << 20)).status_code == 413
