"""The demo's page itself: live where script runs, the same by reload where it doesn't, and safe from other sites."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.pool]


def test_the_timeline_and_the_jar_move_by_themselves(visitor):
    someone = visitor()
    someone.sign_in()
    second = someone.context.new_page()
    second.goto(someone.demo.url + "/")
    someone.plant("parent")
    second.wait_for_selector("#timeline .plant")
    second.wait_for_selector("#timeline >> text=twins.swept")
    assert "each name once" in second.inner_text("#now-text")


def test_what_was_planted_is_told_once(visitor):
    someone = visitor()
    someone.sign_in()
    someone.plant("garbage")
    assert "noise" in someone.page.inner_text("#done")
    someone.page.wait_for_url(someone.demo.url + "/")
    someone.page.reload()
    assert someone.page.locator("#done").count() == 0


def test_a_language_that_was_chosen_stays_through_faults_links_and_sign_in(visitor):
    someone = visitor()
    someone.open("/")
    someone.page.click("a[hreflang=zh-Hans]")
    someone.page.click(".who a.button")
    assert someone.page.get_attribute("html", "lang") == "zh-Hans"
    someone.fill_in()
    someone.page.locator(".who-name", has_text="alice").wait_for()
    assert someone.page.get_attribute("html", "lang") == "zh-Hans"
    someone.plant("path")
    assert someone.page.get_attribute("html", "lang") == "zh-Hans"
    assert someone.who() == "alice"
    someone.page.locator("#timeline .fresh, #now.good").first.wait_for()
    assert "登录 Cookie" in someone.page.inner_text("#now-text")
    someone.page.click("nav >> text=站点 >> nth=0")
    assert someone.page.get_attribute("html", "lang") == "zh-Hans"


def test_the_three_stages_tell_what_came_what_was_answered_and_what_comes_now(visitor):
    someone = visitor()
    someone.sign_in()
    someone.plant("every")
    came, answered, now = someone.page.locator(".stage").all_inner_texts()
    assert "24 auth cookies; 6 of the names came more than once" in came
    assert came.count(" of 4") == 24
    assert "deletions first" in answered
    assert "at .app.hardtack.localhost /" in answered
    assert "host-only /account × 6" in someone.page.locator(".scopes").text_content()
    someone.page.locator("#now-text", has_text="6 auth cookies, each name once").wait_for()
    assert "Load again" in now


def test_the_stock_sites_cookies_are_seen_and_left_alone(visitor):
    someone = visitor()
    someone.sign_in()
    name = "CognitoIdentityServiceProvider.another0client.alice.accessToken"
    domain = someone.demo.addresses.parent
    someone.context.add_cookies([{"name": name, "value": "x", "domain": f".{domain}", "path": "/", "secure": True}])
    someone.open("/")
    assert "1 more came along" in someone.page.inner_text(".stage >> nth=0")
    someone.plant("every")
    someone.page.click(".who form button")
    someone.page.wait_for_url("**/auth/signed-out**")
    assert [cookie.name for cookie in someone.auth_cookies()] == [name]


@pytest.mark.parametrize("key", ["host-only", "revoked", "outage", "storm"])
def test_another_sites_page_can_plant_nothing(visitor, key):
    someone = visitor()
    someone.sign_in()
    stranger = someone.demo.addresses.origin(someone.demo.addresses.stock_host)
    someone.page.route(f"{stranger}/**", lambda route: route.fulfill(status=200, content_type="text/html", body="<p>"))
    someone.page.goto(stranger + "/")
    someone.page.evaluate(
        """address => {
            const form = document.createElement('form');
            form.method = 'post';
            form.action = address;
            document.body.append(form);
            form.submit();
        }""",
        f"{someone.demo.url}/plant/{key}",
    )
    someone.page.wait_for_url(f"{someone.demo.url}/plant/{key}")
    assert someone.loads[-1] == (403, "POST", f"/plant/{key}")
    assert not someone.demo.site.garden.outage
    someone.open("/")
    assert someone.who() == "alice"
    assert not [name for name in someone.events() if name.startswith("plant.")]


def test_each_page_has_one_heading_and_every_control_a_name(visitor):
    someone = visitor()
    someone.sign_in()
    for path in ("/", "/account", "/storm", "/mail?to=alice"):
        someone.open(path)
        nameless = someone.page.evaluate(
            """[...document.querySelectorAll('button, a, input:not([type=hidden]), iframe, summary')].filter(each =>
                !(each.textContent.trim() || each.getAttribute('aria-label') || each.labels?.length || each.title)
            ).map(each => each.outerHTML)"""
        )
        assert nameless == []
        assert someone.page.locator("h1").count() == 1


def test_whoever_comes_by_another_name_is_sent_to_the_demos_own(visitor):
    someone = visitor()
    someone.page.goto(f"http://127.0.0.1:{someone.demo.addresses.port}/account")
    assert someone.page.url == someone.demo.url + "/"


def test_time_that_passed_in_the_demo_is_no_fault_of_the_visitors_clock(visitor):
    someone = visitor()
    someone.sign_in()
    someone.plant("hour")
    someone.open("/auth/help")
    someone.page.locator("[data-check=clock][data-state=good]").wait_for()
    someone.page.locator("[data-check=cookies][data-state=good]").wait_for()
