"""What a browser needs before a page may call the pool as stock Amplify does."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from support.pool import ask, sign_in

pytestmark = pytest.mark.pool

PAGE = "http://app.hardtack.localhost:8000"
ASKED = "authorization,cache-control,content-type,x-amz-target,x-amz-user-agent"


def test_a_preflight_from_any_page_is_granted(pool, http):
    headers = {
        "origin": PAGE,
        "access-control-request-method": "POST",
        "access-control-request-headers": ASKED,
    }
    answer = http.options("/", headers=headers)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] in {"*", PAGE}
    assert "POST" in answer.headers["access-control-allow-methods"]
    # the Fetch standard never lets "*" stand for authorization, so the names are spelt out
    granted = {each.strip() for each in answer.headers["access-control-allow-headers"].split(",")}
    assert granted >= set(ASKED.split(","))


@pytest.mark.parametrize("operation", ["GetUser", "InitiateAuth"])
def test_answers_good_and_bad_may_be_read_by_the_page(pool, http, operation):
    http.headers["origin"] = PAGE
    answer = ask(http, operation)
    assert answer.status_code == 400
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    assert "x-amzn-errortype" in answer.headers["access-control-expose-headers"]
    assert sign_in(http, pool)


def test_the_keys_may_be_read_by_the_page(pool, http):
    assert http.get(pool.jwks_url, headers={"origin": PAGE}).headers["access-control-allow-origin"] == "*"


def test_a_pages_connection_is_not_kept_since_chromium_would_hide_the_next_reset(pool, http):
    assert ask(http, "GetUser").headers.get("connection") is None
    http.headers["origin"] = PAGE
    assert ask(http, "GetUser").headers["connection"] == "close"
    assert http.options("/").headers["connection"] == "close"


class EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def site():
    """The origin of a site on loopback: from elsewhere Chromium would not let a page call a local address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://app.hardtack.localhost:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(site, chromium):
    """A page of that site in real Chromium."""
    opened = chromium.new_page()
    opened.goto(f"{site}/")
    yield opened
    opened.close()


SIGN_IN = """async ([url, client, password]) => {
  const headers = {
    'authorization': 'none', 'cache-control': 'no-store', 'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth', 'x-amz-user-agent': 'aws-amplify/6',
  }
  const parameters = {USERNAME: 'alice', PASSWORD: password}
  const body = {AuthFlow: 'USER_PASSWORD_AUTH', ClientId: client, AuthParameters: parameters}
  try {
    const answer = await fetch(url, {method: 'POST', headers, body: JSON.stringify(body)})
    return (await answer.json()).__type ?? answer.status
  } catch (error) {
    return error.name
  }
}"""

RESET = """async ([url, mode, type]) => {
  try {
    return (await fetch(url, {method: 'POST', mode, headers: {'content-type': type}, body: '{}'})).type
  } catch (error) {
    return error.name
  }
}"""


@pytest.mark.browser
def test_a_page_in_chromium_signs_in_and_sees_every_fault(pool, site, page):
    password = pool.users[0].password
    attempt = [pool.url, pool.client_id, password]
    assert page.evaluate(SIGN_IN, attempt) == 200
    assert page.evaluate(SIGN_IN, [pool.url, pool.client_id, "wrong"]) == "NotAuthorizedException"
    for kind in ("lost", "reset", "lost"):
        pool.faults.fail("InitiateAuth", kind, times=1)
        assert page.evaluate(SIGN_IN, attempt) == "TypeError", "fetch's word for a network failure"
        assert page.evaluate(SIGN_IN, attempt) == 200
    pool.faults.unreachable()
    assert page.evaluate(SIGN_IN, attempt) == "TypeError"
    assert {call.origin for call in pool.calls} == {site}


@pytest.mark.browser
def test_a_page_in_chromium_cannot_drive_the_pool(pool, page):
    pool.clock.offset = 60
    assert page.evaluate(RESET, [f"{pool.url}/_pool/reset", "cors", "application/json"]) == "TypeError"
    assert page.evaluate(RESET, [f"{pool.url}/_pool/reset", "no-cors", "text/plain"]) == "opaque"
    assert pool.clock.offset == 60
