"""The model against a real Chromium, told apart by what is at stake: SameSite, partitions, Clear-Site-Data, eviction.

Each story runs in the browser and in the model, and both have to see the same: every Cookie header of every hop, and
`document.cookie`, order included. The random ones are fresh; `make record-jar` makes more of them.
"""

from __future__ import annotations

import json
import random
import time

import pytest

from hardtack.cookies import BrowserJar
from hardtack.cookies.dates import format_cookie_date
from support.jar_browsers import chromium
from support.jar_generator import history
from support.jar_histories import record, replay
from support.jar_origin import Answer, page, reporting

pytestmark = pytest.mark.browser

APP, SIBLING, OTHER, PLAIN = ["https", "app.example.test"], ["https", "sib.example.test"], ["https", "other.test"], [
    "http",
    "app.example.test",
]  # fmt: skip
KINDS = [
    "unset=1; Path=/",
    "lax=1; Path=/; SameSite=Lax",
    "strict=1; Path=/; SameSite=Strict",
    "none=1; Path=/; SameSite=None; Secure",
    "part=1; Path=/; SameSite=None; Secure; Partitioned",
    "laxpart=1; Path=/; Secure; Partitioned",
]
SET = ["set", *APP, "/", KINDS]
LOOK = [
    ["get", *APP, "/"],
    ["fetch", [OTHER], "GET", [[200, *APP, "/", [], False]]],
    ["fetch", [PLAIN], "GET", [[200, *APP, "/", [], False]]],
    ["frame", [APP, OTHER], "", [[200, *APP, "/", [], False]]],
]
"""What is left, as seen by the site itself, below another site, below plain http, and within itself through another."""


def to(where: list[str], *lines: str, status: int = 200, clears: bool = False) -> list:
    return [status, *where, "/", list(lines), clears]


