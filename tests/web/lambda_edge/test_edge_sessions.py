"""One browsing session through the proxy and through CloudFront's functions: response for response the same."""

from __future__ import annotations

import base64
import json
from collections import Counter
from contextlib import closing

import pytest

from support.edge import EdgeSite, ProxySite, told


@pytest.fixture
def both():
    """The same site behind the one and behind the other, with a browser each."""
    sites = [ProxySite(), EdgeSite()]
    yield sites
    for site in sites:
        site.close()


class Session:
    """Does a thing in both browsers, and holds what came of it against each other."""

    def __init__(self, proxied: ProxySite, edge: EdgeSite) -> None:
        self.proxied, self.edge = proxied, edge
        self.statuses: Counter[int] = Counter()
        self.lines = 0

    def load(self, path: str = "/", **how) -> None:
        one, other = (site.load(path, follow=False, **how) for site in (self.proxied, self.edge))
        self.statuses[other.status] += 1
        self.lines += len(other.set_cookies)
        assert one.status == other.status, path
        assert told(one) == told(other), path
        assert one.site_saw == other.site_saw, path
        if "body" in self.edge.answer:
            data = self.edge.answer["body"]
            plain = self.edge.answer["bodyEncoding"] == "text"
            assert (data.encode() if plain else base64.b64decode(data)) == self.proxied.body
        self.see()
        target = other.header(b"location")
        if target is not None:
            self.load(target, **{name: value for name, value in how.items() if name not in ("method", "body")})

    def script(self, what: str, *arguments) -> None:
        results = [getattr(site, what)(*arguments) for site in (self.proxied, self.edge)]
        assert results[0] == results[1]
        self.see()

    def see(self) -> None:
        """Both browsers hold the same."""
        url = self.edge.url("/")
        assert self.proxied.jar.cookie_header(url) == self.edge.jar.cookie_header(url)
        assert self.proxied.scopes() == self.edge.scopes()

    def wait(self, seconds: float) -> None:
        self.proxied.wait(seconds)
        self.edge.wait(seconds)


def test_a_browsing_session_is_the_same_response_for_response(both):
    session = Session(*both)
    session.load("/")
    session.load("/hardtack/policy.json", kind="fetch")
    session.load("/hardtack/healthz", kind="fetch")
    session.load("/hardtack/hardtack.js", kind="asset")
    session.script("sign_in", "alice")
    session.load("/account?tab=1")
    session.load("/account", server="refresh")
    session.load("/account", kind="rsc", server="refresh")
    session.load("/logo.svg", kind="asset")
    session.load("/account")
    session.load("/hardtack/chosen.json", kind="fetch")
    session.wait(3_700)
    for kind in ("fetch", "action", "navigation"):
        session.load("/account", kind=kind, server="session")
    session.load("/account")
    session.script("script_sign_out")
    session.load("/")
    session.script("sign_in", "bob")
    session.load("/", server="refresh")
    session.load("/")
    session.load(
        "/hardtack/recover", kind="fetch", method="POST", headers=[(b"origin", b"https://app.example.test")], body=b""
    )
    dead = [site.pool.sign_in("alice") for site in both]
    for site, tokens in zip(both, dead, strict=True):
        site.pool.revoke(tokens)
    session.wait(3_700)
    for _ in range(6):  # whatever answers, the browser's script brings the dead session back
        for site, tokens in zip(both, dead, strict=True):
            site.store_tokens("alice", tokens)
        session.load("/account", script=True)
    session.script("sign_in", "alice")
    session.load("/account")
    assert session.statuses[200] > 20
    for site in both:
        assert site.told("twins.swept")
        assert site.told("guidance.shown")
    assert session.lines > 100


def test_twins_are_healed_at_the_edge_and_the_page_already_sees_one_of_each():
    site = EdgeSite()
    site.sign_in("alice")
    site.load("/", kind="fetch", server="refresh")
    for attributes in ("; Path=/", "; Path=/; Domain=app.example.test"):
        line = f"{site.key('accessToken')}={site.read_first(site.key('accessToken'))}{attributes}; Secure"
        site.jar.set_document_cookie(site.url("/"), line)
    loaded = site.load("/")
    assert (loaded.site_saw or b"").count(b"accessToken=") == 1
    site.load("/")
    assert set(site.scopes()) == {".example.test /"}
    site.close()


def test_one_functions_real_output_is_the_others_input_even_in_another_process():
    site = EdgeSite()
    site.sign_in("alice")
    site.jar.set_document_cookie(site.url("/"), f"{site.key('idToken')}=old; Path=/; Secure")
    from hardtack.web.lambda_edge.edge import Edge
    from support.edge import request_event, response_event, through_json

    request = through_json(site.edge.handle(request_event(site.visit("/"))))
    assert "x-hardtack-passage" in request["headers"]
    elsewhere = Edge(site.start_shield())
    answer = through_json(elsewhere.handle(response_event(request, [(b"content-type", b"text/html")])))
    assert len(answer["headers"]["set-cookie"]) > 0
    assert answer["headers"]["cache-control"][0]["value"] == "private, no-store"
    elsewhere._loop.close()
    site.close()


def test_the_sealed_header_tells_nothing_and_a_clients_own_is_dropped():
    site = EdgeSite()
    site.sign_in("alice")
    from support.edge import request_event, response_event

    forged = {"X-Hardtack-Passage": "forged", "x-hardtack-passage": "forged too"}
    request = site.edge.handle(request_event(site.visit("/"), extra=forged))
    assert "forged" not in json.dumps(request)
    sealed = request["headers"]["x-hardtack-passage"][0]["value"]
    assert "alice" not in sealed
    pages = [(b"content-type", b"text/html"), (b"set-cookie", b"theme=1; Path=/")]
    for text in ("forged", sealed[:-4] + "AAAA", ""):
        request["headers"]["x-hardtack-passage"] = [{"key": "X-Hardtack-Passage", "value": text}]
        event = response_event(request, pages)
        before = json.dumps(event["Records"][0]["cf"]["response"])
        assert json.dumps(site.edge.handle(event)) == before
    site.close()


def test_a_browser_that_drew_another_lot_is_left_alone_and_keeps_its_lot():
    drawn: set[bool] = set()
    for nonce in "abcdefgh":
        half = {"percent": 50.0}
        with (
            closing(ProxySite(nonce=nonce, settings=half)) as one,
            closing(EdgeSite(nonce=nonce, settings=half)) as edge,
        ):
            session = Session(one, edge)
            session.script("sign_in", "alice")
            for _ in range(2):
                session.load("/", server="refresh")
            assert len([cookie for cookie in edge.jar if cookie.name == "__Host-hardtack-lot"]) == 1
            drawn.add("host-only /" in edge.scopes())
    assert drawn == {True, False}
