"""Sites to look at: the demo's two, and a few that are of no use."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hardtack.demo.run import DemoOptions, RunningDemo
from support.browser import chromium_path
from support.pool import embedded_pool, pool

__all__ = ["embedded_pool", "pool"]

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _needs_chromium():
    chromium_path()


@pytest.fixture
def demo(pool):
    """The demo with its stock site, whose bundle lies beside the repository's other throw-away files."""
    with RunningDemo(DemoOptions(port=0, cache=ROOT / "var"), pool=pool) as running:
        if running.stock is None or not running.stock.wait(300):
            pytest.skip("the stock site could not be built")
        yield running


PAGES = {
    "/fails": (500, {}, ""),
    "/round": (302, {"location": "/round"}, ""),
    "/away": (302, {"location": "http://elsewhere.localhost:9/"}, ""),
    "/plain": (200, {}, "<h1>A site where nobody signs in</h1>"),
    "/restless": (200, {}, "<script>addEventListener('load', () => location.reload())</script>"),
}


class _Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(self.path)
        status, headers, body = PAGES.get(self.path, (404, {}, ""))
        data = body.encode()
        self.send_response(status)
        for name, value in {"content-type": "text/html", "content-length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def site():
    """An ordinary server; `site.asked` has the paths in order."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        server.daemon_threads = True
        server.asked = []
        server.url = f"http://site.localhost:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
