"""The browser's jar, request by request: what responses wrote, and what only script can have written.

Rule: `BrowserJar` says what a request must carry if nobody but the responses wrote; the request says what it carried.
The difference is script's work: no recording shows `document.cookie`. Values tell which cookie is which, and where two
explanations fit, the one that a storage with a single scope makes is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hardtack.cookies import BrowserJar, CookieError, CookieScope, SetCookie, path_match
from hardtack.doctor.observed import Writer
from hardtack.doctor.sources.har.homes import Home, Kept, choices_for, reaches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hardtack.cookies.jar import Engine
    from hardtack.cookies.stored import CookieUrl, Identity
    from hardtack.doctor.sources.har.records import Record, Sent, Write

__all__ = ["JarTracker", "Sighting"]


@dataclass(slots=True)
class Sighting:
    """What a request showed that the jar did not know.

    Attributes:
        held: the known cookies, in the order of the header.
        wrote: cookies that script has written since, and whether each is one that was not there before.
        removed: cookies that script has removed since.
    """

    held: list[Kept]
    wrote: list[tuple[Kept, bool]] = field(default_factory=list[tuple[Kept, bool]])
    removed: list[Kept] = field(default_factory=list[Kept])


class JarTracker:
    """One browser profile through one recording. Requests and responses come in the order of time.

    Args:
        engine: whose jar.
    """

    def __init__(self, engine: Engine) -> None:
        self._now = 0.0
        self._engine: Engine = engine
        self._jar = BrowserJar(engine, clock=lambda: self._now)
        self._kept: dict[Identity, Kept] = {}
        self._homes: dict[str, Home] = {}
        self._began: set[str] = set()
        self._first_homes: dict[tuple[str, int], Home] = {}
        self._cleared = False
        self._signed_in = False
        self._brought: dict[str, float] = {}
        self._version = 0
        self._births = 0
        self._answers: dict[tuple[str, str], tuple[tuple[Sent, ...], int]] = {}

    def called(self, brought: frozenset[str], at: float, *, clears: bool) -> None:
        """A call to the pool has ended.

        Args:
            brought: marks of the tokens that it brought.
            at: epoch seconds.
            clears: whether script clears its cookies after such an answer: a sign-out, a refused refresh.
        """
        if brought:
            self._signed_in = True
            self._cleared = False
            self._brought.update(dict.fromkeys(brought, at))
        self._cleared = self._cleared or clears

    def respond(self, record: Record) -> bool:
        """A response has come. Returns whether it wrote anything."""
        where = record.where
        if where is None or not (record.writes or record.clears):
            return False
        self._now = record.end
        taken = [(write, scope) for write in record.writes if (scope := write.fact.scope) is not None]
        for write, scope in taken:
            self._make_way(_name_of(write), scope, where)
        self._jar.store_response(record.url, [write.line for write, _ in taken], date=record.date)
        for write, scope in taken:
            name = _name_of(write)
            identity = name, scope.domain or where.host, scope
            if write.fact.deletion:
                self._kept.pop(identity, None)
            else:
                self._kept[identity] = Kept(
                    name=name,
                    cookie=write.fact.cookie,
                    value=write.fact.value or "",
                    size=write.fact.size,
                    host=where.host,
                    home=Home([scope]),
                    place=scope,
                    writer=Writer.SERVER,
                    http_only=write.fact.http_only,
                    since=record.end,
                    born=self._born(identity, write.fact.value or ""),
                )
        if record.clears:
            self._jar.clear_site_data(record.url)
        self._agree()
        self._version += 1
        return True

    def holds(self, record: Record) -> list[Kept]:
        """What a request for the record's URL would carry, in its order."""
        self._now = max(self._now, record.start)
        self._agree()
        return self._expected(record.where) if record.where else []

    def settled(self, host: str) -> bool:
        """Whether it is known of every cookie of a host that it is still there."""
        return all(kept.unsure is None for kept in self._kept.values() if kept.host == host)

    def see(self, record: Record) -> Sighting | None:
        """A request shows its cookies. Returns None where it shows nothing that could be new."""
        where = record.where
        if record.sent is None or where is None:
            return None
        asked = where.host, where.path
        last = self._answers.get(asked)
        if last is not None and last[1] == self._version and last[0] == record.sent:
            return None
        self._now = max(self._now, record.start)
        self._agree()
        expected = self._expected(where)
        if not record.sent and expected and not (record.document or self._cleared):
            return None  # a fetch that asked to be sent without cookies looks the same
        sighting = Sighting([])
        held = self._compare(record, where, expected, sighting)
        sighting.held = sorted(held, key=lambda kept: held[kept])
        self._order(sighting.held)
        if sighting.wrote or sighting.removed:
            self._version += 1
            self._cleared = self._cleared and not sighting.removed
        self._began.add(where.site)
        self._answers[asked] = record.sent, self._version
        return sighting

    def _expected(self, where: CookieUrl) -> list[Kept]:
        """In the order of a header: longer paths first, then the oldest first."""
        found = [kept for one in self._jar if one.belongs_to(where) and (kept := self._kept.get(one.identity))]
        return sorted(found, key=lambda kept: (-len(kept.place.path), kept.born))

    def _born(self, identity: Identity, value: str) -> int:
        """The age of what is written there now: that of the same value, if it lay there before."""
        old = self._kept.get(identity)
        if old is not None and (old.value == value or self._engine != "chromium"):
            return old.born
        self._births += 1
        return self._births

    def _compare(self, record: Record, where: CookieUrl, expected: list[Kept], sighting: Sighting) -> dict[Kept, int]:
        """Explain each name's cookies; the result has the position of each in the header."""
        by_name: dict[str, tuple[list[tuple[int, Sent]], list[Kept]]] = {}
        for position, one in enumerate(record.sent or ()):
            by_name.setdefault(one.name, ([], []))[0].append((position, one))
        for kept in expected:
            by_name.setdefault(kept.name, ([], []))[1].append(kept)
        held: dict[Kept, int] = {}
        # What can be told apart by its values first: it decides about what cannot.
        for shown, known in sorted(by_name.values(), key=_is_doubtful):
            known[:] = [
                kept
                for kept in known
                if self._kept.get(kept.identity) is kept and reaches(kept.place, where, kept.host)
            ]
            matched = self._explain(shown, known, where, sighting)
            self._learn(list(matched), where)
            held.update(matched)
        return held

    def _explain(
        self,
        shown: list[tuple[int, Sent]],
        known: list[Kept],
        where: CookieUrl,
        sighting: Sighting,
    ) -> dict[Kept, int]:
        """The cookies of one name: which of those known are still there, which are new, which are gone."""
        matched, new, rest = self._match(shown, known, where, sighting)
        if len(new) < len(rest):  # else script has written over each of them
            rest = [kept for kept in rest if not self._was_replaced(kept)]
        rest = [kept for kept in rest if not self._is_elsewhere(kept, where)]
        for position, one in new:
            old = self._overwritten(one, rest, where)
            if old is not None:
                rest.remove(old)
            kept = self._written(one, old, list(matched), where)
            matched[kept] = position
            if kept.writer is Writer.SCRIPT:
                sighting.wrote.append((kept, old is None))
        for kept in rest:
            self._remove(kept)
            sighting.removed.append(kept)
        return matched

    def _match(
        self, shown: list[tuple[int, Sent]], known: list[Kept], where: CookieUrl, sighting: Sighting
    ) -> tuple[dict[Kept, int], list[tuple[int, Sent]], list[Kept]]:
        """Those known that are shown, what is shown and not known, and what is known and not shown."""
        matched: dict[Kept, int] = {}
        new: list[tuple[int, Sent]] = []
        rest = list(known)
        values = {kept.value for kept in known}
        if len(shown) < len(known) or any(one.value not in values for _, one in shown):
            # Of equal values the one is gone, or written over, whose neighbours are; else script's own.
            gone = {kept.place for kept in sighting.removed}
            rest.sort(key=lambda kept: (kept.place in gone, kept.writer is Writer.SCRIPT))
        for position, one in shown:
            same = next((kept for kept in rest if _is_same(kept, one)), None)
            if same is not None:
                rest.remove(same)
            elif (same := self._known_elsewhere(one, [*known, *matched], where)) is None:
                new.append((position, one))
                continue
            matched[same] = position
            if one.scope is not None:
                self._settle(same.home, one.scope)
                same.http_only = one.http_only
            if same.unsure is not None:
                self._narrow(same.home, lambda scope, taken=same.unsure: scope != taken)
                same.unsure = None
        return matched, new, rest

    def _was_replaced(self, kept: Kept) -> bool:
        """Whether a response wrote into this cookie's own scope; it is not shown any more, so it did."""
        if kept.unsure is None or self._cleared:
            return False
        scope = kept.unsure
        self._remove(kept)
        self._settle(kept.home, scope)
        return True

    def _known_elsewhere(self, one: Sent, known: list[Kept], where: CookieUrl) -> Kept | None:
        """A cookie of unknown home that was seen on another host or path, and reaches this one too."""
        for kept in self._kept.values():
            if kept.name == one.name and kept.value == one.value and kept not in known:
                choices = [choice for choice in kept.home.choices if reaches(choice, where, kept.host)]
                if choices and (one.scope is None or one.scope in choices):
                    self._narrow(kept.home, lambda scope, left=tuple(choices): scope in left)
                    return kept
        return None

    def _is_elsewhere(self, kept: Kept, where: CookieUrl) -> bool:
        """Whether a cookie is missing because its path is another, not because it is gone."""
        if self._cleared or kept.home.path is not None:
            return False
        return self._narrow(kept.home, lambda scope: not path_match(where.path, scope.path))

    def _overwritten(self, one: Sent, rest: list[Kept], where: CookieUrl) -> Kept | None:
        """Which of the missing ones a new value took the place of."""
        if one.scope is not None:
            return next((kept for kept in rest if kept.home.scope == one.scope), None)
        home = self._homes.get(where.host)
        own = next((kept for kept in rest if kept.home is home), None)
        if own is not None or home is None:
            return own or next(iter(rest), None)
        return next((kept for kept in rest if set(kept.home.choices) & set(home.choices)), None)

    def _written(self, one: Sent, old: Kept | None, beside: list[Kept], where: CookieUrl) -> Kept:
        """A value that no response wrote: script's, or what was there before the recording."""
        at_start = where.site not in self._began and not self._signed_in and one.value not in self._brought
        if one.scope is not None:
            home = old.home if old is not None else Home([one.scope])
        elif old is not None:
            home = self._home_of_script(old, where)
        elif at_start:
            home = self._first_homes.setdefault((where.host, len(beside)), Home(choices_for(where, one.name)))
        else:
            home = self._free_home(one, beside, where)
        if old is not None:
            self._kept.pop(old.identity, None)
        self._births += 1
        kept = Kept(
            name=one.name,
            cookie=one.cookie,
            value=one.value,
            size=one.size,
            host=where.host,
            home=home,
            place=home.choices[0],
            writer=Writer.UNKNOWN if at_start else Writer.SCRIPT,
            http_only=one.http_only,
            since=self._brought.get(one.value),
            born=self._births if old is None or self._engine == "chromium" else old.born,
        )
        if old is not None:
            kept.place = old.place
        else:
            self._choose_place(kept)
        self._store(kept)
        return kept

    def _home_of_script(self, old: Kept, where: CookieUrl) -> Home:
        """Script has written where this cookie lay: so that is its home."""
        home = self._homes.get(where.host)
        if home is None or home is old.home:
            self._homes[where.host] = old.home
            return old.home
        if old.home.scope is not None and old.home.scope in home.choices:
            self._settle(home, old.home.scope)
            return home
        self._homes[where.host] = old.home
        return old.home

    def _free_home(self, one: Sent, beside: list[Kept], where: CookieUrl) -> Home:
        """Script's home, or a new one if a cookie of this name lies in it already."""
        home = self._homes.get(where.host)
        taken = [kept.home.scope for kept in beside]
        full = any(kept.home is home for kept in beside) or (home is not None and home.scope in taken and home.scope)
        if home is None or full or one.name.lower().startswith("__host-"):
            home = Home(choices_for(where, one.name))
            home.narrow(lambda scope: scope not in taken)
            self._homes[where.host] = home
        return home

    def _learn(self, together: list[Kept], where: CookieUrl) -> None:
        """What follows from cookies of one name being sent together, and to this URL."""
        for kept in together:
            self._narrow(kept.home, lambda scope, owner=kept.host: reaches(scope, where, owner))
            for other in together:
                if other is not kept and other.home.scope is not None and kept.home.scope is None:
                    self._narrow(kept.home, lambda scope, taken=other.home.scope: scope != taken)

    def _order(self, held: list[Kept]) -> None:
        """A newer value in front of an older one lies on a longer path, by Chromium's order."""
        if self._engine != "chromium":
            return
        for index, kept in enumerate(held):
            for other in held[index + 1 :]:
                if kept.name != other.name or kept.since is None or other.since is None or kept.since <= other.since:
                    continue
                if other.home.path is not None and kept.home.path is None:
                    self._narrow(kept.home, lambda scope, path=other.home.path: len(scope.path) > len(path))

    def _make_way(self, name: str, scope: CookieScope, where: CookieUrl) -> None:
        """A response writes where a cookie of unknown home may lie: whether it did, the next request will show."""
        for kept in list(self._kept.values()):
            if kept.name != name or kept.home.scope is not None or scope not in kept.home.choices:
                continue
            if kept.host != where.host and scope.domain is None:
                continue
            kept.unsure = scope
            if kept.place == scope:
                self._move(kept, [choice for choice in kept.home.choices if choice != scope])

    def _settle(self, home: Home, scope: CookieScope) -> None:
        if home.choices != [scope]:
            home.choices = [scope]
            self._follow(home)

    def _narrow(self, home: Home, fits: Callable[[CookieScope], bool]) -> bool:
        changed = home.narrow(fits)
        if changed:
            self._follow(home)
        return changed

    def _follow(self, home: Home) -> None:
        """Put the cookies of a home that has become clearer where they lie."""
        for kept in [one for one in self._kept.values() if one.home is home]:
            if kept.unsure is not None and kept.unsure not in home.choices:
                kept.unsure = None
            if kept.place not in home.choices:
                self._move(kept, home.choices)

    def _move(self, kept: Kept, choices: Iterable[CookieScope]) -> None:
        self._remove(kept)
        owner = kept.host
        choices = list(choices)
        free = [one for one in choices if (kept.name, one.domain or owner, one) not in self._kept]
        if free:
            kept.place = free[0]
            self._store(kept)
            return
        other = self._kept[kept.name, choices[0].domain or owner, choices[0]]  # a response has taken its place
        if other.value == kept.value or self._engine != "chromium":
            other.born = min(other.born, kept.born)

    def _choose_place(self, kept: Kept) -> None:
        free = (one for one in kept.home.choices if (kept.name, one.domain or kept.host, one) not in self._kept)
        kept.place = next(free, kept.place)

    def _store(self, kept: Kept) -> None:
        """By https, which may write anything, and without Secure, so that a request by http is thought to send it."""
        place, prefixed = kept.place, kept.name.startswith("__")
        try:
            line = SetCookie(kept.name, kept.value, domain=place.domain, path=place.path, secure=prefixed)
        except CookieError:  # no line can carry it: it is not what it seems
            return
        self._jar.store_response(f"https://{kept.host}{place.path}", [line.to_text()])
        self._kept[kept.identity] = kept

    def _remove(self, kept: Kept) -> None:
        if self._kept.get(kept.identity) is kept:
            del self._kept[kept.identity]
        self._delete(kept)

    def _delete(self, kept: Kept) -> None:
        try:
            line = SetCookie.deletion(kept.name, kept.place)
        except CookieError:
            return
        self._jar.store_response(f"https://{kept.host}{kept.place.path}", [line.to_text()])

    def _agree(self) -> None:
        """Forget what the jar has thrown out: expired, cleared, too many."""
        live = {one.identity for one in self._jar}
        for identity in [one for one in self._kept if one not in live]:
            del self._kept[identity]


def _name_of(write: Write) -> str:
    return write.line.partition("=")[0]


def _is_doubtful(cookies: tuple[list[tuple[int, Sent]], list[Kept]]) -> bool:
    shown, known = cookies
    return len(shown) < len(known) and len({kept.value for kept in known}) < len(known)


def _is_same(kept: Kept, one: Sent) -> bool:
    if kept.value != one.value:
        return False
    return one.scope is None or one.scope in kept.home.choices
