"""What one tab says over the network, kept as the entries of a recording, and the limit of it.

Rule: the same reader judges a live visit and a recording, so this writes what Chrome's own export would: with each
request the cookies that it carried and where each of them lies, and the bodies of calls to the user pool. A body is
fetched before the page sees its answer, since a page in a loop is gone a moment later.

Requests to others are neither kept nor touched, but that they count, and that no page outside of the named hosts is
navigated to.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

from playwright.async_api import Error

from hardtack.cookies import canonical_host
from hardtack.doctor.sources.har.pool_calls import is_pool_host

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Budget", "Recorder", "Session"]

_STREAMS: Final = frozenset({"EventSource", "WebSocket", "Ping", "Preflight"})
_STUCK: Final = 5.0  # seconds after which a request that is under way counts as one that stays so
_BEFORE: Final = 0.0005  # seconds by which a redirect's answer comes before the request that follows it
_OAUTH: Final = ("/oauth2/token", "/oauth2/revoke")


class Session(Protocol):
    """A session of the DevTools protocol, as Playwright gives one."""

    async def send(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a command; its result."""
        ...

    def on(self, event: str, f: Callable[[dict[str, Any]], None]) -> None:
        """Listen to an event."""
        ...


@dataclass(slots=True)
class Budget:
    """How many requests there may be; one for the whole examination.

    Attributes:
        left: requests that may still be made.
        spent: whether one had to be refused.
    """

    left: int
    spent: bool = False

    def take(self) -> bool:
        """Take one; False if there is none left."""
        if self.left <= 0:
            self.spent = True
            return False
        self.left -= 1
        return True


@dataclass(slots=True, repr=False)
class _Hop:
    """One request; a redirect makes several of one id."""

    asked: dict[str, Any]
    started: float
    kind: str
    main: bool
    answer: dict[str, Any] = field(default_factory=dict[str, Any])
    answered: float | None = None
    done: bool = False
    given_up: bool = False
    sent: dict[str, Any] | None = None
    received: dict[str, Any] | None = None
    has_extra: bool = True
    body: str | None = None
    since: float = 0.0


