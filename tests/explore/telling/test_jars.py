"""Who is whose twin, who reads which, and what a step did to the jar."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hardtack.explore.telling.jars import Change, Place, changed, disagree, jar_steps, page_host, signed_in
from hardtack.explore.trace import JarEntry, Moment, Trace
from support.histories import CROWDED, EMPTY, HOST, STORM, STUCK

WIDE = JarEntry("n", "n", ".example.com /", "example.com", "1", "old")
NARROW = JarEntry("n", "n", "host-only /", "app.example.com", "2", "new")


def history(*jars, host=HOST):
    moments = tuple(Moment("step", {}, "tab 1", "", "Something happens.", jar=tuple(jar)) for jar in jars)
    return Trace("t", moments, facts={"host": host} if host else {})


def last(*jars, host=HOST):
    return jar_steps(history(*jars, host=host))[-1]


def told(rows):
    return [(row.entry.meaning, row.change.value, row.twin, row.read_by) for row in rows]


def test_of_twins_script_reads_the_first_and_the_server_the_last():
    assert told(last([WIDE, NARROW])) == [("old", " ", True, "script"), ("new", " ", True, "server")]


def test_a_lone_cookie_is_read_by_both():
    assert told(last([WIDE])) == [("old", " ", False, "script and server")]


def test_script_never_reads_what_is_http_only():
    hidden = replace(WIDE, http_only=True)
    assert told(last([hidden, NARROW])) == [("old", " ", True, ""), ("new", " ", True, "script and server")]
    assert told(last([hidden])) == [("old", " ", False, "server")]


def test_the_one_in_the_middle_is_read_by_nobody():
    third = replace(WIDE, scope=".app.example.com /", host="app.example.com", meaning="third")
    assert [row.read_by for row in last([WIDE, NARROW, third])] == ["script", "", "server"]


def test_a_cookie_on_a_path_is_a_twin_and_not_read_on_the_root():
    deep = replace(NARROW, scope="host-only /login", meaning="deep")
    assert told(last([deep, WIDE])) == [("deep", " ", True, ""), ("old", " ", True, "script and server")]


def test_a_partitioned_cookie_is_read_as_well():
    assert told(last([replace(NARROW, scope="host-only / partitioned")])) == [("new", " ", False, "script and server")]


def test_cookies_of_two_hosts_are_no_twins_until_one_covers_the_other():
    other = replace(NARROW, host="www.example.com", meaning="other")
    assert told(last([NARROW, other])) == [("new", " ", False, "script and server"), ("other", " ", False, "")]
    assert [row.twin for row in last([NARROW, other, WIDE])] == [True, True, True]


@pytest.mark.parametrize("host", [".example.com", "example.com"])
def test_a_domain_may_be_written_with_its_dot(host):
    assert [row.twin for row in last([replace(WIDE, host=host), NARROW])] == [True, True]


def test_a_step_adds_removes_and_changes():
    newer = replace(WIDE, value="3", meaning="newer")
    (was, added), (first, gone) = jar_steps(history([WIDE], [WIDE, NARROW], [newer]))[1:]
    assert (was.change, added.change) == (Change.KEPT, Change.ADDED)
    assert (first.change, first.before, first.twin) == (Change.CHANGED, WIDE, False)
    assert (gone.change, gone.entry, gone.read_by) == (Change.REMOVED, NARROW, "")


def test_cookies_of_a_label_stand_together_and_the_removed_one_last():
    another = replace(WIDE, name="m", label="m", meaning="another")
    rows = last([WIDE, another, NARROW], [another, NARROW])
    assert [(row.entry.meaning, row.change.value) for row in rows] == [("another", " "), ("new", " "), ("old", "-")]


def test_what_is_there_at_the_beginning_was_not_added():
    assert not changed(jar_steps(STORM)[0])
    assert not jar_steps(EMPTY)


def test_the_page_is_of_the_host_that_the_facts_name():
    assert page_host(STUCK) == HOST
    assert page_host(replace(CROWDED, facts={})) == HOST  # the longest that a cookie is kept for
    assert page_host(replace(CROWDED, facts={"host": 7})) == HOST
    assert page_host(EMPTY) == ""


def test_a_place_says_whose_it_is():
    assert Place("host-only /", "app.example.com").whose == "app.example.com alone"
    assert Place(".example.com /", "example.com").whose == "example.com and all below it"


def test_who_is_seen_and_whether_they_agree():
    assert [signed_in(name) for name in ("alice", "")] == ["alice", "nobody"]
    assert [disagree(moment) for moment in STUCK.moments[-4:]] == [False, True, True, True]
