"""CloudFront's events and limits: what may not be touched is not touched, and what does not fit is left out."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.cookies import CookiePolicy
from hardtack.web.answers import Answer
from hardtack.web.lambda_edge import events
from hardtack.web.proxy.guard import Passage
from support.edge import EdgeSite, request_event, response_event
from support.shielded import ShieldedSite

POLICY = CookiePolicy(origins=("https://app.example.test",), domain="example.test", http_only=False)


@pytest.fixture
def site():
    made = EdgeSite()
    made.sign_in("alice")
    yield made
    made.close()


def record(event: dict) -> dict:
    return event["Records"][0]["cf"]


def visit(request: dict, policy: CookiePolicy = POLICY):
    return events.visit_of(request, policy, most_header_bytes=16_000)


def test_several_cookie_lines_are_one_header_and_twins_stay(site):
    twin = f"{site.key('accessToken')}=old"
    request = record(request_event(site.visit("/", cookie="a=1")))["request"]
    lines = [site.jar.cookie_header(site.url("/")), twin, "theme=dark"]
    request["headers"]["cookie"] = [{"key": "Cookie", "value": line} for line in lines]
    assert [value for name, value in visit(request).headers if name == b"cookie"] == [line.encode() for line in lines]
    sent = site.edge.handle({"Records": [{"cf": {"config": {"eventType": "origin-request"}, "request": request}}]})
    shown = "; ".join(line["value"] for line in sent["headers"]["cookie"])
    assert twin not in shown
    assert "theme=dark" in shown


def test_several_set_cookie_values_keep_their_order(site):
    request = site.edge.handle(request_event(site.visit("/")))
    lines = [(b"set-cookie", line) for line in (b"a=1; Path=/", b"b=2", b"a=3; Path=/x")]
    name = site.key("idToken").encode()
    event = response_event(request, [(b"content-type", b"text/html"), *lines, (b"set-cookie", name + b"=new; Path=/")])
    answer = site.edge.handle(event)
    values = [line["value"] for line in answer["headers"]["set-cookie"]]
    assert [value for value in values if value.startswith(("a=", "b="))] == ["a=1; Path=/", "b=2", "a=3; Path=/x"]
    assert any(value.startswith(f"{name.decode()}=new; Path=/; Domain=example.test") for value in values)
    assert {line["key"] for line in answer["headers"]["set-cookie"]} == {"Set-Cookie"}


def test_what_is_read_only_or_not_ours_goes_back_as_it_came(site):
    extra = {
        "Accept-Encoding": "gzip",
        "Content-Length": "7",
        "If-None-Match": '"x"',
        "CloudFront-Viewer-Country": "GB",
        "X-Strange": "Ünüsual",
    }
    event = request_event(site.visit("/"), extra=extra)
    before = json.loads(json.dumps(record(event)["request"]))
    sent = site.edge.handle(event)
    changed = {
        name
        for name in {*before["headers"], *sent["headers"]}
        if before["headers"].get(name) != sent["headers"].get(name)
    }
    assert changed <= {"cookie", "x-hardtack-passage"}
    assert {name: value for name, value in sent.items() if name != "headers"} == {
        name: value for name, value in before.items() if name != "headers"
    }


def test_disallowed_and_read_only_headers_are_never_added():
    headers = [(b"connection", b"close"), (b"x-edge-location", b"x"), (b"via", b"x"), (b"x-new", b"1"), (b"host", b"a")]
    request = {"headers": {"host": [{"key": "HOST", "value": "a"}]}}
    made = events.with_request_headers(request, headers, "")["headers"]
    assert made == {"host": [{"key": "HOST", "value": "a"}], "x-new": [{"key": "X-New", "value": "1"}]}


def test_there_is_room_for_what_was_learnt_or_it_is_left_out():
    line = {"key": "X-Large", "value": "x" * 20_000}
    request = {"headers": {"x-large": [line]}}
    headers = events.raw_headers(request["headers"])
    assert "x-hardtack-passage" in events.with_request_headers(request, headers, "s" * 400)["headers"]
    assert "x-hardtack-passage" not in events.with_request_headers(request, headers, "s" * 500)["headers"]


@pytest.mark.parametrize(("of_the_site", "cut"), [(10_000, False), (15_500, True), (19_500, None)])
def test_a_sweep_is_cut_to_what_cloudfront_takes_and_a_fresh_set_is_whole_or_not_there(site, of_the_site, cut):
    for scope in ("", "; Domain=app.example.test"):
        for name in (site.key("accessToken"), site.key("idToken")):
            site.jar.set_document_cookie(site.url("/"), f"{name}=old{scope}; Path=/; Secure")
    request = site.edge.handle(request_event(site.visit("/")))
    large = [(b"content-type", b"text/html"), (b"x-large", b"x" * of_the_site)]
    event = response_event(request, [*large, (b"set-cookie", b"theme=dark")])
    answer = site.edge.handle(event)
    assert events.header_bytes(events.raw_headers(answer["headers"])) < events.MAX_HEADER_BYTES
    values = [line["value"] for line in answer["headers"]["set-cookie"]]
    assert "theme=dark" in values
    deletions = [value for value in values if "01 Jan 1970" in value]
    if cut is None:
        assert values == ["theme=dark"]
    else:
        assert (len(deletions) < 10) is cut


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (None, b""),
        ({"encoding": "text", "data": "plain"}, b"plain"),
        ({"encoding": "base64", "data": base64.b64encode(b"\x00\xff").decode()}, b"\x00\xff"),
        ({"encoding": "base64", "data": "no base64!"}, b""),
        ({}, b""),
    ],
)
def test_bodies_come_as_text_or_as_base64(body, read):
    assert events.body_of({} if body is None else {"body": body}) == read


@pytest.mark.parametrize(
    ("kind", "body", "encoding"),
    [
        (b"text/html; charset=utf-8", "größer".encode(), "text"),
        (b"application/json", b"{}", "text"),
        (b"text/html", b"\xff\xfe", "base64"),
        (b"image/png", b"\x89PNG", "base64"),
    ],
)
def test_an_answer_of_our_own_is_a_whole_response(kind, body, encoding):
    answer = Answer(
        303,
        [(b"content-type", kind), (b"content-length", b"9"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")],
        body,
    )
    made = events.generated(answer, method="GET")
    assert (made["status"], made["statusDescription"], made["bodyEncoding"]) == ("303", "See Other", encoding)
    assert "content-length" not in made["headers"]
    assert [line["value"] for line in made["headers"]["set-cookie"]] == ["a=1", "b=2"]
    data = made["body"]
    assert (data.encode() if encoding == "text" else base64.b64decode(data)) == body
    assert "body" not in events.generated(answer, method="HEAD")
    assert events.generated(Answer(799, []), method="GET")["statusDescription"] == ""


def test_a_report_is_read_out_of_a_base64_body(site):
    report = {"version": 1, "checks": []}
    body = base64.b64encode(json.dumps(report).encode())
    origin = [(b"origin", b"https://app.example.test"), (b"content-type", b"application/json")]
    given = site.edge.handle(
        request_event(site.visit("/hardtack/report", kind="fetch", method="POST", headers=origin), body=body)
    )
    assert given["status"] != "413"
    too_large = base64.b64encode(b"x" * 20_000)
    given = site.edge.handle(
        request_event(site.visit("/hardtack/report", kind="fetch", method="POST", headers=origin), body=too_large)
    )
    assert given["status"] == "413"


def test_where_the_viewers_host_is_not_forwarded_a_single_host_is_known_all_the_same():
    request = {"method": "GET", "uri": "/", "headers": {"host": [{"key": "Host", "value": "origin.example.net"}]}}
    assert visit(request).host == "app.example.test"
    two = CookiePolicy(origins=("https://app.example.test", "https://www.example.test"), domain="example.test")
    assert visit(request, two).host == "origin.example.net"


def test_a_visit_is_what_the_viewer_asked():
    shielded = ShieldedSite()
    request = record(request_event(shielded.visit("/a%20b//c?x=1&y"), extra={"CloudFront-Forwarded-Proto": "http"}))
    seen = visit(request["request"])
    assert (seen.raw_path, seen.query, seen.scheme, seen.address) == (b"/a%20b//c", b"x=1&y", "http", "192.0.2.1")
    assert not seen.websocket
    assert not seen.oversize
    request["request"]["headers"]["sec-websocket-key"] = [{"key": "Sec-WebSocket-Key", "value": "x"}]
    request["request"]["headers"]["x-large"] = [{"key": "X-Large", "value": "x" * 16_000}]
    assert visit(request["request"]).websocket
    assert visit(request["request"]).oversize
    shielded.close()


def test_a_shield_that_fails_is_as_if_it_were_not_there(site, monkeypatch, caplog):
    async def fails(_visit):
        raise RuntimeError("a token stands in here")

    monkeypatch.setattr(site.edge.shield, "to_site", fails)
    event = request_event(site.visit("/"), extra={"X-Hardtack-Passage": "forged"})
    sent = site.edge.handle(event)
    assert "x-hardtack-passage" not in sent["headers"]
    assert sent["headers"]["cookie"] == record(event)["request"]["headers"]["cookie"]
    monkeypatch.setattr(site.edge.shield, "open_passage", lambda *_: Passage(headers=[]) if 1 / 0 else None)
    event = response_event(sent, [(b"content-type", b"text/html")])
    assert site.edge.handle(event) == record(event)["response"]
    assert "RuntimeError" in caplog.text
    assert "token stands" not in caplog.text


def test_keys_are_fetched_ahead_and_an_outage_is_survived(site):
    assert site.edge.warm_up() is True
    other = EdgeSite()
    other.pool.keys_failing = True
    assert other.edge.warm_up() is False
    other.close()


TEXTS = st.text(max_size=60)
HEADERS = st.dictionaries(
    st.sampled_from(["cookie", "host", "via", "x-a", "x-hardtack-passage", "content-length", "sec-fetch-mode"]),
    st.lists(st.fixed_dictionaries({"key": st.just("K"), "value": TEXTS}), min_size=1, max_size=3),
)


@pytest.fixture(scope="module")
def one():
    made = EdgeSite()
    yield made
    made.close()


@given(HEADERS, TEXTS, TEXTS)
def test_whatever_stands_in_an_event_it_is_answered(one, headers, uri, query):
    request = {"clientIp": "192.0.2.1", "method": "GET", "uri": uri, "querystring": query, "headers": headers}
    given = one.edge.handle({"Records": [{"cf": {"config": {"eventType": "origin-request"}, "request": request}}]})
    assert "headers" in given
    if "status" not in given:
        kept = [
            {name: lines for name, lines in each.items() if name not in ("cookie", "x-hardtack-passage")}
            for each in (headers, given["headers"])
        ]
        assert kept[0] == kept[1]
