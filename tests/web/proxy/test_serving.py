"""How the server begins and ends."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hardtack.web.proxy import ProxySettingError, ReverseProxy
from hardtack.web.proxy.serve import ServerOptions, serve
from hardtack.web.proxy.site import SiteAddress
from support.proxying import (
    PATIENCE,
    answering,
    ask,
    open_socket,
    proxy,
    raw_site,
    read_head,
    read_to_end,
    talk,
    tracebacks,
    wait_until,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
WORKERS = """
import functools, sys
from hardtack.web.proxy import ReverseProxy
from hardtack.web.proxy.serve import ServerOptions, serve
if __name__ == "__main__":
    make = functools.partial(ReverseProxy, f"http://127.0.0.1:{sys.argv[1]}")
    serve(make, ServerOptions(port=int(sys.argv[2]), workers=2, grace_seconds=2), factory=True)
"""


def test_what_is_under_way_is_finished():
    go_on = threading.Event()

    def script(connection, number):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nbegun")
        go_on.wait(PATIENCE)
        connection.sendall(b" ended")

    options = ServerOptions(grace_seconds=60, log_level="critical")
    with (
        raw_site(script) as behind,
        proxy(behind.port, options=options) as before,
        tracebacks() as found,
        open_socket(before.port) as browser,
        open_socket(before.port) as idle,
    ):
        browser.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        shown = read_head(browser) + browser.recv(5)
        before.tell_to_end()
        assert read_to_end(idle) == b""  # who asked nothing is let go at once
        go_on.set()
        shown += read_to_end(browser)
    assert shown.endswith(b"begun ended")
    assert found == []


def test_what_isnt_finished_within_the_grace_is_cut_off():
    def script(connection, number):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nbegun")
        read_to_end(connection)

    options = ServerOptions(grace_seconds=1, log_level="critical")
    with raw_site(script) as behind, proxy(behind.port, options=options) as before, open_socket(before.port) as browser:
        browser.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        shown = read_head(browser) + browser.recv(5)
        before.tell_to_end()
        assert shown.endswith(b"begun")
        assert read_to_end(browser) == b""
        before.thread.join(PATIENCE)
        assert not before.thread.is_alive()


def test_it_listens_on_a_unix_socket_and_asks_a_site_on_another(tmp_path):
    def script(connection, number):
        while read_head(connection):
            connection.sendall(OK)

    outer, inner = tmp_path / "outer.sock", tmp_path / "inner.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(inner))
    listener.listen()

    def accept():
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                script(connection, 0)

    threading.Thread(target=accept, daemon=True).start()
    program = (
        "import sys; from hardtack.web.proxy import ReverseProxy; from hardtack.web.proxy.serve import *; "
        "serve(ReverseProxy('unix:' + sys.argv[1]), ServerOptions(unix_socket=sys.argv[2], grace_seconds=1))"
    )
    running = subprocess.Popen([sys.executable, "-c", program, str(inner), str(outer)])
    try:
        wait_until(outer.exists)
        with socket.socket(socket.AF_UNIX) as browser:
            browser.settimeout(PATIENCE)
            wait_until(lambda: browser.connect_ex(str(outer)) == 0)
            browser.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert read_to_end(browser).startswith(b"HTTP/1.1 200 ")
    finally:
        running.terminate()
        assert running.wait(PATIENCE) in (0, -signal.SIGTERM)
        listener.close()


def test_several_workers_serve_one_port_and_end_together():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with answering(OK) as behind:
        running = subprocess.Popen([sys.executable, "-c", WORKERS, str(behind.port), str(port)])
        try:

            def answers():
                with contextlib.suppress(OSError):
                    return talk(port, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").endswith(b"ok")

            wait_until(answers)
            children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
            if children.exists():
                wait_until(lambda: len(children.read_text("ascii").split()) >= 2)
        finally:
            running.terminate()
            running.wait(PATIENCE)
    with pytest.raises(OSError, match="refused"):
        open_socket(port)


def test_several_workers_need_a_factory():
    with pytest.raises(ProxySettingError, match="factory"):
        serve(ReverseProxy("http://127.0.0.1:1"), ServerOptions(workers=2))


@pytest.mark.parametrize("wrong", [{"port": 70_000}, {"port": -1}, {"workers": 0}, {"grace_seconds": 0}])
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(ProxySettingError, match="range"):
        ServerOptions(**wrong)


@pytest.mark.parametrize(
    ("upstream", "address"),
    [
        ("http://127.0.0.1:3000", SiteAddress("127.0.0.1", 3000)),
        ("http://site", SiteAddress("site", 80)),
        ("https://site/", SiteAddress("site", 443, secure=True)),
        ("http://[::1]:3000", SiteAddress("::1", 3000)),
        ("unix:/run/site.sock", SiteAddress("", 0, socket_path="/run/site.sock")),
    ],
)
def test_where_a_site_is(upstream, address):
    assert SiteAddress.parse(upstream) == address


@pytest.mark.parametrize(
    "upstream",
    [
        "",
        "3000",
        "127.0.0.1:3000",
        "ftp://a",
        "http://",
        "http://a:x",
        "http://a/b",
        "http://a?b",
        "unix:run",
        "http://u:p@a",
    ],
)
def test_what_is_no_site_is_refused_in_a_sentence(upstream):
    with pytest.raises(ProxySettingError) as refused:
        ReverseProxy(upstream)
    assert "http://127.0.0.1:3000" in refused.value.hint


def test_the_authority_of_a_site_for_a_browser_that_named_no_host():
    assert SiteAddress.parse("http://[::1]:3000").authority == b"[::1]:3000"
    assert SiteAddress.parse("unix:/a").authority == b"localhost"


def test_a_site_behind_tls_must_show_a_good_certificate(tmp_path):
    import ssl

    import trustme

    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)

    def script(connection, number):
        with server.wrap_socket(connection, server_side=True) as wrapped:
            while read_head(wrapped):
                wrapped.sendall(OK)

    with raw_site(script) as behind:
        address = f"https://127.0.0.1:{behind.port}"
        with proxy(address, tls=client) as before:
            assert ask(before.port).data == b"ok"
        with proxy(address) as before:
            assert ask(before.port).status == 502  # a stranger's certificate


def test_it_speaks_tls_itself(tmp_path):
    import http.client
    import ssl

    import trustme

    authority = trustme.CA()
    bundle = tmp_path / "all.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(bundle))
    client = ssl.create_default_context()
    authority.configure_trust(client)
    options = ServerOptions(certificate=str(bundle), grace_seconds=1, log_level="critical")
    with answering(OK) as behind, proxy(behind.port, options=options) as before:
        browser = http.client.HTTPSConnection("127.0.0.1", before.port, context=client, timeout=PATIENCE)
        browser.request("GET", "/")
        assert browser.getresponse().read() == b"ok"
        browser.close()
    assert b"x-forwarded-proto: https" in behind.requests[0]
