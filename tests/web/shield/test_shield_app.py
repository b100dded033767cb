"""The shield served: real sockets before it and behind it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from contextlib import asynccontextmanager, contextmanager

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from hardtack.cli import main
from hardtack.cognito import UserPool
from hardtack.cookies import CookiePolicy
from hardtack.web.shield import ShieldDeployment, ShieldSettings
from hardtack.web.shield.app import ShieldApp
from hardtack.web.shield.recent import RecentEvents
from support.minting import CLIENT_ID, POOL, Mint
from support.proxying import ask, open_socket, proxy, read_to_end, site, talk, tracebacks, wait_until
from support.story import SECRET, StoryPool, _AsyncCognito, _Keys

HOST = "app.example.test"
ORIGIN = f"https://{HOST}"
FORWARDED = [("X-Forwarded-Proto", "https"), ("Host", HOST)]


async def echo(scope, receive, send):
    """Says what it was asked, and sets a cookie host-only as servers do."""
    cookies = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
    named = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
    data = json.dumps({"cookies": cookies, "host": named["host"], "forwarded": named.get("x-forwarded-host")}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(data)).encode()),
        (b"set-cookie", f"CognitoIdentityServiceProvider.{CLIENT_ID}.LastAuthUser=alice; Path=/; Secure".encode()),
        (b"set-cookie", b"theme=dark"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": data})


@contextmanager
def shielded(upstream, **how):
    pool = StoryPool()
    recent = RecentEvents(lambda: pool.now)
    settings = ShieldSettings(
        pool=UserPool(POOL, CLIENT_ID),
        policy=CookiePolicy(origins=(ORIGIN,), domain="example.test", http_only=False),
        secrets=(SECRET,),
        upstream=upstream,
        sign_in="/login",
        hooks=(recent,),
        judge_seconds=5.0,
    )
    deployment = ShieldDeployment(settings, wall=lambda: pool.now, cognito=_AsyncCognito(pool))
    deployment.hardtack.core.key_transport = _Keys(pool)
    app = ShieldApp(deployment, trusted=("127.0.0.1",), recent=recent, **how)
    with proxy(upstream, app=how.get("around", lambda each: each)(app)) as before:
        yield before, app, pool


@pytest.fixture(scope="module")
def behind():
    with site(echo) as running:
        yield running


@pytest.fixture(scope="module")
def before(behind):
    with shielded(f"http://127.0.0.1:{behind.port}") as running:
        yield running


def lines(response):
    return [value for name, value in response.getheaders() if name.lower() == "set-cookie"]


def test_the_sites_cookie_is_moved_and_the_others_pass(before):
    running, _, _ = before
    response = ask(running.port, "/", headers=[*FORWARDED, ("Sec-Fetch-Mode", "cors")])
    assert lines(response)[0] == "theme=dark"
    assert any("Domain=example.test" in line and "LastAuthUser=alice" in line for line in lines(response))
    assert response.getheader("cache-control") == "private, no-store"


def test_the_site_sees_the_browsers_host_with_its_port(before):
    running, app, _ = before
    told = json.loads(ask(running.port, "/", headers=[("Host", f"{HOST}:8443"), ("X-Forwarded-Proto", "https")]).data)
    assert told["host"] == f"{HOST}:8443"
    assert told["forwarded"] == f"{HOST}:8443"
    assert app.shield.deployment.settings.policy.allows_host(HOST)


def test_garbage_does_not_reach_the_site(before):
    running, _, _ = before
    name = f"CognitoIdentityServiceProvider.{CLIENT_ID}.alice.accessToken"
    told = json.loads(ask(running.port, "/", headers=[*FORWARDED, ("Cookie", f"a=1; {name}=x.y.z; b=2")]).data)
    assert told["cookies"] == ["a=1; b=2"]


def test_recovery_reads_its_body_and_bounds_it(before):
    running, _, _ = before
    head = [*FORWARDED, ("Origin", ORIGIN), ("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "cors")]
    name = f"CognitoIdentityServiceProvider.{CLIENT_ID}.alice.accessToken"
    body = json.dumps({"path": "/deep/page", "names": [name], "seen": []}).encode()
    response = ask(running.port, "/hardtack/recover", method="POST", headers=head, body=body)
    assert response.status == 200
    assert any(line.startswith(f"{name}=;") and "Path=/deep" in line for line in lines(response))
    assert ask(running.port, "/hardtack/recover", method="POST", headers=head, body=b"x" * 20_000).status == 413


def test_the_keys_are_fetched_before_the_first_visit(behind):
    with shielded(f"http://127.0.0.1:{behind.port}") as (_, app, _):
        wait_until(lambda: app.shield.deployment.hardtack.core.keys.filled, what="the keys")


def test_a_site_that_is_down_gives_502_and_clears_nothing(behind):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with shielded(f"http://127.0.0.1:{port}") as (running, _, pool), tracebacks() as found:
        tokens = pool.sign_in("alice")
        name = f"CognitoIdentityServiceProvider.{CLIENT_ID}.alice.accessToken"
        cookie = f"{name}=garbage; {name}={tokens.access_token}"
        head = [*FORWARDED, ("Cookie", cookie), ("Sec-Fetch-Mode", "navigate"), ("Accept", "text/html")]
        response = ask(running.port, "/", headers=head)
        assert (response.status, lines(response)) == (502, [])
        assert found == []


def test_mounted_in_another_application_the_own_addresses_stay_where_the_policy_says(behind):
    pool = StoryPool()
    settings = ShieldSettings(
        pool=UserPool(POOL, CLIENT_ID),
        policy=CookiePolicy(origins=(ORIGIN,), domain="example.test", http_only=False),
        secrets=(SECRET,),
        upstream=f"http://127.0.0.1:{behind.port}",
        sign_in="/login",
    )
    deployment = ShieldDeployment(settings, wall=lambda: pool.now, cognito=_AsyncCognito(pool))
    deployment.hardtack.core.key_transport = _Keys(pool)
    app = ShieldApp(deployment, trusted=("127.0.0.1",))

    @asynccontextmanager
    async def lifespan(around):
        yield
        await app.aclose()

    mounted = Starlette(routes=[Mount("/", app)], lifespan=lifespan)
    with proxy(behind.port, app=mounted) as running:
        assert ask(running.port, "/hardtack/healthz", headers=FORWARDED).status == 200
        assert json.loads(ask(running.port, "/x", headers=FORWARDED).data)["host"] == HOST


def test_the_last_events_are_shown_to_this_machine_and_to_no_website(behind):
    with shielded(f"http://127.0.0.1:{behind.port}") as (running, app, _):
        wait_until(lambda: app.recent_port, what="the listener")
        port = app.recent_port
        ask(running.port, "/", headers=[*FORWARDED, ("Sec-Fetch-Mode", "cors")])
        told = ask(port, "/events.json", headers=[("Host", f"127.0.0.1:{port}")])
        assert [event["name"] for event in json.loads(told.data)] == ["site.rewritten"]
        page = ask(port, "/", headers=[("Host", f"localhost:{port}")])
        assert b"site.rewritten" in page.data
        assert ask(port, "/", headers=[("Host", "evil.test")]).status == 403
        assert ask(port, "/x", headers=[("Host", f"[::1]:{port}")]).status == 404
        assert talk(port, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 403")


def test_a_thousand_browsers_at_once_lose_nothing(before):
    running, _, pool = before
    tokens = pool.sign_in("alice")
    name = f"CognitoIdentityServiceProvider.{CLIENT_ID}.alice.accessToken"
    old = Mint().access_token(auth_time=int(pool.now) - 9_999, exp=int(pool.now) + 99)
    cookie = f"{name}={old}; {name}={tokens.access_token}"
    request = (
        f"GET / HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-Proto: https\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
    )
    sockets = [open_socket(running.port) for _ in range(1_000)]
    answers: list[bytes] = []

    def serve(mine):
        for each in mine:
            each.sendall(request.encode())
        answers.extend(read_to_end(each) for each in mine)

    threads = [threading.Thread(target=serve, args=(sockets[part::4],)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in sockets:
        each.close()
    assert len(answers) == 1_000
    assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 200 OK"}
    assert all(answer.count(tokens.access_token.encode()) == 1 and old.encode() not in answer for answer in answers)


# -- the command ----------------------------------------------------------------------------------------------------

FILE = f"""
[pool]
user_pool_id = "eu-west-1_Example"
client_id = "{CLIENT_ID}"
[policy]
origins = ["{ORIGIN}"]
domain = ".example.test"
"""


def test_what_can_not_work_is_said_before_anything_listens(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("HARDTACK_SECRETS", raising=False)
    policy = tmp_path / "hardtack.toml"
    assert main(["shield", "--policy", str(policy), "--upstream", "http://127.0.0.1:1"]) == 2
    policy.write_text(FILE)
    assert main(["shield", "--policy", str(policy), "--upstream", "http://127.0.0.1:1"]) == 2
    assert "32 characters" in capsys.readouterr().err
    monkeypatch.setenv("HARDTACK_SECRETS", SECRET)
    assert main(["shield", "--policy", str(policy), "--upstream", "nonsense", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]
    assert main(["shield", "--policy", str(policy), "--port", "99999"]) == 2


def test_the_command_serves_and_ends_when_it_is_told(tmp_path, behind):
    policy = tmp_path / "hardtack.toml"
    policy.write_text(FILE)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "hardtack.cli", "shield", "--json", "--observe", "--policy", str(policy)]
    running = subprocess.Popen(
        [*command, "--port", str(port), "--upstream", f"http://127.0.0.1:{behind.port}"],
        env={"HARDTACK_SECRETS": SECRET, "PATH": ""},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        started = json.loads(running.stdout.readline())
        assert (started["event"], started["observe"]) == ("shield.started", True)

        def answers():
            try:
                return ask(port, "/", headers=FORWARDED).status == 200
            except OSError:
                return False

        wait_until(answers, what="the first answer")
    finally:
        running.terminate()
        out, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    assert "shield.observed" in out
