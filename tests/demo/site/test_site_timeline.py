"""The timeline keeps the latest, in order, and knows what is new."""

from __future__ import annotations

import threading

from hardtack.demo.site.timeline import Entry, Timeline
from hardtack.sessions import EVENTS, Event


def test_entries_are_numbered_and_only_the_new_ones_are_told():
    timeline = Timeline()
    timeline.add("plant.hour")
    timeline.hear(Event("session.refreshed", {"policy": "x"}, "HT-1"))
    assert [entry.name for entry in timeline.after(0)] == ["plant.hour", "session.refreshed"]
    assert [(entry.number, entry.reference) for entry in timeline.after(1)] == [(2, "HT-1")]
    assert timeline.after(2) == ()


def test_it_is_bounded_and_goes_on_counting():
    timeline = Timeline()
    for _ in range(1_000):
        timeline.add("load", path="/")
    entries = timeline.after(0)
    assert len(entries) == 200
    assert entries[-1].number == 1_000


def test_threads_never_share_a_number():
    timeline = Timeline()

    def add():
        for _ in range(20):
            timeline.add("load")

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.number for entry in timeline.after(0)] == list(range(1, 161))


def test_every_event_has_a_tone_and_what_hurts_is_not_told_as_good():
    tones = {name: Entry(1, 0.0, name).tone for name in EVENTS}
    assert set(tones.values()) == {"good", "warning", "bad", "info"}
    assert {tones[name] for name in ("refresh.refused", "loop.broken", "session.dead")} == {"bad"}
    assert {tones[name] for name in ("signed.in", "session.refreshed", "twins.swept")} == {"good"}
    assert Entry(1, 0.0, "plant.hour").tone == "plant"
    assert Entry(1, 0.0, "load").tone == "load"
