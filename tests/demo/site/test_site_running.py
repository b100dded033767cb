"""Starting and stopping the whole demo, with and without a stock site, in this process and as a command."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time

import httpx2
import pytest

from hardtack.demo.run import DemoError, DemoOptions, RunningDemo
from hardtack.demo.site.addresses import Addresses
from hardtack.demo.site.waiting import StockPlace
from hardtack.errors import HardtackError

pytestmark = pytest.mark.pool


def get(port, host, path="/", **headers):
    """Ask as a browser would, by the machine's own address: the test's resolver may not know .localhost names."""
    with httpx2.Client(trust_env=False) as http:
        return http.get(
            f"http://127.0.0.1:{port}{path}", headers={"host": f"{host}:{port}", "accept": "text/html", **headers}
        )


def test_the_first_page_is_there_when_start_returns_and_gone_after_stop(pool):
    with RunningDemo(DemoOptions(port=0, stock=False), pool=pool) as demo:
        port = demo.addresses.port
        answer = get(port, "app.hardtack.localhost")
        assert answer.status_code == 200
        assert "Break your session" in answer.text
        assert answer.headers["cache-control"] == "private, no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers
    with pytest.raises(httpx2.TransportError):
        get(port, "app.hardtack.localhost")
    assert pool.issue("alice")  # a pool that was lent is given back running


def test_a_taken_port_is_one_sentence(pool):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(DemoError, match=f"Port {port} is taken"):
            RunningDemo(DemoOptions(port=port, stock=False), pool=pool).start()


def test_static_files_are_these_three_and_no_others(pool):
    with RunningDemo(DemoOptions(port=0, stock=False), pool=pool) as demo:
        for name in ("demo.css", "demo.js", "storm.js"):
            assert get(demo.addresses.port, "app.hardtack.localhost", f"/static/{name}").status_code == 200
        for name in ("app.py", "..%2Fapp.py", "%2e%2e/app.py", "demo.css%00"):
            assert get(demo.addresses.port, "app.hardtack.localhost", f"/static/{name}").status_code == 404


@pytest.mark.parametrize("after", ["0", "x", "-1", "9" * 400, "", "1e9", "٣"])
def test_any_question_for_news_is_answered(pool, after):
    with RunningDemo(DemoOptions(port=0, stock=False), pool=pool) as demo:
        answer = get(demo.addresses.port, "app.hardtack.localhost", f"/now.json?after={after}")
        assert answer.status_code == 200
        assert answer.json()["twins"] == 0


def test_a_plant_needs_a_page_of_ours_and_a_name_that_there_is(pool):
    with RunningDemo(DemoOptions(port=0, stock=False), pool=pool) as demo, httpx2.Client(trust_env=False) as http:
        base = f"http://127.0.0.1:{demo.addresses.port}"
        ours = {"host": demo.addresses.authority(demo.addresses.app_host), "sec-fetch-site": "same-origin"}
        strangers = {**ours, "sec-fetch-site": "same-site"}
        assert http.post(f"{base}/plant/hour", headers=strangers).status_code == 403
        assert http.post(f"{base}/storm/replant", headers=strangers).status_code == 403
        assert http.post(f"{base}/plant/flowers", headers=ours).status_code == 404
        assert http.post(f"{base}/plant/hour", headers=ours).status_code == 303
        assert [entry.name for entry in demo.site.timeline.after(0)] == ["plant.hour"]


def test_the_mailbox_shows_what_was_sent_and_nothing_else(pool):
    with RunningDemo(DemoOptions(port=0, stock=False), pool=pool) as demo:
        port = demo.addresses.port
        assert "No code was sent" in get(port, "app.hardtack.localhost", "/mail?to=nobody").text
        assert "No code was sent" not in get(port, "app.hardtack.localhost", "/mail").text
        pool.require_password_reset("alice")
        code = pool.code("alice")
        assert code is not None
        assert code in get(port, "app.hardtack.localhost", "/mail?to=alice").text


class BrokenError(HardtackError):
    """What a failed build raises."""


def test_a_stock_site_that_can_not_be_built_is_told_and_the_rest_works(pool, monkeypatch):
    def fail(_self):
        raise BrokenError("npm does not reach its registry.", hint="Check the network.")

    monkeypatch.setattr(RunningDemo, "_make_stock", fail)
    told = []
    with RunningDemo(DemoOptions(port=0), pool=pool, failed=told.append) as demo:
        assert demo.stock is not None
        assert demo.stock.wait(5) is False
        answer = get(demo.addresses.port, "stock.hardtack.localhost")
        assert answer.status_code == 503
        assert "could not be built" in answer.text
        assert "refresh" not in answer.headers
        assert get(demo.addresses.port, "app.hardtack.localhost").status_code == 200
    assert told == ["npm does not reach its registry. Check the network."]


def test_who_comes_while_it_is_being_built_is_asked_to_wait_in_their_language():
    place = StockPlace(lambda: None, Addresses())
    sent = []

    async def serve():
        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"accept-language", b"zh-CN")]}
        await place(scope, None, send)

    asyncio.run(serve())
    assert sent[0]["status"] == 503
    assert (b"refresh", b"3") in sent[0]["headers"]
    assert "正在构建" in sent[1]["body"].decode()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_when_it_is_ready_and_stops_cleanly(end):
    command = [sys.executable, "-W", "error", "-m", "hardtack.cli", "demo", "--port", "0", "--no-stock", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        port = int(facts["url"].rpartition(":")[2])
        assert facts["ready"] is True
        assert facts["stock_url"] is None
        assert get(port, "app.hardtack.localhost").status_code == 200
        process.send_signal(end)
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (0, "", "")


def test_the_command_tells_a_person_what_to_open_and_whom_to_sign_in_as():
    environ = {**os.environ, "XDG_CACHE_HOME": "/nonexistent"}
    command = [sys.executable, "-m", "hardtack.demo"]
    with socket.socket() as blocker:
        blocker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            blocker.bind(("127.0.0.1", 8000))
        except OSError:
            pytest.skip("Port 8000 is in use on this machine.")
        blocker.listen()
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "Port 8000 is taken" in done.stderr
    started = time.monotonic()
    command = [sys.executable, "-m", "hardtack.cli", "demo", "--port", "0", "--no-stock"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = ""
        while "Ctrl-C" not in told and time.monotonic() < started + 60:
            told += process.stdout.readline()
        process.send_signal(signal.SIGINT)
        told += process.communicate(timeout=20)[0]
    assert "http://app.hardtack.localhost:" in told
    assert "alice / Biscuit-1620!" in told
    assert told.endswith("Stopped.\n")
