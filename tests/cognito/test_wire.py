"""Requests and answers at the level of bytes."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hardtack.cognito.errors import Reason
from hardtack.cognito.operations import CONFIRM_SIGN_UP, OPERATIONS, REFRESH, REVOKE_TOKEN
from hardtack.cognito.steps import HttpResponse
from hardtack.cognito.verdicts import Verdict
from hardtack.cognito.wire import Failure, encode_body, headers_for, read_answer
from support.by_hand import BROKEN, CUT, JSON_TYPE


def read(status, headers, body, operation=REFRESH):
    return read_answer(operation, HttpResponse(status, headers, body), now=0.0)


def test_a_call_is_unsigned_json_1_1():
    headers = dict(headers_for(REFRESH))
    assert headers["x-amz-target"] == "AWSCognitoIdentityProviderService.GetTokensFromRefreshToken"
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert "authorization" not in headers


@settings(deadline=None)
@given(st.dictionaries(st.text(), st.text()))
@example({"lone surrogate": "\ud800"})
def test_any_text_can_be_sent_and_arrives(payload):
    body = encode_body(payload)
    assert body.isascii()
    assert json.loads(body) == payload


@pytest.mark.parametrize(
    "content_type",
    ["application/x-amz-json-1.1", "application/x-amz-json-1.0", "application/json; charset=utf-8", "Application/JSON"],
)
def test_a_json_object_with_status_200_is_a_success(content_type):
    assert read(200, {"content-type": content_type}, b'{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "text/html"}, b"{}"),
        ({}, b"{}"),
        (JSON_TYPE, b""),
        (JSON_TYPE, b"<html>Please log in to the network</html>"),
        (JSON_TYPE, b"[]"),
        (JSON_TYPE, b'"text"'),
        (JSON_TYPE, b"null"),
        (JSON_TYPE, b'{"a": 1'),
        (JSON_TYPE, b"\xff\xfe\x00"),
        (JSON_TYPE, b"[" * 200_000),
        (JSON_TYPE, b'{"a": ' + b"9" * 10_000 + b"}"),
    ],
)
def test_a_success_that_is_none_is_malformed_and_ends_no_session(headers, body):
    assert read(200, headers, body) == Failure(Verdict(refused=False, reason=Reason.MALFORMED), status=200)


@pytest.mark.parametrize("operation", [REVOKE_TOKEN, CONFIRM_SIGN_UP])
def test_an_operation_without_a_result_may_answer_with_nothing(operation):
    assert read(200, {}, b"", operation) == {}
    assert read(200, JSON_TYPE, b"{}", operation) == {}
    assert isinstance(read(200, {"content-type": "text/html"}, b"<html>", operation), Failure)


@pytest.mark.parametrize(
    "said",
    [
        "NotAuthorizedException",
        "NotAuthorizedException:http://internal.amazon.com/coral/com.amazonaws.cognito/",
        "com.amazonaws.cognito.identity.idp#NotAuthorizedException",
        "com.amazonaws#NotAuthorizedException:http://internal.amazon.com/",
        "NotAuthorizedException,Other",
    ],
)
@pytest.mark.parametrize("place", ["header", "code", "__type"])
def test_the_name_is_found_in_each_of_its_places_and_forms(said, place):
    headers = {"x-amzn-errortype": said} if place == "header" else {}
    body = b"" if place == "header" else json.dumps({place: said}).encode()
    failure = read(400, headers, body)
    assert failure.exception_name == "NotAuthorizedException"
    assert failure.verdict == Verdict(refused=True, reason=Reason.NOT_AUTHORIZED)


def test_the_header_goes_before_the_body():
    failure = read(400, {"x-amzn-errortype": "InternalErrorException"}, b'{"__type": "NotAuthorizedException"}')
    assert failure.exception_name == "InternalErrorException"


@pytest.mark.parametrize("said", ["amy@example.test", "a b", "<script>", "x" * 101, "1st", "#", ":", "é"])
def test_what_is_no_name_is_not_repeated(said):
    assert read(400, {}, json.dumps({"__type": said}).encode()).exception_name == ""


@pytest.mark.parametrize(
    "message",
    [
        "Unable to verify secret hash for client 1example",
        "SecretHash does not match for the client: 1example",
        "Client 1example is configured with secret but SECRET_HASH was not received",
    ],
)
@pytest.mark.parametrize("key", ["message", "Message"])
def test_a_wrong_client_secret_is_not_the_persons_fault(message, key):
    failure = read(400, JSON_TYPE, json.dumps({"__type": "NotAuthorizedException", key: message}).encode())
    assert failure.verdict == Verdict(refused=False, reason=Reason.MISCONFIGURED)


@pytest.mark.parametrize("message", [None, 7, ["secret"], "Refresh Token has been revoked"])
def test_any_other_message_changes_nothing(message):
    failure = read(400, JSON_TYPE, json.dumps({"__type": "NotAuthorizedException", "message": message}).encode())
    assert failure.verdict.refused


def test_a_request_that_got_lost_says_whether_it_left():
    assert read_answer(REFRESH, CUT, now=0.0).unsent
    assert not read_answer(REFRESH, BROKEN, now=0.0).unsent


def test_the_wait_that_the_pool_asks_for_is_kept():
    failure = read(429, JSON_TYPE | {"retry-after": "7"}, b"{}")
    assert failure.retry_after == 7.0


headers = st.dictionaries(st.sampled_from(["content-type", "x-amzn-errortype", "retry-after"]), st.text())


@settings(deadline=None)
@given(st.sampled_from(OPERATIONS), st.integers(100, 999), headers, st.binary() | st.text().map(str.encode))
def test_no_answer_whatever_raises(operation, status, headers, body):
    read_answer(operation, HttpResponse(status, headers, body), now=0.0)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["__type", "code", "message"]), inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.integers(100, 999), json_values)
def test_no_json_whatever_raises_and_none_ends_a_session_but_by_name(status, value):
    outcome = read(status, JSON_TYPE, json.dumps(value).encode())
    if isinstance(outcome, Failure) and outcome.verdict.refused:
        assert outcome.exception_name


def test_a_repr_shows_no_body_and_no_header():
    response = HttpResponse(400, {"set-cookie": "hidden-header"}, b"hidden-body")
    assert "hidden" not in repr(response)
