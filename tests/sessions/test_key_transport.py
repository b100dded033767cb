"""Fetching the pool's keys over a real connection: whole, bounded in bytes and in time, and failing cleanly."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from hardtack.sessions import key_transport
from hardtack.sessions.key_transport import KeyTransport
from hardtack.tokens import Fetched, FetchFailed, FetchProblem, KeyFetcher, KeyRing
from support.minting import Mint

JWKS = Mint().jwks()


class Handler(BaseHTTPRequestHandler):
    """`/keys`, `/missing`, `/moved`, `/endless`, `/dripping`."""

    def do_GET(self):
        if self.path == "/keys":
            self.answer(200, json.dumps(JWKS).encode())
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("location", "/keys")
            self.end_headers()
        elif self.path in ("/endless", "/dripping"):
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(400):
                    self.wfile.write(b" " * (65_536 if self.path == "/endless" else 1))
                    time.sleep(0 if self.path == "/endless" else 0.02)
            except OSError:
                return
        else:
            self.answer(404, b"there is no such pool")

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *told):
        pass


@pytest.fixture(scope="module")
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture(params=["blocking", "awaiting"])
def get(request):
    """Fetch an address twice over one transport, and give the second answer."""

    def blocking(url: str) -> bytes:
        transport = KeyTransport()
        try:
            transport.get(url)
            return transport.get(url)
        finally:
            transport.close()
            transport.close()

    def awaiting(url: str) -> bytes:
        async def fetch() -> bytes:
            transport = KeyTransport()
            try:
                await transport.aget(url)
                return await transport.aget(url)
            finally:
                await transport.aclose()
                await transport.aclose()

        return asyncio.run(fetch())

    return blocking if request.param == "blocking" else awaiting


def test_the_keys_come_as_they_are(get, address):
    assert json.loads(get(f"{address}/keys")) == JWKS


@pytest.mark.parametrize("path", ["/missing", "/moved"])
def test_an_answer_that_is_no_key_set_raises(get, address, path):
    """A redirect is not followed: the keys come from the pool's own address or not at all."""
    with pytest.raises(httpx2.HTTPStatusError):
        get(address + path)


def test_an_endless_answer_is_cut_off(get, address):
    assert len(get(f"{address}/endless")) == key_transport._MOST_BYTES + 1


def test_an_answer_that_only_drips_is_given_up(get, address, monkeypatch):
    monkeypatch.setattr(key_transport, "_BUDGET", 0.2)
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        get(f"{address}/dripping")
    assert time.monotonic() - started < 5


def test_an_address_where_nobody_listens_raises(get):
    with pytest.raises(httpx2.ConnectError):
        get("http://127.0.0.1:9/keys")


def test_the_fetcher_makes_values_of_all_that(address):
    transport, ring = KeyTransport(), KeyRing()
    assert KeyFetcher(f"{address}/keys", ring).fetch(transport.get, 0.0) == Fetched(changed=True)
    for path, problem in {"/missing": FetchProblem.TRANSPORT, "/endless": FetchProblem.TOO_LARGE}.items():
        failed = KeyFetcher(address + path, ring).fetch(transport.get, 0.0)
        assert isinstance(failed, FetchFailed)
        assert failed.reason is problem
    assert len(ring) == 1
    transport.close()
