"""What Chromium really says about who started a navigation: `hardtack.sessions.kinds.is_script_driven` rests on it.

Measured with real key presses as well (F5, Ctrl+R, the address bar, in a window under X): they send what
`page.reload()` and `page.goto()` send here. Script runs without a person's gesture, as a page's own script does.
"""

from __future__ import annotations

import http.server
import threading

import pytest

from hardtack.sessions import is_script_driven

pytestmark = pytest.mark.browser

PAGE = b"""<!doctype html><title>t</title><link rel=icon href="data:,">
<a id=link href="/linked">link</a> <a id=on href="/redirecting">on</a>
<form id=get action="/got"><button>get</button></form>
<form id=post action="/posted" method=post><button>post</button></form>"""
META = b'<!doctype html><link rel=icon href="data:,"><meta http-equiv=refresh content="0; url=/from-meta">'


class Recorder(http.server.BaseHTTPRequestHandler):
    """Answers every path with the page, and keeps the headers of each request."""

    def do_GET(self):
        self.server.seen.append(
            (self.path, {key.lower().encode(): value.encode() for key, value in self.headers.items()})
        )
        body = META if self.path == "/meta" else PAGE
        self.send_response(303 if self.path == "/redirecting" else 200)
        if self.path == "/redirecting":
            self.send_header("Location", "/landed")
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 -- the standard library calls it so

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def recorder():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.daemon_threads = True
    server.seen = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Tab:
    """One page, and what its next navigation says."""

    def __init__(self, page, recorder):
        self.page = page
        self.recorder = recorder
        self.origin = f"http://app.hardtack.localhost:{recorder.server_address[1]}"
        self.devtools = page.context.new_cdp_session(page)

    def open(self, path="/typed"):
        self.page.goto(self.origin + path)

    def script(self, code):
        """Run script as the page's own would run: with no gesture of a person behind it."""
        self.devtools.send("Runtime.evaluate", {"expression": code, "userGesture": False})

    def next(self, act):
        """Do something; the headers of the last request that came of it."""
        before = len(self.recorder.seen)
        with self.page.expect_navigation():
            act()
        self.page.wait_for_load_state()
        assert len(self.recorder.seen) > before
        return self.recorder.seen[-1][1]


@pytest.fixture
def tab(chromium, recorder):
    context = chromium.new_context()
    opened = Tab(context.new_page(), recorder)
    opened.open()
    yield opened
    context.close()


def said(headers):
    return headers.get(b"sec-fetch-site", b"").decode(), headers.get(b"sec-fetch-user", b"").decode()


def test_a_typed_address_comes_from_nowhere_and_from_a_person(tab):
    headers = tab.next(lambda: tab.open("/typed-again"))
    assert said(headers) == ("none", "?1")
    assert not is_script_driven(headers)


def test_a_reload_by_the_person_is_a_persons_and_keeps_the_first_loads_site(tab):
    assert said(tab.next(tab.page.reload)) == ("none", "?1")
    tab.next(lambda: tab.script("location.href = '/assigned'"))
    headers = tab.next(tab.page.reload)
    assert said(headers) == ("same-origin", "?1")
    assert not is_script_driven(headers)


def test_clicks_are_a_persons(tab):
    for selector in ("#link", "#get button", "#post button"):
        headers = tab.next(lambda selector=selector: tab.page.click(selector))
        assert said(headers) == ("same-origin", "?1")
        assert not is_script_driven(headers)


@pytest.mark.parametrize(
    "code",
    [
        "location.reload()",
        "location.href = '/assigned'",
        "location.replace('/replaced')",
        "history.go(0)",
        "document.getElementById('get').submit()",
        "document.getElementById('link').click()",
    ],
)
def test_what_script_does_is_no_persons(tab, code):
    headers = tab.next(lambda: tab.script(code))
    assert said(headers) == ("same-origin", "")
    assert is_script_driven(headers)


def test_script_right_after_a_click_counts_as_the_persons_once(tab):
    tab.page.mouse.click(5, 400)
    assert said(tab.next(lambda: tab.script("location.href = '/first'"))) == ("same-origin", "?1")
    assert said(tab.next(lambda: tab.script("location.href = '/second'"))) == ("same-origin", "")


def test_a_redirect_is_whose_the_navigation_was(tab):
    assert said(tab.next(lambda: tab.page.click("#on"))) == ("same-origin", "?1")
    assert tab.recorder.seen[-1][0] == "/landed"
    assert said(tab.next(lambda: tab.script("location.href = '/redirecting'"))) == ("same-origin", "")
    assert tab.recorder.seen[-1][0] == "/landed"


def test_a_meta_refresh_is_no_persons(tab):
    with tab.page.expect_navigation(url="**/from-meta"):
        tab.open("/meta")
    headers = tab.recorder.seen[-1][1]
    assert said(headers) == ("same-origin", "")
    assert is_script_driven(headers)
