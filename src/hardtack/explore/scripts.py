"""The scripts of the pages, each piece of their work done once.

Rule: what a script does next depends on its history, the time, the answer and the jar, and on nothing else. So it is
looked up; only what nobody has done before is run, by `hardtack.explore.script`, on a live `document.cookie`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from hardtack.explore.jars import Document
from hardtack.explore.script import CookieOptions, ScriptHost, ScriptSettings
from hardtack.explore.symbols import CLIENT_ID
from hardtack.explore.world import AUTH_PATH, BASE_PATH, SIGN_IN_PATH, Server
from hardtack.web.browser_side import policy_document

if TYPE_CHECKING:
    from hardtack.explore.jars import Jar, Jars
    from hardtack.explore.script import Memory, Run, Segment, Step
    from hardtack.explore.world import World

__all__ = ["Scripts", "Worked"]


class Worked(NamedTuple):
    """A piece of a script's work.

    Attributes:
        step: where it stopped.
        jar: the jar then.
        written: how many cookies it wrote or deleted.
    """

    step: Step
    jar: Jar
    written: int


class Scripts:
    """Amplify, and hardtack.js where the world has it.

    Args:
        world: says what runs in the pages.
        jars: the jars of this process.
    """

    def __init__(self, world: World, jars: Jars) -> None:
        self._world = world
        self._jars = jars
        self._host = ScriptHost()
        self._settings: dict[tuple[int, int], ScriptSettings] = {}
        self._known: dict[Any, Worked] = {}

    def work(
        self,
        *,
        release: int,
        host: int,
        jar: Jar,
        memory: Memory,
        run: Run,
        segments: tuple[Segment, ...],
        answer: str,
        now: int,
        place: int = 0,
        most: int | None = None,
    ) -> Worked:
        """Go on with a script.

        Args:
            release: the deployment that the page came from.
            host: the index of its host.
            jar: the browser's jar.
            memory: what the page remembers.
            run: what was begun.
            segments: its history.
            answer: what it is told now, as JSON.
            now: epoch seconds.
            place: which of its gates is answered.
            most: how many writes reach the jar, since the tab is closed then; None for all.
        """
        key = (release, host, jar.number, memory, run, segments, answer, now, place, most)
        known = self._known.get(key)
        if known is not None:
            return known
        document = Document(self._jars, jar, f"https://{self._world.hosts[host]}{run.path}", now, most=most)
        step = self._host.advance(
            self._settings_of(release, host),
            memory,
            run,
            segments,
            answer=answer,
            now=float(now),
            place=place,
            read=document.read,
            write=document.write,
        )
        done = self._known[key] = Worked(step, document.jar, document.written)
        return done

    def _settings_of(self, release: int, host: int) -> ScriptSettings:
        known = self._settings.get((release, host))
        if known is None:
            known = self._settings[release, host] = self._make(release, host)
        return known

    def _make(self, release: int, host: int) -> ScriptSettings:
        world = self._world
        placement = world.client_at(release)
        ours = world.front == "hardtack.js"
        library = world.server is Server.LIBRARY
        sign_in = f"{AUTH_PATH}/sign-in" if library else SIGN_IN_PATH
        policy = (
            policy_document(
                world.policy_at(release),
                client_id=CLIENT_ID,
                host=world.hosts[host],
                base=AUTH_PATH if library else BASE_PATH,
                sign_in=sign_in,
                refreshes=world.refreshes or (library and world.storage == "amplify"),
            )
            if ours
            else None
        )
        return ScriptSettings(
            kind="hardtack.js" if ours else "stock",
            client_id=CLIENT_ID,
            cookie=CookieOptions(domain=placement.domain or "", path=placement.path),
            policy_json=json.dumps(policy) if policy else "",
            sign_in_path=sign_in,
            listener="none" if ours else "sign-out",
            release=world.release,
        )
