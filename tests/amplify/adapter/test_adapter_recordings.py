"""The model of the Next adapter against recordings of the real packages (`make record-adapter`): no difference."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from hardtack.amplify.adapter import CURRENT, RELEASES, AdapterContext, release_of
from support.adapter_recordings import recordings, replay, told

BY_RELEASE = defaultdict(list)
for _recorded in recordings():
    BY_RELEASE[_recorded["release"]].append(_recorded)


@pytest.mark.parametrize("version", BY_RELEASE)
def test_the_model_does_what_the_packages_did(version):
    differing = [one for one in BY_RELEASE[version] if replay(one) != told(one)]
    assert [(one["context"], one["calls"]) for one in differing] == []


def test_what_was_recorded_is_worth_comparing():
    todays = BY_RELEASE[CURRENT.version]
    refreshed = Counter(
        one["context"] for one in todays for outcome in one["outcomes"] if "tokenRefresh" in outcome["events"]
    )
    refused = Counter(one["context"] for one in todays for outcome in one["outcomes"] if "thrown" in outcome)
    for context in AdapterContext:
        assert refreshed[context] >= 10
        assert refused[context] >= 10
    print(f"{sum(map(len, BY_RELEASE.values()))} situations, {len(BY_RELEASE)} releases, {dict(refreshed)} refreshed")


def test_every_row_of_the_table_was_recorded_but_the_one_that_npm_lacks():
    recorded = {release_of(version) for version in BY_RELEASE}
    assert [release.adapter for release in RELEASES if release not in recorded] == ["1.2.0"]
