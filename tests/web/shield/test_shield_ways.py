"""Ways in and out: observing, a share of the browsers, a kill switch; and open failure, in time."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

import pytest

from hardtack.cookies import CookieHeader, CookiePolicy
from hardtack.sessions import SessionCore, StartupError
from hardtack.sessions.policy_file import parse_policy_file
from hardtack.web.shield import ShieldDeployment, ShieldSettings
from hardtack.web.shield.ways import KillSwitch, Lots
from support.story import SECRET


def twins(site):
    site.shielded = False
    assert site.sign_in("alice") == ""
    site.wait(10)
    site.load("/", server="refresh")
    site.shielded = True


def touched(site, **how):
    """Whether anything of a load is changed: what the site sees, or what the browser is told to keep."""
    cookie = site.jar.cookie_header(site.url("/"))
    loaded = site.load("/", **how)
    return loaded.site_saw.decode("latin-1") != cookie, bool(loaded.set_cookies)


def test_an_observing_shield_changes_nothing_and_tells_what_it_would_do(tell):
    site = tell(settings={"observe": True})
    twins(site)
    site.pool.rotation = True
    before = site.pool.refreshes
    assert touched(site) == (False, False)
    assert len(site.scopes()) == 2
    assert site.pool.refreshes == before
    assert {event.name for event in site.events} == {"shield.observed"}
    told = {event.fields.get("would") for event in site.events}
    assert {"twins.found", "twins.swept"} <= told
    assert site.load("/", server="refresh", kind="action").set_cookies[0].startswith("Cognito")
    assert "site.rewritten" in {event.fields.get("would") for event in site.events}


def test_nought_percent_touches_nobody_and_a_hundred_everybody(tell):
    nobody, everybody = tell(settings={"percent": 0}), tell(settings={"percent": 100})
    for site in (nobody, everybody):
        twins(site)
    assert touched(nobody) == (False, False)
    assert touched(everybody) == (True, True)


def test_a_browsers_lot_is_drawn_once_and_holds_on_every_page(tell):
    drawn = set()
    for number in range(24):
        site = tell(settings={"percent": 50}, nonce=f"browser {number}")
        twins(site)
        first = touched(site)[0]
        drawn.add(first)
        for other in range(4):
            site.nonce = f"request {other}"
            if not first:
                assert touched(site) == (False, False)
                assert len(site.scopes()) == 2
        if first:
            assert len(site.scopes()) == 1
        lots = [cookie for cookie in site.jar if cookie.name == "__Host-hardtack-lot"]
        assert len(lots) == 1
    assert drawn == {True, False}


def test_whoever_shows_no_auth_cookie_is_given_no_lot(tell):
    site = tell(settings={"percent": 50})
    assert site.load("/").set_cookies == []


def test_the_share_is_the_share():
    policy = CookiePolicy(origins=("https://app.example.test",))

    class Marks:
        @staticmethod
        def digest(text):
            return hashlib.sha256(text.encode()).hexdigest()

    lots = Lots(20, policy, Marks())
    won = sum(lots.draw(CookieHeader.parse(b""), str(number))[0] for number in range(5_000))
    assert 850 < won < 1_150
    kept = CookieHeader.parse(b"__Host-hardtack-lot=1999")
    lost = CookieHeader.parse(b"__Host-hardtack-lot=2000")
    assert lots.draw(kept, "x") == (True, None)
    assert lots.draw(lost, "x") == (False, None)
    assert lots.draw(CookieHeader.parse(b"__Host-hardtack-lot=\xb2"), "x")[1] is not None


def test_the_kill_switch_works_without_a_restart_both_ways(tell, tmp_path):
    switch = tmp_path / "off"
    site = tell(settings={"kill_switch": switch})
    twins(site)
    now = [0.0]
    site.shield._switch._clock = lambda: now[0]
    switch.write_text("")
    assert touched(site) == (False, False)
    switch.unlink()
    now[0] = 0.5
    assert touched(site) == (False, False)  # looked at once a second
    now[0] = 1.5
    assert touched(site) == (True, True)


def test_a_switch_that_can_not_be_looked_at_stays_as_it_was(tmp_path):
    class Broken:
        def exists(self):
            raise PermissionError

    assert not KillSwitch(Broken(), clock=lambda: 0.0).is_off
    assert not KillSwitch(None).is_off


# -- open failure ---------------------------------------------------------------------------------------------------


def test_keys_that_can_not_be_had_let_everything_pass_and_say_so(tell):
    site = tell()
    twins(site)
    site.pool.down()
    assert touched(site) == (False, False)
    assert [event.fields["reason"] for event in site.told("shield.passed")] == ["keys"]
    site.pool.up()
    site.wait(61)
    assert touched(site) == (True, True)


def test_a_pool_that_takes_its_time_lets_the_visit_pass_in_time_and_serves_the_next(tell):
    site = tell(settings={"judge_seconds": 0.05})
    twins(site)
    gate = asyncio.Event()
    keys = site.shield.deployment.hardtack.core.key_transport
    fetch = keys.aget

    async def slow(url):
        await gate.wait()
        return await fetch(url)

    keys.aget = slow
    assert touched(site) == (False, False)
    assert [event.fields["reason"] for event in site.told("shield.passed")] == ["slow"]
    site.loop.call_soon(gate.set)
    site.loop.run_until_complete(asyncio.gather(*site.shield._waiting, return_exceptions=True))
    assert touched(site) == (True, True)


def test_an_error_of_ours_lets_the_visit_pass_and_is_told(tell, monkeypatch, caplog):
    site = tell()
    twins(site)

    def fail(request):
        raise RuntimeError("secret text")
        yield

    monkeypatch.setattr(site.shield.deployment.hardtack.core, "handle", fail)
    assert touched(site) == (False, False)
    assert [event.fields["reason"] for event in site.told("shield.passed")] == ["error"]
    assert "secret" not in caplog.text


def test_an_error_on_the_way_back_lets_the_sites_answer_through(tell, monkeypatch, caplog):
    site = tell()
    site.sign_in("alice")

    def fail(learnt, site):
        raise RuntimeError("secret text")

    monkeypatch.setattr(site.shield._mover, "move", fail)
    loaded = site.load("/", server="refresh", kind="action")
    assert len(loaded.set_cookies) == 6
    assert [event.fields["reason"] for event in site.told("shield.passed")] == ["error"]
    assert "secret" not in caplog.text


def test_too_many_decisions_at_once_let_visits_pass(tell, monkeypatch):
    monkeypatch.setattr("hardtack.web.shield.guard._MOST_WAITING", 0)
    site = tell()
    twins(site)
    assert touched(site) == (False, False)
    assert [event.fields["reason"] for event in site.told("shield.passed")] == ["busy"]


# -- settings -------------------------------------------------------------------------------------------------------

FILE = """
[pool]
user_pool_id = "eu-west-1_Example"
client_id = "abc123"

