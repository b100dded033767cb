"""What the tests of the web share: a real pool, and sites in front of it."""

from __future__ import annotations

import pytest

from support.browser import chromium
from support.pool import embedded_pool, pool
from support.web_site import Site

__all__ = ["chromium", "embedded_pool", "pool"]


@pytest.fixture
def site_of(pool):
    """Makes sites and closes them all at the end."""
    made: list[Site] = []

    def make(**settings):
        site = Site(pool, **settings)
        made.append(site)
        return site

    yield make
    for site in made:
        site.close()


@pytest.fixture(params=["sealed", "amplify"])
def site(request, site_of):
    """A site, in one storage and then in the other."""
    return site_of(storage=request.param)


@pytest.fixture
def browser(site):
    """A browser that has never been here."""
    return site.browser()


@pytest.fixture
def plain(site_of):
    """A browser at a site where it makes no difference how sessions are stored."""
    return site_of().browser()
