"""What the shield costs, and the proxy under it: beside the same site reached directly, and beside nginx.

Each stands in a process of its own on this machine, and the site is the same small ASGI application for all. A request
is a navigation of a signed-in browser: a real Amplify session's cookies, settled, as on every page but the first.
Latency is the median over one kept connection; requests per second are counted with many at a time. All take turns and
the best round counts. Then 500 MB stream through each, and the memory is read meanwhile. nginx is left out where it is
not installed, and none of it runs where there is no /proc. Run as `python bench/proxying.py`.
"""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from hardtack.amplify import AmplifyNames
from hardtack.cookies import BrowserJar
from support.minting import CLIENT_ID, POOL, Mint

ROUNDS = 5
CALLS = 400  # of one connection in one round
AT_A_TIME = 32
EACH = 40  # calls of each of them in one round
STREAM = 500_000_000  # bytes
GROWTH = 20_000_000  # bytes that the proxy's memory may grow meanwhile

SITE = """
import sys, uvicorn
BODY = b"<!doctype html><title>Hello</title>" + b"x" * 4000
HEADERS = [
    (b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(BODY)).encode()),
    (b"cache-control", b"private, no-cache, no-store, max-age=0, must-revalidate"), (b"x-powered-by", b"Next.js"),
    (b"vary", b"RSC, Next-Router-State-Tree, Next-Router-Prefetch"), (b"etag", b'"abcdefgh"'),
]
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
uvicorn.run(app, port=int(sys.argv[1]), http="httptools", ws="none", lifespan="off", log_level="critical",
            access_log=False, timeout_keep_alive=60)
"""
PROXY = """
import sys
from hardtack.web.proxy import ProxyLimits, ReverseProxy
from hardtack.web.proxy.serve import ServerOptions, serve
app = ReverseProxy(f"http://127.0.0.1:{sys.argv[1]}", None, ProxyLimits())
serve(app, ServerOptions(port=int(sys.argv[2]), grace_seconds=1))
"""
SHIELD = """
import json, sys
from hardtack.cognito import UserPool
from hardtack.cookies import CookiePolicy
from hardtack.web.shield import ShieldDeployment, ShieldSettings
from hardtack.web.shield.app import ShieldApp
from hardtack.web.proxy.serve import ServerOptions, serve
settings = ShieldSettings(
    pool=UserPool(sys.argv[3], sys.argv[4]), secrets=("bench" * 8,), upstream=f"http://127.0.0.1:{sys.argv[1]}",
    policy=CookiePolicy(origins=("https://app.example.test",), domain="example.test", http_only=False),
)
deployment = ShieldDeployment(settings)
deployment.hardtack.core.keys.replace(json.loads(sys.argv[5]))
serve(ShieldApp(deployment), ServerOptions(port=int(sys.argv[2]), grace_seconds=1))
"""
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; large_client_header_buffers 8 64k; client_max_body_size 0;
  keepalive_requests 1000000;
  upstream site {{ server 127.0.0.1:{site}; keepalive 64; keepalive_requests 1000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://site; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $http_host;
    }}
  }}
}}
"""
MINT = Mint()
URL = "https://app.example.test/dashboard"
REQUEST = (
    b"GET /dashboard?tab=1 HTTP/1.1\r\nHost: app.example.test\r\nUser-Agent: Mozilla/5.0 Chrome/156\r\n"
    b"Accept: text/html,application/xhtml+xml\r\nAccept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, br\r\n"
    b"Sec-Fetch-Mode: navigate\r\nSec-Fetch-Site: none\r\nSec-Fetch-Dest: document\r\nSec-Fetch-User: ?1\r\n"
    b"Cookie: %s\r\n\r\n"
)


def signed_in() -> BrowserJar:
    """A browser in which Amplify has just signed somebody in."""
    now = int(time.time())
    tokens = MINT.session(username="alice", auth_time=now - 60, exp=now + 3_600)
    names = AmplifyNames(CLIENT_ID)
    jar = BrowserJar("chromium", clock=time.time)
    values = {"accessToken": tokens.access_token, "idToken": tokens.id_token, "refreshToken": tokens.refresh_token}
    lines = [f"{names.wire_name('alice', suffix)}={value}" for suffix, value in values.items()]
    lines += [f"{names.last_auth_user}=alice", f"{names.wire_name('alice', 'clockDrift')}=-12"]
    jar.store_response(URL, [f"{line}; Path=/; Domain=example.test; Secure; Max-Age=99999" for line in lines])
    return jar


def settled(port: int) -> bytes:
    """The request of that browser once the shield at this port has nothing more to write."""
    jar = signed_in()
    for _ in range(20):
        request = REQUEST % (jar.cookie_header(URL) or "").encode()
        with socket.create_connection(("127.0.0.1", port), timeout=60) as browser:
            browser.sendall(request)
            head = b""
            while b"\r\n\r\n" not in head:
                head += browser.recv(65_536)
        lines = [line.partition(b":")[2].strip() for line in head.split(b"\r\n") if line.startswith(b"set-cookie:")]
        if not lines:
            return request
        jar.store_response(URL, lines)
    raise AssertionError("the shield has always something to write")


class Row(NamedTuple):
    """One way to the site."""

    name: str
    microseconds: float  # the median of a request
    per_second: float
    stream_megabytes: float  # per second
    growth_megabytes: float  # of its memory while they stream; 0 where it has no process


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def _process(port: int, *command: str) -> Iterator[int]:
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while True:
            assert running.poll() is None, f"{command[0]} ended by itself"
            assert time.monotonic() < end, f"{command[0]} doesn't answer"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
                break
            time.sleep(0.05)
        yield running.pid
    finally:
        running.terminate()
        running.wait(30)


async def _call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head[:80]
    await reader.readexactly(4_035)


async def _one(port: int, request: bytes) -> float:
    """The median of one connection's requests, in microseconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times = []
    for _ in range(CALLS):
        start = time.perf_counter()
        await _call(reader, writer, request)
        times.append(time.perf_counter() - start)
    writer.close()
    await writer.wait_closed()
    return statistics.median(times) * 1e6


