"""What is expected of each row, without help, with the shield, and with the shield and hardtack.js: one table.

The verdicts without help are those that were recorded when the failure was first reproduced. `luck` is what the site's
own server deletes by chance: the adapter's deletions carry no Domain, so they reach host-only cookies and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from support.next.stories import Row

WIDE: Final = ".example.test"
BARE: Final = "example.test"
HOST: Final = "app.example.test"

_HOST_ONLY: Final = "app.example.test/"
_ON_HOST: Final = ".app.example.test/"
_ON_PARENT: Final = ".example.test/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is expected of a row.

    Attributes:
        row: the set-up.
        residue: the scope in which the six cookies stay after signing out; empty where none does.
        interrupted: whether sign-in fails then; where it doesn't and something stays, there are two sets for ever.
        by_luck: whether the site's own server cleans up when it looks once.
        shield: whether the shield alone heals the row.
        storm_chromium: refreshes that six calls for the session cost while signed in with twins.
        storm_firefox: the same in Firefox.
    """

    row: Row
    residue: str = ""
    interrupted: bool = True
    by_luck: bool = False
    shield: bool = True
    storm_chromium: int = 6
    storm_firefox: int = 6

    def storm(self, browser: str) -> int:
        """The refreshes in a browser."""
        return self.storm_firefox if browser == "firefox" else self.storm_chromium


def _both(client: str | None, server: str | None, residue: str, *, by_luck: bool = False) -> list[Verdict]:
    """The row with either writer listed first."""
    return [
        Verdict(row=Row(client=client, server=server, first=first), residue=residue, by_luck=by_luck)
        for first in ("client", "server")
    ]


VERDICTS: Final[tuple[Verdict, ...]] = (
    Verdict(row=Row(client=None, server=None)),
    Verdict(row=Row(client=WIDE, server=WIDE)),
    Verdict(row=Row(client=HOST, server=HOST)),
    Verdict(row=Row(client=BARE, server=WIDE)),
    *_both(None, WIDE, _ON_PARENT),
    *_both(None, HOST, _ON_HOST),
    *_both(WIDE, None, _HOST_ONLY, by_luck=True),
    *_both(WIDE, HOST, _ON_HOST),
    *_both(HOST, None, _HOST_ONLY, by_luck=True),
    *_both(HOST, WIDE, _ON_PARENT),
    Verdict(row=Row(client=WIDE, server=WIDE, path="/login"), residue=_ON_PARENT, interrupted=False, shield=False),
    Verdict(
        row=Row(client=None, server=None, path="/login"),
        residue=_HOST_ONLY,
        interrupted=False,
        by_luck=True,
        shield=False,
    ),
    Verdict(row=Row(client=WIDE, server=None, refresh="route", looks="route"), residue=_HOST_ONLY, by_luck=True),
    Verdict(row=Row(client=WIDE, server=None, refresh="response", looks="response"), residue=_HOST_ONLY),
    Verdict(row=Row(client=WIDE, server=None, looks="guard"), residue=_HOST_ONLY),
    Verdict(
        row=Row(client=WIDE, server=WIDE, refresh="", migrates=True, before=None), residue=_HOST_ONLY, by_luck=True
    ),
    Verdict(row=Row(client=None, server=None, refresh="", migrates=True, before=WIDE), residue=_ON_PARENT),
    Verdict(row=Row(client=HOST, server=HOST, refresh="", migrates=True, before=WIDE), residue=_ON_PARENT),
)

STORMS: Final[tuple[Verdict, ...]] = (
    Verdict(row=Row(client=None, server=None), storm_chromium=1, storm_firefox=1),
    Verdict(row=Row(client=WIDE, server=None, first="server"), residue=_HOST_ONLY),
    Verdict(row=Row(client=None, server=WIDE, first="server"), residue=_ON_PARENT),
)
