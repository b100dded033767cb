"""A host and the site around it: how far up a cookie's Domain may reach.

Browsers refuse a Domain that is a public suffix (`com`, `co.uk`, `github.io`), by a list that changes every week. Ours
is the one bundled with `publicsuffixlist`: nothing is fetched, and its date is reported so that a doctor can say how
old it is. Loading it takes some 50 ms and happens at the first question, not at import.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from hardtack.cookies.errors import CookieError
from hardtack.cookies.matching import canonical_host, is_ip

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

__all__ = ["Site", "public_suffix_list_date"]

_REMEMBERED = 1024  # hosts; the Host header is a stranger's, so what we remember of it is bounded
_VERSION = re.compile(r"^// VERSION: (\d{4}-\d{2}-\d{2})")
_VERSION_WITHIN = 30  # lines from the top


@dataclass(frozen=True, slots=True)
class Site:
    """What the public suffix list says of a host.

    Attributes:
        host: the canonical host.
        registrable_domain: the suffix and one label more; None for an address, a host that is itself a suffix, a single
            label. An unknown top-level domain is a suffix, as browsers have it: under `.localhost` and `.test` the
            second label is the registrable domain.
    """

    host: str
    registrable_domain: str | None

    @classmethod
    def of(cls, host: str) -> Site:
        """Look a host up.

        Args:
            host: as in a `Host` header or a URL; see `canonical_host`.

        Raises:
            CookieError: if it isn't a host.
        """
        canonical = canonical_host(host)
        if canonical is None:
            raise CookieError(
                "This is not a host name or an address.",
                hint='Write it as it stands in the browser\'s address bar, as in "app.example.com".',
            )
        return _site(canonical)

    @property
    def is_ip(self) -> bool:
        """Whether the host is an IPv4 or IPv6 address."""
        return is_ip(self.host)

    @property
    def domains(self) -> tuple[str, ...]:
        """Every Domain that this host may set, itself first, its registrable domain last; () if there is none."""
        if self.registrable_domain is None:
            return ()
        labels = self.host.split(".")
        above = len(labels) - len(self.registrable_domain.split("."))
        return tuple(".".join(labels[start:]) for start in range(above + 1))


def public_suffix_list_date() -> date | None:
    """The date of the bundled list, by its own VERSION line; None if it carries none."""
    from publicsuffixlist import PSLFILE  # noqa: PLC0415  late, like the list itself

    with open(PSLFILE, encoding="utf-8") as lines:  # noqa: PTH123  importing pathlib costs more than all of this file
        for line in islice(lines, _VERSION_WITHIN):
            if found := _VERSION.match(line):
                return date.fromisoformat(found[1])
    return None


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415  50 ms, see above

    return PublicSuffixList()


@lru_cache(maxsize=_REMEMBERED)
def _site(host: str) -> Site:
    if is_ip(host):
        return Site(host, None)
    # The list knows nothing of the root's dot; for browsers a host with it is another host, with the same rules.
    bare = host.removesuffix(".")
    registrable = _suffixes().privatesuffix(bare)
    return Site(host, registrable and registrable + host[len(bare) :])
