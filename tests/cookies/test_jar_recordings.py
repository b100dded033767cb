"""The jar against recordings of the real browsers: 1,485 histories, every header and every `document.cookie`.

Recorded with Chromium 156 and Firefox 153 ESR. A line is `[seed, operations, observations]`; what the operations mean
is told by `_replay`. The histories are random, so they also hold many a rule that nobody thought of writing down.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from hardtack.cookies import BrowserJar, CookieHeader, SetCookie
from hardtack.cookies.jar import _DIALECTS

FOLDER = Path(__file__).parents[1] / "fixtures" / "jar"
RECORDED_AT = 1_795_000_000.0  # November 2026, between the expiry dates that the histories use


def _histories(engine: str) -> list[tuple[int, list, list]]:
    with gzip.open(FOLDER / f"{engine}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _replay(engine: str, operations: list) -> list[list[str | None]]:
    jar = BrowserJar(engine, clock=lambda: RECORDED_AT)
    seen = []
    for operation, scheme, host, path, *argument in operations:
        url = f"{scheme}://{host}{path}"
        if operation == "set":
            jar.store_response(url, argument[0])
        elif operation == "js":
            jar.set_document_cookie(url, argument[0])
        else:
            seen.append([jar.cookie_header(url), jar.document_cookie(url)])
    return seen


@pytest.mark.parametrize(("engine", "count"), [("chromium", 1011), ("firefox", 474)])
def test_the_model_agrees_with_the_browser_on_every_history(engine, count):
    histories = _histories(engine)
    assert len(histories) == count
    differing = [seed for seed, operations, seen in histories if _replay(engine, operations) != seen]
    assert differing == []


@pytest.mark.parametrize("engine", ["chromium", "firefox"])
def test_the_standard_alone_would_not_have_done(engine):
    differing = [seed for seed, operations, seen in _histories(engine) if _replay("rfc6265bis", operations) != seen]
    assert len(differing) > 30


@pytest.mark.parametrize("engine", ["chromium", "firefox"])
def test_every_header_that_a_browser_sent_reads_and_writes_the_same(engine):
    headers = {header for _, _, seen in _histories(engine) for header, _ in seen if header}
    assert len(headers) > 100
    for header in headers:
        pairs = CookieHeader.parse(header).pairs
        assert "; ".join(f"{name}={value}" if name else value for name, value in pairs) == header


def test_set_cookie_reads_no_line_that_chromium_then_would_not_store():
    """What `SetCookie.parse` returns is stored by its jar as it was read; what it ignores is stored by none."""
    lines = {
        line
        for _, operations, _ in _histories("chromium")
        for operation, *_, argument in operations
        if operation == "set"
        for line in argument
    }
    assert len(lines) > 2000
    for line in lines:
        cookie = SetCookie.parse(line)
        refused = cookie is None or cookie.domain == "test" or _is_over(cookie)
        host = "app.example.test" if refused or cookie.domain is None else cookie.domain
        jar = BrowserJar("chromium", clock=lambda: RECORDED_AT)
        jar.store_response(f"https://{host}/dir/page", [line])
        stored = [
            (kept.name, kept.value, kept.scope.domain, kept.secure, kept.http_only, kept.same_site) for kept in jar
        ]
        if refused:
            assert stored == []
        else:
            domain = cookie.domain
            assert stored == [(cookie.name, cookie.value, domain, cookie.secure, cookie.http_only, cookie.same_site)]


def _is_over(cookie: SetCookie) -> bool:
    return cookie.is_deletion or (cookie.max_age is None and (cookie.expires or RECORDED_AT + 1) <= RECORDED_AT)


def test_every_engine_has_its_dialect():
    assert set(_DIALECTS) == {"chromium", "firefox", "rfc6265bis"}
