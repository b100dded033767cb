"""The ladder's four steps in a real browser, on plain http and on a TLS origin whose authority the browser trusts.

Each loop below is driven by the page's own script and would go on for ever: it ruins the session and reloads,
whatever it finds. It comes to rest because Hardtack ends it.
"""

from __future__ import annotations

import pytest

from hardtack.demo.run import DemoOptions, RunningDemo
from support.browser import ARGUMENTS, TLS_PARENT, chromium_path, trusting_home, visitors

pytestmark = [pytest.mark.browser, pytest.mark.pool]

REST = 2_500  # milliseconds without a page load after which a page has come to rest; the storm turns every 1.4 s


@pytest.fixture(scope="module")
def trusting(chromium, tmp_path_factory):
    """A home folder with the authority, the certificate, and a browser that runs with it."""
    home, certificate, key = trusting_home(tmp_path_factory.mktemp("home"))
    browser = chromium.browser_type.launch(
        executable_path=chromium_path(),
        args=[*ARGUMENTS, f"--host-resolver-rules=MAP *.{TLS_PARENT} 127.0.0.1"],
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
    )
    yield browser, (certificate, key)
    browser.close()


@pytest.fixture
def tls_visitor(trusting, pool):
    browser, tls = trusting
    options = DemoOptions(port=0, stock=False, scheme="https", parent=TLS_PARENT, tls=tls)
    with RunningDemo(options, pool=pool) as demo:
        yield from visitors(browser, demo)


def rest(visitor):
    """Wait until no page has been loaded for a while; the loads so far.

    Nothing touches the page meanwhile: each of Playwright's calls into it would count as a person's gesture, and what a
    person does is no loop.
    """
    while True:
        seen = len(visitor.loads)
        visitor.page.wait_for_timeout(REST)
        if len(visitor.loads) == seen:
            return list(visitor.loads)


def climb_to_the_last_resort(visitor):
    """Start the storm as a signed-in person and let it blow itself out; the loads since the start."""
    visitor.sign_in(path="/storm")
    visitor.context.add_cookies(
        [{"name": "bystander", "value": "1", "url": visitor.demo.url, "secure": True, "sameSite": "Lax"}]
    )
    since = len(visitor.loads)
    visitor.page.click("#start button")
    visitor.page.wait_for_url("**/auth/landing**")
    return rest(visitor)[since:]


def test_a_script_that_reloads_climbs_step_by_step_and_comes_to_rest(tls_visitor):
    someone = tls_visitor()
    loads = climb_to_the_last_resort(someone)
    assert loads == [
        (303, "POST", "/plant/storm"),
        (200, "GET", "/storm"),  # 1: healed silently: a person's click led here
        (200, "GET", "/storm"),  # 2: swept again, and counted from here on
        (303, "GET", "/storm"),  # 3: Clear-Site-Data, in a redirect of its own
        (200, "GET", "/auth/landing"),
    ]
    assert someone.page.url.startswith("https://")
    assert someone.page.inner_text("h1") == "Sign in"
    assert [cookie.name for cookie in someone.jar()] == ["__Host-hardtack-ladder"]  # the bystander went as well

    since = len(someone.loads)
    someone.fill_in()  # the person signs in; the script ruins that session, too
    loads = rest(someone)[since:]
    assert loads == [
        (303, "POST", "/auth/sign-in"),
        (303, "GET", "/auth/welcome"),
        (200, "GET", "/storm"),
        (200, "GET", "/storm"),  # 4: the guidance page in its stead, and nothing after it
    ]
    assert someone.auth_cookies() == []
    told = [name for name in someone.events() if name in ("twins.left", "loop.broken", "guidance.shown")]
    assert told == ["loop.broken", "loop.broken", "guidance.shown"]


def test_the_guidance_page_names_the_browsers_own_steps_and_the_logs_support_code(tls_visitor):
    someone = tls_visitor()
    climb_to_the_last_resort(someone)
    someone.fill_in()
    rest(someone)
    code = someone.page.inner_text("#support-code")
    told = {entry.reference for entry in someone.demo.site.timeline.after(0) if entry.name == "guidance.shown"}
    assert told == {code}
    assert "Chrome" in someone.page.inner_text("#clear-heading")
    assert TLS_PARENT in someone.page.inner_text("main")
    someone.page.click("form[action='/auth/recover'] button")
    someone.page.wait_for_load_state()
    assert someone.loads[-1][0] == 200
    assert someone.auth_cookies() == []


def test_the_same_ladder_ends_the_loop_on_the_demos_own_origin(visitor):
    someone = visitor()
    loads = climb_to_the_last_resort(someone)
    assert [status for status, method, _ in loads if method == "GET"] == [200, 200, 303, 200]
    assert [cookie.name for cookie in someone.jar()] == ["__Host-hardtack-ladder"]  # obeyed on .localhost, too


def test_a_person_who_reloads_ten_times_does_not_climb(visitor):
    someone = visitor()
    someone.sign_in()
    for _ in range(10):
        someone.page.evaluate("fetch('/storm/replant', {method: 'POST'})")
        someone.page.reload()
        assert someone.who() == "Nobody is signed in"
    assert not {"loop.broken", "guidance.shown"} & set(someone.events())


def test_a_storm_that_starts_anew_climbs_from_the_lowest_step(visitor):
    someone = visitor()
    climb_to_the_last_resort(someone)
    someone.open("/")
    someone.open("/storm")
    since = len(someone.loads)
    someone.page.click("#start button")
    someone.page.wait_for_url("**/auth/landing**")
    assert [path for _, _, path in rest(someone)[since:]][1:4] == ["/storm", "/storm", "/storm"]
