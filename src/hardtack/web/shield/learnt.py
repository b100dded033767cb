"""What a request taught the shield, kept until the site has answered.

Rule: it is all that the response side needs, so that both sides may run in different processes. A proxy hands it over
as it is; at the edge it travels sealed in a header, beside the request that the site was sent.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

from hardtack.cookies import SetCookie
from hardtack.sessions.reference import reference_of

if TYPE_CHECKING:
    from hardtack.cookies import CookieHeader
    from hardtack.sessions.sealing import Sealer

__all__ = ["Learnt", "open_learnt", "seal_learnt"]

_PURPOSE: Final = "shield-passage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """One request, as far as its response is concerned.

    Attributes:
        host: the request's host, one of the policy's.
        raw_path: the path as it was sent.
        now: when it was asked, seconds since the epoch in the pool's time.
        heals: whether it is a navigation, so that the response may sweep.
        nonce: random text of the request.
        reference: the support code in its events, made of the nonce.
        cookies: those that the site was sent.
        lines: what the plan writes, whatever the site answers.
        lot: the cookie that remembers this browser's lot, where it has none yet.
        moves: whether what the site writes is moved; not for browsers that drew another lot.
        withheld: keyed hash of the refresh token that the site was not sent; "" for none, or where it was sent.
        helpless: whether the site was sent no token that lives, nor anything to refresh with. Then deletions are its
            adapter's giving up, and no sign-out.
    """

    host: str
    raw_path: bytes
    now: float
    heals: bool
    nonce: str
    cookies: CookieHeader = field(repr=False)
    lines: tuple[SetCookie, ...] = field(default=(), repr=False)

    @property
    def reference(self) -> str:
        """The support code in its events."""
        return reference_of(self.nonce)

    lot: SetCookie | None = field(default=None, repr=False)
    moves: bool = True
    withheld: str = ""
    helpless: bool = False


def seal_learnt(learnt: Learnt, sealer: Sealer) -> str:
    """Text for a header that nobody else can read or write, small enough for the edge's limits.

    A cookie that the site is sent as well is left out of the lines and taken from there again.
    """
    said = [
        learnt.host,
        learnt.raw_path.decode("latin-1"),
        learnt.now,
        learnt.heals,
        learnt.nonce,
        [_pack(line, learnt.cookies) for line in learnt.lines],
        learnt.lot and _pack(learnt.lot, learnt.cookies),
        learnt.moves,
        learnt.withheld,
        learnt.helpless,
    ]
    text = json.dumps(said, separators=(",", ":"))
    return sealer.seal(_PURPOSE, zlib.compress(text.encode(), level=9))


def open_learnt(text: str, cookies: CookieHeader, sealer: Sealer) -> Learnt | None:
    """What was sealed, beside the cookies of the request that the site was sent; None if nobody sealed it."""
    opened = sealer.open(_PURPOSE, text)
    if opened is None:
        return None
    said: Any = json.loads(zlib.decompress(opened))
    match said:
        case [
            str(host),
            str(raw_path),
            int() | float() as now,
            bool(heals),
            str(nonce),
            [*lines],
            lot,
            bool(moves),
            str(withheld),
            bool(helpless),
        ]:
            return Learnt(
                host=host,
                raw_path=raw_path.encode("latin-1"),
                now=now,
                heals=heals,
                nonce=nonce,
                cookies=cookies,
                lines=tuple(_unpack(line, cookies) for line in lines),
                lot=lot and _unpack(lot, cookies),
                moves=moves,
                withheld=withheld,
                helpless=helpless,
            )
        case _:  # sealed by another release
            return None


def _pack(line: SetCookie, cookies: CookieHeader) -> list[Any]:
    name, value, *attributes = (getattr(line, each.name) for each in fields(line))
    return [name, None if cookies.get_all(name) == (value,) else value, *attributes]


def _unpack(packed: list[Any], cookies: CookieHeader) -> SetCookie:
    name, value, *attributes = packed
    named = dict(zip((each.name for each in fields(SetCookie)[2:]), attributes, strict=True))
    return SetCookie(name, cookies.get_all(name)[0] if value is None else value, **named)
