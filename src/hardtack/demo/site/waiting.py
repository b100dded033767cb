"""The stock site's place: until its bundle is built, and where it can't be, a page that says so.

Rule: the demo never waits for npm and never fails because of it. Building runs in a thread of its own, since a slow
line can make it last for minutes; who comes too early is told, and the page asks again by itself.
"""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse

from hardtack.demo.site.words import words
from hardtack.errors import HardtackError
from hardtack.web.pages import negotiate_language

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from hardtack.demo.site.addresses import Addresses

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["StockPlace"]

_AGAIN = 3  # seconds after which the browser asks again
_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="{style}"></head>
<body><div class="page"><main class="card">
<h1>{title}</h1><p>{text}</p><p><a href="{home}">{back}</a></p>
</main></div></body></html>
"""


class StockPlace:
    """An ASGI application that becomes the stock site as soon as that is built.

    Args:
        make: builds the bundle and makes the site; blocks, and raises `HardtackError` where it can't.
        addresses: where the sites stand.
        style_url: the address of the auth pages' style sheet.
        failed: told in one sentence why there will be no stock site.
    """

    def __init__(
        self,
        make: Callable[[], App],
        addresses: Addresses,
        *,
        style_url: str = "",
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._make = make
        self._home = addresses.origin(addresses.app_host)
        self.style_url = style_url
        self._failed = failed
        self._app: App | None = None
        self.failure = ""
        """Why there is no stock site; "" while there is hope."""
        self._thread = Thread(target=self._build, name="hardtack-stock", daemon=True)

    def start(self) -> None:
        """Begin to build."""
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait until it is built or has failed; whether it is there."""
        self._thread.join(seconds)
        return self._app is not None

    def _build(self) -> None:
        try:
            self._app = self._make()
        except HardtackError as error:
            self.failure = str(error)
            self._failed(self.failure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stock site, or the page in its stead."""
        app = self._app or self._page(scope)
        await app(scope, receive, send)

    def _page(self, scope: Scope) -> App:
        accepted = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"accept-language"), "")
        language = negotiate_language(accepted)
        say = words(language)
        html = _PAGE.format(
            lang=language.value,
            title=say("stock.failed" if self.failure else "stock.building"),
            text=say("stock.failed-why" if self.failure else "stock.building-why"),
            style=self._home + self.style_url,
            home=f"{self._home}/",
            back=say("stock.back"),
        )
        headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": f"default-src 'none'; style-src {self._home}; img-src data:; base-uri 'none'; "
            f"frame-ancestors {self._home}",
            "Vary": "Accept-Language",
        }
        if not self.failure:
            headers["Refresh"] = str(_AGAIN)
        return HTMLResponse(html, status_code=503, headers=headers)
