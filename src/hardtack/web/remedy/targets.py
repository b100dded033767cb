"""Which remedies there are, and the files that each of them is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from hardtack.web.remedy.blocks import framed
from hardtack.web.remedy.cloudfront import viewer_response
from hardtack.web.remedy.nextjs import nextjs_files
from hardtack.web.remedy.nginx import sign_out_location
from hardtack.web.remedy.script import clear_all_auth_cookies
from hardtack.web.remedy.site import RemedySite

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardtack.sessions import PolicyFile

__all__ = ["NEXT_ENTRY", "OLD_NEXT_ENTRY", "TARGETS", "RemedyFile", "remedy"]

NEXT_ENTRY: Final = "proxy.ts"
"""The file that Next calls from 16 on."""
OLD_NEXT_ENTRY: Final = "middleware.ts"
"""The file that Next calls up to 15."""


@dataclass(frozen=True, slots=True)
class RemedyFile:
    """One file of a remedy.

    Attributes:
        target: which remedy it belongs to.
        name: its name, below the folder that it is written into.
        block: what the remedy keeps up to date, with its first and last line.
        rest: what a new file has behind the block; the site's own from then on.
    """

    target: str
    name: str
    block: str
    rest: str = ""

    @property
    def text(self) -> str:
        """The whole new file."""
        return self.block + self.rest


def remedy(
    target: str, file: PolicyFile, *, written: date | None = None, next_entry: str = NEXT_ENTRY
) -> tuple[RemedyFile, ...]:
    """Write a remedy, into memory.

    Args:
        target: one of `TARGETS`.
        file: the policy file.
        written: the day that stands in its first line; today in UTC if None. Nothing else depends on it.
        next_entry: for `nextjs`: `proxy.ts`, or `middleware.ts` for Next 15 and before.

    Raises:
        RemedyError: with every problem at once, where this policy can't be had with this target.
        KeyError: there is no such target.
    """
    site = RemedySite.of(file)
    day = written or datetime.now(UTC).date()
    return tuple(
        RemedyFile(
            target,
            name,
            framed(
                body,
                comment="#" if name.endswith(".conf") else "//",
                target=target,
                file=name,
                written=day,
                policy=site.policy.fingerprint,
            ),
            rest,
        )
        for name, (body, rest) in TARGETS[target](site, next_entry).items()
    )


TARGETS: Final[dict[str, Callable[[RemedySite, str], dict[str, tuple[str, str]]]]] = {
    "nextjs": lambda site, entry: nextjs_files(site, entry=entry),
    "cloudfront-function": lambda site, _: {"hardtack-viewer-response.js": (viewer_response(site), "")},
    "js": lambda site, _: {"clear-all-auth-cookies.js": (clear_all_auth_cookies(site), "")},
    "nginx": lambda site, _: {"hardtack-sign-out.conf": (sign_out_location(site), "")},
}
"""Each target with what makes its files: name to the block's lines, and to what stands behind the block at first."""
