"""Reading a Cookie header: Hardtack beside Starlette, Django and Werkzeug, on a full Amplify header.

Everybody starts from the bytes of the wire and decodes them as it does in its own framework. The libraries take turns
and the best of many rounds counts, so that a busy machine slows all of them or none. Run as `python bench/parsing.py`.
"""

from __future__ import annotations

import base64
import random
import timeit
import uuid
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from django.http.cookie import parse_cookie as parse_with_django
from starlette.requests import cookie_parser as parse_with_starlette
from werkzeug.http import parse_cookie as parse_with_werkzeug

from hardtack.cookies import CookieHeader

if TYPE_CHECKING:
    from collections.abc import Callable, Sized

ROUNDS = 20
CALLS = 300  # in one measurement
GOAL = 1.2  # times Starlette's rate, twins kept
PEER = "Starlette"


class Row(NamedTuple):
    """One library on one header."""

    case: str
    library: str
    microseconds: float
    ratio: float  # of its rate to Starlette's
    kept: int  # cookies of the header that the result still holds
    sent: int


def amplify_header(*, twins: bool) -> bytes:
    """Six cookies of one sign-in as Amplify writes them, some 4.7 KB; with twins, each of them twice."""
    source = random.Random(7)  # noqa: S311  only the lengths matter
    user = uuid.UUID(int=source.getrandbits(128))
    client = "".join(source.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=26))
    prefix = f"CognitoIdentityServiceProvider.{client}"

    def token(size: int) -> str:
        return base64.urlsafe_b64encode(source.randbytes(size)).decode().rstrip("=")

    cookies = [f"{prefix}.LastAuthUser={user}"]
    sizes = {"accessToken": 800, "idToken": 850, "refreshToken": 1300, "clockDrift": 2, "signInDetails": 90}
    cookies += [f"{prefix}.{user}.{suffix}={token(size)}" for suffix, size in sizes.items()]
    return "; ".join(cookies * 2 if twins else cookies).encode()


def _parsers() -> dict[str, Callable[[bytes], Sized]]:
    return {
        PEER: lambda raw: parse_with_starlette(raw.decode("latin-1")),
        "Django": lambda raw: parse_with_django(raw.decode("latin-1")),
        "Werkzeug": lambda raw: parse_with_werkzeug(raw.decode("latin-1")),
        "Hardtack": CookieHeader.parse,
        "Hardtack, twins()": lambda raw: _with_twins(CookieHeader.parse(raw)),
    }


def _with_twins(header: CookieHeader) -> CookieHeader:
    header.twins()
    return header


def _kept(parsed: Sized) -> int:
    """How many cookies a result holds; Werkzeug's MultiDict counts names in its length and keeps the rest beside."""
    values = getattr(parsed, "lists", None)
    return sum(len(found) for _, found in values()) if values else len(parsed)


def run() -> list[Row]:
    """Measure everybody on both headers."""
    rows: list[Row] = []
    parsers = _parsers()
    for case, twins in (("6 cookies", False), ("6 cookies, each with a twin", True)):
        raw = amplify_header(twins=twins)
        best = dict.fromkeys(parsers, float("inf"))
        for _ in range(ROUNDS):
            for library, parse in parsers.items():
                best[library] = min(
                    best[library], min(timeit.repeat(partial(parse, raw), number=CALLS, repeat=3)) / CALLS
                )
        rows += [
            Row(case, library, best[library] * 1e6, best[PEER] / best[library], _kept(parse(raw)), raw.count(b";") + 1)
            for library, parse in parsers.items()
        ]
    return rows


def main() -> None:
    """Print the table and how it stands against the goal."""
    rows = run()
    print(f"{'header':30}{'library':20}{'µs':>8}{f'vs {PEER}':>14}{'kept':>10}")
    for row in rows:
        print(f"{row.case:30}{row.library:20}{row.microseconds:8.2f}{row.ratio:14.2f}{row.kept:>7}/{row.sent}")
    worst = min(row.ratio for row in rows if row.library == "Hardtack")
    print(f"\nHardtack reads at {worst:.2f} times {PEER}'s rate or better, twins kept; the goal is {GOAL}.")


if __name__ == "__main__":
    main()
