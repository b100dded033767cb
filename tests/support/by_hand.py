"""Driving a flow by hand: the test plays the shell, answers requests from a script and moves the clock."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hardtack.cognito import Limits, Surroundings, UserPool
from hardtack.cognito.caller import Caller
from hardtack.cognito.errors import Reason
from hardtack.cognito.steps import Compute, HttpRequest, HttpResponse, Lost, Pause

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardtack.cognito.steps import Flow

POOL = UserPool("eu-west-1_Ab12Cd34E", "client1")
SECRET_POOL = UserPool("eu-west-1_Ab12Cd34E", "client1", "the-secret-of-the-client")
JSON_TYPE = {"content-type": "application/x-amz-json-1.1"}

CUT = Lost(Reason.CONNECTION, unsent=True)
BROKEN = Lost(Reason.CONNECTION, unsent=False)
SILENT = Lost(Reason.TIMEOUT, unsent=False)
TOKENS = {"AccessToken": "a.b.c", "IdToken": "d.e.f", "ExpiresIn": 3600, "TokenType": "Bearer"}


def answer(**document: Any) -> HttpResponse:
    """A success."""
    return HttpResponse(200, JSON_TYPE, json.dumps(document).encode())


def error(name: str, status: int = 400, *, message: str = "", **headers: str) -> HttpResponse:
    """An error as Cognito sends it."""
    body = json.dumps({"__type": name, "message": message}).encode()
    return HttpResponse(status, JSON_TYPE | headers, body)


@dataclass
class Shell:
    """A shell whose network is a script and whose clock stands still but for pauses.

    Attributes:
        script: what comes of each request, in order; a function is called with the request.
        jitter: what every draw gives.
        sent: the requests that were made.
        pauses: the seconds that were asked for.
    """

    script: list[Any]
    jitter: float = 1.0
    seconds_a_request: float = 0.0
    sent: list[HttpRequest] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    clock: float = 1000.0

    def caller(self, pool: UserPool = POOL, limits: Limits | None = None, **settings: Any) -> Caller:
        """A caller whose time and chance are this shell's."""
        surroundings = Surroundings(
            now=lambda: 1_800_000_000.0,
            monotonic=lambda: self.clock,
            random_bytes=lambda size: bytes(range(1, size + 1)),
            jitter=lambda: self.jitter,
        )
        return Caller(pool, limits or Limits(), surroundings, **settings)

    def run(self, flow: Flow[Any]) -> Any:
        """Drive a flow to its end."""
        outcome: object = None
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration as stop:
                return stop.value
            outcome = self._perform(step)

    def _perform(self, step: HttpRequest | Compute | Pause) -> object:
        if isinstance(step, Compute):
            return step.function()
        if isinstance(step, Pause):
            self.pauses.append(step.seconds)
            self.clock += step.seconds
            return None
        self.sent.append(step)
        self.clock += self.seconds_a_request
        outcome: HttpResponse | Lost | Callable[[HttpRequest], HttpResponse] = self.script.pop(0)
        return outcome(step) if callable(outcome) else outcome

    @property
    def targets(self) -> list[str]:
        """The operations that were called, in order."""
        return [dict(request.headers)["x-amz-target"].partition(".")[2] for request in self.sent]

    @property
    def payloads(self) -> list[dict[str, Any]]:
        """What was sent, in order."""
        return [json.loads(request.body) for request in self.sent]
