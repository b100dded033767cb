"""The verdict and the line of progress, word by word."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO
from textwrap import dedent

import pytest

from hardtack.explore.telling.progress import Progress, progress_line, showing_progress
from hardtack.explore.telling.verdict import Outcome, PropertyOutcome, Summary, memory, print_verdict, tell_verdict
from support.histories import HOSTILE_TEXTS

P1 = PropertyOutcome("P1", "A correct sign-in is followed by a session that client and server both see.", Outcome.HOLDS)
P3 = PropertyOutcome("P3", "Every page load comes to rest.", Outcome.HOLDS)
CLEAN = Summary(
    "Hardtack, sealed cookies",
    184_220,
    1_203_411,
    41,
    38.2,
    1_250_000_000,
    ("Each fault at most once.", "At most 2 responses in flight."),
    ("The pool keeps its promises.",),
    (P1, P3),
)
PROGRESS = Progress(184_220, 9_312, 17, 4_823.4, 512_000_000)


def test_no_stuck_state_word_by_word():
    assert tell_verdict(CLEAN) == dedent("""\
        No stuck state: 184,220 states, 1,203,411 transitions, depth 41, 38.2 s (4,823 states/s, 1.2 GB).
        Explored: Hardtack, sealed cookies
          P1 holds    A correct sign-in is followed by a session that client and server both see.
          P3 holds    Every page load comes to rest.
        Bounds:
          · Each fault at most once.
          · At most 2 responses in flight.
        Assumptions:
          · The pool keeps its promises.
        """)


def test_a_violation_names_its_histories():
    broken = replace(P1, outcome=Outcome.VIOLATED, steps=7, written=("out/P1.html", "out/P1.json"))
    also = replace(P3, outcome=Outcome.VIOLATED, steps=1)
    told = tell_verdict(replace(CLEAN, properties=(broken, also), bounds=(), assumptions=()))
    assert told == dedent("""\
        Violated: P1, P3 · 184,220 states, 1,203,411 transitions, depth 41, 38.2 s (4,823 states/s, 1.2 GB).
        Explored: Hardtack, sealed cookies
          P1 violated A correct sign-in is followed by a session that client and server both see.
                      shortest history: 7 steps
                      → out/P1.html
                      → out/P1.json
          P3 violated Every page load comes to rest.
                      shortest history: 1 step
        """)


def test_a_stated_limit_is_no_violation_and_not_hidden():
    told = tell_verdict(replace(CLEAN, properties=(P1, replace(P3, outcome=Outcome.LIMIT, steps=4))))
    assert told.startswith("No stuck state beyond the stated limits of P3: 184,220 states")
    assert "\n  P3 limit    Every page load comes to rest.\n              shortest history: 4 steps\n" in told


def test_a_search_that_was_stopped_says_of_nothing_that_it_holds():
    stopped = replace(CLEAN, stopped="The memory bound of 2 GB was reached.")
    told = tell_verdict(stopped)
    assert told.startswith("No stuck state so far: ")
    assert "\nStopped early: The memory bound of 2 GB was reached. What lies beyond is not known.\n" in told
    assert "holds" not in told
    assert "\n  P1 open     A correct" in told
    limited = replace(stopped, properties=(replace(P1, outcome=Outcome.LIMIT),))
    assert tell_verdict(limited).startswith("No stuck state so far beyond the stated limits of P1: ")


def test_a_search_that_found_something_and_was_stopped_says_both():
    told = tell_verdict(replace(CLEAN, stopped="Interrupted.", properties=(replace(P1, outcome=Outcome.VIOLATED),)))
    assert told.startswith("Violated: P1 · ")
    assert "\nStopped early: Interrupted. What lies" in told
    assert "\n  P1 violated " in told


def test_a_search_that_took_no_time_has_no_rate():
    assert CLEAN.states_per_second == pytest.approx(4822.5, abs=0.1)
    assert replace(CLEAN, seconds=0.0).states_per_second == 0
    assert "depth 0, 0.0 s (0 states/s, 12 B)." in tell_verdict(Summary("t", 0, 0, 0, 0.0, 12))


def test_long_sentences_hang_under_their_property():
    assert "\n  P1 holds    A correct sign-in is followed by a\n              session that client and server\n" in (
        tell_verdict(CLEAN, width=48)
    )


@pytest.mark.parametrize(
    ("size", "told"),
    [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (87_000_000, "87 MB"), (2e9, "2.0 GB"), (1.2e13, "12,000 GB")],
)
def test_memory_in_units_that_people_know(size, told):
    assert memory(size) == told


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_hostile_texts_stay_text(text):
    one = PropertyOutcome(text, text, Outcome.VIOLATED, 1, (text,))
    told = tell_verdict(Summary(text, 1, 1, 1, 1.0, 1, (text,), (text,), (one,), text))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066\u200b\ufeff\ud800-\udfff]", told)


def test_a_terminal_gets_colours_and_the_same_words(terminal):
    print_verdict(CLEAN, terminal)
    shown = terminal.getvalue()
    assert "\x1b[1;32mNo stuck state\x1b[0m" in shown
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown) == tell_verdict(CLEAN, width=80)


def test_a_file_gets_it_plain():
    paper = StringIO()
    print_verdict(CLEAN, paper)
    assert paper.getvalue() == tell_verdict(CLEAN)


def test_the_line_of_progress_word_by_word():
    assert progress_line(PROGRESS).plain == "184,220 states  9,312 ahead  depth 17  4,823 states/s  512 MB"
    bounded = replace(PROGRESS, memory_bound=2_000_000_000)
    assert progress_line(bounded).plain.endswith("  512 MB of 2.0 GB")


def test_memory_that_runs_short_is_seen():
    def colours(progress):
        return {str(span.style) for span in progress_line(progress).spans}

    assert "bold yellow" in colours(replace(PROGRESS, memory_bound=600_000_000))
    assert "bold yellow" not in colours(replace(PROGRESS, memory_bound=700_000_000))


def test_progress_is_shown_on_a_terminal_and_goes_away(terminal):
    with showing_progress(terminal) as show:
        show(PROGRESS)
    shown = terminal.getvalue()
    assert "184,220" in shown
    assert "\x1b[2K" in shown.rpartition("MB")[2]  # the line is wiped at the end


def test_a_log_is_told_nothing_before_the_verdict():
    paper = StringIO()
    with showing_progress(paper) as show:
        show(PROGRESS)
    assert paper.getvalue() == ""
