"""What a piece of a state says once the names of its tokens, people and moments are taken out.

Rule: two states are one if they differ in nothing but names: which sign-in came first is told by its number, and no
code can tell by it. So every text is cut into what stands still and what is a name; the key of a state (see
`hardtack.explore.keys`) numbers the names in the order in which they occur. What is sealed is opened, and what is
hashed is traced back to what was hashed, since both hold names.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from hardtack.explore.symbols import MADE, PEOPLE, open_seal, read_token

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Name", "Shape", "shape_of", "shape_of_texts"]

_MOST_KNOWN: Final = 400_000
_DEPTH: Final = 6  # seals within hashes within seals: deeper than anything that is written

_ABOUT_SIGN_INS: Final = ("binding:", "adopted:")  # purposes of seals whose moments say when somebody signed in

_NAMES: Final = re.compile(
    r"(?P<token>e30\.[A-Za-z0-9_-]+\.s)"
    r"|(?P<refresh>refresh-origin\d+-\d+-[a-z]+)"
    r"|(?P<sign_in>origin\d+)(?:\.(?P<set>\d+)\.(?P<use>[ai]))?"
    rf"|(?P<person>(?:(?:sub-)?\b|%22)(?:{'|'.join(PEOPLE)})\b)"  # in signInDetails behind an encoded quote
    r"|(?P<moment>[@!]?17\d{8})"  # with a sign: one that is kept beside cookies, when something was asked, or will end
    r"|(?P<date>(?i:expires)=[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} (?!1970)\d{4} [\d:]{8} GMT)"  # a lifetime of a year
    r"|(?P<tag>(?<=hardtack-session-)[0-9a-f]{6}(?=[ab][0-7]))"  # of a sign-in, in the names of sealed sets
    r"|(?P<set_id>\b[0-9a-f]{12}(?=\.\d\.v))"  # of a sealed set, made of what is in it
    r"|(?P<hash>\b[0-9a-f]{24}\b|\b[0-9a-f]{12}\b|\b[0-9a-z]{5,7}\b)"
    r"|(?P<seal>\bv[A-Za-z0-9_-]{12,})"
)

_CLAIMS: Final = re.compile(r"\b0000-[0-9a-z]{5,7}\b")


class Name(NamedTuple):
    """A name in a text.

    Attributes:
        kind: `s` for a sign-in, `g` for a token generation of it, `r` for one by its refresh token, `h` for one that is
            only told of (by a hash or an identifier), `p` for a person; of moments `t` for one at which somebody signed
            in, `i` for one at which a token was issued, `d` for a deadline, `m` for any other.
        what: which one, as this process calls it.
        of: the sign-in of a generation or of a token's moment; empty otherwise.
    """

    kind: str
    what: str | int
    of: str = ""


class Shape:
    """What stands still, as 8 bytes of hash, and the names between.

    Attributes:
        still: the hash, of where which name stands as well.
        names: the names, each once, in the order in which they occur first.
        auth_times: those of them that say when somebody signed in, epoch seconds.
        issued: those that say when a token was issued, as (sign-in, epoch seconds).
        sets: those that are token generations themselves, as (sign-in, generation).
        refreshes: those of them of which the refresh token is there.
        sign_ins: those that are sign-ins.
        claims: of script's, on what a sign-in wrote, as this process calls them.
    """

    __slots__ = ("auth_times", "claims", "issued", "names", "refreshes", "sets", "sign_ins", "still")

    def __init__(self, still: Iterable[bytes], names: Iterable[Name], claims: frozenset[str]) -> None:
        places: dict[Name, int] = {}
        order = [places.setdefault(name, len(places)) for name in names]
        self.still = hashlib.blake2b(b"".join(still) + repr(order).encode(), digest_size=8).digest()
        self.names = names = tuple(places)
        self.auth_times = frozenset(int(name.what) for name in names if name.kind == "t")
        self.issued = frozenset((name.of, int(name.what)) for name in names if name.kind == "i")
        self.sets = frozenset((name.of, int(name.what)) for name in names if name.kind in "gr")
        self.refreshes = frozenset((name.of, int(name.what)) for name in names if name.kind == "r")
        self.sign_ins = frozenset(str(name.what) for name in names if name.kind == "s")
        self.claims = claims


def shape_of_texts(*texts: str) -> Shape:
    """The shape of several texts in their order."""
    shapes = [shape_of(text) for text in texts]
    claims = frozenset[str]().union(*[shape.claims for shape in shapes])
    return Shape([shape.still for shape in shapes], [name for shape in shapes for name in shape.names], claims)


@lru_cache(maxsize=_MOST_KNOWN)
def shape_of(text: str) -> Shape:
    """The shape of one text."""
    still: list[str] = []
    names: list[Name] = []
    _cut(text, still, names, _DEPTH)
    return Shape(["\x1f".join(still).encode()], names, frozenset(_CLAIMS.findall(text)))


def _cut(
    text: str, still: list[str], names: list[Name], depth: int, moments: str = "t", *, hashed: bool = False
) -> None:
    end = 0
    for found in _NAMES.finditer(text):
        still.append(text[end : found.start()])
        end = found.end()
        _name(found, still, names, depth, moments, hashed=hashed)
    still.append(text[end:])


def _name(  # noqa: C901, PLR0912 -- one case a kind of name
    found: re.Match[str], still: list[str], names: list[Name], depth: int, moments: str, *, hashed: bool
) -> None:
    whole = found[0]
    match found.lastgroup:
        case "token" | "refresh":
            token = read_token(whole)
            if token is None:
                still.append(whole)
                return
            still.append(f"\x1e{token.use}")
            if hashed:  # whoever compares it does so with the token, which says the rest
                names.append(Name("h", token.generation, token.session))
                return
            kind = "r" if found.lastgroup == "refresh" else "g"
            names += (Name("p", token.user), Name("s", token.session), Name(kind, token.generation, token.session))
            if token.issued_at:
                names += (Name("i", token.issued_at, token.session), Name("t", token.auth_time))
        case "sign_in" | "use":
            names.append(Name("s", found["sign_in"]))
            if found["set"]:
                still.append(f"\x1e{found['use']}")
                names.append(Name("h", int(found["set"]), found["sign_in"]))
        case "person":
            still.append("\x1esub" if whole.startswith("sub-") else "\x1ename")
            names.append(Name("p", whole.removeprefix("sub-").removeprefix("%22")))
        case "moment":
            names.append(Name({"@": "m", "!": "d"}.get(whole[0], moments), int(whole.lstrip("@!"))))
        case "set_id" | "date" as kind:
            still.append(f"\x1e{kind}")
        case "hash" | "tag":
            made = MADE.get(whole) if depth else None
            if made is None:
                still.append(whole)
                return
            length = "" if made[0] == "script" else len(whole)  # hardtack.js's hashes have whatever length comes
            still.append(f"\x1ehash{length}{made[0]}")
            _cut(made[1], still, names, depth - 1, moments, hashed=True)
        case _:
            opened = open_seal(whole) if depth else None
            if opened is None:
                still.append(whole)
                return
            still.append(f"\x1eseal{opened[0]}")
            of_sign_ins = opened[0].startswith(_ABOUT_SIGN_INS)
            _cut(_text_of(opened[1]), still, names, depth - 1, "t" if of_sign_ins else "m", hashed=hashed)


def _text_of(plain: bytes) -> str:
    """A sealed set is compressed; everything else that is sealed is text."""
    try:
        return zlib.decompress(plain).decode("latin-1")
    except zlib.error:
        return plain.decode("latin-1")
