"""The two shells: alike to their users, and what each adds to a flow."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import subprocess
import sys
import threading

import httpx2
import pytest

from hardtack.cognito import (
    AsyncCognitoClient,
    CognitoClient,
    CognitoRefused,
    CognitoUnavailable,
    Limits,
    Reason,
    UserPool,
    signing_in,
    srp,
)
from support.by_hand import JSON_TYPE, POOL, TOKENS
from support.hostile_server import hostile, stays_silent

OPERATIONS = [
    "sign_in",
    "initiate_auth",
    "respond_to_auth_challenge",
    "refresh",
    "get_user",
    "revoke_token",
    "global_sign_out",
    "sign_up",
    "confirm_sign_up",
    "resend_confirmation_code",
    "forgot_password",
    "confirm_forgot_password",
]


def respond(request):
    return httpx2.Response(200, headers=JSON_TYPE, content=json.dumps({"AuthenticationResult": TOKENS}).encode())


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_method_reads_like_one_written_by_hand(name):
    blocking, awaiting = getattr(CognitoClient, name), getattr(AsyncCognitoClient, name)
    assert inspect.signature(blocking) == inspect.signature(awaiting)
    assert next(iter(inspect.signature(blocking).parameters)) == "self"
    assert "Flow[" not in str(inspect.signature(blocking))
    assert blocking.__doc__ == awaiting.__doc__
    assert blocking.__doc__.strip()
    assert inspect.iscoroutinefunction(awaiting)
    assert not inspect.iscoroutinefunction(blocking)


def test_both_have_every_operation_and_no_other():
    public = {name for name in vars(CognitoClient) if not name.startswith("_")}
    assert public == {name for name in vars(AsyncCognitoClient) if not name.startswith("_")} == set(OPERATIONS)


def test_a_client_serves_over_an_http_client_of_the_users(clients):
    seen = []

    def handler(request):
        seen.append(request)
        return respond(request)

    client = clients(POOL, handler=handler)
    assert client.refresh("r").access_token == "a.b.c"
    assert client.pool is POOL
    (request,) = seen
    assert request.method == "POST"
    assert str(request.url) == "https://cognito-idp.eu-west-1.amazonaws.com/"
    assert request.extensions["timeout"] == {"connect": 2.0, "read": 5.0, "write": 5.0, "pool": 2.0}


def test_the_blocking_client_closes_its_own_connections_and_leaves_yours():
    http = httpx2.Client(transport=httpx2.MockTransport(respond))
    with CognitoClient(POOL, http=http) as client:
        client.refresh("r")
    assert not http.is_closed
    http.close()
    with CognitoClient(POOL) as client:
        own = client._transport._http
    assert own.is_closed


def test_the_awaiting_client_closes_its_own_connections_and_leaves_yours():
    async def story():
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(respond))
        async with AsyncCognitoClient(POOL, http=http) as client:
            await client.refresh("r")
        assert not http.is_closed
        await http.aclose()
        async with AsyncCognitoClient(POOL) as client:
            own = client._transport._http
        assert own.is_closed

    asyncio.run(story())


def test_arithmetic_is_done_off_the_event_loop(clients, monkeypatch):
    where = []

    def opened(random_bytes):
        where.append(threading.current_thread())
        return srp.Opening(secret=1, public=2)

    monkeypatch.setattr(signing_in.srp, "open_exchange", opened)
    clients(POOL, handler=respond).sign_in("amy", "pw")
    assert (where[0] is threading.main_thread()) == (clients.kind == "blocking")


def test_a_cancelled_call_stops_at_once():
    async def story(url):
        async with AsyncCognitoClient(UserPool("eu-west-1_Ab12Cd34E", "c", endpoint=url)) as client:
            call = asyncio.create_task(client.refresh("r"))
            assert await asyncio.to_thread(server.arrived.wait, 10)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    with hostile(stays_silent) as server:
        asyncio.run(asyncio.wait_for(story(server.url), timeout=15))
        assert server.requests == 1


def test_the_awaiting_client_keeps_its_budget_to_the_letter():
    """Even against headers that come byte by byte, each just in time."""

    def drip_headers(server, connection):
        server.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
        while not server.ending.wait(0.05):
            connection.sendall(b"x")

    async def story(url):
        pool = UserPool("eu-west-1_Ab12Cd34E", "c", endpoint=url)
        async with AsyncCognitoClient(pool, limits=Limits(budget=0.5)) as client:
            with pytest.raises(CognitoUnavailable) as raised:
                await client.refresh("r")
            assert raised.value.reason is Reason.TIMEOUT

    with hostile(drip_headers) as server:
        asyncio.run(asyncio.wait_for(story(server.url), timeout=15))


def test_calls_share_a_client_without_meeting(clients):
    """Each thread, or task, gets the answer to its own question."""

    def echo(request):
        asked = json.loads(request.content)["RefreshToken"]
        result = {"AccessToken": f"for-{asked}", "ExpiresIn": 300}
        return httpx2.Response(200, headers=JSON_TYPE, content=json.dumps({"AuthenticationResult": result}).encode())

    got = {}
    if clients.kind == "blocking":
        client = clients(POOL, handler=echo)
        threads = [
            threading.Thread(target=lambda n=n: got.__setitem__(n, client.refresh(f"r{n}").access_token))
            for n in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    else:

        async def story():
            async with (
                httpx2.AsyncClient(transport=httpx2.MockTransport(echo)) as http,
                AsyncCognitoClient(POOL, http=http) as client,
            ):
                for n, tokens in enumerate(await asyncio.gather(*(client.refresh(f"r{n}") for n in range(20)))):
                    got[n] = tokens.access_token

        asyncio.run(story())
    assert got == {n: f"for-r{n}" for n in range(20)}


def test_an_error_says_what_and_why_but_not_who(clients, caplog):
    """Cognito's own message may repeat what was typed; it goes no further."""

    def refuse(request):
        said = {"__type": "NotAuthorizedException", "message": "hidden-name hidden-password hidden-token"}
        return httpx2.Response(400, headers=JSON_TYPE, content=json.dumps(said).encode())

    client = clients(POOL, handler=refuse)
    with caplog.at_level(logging.DEBUG), pytest.raises(CognitoRefused) as raised:
        client.sign_in("hidden-name", "hidden-password", flow="USER_PASSWORD_AUTH")
    error = raised.value
    shown = " ".join([str(error), repr(error), repr(vars(error)), error.hint, caplog.text])
    assert "hidden" not in shown
    assert error.__cause__ is None
    assert str(error) == (
        "The user pool refused InitiateAuth (NotAuthorizedException): "
        "what was presented is not, or no longer, good. Sign in again."
    )


def test_importing_loads_no_http_library():
    code = (
        "import sys, hardtack.cognito as c; "
        "heavy = {'httpx2', 'httpcore2', 'gmpy2', 'botocore'}; "
        "assert not heavy & set(sys.modules), heavy & set(sys.modules); "
        "c.CognitoClient(c.UserPool('eu-west-1_Ab12', 'c')).close(); "
        "assert 'httpx2' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
