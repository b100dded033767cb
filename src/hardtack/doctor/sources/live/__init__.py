"""A live site, in a real Chromium with a fresh profile: what a visitor gets, and what becomes of somebody who signs in.

Rule: only addresses that the user named, a stated number of requests, and nothing that a person with a browser could
not do. Without credentials it visits; with them it signs in, has tokens refreshed on both sides, signs out, and comes
back hours later by the clock of the page; asked to, it plants stale twins in a second profile and watches. It needs
Playwright and a Chromium.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.doctor.errors import SourceError

if TYPE_CHECKING:
    from argparse import Namespace

    from hardtack.doctor.facts import Facts, Progress

__all__ = ["gather"]

_LONGEST: Final = 15
"""How many times the patience with one page the whole may take; it has some ten steps."""


def gather(target: str, options: Namespace, progress: Progress) -> Facts:
    """Look at a live site.

    Args:
        target: its address.
        options: of these `browser`, `sign_in`, `user`, `password_env`, `plant`, `client_id`, `control`, `max_requests`,
            `timeout` (seconds that a page has to come to rest), `host` and `headed` are read.
        progress: told steps.

    Raises:
        SourceError: the site can't be reached or fails, signing in is not possible, or there is no browser.
    """
    import asyncio  # noqa: PLC0415 -- with the rest below

    from hardtack.doctor.sources.live.wishes import wishes_of  # noqa: PLC0415

    wishes = wishes_of(target, options)
    try:
        from playwright.async_api import Error  # noqa: PLC0415 -- an extra

        from hardtack.doctor.sources.live.examining import examine  # noqa: PLC0415 -- needs the extra
    except ModuleNotFoundError as error:
        raise SourceError(
            f"Looking at a live site needs the package {(error.name or '').partition('.')[0]}.",
            hint='Install it with: pip install "hardtack[live]"',
        ) from None
    try:
        return asyncio.run(asyncio.wait_for(examine(wishes, progress), _LONGEST * wishes.patience))
    except TimeoutError:
        raise SourceError(
            "The examination took far too long.", hint="See with --headed what the page is waiting for."
        ) from None
    except Error:
        raise SourceError(
            "The browser broke off in the middle of the examination.", hint="Try again; --headed shows what happens."
        ) from None
