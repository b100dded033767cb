"""Several tabs of one browser, and what they do when the pool refuses, or does not answer."""

from __future__ import annotations

import time

import pytest

from support.browser_side_site import PARENT

pytestmark = [pytest.mark.browser, pytest.mark.pool]

NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', {value: undefined})"
SIGNED_IN = "() => app.who()"


def until(page, holds, seconds=60):
    """Ask again and again whether something holds."""
    deadline = time.monotonic() + seconds
    while not (result := holds()):
        assert time.monotonic() < deadline, "that never came to hold"
        page.wait_for_timeout(50)
    return result


def start(page, call):
    """Begin something in a tab, and don't wait for it: `page.evaluate("app.outcome")` does."""
    page.evaluate(f"() => {{ app.outcome = {call} }}")


def signed_in(visit, tabs=1, **query):
    """Tabs of one browser in which alice is signed in, and a pool whose log is empty."""
    pages = [visit.open("/account", **query) for _ in range(tabs)]
    assert visit.sign_in(pages[0]) is True
    for page in pages:
        assert page.evaluate("app.who()") == "alice"
    visit.pool.clear_calls()
    return pages


@pytest.mark.parametrize("init_script", ["", NO_LOCKS], ids=["web locks", "a lease"])
def test_tabs_that_refresh_at_once_spend_one_refresh_token(visit, init_script):
    visit = visit(init_script=init_script)
    visit.pool.configure(rotation=True)
    pages = signed_in(visit, tabs=3)
    visit.pool.faults.fail("GetTokensFromRefreshToken", "latency", seconds=0.5)
    for page in pages:
        assert page.evaluate("!!navigator.locks") is (not init_script)
        start(page, "app.session(true)")
    sessions = [page.evaluate("app.outcome") for page in pages]
    assert visit.refreshes() == ["ok"]
    assert len({session["jti"] for session in sessions}) == 1
    visit.pool.faults.clear()
    assert pages[1].evaluate("app.session(true)")["jti"] != sessions[0]["jti"]  # the successor works
    assert visit.refreshes() == ["ok", "ok"]


def test_without_hardtack_the_same_tabs_spend_one_each(visit):
    visit = visit()
    pages = signed_in(visit, tabs=3, **{"with": "stock"})
    visit.pool.faults.fail("GetTokensFromRefreshToken", "latency", seconds=0.5)
    for page in pages:
        start(page, "app.session(true)")
    assert all(page.evaluate("app.outcome") for page in pages)
    assert len(visit.refreshes()) == 3


def test_a_refusal_is_recovered_from_once_in_all_tabs(visit):
    visit = visit()
    pages = signed_in(visit, tabs=2)
    visit.plant("host-only", {"refreshToken": "unseen"}, http_only=True, last=False)
    visit.plant("host-only on a path", {"refreshToken": "unseen"}, http_only=True, last=False)
    visit.pool.revoke_all("alice")
    visit.navigations.clear()
    for page in pages:
        start(page, "app.session(true)")
    for page in pages:
        page.wait_for_url("**/login")
    assert visit.refreshes() == ["NotAuthorizedException"]
    assert sorted(visit.navigations) == ["/login", "/login"]
    assert visit.auth_cookies() == []  # those too that script can't see, and on a path that no page showed
    assert visit.mark().startswith("out.")
    assert 1 <= visit.site.asked.count("recover") <= 8
    for page in pages:
        page.wait_for_selector("body[data-ready]", state="attached")
    assert visit.sign_in(pages[0]) is True
    assert pages[1].evaluate("app.who()") == "alice"


def test_what_failed_in_one_tab_does_not_sign_out_what_another_has_restored(visit):
    """Both tabs hold a dead session; the first signs in anew while the second is still asking the pool."""
    visit = visit()
    first, second = signed_in(visit, tabs=2)
    visit.pool.revoke_all("alice")
    visit.pool.faults.fail("GetTokensFromRefreshToken", "latency", seconds=3)
    start(second, "app.session(true)")
    until(first, lambda: visit.pool.calls_of("GetTokensFromRefreshToken"))
    visit.pool.faults.clear()
    first.evaluate("app.hardtack.clearAllAuthCookies(app.policy)")
    assert visit.sign_in(first) is True
    key = first.evaluate("app.session()")["origin_jti"]
    assert second.evaluate("app.outcome")["origin_jti"] == key  # it was handed the restored session
    assert first.evaluate("app.who()") == "alice"
    assert visit.refreshes() == ["NotAuthorizedException"]
    assert "recover" not in visit.site.asked
    assert visit.mark().split(".")[:3][2] == key


