"""Histories as the explorer would find them, written by hand: the fault in its shortest form, a storm, a quiet day.

They follow what was measured with the real packages in real browsers: script writes six cookies with a domain, the
server's adapter writes the same six host-only, sign-out deletes one half.
"""

from __future__ import annotations

from dataclasses import replace

from hardtack.explore.trace import JarEntry, Moment, Trace, Violation

HOST = "app.example.com"
WIDE = (".example.com /", "example.com")
NARROW = ("host-only /", HOST)
PREFIX = "CognitoIdentityServiceProvider.client"
TITLE = "stock Amplify, client .example.com, server host-only, revocation and rotation on"

P1 = Violation(
    "P1",
    "A correct sign-in is followed by a session that client and server both see.",
    "The password is right and the site says that it can't sign in. Trying again changes nothing; only deleting the "
    "cookies by hand does.",
    "Bob signed in with the right password; then script saw nobody and the server saw alice.",
)
P3 = Violation(
    "P3",
    "Every page load comes to rest.",
    "The page reloads for ever, until the tab is closed.",
    "Each load refreshes with the dead refresh token of alice's first sign-in, signs out, and loads again.",
)


def entry(
    suffix: str,
    place: tuple[str, str] = WIDE,
    *,
    user: str = "alice",
    sign_in: int = 1,
    token: int = 1,
    state: str = "fresh",
    http_only: bool = False,
) -> JarEntry:
    """A cookie of Amplify's."""
    own = suffix if suffix == "LastAuthUser" else f"{user}.{suffix}"
    meanings = {
        "LastAuthUser": user,
        "clockDrift": "no drift",
        "signInDetails": f"how {user} signed in",
        "refreshToken": f"{user}, sign-in {sign_in}, {'live' if state == 'fresh' else state}",
    }
    meaning = meanings.get(suffix, f"{user}, sign-in {sign_in}, token {token}, {state}")
    value = f"{own}/{sign_in}/{token}"
    session = 0 if suffix in {"clockDrift", "signInDetails"} else sign_in
    return JarEntry(f"{PREFIX}.{own}", own, *place, value, meaning, http_only, session)


SUFFIXES = ("LastAuthUser", "accessToken", "idToken", "refreshToken", "signInDetails", "clockDrift")


def six(
    place: tuple[str, str] = WIDE,
    *,
    user: str = "alice",
    sign_in: int = 1,
    token: int = 1,
    refresh: str = "",
    **states: str,
) -> tuple[JarEntry, ...]:
    """What Amplify writes at once; `refresh` is the state of the refresh token, `state` of the others."""
    state = states.get("state", "fresh")
    return tuple(
        entry(
            suffix,
            place,
            user=user,
            sign_in=sign_in,
            token=token,
            state=(refresh or "fresh") if suffix == "refreshToken" else state,
        )
        for suffix in SUFFIXES
    )


def moment(kind: str, actor: str, target: str, sentence: str, *notes: str, jar=(), seen=("", ""), **more) -> Moment:
    """A step; `seen` is whom script and server see, what else is given are arguments or `settled`."""
    settled = more.pop("settled", True)
    return Moment(kind, more, actor, target, sentence, notes, tuple(jar), *seen, settled=settled)


_FRESH = six()
_TWINS = (*_FRESH, *six(NARROW, token=2))
_EXPIRED = (*six(state="expired"), *six(NARROW, token=2, state="expired"))
_RESIDUE = six(NARROW, token=2, state="expired", refresh="revoked")
_BOB = (
    *_RESIDUE,
    entry("LastAuthUser", user="bob", sign_in=2),
    *(entry(suffix, user="bob", sign_in=2) for suffix in SUFFIXES[1:]),
)

STUCK = Trace(
    TITLE,
    (
        moment("begin", "", "", "Nothing has happened yet."),
        moment(
            "sign-in",
            "tab 1",
            "pool",
            "Alice signs in on the first tab.",
            "The pool answers with the tokens of sign-in 1.",
            "Script writes six cookies on .example.com.",
            jar=_FRESH,
            seen=("alice", "alice"),
        ),
        moment(
            "request",
            "tab 1",
            "server",
            "A form is sent: its server action refreshes the tokens.",
            "The server asks the pool, and is given token 2 of sign-in 1.",
            "Its answer with six host-only cookies is on its way.",
            jar=_FRESH,
            seen=("alice", "alice"),
            settled=False,
        ),
        moment(
            "load",
            "tab 2",
            "server",
            "The site is opened in a second tab.",
            jar=_FRESH,
            seen=("alice", "alice"),
            settled=False,
        ),
        moment(
            "arrive",
            "server",
            "tab 1",
            "The answer to the form arrives.",
            "Six cookies are written host-only: each name has a twin now.",
            jar=_TWINS,
            seen=("alice", "alice"),
            since=2,
        ),
        moment(
            "expire", "time", "", "An hour passes: the access tokens expire.", jar=_EXPIRED, seen=("alice", "alice")
        ),
        moment(
            "sign-out",
            "tab 1",
            "pool",
            "Alice signs out on this device.",
            "The pool revokes the refresh token of sign-in 1.",
            "Script deletes the six cookies on .example.com. The host-only ones stay.",
            jar=_RESIDUE,
            seen=("alice", "alice"),
        ),
        moment(
            "sign-in",
            "tab 1",
            "pool",
            "Bob signs in with the right password.",
            "The pool answers with the tokens of sign-in 2.",
            "Script writes six cookies on .example.com, behind what is left of alice's.",
            jar=_BOB,
            seen=("alice", "bob"),
            settled=False,
        ),
        moment(
            "load",
            "tab 1",
            "pool",
            "The page reads back who is signed in.",
            "Script finds LastAuthUser of alice first, and refreshes with her dead refresh token.",
            "The pool refuses: 400, Refresh Token has been revoked.",
            "Amplify clears bob's cookies. UnexpectedSignInInterruptionException is shown.",
            jar=_RESIDUE,
            seen=("", "alice"),
        ),
        moment(
            "navigate",
            "tab 1",
            "server",
            "The app signs out and opens the sign-in page again.",
            jar=_RESIDUE,
            seen=("", "alice"),
        ),
    ),
    P1,
    probe_from=7,
    loop_from=7,
    facts={"host": HOST, "client": ".example.com", "server": "host-only"},
)
"""Alice leaves a residue, and bob can't sign in: twelve cookies, a late answer, a probe and a circle."""