REQUESTS = {
    "a link": ["go", [OTHER], "GET", [to(APP)]],
    "a form that posts": ["go", [OTHER], "POST", [to(APP)]],
    "a link on the same site": ["go", [SIBLING], "GET", [to(APP)]],
    "a form on the same site": ["go", [SIBLING], "POST", [to(APP)]],
    "a typed address": ["go", [], "GET", [to(APP)]],
    "a fetch": ["fetch", [OTHER], "GET", [to(APP)]],
    "a fetch that posts": ["fetch", [OTHER], "POST", [to(APP)]],
    "a fetch on the same site": ["fetch", [SIBLING], "POST", [to(APP)]],
    "a frame": ["frame", [OTHER], "", [to(APP)]],
    "a frame on the same site": ["frame", [SIBLING], "", [to(APP)]],
    "a frame within a frame": ["frame", [APP, OTHER], "", [to(APP)]],
    "a fetch out of its own frame below another": ["fetch", [OTHER, APP], "GET", [to(APP)]],
    "a fetch out of another frame below itself": ["fetch", [APP, OTHER], "GET", [to(APP)]],
    "a link on plain http": ["go", [PLAIN], "GET", [to(APP)]],
    "a form on plain http": ["go", [PLAIN], "POST", [to(APP)]],
    "a fetch on plain http": ["fetch", [PLAIN], "GET", [to(APP)]],
    "a frame on plain http": ["frame", [PLAIN], "", [to(APP)]],
}
REDIRECTS = {
    "there and back": ["go", [APP], "GET", [to(OTHER, status=302), to(APP)]],
    "a typed address elsewhere": ["go", [], "GET", [to(OTHER, status=302), to(APP)]],
    "a post there and back": ["go", [APP], "POST", [to(OTHER, status=307), to(APP)]],
    "from elsewhere, twice": ["go", [OTHER], "GET", [to(SIBLING, status=301), to(APP)]],
    "a post that becomes a get": ["go", [OTHER], "POST", [to(OTHER, status=303), to(APP)]],
    "a post that stays one": ["go", [OTHER], "POST", [to(OTHER, status=307), to(APP)]],
    "a fetch there and back": ["fetch", [APP], "GET", [to(OTHER, status=302), to(APP)]],
    "a fetch from elsewhere by itself": ["fetch", [OTHER], "GET", [to(APP, status=302), to(APP)]],
    "a frame there and back": ["frame", [APP], "", [to(OTHER, status=302), to(APP)]],
}
ANSWERS = {
    "a link": ["go", [OTHER], "GET", [to(APP, *KINDS)]],
    "a form that posts": ["go", [OTHER], "POST", [to(APP, *KINDS)]],
    "a hop on the way to elsewhere": ["go", [OTHER], "GET", [to(APP, *KINDS, status=302), to(OTHER)]],
    "a fetch": ["fetch", [OTHER], "GET", [to(APP, *KINDS)]],
    "a fetch there and back": ["fetch", [APP], "GET", [to(OTHER, status=302), to(APP, *KINDS)]],
    "a fetch on plain http": ["fetch", [PLAIN], "GET", [to(APP, *KINDS)]],
    "a frame": ["frame", [OTHER], "", [to(APP, *KINDS)]],
    "a frame within a frame": ["frame", [APP, OTHER], "", [to(APP, *KINDS)]],
    **{f"script in a frame: {line}": ["frame", [OTHER], line, [to(APP)]] for line in KINDS},
}
PARTS = [
    ["set", *APP, "/", ["site=1; Domain=example.test"]],
    ["set", *SIBLING, "/", ["sibling=1; Path=/", "wide=1; Domain=example.test; Path=/; HttpOnly"]],
    ["fetch", [OTHER], "GET", [to(APP, "below=1; SameSite=None; Secure; Partitioned")]],
    ["frame", [APP, OTHER], "", [to(APP, "embedded=1; SameSite=None; Secure; Partitioned")]],
]
CLEARINGS = {
    "a page": ["go", [], "GET", [to(APP, "new=1", clears=True)]],
    "a hop": ["go", [], "GET", [to(APP, "new=1", clears=True, status=302), to(SIBLING, "newer=1; Path=/")]],
    "a link from elsewhere": ["go", [OTHER], "GET", [to(APP, clears=True)]],
    "a fetch": ["fetch", [SIBLING], "GET", [to(APP, clears=True)]],
    "a fetch from elsewhere": ["fetch", [OTHER], "GET", [to(APP, clears=True)]],
    "a frame elsewhere": ["frame", [OTHER], "", [to(APP, clears=True)]],
    "a frame within a frame": ["frame", [APP, OTHER], "", [to(APP, clears=True)]],
    "a page over plain http": ["go", [], "GET", [to(PLAIN, clears=True)]],
}
OVER = [
    ["set", *APP, "/", ["auth=1; Secure; HttpOnly; Path=/", "plain=1; Path=/"]],
    ["set", *APP, "/", [f"a{number}=1; Secure" for number in range(89)]],
    ["set", *SIBLING, "/", [f"b{number}=1; Domain=example.test" for number in range(89)]],
]
"""180 cookies of one site: as many as it may have."""
EVICTIONS = {
    "nobody at 180": ([], "auth plain"),
    "the insecure at 181": ([["set", "https", "example.test", "/", ["last=1"]]], "auth"),
    "the insecure, then the oldest, in a flood": (
        [["set", *SIBLING, "/", [f"f{number}=1; Secure" for number in range(200)]]],
        "",
    ),
    "by script": ([["js", *APP, "/", "last=1; Secure"]], "auth"),
    "not another site's": ([["set", *OTHER, "/", [f"other{number}=1" for number in range(100)]]], "auth plain"),
    "below another site": (
        [["fetch", [OTHER], "GET", [to(APP, *[f"p{n}=1; SameSite=None; Secure; Partitioned" for n in range(185)])]]],
        "auth plain",
    ),
    "by their size in a partition": (
        [["set", *APP, "/", [f"p{n}={'v' * 3900}; SameSite=None; Secure; Partitioned" for n in range(6)]]],
        "auth plain",
    ),
}
"""Who is in the way, and which of two old cookies is left then, a secure one and another."""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("home")) as (browser, origin):
        yield browser, origin


def assert_agreed(running, operations) -> list:
    """Run a story in both; what was seen."""
    browser, origin = running
    browser.reset()
    seen = record(browser, origin, operations)
    modelled = json.loads(json.dumps(replay("chromium", operations, clock=time.time)))
    assert modelled == seen, json.dumps(operations)
    return seen


def parametrized(stories):
    return pytest.mark.parametrize("story", stories.values(), ids=stories.keys())


@parametrized(REQUESTS)
def test_same_site_lets_the_same_cookies_through(running, story):
    assert_agreed(running, [SET, story])


@parametrized(REDIRECTS)
def test_redirects_change_as_much(running, story):
    assert_agreed(running, [SET, story])


@parametrized(ANSWERS)
def test_answers_set_the_same_cookies_in_the_same_partitions(running, story):
    assert_agreed(running, [story, *LOOK])