def test_a_late_sweep_of_the_server_spares_who_has_signed_in_meanwhile(visit):
    """The first tab's recovery is under way at the server when the second tab signs in."""
    visit = visit()
    (first,) = signed_in(visit)
    second = visit.open("/login")
    visit.plant("host-only", {"refreshToken": "unseen"}, http_only=True, last=False)
    visit.pool.revoke_all("alice")
    visit.site.released.clear()
    start(first, "app.session(true)")
    until(second, lambda: "recover" in visit.site.asked)
    assert visit.sign_in(second) is True
    visit.navigations.clear()
    visit.site.released.set()
    until(second, lambda: len(visit.auth_cookies()) == 6)  # the one that nobody sees is gone
    assert first.evaluate("app.who()") == second.evaluate("app.who()") == "alice"
    assert second.evaluate("app.session(true)") is not None
    assert visit.navigations == []


@pytest.mark.parametrize("kind", ["throttled", "error", "reset"])
@pytest.mark.parametrize("listener", ["none", "wipe"])
def test_a_pool_that_does_not_answer_ends_nothing(visit, kind, listener):
    visit = visit()
    (page,) = signed_in(visit, listener=listener)
    refresh_token = visit.value("refreshToken")
    visit.navigations.clear()
    visit.pool.faults.fail("GetTokensFromRefreshToken", kind)
    assert page.evaluate("app.session(true)") == "NetworkError"
    assert page.evaluate("app.heard.at(-1)") == "tokenRefresh_failure:NetworkError"
    visit.pool.faults.clear()
    assert visit.value("refreshToken") == refresh_token
    assert (visit.navigations, "recover" in visit.site.asked) == ([], False)
    assert page.evaluate("app.session(true)") is not None
    assert page.evaluate("app.who()") == "alice"


def test_an_offline_browser_keeps_its_session(visit):
    visit = visit()
    (page,) = signed_in(visit)
    visit.context.set_offline(True)
    assert page.evaluate("app.session(true)") == "NetworkError"
    visit.context.set_offline(False)
    assert page.evaluate("app.session(true)") is not None


def test_a_sign_out_in_one_tab_outlives_a_refresh_in_another(visit):
    visit = visit()
    first, second = signed_in(visit, tabs=2)
    visit.pool.faults.fail("GetTokensFromRefreshToken", "latency", seconds=3)
    start(second, "app.session(true)")
    until(first, lambda: visit.pool.calls_of("GetTokensFromRefreshToken"))
    visit.pool.faults.clear()
    first.evaluate("app.signOut()")
    second.wait_for_url("**/login")
    assert visit.auth_cookies() == []
    assert first.evaluate("app.who()") == "UserUnAuthenticatedException"


def test_a_residue_that_nobody_can_sweep_does_not_make_a_page_loop(visit):
    """The policy is host-only and owns no more; the dead set lies on the parent's domain."""
    visit = visit(domain=None)
    visit.plant("the parent's domain", visit.dead_set())
    page = visit.open("/account")
    visit.navigations.clear()
    start(page, "app.session()")
    page.wait_for_url("**/login")
    page.wait_for_selector("body[data-ready]", state="attached")
    for path in ("/account", "/login", "/account"):
        page.goto(visit.origin + path)
        page.wait_for_selector("body[data-ready]", state="attached")
        assert page.evaluate("app.session()") is None
    assert visit.navigations == ["/login", "/account", "/login", "/account"]
    assert visit.refreshes() == ["NotAuthorizedException"]
    assert visit.scopes() == {(f".{PARENT}", "/")}
    assert visit.sign_in(page) is True
    assert page.evaluate("app.who()") == "alice"


def test_a_reload_after_a_recovery_does_not_lead_out_again(visit):
    visit = visit()
    (page,) = signed_in(visit)
    visit.pool.revoke_all("alice")
    dead = {cookie["name"].rpartition(".")[2]: cookie["value"] for cookie in visit.auth_cookies()}
    dead.pop("LastAuthUser")
    start(page, "app.session(true)")
    page.wait_for_url("**/login")
    for _ in range(3):
        visit.plant("the parent's domain", dead)  # somebody keeps writing the dead set back
        page.goto(visit.origin + "/account")
        page.wait_for_selector("body[data-ready]", state="attached")
        page.evaluate("app.session(true)")
        page.wait_for_timeout(100)
    assert [url for url in visit.navigations if url == "/login"] == ["/login"]
