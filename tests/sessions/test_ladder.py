"""The ladder's climbs as a table, and its state in a cookie and in a URL."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.cookies import CookieHeader, CookiePolicy
from hardtack.sessions.ladder import LASTING, WINDOW, Cause, Ladder, LadderKeeper, Step, climb
from hardtack.sessions.sealing import AesSealer
from support.minting import CLIENT_ID, NOW
from support.story import SECRET

POLICY = CookiePolicy(origins=("https://app.example.test",))
SEALER = AesSealer([SECRET])
KEEPER = LadderKeeper(CLIENT_ID, POLICY, SEALER)
DIED, KNOWN, CHANGED = Cause.DIED, Cause.KNOWN, Cause.CHANGED
HEAL, SIGN_IN, LAST_RESORT, GUIDANCE = Step

CLIMBS = [
    # the last rung, seconds ago, cause, last resort allowed -> the next rung
    (None, 0, DIED, True, SIGN_IN),
    (None, 0, KNOWN, True, SIGN_IN),
    (HEAL, 1, DIED, True, SIGN_IN),
    (SIGN_IN, 1, DIED, True, LAST_RESORT),
    (SIGN_IN, 1, DIED, False, GUIDANCE),
    (SIGN_IN, WINDOW, DIED, True, LAST_RESORT),
    (SIGN_IN, WINDOW + 1, DIED, True, SIGN_IN),
    (LAST_RESORT, 1, DIED, True, GUIDANCE),
    (LAST_RESORT, 1, DIED, False, GUIDANCE),
    (GUIDANCE, 1, DIED, True, GUIDANCE),
    (GUIDANCE, WINDOW + 1, DIED, True, SIGN_IN),
    # what is known to be out of reach climbs only where it turns as fast as a loop
    (SIGN_IN, 10, KNOWN, True, LAST_RESORT),
    (SIGN_IN, 11, KNOWN, True, SIGN_IN),
    (GUIDANCE, 11, KNOWN, True, SIGN_IN),
    (GUIDANCE, 2, KNOWN, True, GUIDANCE),
    # a clock that was set back between two responses ends a loop all the same
    (SIGN_IN, -3_600, DIED, True, LAST_RESORT),
]


@pytest.mark.parametrize(("rung", "ago", "cause", "allowed", "expected"), CLIMBS)
def test_the_next_rung(rung, ago, cause, allowed, expected):
    ladder = None if rung is None else Ladder(rung, NOW - ago)
    climbed, step = climb(ladder, cause, now=NOW, last_resort=allowed)
    assert step is expected
    assert (climbed.step, climbed.at) == (rung if cause is KNOWN and rung is GUIDANCE and ago > 10 else expected, NOW)


@pytest.mark.parametrize("cause", [DIED, KNOWN])
@pytest.mark.parametrize("allowed", [True, False])
def test_any_loop_ends_in_guidance_after_at_most_three_climbs(cause, allowed):
    ladder, steps = None, []
    while GUIDANCE not in steps:
        ladder, step = climb(ladder, cause, now=NOW + 0.3 * len(steps), last_resort=allowed)
        steps.append(step)
    assert steps == ([SIGN_IN, LAST_RESORT, GUIDANCE] if allowed else [SIGN_IN, GUIDANCE])


def test_four_changes_of_the_set_within_half_a_minute_stop_the_reloading():
    ladder, steps = None, []
    for number in range(6):
        ladder, step = climb(ladder, CHANGED, now=NOW + 2 * number, last_resort=True)
        steps.append(step)
    assert steps == [HEAL, HEAL, HEAL, GUIDANCE, GUIDANCE, GUIDANCE]


def test_changes_that_come_slowly_are_nobodys_loop():
    ladder = None
    for number in range(12):
        ladder, step = climb(ladder, CHANGED, now=NOW + 12 * number, last_resort=True)
        assert step is HEAL


def test_a_change_does_not_undo_how_far_a_browser_has_climbed():
    climbed, _ = climb(Ladder(LAST_RESORT, NOW), CHANGED, now=NOW + 1, last_resort=True)
    assert climb(climbed, DIED, now=NOW + 2, last_resort=True)[1] is GUIDANCE


@given(
    st.none() | st.builds(Ladder, st.integers(1, 4), st.integers(0, 2 * NOW), st.integers(0, 9), st.integers(0, NOW)),
    st.sampled_from(Cause),
    st.floats(0, 2 * NOW),
    st.booleans(),
)
def test_no_climb_leads_down_within_the_window_and_the_last_resort_is_asked_for(ladder, cause, now, allowed):
    climbed, step = climb(ladder, cause, now=now, last_resort=allowed)
    assert step is not LAST_RESORT or allowed
    assert climbed.at == int(now)
    if ladder is not None and cause is DIED and now - ladder.at <= WINDOW:
        assert climbed.step >= min(ladder.step + (ladder.step < GUIDANCE), GUIDANCE)


def test_the_ladder_travels_in_a_cookie_that_ends_with_its_window():
    ladder = Ladder(LAST_RESORT, NOW, 2, NOW - 9)
    line = KEEPER.write(ladder)
    assert (line.name, line.path, line.domain) == ("__Host-hardtack-ladder", "/", None)
    assert line.max_age == WINDOW > LASTING
    assert KEEPER.read(CookieHeader.parse(f"{line.name}={line.value}".encode())) == ladder
    assert KEEPER.put_away().is_deletion
    assert KEEPER.put_away().name == line.name


def test_the_ladder_travels_in_a_url_for_five_minutes():
    ladder = Ladder(LAST_RESORT, NOW)
    token = KEEPER.to_token(ladder)
    assert KEEPER.from_token(token, now=NOW + 300) == ladder
    assert KEEPER.from_token(token, now=NOW + 301) is None
    assert KEEPER.from_token(token, now=NOW - 301) is None


def test_a_step_from_a_cookie_does_not_pass_in_a_url_nor_the_reverse():
    """A link that somebody sends must not put a stranger's browser on the ladder's top."""
    ladder = Ladder(GUIDANCE, NOW)
    line = KEEPER.write(ladder)
    assert KEEPER.from_token(line.value, now=NOW) is None
    assert KEEPER.read(CookieHeader.parse(f"{line.name}={KEEPER.to_token(ladder)}".encode())) is None


def test_a_step_of_another_app_client_is_not_ours():
    other = LadderKeeper("another0client", POLICY, SEALER)
    assert KEEPER.from_token(other.to_token(Ladder(GUIDANCE, NOW)), now=NOW) is None


@pytest.mark.parametrize(
    "fields", [[], [1], [1, 2, 3], [1, 2, 3, 4, 5], ["1", 2, 3, 4], [1, 2, 3, 0.5], {"step": 1}, 7]
)
def test_a_ladder_of_another_releases_shape_is_absent(fields):
    payload = json.dumps(fields).encode()
    cookie = f"__Host-hardtack-ladder={SEALER.seal(f'ladder:{CLIENT_ID}', payload)}"
    assert KEEPER.read(CookieHeader.parse(cookie.encode())) is None
    assert KEEPER.from_token(SEALER.seal(f"ladder-url:{CLIENT_ID}", payload), now=NOW) is None


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=60))
def test_garbage_is_no_ladder(text):
    header = f"__Host-hardtack-ladder={text}".encode("latin-1")
    assert KEEPER.read(CookieHeader.parse(header)) is None
    assert KEEPER.from_token(text, now=NOW) is None


def test_a_good_ladder_behind_a_spoilt_one_is_found():
    line = KEEPER.write(Ladder(SIGN_IN, NOW))
    header = f"{line.name}=spoilt; {line.name}={line.value}"
    assert KEEPER.read(CookieHeader.parse(header.encode())) == Ladder(SIGN_IN, NOW)
