"""The live doctor looks at the example site: with its mistake, behind the shield, with hardtack.js, and set up rightly.

Rule: it is the command that is run, as on anybody's site; it knows of the site nothing but the address and a password.
Everything is on `*.hardtack.localhost`, as the example's README has it, so no browser has to be told whom to trust.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from hardtack.cli import main
from support.browser import chromium_path
from support.next.build import build
from support.next.runner import NONE, SCRIPT, SHIELD
from support.next.server import SetUp, served
from support.next.shields import BASE, free_port, policy_text, shielded
from support.next.stories import Row

pytestmark = [pytest.mark.browser, pytest.mark.pool]

PARENT = ".hardtack.localhost"
HOST = "app.hardtack.localhost"

BY_DESIGN = {
    "HT302",  # Amplify refreshes in the page, the site in its server action; the pool does not rotate, so nobody loses
    "HT504",  # the adapter's whole set is 4.8 kB in one response, with or without the shield's sweep beside it
    "HT601",  # Amplify's script has to read the tokens
    "HT602",  # they lie on the parent domain, as the site wants it
}
"""What is true of the site however well it is set up; all of it notes."""


@pytest.fixture
def examine(pool, tmp_path, monkeypatch, capsys):
    """Run the command against a deployment; its exit status and its JSON. The output knows no user and no token."""
    chromium_path()
    build()
    alice = pool.users[0]
    monkeypatch.setenv("HARDTACK_DOCTOR_PASSWORD", alice.password)

    @asynccontextmanager
    async def deployed(server, front):
        """The browser writes on the parent domain, the server in `server`; the port that leads there."""
        script = BASE if front == SCRIPT else None
        set_up = SetUp(client_domain=PARENT, server_domain=server, hardtack=script, acts_alone=True)
        async with AsyncExitStack() as stack:
            port = upstream = await stack.enter_async_context(served(set_up, pool, pool.client_id))
            if front != NONE:
                port, file = free_port(), tmp_path / "hardtack.toml"
                origin = f"http://{HOST}:{port}"
                row = Row(client=PARENT, server=server)
                file.write_text(policy_text(row, origin=origin, upstream=upstream, pool=pool, client_id=pool.client_id))
                await stack.enter_async_context(shielded(file, port))
            yield port

    async def run(server, front, options):
        async with deployed(server, front) as port:
            command = ["doctor", f"http://{HOST}:{port}/login", "--json", "--timeout=120", "--max-requests=600"]
            return await asyncio.to_thread(main, [*command, *options])

    def examined(*options, server=None, front=NONE):
        given = [f"--user={alice.username}" if each == "--user" else each for each in options]
        status = asyncio.run(run(server, front, given))
        shown = capsys.readouterr()
        for text in (shown.out, shown.err):
            assert alice.username not in text
            assert alice.password not in text
            assert "eyJ" not in text
        return status, json.loads(shown.out)

    return examined


def found(report, *severities):
    return {each["rule"] for each in report["findings"] if each["severity"] in severities}


def test_the_mistake_is_found_with_its_root_and_both_scopes(examine):
    status, report = examine("--sign-in", "--user")
    assert (status, report["verdict"]) == (1, "stuck")
    root = report["findings"][0]
    assert (root["rule"], root["confidence"]) == ("HT105", "certain")
    assert root["message"] == f"Script writes to {PARENT} /, the server to host-only {HOST} /."
    assert any("runtimeOptions" in each["code"] and PARENT in each["code"] for each in root["lines"])
    # two writers, twins, a sign-out that leaves one set of them, and the listener's loop on its revoked token
    assert found(report, "error") == {"HT105", "HT101", "HT201", "HT002", "HT005"}
    assert found(report, "warning") == set()
    assert found(report, "note") == BY_DESIGN


def test_the_site_by_itself_does_not_get_rid_of_planted_twins(examine):
    status, report = examine("--plant")
    assert status == 1
    assert "HT004" in found(report, "error")


@pytest.mark.parametrize("front", [SHIELD, SCRIPT])
def test_behind_the_shield_the_same_site_is_healthy_and_recovers_from_planted_twins(examine, front):
    status, report = examine("--sign-in", "--user", "--plant", front=front)
    assert found(report, "error", "warning") == set()
    assert (status, report["verdict"]) == (0, "healthy")
    assert found(report, "note") == BY_DESIGN
    assert {"HT002", "HT004", "HT005", "HT101", "HT105", "HT201"} <= set(report["checked"]["fine"])
    readable = next(each["message"] for each in report["findings"] if each["rule"] == "HT601")
    assert "hardtack" not in readable, "the script's own mark is no token"


def test_with_one_scope_on_both_sides_there_is_nothing_to_find(examine):
    status, report = examine("--sign-in", "--user", server=PARENT)
    assert found(report, "error", "warning") == set()
    assert (status, report["verdict"]) == (0, "healthy")
    assert found(report, "note") == BY_DESIGN
    assert {"HT002", "HT005", "HT101", "HT105", "HT201"} <= set(report["checked"]["fine"])
