"""Events: names that never change, told to hooks and to `logging`, and nothing in them that must not leave."""

from __future__ import annotations

import ast
import logging
import re
from pathlib import Path

import pytest

import hardtack
from hardtack.sessions import EVENTS, Event
from hardtack.sessions.events import deliver, event_names

SOURCE = Path(hardtack.__file__).parent
NAME = re.compile(r"[a-z]+\.[a-z-]+")


def told_in(tree: ast.AST) -> set[str]:
    """The names that a module tells: in `Event(...)`, `event(...)`, `tell(...)`, or in a pair of name and fields."""
    texts: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("Event", "event", "tell"):
                texts.append(node.args[0])
        if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[1], ast.Dict):
            texts.append(node.elts[0])
    found = {leaf.value for text in texts for leaf in ast.walk(text) if isinstance(leaf, ast.Constant)}
    return {text for text in found if isinstance(text, str) and NAME.fullmatch(text)}


def test_every_event_that_is_told_is_declared_and_the_reverse():
    told: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        if "demo" not in path.parts:
            told |= told_in(ast.parse(path.read_text("utf-8")))
    assert told - set(EVENTS) == set()
    assert set(EVENTS) - told == set()


def test_every_event_has_a_name_of_two_words_and_a_sentence():
    assert event_names() == tuple(sorted(EVENTS))
    for name, sentence in EVENTS.items():
        assert NAME.fullmatch(name)
        assert sentence[0].isupper()
        assert sentence.endswith(".")


def test_an_event_that_nobody_declared_can_not_be_made():
    with pytest.raises(ValueError, match="add it to EVENTS"):
        Event("session.lost")


def test_events_reach_every_hook_and_the_log_as_structured_records(caplog):
    caplog.set_level("INFO", logger="hardtack")
    heard: list[Event] = []
    event = Event("twins.found", {"names": 6, "most": 2}, "HT-7K3F-9QX2")
    deliver([event], [heard.append, heard.append])
    assert heard == [event, event]
    record = caplog.records[0]
    assert record.name == "hardtack"
    assert record.getMessage() == "twins.found names=6 most=2"
    assert record.__dict__["hardtack_event"] == "twins.found"
    assert record.__dict__["hardtack_reference"] == "HT-7K3F-9QX2"
    assert (record.__dict__["hardtack_names"], record.__dict__["hardtack_most"]) == (6, 2)


def test_a_hook_that_fails_breaks_nothing_and_its_words_are_not_repeated(caplog):
    """Its exception may hold what the application gave it: only the class is told."""
    heard: list[Event] = []

    def broken(event: Event) -> None:
        raise RuntimeError("alice@example.com has no row")

    events = [Event("signed.in"), Event("signed.out")]
    deliver(events, [broken, heard.append])
    assert heard == events
    assert caplog.text.count("An event hook failed: RuntimeError") == 2
    assert "alice" not in caplog.text


def test_what_an_operator_should_look_at_is_a_warning_and_everyday_life_is_not(caplog):
    caplog.set_level("INFO", logger="hardtack")
    deliver([Event(name) for name in EVENTS], [])
    levels = {record.__dict__["hardtack_event"]: record.levelno for record in caplog.records}
    assert levels["session.refreshed"] == levels["signed.in"] == levels["twins.swept"] == logging.INFO
    assert levels["loop.broken"] == levels["refresh.unavailable"] == levels["writer.foreign"] == logging.WARNING
    assert set(levels) == set(EVENTS)


def test_who_does_not_listen_pays_for_no_record(caplog):
    caplog.set_level("ERROR", logger="hardtack")
    deliver([Event("loop.broken")], [])
    assert caplog.records == []
