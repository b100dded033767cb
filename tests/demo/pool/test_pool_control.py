"""Driving a pool from another process: the same verbs, and no web page may use them."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys

import httpx2
import pytest

from hardtack.demo.pool import EmbeddedPool, FaultKind, PoolControl, PoolError
from hardtack.demo.pool.control import serve_control
from support.pool import ask, sign_in

pytestmark = pytest.mark.pool


@pytest.fixture
def control(pool):
    with PoolControl(pool.url) as remote:
        yield remote


def test_it_knows_the_ids(pool, control):
    assert control.ids == pool.ids
    assert control.client_secret == pool.client_secret


def test_the_verbs_reach_the_pool(pool, control, http):
    control.configure(rotation=True, access_token_seconds=60)
    control.clock.advance(100)
    fault = control.faults.fail("GetUser", FaultKind.LATENCY, seconds=0.01)
    control.add_user("erin", "Compass-1492!", email="erin@example.com")
    token = sign_in(http, pool)["RefreshToken"]
    control.revoke_all("alice")
    assert pool.settings.rotation
    assert control.settings == pool.settings
    assert pool.clock.offset == control.clock.offset == 100
    assert pool.faults.active == control.faults.active == (fault,)
    assert control.calls == pool.calls
    assert control.token_hash(token) == pool.calls[0].refresh_issued
    assert control.issue("erin")["RefreshToken"]
    control.reset()
    assert pool.calls == ()
    assert control.faults.active == ()


def test_a_refused_verb_raises_there_as_here(control):
    with pytest.raises(PoolError, match="no user of that name") as caught:
        control.enable_totp("nobody")
    assert caught.value.hint
    with pytest.raises(PoolError, match="not the arguments"):
        control.do("revoke_all", nobody="alice")
    with pytest.raises(PoolError, match="no such verb"):
        control.do("sink")
    with pytest.raises(PoolError, match="no such verb"):
        control.do("")


def test_nobody_there_is_said_plainly():
    with socket.socket() as vacant:
        vacant.bind(("127.0.0.1", 0))
        port = vacant.getsockname()[1]
    with pytest.raises(PoolError, match="No pool answers"):
        PoolControl(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/json", "origin": "http://127.0.0.1:1"},
        {"content-type": "application/json", "host": "rebound.example.com"},
        {"content-type": "application/json", "host": "127.0.0.1.example.com"},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
    ],
)
def test_a_web_page_cannot_drive_it(pool, http, headers):
    answer = http.post("/_pool/advance_clock", content=b'{"seconds": 99}', headers=headers)
    assert answer.status_code in {403, 415}
    assert pool.clock.offset == 0


def test_another_machine_cannot_drive_it(pool):
    def never(*_, **__):
        raise AssertionError

    scope = {
        "client": ("192.0.2.7", 5),
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")],
        "method": "POST",
        "path": "/_pool/reset",
    }
    assert asyncio.run(serve_control(scope, b"{}", ids=pool.ids, do=never)).status == 403


def test_a_control_request_that_is_too_large_is_refused(http):
    answer = http.post("/_pool/reset", content=b"{" + b" " * (2 << 20), headers={"content-type": "application/json"})
    assert answer.status_code == 413


def started_process(*arguments):
    command = [sys.executable, "-m", "hardtack.demo.pool", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_as_a_process_of_its_own_and_stops_cleanly(ending):
    with started_process("--port", "0") as process:
        facts = json.loads(process.stdout.readline())
        assert facts["users"][0]["username"] == "alice"
        with PoolControl(facts["url"]) as remote, httpx2.Client(base_url=facts["url"], trust_env=False) as http:
            assert remote.ids.as_json() == {name: value for name, value in facts.items() if name != "users"}
            assert sign_in(http, remote)
            with remote.faults.failing("*", "throttled"):
                assert ask(http, "GetUser").status_code == 429
            assert [call.operation for call in remote.calls] == ["InitiateAuth", "GetUser"]
        os.kill(process.pid, ending)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")


def test_a_process_whose_port_is_taken_says_so(pool):
    port = pool.url.rsplit(":", 1)[1]
    with started_process("--port", port) as process:
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (1, "")
    assert f"Port {port} is taken" in err


def test_a_pool_that_is_not_running_says_so():
    idle = EmbeddedPool()
    idle.stop()
    with pytest.raises(PoolError, match="not running"):
        _ = idle.calls


def test_seeded_passwords_and_secrets_stay_out_of_reprs(pool):
    text = repr(pool.ids) + repr(pool.users)
    assert pool.client_secret not in text
    assert not any(dataclasses.asdict(user)["password"] in text for user in pool.users)
