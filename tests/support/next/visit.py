"""What a person does on the example site, and what its pages say: one vocabulary for every story and every browser."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from support.next.tabs import GoneError, until

if TYPE_CHECKING:
    from support.next.front import Door
    from support.next.tabs import InJar, Profile, Tab

PASSWORDS: Final = {"alice": "Biscuit-1620!", "bob": "Rations-1841!"}
OK: Final = "DONE"
"""What Amplify's `signIn` answers when nothing is left to do."""

ALREADY: Final = "UserAlreadyAuthenticatedException"
INTERRUPTED: Final = "UnexpectedSignInInterruptionException"

EARLY: Final = 5.0
"""Seconds before its end at which Amplify takes a token for expired."""

LOOP: Final = 24
"""Documents without rest after which it is a loop: three times what the ladder may ever show."""

_REST: Final = """
(() => {
  if (document.readyState !== "complete" || location.protocol !== "https:") return null;
  if (document.body.dataset.rest) return document.body.dataset.rest;
  return document.querySelector("#sign-in") ? null : "elsewhere";
})()
"""
_SWITCH: Final = """
(() => {
  const box = document.querySelector("#act-alone");
  if (!box || document.querySelector("#sign-in button").disabled) return false;
  if (box.checked !== %s) box.click();
  return true;
})()
"""
_PRESS: Final = """
(() => {
  const button = document.querySelector("#sign-in button");
  if (!button || button.disabled) return null;
  const log = JSON.parse(sessionStorage.getItem("log") ?? "[]");
  %s;
  return (log.at(-1)?.number ?? 0) + 1;
})()
"""
_SINCE: Final = "JSON.parse(sessionStorage.getItem('log') ?? '[]').filter(({number}) => number > %d)"


@dataclass(slots=True)
class Visitor:
    """One person in one tab, at one door of the site."""

    tab: Tab
    profile: Profile
    door: Door

    async def open(self, path: str = "/login") -> str:
        """Type an address, and wait until a page of it has come to rest: the page's name."""
        await self.tab.goto(self.door.url + path)
        return await self.rest()

    async def rest(self) -> str:
        """The page that has come to rest: `login`, `account`, `members`; `elsewhere` for one that isn't the site's."""
        return await until(lambda: self.tab.evaluate(_REST), "a page at rest")

    async def rest_or_loop(self, path: str = "/login") -> tuple[str, int]:
        """Open a page whose guard and listener act; where it comes to rest, or `loop`, and after how many documents."""
        before = len(self.tab.seen.loads)
        await self.tab.goto(self.door.url + path)

        async def look() -> str | None:
            if len(self.tab.seen.loads) - before >= LOOP:
                return "loop"
            return await self.tab.evaluate(_REST)

        where = await until(look, "rest, or a loop")
        return where, len(self.tab.seen.loads) - before

    async def act_alone(self, *, on: bool) -> None:
        """Turn guard and listener on or off, by the switch on the page."""
        await until(lambda: self.tab.evaluate(_SWITCH % json.dumps(on)), "the switch")

    async def call(self, what: str) -> str:
        """Press one of the page's buttons; what it came to."""
        return await self._do(what, f"document.querySelector('[data-call={what}]').click()")

    async def sign_in(self, username: str = "alice") -> str:
        """Fill in the form and send it; `DONE`, or the error's name."""
        fill = (
            f"document.querySelector('#username').value = {json.dumps(username)};"
            f"document.querySelector('#password').value = {json.dumps(PASSWORDS[username])};"
            "document.querySelector('#sign-in').requestSubmit()"
        )
        return await self._do("sign-in", fill)

    async def sign_out(self) -> str:
        """Press the button."""
        return await self._do("sign-out", "document.querySelector('#sign-out').click()")

    async def _do(self, what: str, script: str) -> str:
        """Do something on the page as soon as it is idle; what the page's log says about it."""
        pressed = await until(lambda: self.tab.evaluate(_PRESS % script), f"a page that is idle, to {what}")

        async def look() -> str | None:
            entries = await self.tab.evaluate(_SINCE % (pressed - 1))
            return next((entry["outcome"] for entry in entries if entry["what"] == what), None)

        return await until(look, f"an answer to {what}")


async def access_token_ends(profile: Profile) -> float:
    """When the last of the access tokens in the jar counts as expired, by this machine's clock; 0 if there is none."""
    tokens = [cookie for cookie in await profile.jar() if cookie.name.endswith(".accessToken")]
    return max((_expiry(token) for token in tokens), default=0.0)


def _expiry(cookie: InJar) -> float:
    payload = cookie.value.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"] - EARLY


async def expired(profile: Profile) -> None:
    """Wait until every access token in the jar counts as expired."""
    ends = await access_token_ends(profile)

    async def look() -> bool:
        return time.time() > ends + 1  # a second for the server's own drift

    await until(look, "the tokens' end")


__all__ = [
    "ALREADY",
    "EARLY",
    "INTERRUPTED",
    "LOOP",
    "OK",
    "PASSWORDS",
    "GoneError",
    "Visitor",
    "access_token_ends",
    "expired",
]
