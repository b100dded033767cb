"""What the network does to a request, over real sockets: was it sent, and how does it end?"""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time

import httpx2
import pytest
import trustme

from hardtack.cognito import CognitoUnavailable, Limits, Reason, UserPool
from support.by_hand import JSON_TYPE
from support.hostile_server import (
    breaks_off,
    closed_port,
    drips,
    floods,
    hangs_up,
    hostile,
    refuses_tunnels,
    resets,
    speaks_nonsense,
    stays_silent,
)

# Where the server does something, it has time for it; where it does nothing, nobody waits long.
PATIENT = Limits(attempts=2, first_pause=0.0, max_body=100_000)
QUICK = Limits(read=0.5, budget=1.5, attempts=2, first_pause=0.0)


def pool_at(url):
    return UserPool("eu-west-1_Ab12Cd34E", "client1", endpoint=url)


def unavailable(call, *args, **kwargs):
    with pytest.raises(CognitoUnavailable) as raised:
        call(*args, **kwargs)
    assert raised.value.__cause__ is None  # the HTTP library's error, with the request in it, stays out
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    return raised.value.reason


@pytest.mark.parametrize(
    ("behave", "limits", "reason"),
    [
        (hangs_up, PATIENT, Reason.CONNECTION),
        (resets, PATIENT, Reason.CONNECTION),
        (stays_silent, QUICK, Reason.TIMEOUT),
        (breaks_off, PATIENT, Reason.CONNECTION),
        (drips, QUICK, Reason.TIMEOUT),
        (floods, PATIENT, Reason.MALFORMED),
        (speaks_nonsense, PATIENT, Reason.CONNECTION),
    ],
)
def test_a_refresh_that_may_have_arrived_is_sent_once(clients, behave, limits, reason):
    with hostile(behave) as server:
        client = clients(pool_at(server.url), limits=limits)
        began = time.monotonic()
        assert unavailable(client.refresh, "r") is reason
        assert time.monotonic() - began < limits.budget + limits.read + 2.0
        assert server.requests == 1


@pytest.mark.parametrize(
    ("behave", "limits"), [(hangs_up, PATIENT), (resets, PATIENT), (stays_silent, QUICK), (breaks_off, PATIENT)]
)
def test_what_is_harmless_twice_is_sent_again(clients, behave, limits):
    with hostile(behave) as server:
        unavailable(clients(pool_at(server.url), limits=limits).get_user, "a")
        assert server.requests == 2


class Counting:
    """Counts the connections that are tried."""

    def __init__(self, monkeypatch, fail):
        self.tried = 0
        self._fail = fail
        monkeypatch.setattr(socket, "getaddrinfo", self.getaddrinfo)

    def getaddrinfo(self, *_, **__):
        self.tried += 1
        raise self._fail