async def _many(port: int, request: bytes) -> float:
    """Requests per second."""

    async def browser() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(EACH):
            await _call(reader, writer, request)
        writer.close()
        await writer.wait_closed()

    start = time.perf_counter()
    await asyncio.gather(*(browser() for _ in range(AT_A_TIME)))
    return AT_A_TIME * EACH / (time.perf_counter() - start)


def _resident(pid: int) -> int:
    """Bytes of memory of a process and its children."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    children = [int(child) for child in listed.read_text("ascii").split()] if listed.exists() else []
    pages = [int(Path(f"/proc/{each}/statm").read_text("ascii").split()[1]) for each in (pid, *children)]
    return sum(pages) * os.sysconf("SC_PAGE_SIZE")


def _stream_site() -> int:
    """A port that answers any request with 500 MB."""
    listener = socket.create_server(("127.0.0.1", 0))
    piece = b"x" * 1_000_000

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % STREAM)
            for _ in range(STREAM // len(piece)):
                connection.sendall(piece)

    def accept() -> None:
        while True:
            threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    port: int = listener.getsockname()[1]
    return port


def _stream(port: int, pid: int | None) -> tuple[float, float]:
    """Megabytes per second, and by how many megabytes the memory grew."""
    before = most = _resident(pid) if pid else 0
    with socket.create_connection(("127.0.0.1", port), timeout=60) as browser:
        browser.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        start = time.perf_counter()
        received = looked = 0
        while data := browser.recv(1_000_000):
            received += len(data)
            if pid and received - looked > 10_000_000:
                looked = received
                most = max(most, _resident(pid))
    assert received > STREAM, "the stream broke off"
    return received / 1e6 / (time.perf_counter() - start), (most - before) / 1e6


@contextlib.contextmanager
def _proxies(site: int) -> Iterator[dict[str, tuple[int, int]]]:
    """Port and process of each proxy before a site."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        found: dict[str, tuple[int, int]] = {}
        port = _free_port()
        pid = stack.enter_context(_process(port, sys.executable, "-c", PROXY, str(site), str(port)))
        found["the plain proxy"] = (port, pid)
        port = _free_port()
        arguments = [str(site), str(port), POOL, CLIENT_ID, json.dumps(MINT.jwks())]
        pid = stack.enter_context(_process(port, sys.executable, "-c", SHIELD, *arguments))
        found["the shield"] = (port, pid)
        nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if nginx:
            port = _free_port()
            settings = Path(folder, "nginx.conf")
            settings.write_text(NGINX.format(folder=folder, site=site, port=port), "ascii")
            pid = stack.enter_context(_process(port, nginx, "-c", str(settings), "-p", folder))
            found["nginx"] = (port, pid)
        yield found


def run() -> list[Row]:
    """Measure, all in turns."""
    site = _free_port()
    latency: dict[str, float] = {}
    rate: dict[str, float] = {}
    with _process(site, sys.executable, "-c", SITE, str(site)), _proxies(site) as proxies:
        ports = {"directly": site} | {name: port for name, (port, _) in proxies.items()}
        request = settled(ports["the shield"])
        for _ in range(ROUNDS):
            for name, port in ports.items():
                latency[name] = min(latency.get(name, float("inf")), asyncio.run(_one(port, request)))
                rate[name] = max(rate.get(name, 0.0), asyncio.run(_many(port, request)))
    stream_site = _stream_site()
    streams = {"directly": _stream(stream_site, None)}
    with _proxies(stream_site) as proxies:
        for name, (port, pid) in proxies.items():
            streams[name] = _stream(port, pid)
    return [Row(name, latency[name], rate[name], *streams[name]) for name in latency]


def main(write: Callable[[str], Any] = print) -> None:
    """Print the table and the ratios."""
    write(f"{'way to the site':<18}{'median µs':>11}{'added µs':>10}{'requests/s':>12}{'MB/s':>8}{'grew MB':>9}")
    rows = run()
    direct = rows[0]
    for row in rows:
        write(
            f"{row.name:<18}{row.microseconds:>11.0f}{row.microseconds - direct.microseconds:>10.0f}"
            f"{row.per_second:>12.0f}{row.stream_megabytes:>8.0f}{row.growth_megabytes:>9.1f}"
        )
    named = {row.name: row for row in rows}
    plain, shield, nginx = named["the plain proxy"], named["the shield"], named.get("nginx")
    added = shield.microseconds - direct.microseconds
    judged = shield.microseconds - plain.microseconds
    write(f"\nThe shield adds {added:.0f} µs to a request, {judged:.0f} of them for judging its cookies,")
    write(f"and passes {shield.per_second / direct.per_second:.0%} of the requests per second.")
    if nginx is not None:
        ratio = added / (nginx.microseconds - direct.microseconds)
        rate = shield.per_second / nginx.per_second
        write(f"Beside nginx: {ratio:.1f} times its added latency, {rate:.2f} of its rate, on one core each.")
    grew = "doesn't grow" if shield.growth_megabytes * 1e6 < GROWTH else "GROWS"
    write(f"While {STREAM / 1e6:.0f} MB stream through, its memory {grew} ({shield.growth_megabytes:.1f} MB).")


if __name__ == "__main__":
    main()
