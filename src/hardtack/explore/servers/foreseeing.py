"""What a server will do when what it waits for reaches it, worked out as soon as that is decided.

Rule: once the pool has answered, or somebody else has got what a request waits for, what is left to the server hangs on
one thing that may still change: whether the session has been ended meanwhile. So the flow is run ahead for both, its
calls to the refresh store written down in the place of being made, and the request is forgotten: two that will do the
same are one. Where the flow will ask something else (the pool again, say), nothing is foreseen, and it is run again
when its time comes. When it does what was foreseen, the store is asked all the same, and must say what was reckoned
with: it always has, and where it does not, the search begins anew and foresees nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hardtack.explore.errors import UnforeseenError
from hardtack.sessions.coordination import Ended, Settled, SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardtack.explore.servers.flows import Response
    from hardtack.sessions.coordination import Claim
    from hardtack.sessions.coordination.sqlite import Snapshot

__all__ = ["Course", "Foreseen", "StoreAhead", "StoreDoes"]


class StoreDoes(NamedTuple):
    """A call to the refresh store.

    Attributes:
        name: a method of `RefreshStore`.
        arguments: its arguments.
        named: those by name.
        answer: what it will say.
    """

    name: str
    arguments: tuple[Any, ...]
    named: tuple[tuple[str, Any], ...]
    answer: Any = None


class Course(NamedTuple):
    """One way in which it may go: the calls to the store in their order, then the response."""

    calls: tuple[StoreDoes, ...]
    response: Response


class Foreseen(NamedTuple):
    """What a server will do.

    Attributes:
        lives: while the session lives.
        ended: where it has been ended before; None where that makes no difference.
    """

    lives: Course
    ended: Course | None = None

    @property
    def courses(self) -> Iterator[Course]:
        """Each way in which it may go."""
        return (course for course in self if course is not None)

    @property
    def needs(self) -> frozenset[str]:
        """The keys of what must not be forgotten until then: records that are claimed, sessions that may have ended."""
        claimed = {call.arguments[0] for call in self.lives.calls if call.name == "claim"}
        sessions = {str(value) for call in self.lives.calls for name, value in call.named if name == "session"}
        return frozenset(claimed | sessions)


class StoreAhead(SqliteStore):
    """The embedded store, whose calls can also be written down in the place of being made."""

    def __init__(self) -> None:
        super().__init__(None, lease=lambda: "lease")
        self._written: list[StoreDoes] | None = None
        self._rows: dict[str, tuple[Any, ...]] = {}
        self._sessions: set[str] = set()
        self._has_ended = self._is_sure = False

    def look_ahead(self, snapshot: Snapshot, *, has_ended: bool) -> None:
        """From here on write calls down.

        Args:
            snapshot: what the store holds now.
            has_ended: whether the session has been ended: then nothing is kept for it, and nothing given to it.
        """
        self._written, self._sessions = [], set()
        self._rows = {row[0]: row for row in snapshot[0]}
        self._has_ended, self._is_sure = has_ended, True

    def look_back(self) -> tuple[StoreDoes, ...] | None:
        """From here on make calls. Those that were written down; None if an answer to one could not be known."""
        written, self._written = tuple(self._written or ()), None
        return written if self._is_sure and len(self._sessions) <= 1 else None

    def do(self, snapshot: Snapshot, foreseen: Foreseen) -> tuple[Response, Snapshot]:
        """Make the calls that were foreseen.

        Args:
            snapshot: what the store holds now.
            foreseen: what the server does.

        Returns:
            The response, and what the store holds then.

        Raises:
            UnforeseenError: the store says something else: then two states may have been taken for one that are not.
        """
        self.restore(snapshot)
        course, place = foreseen.lives, 0
        while place < len(course.calls):
            call = course.calls[place]
            answer = getattr(super(), call.name)(*call.arguments, **dict(call.named))
            if answer != call.answer and course is foreseen.lives and foreseen.ended is not None:
                course = foreseen.ended
            if answer != course.calls[place].answer:
                raise UnforeseenError(f"The store's answer to {call.name} was not foreseen.")
            place += 1
        return course.response, self.snapshot()

    def claim(self, key: str, *, session: str, **named: Any) -> Claim:
        """See `RefreshStore.claim`. A token that was refreshed once stays so while its session lives."""
        if self._written is None:
            return super().claim(key, session=session, **named)
        row = self._rows.get(key)
        was_refreshed = row is not None and row[1] == "settled" and row[5] not in ("", key) and row[8] > named["now"]
        answer = Ended() if self._has_ended else Settled(row[4] if row is not None and was_refreshed else b"")
        self._is_sure = self._is_sure and session != "" and (self._has_ended or was_refreshed)
        self._write("claim", (key,), {"session": session, **named}, answer)
        return answer

    def settle(self, *arguments: Any, **named: Any) -> bool:
        """See `RefreshStore.settle`."""
        if self._written is None:
            return super().settle(*arguments, **named)
        self._write("settle", arguments, named, not self._has_ended)
        return not self._has_ended

    def refuse(self, *arguments: Any, **named: Any) -> None:
        """See `RefreshStore.refuse`."""
        return super().refuse(*arguments, **named) if self._written is None else self._write("refuse", arguments, named)

    def release(self, key: str, lease: str) -> None:
        """See `RefreshStore.release`."""
        return super().release(key, lease) if self._written is None else self._write("release", (key, lease), {})

    def acknowledge(self, *arguments: Any, **named: Any) -> None:
        """See `RefreshStore.acknowledge`."""
        if self._written is None:
            return super().acknowledge(*arguments, **named)
        return self._write("acknowledge", arguments, named)

    def end_session(self, *arguments: Any, **named: Any) -> None:
        """See `RefreshStore.end_session`."""
        if self._written is None:
            return super().end_session(*arguments, **named)
        return self._write("end_session", arguments, named)

    def _write(self, name: str, arguments: tuple[Any, ...], named: dict[str, Any], answer: Any = None) -> None:
        if self._written is not None:
            self._written.append(StoreDoes(name, arguments, tuple(sorted(named.items())), answer))
            self._sessions |= {named["session"]} if "session" in named else set()
