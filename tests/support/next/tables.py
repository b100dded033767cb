"""The matrices as tables to read: what a run has seen, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from support.next.cures import MOST_NAVIGATIONS, STORM, Cure
from support.next.stories import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SEEN: Final[dict[tuple[str, str], dict[str, Any]]] = {}
"""By browser and front what this process has seen."""

_ERRORS: Final = {"DONE": "ok", "UnexpectedSignInInterruptionException": "UnexpectedSignIn…"}


def printed() -> Iterator[str]:
    """Every matrix of this run, as lines."""
    for (browser, front), rows in SEEN.items():
        yield ""
        if front.endswith("-storm"):
            yield f"{browser}, {front}: refreshes that {STORM} calls for the session cost"
            yield from _table([(name, _shown(seen)) for name, seen in rows.items()])
        else:
            yield f"{browser}, front: {front}"
            yield from _table(_lines(rows))


def _lines(rows: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    failing = any(isinstance(seen, Failure) for seen in rows.values())
    if failing:
        head = (
            "client > server",
            "left by sign-out",
            "then seen",
            "sign-in",
            "after a server's look",
            "with the listener",
        )
    else:
        head = (
            "client > server",
            "comes to rest",
            "sign-in",
            "then seen",
            "a refresh on the server",
            "left by sign-out",
            "living twins",
            "left by their sign-out",
        )
    return [head, *((name, *_cells(seen, len(head) - 1)) for name, seen in rows.items())]


def _cells(seen: Any, width: int) -> Sequence[str]:
    if isinstance(seen, Failure):
        looked = f"{_scopes(seen.after_server)}, then {_error(seen.sign_in_then)}" if seen.residue else "-"
        loop = f"loop: {seen.loads} pages, {seen.refused} refused" if seen.rest == "loop" else f"rests on {seen.rest}"
        both = seen.client_after if seen.client_after == seen.server_after else "client or server"
        return (_scopes(seen.residue), both, _error(seen.sign_in[-1]), looked, loop)
    if isinstance(seen, Cure):
        rest = {"elsewhere": "guidance"}.get(seen.rest, seen.rest)
        return (
            f"{rest}, {seen.loads} pages",
            _error(seen.sign_in),
            seen.client if seen.client == seen.server else f"{seen.client}/{seen.server}",
            f"{seen.refresh}, {_scopes(seen.refreshed)}",
            _left(seen.left, seen.pages_left),
            "none" if len(seen.twins) == 1 else f"gone {_after(seen.pages_twins)}",
            _left(seen.living_left, seen.pages_living_left),
        )
    return (_shown(seen), *[""] * (width - 1))


def _left(scopes: Mapping[str, int], pages: int | None) -> str:
    return f"{_scopes(scopes)}, gone {_after(pages)}" if scopes else "none"


def _after(pages: int | None) -> str:
    """How long something stays, counted in page loads."""
    if pages is None:
        return f"never in {MOST_NAVIGATIONS} page loads"
    return f"after {pages} page load" + ("s" if pages > 1 else "")


def _scopes(scopes: Mapping[str, int]) -> str:
    return " + ".join(f"{count} on {scope}" for scope, count in scopes.items()) or "none"


def _error(name: str) -> str:
    return _ERRORS.get(name, name)


def _shown(seen: Any) -> str:
    return f"{type(seen).__name__}: {seen}" if isinstance(seen, Exception) else str(seen)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    for row in rows:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
