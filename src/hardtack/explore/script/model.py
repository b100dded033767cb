"""A run of script as data: which one, what it was shown and told so far, and the gate before which it stands.

Rule: whatever decides how a run goes on is in these values, and nothing else is. So a state of the explored world
holds a running script as it holds a cookie: it can be compared, kept, sent to another process, and taken up again as
often as there are ways to go on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "BEGIN",
    "Ask",
    "CookieOptions",
    "Done",
    "Gate",
    "Go",
    "Lock",
    "Memory",
    "Pool",
    "Run",
    "RunName",
    "ScriptSettings",
    "Segment",
    "Step",
    "Timer",
    "Write",
    "failed",
    "granted",
    "replied",
]

RunName = Literal["load", "sign-in", "sign-out", "sign-out-everywhere", "refresh", "look"]
"""What a page or a person does in a tab."""

BEGIN = "{}"
"""The answer that begins a run, that grants a lock, that ends a wait, that lets a write happen; and the pool's where it
has nothing to tell."""


@dataclass(frozen=True, slots=True)
class CookieOptions:
    """What a site tells Amplify's CookieStorage.

    Attributes:
        domain: as it is told, such as `.example.com`; empty for host-only.
        path: the cookies' path.
        secure: whether they are for https alone.
        same_site: `lax`, `strict`, `none`, or empty for no attribute.
        expires: in days.
    """

    domain: str = ""
    path: str = "/"
    secure: bool = True
    same_site: str = "lax"
    expires: float = 365


@dataclass(frozen=True, slots=True)
class ScriptSettings:
    """How a site's pages are set up.

    Attributes:
        kind: stock Amplify, or Amplify with hardtack.js installed.
        client_id: of the app client, part of every cookie's name.
        cookie: of the site's own CookieStorage; hardtack.js goes by its policy instead.
        policy_json: what `policy.json` answers on this host; for hardtack.js alone.
        sign_in_path: where the listener leads; hardtack.js goes by its policy instead.
        listener: what the site does on `tokenRefresh_failure`, whatever the reason; nothing beside hardtack.js.
        release: of aws-amplify; from 6.0.12 on the model was held to recordings.
    """

    kind: Literal["stock", "hardtack.js"]
    client_id: str
    cookie: CookieOptions = field(default_factory=CookieOptions)
    policy_json: str = ""
    sign_in_path: str = "/login"
    listener: Literal["sign-out", "reload", "none"] = "sign-out"
    release: str = "6.22.1"


@dataclass(frozen=True, slots=True)
class Run:
    """One thing that is done in a tab.

    Attributes:
        name: what.
        user: who signs in; for `sign-in` alone.
        path: of the page on which it is done.
    """

    name: RunName
    user: str = ""
    path: str = "/"


@dataclass(frozen=True, slots=True)
class Segment:
    """What ran between two answers.

    Attributes:
        answer: the one that began it, as JSON; see `granted`, `failed`, `replied` and `BEGIN`.
        now: this browser's clock in it, epoch seconds.
        readings: what `document.cookie` gave, when the segment began and after each write that was followed by a look.
        place: which of the gates it answered, before which the run stood.
    """

    answer: str
    now: float
    readings: tuple[str, ...] = ()
    place: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """What outlives a run.

    Attributes:
        page: what the page's script remembers until it leaves, as canonical JSON; empty for stock Amplify.
        tab: the tab's sessionStorage, as canonical JSON; empty where nothing is in it. It outlives the page.
    """

    page: str = ""
    tab: str = ""


@dataclass(frozen=True, slots=True)
class Pool:
    """A call to the user pool. Answered by `granted`, `failed` or `BEGIN`.

    Amplify sends a call up to three times where the connection fails, the pool throttles or is down: each is a gate.

    Attributes:
        operation: `SignIn` (all of SRP), `GetTokensFromRefreshToken` (`InitiateAuth` before 6.15.4), `RevokeToken`,
            `GlobalSignOut`.
        argument: what it is about: a user name, a refresh token, an access token.
    """

    operation: str
    argument: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to the site's own server. Answered by `replied` or `failed`.

    Attributes:
        method: `GET` or `POST`.
        path: with its query.
        body: as it is sent.
    """

    method: str
    path: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Lock:
    """A Web Lock is asked for. Answered by `BEGIN` once it is this tab's, or by `failed("AbortError")`."""

    name: str


@dataclass(frozen=True, slots=True)
class Timer:
    """The script waits, and nothing else of it is under way. Answered by `BEGIN`."""

    milliseconds: float


@dataclass(frozen=True, slots=True)
class Write:
    """A cookie is about to be written or deleted by Amplify's token store. Answered by `BEGIN`.

    Attributes:
        key: the storage key; with hardtack.js the write may become several.
    """

    key: str


@dataclass(frozen=True, slots=True)
class Go:
    """The page leaves: the run is over, and so is everything that the page remembers or was waiting for."""

    path: str


@dataclass(frozen=True, slots=True)
class Done:
    """The run is over, nothing of it is pending.

    Attributes:
        error: the name of what was thrown to the app; empty for nothing.
        user: whom the app sees as signed in (`load`, `refresh` and `look`); empty for nobody.
    """

    error: str = ""
    user: str = ""


Gate = Pool | Ask | Lock | Timer | Write | Go | Done
"""Where a run stands. After `Go` and `Done` there is nothing to answer."""


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one answer.

    Attributes:
        gates: where the run stands now, in the order in which it came there. Several are all under way at once;
            `Timer`, `Write` and `Done` stand alone; with a `Go` among them the page leaves, whatever else is under way.
        readings: of the segment that has just ended; it is `Segment(answer, now, readings, place)` from now on.
        memory: what outlives the run: after `Done` all of it, after `Go` the tab's part, before that what there was.
        locks: the Web Locks that this tab holds meanwhile.
        told: what somebody who watches would have noted, in order: Amplify's events, what the app was thrown.
    """

    gates: tuple[Gate, ...]
    readings: tuple[str, ...]
    memory: Memory
    locks: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def gate(self) -> Gate:
        """The first of them."""
        return self.gates[0]


def granted(access: str, identity: str = "", refresh: str = "", *, username: str = "") -> str:
    """The pool's answer with tokens.

    Args:
        access: the access token.
        identity: the ID token, if there is one.
        refresh: the refresh token, if there is a new one.
        username: the name that the pool gives the user, where it is another than was typed; for `SignIn`.
    """
    told = {"AccessToken": access, "IdToken": identity, "RefreshToken": refresh, "Username": username}
    return json.dumps({name: value for name, value in told.items() if value}, separators=(",", ":"))


def failed(error: str) -> str:
    """An answer that is none: Cognito's exception, or `NetworkError` where nothing came; for a lock `AbortError`."""
    return json.dumps({"error": error}, separators=(",", ":"))


def replied(body: object = None, *, status: int = 200) -> str:
    """The site's own answer.

    Args:
        body: of JSON.
        status: of HTTP.
    """
    return json.dumps({"status": status, "body": body}, separators=(",", ":"))
