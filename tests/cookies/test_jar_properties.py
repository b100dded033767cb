"""What holds in any jar, whatever hostile servers, scripts and pages of any sites have done to it."""

from __future__ import annotations

import pickle
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.cookies import BrowserJar, RequestContext, StoredCookie
from hardtack.cookies.stored import CookieUrl

NOW = 1_795_000_000.0
ENGINES = st.sampled_from(["chromium", "firefox", "rfc6265bis"])
URLS = st.sampled_from(
    [
        "https://app.example.test/a/b", "https://example.test/", "https://sib.example.test/a", "http://app.example.test/a",
        "https://other.test/", "http://www.other.test/", "https://127.0.0.1/", "http://localhost:8000/", "https://[::1]/a",
        "https://co.uk/", "https://a.co.uk./", "https://bücher.example/",
    ]
)  # fmt: skip
CONTEXTS = st.none() | st.builds(
    RequestContext,
    pages=st.lists(URLS, max_size=3).map(tuple),
    navigation=st.booleans(),
    method=st.sampled_from(["GET", "POST", "HEAD", "BREW"]),
    redirects=st.lists(URLS, max_size=2).map(tuple),
)
PIECES = st.sampled_from(
    [
        "x", "y", "__Host-x", "__http-x", "=", "=", "1", "ö", "\xff", "\t", " ", "\x00", "; ", "; ", ";", "v" * 4_090,
        "Secure", "HttpOnly", "Partitioned", "SameSite=None", "SameSite=Strict", "SameSite=lax", "SameSite=",
        "Path=/", "Path=/a", "Domain=example.test", "Domain=.", "Domain=other.test", "Domain=co.uk",
        "Max-Age=0", "Max-Age=60", "Max-Age=-", "Expires=Thu, 01 Jan 1970",
    ]
)  # fmt: skip
LINES = st.lists(PIECES, max_size=12).map("".join)
DEEDS = st.tuples(st.sampled_from(["response", "script", "clear", "read", "look"]), URLS, LINES, CONTEXTS)


def do(jar: BrowserJar, deeds: list) -> list[str | None]:
    """Do it all; what was seen."""
    seen: list[str | None] = []
    for name, url, line, context in deeds:
        if name == "response":
            jar.store_response(url, [line, line + "; Secure"], context=context)
        elif name == "script":
            jar.set_document_cookie(url, line, context=context)
        elif name == "clear":
            jar.clear_site_data(url, context=context)
        elif name == "read":
            seen.append(jar.cookie_header(url, context=context))
        else:
            seen.append(jar.document_cookie(url, context=context))
    return seen


@given(ENGINES, st.lists(DEEDS, max_size=25), URLS, CONTEXTS)
@settings(deadline=None)
def test_a_request_carries_nothing_but_what_belongs_to_it(engine, deeds, url, context):
    jar = BrowserJar(engine, clock=lambda: NOW)
    do(jar, deeds)
    belonging = [cookie for cookie in jar if cookie.belongs_to(CookieUrl.parse(url))]
    assert sent(jar, url, context) <= Counter(map(pair, belonging))


@given(ENGINES, st.lists(DEEDS, max_size=25), URLS, st.lists(URLS, min_size=1, max_size=3))
@settings(deadline=None)
def test_from_within_another_site_none_that_says_lax_or_strict_goes_along(engine, deeds, url, pages):
    jar = BrowserJar(engine, clock=lambda: NOW)
    do(jar, deeds)
    where = CookieUrl.parse(url)
    if all(CookieUrl.parse(page).site == where.site for page in pages):
        return
    allowed = [one for one in jar if one.belongs_to(where) and one.same_site in {None, "None"}]
    assert sent(jar, url, RequestContext.within(*pages)) <= Counter(map(pair, allowed))


def sent(jar: BrowserJar, url: str, context: RequestContext | None) -> Counter[str]:
    header = jar.cookie_header(url, context=context)
    return Counter(header.split("; ") if header else ())


def pair(cookie: StoredCookie) -> str:
    return f"{cookie.name}={cookie.value}" if cookie.name else cookie.value


@given(ENGINES, st.lists(DEEDS, max_size=25), st.lists(DEEDS, max_size=10))
@settings(deadline=None)
def test_a_restored_jar_lives_the_same_life(engine, before, after):
    jar = BrowserJar(engine, clock=lambda: NOW)
    do(jar, before)
    snapshot = pickle.loads(pickle.dumps(jar.snapshot()))  # noqa: S301  our own
    again = BrowserJar.restored(snapshot, engine, clock=lambda: NOW)
    assert do(again, after) == do(jar, after)
    assert again.snapshot() == jar.snapshot()
    assert hash(again.snapshot()) == hash(jar.snapshot())


@given(ENGINES, st.lists(DEEDS, max_size=40))
@settings(deadline=None)
def test_no_two_cookies_are_one_and_no_promise_is_broken(engine, deeds):
    jar = BrowserJar(engine, clock=lambda: NOW)
    do(jar, deeds)
    cookies = list(jar)
    assert len({(cookie.identity, cookie.partition) for cookie in cookies}) == len(cookies)
    for cookie in cookies:
        assert cookie.size <= 4_096
        assert (cookie.partition is not None) == cookie.scope.partitioned
        assert cookie.secure or cookie.same_site != "None"
        if cookie.name.lower().startswith("__host-"):
            assert (cookie.secure, cookie.scope.domain, cookie.scope.path) == (True, None, "/")
        if cookie.partition is not None and engine == "chromium":
            assert cookie.secure
