"""The shield between CloudFront and its origin: two functions around one `Shield`.

Rule: the shield decides, exactly as behind the proxy; here its decisions only change their clothes. What fails, fails
open: the request goes on as CloudFront had it. The two functions may run in two processes, so what the first learnt
travels sealed in a header of the request, which the second is shown.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from hardtack.cookies import SetCookie
from hardtack.tokens import Fetched
from hardtack.web.lambda_edge.events import (
    MAX_HEADER_BYTES,
    PASSAGE_HEADER,
    body_of,
    generated,
    header_bytes,
    raw_headers,
    visit_of,
    with_request_headers,
    with_response_headers,
)
from hardtack.web.proxy.trouble import BODY_TOO_LARGE, trouble

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from hardtack.web.shield import Shield
    from hardtack.web.visit import RawHeaders

__all__ = ["Edge"]

_STATUS_LINE: Final = 64  # bytes, with the blank line behind the headers

_logger = logging.getLogger("hardtack")


class Edge:
    """The handlers of one deployment. Lambda runs one event at a time in each of its containers.

    Args:
        shield: see `hardtack.web.shield`.
    """

    def __init__(self, shield: Shield) -> None:
        self.shield = shield
        self._settings = shield.deployment.settings
        self._loop = asyncio.new_event_loop()

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answer an event of either trigger, so that one function can serve both."""
        if event["Records"][0]["cf"]["config"]["eventType"] == "origin-response":
            return self.origin_response(event)
        return self.origin_request(event)

    def origin_request(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """What the origin is asked, or what is answered in its place.

        Args:
            event: an origin request event.

        Returns:
            The request, or a response.
        """
        request: dict[str, Any] = event["Records"][0]["cf"]["request"]
        try:
            return self._run(self._to_site(request))
        except Exception as error:  # noqa: BLE001 -- a page must open, whatever is wrong with us
            _logger.error("A visit could not be judged: %s", type(error).__name__)  # noqa: TRY400 -- no token in a log
            return _without_passage(request)

    def origin_response(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The origin's answer, as the viewer shall get it.

        Args:
            event: an origin response event; its request is the one that `origin_request` returned.
        """
        cf = event["Records"][0]["cf"]
        request: dict[str, Any] = cf["request"]
        response: dict[str, Any] = cf["response"]
        try:
            sealed = next((str(line["value"]) for line in request["headers"].get(PASSAGE_HEADER, ())), "")
            passage = self.shield.open_passage(sealed, raw_headers(request["headers"]))
            headers = raw_headers(response["headers"])
            changed = self.shield.to_browser(passage, int(response["status"]), headers)
            fitting = headers if changed is headers else _that_fit(changed)
            return response if fitting is headers or _is_over(fitting) else with_response_headers(response, fitting)
        except Exception as error:  # noqa: BLE001 -- the same
            _logger.error("An answer could not be settled: %s", type(error).__name__)  # noqa: TRY400 -- the same
            return response

    def warm_up(self) -> bool:
        """Fetch the pool's keys before the first visit needs them; False if they could not be had."""
        core = self.shield.deployment.hardtack.core
        try:
            return isinstance(self._run(core.fetcher.afetch(core.key_transport.aget, core.clock.now())), Fetched)
        except Exception as error:  # noqa: BLE001 -- they are fetched again when a visit needs them
            _logger.error("The pool's keys could not be fetched: %s", type(error).__name__)  # noqa: TRY400 -- the same
            return False

    def close(self) -> None:
        """Close the connections to the pool."""
        self._run(self.shield.aclose())
        self._loop.close()

    async def _to_site(self, request: Mapping[str, Any]) -> dict[str, Any]:
        settings = self._settings
        visit = visit_of(request, settings.policy, most_header_bytes=settings.upstream_header_bytes)
        passage = await self.shield.to_site(visit)
        answer = passage.answer
        if passage.reply is not None:
            body = body_of(request)
            too_large = trouble(413, BODY_TOO_LARGE, visit.headers)
            answer = too_large if len(body) > passage.reply_bytes else await passage.reply(body)
        if answer is not None:
            return generated(answer, method=visit.method)
        return with_request_headers(request, passage.headers, self.shield.seal_passage(passage))

    def _run(self, decision: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(decision)


def _without_passage(request: Mapping[str, Any]) -> dict[str, Any]:
    headers = {name: lines for name, lines in request["headers"].items() if name.lower() != PASSAGE_HEADER}
    return {**request, "headers": headers}


def _that_fit(headers: RawHeaders) -> RawHeaders:
    """As much of the sweep as CloudFront takes; what was left out goes with the next answer."""
    kept = list(headers)
    for place in range(len(kept) - 1, -1, -1):
        name, value = kept[place]
        cookie = SetCookie.parse(value) if name == b"set-cookie" and _is_over(kept) else None
        if cookie is not None and cookie.is_deletion:
            del kept[place]
    return kept


def _is_over(headers: RawHeaders) -> bool:
    return header_bytes(headers) + _STATUS_LINE > MAX_HEADER_BYTES
