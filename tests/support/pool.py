"""The embedded user pool as pytest fixtures. In a conftest.py: `from support.pool import embedded_pool, pool`.

One instance serves a whole worker process (0.7 s to start), on a free port of its own; `pool` hands it to a test in its
seeded state, with the clock right and every fault off (2 ms). Each conftest.py that imports the fixture makes one of
its own for pytest, and there can be only one pool a process, so they share what is kept here.
"""

from __future__ import annotations

import atexit
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from hardtack.demo.pool import EmbeddedPool

if TYPE_CHECKING:
    import httpx2

__all__ = ["ask", "embedded_pool", "pool", "sign_in"]

TARGET = "AWSCognitoIdentityProviderService."


@cache
def _of_this_process() -> EmbeddedPool:
    started = EmbeddedPool().start()
    atexit.register(started.stop)
    return started


@pytest.fixture(scope="session")
def embedded_pool() -> EmbeddedPool:
    return _of_this_process()


@pytest.fixture
def pool(embedded_pool: EmbeddedPool) -> EmbeddedPool:
    embedded_pool.reset()
    return embedded_pool


def ask(http: httpx2.Client, operation: str, **data: Any) -> httpx2.Response:
    """Call an operation as a browser or a back end does: unsigned JSON over POST."""
    headers = {"x-amz-target": TARGET + operation, "content-type": "application/x-amz-json-1.1"}
    return http.post("/", json=data, headers=headers)


def sign_in(http: httpx2.Client, pool: EmbeddedPool, username: str = "alice") -> dict[str, Any]:
    """The AuthenticationResult of a sign-in by password, for a seeded user."""
    password = next(each.password for each in pool.users if each.username == username)
    answer = ask(
        http,
        "InitiateAuth",
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId=pool.client_id,
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )
    result: dict[str, Any] = answer.json()["AuthenticationResult"]
    return result