def test_a_name_that_does_not_resolve_is_tried_again_even_for_a_refresh(clients, monkeypatch):
    """Nothing left this machine, so nothing can have been rotated."""
    client = clients(pool_at("http://pool.hardtack.localhost:9"), limits=PATIENT)
    counting = Counting(monkeypatch, socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    assert unavailable(client.refresh, "r") is Reason.CONNECTION
    assert counting.tried == 2


def test_a_closed_port_is_tried_again_even_for_a_refresh(clients):
    """It opens between the two attempts, and the second arrives."""
    url = closed_port()
    port = int(url.rpartition(":")[2])
    calls = []

    def jitter():
        calls.append(None)
        server.bind(("127.0.0.1", port))
        server.listen()
        threading.Thread(target=serve, daemon=True).start()
        return 0.0

    def serve():
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            body = b'{"AuthenticationResult": {"AccessToken": "a.b.c", "ExpiresIn": 300}}'
            connection.sendall(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\n"
                b"content-length: %d\r\n\r\n%s" % (len(body), body)
            )

    from hardtack.cognito import Surroundings

    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client = clients(pool_at(url), surroundings=Surroundings(jitter=jitter))
        assert client.refresh("r").access_token == "a.b.c"
    assert len(calls) == 1


def test_tls_that_fails_has_sent_nothing(clients):
    def no_tls(_, connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with hostile(no_tls) as server:
        client = clients(pool_at(server.url.replace("http://", "https://")), limits=PATIENT)
        assert unavailable(client.refresh, "r") is Reason.CONNECTION
        assert server.requests == 0


def test_a_certificate_that_nobody_trusts_gets_no_password(clients):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    def tls(server, connection):
        with context.wrap_socket(connection, server_side=True) as secured:
            server.read_request(secured)

    with hostile(tls) as server:
        client = clients(pool_at(server.url.replace("http://", "https://")), limits=PATIENT)
        assert unavailable(client.sign_in, "amy", "pw", flow="USER_PASSWORD_AUTH") is Reason.CONNECTION
        assert server.requests == 0


@pytest.mark.parametrize("kind", ["refuses", "is not there"])
def test_a_proxy_that_lets_nothing_through_has_sent_nothing(clients, monkeypatch, kind):
    with hostile(refuses_tunnels) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url if kind == "refuses" else closed_port())
        monkeypatch.setenv("NO_PROXY", "")
        client = clients(UserPool("eu-west-1_Ab12Cd34E", "client1"), limits=PATIENT)
        assert unavailable(client.refresh, "r") is Reason.CONNECTION


def test_a_redirect_is_not_followed(clients):
    """It would carry the password to wherever it points."""
    seen = []

    def redirect(request):
        seen.append(request.url)
        return httpx2.Response(307, headers={"location": "https://elsewhere.example/"})

    client = clients(pool_at("https://auth.example.com"), handler=redirect)
    assert unavailable(client.sign_in, "amy", "pw", flow="USER_PASSWORD_AUTH") is Reason.MISCONFIGURED
    assert seen == ["https://auth.example.com/"]


def test_a_body_that_unfolds_is_not_unfolded(clients):
    bomb = gzip.compress(b" " * 50_000_000)

    def compressed(request):
        assert request.headers["accept-encoding"] == "identity"
        stream = httpx2.ByteStream(bomb)
        return httpx2.Response(200, headers=JSON_TYPE | {"content-encoding": "gzip"}, stream=stream)

    client = clients(pool_at("https://auth.example.com"), handler=compressed)
    assert unavailable(client.refresh, "r") is Reason.MALFORMED


@pytest.mark.parametrize(
    ("failure", "reason", "requests"),
    [
        (httpx2.ConnectError, Reason.CONNECTION, 3),
        (httpx2.ConnectTimeout, Reason.TIMEOUT, 3),
        (httpx2.PoolTimeout, Reason.TIMEOUT, 3),
        (httpx2.ProxyError, Reason.CONNECTION, 3),
        (httpx2.ReadError, Reason.CONNECTION, 1),
        (httpx2.ReadTimeout, Reason.TIMEOUT, 1),
        (httpx2.WriteError, Reason.CONNECTION, 1),
        (httpx2.WriteTimeout, Reason.TIMEOUT, 1),
        (httpx2.CloseError, Reason.CONNECTION, 1),
        (httpx2.RemoteProtocolError, Reason.CONNECTION, 1),
        (httpx2.LocalProtocolError, Reason.CONNECTION, 1),
        (httpx2.DecodingError, Reason.MALFORMED, 1),
    ],
)
def test_every_failure_of_the_library_has_its_place(clients, failure, reason, requests):
    seen = []

    def fail(request):
        seen.append(request)
        raise failure("hidden", request=request)

    client = clients(pool_at("https://auth.example.com"), handler=fail, limits=Limits(first_pause=0.0))
    assert unavailable(client.refresh, "r") is reason
    assert len(seen) == requests


def test_a_connection_is_used_again(clients):
    connections = []

    def serve(server, connection):
        connections.append(connection)
        while server.read_request(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    with hostile(serve) as server:
        client = clients(pool_at(server.url), limits=PATIENT)
        for _ in range(3):
            client.revoke_token("r")
        assert server.requests == 3
        assert len(connections) == 1