STORM = Trace(
    TITLE,
    (
        moment("begin", "", "", "A browser as it was left behind.", jar=_RESIDUE, seen=("alice", "alice")),
        moment("load", "tab 1", "server", "The page is loaded.", jar=_RESIDUE, seen=("alice", "alice")),
        moment(
            "refresh",
            "tab 1",
            "pool",
            "Script refreshes with the refresh token that it reads.",
            "The pool refuses: 400.",
            jar=_RESIDUE,
            seen=("alice", "alice"),
        ),
        moment("sign-out", "tab 1", "", "The app signs out and reloads.", jar=_RESIDUE, seen=("alice", "alice")),
    ),
    P3,
    loop_from=1,
    facts={"host": HOST},
)
"""A circle and nothing else."""

QUIET = Trace(
    "Hardtack, sealed cookies",
    (
        moment("begin", "", "", "Nothing has happened yet."),
        moment(
            "sign-in",
            "tab 1",
            "server",
            "Alice signs in.",
            jar=(
                JarEntry(
                    "__Host-hardtack",
                    "__Host-hardtack",
                    *NARROW,
                    "v",
                    "alice, sign-in 1, token 1, fresh",
                    http_only=True,
                    session=1,
                ),
            ),
            seen=("alice", "alice"),
        ),
        moment("sign-out", "tab 1", "server", "Alice signs out."),
    ),
    facts={"host": HOST},
)
"""A history that violates nothing."""

_LATER = six(("host-only /login", HOST), token=3)
_OWN = JarEntry(
    "__Host-hardtack-pair", "__Host-hardtack-pair", *NARROW, "p", "pair of sign-in 1", http_only=True, session=1
)
_PLANTED = JarEntry(
    f"{PREFIX}.alice.accessToken",
    "alice.accessToken",
    ".app.example.com /",
    HOST,
    "x",
    "mallory, sign-in 3, token 1, fresh",
    session=3,
)

CROWDED = Trace(
    "behind the shield, sign-in page on a path of its own",
    (
        moment("begin", "", "", "Nothing has happened yet."),
        moment(
            "sign-in", "tab 1", "pool", "Alice signs in.", jar=(*_LATER, _OWN), seen=("alice", "alice"), settled=False
        ),
        moment("load", "tab 2", "server", "A page is opened.", jar=(*_LATER, *_TWINS, _OWN), seen=("alice", "alice")),
        moment(
            "plant",
            "sibling",
            "tab 2",
            "A sibling host plants a session of its own.",
            jar=(*_LATER, *_TWINS, _OWN, _PLANTED),
            seen=("alice", "mallory"),
        ),
        moment("revoke", "operator", "pool", "The administrator ends alice's sign-ins.", jar=(_OWN, _PLANTED)),
        moment("close", "tab 2", "", "The tab is closed.", jar=(_OWN, _PLANTED)),
    ),
    facts={"host": HOST},
)
"""Four scopes, a sibling, an operator, a cookie that script can't see."""

EMPTY = Trace("nothing", ())

HOSTILE_TEXTS = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</style></script><!-- ]]> &amp; {{7*7}} {% raw %}",
    "end; loop x\n  p1->>p2: %% #35; participant z as <br/>",
    "\x1b]0;owned\x07\x1b[2Jred\r\n\ttab",
    "\u202egnp.exe\u2066 \u200b\ufeff\ud800\uffff\x00",
    "[bold red]markup[/] :smile: [link=http://evil.test]x[/link]",
    "alice." * 40,
    "名" * 120,
    "",
)


def hostile(text: str) -> Trace:
    """The first history with one text wherever a text fits."""
    return replace(
        STUCK,
        title=text,
        violation=Violation(text, text, text, text),
        facts={text: text},
        moments=tuple(
            replace(
                one,
                kind=one.kind,
                actor=one.actor and f"{one.actor}{text}",
                target=one.target and f"{one.target}{text}",
                sentence=text,
                notes=(text, text),
                client=text,
                server=f"{text}!",
                jar=tuple(
                    replace(each, name=each.name + text, label=each.label + text, scope=text, host=text, meaning=text)
                    for each in one.jar
                ),
            )
            for one in STUCK.moments
        ),
    )
