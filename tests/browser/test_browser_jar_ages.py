"""How long a cookie without SameSite goes along with a form that another site posts, in a real Chromium.

Rule: for two minutes after its creation, which is too long for a test. A flag of Chromium's makes them 10 seconds.
"""

from __future__ import annotations

import time

import pytest

from support.jar_browsers import chromium
from support.jar_histories import record

pytestmark = pytest.mark.browser

APP, OTHER = ["https", "app.example.test"], ["https", "other.test"]
YOUNG = 10.0
SET = ["set", *APP, "/", ["x=1"]]
POST = ["go", [OTHER], "POST", [[200, *APP, "/", [], False]]]
LINK = ["go", [OTHER], "GET", [[200, *APP, "/", [], False]]]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    flag = "--enable-features=ShortLaxAllowUnsafeThreshold"
    with chromium(tmp_path_factory.mktemp("home"), flag) as (browser, origin):
        yield browser, origin


def test_a_cookie_without_same_site_is_posted_from_elsewhere_only_while_it_is_young(running):
    browser, origin = running
    assert record(browser, origin, [SET, POST]) == [[["x=1"], "x=1"]]
    time.sleep(YOUNG + 0.5)
    assert record(browser, origin, [POST, LINK]) == [[[None], "x=1"], [["x=1"], "x=1"]]
    # The same value again leaves it as old as it is; a new one makes a new cookie of it.
    assert record(browser, origin, [SET, POST]) == [[[None], "x=1"]]
    assert record(browser, origin, [["set", *APP, "/", ["x=2"]], POST]) == [[["x=2"], "x=2"]]