@parametrized(ANSWERS)
def test_answers_replace_the_same_cookies(running, story):
    changed = json.loads(json.dumps(story).replace("=1;", "=2;"))
    assert_agreed(running, [SET, changed, *LOOK])


@parametrized(CLEARINGS)
def test_clear_site_data_clears_the_same_cookies(running, story):
    assert_agreed(running, [SET, *PARTS, story, *LOOK, ["get", *SIBLING, "/"]])


@parametrized(EVICTIONS)
def test_the_same_cookies_are_evicted(running, story):
    operations, left = story
    look = [["get", *where, "/"] for where in (APP, SIBLING, OTHER)]
    header, _ = assert_agreed(running, [*OVER, *operations, *look, *LOOK])[-len(look) - len(LOOK)]
    names = {pair.partition("=")[0] for pair in (header or "").split("; ")}
    assert names & {"auth", "plain"} == set(left.split())


def test_the_browsers_own_list_is_the_models(running):
    browser, origin = running
    browser.reset()
    record(browser, origin, [SET, *PARTS])
    jar = BrowserJar(clock=time.time)
    jar.store_response("https://app.example.test/", KINDS)
    jar.store_response("https://app.example.test/", ["site=1; Domain=example.test"])
    jar.store_response("https://sib.example.test/", ["sibling=1; Path=/", "wide=1; Domain=example.test; HttpOnly"])
    told = {
        (
            cookie["name"],
            cookie["domain"],
            cookie["path"],
            cookie["secure"],
            cookie["httpOnly"],
            cookie.get("sameSite"),
            cookie.get("partitionKey", {}).get("topLevelSite"),
        )
        for cookie in browser.jar()
        if cookie["name"] not in {"below", "embedded"}
    }
    assert told == {
        (
            cookie.name,
            cookie.host if cookie.scope.domain is None else f".{cookie.host}",
            cookie.scope.path,
            cookie.secure,
            cookie.http_only,
            cookie.same_site,
            cookie.partition,
        )
        for cookie in jar
    }


@pytest.mark.parametrize("skew", [-2 * 86_400, 2 * 86_400])
def test_lifetimes_are_corrected_and_capped_alike(running, skew):
    browser, origin = running
    browser.reset()
    now = int(time.time())
    lines = [
        f"corrected=1; Expires={format_cookie_date(now + skew + 3600)}",
        "capped=1; Max-Age=99999999999",
        "exact=1; Max-Age=3600",
        "cancelled=1; Max-Age=3600; Max-Age=x",
    ]
    headers = [f"Date: {format_cookie_date(now + skew)}".encode(), *(f"Set-Cookie: {line}".encode() for line in lines)]
    answer = Answer(headers=headers)
    answer.body = page(reporting(key := origin.add(answer)))
    browser.goto(origin.url(*APP, "/", key))
    answer.wait()
    jar = BrowserJar(clock=time.time)
    jar.store_response("https://app.example.test/", lines, date=now + skew)
    told = {cookie["name"]: cookie["expires"] for cookie in browser.jar()}
    modelled = {cookie.name: cookie.expires or -1 for cookie in jar}
    assert told == pytest.approx(modelled, abs=60)
    assert told["cancelled"] == -1


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ([b"raw=\xff\xfe", b"x=1"], ""),
        ([b"raw=\xff\xfe; HttpOnly", b"x=1", "ship=船".encode()], "x=1; ship=船"),
        ([b"\xff=1", b"x=1"], ""),
    ],
)
def test_one_cookie_that_is_not_utf8_hides_all_from_script(running, lines, shown):
    browser, origin = running
    browser.reset()
    writer = Answer(headers=[b"Set-Cookie: " + line for line in lines])
    browser.goto(origin.url(*APP, "/", origin.add(writer)))
    reader = Answer()
    reader.body = page(reporting(key := origin.add(reader)))
    browser.goto(origin.url(*APP, "/", key))
    jar = BrowserJar(clock=time.time)
    jar.store_response("https://app.example.test/", lines)
    assert reader.wait() == jar.document_cookie("https://app.example.test/") == shown
    assert reader.cookies == [jar.cookie_header("https://app.example.test/")]


@pytest.mark.parametrize("seed", random.SystemRandom().sample(range(10**9), 12), ids=lambda _: "fresh")
def test_a_random_history_agrees(running, seed):
    assert_agreed(running, history(seed))
