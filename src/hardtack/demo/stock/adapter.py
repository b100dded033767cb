"""The stock site's server side: Amplify's Next.js adapter in a server action, on this demo's sockets.

Rule: nothing is decided here. What the adapter does, faults included, is `hardtack.amplify.adapter`, which recordings
of the real packages hold to the letter; this drives it. It is the one part of the stock site that is not the real
package, which needs Next.js.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardtack.amplify.adapter import (
    AdapterAnswer,
    AdapterContext,
    AdapterSettings,
    RequestCookies,
    Verify,
    fetch_auth_session,
    request_cookies,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hardtack.amplify.adapter import Need, Reply
    from hardtack.cookies import CookieHeader
    from hardtack.tokens import Judgement, TokenSet, TokenUse

__all__ = ["ServerAdapter"]

_CONTEXT = AdapterContext.SERVER_ACTION


class ServerAdapter:
    """`runWithAmplifyServerContext` and `fetchAuthSession` for one app client, where `cookies()` can be written.

    Args:
        client_id: the app client, which is part of every name.
        judge: verifies a token, fetching the pool's keys if it must (aws-jwt-verify's part).
        refresh: calls GetTokensFromRefreshToken; the tokens, or the name of what went wrong.
        clock: epoch seconds on this server.
    """

    def __init__(
        self,
        *,
        client_id: str,
        judge: Callable[[str, TokenUse], Awaitable[Judgement]],
        refresh: Callable[[str], Awaitable[TokenSet | str]],
        clock: Callable[[], float],
    ) -> None:
        self._settings = AdapterSettings(client_id=client_id)
        self._judge = judge
        self._refresh = refresh
        self._clock = clock

    def cookies(self, header: CookieHeader) -> RequestCookies:
        """The cookies of one request."""
        return request_cookies(self._settings, _CONTEXT, header)

    async def fetch_auth_session(self, cookies: RequestCookies, *, force_refresh: bool = False) -> AdapterAnswer:
        """The session of these cookies, refreshed where it is expired or where that is asked for."""
        flow = fetch_auth_session(self._settings, _CONTEXT, cookies, force_refresh=force_refresh, now=self._clock())
        try:
            need = next(flow)
            while True:
                need = flow.send(await self._meet(need))
        except StopIteration as end:
            return end.value

    async def _meet(self, need: Need) -> Reply:
        if isinstance(need, Verify):
            return await self._judge(need.token, need.use)
        return await self._refresh(need.refresh_token)
