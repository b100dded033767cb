"""The jar against recordings of the real browsers: every header and every `document.cookie`, order included.

Recorded with Chromium 156 and Firefox 153 ESR. `support.jar_histories` tells what a line of the recordings means. The
histories are random, so they also hold many a rule that nobody thought of writing down. Those named `pages` were made
by `scripts/record_jar.py`: one in three goes between two sites, with frames, fetches, forms and redirects.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.cookies import BrowserJar, CookieHeader, SetCookie
from hardtack.cookies.dialects import CHROMIUM, FIREFOX, RFC6265BIS
from hardtack.cookies.jar import _DIALECTS
from support.jar_generator import history
from support.jar_histories import replay, ticking

FOLDER = Path(__file__).parents[1] / "fixtures" / "jar"
RECORDED_AT = 1_795_000_000.0  # November 2026, between the expiry dates that the histories use
RECORDINGS = [("chromium", "", 1011), ("firefox", "", 474), ("chromium", "-pages", 900), ("firefox", "-pages", 616)]


@cache
def _histories(engine: str, kind: str = "") -> list[tuple[int, list, list]]:
    with gzip.open(FOLDER / f"{engine}{kind}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _replay(engine: str, operations: list, *, restore: bool = False) -> list:
    return replay(engine, operations, clock=ticking(RECORDED_AT), restore=restore)


@pytest.mark.parametrize(("engine", "kind", "count"), RECORDINGS)
def test_the_model_agrees_with_the_browser_on_every_history(engine, kind, count):
    histories = _histories(engine, kind)
    assert len(histories) == count
    differing = [seed for seed, operations, seen in histories if _replay(engine, operations) != seen]
    assert differing == []


@pytest.mark.parametrize(("engine", "kind", "count"), RECORDINGS)
def test_so_does_a_jar_that_is_made_anew_of_its_snapshot_after_every_operation(engine, kind, count):
    histories = _histories(engine, kind)
    differing = [seed for seed, operations, seen in histories if _replay(engine, operations, restore=True) != seen]
    assert (len(histories), differing) == (count, [])


DIFFERENCES = [
    (engine, trait.name)
    for engine, dialect in (("chromium", CHROMIUM), ("firefox", FIREFOX))
    for trait in fields(dialect)
    if trait.metadata["known"] == "recorded" and getattr(dialect, trait.name) != trait.default
]


@pytest.mark.parametrize(("engine", "trait"), DIFFERENCES)
def test_each_difference_that_is_said_to_be_recorded_is(engine, trait, monkeypatch):
    """As the standard has it, the model would see something else in some history."""
    standard = {trait: getattr(RFC6265BIS, trait)}
    monkeypatch.setitem(_DIALECTS, engine, replace(_DIALECTS[engine], **standard))
    histories = [history for kind in ("", "-pages") for history in _histories(engine, kind)]
    assert any(_replay(engine, operations) != seen for _, operations, seen in histories)


@given(st.sampled_from(sorted(_DIALECTS)), st.integers(min_value=0, max_value=2**32))
@settings(deadline=None)
def test_on_any_history_a_jar_and_one_made_of_its_snapshots_see_the_same(engine, seed):
    operations = history(seed)
    assert _replay(engine, operations) == _replay(engine, operations, restore=True)


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
