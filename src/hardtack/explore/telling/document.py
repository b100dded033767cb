"""A history for programs, and back: what `--json` writes and a replay reads.

Rule: keys are added, never renamed or taken away, within one schema's number. `trace_of(trace_document(trace))` is the
trace again, through JSON as well, as long as its arguments and facts are what JSON can say (a tuple in them comes back
as a list). A document may come from anywhere: it is read key by key, and the first thing that is wrong ends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from hardtack.errors import Blame, HardtackError
from hardtack.explore.trace import JarEntry, Moment, Trace, Violation

if TYPE_CHECKING:
    from hardtack.explore.telling.verdict import Summary

__all__ = ["SCHEMA_ID", "SUMMARY_SCHEMA_ID", "TraceDocumentError", "summary_document", "trace_document", "trace_of"]

SCHEMA_ID: Final = "hardtack-trace/1"
SUMMARY_SCHEMA_ID: Final = "hardtack-explore/1"


class TraceDocumentError(HardtackError):
    """Something that is said to be a history, and is none."""

    code: ClassVar[str] = "explore.trace"
    blame: ClassVar[Blame] = Blame.CONFIGURATION

    def __init__(self, why: str) -> None:
        super().__init__(
            f"This is not a history that `hardtack explore` wrote: {why}.",
            hint="Let it be written again, with --json, by the same release.",
        )


def trace_document(trace: Trace) -> dict[str, Any]:
    """The history as JSON can say it.

    Args:
        trace: what happened.

    Raises:
        TypeError: an argument or a fact that JSON can't say.
    """
    return {
        "schema": SCHEMA_ID,
        "title": trace.title,
        "violation": None if trace.violation is None else _fields(trace.violation),
        "probe_from": trace.probe_from,
        "loop_from": trace.loop_from,
        "facts": _plain(trace.facts),
        "moments": [
            {
                **_fields(moment),
                "arguments": _plain(moment.arguments),
                "notes": list(moment.notes),
                "jar": [_fields(entry) for entry in moment.jar],
            }
            for moment in trace.moments
        ],
    }


def trace_of(document: Any) -> Trace:
    """The history that a document tells.

    Args:
        document: what `trace_document` made, perhaps by way of JSON.

    Raises:
        TraceDocumentError: it is anything else.
    """
    found = _mapping(document, "the document")
    if found.get("schema") != SCHEMA_ID:
        raise TraceDocumentError(f"its schema is not {SCHEMA_ID}")
    moments = tuple(_moment(each) for each in _list(found, "moments"))
    violation = found.get("violation")
    return Trace(
        _text(found, "title"),
        moments,
        None if violation is None else _violation(violation),
        _index(found, "probe_from", len(moments)),
        _index(found, "loop_from", len(moments)),
        _mapping(found.get("facts"), "facts"),
    )


def summary_document(summary: Summary) -> dict[str, Any]:
    """A verdict as JSON can say it.

    Args:
        summary: what an exploration came to.
    """
    told = {"schema": SUMMARY_SCHEMA_ID, **asdict(summary), "complete": summary.complete}
    return cast("dict[str, Any]", _plain(told))


def _fields(value: JarEntry | Moment | Violation) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _plain(value: Any) -> Any:
    """The value in dictionaries with text for keys, lists, texts, numbers, truths and nothing."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in cast("list[Any]", value)]
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in cast("Mapping[Any, Any]", value).items()}
    raise TypeError(f"JSON can't say a {type(value).__name__}.")


def _moment(value: Any) -> Moment:
    found = _mapping(value, "a moment")
    notes = _list(found, "notes")
    if not all(isinstance(note, str) for note in notes):
        raise TraceDocumentError("a note of a moment is not a text")
    return Moment(
        _text(found, "kind"),
        _mapping(found.get("arguments"), "arguments"),
        _text(found, "actor"),
        _text(found, "target"),
        _text(found, "sentence"),
        tuple(notes),
        tuple(_entry(each) for each in _list(found, "jar")),
        _text(found, "client"),
        _text(found, "server"),
        _truth(found, "settled"),
    )


def _entry(value: Any) -> JarEntry:
    found = _mapping(value, "a cookie")
    session = found.get("session")
    if not _is_number(session):
        raise TraceDocumentError("session is not a number")
    texts = (_text(found, key) for key in ("name", "label", "scope", "host", "value", "meaning"))
    return JarEntry(*texts, http_only=_truth(found, "http_only"), session=cast("int", session))


def _violation(value: Any) -> Violation:
    found = _mapping(value, "violation")
    return Violation(*(_text(found, key) for key in ("id", "sentence", "meaning", "detail")))


def _mapping(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TraceDocumentError(f"{what} is not an object")
    return cast("dict[str, Any]", value)


def _list(found: dict[str, Any], key: str) -> list[Any]:
    value = found.get(key)
    if not isinstance(value, list):
        raise TraceDocumentError(f"{key} is not a list")
    return cast("list[Any]", value)


def _text(found: dict[str, Any], key: str) -> str:
    value = found.get(key)
    if not isinstance(value, str):
        raise TraceDocumentError(f"{key} is not a text")
    return value


def _truth(found: dict[str, Any], key: str) -> bool:
    value = found.get(key)
    if not isinstance(value, bool):
        raise TraceDocumentError(f"{key} is neither true nor false")
    return value


def _index(found: dict[str, Any], key: str, count: int) -> int | None:
    value = found.get(key)
    if value is None:
        return None
    if not _is_number(value) or not 0 <= value < count:
        raise TraceDocumentError(f"{key} is not the index of a moment")
    return cast("int", value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
