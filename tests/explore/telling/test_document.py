"""The document for programs: the same history comes back, and nothing else is taken for one."""

from __future__ import annotations

import json
from copy import deepcopy
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.explore.telling.document import (
    SCHEMA_ID,
    SUMMARY_SCHEMA_ID,
    TraceDocumentError,
    summary_document,
    trace_document,
    trace_of,
)
from hardtack.explore.telling.verdict import Outcome, PropertyOutcome, Summary
from hardtack.explore.trace import JarEntry, Moment, Trace, Violation
from support.histories import CROWDED, EMPTY, HOSTILE_TEXTS, QUIET, STORM, STUCK, hostile

TEXT = st.text(st.characters(codec=None), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
ARGUMENTS = st.dictionaries(TEXT, JSON, max_size=3)
ENTRIES = st.builds(JarEntry, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, http_only=st.booleans(), session=st.integers())
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
MOMENTS = st.builds(
    Moment,
    TEXT,
    ARGUMENTS,
    TEXT,
    TEXT,
    TEXT,
    TEXTS,
    st.lists(ENTRIES, max_size=3).map(tuple),
    TEXT,
    TEXT,
    st.booleans(),
)
VIOLATIONS = st.none() | st.builds(Violation, TEXT, TEXT, TEXT, TEXT)


@st.composite
def traces(draw):
    moments = tuple(draw(st.lists(MOMENTS, max_size=4)))
    index = st.none() | st.integers(0, len(moments) - 1) if moments else st.none()
    return Trace(draw(TEXT), moments, draw(VIOLATIONS), draw(index), draw(index), draw(ARGUMENTS))


@given(traces())
def test_a_history_comes_back_as_it_was(trace):
    assert trace_of(trace_document(trace)) == trace
    assert trace_of(json.loads(json.dumps(trace_document(trace)))) == trace


@pytest.mark.parametrize("trace", [STUCK, STORM, QUIET, CROWDED, EMPTY, *map(hostile, HOSTILE_TEXTS)])
def test_written_histories_come_back_too(trace):
    assert trace_of(json.loads(json.dumps(trace_document(trace)))) == trace


def test_its_keys_are_those_of_version_one():
    document = trace_document(STUCK)
    assert document["schema"] == SCHEMA_ID == "hardtack-trace/1"
    assert list(document) == ["schema", "title", "violation", "probe_from", "loop_from", "facts", "moments"]
    assert list(document["violation"]) == ["id", "sentence", "meaning", "detail"]
    assert list(document["moments"][0]) == [
        *("kind", "arguments", "actor", "target", "sentence", "notes", "jar", "client", "server", "settled")
    ]
    assert list(document["moments"][1]["jar"][0]) == [
        *("name", "label", "scope", "host", "value", "meaning", "http_only", "session")
    ]
    assert [document["probe_from"], document["loop_from"]] == [7, 7]


def test_a_tuple_becomes_a_list_and_an_enumeration_its_text():
    class Kind(StrEnum):
        LOAD = "load"

    moment = Moment("load", {"at": (1, (Kind.LOAD, None))}, "", "", "")
    document = trace_document(Trace("t", (moment,), facts={"kind": Kind.LOAD}))
    assert document["moments"][0]["arguments"] == {"at": [1, ["load", None]]}
    assert type(document["facts"]["kind"]) is str


def test_what_json_cannot_say_is_refused_when_it_is_written():
    with pytest.raises(TypeError, match="a set"):
        trace_document(Trace("t", (), facts={"what": {1}}))


def spoilt(*path, value):
    document = deepcopy(trace_document(STUCK))
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ([], "the document is not an object"),
        ({}, "its schema is not hardtack-trace/1"),
        (spoilt("schema", value="hardtack-trace/2"), "its schema is not"),
        (spoilt("title", value=None), "title is not a text"),
        (spoilt("moments", value={}), "moments is not a list"),
        (spoilt("moments", 0, value=1), "a moment is not an object"),
        (spoilt("moments", 0, "arguments", value=[]), "arguments is not an object"),
        (spoilt("moments", 0, "notes", value="text"), "notes is not a list"),
        (spoilt("moments", 0, "notes", value=[1]), "a note of a moment is not a text"),
        (spoilt("moments", 0, "settled", value=1), "settled is neither true nor false"),
        (spoilt("moments", 1, "jar", 0, value="cookie"), "a cookie is not an object"),
        (spoilt("moments", 1, "jar", 0, "session", value=True), "session is not a number"),
        (spoilt("moments", 1, "jar", 0, "meaning", value=2), "meaning is not a text"),
        (spoilt("violation", value="P1"), "violation is not an object"),
        (spoilt("facts", value=None), "facts is not an object"),
        (spoilt("probe_from", value=10), "probe_from is not the index of a moment"),
        (spoilt("loop_from", value=-1), "loop_from is not the index of a moment"),
        (spoilt("loop_from", value=False), "loop_from is not the index of a moment"),
    ],
)
def test_the_first_thing_that_is_wrong_is_named(document, why):
    with pytest.raises(TraceDocumentError, match=why) as raised:
        trace_of(document)
    assert raised.value.code == "explore.trace"
    assert raised.value.hint


@given(JSON)
def test_anything_else_is_refused_and_never_breaks(value):
    with pytest.raises(TraceDocumentError):
        trace_of(value)


def test_a_verdict_for_programs():
    one = PropertyOutcome("P1", "It holds.", Outcome.VIOLATED, 7, ("P1.html",))
    summary = Summary("t", 4, 9, 3, 2.0, 1000, ("b",), ("a",), (one,), stopped="Enough.")
    document = json.loads(json.dumps(summary_document(summary)))
    assert document == {
        "schema": SUMMARY_SCHEMA_ID,
        "title": "t",
        "states": 4,
        "transitions": 9,
        "depth": 3,
        "seconds": 2.0,
        "peak_bytes": 1000,
        "bounds": ["b"],
        "assumptions": ["a"],
        "properties": [
            {"id": "P1", "sentence": "It holds.", "outcome": "violated", "steps": 7, "written": ["P1.html"]}
        ],
        "stopped": "Enough.",
        "complete": False,
    }
