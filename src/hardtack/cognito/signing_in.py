"""Signing in: the first call, and the challenges that may follow.

Rule: these are flows (see `steps`). The user name that goes with the tokens is the one that the pool gave in answer to
the first call, or else the one that was typed, as Amplify has it; later challenges don't change it. No answer to a
challenge is ever sent twice.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

from hardtack.cognito import srp
from hardtack.cognito.inputs import check_texts
from hardtack.cognito.operations import RESPOND, START_PASSWORD, START_SRP, initiate_auth_operation
from hardtack.cognito.results import Challenge, malformed, read_auth
from hardtack.cognito.secret_hash import secret_hash_parameter
from hardtack.cognito.steps import compute

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardtack.cognito.caller import Caller
    from hardtack.cognito.results import AuthResult
    from hardtack.cognito.steps import Flow

__all__ = ["SignInFlow", "initiate_auth", "respond_to_auth_challenge", "sign_in"]

SignInFlow: TypeAlias = Literal["USER_SRP_AUTH", "USER_PASSWORD_AUTH"]

# Under which name each challenge wants its code; ANSWER for what is not listed.
_CODE_NAMES: Mapping[str, str] = {
    "SMS_MFA": "SMS_MFA_CODE",
    "SOFTWARE_TOKEN_MFA": "SOFTWARE_TOKEN_MFA_CODE",
    "EMAIL_OTP": "EMAIL_OTP_CODE",
    "SMS_OTP": "SMS_OTP_CODE",
}


def sign_in(
    caller: Caller,
    username: str,
    password: str,
    *,
    flow: SignInFlow = "USER_SRP_AUTH",
    client_metadata: Mapping[str, str] | None = None,
) -> Flow[AuthResult | Challenge]:
    """Sign in with a password.

    Args:
        caller: whom to call, and how.
        username: user name, or an alias such as an e-mail address.
        password: never leaves this process with USER_SRP_AUTH.
        flow: USER_SRP_AUTH, or USER_PASSWORD_AUTH, which sends the password.
        client_metadata: for the pool's Lambda triggers.

    Returns:
        the tokens, or the challenge to answer next with `respond_to_auth_challenge`.

    Raises:
        CognitoRefused: wrong name or password, or an account that has something else to do first (see its reason).
        CognitoUnavailable: no usable answer.
    """
    operation = START_PASSWORD if flow == "USER_PASSWORD_AUTH" else START_SRP
    check_texts(operation, username, password)
    until, surroundings = caller.deadline(), caller.surroundings
    parameters = {"USERNAME": username, **secret_hash_parameter(caller.pool, username)}
    if flow == "USER_PASSWORD_AUTH":
        started = _start(caller, flow, {**parameters, "PASSWORD": password}, client_metadata)
        document = yield from caller.call(operation, started, until=until)
        return read_auth(operation, document, username=username, first=True)

    opening = yield from compute(partial(srp.open_exchange, surroundings.random_bytes))
    started = _start(caller, flow, {**parameters, "SRP_A": opening.srp_a}, client_metadata)
    document = yield from caller.call(operation, started, until=until)
    outcome = read_auth(operation, document, username=username, first=True)
    if not isinstance(outcome, Challenge) or outcome.name != "PASSWORD_VERIFIER":
        return outcome
    verifier = srp.PasswordVerifier.parse(outcome.parameters)
    if verifier is None:
        raise malformed(operation)
    stamp = srp.timestamp(surroundings.now())
    proof = yield from compute(
        partial(srp.prove, opening, verifier, pool_name=caller.pool.name, password=password, timestamp=stamp)
    )
    if proof is None:
        raise malformed(operation)
    answers = {
        "USERNAME": verifier.user_id,
        **secret_hash_parameter(caller.pool, verifier.user_id),
        "PASSWORD_CLAIM_SECRET_BLOCK": verifier.secret_block_text,
        "PASSWORD_CLAIM_SIGNATURE": proof,
        "TIMESTAMP": stamp,
    }
    answer = _answer(caller, outcome, answers, client_metadata)
    document = yield from caller.call(RESPOND, answer, until=until)
    return read_auth(RESPOND, document, username=outcome.username)


def initiate_auth(
    caller: Caller,
    auth_flow: str,
    parameters: Mapping[str, str],
    *,
    client_metadata: Mapping[str, str] | None = None,
    session: str | None = None,
) -> Flow[AuthResult | Challenge]:
    """InitiateAuth as it is, for flows that `sign_in` and `refresh` don't cover (CUSTOM_AUTH, USER_AUTH).

    Args:
        caller: whom to call, and how.
        auth_flow: Cognito's AuthFlow.
        parameters: AuthParameters; SECRET_HASH is added where the app client has a secret and USERNAME is given.
        client_metadata: for the pool's Lambda triggers.
        session: of a sign-up that goes on to a sign-in, or None.

    Raises:
        CognitoRefused: the pool said no.
        CognitoUnavailable: no usable answer.
    """
    operation = initiate_auth_operation(auth_flow)
    username = parameters.get("USERNAME", "")
    if username:
        check_texts(operation, username)
        parameters = {**secret_hash_parameter(caller.pool, username), **parameters}
    payload = _start(caller, auth_flow, parameters, client_metadata)
    document = yield from caller.call(operation, payload | ({"Session": session} if session else {}))
    kept = parameters.get("REFRESH_TOKEN")
    return read_auth(operation, document, username=username, first=True, refresh_token=kept)


def respond_to_auth_challenge(
    caller: Caller,
    challenge: Challenge,
    *,
    code: str | None = None,
    new_password: str | None = None,
    user_attributes: Mapping[str, str] | None = None,
    client_metadata: Mapping[str, str] | None = None,
    **answers: str,
) -> Flow[AuthResult | Challenge]:
    """Answer a challenge. USERNAME, SECRET_HASH and Session are added.

    Args:
        caller: whom to call, and how.
        challenge: what `sign_in`, `initiate_auth` or an earlier answer returned.
        code: for SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP and SMS_OTP, and the ANSWER of a custom challenge.
        new_password: for NEW_PASSWORD_REQUIRED.
        user_attributes: for NEW_PASSWORD_REQUIRED, by plain name: `challenge.required_attributes` says which.
        client_metadata: for the pool's Lambda triggers.
        answers: any other ChallengeResponses under Cognito's names, such as `ANSWER="EMAIL_OTP"` for SELECT_MFA_TYPE.

    Returns:
        the tokens, or the next challenge.

    Raises:
        CognitoRefused: a wrong or old code, a password that does not meet the policy, a session that ran out.
        CognitoUnavailable: no usable answer; the challenge may have been used up.
    """
    check_texts(RESPOND, challenge.username, *(text for text in (code, new_password) if text is not None))
    responses = {"USERNAME": challenge.username, **secret_hash_parameter(caller.pool, challenge.username)}
    if code is not None:
        responses[_CODE_NAMES.get(challenge.name, "ANSWER")] = code
    if new_password is not None:
        responses["NEW_PASSWORD"] = new_password
    for name, value in (user_attributes or {}).items():
        responses[f"userAttributes.{name}"] = value
    document = yield from caller.call(RESPOND, _answer(caller, challenge, responses | answers, client_metadata))
    return read_auth(RESPOND, document, username=challenge.username)


def _start(
    caller: Caller, auth_flow: str, parameters: Mapping[str, str], client_metadata: Mapping[str, str] | None
) -> dict[str, object]:
    """The fields of an InitiateAuth."""
    payload: dict[str, object] = {
        "AuthFlow": auth_flow,
        "ClientId": caller.pool.client_id,
        "AuthParameters": parameters,
    }
    return payload | ({"ClientMetadata": client_metadata} if client_metadata else {})


def _answer(
    caller: Caller, challenge: Challenge, responses: Mapping[str, str], client_metadata: Mapping[str, str] | None
) -> dict[str, object]:
    """The fields of a RespondToAuthChallenge."""
    payload: dict[str, object] = {
        "ChallengeName": challenge.name,
        "ClientId": caller.pool.client_id,
        "ChallengeResponses": responses,
    }
    payload |= {"Session": challenge.session} if challenge.session else {}
    return payload | ({"ClientMetadata": client_metadata} if client_metadata else {})
