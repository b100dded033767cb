"""One port, several sites, and the address at which no cookie gets through."""

from __future__ import annotations

import asyncio

import pytest

from hardtack.demo.site.hosts import FORGETFUL, Forgetful, Hosts

INSIDE = "http://app.hardtack.localhost:8000"
OUTSIDE = "http://nocookies.hardtack.localhost:8000"


async def nothing():
    return {"type": "http.disconnect"}


def served(app, headers, kind="http"):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "method": "GET", "path": "/", "headers": headers}
    asyncio.run(app(scope, nothing, send))
    return sent


class Site:
    """An application that keeps the scope that it was given and sets two cookies."""

    def __init__(self):
        self.scope = None

    async def __call__(self, scope, receive, send):
        self.scope = scope
        headers = [(b"set-cookie", b"a=1"), (b"content-type", b"text/plain"), (b"Set-Cookie", b"b=2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize("host", [b"app.hardtack.localhost:8000", b"APP.Hardtack.localhost", b"app.hardtack.localhost"])
def test_a_request_goes_where_its_host_says(host):
    site, other = Site(), Site()
    hosts = Hosts({"app.hardtack.localhost": site, "stock.hardtack.localhost": other}, INSIDE)
    assert served(hosts, [(b"host", host)])[0]["status"] == 200
    assert site.scope is not None
    assert other.scope is None


@pytest.mark.parametrize("headers", [[], [(b"host", b"127.0.0.1:8000")], [(b"host", b"a b\x00c")], [(b"host", b"")]])
def test_every_other_name_leads_to_the_demos_own(headers):
    answer = served(Hosts({}, INSIDE), headers)[0]
    assert answer["status"] == 307
    assert (b"location", f"{INSIDE}/".encode()) in answer["headers"]


def test_lifespan_is_nobodys():
    assert served(Hosts({}, INSIDE), [], kind="lifespan") == []


def test_cookies_are_eaten_both_ways_and_the_site_can_not_tell():
    site = Site()
    sent = served(
        Forgetful(site, outside=OUTSIDE, inside=INSIDE),
        [
            (b"host", b"nocookies.hardtack.localhost:8000"),
            (b"cookie", b"a=1"),
            (b"origin", OUTSIDE.encode()),
            (b"referer", f"{OUTSIDE}/auth/sign-in".encode()),
            (b"accept", b"*/*"),
        ],
    )
    assert sent[0]["headers"] == [(b"content-type", b"text/plain")]
    assert site.scope["headers"] == [
        (b"host", b"app.hardtack.localhost:8000"),
        (b"origin", INSIDE.encode()),
        (b"referer", f"{INSIDE}/auth/sign-in".encode()),
        (b"accept", b"*/*"),
    ]
    assert site.scope[FORGETFUL] is True


def test_a_strangers_origin_stays_a_strangers():
    site = Site()
    evil = f"{OUTSIDE}.evil.example".encode()
    served(Forgetful(site, outside=OUTSIDE, inside=INSIDE), [(b"origin", evil)])
    assert site.scope["headers"] == [(b"origin", evil)]
