"""What the tests of the wire share: both clients, and a pool that really checks."""

from __future__ import annotations

import pytest

from support.both_clients import KINDS, Clients
from support.ministack_server import serve


@pytest.fixture(params=KINDS)
def clients(request):
    """Makes clients, of the one kind and then of the other."""
    made = Clients(request.param)
    yield made
    made.close()


@pytest.fixture(scope="session")
def ministack(tmp_path_factory):
    """The emulated user pool service."""
    yield from serve(tmp_path_factory.mktemp("ministack"))
