"""`clearAllAuthCookies`, run: in Node against the model of a browser's jar, and in Chromium against its own."""

from __future__ import annotations

import pytest

from hardtack.web.remedy import remedy
from support.browser import chromium
from support.remedies import ORIGIN, Profile, auth_names, bystanders, node, policy_file

__all__ = ["chromium"]

SCOPES = ["Path=/", "Path=/; Domain=example.com", "Path=/; Domain=app.example.com", "Path=/login", "Path=/a/b"]


def source(**policy: str) -> str:
    (file,) = remedy("js", policy_file(**policy))
    assert file.name == "clear-all-auth-cookies.js"
    return file.text


def run_on(profile: Profile, url: str, **policy: str) -> dict:
    """Run it on a page at `url`: each assignment goes into the jar at the end, in order."""
    page = """
    const written = [];
    globalThis.location = new URL(given.url);
    globalThis.document = { get cookie() { return given.cookie }, set cookie(line) { written.push(line) } };
    """
    called = page + source(**policy) + "\ntell({ ...clearAllAuthCookies(), written });"
    told = node(called, {"url": url, "cookie": profile.jar.document_cookie(url)})
    for line in told["written"]:
        profile.jar.set_document_cookie(url, line)
    return told


@pytest.mark.parametrize("username", ["alice", "user@example.com", "(paren)"])
def test_every_scope_that_the_page_sees_is_emptied_and_bystanders_stay(username):
    profile = Profile()
    profile.plant_bystanders()
    for scope in SCOPES:
        profile.plant(scope, username=username)
    told = run_on(profile, f"{ORIGIN}/a/b/page")
    assert told["swept"] == 4 * len(auth_names())  # all but those of /login, which this page is not shown
    assert [scope for scope, _ in profile.auth()] == []
    assert profile.others() == bystanders()


def test_a_base_path_is_emptied_while_the_names_are_known_from_elsewhere():
    profile = Profile()
    profile.plant("Path=/login")
    run_on(profile, f"{ORIGIN}/")
    assert len(profile.auth()) == len(auth_names())  # nothing showed which names there are
    profile.plant("Path=/")
    run_on(profile, f"{ORIGIN}/")
    assert profile.auth() == []


def test_two_peoples_cookies_go_together():
    profile = Profile()
    profile.plant("Path=/", username="alice")
    profile.plant("Path=/; Domain=example.com", username="bob")
    assert run_on(profile, f"{ORIGIN}/")["swept"] == 2 * len(auth_names())
    assert profile.auth() == []


def test_a_wider_domain_than_the_policys_belongs_to_somebody_else():
    profile = Profile()
    profile.plant("Path=/; Domain=example.com", username="alice")
    profile.plant("Path=/", username="alice")
    run_on(profile, f"{ORIGIN}/", domain='"app.example.com"')
    assert {scope for scope, _ in profile.auth()} == {".example.com /"}
    run_on(profile, f"{ORIGIN}/", domain='"app.example.com"', legacy_scopes='[{domain="example.com"}]')
    assert profile.auth() == []


def test_paths_outside_of_the_policys_path_are_left():
    policy = {"domain": '"app.example.com"', "path": '"/a"', "base_paths": "[]"}
    profile = Profile()
    for path in ("/", "/a", "/a/b", "/c"):
        profile.plant(f"Path={path}")
    run_on(profile, f"{ORIGIN}/a/b/page", **policy)
    assert {scope for scope, _ in profile.auth()} == {"host-only /", "host-only /c"}


def test_what_is_left_is_counted_and_no_name_is_told():
    told = node(
        "globalThis.location = { pathname: '/' };"
        "globalThis.document = { get cookie() { return given }, set cookie(line) {} };"
        + source()
        + "tell(clearAllAuthCookies());",
        "; ".join(f"{name}=1" for name in auth_names()) + "; %E0%A4%A=broken; nameless",
    )
    assert told == {"swept": 8, "left": 8}


def test_a_real_browser_is_emptied(chromium):
    context = chromium.new_context(ignore_https_errors=True)
    try:
        page = context.new_page()
        page.route("**/*", lambda route: route.fulfill(body="<p>here", content_type="text/html"))
        cookies = [
            {"name": name, "value": "old", "secure": True, "path": path} | where
            for name in auth_names("user@example.com")
            for path in ("/", "/login", "/a/b")
            for where in ({"domain": "app.example.com"}, {"domain": ".example.com"}, {"domain": ".app.example.com"})
        ]
        context.add_cookies([*cookies, {"name": "theme", "value": "dark", "url": ORIGIN}])
        page.goto(f"{ORIGIN}/a/b/page")
        told = page.evaluate(source().replace("export function", "function") + "\nclearAllAuthCookies()")
        assert told == {"swept": 2 * 3 * 8, "left": 0}
        assert [each["name"] for each in context.cookies()] == ["theme"]
    finally:
        context.close()
