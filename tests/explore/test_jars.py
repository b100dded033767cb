"""Jars as values: one object for one content, lifetimes that no history sees, and documents that scripts write."""

from __future__ import annotations

import pytest

from hardtack.explore.jars import Document, Jars, by_kind
from hardtack.explore.symbols import BEGINNING

URL = "https://app.example.com/"
YEAR = "Max-Age=31536000; Secure"
PREFIX = "CognitoIdentityServiceProvider.client"


@pytest.fixture
def jars() -> Jars:
    return Jars("chromium")


def stored(jars, *lines, jar=None, now=BEGINNING):
    return jars.store(jars.empty if jar is None else jar, URL, lines, now)


def test_equal_contents_are_one_object(jars):
    first = stored(jars, f"a=1; {YEAR}", f"b=2; {YEAR}")
    second = stored(jars, f"b=2; {YEAR}", jar=stored(jars, f"a=1; {YEAR}", now=BEGINNING + 5), now=BEGINNING + 9)
    assert first is second
    assert [cookie.name for cookie in first] == ["a", "b"]
    assert stored(jars) is jars.empty


def test_order_is_content(jars):
    assert stored(jars, f"a=1; {YEAR}", f"b=2; {YEAR}") is not stored(jars, f"b=2; {YEAR}", f"a=1; {YEAR}")


def test_the_order_of_different_names_makes_no_other_shape(jars):
    first, second = stored(jars, f"a=1; {YEAR}", f"b=2; {YEAR}"), stored(jars, f"b=2; {YEAR}", f"a=1; {YEAR}")
    assert first.shape.still == second.shape.still


def test_the_order_of_twins_does(jars):
    wide = f"a=wide; {YEAR}; Domain=example.com"
    first, second = stored(jars, wide, f"a=own; {YEAR}"), stored(jars, f"a=own; {YEAR}", wide)
    assert first.shape.still != second.shape.still
    assert jars.header(first, URL) == "a=wide; a=own"
    assert jars.view(second, URL) == "a=own; a=wide"


def test_a_kind_of_amplifys_is_one_whoever_it_is(jars):
    lines = [f"{PREFIX}.{user}.accessToken=x; {YEAR}" for user in ("alice", "bob")]
    assert stored(jars, *lines).shape.still == stored(jars, *reversed(lines)).shape.still
    texts = ["z=1", f"{PREFIX}.bob.b=1", f"{PREFIX}.alice.a=1"]
    assert by_kind(texts) == [*reversed(texts[1:]), "z=1"]


def test_an_hour_ends_what_is_short(jars):
    jar = stored(jars, f"long=1; {YEAR}", "short=1; Max-Age=900", "session=1")
    assert jar.has_short
    left = jars.an_hour_later(jar)
    assert [cookie.name for cookie in left] == ["long", "session"]
    assert not left.has_short
    assert jars.an_hour_later(left) is left


def test_clear_site_data_clears(jars):
    jar = stored(jars, f"a=1; {YEAR}")
    assert jars.clear_site_data(jar, URL, BEGINNING) is jars.empty


def test_a_value_is_replaced_and_ages_stay(jars):
    jar = stored(jars, f"a=1; {YEAR}", f"b=2; {YEAR}")
    changed = jars.with_value(jar, "a", "9")
    assert jars.header(changed, URL) == "a=9; b=2"
    assert jars.with_value(changed, "a", "1") is jar


def test_all_clocks_agree_to_the_second(jars):
    jar = stored(jars, f"{PREFIX}.alice.clockDrift=-1034; {YEAR}")
    assert jars.header(jar, URL).endswith("clockDrift=0")


def test_a_script_reads_what_it_wrote(jars):
    document = Document(jars, jars.empty, URL, BEGINNING)
    assert document.read() == ""
    assert document.jar is jars.empty
    document.write("a=1; max-age=31536000; secure")
    document.write("b=2; max-age=31536000; secure")
    assert document.read() == "a=1; b=2"
    assert document.written == 2
    assert document.jar is stored(jars, f"a=1; {YEAR}", f"b=2; {YEAR}")


def test_of_a_closed_tabs_writes_some_arrive(jars):
    document = Document(jars, jars.empty, URL, BEGINNING, most=1)
    for line in ("a=1", "b=2", "c=3"):
        document.write(line)
    assert document.read() == "a=1"
    assert document.written == 3


def test_a_jar_is_opened_as_the_browser_that_it_is():
    for engine in ("chromium", "firefox"):
        jars = Jars(engine)
        jar = stored(jars, f"a=1; {YEAR}")
        assert jars.close(jars.open(jar, BEGINNING), BEGINNING) is jar