class Recorder:
    """Listens to one tab over the DevTools protocol.

    Args:
        session: of the tab.
        hosts: whose requests are kept, and which alone may be navigated to.
        budget: what may be spent.
    """

    def __init__(self, session: Session, hosts: frozenset[str], budget: Budget) -> None:
        self._session = session
        self._hosts = hosts
        self._budget = budget
        self._hops: list[_Hop] = []
        self._by_id: dict[str, list[_Hop]] = {}
        self._extra: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._seen: set[str] = set()
        self._main = ""
        self._clock: float | None = None
        self.loads = 0
        self.moved = time.monotonic()
        self.stray: str | None = None

    async def start(self) -> None:
        """Begin to listen."""
        on = self._session.on
        on("Network.requestWillBeSent", self._on_request)
        on("Network.requestWillBeSentExtraInfo", self._on_sent)
        on("Network.responseReceived", self._on_response)
        on("Network.responseReceivedExtraInfo", self._on_received)
        on("Network.loadingFinished", self._on_end)
        on("Network.loadingFailed", self._on_end)
        on("Fetch.requestPaused", self._on_paused)
        on("Page.frameNavigated", self._on_navigated)
        self._main = (await self._session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        await self._session.send("Page.enable")
        await self._session.send("Network.enable", {"maxPostDataSize": 1 << 18})
        patterns: list[dict[str, str]] = [{"urlPattern": "*", "requestStage": "Request"}]
        patterns += [{"urlPattern": "*", "resourceType": each, "requestStage": "Response"} for each in ("XHR", "Fetch")]
        await self._session.send("Fetch.enable", {"patterns": patterns})

    async def stop(self) -> None:
        """Let what is under way come to its end."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def busy(self) -> bool:
        """Whether a request is under way that a page may be waiting for."""
        now = time.monotonic()
        return any(not hop.done and now - hop.since < _STUCK and hop.kind not in _STREAMS for hop in self._hops[-40:])

    @property
    def cut(self) -> bool:
        """Whether the limit of requests has been met."""
        return self._budget.spent

    @property
    def status(self) -> int:
        """Of the page that was asked for last; 0 without an answer."""
        last = next((hop for hop in reversed(self._hops) if hop.main), None)
        said = (last.received or {}).get("statusCode") or last.answer.get("status") if last is not None else 0
        return int(said or 0)

    def touch(self) -> None:
        """Something was done to the page: what follows is its answer."""
        self.loads = 0
        self.moved = time.monotonic()

    def entries(self) -> list[bytes]:
        """Everything kept, as entries of a HAR in the order of time; but not what a page that was left gave up."""
        return [_entry(hop) for hop in self._hops if hop.answer or (hop.done and not hop.given_up)]

    def _on_request(self, event: dict[str, Any]) -> None:
        number, request = event["requestId"], event["request"]
        self._epoch(event)
        hops = self._by_id.setdefault(number, [])
        if hops and "redirectResponse" in event:
            last = hops[-1]
            last.answer, last.done = event["redirectResponse"], True
            last.answered = self._epoch(event) - _BEFORE
            last.has_extra = bool(event.get("redirectHasExtraInfo", True))
        main = event.get("type") == "Document" and event.get("frameId") == self._main
        if self._is_call(request):
            self.moved = time.monotonic()
        elif _host(request["url"]) not in self._hosts:
            self._by_id.pop(number)
            return
        elif (place := request["url"].partition("?")[0]) not in self._seen or main:  # polling is no news
            self._seen.add(place)
            self.moved = time.monotonic()
        hop = _Hop(request, self._epoch(event), event.get("type", ""), main=main, since=time.monotonic())
        hops.append(hop)
        self._hops.append(hop)

    def _epoch(self, event: dict[str, Any]) -> float:
        """When it happened: one clock for all, so that what followed from an answer stays behind it."""
        if self._clock is None:
            self._clock = event["wallTime"] - event["timestamp"]
        return float(event["timestamp"] + self._clock)

    def _on_sent(self, event: dict[str, Any]) -> None:
        self._extra.setdefault(event["requestId"], ([], []))[0].append(event)
        self._pair(event["requestId"])

    def _on_received(self, event: dict[str, Any]) -> None:
        self._extra.setdefault(event["requestId"], ([], []))[1].append(event)
        self._pair(event["requestId"])

    def _on_response(self, event: dict[str, Any]) -> None:
        for hop in self._by_id.get(event["requestId"], ())[-1:]:
            hop.answer, hop.answered = event["response"], self._epoch(event)
            hop.has_extra = bool(event.get("hasExtraInfo", True))
        self._pair(event["requestId"])

    def _on_end(self, event: dict[str, Any]) -> None:
        for hop in self._by_id.get(event["requestId"], ())[-1:]:
            hop.done = True
            hop.given_up = bool(event.get("canceled"))
            if self._is_call(hop.asked):
                self.moved = time.monotonic()
        self._pair(event["requestId"])

    def _on_navigated(self, event: dict[str, Any]) -> None:
        if event["frame"]["id"] == self._main:
            self.loads += 1
            self.moved = time.monotonic()

    def _on_paused(self, event: dict[str, Any]) -> None:
        task = asyncio.get_running_loop().create_task(self._pass_on(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, event: dict[str, Any]) -> None:
        """Let a request or an answer go on its way."""
        paused = {"requestId": event["requestId"]}
        with suppress(Error):  # the page has gone meanwhile
            if "responseStatusCode" in event or "responseErrorReason" in event:
                if "responseStatusCode" in event and self._is_call(event["request"]):
                    await self._keep_body(event, paused)
                await self._session.send("Fetch.continueRequest", paused)
                return
            main = event.get("resourceType") == "Document" and event.get("frameId") == self._main
            host = _host(event["request"]["url"])
            if main and host not in self._hosts:
                self.stray = host or "elsewhere"
            elif self._budget.take():
                await self._session.send("Fetch.continueRequest", paused)
                return
            if main:  # nothing to show: the browser stays where it is
                await self._session.send("Fetch.fulfillRequest", {**paused, "responseCode": 204})
            else:
                await self._session.send("Fetch.failRequest", {**paused, "errorReason": "BlockedByClient"})

    async def _keep_body(self, event: dict[str, Any], paused: dict[str, str]) -> None:
        with suppress(Error):
            answer = await self._session.send("Fetch.getResponseBody", paused)
            text = answer["body"]
            if answer.get("base64Encoded"):
                text = base64.b64decode(text).decode("utf-8", "replace")
            for hop in self._by_id.get(event.get("networkId", ""), ())[-1:]:
                hop.body = text

    def _pair(self, number: str) -> None:
        """Give each hop that went over the network its own headers, in order."""
        hops, extra = self._by_id.get(number), self._extra.get(number)
        if not hops or not extra:
            return
        networked = [hop for hop in hops if hop.has_extra]
        for hop, sent in zip(networked, extra[0], strict=False):
            hop.sent = sent
        for hop, received in zip(networked, extra[1], strict=False):
            hop.received = received

    def _is_call(self, request: dict[str, Any]) -> bool:
        """Whether it speaks to a user pool: by its host, by the operation in its header, or by the OAuth path."""
        if any(name.lower() == "x-amz-target" for name in request.get("headers", ())):
            return True
        try:
            path = urlsplit(str(request["url"])).path
        except ValueError:
            return False
        host = _host(request["url"])
        return is_pool_host(host) or (path.endswith(_OAUTH) and host in self._hosts)


def _host(url: str) -> str:
    try:
        return canonical_host(urlsplit(url).hostname or "") or ""
    except ValueError:
        return ""


def _entry(hop: _Hop) -> bytes:
    """One request as Chrome's own export writes it."""
    sent, received = hop.sent or {}, hop.received or {}
    headers = sent.get("headers") or hop.asked.get("headers", {})
    answered = received.get("headers") or hop.answer.get("headers", {})
    cookies = [each["cookie"] for each in sent.get("associatedCookies", ()) if not each.get("blockedReasons")]
    request: dict[str, Any] = {
        "method": hop.asked["method"],
        "url": hop.asked["url"],
        "headers": _pairs(headers),
        "cookies": [_shown(each) for each in cookies],
    }
    if hop.asked.get("postData") is not None:
        request["postData"] = {"text": hop.asked["postData"]}
    response = {
        "status": received.get("statusCode") or hop.answer.get("status", 0),
        "headers": _pairs(answered),
        "cookies": [],
        "content": {} if hop.body is None else {"text": hop.body},
    }
    entry = {
        "startedDateTime": datetime.fromtimestamp(hop.started, UTC).isoformat(),
        "time": max(0.0, ((hop.answered or hop.started) - hop.started) * 1000),
        "request": request,
        "response": response,
        "_resourceType": "document" if hop.main else hop.kind.lower() if hop.kind != "Document" else "sub_frame",
    }
    if hop.answer.get("fromDiskCache"):
        entry["_fromCache"] = "disk"
    return json.dumps(entry).encode()


def _pairs(headers: dict[str, Any]) -> list[dict[str, str]]:
    """Headers by name; Chrome folds several of one name into one with line breaks."""
    return [{"name": name, "value": line} for name, value in headers.items() for line in str(value).split("\n")]


def _shown(cookie: dict[str, Any]) -> dict[str, Any]:
    return {each: cookie.get(each) for each in ("name", "value", "domain", "path", "httpOnly")}
