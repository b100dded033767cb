"""The public jar: the model of the cookie layer with the real time, and nothing heavy behind its import."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

import hardtack.testing
from hardtack import cookies
from hardtack.testing import BrowserJar, CookieScope, RequestContext

APP = "https://app.example.test/"


def test_without_a_clock_it_goes_by_the_real_one():
    before = time.time()
    jar = BrowserJar()
    jar.store_response(APP, ["x=1; Max-Age=60"])
    (cookie,) = jar
    assert before <= cookie.created <= time.time()
    assert cookie.expires == cookie.created + 60


def test_it_tells_what_it_holds():
    jar = BrowserJar("firefox", clock=lambda: 1_700_000_000)
    jar.store_response(APP, ["x=1; Domain=example.test; Path=/app; Secure; SameSite=Lax; Max-Age=60"])
    jar.set_document_cookie(APP, "y=2")
    assert [(cookie.name, cookie.value, cookie.scope, cookie.host) for cookie in jar] == [
        ("x", "1", CookieScope("example.test", "/app"), "example.test"),
        ("y", "2", CookieScope(), "app.example.test"),
    ]
    assert [(cookie.secure, cookie.http_only, cookie.same_site, cookie.expires) for cookie in jar] == [
        (True, False, "Lax", 1_700_000_060),
        (False, False, None, None),
    ]


def test_a_restored_one_is_as_public_and_goes_by_the_real_clock_too():
    jar = BrowserJar("firefox")
    jar.store_response(APP, ["x=1"])
    again = BrowserJar.restored(jar.snapshot(), "firefox")
    assert isinstance(again, BrowserJar)
    assert again.cookie_header(APP) == "x=1"


def test_it_is_the_one_model_and_takes_contexts():
    jar = BrowserJar(clock=lambda: 1_700_000_000)
    assert isinstance(jar, cookies.BrowserJar)
    jar.store_response(APP, ["x=1; SameSite=Strict", "y=1; SameSite=Lax"])
    assert jar.cookie_header(APP, context=RequestContext.link("https://other.test/")) == "y=1"


def test_who_wants_a_jar_loads_no_http_library():
    program = "import sys, hardtack.testing; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "hardtack.cookies.jar" in loaded
    assert {"httpx2", "hardtack.sessions", "hardtack.tokens", "cryptography"}.isdisjoint(loaded)


def test_what_is_public_is_there_and_a_typo_is_not():
    names = hardtack.testing.__all__
    assert sorted(names, key=str.lower) == sorted(set(names), key=str.lower)
    assert all(hasattr(hardtack.testing, name) for name in names)
    with pytest.raises(AttributeError, match="no attribute 'BrowserJam'"):
        hardtack.testing.BrowserJam  # noqa: B018  asking is the deed
