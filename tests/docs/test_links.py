"""Every link of the documentation leads somewhere, anchors included."""

from __future__ import annotations

import pytest

from support.docs import PAGES, ROOT, anchors, links

ELSEWHERE = ("https://keepachangelog.com/", "https://semver.org/")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for link in links(page.read_text(encoding="utf-8")):
        if link.startswith(ELSEWHERE):
            continue
        assert "://" not in link, f"{link} leads out of the project"
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), f"{link}: there is no such file"
        assert target.is_relative_to(ROOT), f"{link} leads out of the project"
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{link}: there is no such heading"


def test_every_page_can_be_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        paths = [link.partition("#")[0] for link in links(page.read_text(encoding="utf-8"))]
        waiting += [(page.parent / path).resolve() for path in paths if path and "://" not in path]
    assert set(PAGES) - reached <= {ROOT / "docs" / "README.md"}


def test_every_picture_says_what_it_shows():
    for page in PAGES:
        assert "![](" not in page.read_text(encoding="utf-8"), page.name
