"""Which cookies a request carries when another site has a hand in it: SameSite, partitions, Clear-Site-Data.

Every story was tried in Chromium 156 and Firefox 153; `test_jar_recordings` has random ones beside them.
"""

from __future__ import annotations

import pytest

from hardtack.cookies import BrowserJar, CookieError, RequestContext

NOW = 1_795_000_000.0
APP, SIBLING, OTHER = "https://app.example.test/", "https://sib.example.test/", "https://other.test/"
PLAIN = "http://app.example.test/"
ENGINES = ("chromium", "firefox", "rfc6265bis")
ALL = pytest.mark.parametrize("engine", ENGINES)
BOTH = pytest.mark.parametrize("engine", ["chromium", "firefox"])
KINDS = [
    "unset=1", "lax=1; SameSite=Lax", "strict=1; SameSite=Strict", "none=1; SameSite=None; Secure",
]  # fmt: skip
EVERY = "unset lax strict none"


def jar_of(engine: str, *lines: str, url: str = APP) -> BrowserJar:
    jar = BrowserJar(engine, clock=lambda: NOW)
    jar.store_response(url, lines or KINDS)
    return jar


def names(header: str | None) -> str:
    return " ".join(pair.partition("=")[0] for pair in (header or "").split("; ")).strip()


def sent(engine: str, context: RequestContext, url: str = APP) -> str:
    return names(jar_of(engine).cookie_header(url, context=context))


def stored(engine: str, context: RequestContext, url: str = APP) -> str:
    jar = BrowserJar(engine, clock=lambda: NOW)
    jar.store_response(url, KINDS, context=context)
    return " ".join(cookie.name for cookie in jar)


# Sending


@ALL
@pytest.mark.parametrize(
    "context",
    [
        RequestContext(),
        RequestContext.typed(),
        RequestContext.link(SIBLING, method="POST"),
        RequestContext.within(SIBLING),
        RequestContext.within(APP, SIBLING, APP, method="POST"),
    ],
)
def test_among_the_pages_of_a_site_every_cookie_is_sent(engine, context):
    assert sent(engine, context) == EVERY


@ALL
def test_a_link_on_another_site_carries_all_but_strict(engine):
    assert sent(engine, RequestContext.link(OTHER)) == "unset lax none"


def test_a_form_on_another_site_that_posts_carries_what_has_no_same_site():
    context = RequestContext.link(OTHER, method="POST")
    assert sent("chromium", context) == "unset none"  # for two minutes, see below
    assert sent("firefox", context) == "unset none"
    assert sent("rfc6265bis", context) == "none"


def test_chromium_does_so_for_two_minutes_after_the_cookie_was_created():
    now = [NOW]
    context = RequestContext.link(OTHER, method="POST")
    jar = BrowserJar("chromium", clock=lambda: now[0])
    jar.store_response(APP, ["x=1", "lax=1; SameSite=Lax"])
    now[0] += 120
    assert jar.cookie_header(APP, context=context) == "x=1"
    jar.store_response(APP, ["x=1"])  # the same value: it stays as old as it was
    now[0] += 1
    assert jar.cookie_header(APP, context=context) is None
    assert jar.cookie_header(APP, context=RequestContext.link(OTHER)) == "x=1; lax=1"
    jar.store_response(APP, ["x=2"])
    assert jar.cookie_header(APP, context=context) == "x=2"


def test_what_a_page_of_another_site_fetches_or_frames_carries_none_alone():
    context = RequestContext.within(OTHER)
    assert sent("chromium", context) == sent("rfc6265bis", context) == "none"
    assert sent("firefox", context) == ""  # there it has a jar of its own


@ALL
def test_a_frame_of_the_same_site_within_a_page_of_another_counts_as_the_others(engine):
    assert sent(engine, RequestContext.within(OTHER, APP)) == sent(engine, RequestContext.within(OTHER))
    assert sent(engine, RequestContext.within(APP, OTHER)) == sent(engine, RequestContext.within(OTHER))


def test_a_link_from_plain_http_comes_from_another_site_but_in_firefox():
    assert sent("chromium", RequestContext.link(PLAIN)) == "unset lax none"
    assert sent("rfc6265bis", RequestContext.link(PLAIN)) == "unset lax none"
    assert sent("firefox", RequestContext.link(PLAIN)) == EVERY
    assert sent("chromium", RequestContext.within(PLAIN)) == "none"
    assert sent("firefox", RequestContext.within(PLAIN)) == EVERY


@pytest.mark.parametrize("first", [RequestContext.link(APP), RequestContext.typed()])
def test_strict_survives_a_redirect_by_another_site_but_in_firefox(first):
    context = first.redirected(OTHER)
    assert sent("chromium", context) == sent("rfc6265bis", context) == EVERY
    assert sent("firefox", context) == "unset lax none"


def test_so_does_lax_in_a_fetch():
    context = RequestContext.within(APP).redirected(OTHER)
    assert sent("chromium", context) == EVERY
    assert sent("firefox", context) == "unset none"


@ALL
def test_a_redirect_from_within_the_site_doesnt_make_a_link_on_another_site_harmless(engine):
    assert sent(engine, RequestContext.link(OTHER).redirected(SIBLING)) == "unset lax none"


def test_a_post_that_a_redirect_turns_into_a_get_is_one():
    context = RequestContext.link(OTHER, method="POST").redirected(OTHER, method="GET")
    assert (context.method, context.redirects) == ("GET", (OTHER,))
    assert sent("chromium", context) == "unset lax none"


# Storing


@ALL
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_answer_to_a_navigation_sets_any_cookie_wherever_it_came_from(engine, method):
    assert stored(engine, RequestContext.link(OTHER, method=method)) == EVERY


