"""The `sealed` storage: the whole set in one encrypted `__Host-` cookie, the default for Python apps on their own.

Rule: no twin is possible (`__Host-` fixes host and path), no one else can write it, and no script can read it. A set
larger than one cookie is cut into chunks. Each chunk carries the set's id and the number of chunks, and successive
writes alternate between two slots of names, so that chunks of two responses that cross on the way never make one set.
The names also carry a tag of the sign-in: what is on its way for one sign-in can neither replace nor delete what was
written meanwhile for another one.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from hardtack.cookies import CookieTooLarge
from hardtack.sessions.judging import session_key_of
from hardtack.sessions.storage import Found, Kept, Shown
from hardtack.tokens import TokenSet

if TYPE_CHECKING:
    from hardtack.cookies import CookieHeader, CookiePolicy, SetCookie
    from hardtack.sessions.sealing import Sealer

__all__ = ["SealedStorage"]

_SESSION: Final = "hardtack-session"
_SLOTS: Final = "ab"
_CHUNK: Final = 3_800  # characters of a chunk's data: with name and head it stays under 4096 bytes
_MOST_CHUNKS: Final = 8
_MOST_PLAIN: Final = 65_536  # bytes that a set may unpack to
_TAG: Final = 6  # hexadecimal digits: of the few sign-ins of one browser no two share them
_PLACE: Final = _TAG + 2  # characters at the end of a name: tag, slot, number
_VALUE: Final = re.compile(r"([0-9a-f]{12})\.([1-8])\.([A-Za-z0-9_-]+)")


class _Chunk(NamedTuple):
    slot: str  # the tag and the slot's letter
    place: int
    set_id: str
    of: int
    data: str


class SealedStorage:
    """Reads and writes sealed sets for one app client.

    Args:
        client_id: the app client, part of the seal's purpose: a set of another client does not open.
        policy: where Hardtack's own cookies live.
        sealer: see `hardtack.sessions.sealing`.
    """

    unforgeable = True

    def __init__(self, client_id: str, policy: CookiePolicy, sealer: Sealer) -> None:
        self._policy = policy
        self._sealer = sealer
        self._purpose = f"session:{client_id}"
        name = re.escape(policy.own_name(_SESSION))
        self._name = re.compile(rf"{name}-([0-9a-f]{{{_TAG}}}[{_SLOTS}])([0-7])")

    def read(self, cookies: CookieHeader) -> Shown:
        """Every complete set that opens, whichever slot it lies in."""
        names: list[str] = []
        chunks: list[_Chunk] = []
        for name, value in cookies:
            at = self._name.fullmatch(name)
            if at is None:
                continue
            names.append(name)
            parts = _VALUE.fullmatch(value)
            if parts is not None:
                chunks.append(_Chunk(at[1], int(at[2]), parts[1], int(parts[2]), parts[3]))
        slots = dict.fromkeys(chunk.slot for chunk in chunks)
        found = [(slot, tokens) for slot in slots if (tokens := self._open(slot, chunks))]
        wanted = {
            f"{slot}{index}"
            for slot, _ in found
            for index in range(next(chunk.of for chunk in chunks if chunk.slot == slot and chunk.place == 0))
        }
        return Shown(
            accesses=tuple(Found("", tokens.access_token, slot) for slot, tokens in found),
            ids=tuple(Found("", tokens.id_token, slot) for slot, tokens in found if tokens.id_token),
            refreshes=tuple(Found("", tokens.refresh_token, slot) for slot, tokens in found if tokens.refresh_token),
            named=("",) if found else (),
            names=tuple(dict.fromkeys(names)),
            strays=tuple(name for name in names if name[-_PLACE:] not in wanted),
        )

    def write(self, kept: Kept, shown: Shown, *, now: float) -> tuple[SetCookie, ...]:
        """The chunks of the set in the slot that its predecessor is not in, after the deletion of all other chunks."""
        del now  # a sealed set carries no time of its own
        tokens = kept.tokens
        plain = json.dumps([tokens.access_token, tokens.id_token, tokens.refresh_token]).encode()
        sealed = self._sealer.seal(self._purpose, zlib.compress(plain, 6))
        tag = _tag_of(tokens.access_token)
        slot = tag + (_SLOTS[1] if any(found.name == tag + _SLOTS[0] for found in shown.accesses) else _SLOTS[0])
        if len(sealed) > _MOST_CHUNKS * _CHUNK:
            raise CookieTooLarge(size=len(sealed), limit=_MOST_CHUNKS * _CHUNK)
        data = [sealed[at : at + _CHUNK] for at in range(0, len(sealed), _CHUNK)]
        set_id = hashlib.sha256(sealed.encode()).hexdigest()[:12]
        names = [f"{_SESSION}-{slot}{index}" for index in range(len(data))]
        fresh = tuple(
            self._policy.write_own(name, f"{set_id}.{len(data)}.{chunk}", max_age=self._policy.max_age)
            for name, chunk in zip(names, data, strict=True)
        )
        written = {line.name for line in fresh}
        return (*(line for line in self.clear(shown) if line.name not in written), *fresh)

    def names_of(self, owner: str) -> tuple[str, ...]:
        """None: what is not shown is not there."""
        del owner
        return ()

    def clear(self, shown: Shown) -> tuple[SetCookie, ...]:
        """The deletion of every chunk shown."""
        bare = len(self._policy.own_name(_SESSION)) - len(_SESSION)
        return tuple(self._policy.delete_own(name[bare:]) for name in shown.names)

    def _open(self, slot: str, chunks: list[_Chunk]) -> TokenSet | None:
        of_slot = {chunk.place: chunk for chunk in chunks if chunk.slot == slot}
        first = of_slot.get(0)
        if first is None:
            return None
        parts = [of_slot.get(index) for index in range(first.of)]
        if any(part is None or part[2:4] != first[2:4] for part in parts):
            return None
        opened = self._sealer.open(self._purpose, "".join(part.data for part in parts if part))
        return _unpack(opened) if opened is not None else None


def _tag_of(access_token: str) -> str:
    """What stands for a sign-in in names. Only what was verified is written, so its claims may be read as they are."""
    return hashlib.sha256(session_key_of(access_token).encode()).hexdigest()[:_TAG]


def _unpack(sealed: bytes) -> TokenSet | None:
    unpacking = zlib.decompressobj()
    try:
        fields = json.loads(unpacking.decompress(sealed, _MOST_PLAIN))
    except (zlib.error, ValueError):  # sealed by us, but by a release that packed otherwise
        return None
    match fields:
        case [str(access), (str() | None) as id_token, (str() | None) as refresh]:
            return TokenSet(access, id_token, refresh)
        case _:
            return None
