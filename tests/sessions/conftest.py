"""Every story is told twice: to the blocking shell and to the awaiting one; some in both storages and both browsers."""

from __future__ import annotations

from typing import Any

import pytest

from support.story import Story


@pytest.fixture(params=["sync", "async"])
def shell(request):
    return request.param


@pytest.fixture
def tell(shell):
    """Make a story; `tell(storage="sealed", engine="firefox", policy={...}, settings={...})`."""
    stories: list[Story] = []

    def make(**how: Any) -> Story:
        stories.append(Story(shell=shell, **how))
        return stories[-1]

    yield make
    for story in stories:
        story.close()
