"""A refresh desk with a rotating pool behind it, driven by hand; and a store that fails when told to."""

from __future__ import annotations

import sqlite3

from hardtack.sessions.coordination import CallPool, Pause, PoolTokens, RefreshDesk, SqliteStore, StoreCall
from hardtack.sessions.sealing import AesSealer
from hardtack.tokens import TokenSet
from support.minting import NOW
from support.story import SECRET

HOUR = 3_600


class Desk:
    """A desk with a rotating pool behind it, driven by hand."""

    def __init__(self, store=None) -> None:
        self.store = store or SqliteStore()
        self.desk = RefreshDesk(self.store, AesSealer([SECRET]), keep_seconds=30 * 86_400)
        self.asked: list[str] = []
        self.paused = 0.0
        self.answers = {}
        self.between = lambda: None

    def pool(self, need: CallPool, now: float):
        self.asked.append(need.refresh_token)
        self.between()
        given = self.answers.get(need.refresh_token)
        return given or tokens(int(now), f"{need.refresh_token}'")

    def run(self, flow, now: float = NOW):
        answer = None
        while True:
            try:
                need = flow.send(answer)
            except StopIteration as stop:
                return stop.value
            if isinstance(need, CallPool):
                answer = self.pool(need, now)
            elif isinstance(need, StoreCall):
                answer = need.call()
            elif isinstance(need, Pause):
                self.paused += need.seconds
                answer = None

    def refresh(self, token: str, *, session: str = "s", now: float = NOW):
        return self.run(self.desk.refresh(token, username="u", session_key=session, now=now), now)

    def acknowledge(self, token: str, now: float = NOW) -> None:
        self.desk.acknowledge(token, now=now).call()

    def sign_out(self, session: str = "s", now: float = NOW):
        return self.desk.end_session(session, now=now).call()


def tokens(now: int, refresh: str | None, lifetime: int = HOUR) -> PoolTokens:
    return PoolTokens(TokenSet(f"access at {now}", "id", refresh), now + lifetime)


class Failing:
    """A back end whose methods fail when told to, as a locked or spoilt file does."""

    blocking = True

    def __init__(self, *failing: str) -> None:
        self.store = SqliteStore()
        self.failing = set(failing)

    def __getattr__(self, name: str):
        def call(*args, **kwargs):
            if name in self.failing:
                raise sqlite3.DatabaseError("database disk image is malformed: /var/lib/secret/place")
            return getattr(self.store, name)(*args, **kwargs)

        return call
