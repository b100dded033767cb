"""How large headers may be: piled-up cookies come in, and the site gets no more than it takes."""

from __future__ import annotations

import pytest

from hardtack.web.answers import Answer
from hardtack.web.proxy import Passage, PassThrough, ProxyLimits, ProxySettingError
from hardtack.web.proxy.serve import ServerOptions
from support.proxying import answering, ask, lines_of, open_socket, proxy, read_head, read_to_end, talk, tracebacks

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PILE = "; ".join(f"CognitoIdentityServiceProvider.abc.{n}.idToken={'x' * 1_000}" for n in range(66))


class Watching(PassThrough):
    """Notes what it is told, and answers or lightens what is oversize."""

    def __init__(self, answer=None, *, lighten=False):
        self.visits = []
        self._answer = answer
        self._lighten = lighten

    async def to_site(self, visit):
        self.visits.append(visit)
        if visit.oversize and self._answer is not None:
            return Passage(headers=visit.headers, answer=self._answer)
        if visit.oversize and self._lighten:
            return Passage(headers=[line for line in visit.headers if line[0] != b"cookie"])
        return Passage(headers=visit.headers)


def test_more_than_64_kb_of_request_headers_pass_where_the_site_takes_them():
    limits = ProxyLimits(upstream_header_bytes=131_072)
    assert len(PILE) > 65_536
    with answering(OK) as behind, proxy(behind.port, limits=limits) as before:
        assert ask(before.port, headers=[("Cookie", PILE)]).status == 200
    assert dict(lines_of(behind.requests[0]))[b"cookie"] == PILE.encode()


def test_what_the_site_wouldnt_take_is_shown_to_the_guard_which_may_answer():
    healing = Answer(431, [(b"content-type", b"text/html"), (b"x-healed", b"1")], b"swept; try again")
    guard = Watching(answer=healing)
    with answering(OK) as behind, proxy(behind.port, guard) as before:
        answer = ask(before.port, headers=[("Cookie", PILE)])
        assert (answer.status, answer.getheader("x-healed"), answer.data) == (431, "1", b"swept; try again")
        assert ask(before.port, headers=[("Cookie", "a=1")]).status == 200
    assert [visit.oversize for visit in guard.visits] == [True, False]
    assert len(behind.requests) == 1


def test_what_the_guard_has_lightened_passes():
    with answering(OK) as behind, proxy(behind.port, Watching(lighten=True)) as before:
        assert ask(before.port, headers=[("Cookie", PILE)]).status == 200
    assert b"cookie" not in dict(lines_of(behind.requests[0]))


def test_without_a_guards_answer_it_is_a_431_that_says_what_to_do():
    with answering(OK) as behind, proxy(behind.port) as before:
        answer = ask(before.port, headers=[("Cookie", PILE), ("Accept", "text/html")])
    assert answer.status == 431
    assert b"Clear this site&#x27;s cookies" in answer.data
    assert answer.getheader("set-cookie") is None
    assert not behind.requests


@pytest.mark.parametrize("spare", [-1, 0])
def test_the_limit_is_held_to_the_byte(spare):
    """What the site reads of a request is never more than its limit."""
    limit = 2_000
    with answering(OK) as behind, proxy(behind.port, limits=ProxyLimits(upstream_header_bytes=limit)) as before:
        assert ask(before.port, headers=[("Host", "a"), ("X", "")]).status == 200
        rest = limit - len(behind.requests[0])
        answer = ask(before.port, headers=[("Host", "a"), ("X", "x" * (rest - spare))])
        assert answer.status == (200 if spare == 0 else 431)
    if spare == 0:
        assert len(behind.requests[-1]) == limit


def test_the_servers_own_limit_is_a_431_too():
    limits = ProxyLimits(request_header_bytes=100_000, upstream_header_bytes=100_000)
    with answering(OK) as behind, proxy(behind.port, limits=limits) as before, tracebacks() as found:
        with open_socket(before.port) as browser:
            browser.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nCookie: " + b"x" * 150_000)
            assert read_to_end(browser).startswith(b"HTTP/1.1 431 ")
        with open_socket(before.port) as browser:
            browser.sendall(b"GET /" + b"x" * 150_000)
            assert read_to_end(browser).startswith(b"HTTP/1.1 431 ")
        assert not behind.requests
    assert found == []


def send_for_ever(browser):
    while True:
        browser.sendall(b"x" * 10_000)


@pytest.mark.parametrize("flood", [b"0\r\nX-Trailer: ", b"3;"])
def test_trailers_and_chunk_extensions_are_bounded_as_well(flood):
    limits = ProxyLimits(request_header_bytes=50_000)
    with answering(OK) as behind, proxy(behind.port, limits=limits) as before, open_socket(before.port) as browser:
        browser.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + flood)
        with pytest.raises(OSError, match=r"reset|pipe"):  # it is not taken for ever
            send_for_ever(browser)


def test_a_large_body_in_the_same_packet_is_no_large_head():
    limits = ProxyLimits(request_header_bytes=20_000, upstream_header_bytes=16_384)
    with answering(OK) as behind, proxy(behind.port, limits=limits) as before:
        answer = talk(
            before.port,
            b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000,
        )
        assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_large_block_of_set_cookie_lines_passes():
    lines = b"".join(b"Set-Cookie: n%d=%b; Path=/; Secure\r\n" % (n, b"x" * 1_000) for n in range(200))
    answer = b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 0\r\n\r\n"
    with answering(answer) as behind, proxy(behind.port) as before:
        shown = talk(before.port, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert len([name for name, _ in lines_of(shown) if name == b"set-cookie"]) == 200


def test_a_browser_that_never_ends_its_head_is_dropped():
    options = ServerOptions(head_seconds=0.3, grace_seconds=1, log_level="critical")
    with (
        answering(OK) as behind,
        proxy(behind.port, options=options) as before,
        open_socket(before.port) as silent,
        open_socket(before.port) as slow,
        open_socket(before.port) as second,
    ):
        slow.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-")
        second.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert read_head(second).startswith(b"HTTP/1.1 200 ")
        assert second.recv(2) == b"ok"
        second.sendall(b"GET")  # its second head
        for browser in (silent, slow, second):
            assert read_to_end(browser) == b""


@pytest.mark.parametrize(
    "wrong",
    [
        {"connect_seconds": 0},
        {"answer_seconds": -1},
        {"connections": 0},
        {"upstream_header_bytes": 300_000},
        {"silence_seconds": float("nan")},
    ],
)
def test_limits_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ProxySettingError):
        ProxyLimits(**wrong)
