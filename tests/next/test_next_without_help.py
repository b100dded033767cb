"""The example site by itself: every row of the matrix fails as it was first recorded, in every browser that is here."""

from __future__ import annotations

import pytest

from support.next.expected import STORMS, VERDICTS
from support.next.runner import NONE
from support.next.seen import browsers, look, rows_of
from support.next.visit import ALREADY, INTERRUPTED, LOOP, OK

pytestmark = [pytest.mark.browser, pytest.mark.pool]


@pytest.mark.parametrize("browser", browsers())
@pytest.mark.parametrize("verdict", VERDICTS, ids=rows_of(VERDICTS))
def test_a_row_fails_as_recorded(embedded_pool, browser, verdict):
    seen = look(embedded_pool, browser, NONE, verdict)
    if not verdict.residue:
        assert len(seen.twins) == 1
        assert (seen.residue, seen.again, seen.sign_in, seen.rest) == ({}, OK, [OK, OK], "login")
        return
    assert len(seen.twins) == (1 if verdict.row.migrates else 2)
    assert seen.residue == {verdict.residue: 6}
    assert (seen.client_after, seen.server_after) == ("alice", "alice"), "the sign-out did something"
    assert seen.again == ALREADY
    assert seen.sign_in == [INTERRUPTED if verdict.interrupted else OK] * 2
    assert seen.other_user == (INTERRUPTED if verdict.interrupted else OK)
    assert (seen.rest, seen.loads) == ("loop", LOOP) or seen.loads > LOOP
    assert seen.refused >= LOOP // 3
    healed = verdict.by_luck
    assert seen.after_server == ({} if healed else {verdict.residue: 6})
    assert seen.sign_in_then == (OK if healed or not verdict.interrupted else INTERRUPTED)


@pytest.mark.parametrize("browser", browsers())
@pytest.mark.parametrize("verdict", STORMS, ids=rows_of(STORMS))
def test_twins_make_every_call_a_refresh(embedded_pool, browser, verdict):
    seen = look(embedded_pool, browser, NONE, verdict, storms=True)
    assert seen == verdict.storm(browser)
