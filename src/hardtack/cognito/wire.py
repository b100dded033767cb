"""AWS's JSON 1.1 protocol: an operation into an HTTP request, an HTTP answer into a document or a failure.

Rule: an answer counts as a success only if it looks like one in every respect: status 200, a JSON content type, an
object inside. A portal's login page with status 200 is no tokens and no sign-out. Of an error nothing is kept but its
name, cut down to letters and digits (the header, `code` or `__type` may hold it, with a namespace before `#` and a
link after `:`), and whether its message speaks of the client's secret.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias, cast

from hardtack.cognito.errors import Reason
from hardtack.cognito.retry_after import parse_retry_after
from hardtack.cognito.steps import Lost
from hardtack.cognito.verdicts import Verdict, classify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardtack.cognito.operations import Operation
    from hardtack.cognito.steps import HttpResponse

__all__ = ["Document", "Failure", "encode_body", "headers_for", "read_answer"]

Document: TypeAlias = "Mapping[str, object]"

_JSON_TYPES = frozenset({"application/x-amz-json-1.1", "application/x-amz-json-1.0", "application/json"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,99}")  # a name goes into texts and logs: it must be no more than a name


@dataclass(frozen=True, slots=True)
class Failure:
    """What came instead of a document.

    Attributes:
        verdict: what it means.
        unsent: True only if the request surely never left.
        exception_name: Cognito's name, or "".
        status: the HTTP status, or None where no answer came.
        retry_after: seconds that the pool asked to wait, or None.
    """

    verdict: Verdict
    unsent: bool = False
    exception_name: str = ""
    status: int | None = None
    retry_after: float | None = None


def headers_for(operation: Operation) -> tuple[tuple[str, str], ...]:
    """The headers of a call: unsigned, since the user-facing operations take no AWS credentials."""
    return (
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", f"AWSCognitoIdentityProviderService.{operation.name}"),
        ("accept-encoding", "identity"),  # so that a limit on the body is a limit on memory
        ("cache-control", "no-store"),
        ("user-agent", "hardtack"),
    )


def encode_body(payload: Document) -> bytes:
    """The body of a call. Escapes all but ASCII, so that text which is no valid Unicode can't fail here."""
    return json.dumps(payload, separators=(",", ":")).encode("ascii")


def read_answer(operation: Operation, outcome: HttpResponse | Lost, *, now: float) -> Document | Failure:
    """What an operation's answer says. Never raises, whatever the bytes.

    Args:
        operation: what was asked.
        outcome: what the shell got.
        now: epoch seconds, for a Retry-After that names a date.
    """
    if isinstance(outcome, Lost):
        return Failure(Verdict(refused=False, reason=outcome.reason), unsent=outcome.unsent)
    if outcome.status == HTTPStatus.OK:
        if not operation.answers and not outcome.body.strip():
            return {}
        document = _json_object(outcome.body) if _is_json(outcome) else None
        if document is not None:
            return document
        return Failure(Verdict(refused=False, reason=Reason.MALFORMED), status=outcome.status)
    document = _json_object(outcome.body) or {}
    name = _exception_name(outcome, document)
    verdict = classify(operation, outcome.status, name, blames_secret=_blames_secret(document))
    retry_after = parse_retry_after(outcome.headers.get("retry-after", ""), now=now)
    return Failure(verdict, exception_name=name, status=outcome.status, retry_after=retry_after)


def _is_json(response: HttpResponse) -> bool:
    return response.headers.get("content-type", "").partition(";")[0].strip().lower() in _JSON_TYPES


def _json_object(body: bytes) -> Document | None:
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):  # no UTF-8, no JSON, a number of a million digits; a million brackets
        return None
    return cast("Document", value) if isinstance(value, dict) else None


def _exception_name(response: HttpResponse, document: Document) -> str:
    for said in (response.headers.get("x-amzn-errortype"), document.get("code"), document.get("__type")):
        if isinstance(said, str) and said:
            name = said.partition(",")[0].partition(":")[0].rpartition("#")[2].strip()
            return name if _NAME.fullmatch(name) else ""
    return ""


def _blames_secret(document: Document) -> bool:
    # "Unable to verify secret hash for client", "SecretHash does not match", "Client is configured with secret but ..."
    said = document.get("message") or document.get("Message")
    return isinstance(said, str) and "secret" in said.lower()
