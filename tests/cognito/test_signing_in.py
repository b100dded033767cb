"""Sign-in and its challenges, driven by hand: what is sent, and which name the tokens go by."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.cognito import AuthResult, Challenge, CognitoRefused, CognitoUnavailable, Reason, srp
from hardtack.cognito.signing_in import initiate_auth, respond_to_auth_challenge, sign_in
from support.by_hand import POOL, SECRET_POOL, TOKENS, Shell, answer
from support.srp_server import SrpServer

SIGNED_IN = answer(AuthenticationResult=TOKENS | {"RefreshToken": "new"})


def expected_hash(username):
    """Base64 of HMAC-SHA-256 over name and client id, as AWS documents it."""
    mac = hmac.new(b"the-secret-of-the-client", f"{username}client1".encode(), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


class SrpPool:
    """Answers InitiateAuth with a real challenge for `user_id`, and RespondToAuthChallenge by checking the proof."""

    def __init__(self, *, user_id="amy", password="pw", then=SIGNED_IN, **parameters):
        self.server = SrpServer(
            prime=srp.N, pool_name="Ab12Cd34E", user_id=user_id, password=password, salt="a1b2", b=0xB0A7
        )
        self.parameters = self.server.parameters() | parameters
        self.then = then
        self.accepted = None

    def script(self):
        return [self._challenge, self._check]

    def _challenge(self, request):
        self.srp_a = shell_payload(request)["AuthParameters"]["SRP_A"]
        parameters = {key: value for key, value in self.parameters.items() if value is not None}
        return answer(ChallengeName="PASSWORD_VERIFIER", ChallengeParameters=parameters, Session="session-1")

    def _check(self, request):
        responses = shell_payload(request)["ChallengeResponses"]
        self.accepted = self.server.accepts(
            srp_a=self.srp_a,
            timestamp=responses["TIMESTAMP"],
            signature=responses["PASSWORD_CLAIM_SIGNATURE"],
        )
        return self.then


def shell_payload(request):
    return Shell([], sent=[request]).payloads[0]


@pytest.mark.parametrize("pool", [POOL, SECRET_POOL], ids=["without a secret", "with a secret"])
def test_srp_proves_the_password_without_sending_it(pool):
    answering = SrpPool(password="correct horse")
    shell = Shell(answering.script())
    result = shell.run(sign_in(shell.caller(pool), "amy", "correct horse"))
    assert answering.accepted
    assert result.tokens.refresh_token == "new"
    start, proof = shell.payloads
    assert start["AuthFlow"] == "USER_SRP_AUTH"
    assert proof["Session"] == "session-1"
    assert proof["ChallengeResponses"]["TIMESTAMP"] == "Fri Jan 15 08:00:00 UTC 2027"
    assert proof["ChallengeResponses"]["PASSWORD_CLAIM_SECRET_BLOCK"] == answering.parameters["SECRET_BLOCK"]
    assert not [request for request in shell.sent if b"correct horse" in request.body]
    if pool is SECRET_POOL:
        assert start["AuthParameters"]["SECRET_HASH"] == expected_hash("amy")
        assert proof["ChallengeResponses"]["SECRET_HASH"] == expected_hash("amy")
    else:
        assert "SECRET_HASH" not in start["AuthParameters"] | proof["ChallengeResponses"]


def test_with_an_alias_the_pools_own_name_is_hashed_signed_and_kept():
    answering = SrpPool(user_id="0a1b-uuid")
    shell = Shell(answering.script())
    result = shell.run(sign_in(shell.caller(SECRET_POOL), "amy@example.test", "pw"))
    assert answering.accepted
    assert result.username == "0a1b-uuid"
    start, proof = shell.payloads
    assert start["AuthParameters"]["SECRET_HASH"] == expected_hash("amy@example.test")
    assert proof["ChallengeResponses"]["USERNAME"] == "0a1b-uuid"
    assert proof["ChallengeResponses"]["SECRET_HASH"] == expected_hash("0a1b-uuid")


@pytest.mark.parametrize(
    ("given_by_pool", "username"),
    [
        ({"USERNAME": "from-username", "USER_ID_FOR_SRP": "from-srp"}, "from-username"),
        ({"USER_ID_FOR_SRP": "from-srp"}, "from-srp"),
        ({"USERNAME": "", "USER_ID_FOR_SRP": ""}, "Typed"),
        ({}, "Typed"),
        ({"USERNAME": 7}, "Typed"),
    ],
)
def test_the_name_is_the_pools_or_else_the_typed_one(given_by_pool, username):
    challenge = answer(ChallengeName="SMS_MFA", Session="s", ChallengeParameters=given_by_pool)
    shell = Shell([challenge, SIGNED_IN])
    caller = shell.caller()
    asked = shell.run(sign_in(caller, "Typed", "pw", flow="USER_PASSWORD_AUTH"))
    assert asked.username == username
    result = shell.run(respond_to_auth_challenge(caller, asked, code="123456"))
    assert result.username == username
    assert shell.payloads[1]["ChallengeResponses"]["USERNAME"] == username


def test_without_a_challenge_the_typed_name_stays_as_it_was_typed():
    """`Bob@X.com` and `bob@x.com` are two names to Amplify, though one user to the pool."""
    shell = Shell([SIGNED_IN])
    assert shell.run(sign_in(shell.caller(), "Bob@X.com", "pw", flow="USER_PASSWORD_AUTH")).username == "Bob@X.com"


def test_a_later_challenge_does_not_rename_the_user():
    second = answer(ChallengeName="SMS_MFA", Session="s2", ChallengeParameters={"USER_ID_FOR_SRP": "other"})
    shell = Shell([second])
    first = Challenge("SELECT_MFA_TYPE", "s1", "amy", {})
    assert shell.run(respond_to_auth_challenge(shell.caller(), first, ANSWER="SMS_MFA")).username == "amy"


def test_after_the_proof_the_pool_may_ask_for_more():
    answering = SrpPool(then=answer(ChallengeName="EMAIL_OTP", Session="s2", ChallengeParameters={}))
    shell = Shell(answering.script())
    challenge = shell.run(sign_in(shell.caller(), "amy", "pw"))
    assert (challenge.name, challenge.session, challenge.username) == ("EMAIL_OTP", "s2", "amy")


def test_a_pool_that_asks_something_else_first_is_listened_to():
    shell = Shell([answer(ChallengeName="CUSTOM_CHALLENGE", Session="s", ChallengeParameters={"question": "?"})])
    challenge = shell.run(sign_in(shell.caller(), "amy", "pw"))
    assert challenge.name == "CUSTOM_CHALLENGE"
    assert challenge.parameters == {"question": "?"}


@pytest.mark.parametrize(
    "spoilt",
    [{"SRP_B": "0"}, {"SRP_B": f"{srp.N:x}"}, {"SALT": "zz"}, {"SECRET_BLOCK": "!"}, {"SRP_B": None}, {"SALT": 7}],
)
def test_numbers_that_would_give_the_password_away_end_the_sign_in(spoilt):
    answering = SrpPool(**spoilt)
    shell = Shell(answering.script())
    with pytest.raises(CognitoUnavailable) as raised:
        shell.run(sign_in(shell.caller(), "amy", "pw"))
    assert raised.value.reason is Reason.MALFORMED
    assert len(shell.sent) == 1


def test_a_u_of_zero_ends_the_sign_in(monkeypatch):
    monkeypatch.setattr(srp, "_hash_int", lambda *_: 0)
    shell = Shell(SrpPool().script())
    with pytest.raises(CognitoUnavailable) as raised:
        shell.run(sign_in(shell.caller(), "amy", "pw"))
    assert raised.value.reason is Reason.MALFORMED
    assert len(shell.sent) == 1


@pytest.mark.parametrize(
    ("name", "given_answers", "sent"),
    [
        ("SMS_MFA", {"code": "123456"}, {"SMS_MFA_CODE": "123456"}),
        ("SOFTWARE_TOKEN_MFA", {"code": "123456"}, {"SOFTWARE_TOKEN_MFA_CODE": "123456"}),
        ("EMAIL_OTP", {"code": "123456"}, {"EMAIL_OTP_CODE": "123456"}),
        ("SMS_OTP", {"code": "123456"}, {"SMS_OTP_CODE": "123456"}),
        ("CUSTOM_CHALLENGE", {"code": "blue"}, {"ANSWER": "blue"}),
        ("SELECT_MFA_TYPE", {"ANSWER": "EMAIL_OTP"}, {"ANSWER": "EMAIL_OTP"}),
        ("SELECT_CHALLENGE", {"ANSWER": "PASSWORD", "PASSWORD": "pw"}, {"ANSWER": "PASSWORD", "PASSWORD": "pw"}),
        ("NEW_PASSWORD_REQUIRED", {"new_password": "pw2"}, {"NEW_PASSWORD": "pw2"}),
        (
            "NEW_PASSWORD_REQUIRED",
            {"new_password": "pw2", "user_attributes": {"given_name": "Amy"}},
            {"NEW_PASSWORD": "pw2", "userAttributes.given_name": "Amy"},
        ),
        ("WEB_AUTHN", {"CREDENTIAL": "{}"}, {"CREDENTIAL": "{}"}),
    ],
)
def test_each_challenge_is_answered_under_its_own_names(name, given_answers, sent):
    shell = Shell([SIGNED_IN])
    challenge = Challenge(name, "session-1", "amy", {})
    result = shell.run(respond_to_auth_challenge(shell.caller(SECRET_POOL), challenge, **given_answers))
    assert isinstance(result, AuthResult)
    (payload,) = shell.payloads
    assert payload["ChallengeName"] == name
    assert payload["Session"] == "session-1"
    assert payload["ChallengeResponses"] == {"USERNAME": "amy", "SECRET_HASH": expected_hash("amy"), **sent}


def test_a_challenge_without_a_session_is_answered_without_one():
    shell = Shell([SIGNED_IN])
    shell.run(respond_to_auth_challenge(shell.caller(), Challenge("SMS_MFA", None, "amy", {}), code="1"))
    assert "Session" not in shell.payloads[0]


def test_the_plain_operation_passes_its_parameters_on():
    shell = Shell([answer(ChallengeName="SELECT_CHALLENGE", AvailableChallenges=["PASSWORD", "EMAIL_OTP", 7])])
    flow = initiate_auth(shell.caller(SECRET_POOL), "USER_AUTH", {"USERNAME": "amy"}, session="from the sign-up")
    challenge = shell.run(flow)
    assert challenge.choices == ("PASSWORD", "EMAIL_OTP")
    assert challenge.username == "amy"
    (payload,) = shell.payloads
    assert payload["AuthParameters"] == {"USERNAME": "amy", "SECRET_HASH": expected_hash("amy")}
    assert payload["Session"] == "from the sign-up"


def test_a_secret_hash_that_the_caller_gives_is_left_alone():
    shell = Shell([SIGNED_IN])
    shell.run(initiate_auth(shell.caller(SECRET_POOL), "X", {"USERNAME": "amy", "SECRET_HASH": "mine"}))
    assert shell.payloads[0]["AuthParameters"]["SECRET_HASH"] == "mine"


def test_the_plain_operation_keeps_the_refresh_token_that_it_was_given():
    shell = Shell([answer(AuthenticationResult=TOKENS)])
    result = shell.run(initiate_auth(shell.caller(), "REFRESH_TOKEN_AUTH", {"REFRESH_TOKEN": "old"}))
    assert result.tokens.refresh_token == "old"
    assert shell.payloads[0]["AuthParameters"] == {"REFRESH_TOKEN": "old"}


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
@pytest.mark.parametrize(
    ("username", "password"),
    [("", "pw"), ("amy", ""), ("\ud800", "pw"), ("amy", "\udfff"), ("a" * 2049, "pw"), ("amy", "p" * 2049)],
)
def test_what_can_be_no_name_and_no_password_is_refused_before_it_is_sent(flow, username, password):
    shell = Shell([])
    with pytest.raises(CognitoRefused) as raised:
        shell.run(sign_in(shell.caller(SECRET_POOL), username, password, flow=flow))
    assert raised.value.reason is Reason.INVALID_INPUT
    assert shell.sent == []


@pytest.mark.parametrize("answers", [{"code": ""}, {"new_password": ""}, {"code": "1" * 2049}, {"code": "\ud800"}])
def test_what_can_be_no_answer_is_refused_before_it_is_sent(answers):
    shell = Shell([])
    with pytest.raises(CognitoRefused):
        shell.run(respond_to_auth_challenge(shell.caller(), Challenge("SMS_MFA", "s", "amy", {}), **answers))
    with pytest.raises(CognitoRefused):
        shell.run(initiate_auth(shell.caller(), "CUSTOM_AUTH", {"USERNAME": "\ud800"}))
    assert shell.sent == []


@settings(deadline=None)
@given(st.text(), st.text())
def test_no_name_and_no_password_whatever_breaks_a_sign_in(username, password):
    shell = Shell([SIGNED_IN])
    try:
        result = shell.run(sign_in(shell.caller(SECRET_POOL), username, password, flow="USER_PASSWORD_AUTH"))
    except CognitoRefused as refused:
        assert refused.reason is Reason.INVALID_INPUT  # noqa: PT017  either outcome is right, and each is checked
    else:
        assert result.username == username
