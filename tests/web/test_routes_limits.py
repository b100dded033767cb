from __future__ import annotations

import pytest

from hardtack.sessions.limits import Allowance
from hardtack.web.routes import RouteLimits
from hardtack.web.routes.limits import Gate, client_address, network_of

FEW = RouteLimits(
    passwords=Allowance(2, 60),
    passwords_by_network=Allowance(5, 60),
    codes=Allowance(2, 60),
    codes_by_network=Allowance(5, 60),
    messages=Allowance(2, 60),
    messages_by_network=Allowance(5, 60),
)


@pytest.fixture
def site(site_of):
    return site_of(routes={"limits": FEW})


def tries(browser, route, count, **fields):
    return [browser.post(f"/auth/{route}", fields).status for _ in range(count)]


def test_guessing_a_password_is_slowed_down_and_says_how_long(site):
    browser = site.browser()
    assert tries(browser, "sign-in", 2, username="alice", password="x") == [422, 422]
    site.pool.clear_calls()
    page = browser.post("/auth/sign-in", {"username": "ALICE ", "password": "x", "next": "/private"})
    assert page.status == 429
    assert 1 <= int(page["retry-after"]) <= 61
    assert "Too many tries" in page.text
    assert page["cache-control"] == "private, no-store"
    assert not site.pool.calls
    assert [event.fields["action"] for event in site.told("request.limited")] == ["password"]
    site.advance(61)
    assert browser.sign_in().text == "private alice"


def test_nobody_is_locked_out_by_a_stranger(site):
    """Whoever fails in Alice's name from elsewhere costs her nothing."""
    assert tries(site.browser(address="198.51.100.9"), "sign-in", 4, username="alice", password="x")[-1] == 429
    assert site.browser(address="203.0.113.7").sign_in().text == "private alice"


def test_one_password_tried_on_everybody_is_slowed_down(site):
    browser = site.browser()
    statuses = [tries(browser, "sign-in", 1, username=f"user{number}", password="x")[0] for number in range(7)]
    assert statuses == [422] * 5 + [429] * 2


def test_one_machine_s_many_ipv6_addresses_are_one(site):
    browsers = [site.browser(address=f"2001:db8:1:2::{number:x}") for number in range(1, 8)]
    statuses = [tries(browser, "sign-in", 1, username="alice", password="x")[0] for browser in browsers]
    assert statuses == [422] * 2 + [429] * 5
    assert tries(site.browser(address="2001:db8:1:3::1"), "sign-in", 1, username="alice", password="x") == [422]


@pytest.mark.parametrize(
    ("route", "fields", "passed"),
    [
        ("forgot-password", {"username": "alice"}, 200),
        ("confirm-sign-up/resend", {"username": "alice"}, 200),
        ("confirm-sign-up", {"username": "alice", "code": "1"}, 422),
        ("reset-password", {"username": "alice", "code": "1", "password": "Sea-Biscuit-77!"}, 422),
        ("sign-up", {"username": "alice", "email": "a@example.com", "password": "Hardtack-1!"}, 422),
    ],
)
def test_codes_and_messages_are_limited_too(site, route, fields, passed):
    assert tries(site.browser(), route, 3, **fields) == [passed, passed, 429]


def test_guessing_the_second_factor_is_slowed_down(site):
    site.pool.enable_totp("alice")
    browser = site.browser()
    page = browser.sign_in()
    fields = {**page.form("/auth/mfa"), "code": "no!"}
    assert [browser.post("/auth/mfa", fields).status for _ in range(3)] == [422, 422, 429]


def test_sending_codes_by_choosing_again_and_again_is_slowed_down(site):
    from hardtack.cognito import Challenge

    async def ask(*_args, **_kwargs):
        return Challenge("SELECT_MFA_TYPE", "s", "alice", {"MFAS_CAN_CHOOSE": '["EMAIL_OTP"]'})

    site.cognito.sign_in = site.cognito.respond_to_auth_challenge = ask
    browser = site.browser()
    fields = {**browser.sign_in().form("/auth/mfa/choose"), "mfa": "EMAIL_OTP"}
    assert [browser.post("/auth/mfa/choose", fields).status for _ in range(3)] == [200, 200, 429]


def test_guessing_a_new_password_is_slowed_down(site):
    site.pool.add_user("dora", "Temporary-1!", temporary=True)
    browser = site.browser()
    fields = {**browser.sign_in("dora", "Temporary-1!").form("/auth/new-password"), "password": "x"}
    assert tries(browser, "sign-in", 1, username="dora", password="x") == [422]
    assert browser.post("/auth/new-password", fields).status == 429


def test_a_deployment_may_tell_the_address_itself(site_of):
    site = site_of(routes={"limits": FEW, "address": lambda scope: dict(scope["headers"]).get(b"x-real", b"").decode()})
    browser = site.browser()
    for number in range(4):
        headers = {"x-real": f"198.51.100.{number}"}
        assert browser.post("/auth/sign-in", {"username": "alice", "password": "x"}, headers=headers).status == 422


def test_where_the_address_is_unknown_nobody_is_limited():
    gate = Gate(FEW)
    assert {gate.wait("password", address="", username="alice", now=0) for _ in range(50)} == {0.0}


def test_a_stranger_who_is_held_back_fills_no_table():
    gate = Gate(FEW)
    for number in range(1_000):
        gate.wait("password", address="203.0.113.7", username=f"user{number}", now=0)
    assert len(gate._pairs["password"]) == 5


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_what_counts_as_one_client(address, network):
    assert network_of(address) == network


@pytest.mark.parametrize(("client", "address"), [(("203.0.113.7", 1), "203.0.113.7"), (None, ""), ([], "")])
def test_the_address_is_what_the_server_saw(client, address):
    assert client_address({"client": client}) == address