[policy]
origins = ["https://app.example.test"]
domain = ".example.test"

[shield]
"""


def test_the_shield_is_set_up_by_the_policy_file_and_the_command_line_wins(tmp_path):
    file = parse_policy_file(
        FILE + 'upstream = "http://127.0.0.1:3000"\npercent = 5\nkill_switch = "off"', path=tmp_path / "hardtack.toml"
    )
    settings = ShieldSettings.from_policy_file(file, {"HARDTACK_SECRETS": SECRET}, percent=20, observe=None)
    assert settings.upstream == "http://127.0.0.1:3000"
    assert settings.percent == 20
    assert settings.kill_switch == tmp_path / "off"
    assert settings.secrets == (SECRET,)
    assert not settings.policy.http_only
    ShieldDeployment(settings)


def test_a_core_with_parts_of_its_own_stands_in_the_place_of_the_one_of_the_settings(tmp_path):
    file = parse_policy_file(FILE, path=tmp_path / "hardtack.toml")
    settings = ShieldSettings.from_policy_file(file, {"HARDTACK_SECRETS": SECRET})
    core = SessionCore(settings.session_settings(), options=settings.engine_options(), nonce=lambda: "counted")
    shielding = ShieldDeployment(settings, core=core)
    assert shielding.hardtack.core is core
    assert shielding.hardtack.settings is core.settings
    assert ShieldDeployment(settings).hardtack.core is not core
    with pytest.raises(StartupError, match="from 0 to 100"):
        ShieldDeployment(replace(settings, percent=101), core=core)


def test_a_misspelt_entry_is_a_problem_with_its_likeliest_spelling(tmp_path):
    file = parse_policy_file(FILE + 'persent = 5\nobserve = "yes"\npercent = true', path=tmp_path / "hardtack.toml")
    with pytest.raises(StartupError) as caught:
        ShieldSettings.from_policy_file(file, {})
    text = str(caught.value)
    assert 'Write "percent".' in text
    assert "observe in [shield] is to be true or false." in text
    assert "percent in [shield] is to be a number." in text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"percent": 101}, "from 0 to 100"),
        ({"judge_seconds": 0}, "above 0"),
        ({"sign_in": "//evil.test"}, "not a path of this site"),
        ({"sign_in": "/hardtack/x"}, "not a path of this site"),
        ({"upstream_header_bytes": 100}, "4,096"),
        ({"secrets": ("short",)}, "32 characters"),
    ],
)
def test_settings_that_can_not_work_are_refused_at_the_start(tmp_path, wrong, sentence):
    file = parse_policy_file(FILE, path=tmp_path / "hardtack.toml")
    settings = ShieldSettings.from_policy_file(file, {"HARDTACK_SECRETS": SECRET}, **wrong)
    with pytest.raises(StartupError, match=sentence):
        ShieldDeployment(settings)
