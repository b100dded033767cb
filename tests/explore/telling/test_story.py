"""The story for the terminal: word by word for a small history, and proof against what texts may hold."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from io import StringIO
from textwrap import dedent

import pytest

from hardtack.explore.telling.paper import plain
from hardtack.explore.telling.story import print_story, story_lines, tell_story
from hardtack.explore.trace import JarEntry, Moment, Trace, Violation
from support.histories import CROWDED, EMPTY, HOSTILE_TEXTS, QUIET, STORM, STUCK, hostile

ANSI = re.compile(r"\x1b\[[0-9;]*m")
WIDE = JarEntry("t", "accessToken", ".example.com /", "example.com", "1", "alice, fresh", session=1)
NARROW = JarEntry("t", "accessToken", "host-only /", "app.example.com", "2", "bob, fresh", session=2)
OWN = JarEntry("o", "__Host-own", "host-only /", "app.example.com", "o", "a mark", http_only=True)

SMALL = Trace(
    "two writers",
    (
        Moment("begin", {}, "", "", "Nothing has happened yet."),
        Moment("sign-in", {}, "tab 1", "pool", "Alice signs in.", ("Script writes.",), (WIDE,), "alice", "alice"),
        Moment("load", {}, "tab 1", "server", "A page is loaded.", jar=(WIDE,), client="alice", server="alice"),
        Moment("plant", {}, "sibling", "tab 1", "A sibling plants bob.", (), (WIDE, NARROW, OWN), "alice", "bob"),
        Moment("load", {}, "tab 1", "", "The page is loaded again.", (), (NARROW,), "bob", "bob", settled=True),
    ),
    Violation("P5", "Client and server agree on who is signed in.", "One page shows two people.", "Alice and bob."),
    probe_from=4,
    loop_from=2,
)


def test_a_small_story_word_by_word():
    assert tell_story(SMALL) == dedent("""\
        P5 does not hold
        Client and server agree on who is signed in.
        What it means for a person: One page shows two people.
        Seen here: Alice and bob.
        Explored: two writers
        4 steps, the last 1 of them a probe, going round for ever from step 2.

           0  Nothing has happened yet.

           1  Alice signs in.  [tab 1 → pool]
                · Script writes.
              the jar, 1 in it:
              +   accessToken  .example.com /  alice, fresh
              who is signed in: script sees alice, the server sees alice

        The circle begins here.

           2  A page is loaded.  [tab 1 → server]

           3  A sibling plants bob.  [sibling → tab 1]
              the jar, 3 in it, twins joined, with who reads which:
                ┌ accessToken  .example.com /  script: alice, fresh
              + └ accessToken  host-only /     server: bob, fresh
              +   __Host-own   host-only /             a mark (HttpOnly)
              who is signed in: script sees alice, the server sees bob (they disagree; nothing is settled yet)

        From here on a person does the right thing:

           4  The page is loaded again.  [tab 1]
              the jar, 1 in it:
                  accessToken  host-only /     bob, fresh
              -   accessToken  .example.com /  alice, fresh
              -   __Host-own   host-only /     a mark (HttpOnly)
              who is signed in: script sees bob, the server sees bob

        … and from here it begins again at step 2.

        P5 does not hold: Client and server agree on who is signed in.
        Seen here: Alice and bob.
        """)


def test_a_jar_that_did_not_change_is_not_told_again():
    told = tell_story(STUCK)
    assert told.count("the jar, ") == 6
    assert told.count("the jar, 12 in it, twins joined") == 3


def test_a_jar_that_is_there_at_the_beginning_is_told_once():
    told = tell_story(STORM)
    assert told.count("the jar, 6 in it:") == 1
    assert told.index("the jar, 6") < told.index("   1  ")
    assert told.index("The circle begins here.") < told.index("   1  ")


def test_three_twins_are_joined_by_one_bracket():
    told = tell_story(CROWDED)
    assert re.search(r"┌ LastAuthUser.*nobody: .*\n.*│ LastAuthUser.*script: .*\n.*└ LastAuthUser.*server: ", told)


def test_a_story_that_violates_nothing_says_so():
    told = tell_story(QUIET)
    assert told.startswith("Hardtack, sealed cookies\n2 steps.\n")
    assert "the jar, empty now:" in told
    assert told.endswith("\nNothing is violated here.\n")
    assert tell_story(EMPTY) == "nothing\n0 steps.\n\nNothing is violated here.\n"


def test_what_was_not_seen_is_not_told():
    told = tell_story(replace(STORM, violation=replace(STORM.violation, detail=""), loop_from=0))
    assert "Seen here" not in told
    assert "begins again at the beginning." in told


def test_sentences_keep_to_the_width_and_hang_under_their_number():
    told = tell_story(STUCK, width=60)
    sentences = [line for line in told.splitlines() if not re.match(r" {6}[-+~ ] ", line) and "the jar" not in line]
    assert max(len(line) for line in sentences if "[" not in line and "signed in:" not in line) <= 61
    assert "\n        · Script deletes the six cookies on .example.com.\n          The host-only ones stay.\n" in told


def test_a_terminal_too_narrow_for_words_breaks_lines_by_itself():
    assert tell_story(STUCK, width=1) == tell_story(STUCK, width=40)


def test_no_line_ends_in_spaces():
    assert not re.search(r" $", tell_story(STUCK), re.MULTILINE)


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_hostile_texts_stay_text(text):
    told = tell_story(hostile(text))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066\u200b\ufeff\ud800-\udfff]", told)
    told.encode()


def test_a_terminal_gets_colours_and_the_same_words(terminal):
    print_story(STUCK, terminal)
    shown = terminal.getvalue()
    assert ANSI.search(shown)
    assert [line.rstrip() for line in ANSI.sub("", shown).splitlines()] == tell_story(STUCK, width=80).splitlines()


def test_nothing_in_a_story_is_markup(terminal):
    print_story(hostile("[bold red]markup[/] :smile:"), terminal)
    assert ANSI.sub("", terminal.getvalue()).count("[bold red]markup[/] :smile:") > 30


def test_a_file_gets_it_plain():
    paper = StringIO()
    print_story(STUCK, paper)
    assert paper.getvalue() == tell_story(STUCK)


def test_standard_output_is_where_it_goes(capsys):
    print_story(QUIET)
    assert capsys.readouterr().out == tell_story(QUIET)


def test_without_rich_it_is_plain(monkeypatch, terminal):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    print_story(STUCK, terminal)
    assert terminal.getvalue() == tell_story(STUCK)


def test_the_spans_are_the_text():
    assert plain(story_lines(SMALL)) == tell_story(SMALL)