def test_the_answer_to_another_sites_fetch_sets_none_alone_and_in_firefox_unset_too():
    context = RequestContext.within(OTHER)
    assert stored("chromium", context) == stored("rfc6265bis", context) == "none"
    assert stored("firefox", context) == "unset none"


@ALL
def test_a_redirect_by_another_site_keeps_no_cookie_from_being_set(engine):
    assert stored(engine, RequestContext.within(APP).redirected(OTHER)) == EVERY


def test_script_in_a_frame_of_another_site_has_what_the_frames_request_had():
    frame = RequestContext.within(OTHER)
    for engine, expected in (("chromium", "none"), ("firefox", "unset none")):
        jar = BrowserJar(engine, clock=lambda: NOW)
        for line in KINDS:
            jar.set_document_cookie(APP, line, context=frame)
        assert names(jar.document_cookie(APP, context=frame)) == expected
        assert names(jar.cookie_header(APP, context=frame)) == expected


# Partitions


@BOTH
def test_a_partition_is_open_below_its_own_top_level_site_alone(engine):
    jar = BrowserJar(engine, clock=lambda: NOW)
    jar.store_response(
        APP, ["x=1; SameSite=None; Secure; Partitioned"], context=RequestContext.within("https://www.other.test/")
    )
    assert [cookie.partition for cookie in jar] == ["https://other.test"]
    assert jar.cookie_header(APP, context=RequestContext.within(OTHER, OTHER)) == "x=1"
    assert jar.cookie_header(APP, context=RequestContext.within("http://other.test/")) is None
    assert jar.cookie_header(APP, context=RequestContext.link(OTHER)) is None
    assert jar.cookie_header(APP) is None


@BOTH
def test_equal_cookies_in_two_partitions_are_two(engine):
    jar = BrowserJar(engine, clock=lambda: NOW)
    line = "x={}; SameSite=None; Secure; Partitioned"
    elsewhere = "https://third.test/"
    for number, page in enumerate((OTHER, elsewhere, APP), start=1):
        jar.store_response(APP, [line.format(number)], context=RequestContext.within(page))
    assert [jar.cookie_header(APP, context=RequestContext.within(page)) for page in (OTHER, elsewhere, APP)] == [
        "x=1",
        "x=2",
        "x=3",
    ]
    jar.store_response(APP, ["x=; Max-Age=0; SameSite=None; Secure; Partitioned"], context=RequestContext.within(OTHER))
    assert [cookie.value for cookie in jar] == ["2", "3"]


@BOTH
def test_a_site_within_itself_but_through_another_has_a_partition_of_its_own(engine):
    jar = jar_of(engine, "x=own; SameSite=None; Secure; Partitioned")
    around = RequestContext.within(APP, OTHER)
    assert jar.cookie_header(APP, context=around) is None
    jar.store_response(APP, ["x=embedded; SameSite=None; Secure; Partitioned"], context=around)
    assert jar.cookie_header(APP) == "x=own"
    assert jar.cookie_header(APP, context=around) == "x=embedded"
    assert [cookie.partition for cookie in jar] == ["https://example.test", "https://example.test embedded"]


def test_firefox_gives_every_third_party_a_jar_by_top_level_site_and_chromium_none():
    frame = RequestContext.within(OTHER)
    firefox, chromium = jar_of("firefox"), jar_of("chromium")
    for jar in (firefox, chromium):
        jar.store_response(APP, ["none=2; SameSite=None; Secure"], context=frame)
    assert firefox.cookie_header(APP, context=frame) == "none=2"
    assert firefox.cookie_header(APP) == "unset=1; lax=1; strict=1; none=1"
    assert [cookie.scope.partitioned for cookie in firefox] == [False] * 4 + [True]
    assert chromium.cookie_header(APP) == "unset=1; lax=1; strict=1; none=2"


# Clear-Site-Data


def cleared(engine: str, context: RequestContext) -> list[str]:
    jar = jar_of(engine)
    part = "SameSite=None; Secure; Partitioned"
    jar.store_response(APP, [f"own=1; {part}"])
    jar.store_response(APP, [f"below=1; {part}"], context=RequestContext.within(OTHER))
    jar.store_response(APP, [f"embedded=1; {part}"], context=RequestContext.within(APP, OTHER))
    before = [cookie.name for cookie in jar]
    jar.clear_site_data(APP, context=context)
    return sorted(set(before) - {cookie.name for cookie in jar})


PLAINS = ["lax", "none", "strict", "unset"]


@pytest.mark.parametrize(
    "context", [RequestContext.typed(), RequestContext.link(OTHER), RequestContext.within(SIBLING)]
)
def test_it_clears_what_lies_in_no_partition_and_in_chromium_the_sites_own(context):
    assert cleared("chromium", context) == sorted([*PLAINS, "own"])
    assert cleared("firefox", context) == PLAINS


def test_below_another_site_chromium_clears_the_partition_too_and_firefox_it_alone():
    assert cleared("chromium", RequestContext.within(OTHER)) == sorted([*PLAINS, "below"])
    assert cleared("firefox", RequestContext.within(OTHER)) == ["below"]
    assert cleared("chromium", RequestContext.within(APP, OTHER)) == sorted([*PLAINS, "embedded"])
    assert cleared("firefox", RequestContext.within(APP, OTHER)) == ["embedded"]


# Contexts


@pytest.mark.parametrize(
    "context", [RequestContext.within("nowhere"), RequestContext.link(""), RequestContext.link("data:text/html,x")]
)
def test_a_context_wants_whole_urls(context):
    jar = BrowserJar(clock=lambda: NOW)
    jar.store_response(APP, ["x=1"])
    with pytest.raises(CookieError, match="absolute http or https URL"):
        jar.cookie_header(APP, context=context)
