"""Shorthand for histories that are written by hand: whole sets in a jar, and steps in a line."""

from __future__ import annotations

from typing import Any

PARENT = ".example.test /"
HOST_ONLY = "host-only /"

Rows = list[list[str]]


def step(kind: str, jar: Rows | None = None, **arguments: Any) -> dict[str, Any]:
    """A step, and the jar after it."""
    return {"kind": kind, **arguments, **({} if jar is None else {"jar": jar})}


def cookies(scope: str, user: str, access: str, refresh: str | None = None, *, but: tuple[str, ...] = ()) -> Rows:
    """The six cookies of a set, as Amplify has just written them.

    Args:
        scope: where.
        user: whose.
        access: the symbol of the access and the ID token.
        refresh: of the refresh token, where it is an older one.
        but: suffixes that are missing.
    """
    rows = [
        ["LastAuthUser", scope, user],
        [f"{user}.accessToken", scope, access],
        [f"{user}.idToken", scope, access],
        [f"{user}.refreshToken", scope, refresh or access],
        [f"{user}.signInDetails", scope, user],
        [f"{user}.clockDrift", scope, "0"],
    ]
    return [row for row in rows if row[0].rpartition(".")[2] not in but]


def refreshed(scope: str, user: str, access: str, refresh: str | None = None) -> Rows:
    """A set whose tokens were written anew over an older one: in Chromium what changed moves behind what did not."""
    moved = ("accessToken", "idToken", *(() if refresh else ("refreshToken",)))
    rows = cookies(scope, user, access, refresh)
    stays = [row for row in rows if row[0].rpartition(".")[2] not in moved]
    return [*stays, *(row for row in rows if row not in stays)]
