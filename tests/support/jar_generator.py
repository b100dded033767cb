"""Random histories, the same for the same seed: cookies that differ in everything that may matter, and little else.

Names, values, hosts and paths are few, so that cookies meet each other. A third of the histories stay among the pages
of one site; a third write over and over again the twins of one name; a third go between two sites, with frames,
fetches, forms and redirects.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from support.jar_histories import Operation

_SITE: Final = ("example.test", "app.example.test", "sib.example.test", "a.app.example.test")
_OTHERS: Final = ("other.test", "www.other.test")
_PATHS: Final = ("/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/b")
_NAMES: Final = ("x", "x", "x", "x", "y", "X", "__Host-x", "__Secure-x", "__Http-x", "__Host-Http-x")
_VALUES: Final = ("", "1", "2", "3", "4", "a=b", '"q"', "a b", "a,b")
_ODD_PAIRS: Final = ("x", "bare", "=nn", "=", "=a=b", " x = 5 ", "x\t=6", "x=7\t7", "=__Host-x=1", "ö=ü")
_LARGE: Final = (1_000, 4_095, 4_096)
_GONE: Final = (
    "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "Expires=Thu, 01-Jan-70 00:00:00 GMT",
    "Max-Age=0",
    "Max-Age=-1",
)
_LIFETIMES: Final = (
    "Expires=Fri, 31 Dec 2038 23:59:59 GMT", "Expires=bogus", "Max-Age=1000", "Max-Age=x", "Max-Age=1.5", "Max-Age=+5",
    "Max-Age=+0", "Max-Age=99999999999999999999", "Max-Age=-99999999999999999999",
)  # fmt: skip
_DOMAINS: Final = ("", "test", "EXAMPLE.test", ".example.test", "example.test", "example.test.", ".", "other.test")


def history(seed: int) -> list[Operation]:
    """The operations of one history."""
    return _History(random.Random(seed)).operations()  # noqa: S311  the same history for the same seed


class _History:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def operations(self) -> list[Operation]:
        chance = self._chance
        kind = chance.choice(("one site", "twins", "two sites"))
        if kind == "one site":
            steps = [self._write() for _ in range(chance.randint(2, 9))]
            return [*steps, self._get(), self._get()]
        if kind == "twins":
            return [step for _ in range(chance.randint(3, 6)) for step in self._twins()]
        steps = [
            chance.choice((self._write, self._go, self._fetch, self._frame))() for _ in range(chance.randint(3, 7))
        ]
        return [self._set(), *steps, self._get()]

    def _twins(self) -> list[Operation]:
        """Some writing of one name, and a look."""
        chance = self._chance
        steps: list[Operation] = []
        for _ in range(chance.randint(1, 3)):
            host = chance.choice(("app.example.test", "app.example.test", "example.test"))
            address = ["https" if chance.random() < 0.8 else "http", host, chance.choice(("/", "/a"))]
            lines = [self._twin(host) for _ in range(chance.choice((1, 1, 2)))]
            steps.append(["set", *address, lines] if chance.random() < 0.5 else ["js", *address, lines[0]])
        scheme = "https" if chance.random() < 0.8 else "http"
        return [*steps, ["get", scheme, "app.example.test", chance.choice(("/", "/a"))]]

    def _twin(self, host: str) -> str:
        chance = self._chance
        domains = ["", "", "; Domain=example.test", *([f"; Domain={host}"] if host != "example.test" else [])]
        flags = [flag for flag, share in (("; Secure", 0.3), ("; HttpOnly", 0.15)) if chance.random() < share]
        if chance.random() < 0.1:
            flags = ["; Secure; Partitioned"]
        ends = "; Expires=Thu, 01 Jan 1970 00:00:00 GMT" if chance.random() < 0.12 else ""
        path = chance.choice(("; Path=/", "; Path=/", "; Path=/", "; Path=/a", ""))
        return f"x={chance.choice('123')}{path}{chance.choice(domains)}{''.join(flags)}{ends}"

    def _write(self) -> Operation:
        return self._set() if self._chance.random() < 2 / 3 else self._js()

    def _set(self) -> Operation:
        address = self._address()
        return ["set", *address, [self.line(address[1]) for _ in range(self._chance.choice((1, 1, 2, 3)))]]

    def _js(self) -> Operation:
        address = self._address()
        return ["js", *address, self.line(address[1])]

    def _get(self) -> Operation:
        return ["get", *self._address()]

    def _go(self) -> Operation:
        chance = self._chance
        page = self._page()
        posts = page[0] == "https" and chance.random() < 0.4
        # A form on https that posts to http is held up by a warning, so there posting stays with https.
        hops = self._hops(only_https=posts)
        return ["go", [] if chance.random() < 0.2 else [page], "POST" if posts else "GET", hops]

    def _fetch(self) -> Operation:
        pages, hops = self._nested(3)
        return ["fetch", pages, self._chance.choice(("GET", "GET", "POST")), hops]

    def _frame(self) -> Operation:
        pages, hops = self._nested(2)
        text = self.line(hops[-1][2]) if self._chance.random() < 0.5 else ""
        return ["frame", pages, text, hops]

    def _nested(self, most: int) -> tuple[list[list[str]], list[list[Any]]]:
        """Pages within each other: below https everything is https, else it is blocked as mixed content."""
        pages = [self._page() for _ in range(self._chance.choice((1, 1, *range(1, most + 1))))]
        for number, page in enumerate(pages):
            if any(one[0] == "https" for one in pages[:number]):
                page[0] = "https"
        return pages, self._hops(only_https=any(page[0] == "https" for page in pages))

    def _hops(self, *, only_https: bool) -> list[list[Any]]:
        chance = self._chance
        hops: list[list[Any]] = []
        for left in reversed(range(chance.choice((1, 1, 1, 2, 2, 3)))):
            scheme, host, path = self._address(others=0.3)
            scheme = "https" if only_https or any(hop[1] == "https" for hop in hops) else scheme
            lines = [self.line(host) for _ in range(chance.choice((0, 1, 1, 2)))]
            status = chance.choice((302, 303, 307)) if left else 200
            hops.append([status, scheme, host, path, lines, chance.random() < 0.1])
        return hops

    def _page(self) -> list[str]:
        return list(self._address(others=0.5)[:2])

    def _address(self, *, others: float = 0.0) -> tuple[str, str, str]:
        chance = self._chance
        host = chance.choice(_OTHERS if chance.random() < others else _SITE)
        return "https" if chance.random() < 0.75 else "http", host, chance.choice(_PATHS)

    def line(self, host: str) -> str:
        """A Set-Cookie line, or an assignment to `document.cookie`."""
        chance = self._chance
        name = chance.choice(_NAMES)
        pair = chance.choice(_ODD_PAIRS) if chance.random() < 0.08 else f"{name}={chance.choice(_VALUES)}"
        if chance.random() < 0.02:
            pair = "x=" + "v" * (chance.choice(_LARGE))
        attributes = [one for one in (self._domain(host), self._path(), *self._lifetime()) if one is not None]
        if chance.random() < (0.7 if name.startswith("__") else 0.35):
            attributes.append("Secure")
        if chance.random() < 0.3:
            attributes.append("HttpOnly")
        if chance.random() < 0.4:
            attributes += chance.choice(
                (["SameSite=Lax"], ["SameSite=Strict"], ["SameSite=None", "Secure"], ["SameSite=no"])
            )
        if chance.random() < 0.15:
            attributes += ["Partitioned", *chance.choice(([], ["Secure"], ["Secure", "SameSite=None"]))]
        chance.shuffle(attributes)
        return "; ".join((pair, *attributes))

    def _domain(self, host: str) -> str | None:
        chance = self._chance
        if chance.random() < 0.55:
            return None
        labels = host.split(".")
        above = [".".join(labels[start:]) for start in range(len(labels) - 1)]
        return f"Domain={chance.choice(above) if chance.random() < 0.7 else chance.choice(_DOMAINS)}"

    def _path(self) -> str | None:
        chance = self._chance
        if chance.random() < 0.35:
            return None
        return f"Path={chance.choice(('/', '/', '/', *_PATHS, '', 'x', '/' + 'p' * 1_023, '/' + 'p' * 1_024))}"

    def _lifetime(self) -> list[str]:
        chance = self._chance
        if chance.random() < 0.7:
            return []
        return [chance.choice(_GONE if chance.random() < 0.5 else _LIFETIMES) for _ in range(chance.choice((1, 1, 2)))]
