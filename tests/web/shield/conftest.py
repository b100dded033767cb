"""Sites behind a shield, closed when their story is over."""

from __future__ import annotations

import pytest

from support.shielded import ShieldedSite


@pytest.fixture
def tell():
    """Make a site; the arguments are `ShieldedSite`'s."""
    sites: list[ShieldedSite] = []

    def make(**how) -> ShieldedSite:
        site = ShieldedSite(**how)
        sites.append(site)
        return site

    yield make
    for site in sites:
        site.close()
