"""The same site behind `hardtack shield`, and with hardtack.js as well: what is healed, and what the shield leaves."""

from __future__ import annotations

import pytest

from support.next.expected import STORMS, VERDICTS
from support.next.runner import SCRIPT, SHIELD
from support.next.seen import browsers, look, rows_of
from support.next.visit import OK

pytestmark = [pytest.mark.browser, pytest.mark.pool]

LADDER = 8
"""Documents in which a healed row has come to rest: the ladder's four answers, its landing, the site's own between."""

HEALED_ALONE = [verdict for verdict in VERDICTS if verdict.shield]
LEFT_ALONE = [verdict for verdict in VERDICTS if not verdict.shield]


def is_healed(seen, verdict):
    """Every promise for a row."""
    assert seen.rest == "login", "a page does not come to rest"
    assert seen.loads <= LADDER
    assert seen.sign_in == OK, "sign-in does not work the first time"
    assert (seen.client, seen.server) == ("alice", "alice")
    assert seen.refresh == "alice"
    assert list(seen.refreshed.values()) == [6], "a refresh on the server makes twins again"
    assert seen.left == {}, "something is left after signing out"
    assert seen.again == OK
    assert seen.still == "alice", "somebody who was signed in has lost the session"
    assert seen.pages_twins is not None, "living twins stay"
    assert seen.living_left == {}


@pytest.mark.parametrize("browser", browsers())
@pytest.mark.parametrize("verdict", HEALED_ALONE, ids=rows_of(HEALED_ALONE))
def test_the_shield_alone_heals_a_row_whose_policy_is_the_clients(embedded_pool, browser, verdict):
    is_healed(look(embedded_pool, browser, SHIELD, verdict), verdict)


@pytest.mark.parametrize("browser", browsers())
@pytest.mark.parametrize("verdict", LEFT_ALONE, ids=rows_of(LEFT_ALONE))
def test_what_the_shield_alone_leaves_comes_to_rest_all_the_same(embedded_pool, browser, verdict):
    seen = look(embedded_pool, browser, SHIELD, verdict)
    assert seen.rest in {"login", "elsewhere"}, "the loop outlives the ladder"
    assert seen.sign_in == OK
    assert seen.left == {}


@pytest.mark.parametrize("browser", browsers())
@pytest.mark.parametrize("verdict", VERDICTS, ids=rows_of(VERDICTS))
def test_shield_and_script_heal_every_row(embedded_pool, browser, verdict):
    is_healed(look(embedded_pool, browser, SCRIPT, verdict), verdict)


@pytest.mark.parametrize("browser", browsers())
@pytest.mark.parametrize("verdict", STORMS, ids=rows_of(STORMS))
def test_once_the_shield_has_left_one_set_the_storm_is_over(embedded_pool, browser, verdict):
    assert 0 <= look(embedded_pool, browser, SHIELD, verdict, storms=True) <= 1


@pytest.mark.parametrize("browser", browsers())
@pytest.mark.parametrize("verdict", STORMS, ids=rows_of(STORMS))
def test_with_shield_and_script_there_is_no_storm(embedded_pool, browser, verdict):
    assert 0 <= look(embedded_pool, browser, SCRIPT, verdict, storms=True) <= 1
