"""The thin layer in front of ministack: one ASGI application that breaks, delays, rotates and logs.

Rule: it answers by itself only what ministack can't (faults, rotation, expiry of refresh tokens, secrets on refresh),
lets through only Cognito (the rest of ministack's AWS stays out of reach), and hands every browser its CORS headers,
since a stock Amplify front end calls a user pool from the page.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from hardtack.demo.pool.asgi import Answer, capture, header, read_body, until_gone
from hardtack.demo.pool.calls import CallLog
from hardtack.demo.pool.facts import JWKS, Fault, FaultKind, PoolSettings
from hardtack.demo.pool.faults import FaultPlan
from hardtack.demo.pool.rotation import RefreshTokens, Standing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hardtack.demo.pool.asgi import Receive, Scope, Send
    from hardtack.demo.pool.clock import PoolTime
    from hardtack.demo.pool.emulator import Emulator
    from hardtack.demo.pool.facts import PoolIds

__all__ = ["CONTROL_PATH", "Gateway"]

CONTROL_PATH: Final = "/_pool"

_TARGET: Final = "AWSCognitoIdentityProviderService."
_HOSTED: Final = ("/oauth2/authorize", "/oauth2/token", "/oauth2/userInfo", "/login", "/logout")
_REFRESH_FLOWS: Final = ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN")
_OK: Final = 200

_PREFLIGHT: Final = Answer(
    204,
    (
        (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
        (
            b"access-control-allow-headers",
            # what aws-amplify sends with every call, measured in Chromium
            b"amz-sdk-invocation-id,amz-sdk-request,authorization,cache-control,content-type,x-amz-target,x-amz-user-agent",
        ),
        (b"access-control-max-age", b"0"),  # a cached preflight would hide the next fault from the browser
    ),
    b"",
)
_DEAD: Final = {
    Standing.EXPIRED: Answer.refusal("NotAuthorizedException", "Refresh Token has expired"),
    Standing.REUSED: Answer.refusal("RefreshTokenReuseException", "Refresh Token has been rotated out."),
}
_NO_FLOW: Final = Answer.refusal(
    "InvalidParameterException", "REFRESH_TOKEN_AUTH flow not enabled for this client, which rotates refresh tokens."
)
_ELSEWHERE: Final = Answer.refusal("ResourceNotFoundException", "This server is a user pool and nothing else.", 404)
_TOO_LARGE: Final = Answer.refusal("RequestTooLongException", "The request is too large.", 413)


class Gateway:
    """The ASGI application. `drop` resets the connection of a request; `control` serves the control endpoint."""

    def __init__(
        self,
        emulator: Emulator,
        ids: PoolIds,
        clock: PoolTime,
        *,
        drop: Callable[[Scope], None],
        control: Callable[[Scope, bytes], Awaitable[Answer]],
    ) -> None:
        self.settings = PoolSettings()
        self.faults = FaultPlan()
        self.calls = CallLog()
        self.tokens = RefreshTokens()
        self.closing = asyncio.Event()
        self._emulator = emulator
        self._ids = ids
        self._clock = clock
        self._drop = drop
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return  # uvicorn runs without lifespan here, and refuses a WebSocket that nobody accepts
        if scope["path"].startswith(CONTROL_PATH):
            body = await read_body(receive)
            answer = _TOO_LARGE if body is None else await self._control(scope, body)
        elif scope["method"] == "OPTIONS":
            fault = self.faults.blackout()
            if fault is not None:
                await self._vanish(fault.kind, scope, receive)
                return
            answer = _PREFLIGHT
        else:
            operation = self._operation(scope)
            body = await read_body(receive)
            if operation is not None and body is not None:
                await self._serve(operation, scope, body, receive, send)
                return
            answer = _ELSEWHERE if operation is None else _TOO_LARGE
        await self._send(answer, scope, send)

    async def _send(self, answer: Answer, scope: Scope, send: Send) -> None:
        await answer.send(send, now=self._clock.time(), page=header(scope, b"origin") is not None)

    def _operation(self, scope: Scope) -> str | None:
        """The name of what is asked for; None when it is not a user pool's business."""
        path = scope["path"]
        target = header(scope, b"x-amz-target") or ""
        if scope["method"] == "POST" and path == "/" and target.startswith(_TARGET):
            return target.removeprefix(_TARGET)
        if path == f"/{self._ids.user_pool_id}/.well-known/jwks.json":
            return JWKS
        if path == f"/{self._ids.user_pool_id}/.well-known/openid-configuration":
            return "OpenIDConfiguration"
        return path.removeprefix("/") if path in _HOSTED else None

    async def _serve(self, operation: str, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        data = Answer(_OK, (), body).as_json()
        sent = _refresh_token(operation, data)
        entry = self.calls.arrived(
            operation,
            at=self._clock.time(),
            flow=data.get("AuthFlow") or data.get("ChallengeName"),
            refresh_sent=self.tokens.hash(sent) if sent else None,
            origin=header(scope, b"origin"),
        )
        fault = await self._delayed(self.faults.take(operation))
        kind = fault.kind if fault else None
        facts: dict[str, Any] = {"fault": kind, "outcome": "untouched"}
        answer = _answer_of(fault)
        if answer is None and kind not in (FaultKind.RESET, FaultKind.HANG):
            answer = await self._perform(operation, scope, body, data, sent)
            facts |= self._outcome(answer)
        if kind is FaultKind.LOST:
            answer = None
        facts |= {"status": answer.status if answer else None, "seconds": time.perf_counter() - started}
        self.calls.ended(entry, **facts)
        if answer is None:
            await self._vanish(kind, scope, receive)
        else:
            await self._send(answer, scope, send)

    async def _delayed(self, fault: Fault | None) -> Fault | None:
        """Wait as long as the fault wants; what then strikes. A pool that is being stopped holds nobody up."""
        if fault is None or not fault.seconds:
            return fault
        with suppress(TimeoutError):
            await asyncio.wait_for(self.closing.wait(), fault.seconds)
        return replace(fault, kind=FaultKind.RESET, status=0) if self.closing.is_set() else fault

    async def _vanish(self, kind: FaultKind | None, scope: Scope, receive: Receive) -> None:
        if kind is not FaultKind.HANG:
            self._drop(scope)
        await until_gone(receive)

    def _outcome(self, answer: Answer) -> dict[str, Any]:
        if answer.status != _OK:
            return {"outcome": answer.as_json().get("__type") or str(answer.status)}
        issued = _issued(answer.as_json())
        return {"outcome": "ok", "refresh_issued": self.tokens.hash(issued) if issued else None}

    # What the pool does

    async def _perform(
        self, operation: str, scope: Scope, body: bytes, data: dict[str, Any], sent: str | None
    ) -> Answer:
        if sent is None:
            answer = await capture(self._emulator.app, scope, body)
        elif operation == "RevokeToken":
            answer = self._secret_refusal(data) or await self._forward(scope, data, sent)
        else:
            answer = await self._refresh(operation, scope, data, sent)
        if answer.status != _OK:
            return answer
        if operation == "ConfirmSignUp":
            self._emulator.confirm_email(str(data.get("Username")))
        elif operation == "GlobalSignOut":
            self._emulator.forget_sign_out_times()
        return self._wrapped(answer)

    async def _forward(self, scope: Scope, data: dict[str, Any], sent: str) -> Answer:
        """Ask ministack with the inner token in the outer one's place."""
        text = json.dumps(data).replace(json.dumps(sent), json.dumps(self.tokens.inner(sent)))
        return await capture(self._emulator.app, scope, text.encode())

    async def _refresh(self, operation: str, scope: Scope, data: dict[str, Any], sent: str) -> Answer:
        settings, now = self.settings, self._clock.time()
        if operation == "InitiateAuth":
            refusal = _NO_FLOW if settings.rotation else None
        else:
            refusal = self._secret_refusal(data)
        if refusal is not None:
            return refusal
        judge = self.tokens.begin_rotation if settings.rotation else self.tokens.judge
        standing = judge(sent, now=now, grace=settings.grace_seconds)
        if standing is Standing.REUSED and settings.reuse_revokes_session:
            self._emulator.revoke_session(self.tokens.inner(sent))
        if standing in _DEAD:
            return _DEAD[standing]
        answer = await self._forward(scope, data, sent)
        if standing is Standing.FOREIGN or not settings.rotation:
            return answer
        if answer.status != _OK:
            self.tokens.undo_rotation(sent, at=now)
            return answer
        result = answer.as_json()
        result["AuthenticationResult"]["RefreshToken"] = self.tokens.successor(sent)
        return replace(answer, body=json.dumps(result).encode())

    def _secret_refusal(self, data: dict[str, Any]) -> Answer | None:
        """GetTokensFromRefreshToken and RevokeToken take the client's secret itself; ministack looks at none."""
        expected = self._emulator.client_secret(str(data.get("ClientId")))
        if expected is None or hmac.compare_digest(str(data.get("ClientSecret", "")).encode(), expected.encode()):
            return None
        return Answer.refusal("NotAuthorizedException", "Client secret is missing or wrong.")

    def _wrapped(self, answer: Answer) -> Answer:
        """The answer with an outer refresh token in place of ministack's own."""
        data = answer.as_json()
        inner = _issued(data)
        if inner is None or self.tokens.inner(inner) != inner:
            return answer
        data["AuthenticationResult"]["RefreshToken"] = self.wrap(inner)
        return replace(answer, body=json.dumps(data).encode())

    def wrap(self, inner: str) -> str:
        """An outer token for one that ministack has just made."""
        return self.tokens.issue(inner, expires_at=self._emulator.expiry(inner))


def _issued(data: dict[str, Any]) -> str | None:
    """The refresh token in an answer, if there is one."""
    result: dict[str, Any] = data.get("AuthenticationResult") or {}
    return result.get("RefreshToken")


def _refresh_token(operation: str, data: dict[str, Any]) -> str | None:
    """The refresh token in a request, if it is one of the operations that take one."""
    token: Any = None
    if operation == "GetTokensFromRefreshToken":
        token = data.get("RefreshToken")
    elif operation == "RevokeToken":
        token = data.get("Token")
    elif operation == "InitiateAuth" and data.get("AuthFlow") in _REFRESH_FLOWS:
        parameters: Any = data.get("AuthParameters")
        token = cast("dict[str, Any]", parameters).get("REFRESH_TOKEN") if isinstance(parameters, dict) else None
    return token if isinstance(token, str) and token else None


def _answer_of(fault: Fault | None) -> Answer | None:
    """What a fault answers in the pool's place; None for one that answers nothing."""
    if fault is None or not fault.status:
        return None
    return Answer.refusal(fault.exception, "A fault that was switched on.", fault.status)
