"""The trial by stale twins: they are planted, pages are loaded, and it is seen whether the site gets rid of them.

Rule: a site has recovered when its pages come to rest and none of the planted tokens is left, or when somebody can sign
in over them and stays signed in. It gets a few loads for it: a sweep may take its time, a person would reload as well.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from hardtack.doctor.errors import SourceError
from hardtack.doctor.observed import After, Outcome, Step
from hardtack.doctor.sources.live.browser import Rest
from hardtack.doctor.sources.live.log import SESSION
from hardtack.doctor.sources.live.planting import matrix, twins_for
from hardtack.doctor.sources.live.signing import INTERRUPTED, sign_in

if TYPE_CHECKING:
    from hardtack.doctor.sources.live.browser import Tab
    from hardtack.doctor.sources.live.log import Log
    from hardtack.doctor.sources.live.wishes import Wishes

__all__ = ["plant"]

_LOADS: Final = 5
"""Page loads that a site has to get rid of what was planted."""


async def plant(tab: Tab, wishes: Wishes, log: Log, client_id: str | None) -> None:
    """Plant twins in a fresh profile, and watch.

    Args:
        tab: of that profile.
        wishes: where, and with whose name.
        log: of that profile.
        client_id: the app client's id; None if it was not found.

    Raises:
        SourceError: nobody knows the app client's id.
    """
    if client_id is None:
        raise SourceError(
            "Which app client the site has can't be seen, and cookies carry its id in their names.",
            hint="Name it with --client-id; it stands in the site's Amplify configuration.",
        )
    scopes = matrix(wishes.host, urlsplit(wishes.url).path)
    twins = twins_for(wishes.url, client_id, scopes, log.last_user)
    await tab.put(twins)
    log.planted = frozenset(log.marker.mark(each["value"]) for each in twins)
    log.look(await tab.jar(), wishes.host, After.PLANT, "with stale twins planted")
    outcome, error = await _watch(tab, wishes, log)
    log.probe(Step.PLANT, outcome, f"Stale twins in {len(scopes)} scopes of a fresh profile", error)


async def _watch(tab: Tab, wishes: Wishes, log: Log) -> tuple[Outcome, str | None]:
    shown: list[str] = []
    for _ in range(_LOADS):
        rest = await tab.again(wishes.url)
        shown += await tab.errors()
        if (outcome := await _outcome(tab, wishes, log, rest)) is not None:
            return outcome, None
    if wishes.sign_in:
        with suppress(SourceError):  # without a form nobody can sign in over them
            rest = await sign_in(tab, wishes, log, again=True)
            if (outcome := await _outcome(tab, wishes, log, rest)) is not None:
                return outcome, None
    return Outcome.NOT_RECOVERED, next((name for name in shown if name in INTERRUPTED), None)


async def _outcome(tab: Tab, wishes: Wishes, log: Log, rest: Rest) -> Outcome | None:
    """What can be said by now; None while planted tokens are left."""
    if rest is Rest.LOOPING:
        await tab.leave()
        return Outcome.LOOPING
    if tab.recorder.cut:
        return Outcome.NOT_TRIED
    return None if await _is_left(tab, wishes, log) else Outcome.RECOVERED


async def _is_left(tab: Tab, wishes: Wishes, log: Log) -> bool:
    """Whether any planted token still reaches the host."""
    look = log.look(await tab.jar(), wishes.host, After.REQUEST, "while the site is watched")
    return any(one.value in log.planted and one.cookie.role in SESSION for one in look.cookies)
