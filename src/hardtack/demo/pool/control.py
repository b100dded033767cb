"""The control endpoint `/_pool/<verb>` and the client that drives a pool in another process through it.

Rule: who may drive the pool is who runs on this machine and is not a web page. So the endpoint answers loopback callers
only, by a loopback host name only (a name that an attacker rebinds to 127.0.0.1 is refused), takes JSON only (which a
page can't send without a preflight) and sends no CORS permission for it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from typing import TYPE_CHECKING, Any, Final, Self

from hardtack.demo.pool.asgi import Answer, header
from hardtack.demo.pool.facts import PoolError, PoolIds
from hardtack.demo.pool.verbs import PoolVerbs

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardtack.demo.pool.asgi import Scope

__all__ = ["PoolControl", "serve_control"]

_PREFIX: Final = "/_pool/"
_JSON: Final = "application/json"


def _loopback(host: str) -> bool:
    name = host.rsplit(":", 1)[0] if host.count(":") == 1 else host
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


async def serve_control(scope: Scope, body: bytes, *, ids: PoolIds, do: Callable[..., Any]) -> Answer:
    """Answer a request for the control endpoint: GET gives the ids, POST carries out a verb."""
    client = scope.get("client") or ("",)
    trusted = _loopback(client[0]) and _loopback(header(scope, b"host") or "") and header(scope, b"origin") is None
    if not trusted:
        return Answer.refusal("ForbiddenException", "The control endpoint serves programs on this machine only.", 403)
    if scope["method"] == "GET":
        return Answer.of_json(ids.as_json())
    if scope["method"] != "POST" or (header(scope, b"content-type") or "").split(";")[0].strip() != _JSON:
        return Answer.refusal("InvalidParameterException", "POST a JSON object to /_pool/<verb>.", 415)
    try:
        arguments = Answer(200, (), body).as_json()
        return Answer.of_json({"result": await asyncio.to_thread(do, scope["path"].removeprefix(_PREFIX), **arguments)})
    except PoolError as error:
        return Answer.of_json({"error": error.message, "hint": error.hint}, 400)
    except TypeError:
        return Answer.of_json({"error": "Those are not the arguments of that verb.", "hint": "See the verbs."}, 400)


class PoolControl(PoolVerbs):
    """The verbs of a pool that runs in another process of this machine; also a context manager.

    Args:
        url: where it listens, as `python -m hardtack.demo.pool` prints it.

    Raises:
        PoolError: nobody answers there.
    """

    def __init__(self, url: str) -> None:
        import httpx2  # noqa: PLC0415 - who embeds the pool needs no client for it

        self._unreachable = httpx2.TransportError
        self._http = httpx2.Client(base_url=url, trust_env=False)
        try:
            self.ids = PoolIds.from_json(self._ask("GET", "/_pool/"))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; the pool runs on."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def do(self, verb: str, **arguments: Any) -> Any:
        """Post a verb to the control endpoint."""
        return self._ask("POST", _PREFIX + verb, arguments)["result"]

    def _ask(self, method: str, path: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        content = None if arguments is None else json.dumps(arguments)
        try:
            answer = self._http.request(method, path, content=content, headers={"content-type": _JSON})
        except self._unreachable as error:
            raise PoolError("No pool answers there.", hint="Start one: python -m hardtack.demo.pool") from error
        data: dict[str, Any] = answer.json()
        if answer.is_error:
            raise PoolError(data.get("error") or data.get("message") or "Refused.", hint=data.get("hint", ""))
        return data
