"""Facts that happened: in a browser, on the wire, at the user pool.

Rule: what a source saw and nothing that it concluded. Observed facts stand in the order of time. Cookies are spoken of
by reference, tokens and users by mark; a fact about every single request would fill the memory of a long recording, so
a jar is told when it changed, and a size when it is the largest yet of its host.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardtack.doctor.kinds import After, Exposure, Outcome, Refusal, Side, Step, Writer

if TYPE_CHECKING:
    from hardtack.cookies import CookieScope
    from hardtack.doctor.evidence import Evidence
    from hardtack.doctor.profiles import CookieRef, CookieRole

__all__ = [
    "After",
    "BrowserSeen",
    "CacheableWrite",
    "ClockReading",
    "CookieCrowd",
    "CookieWritten",
    "CookiesBlocked",
    "Embedded",
    "ErrorSeen",
    "Exposure",
    "Fact",
    "JarCookie",
    "JarSeen",
    "Navigation",
    "Outcome",
    "PoolCall",
    "Probe",
    "Refusal",
    "Side",
    "SiteSeen",
    "Sizes",
    "Step",
    "TokenExposed",
    "Writer",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that a source states.

    Attributes:
        evidence: where to see it.
    """

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class JarCookie:
    """One cookie in a jar, or in a Cookie header.

    Attributes:
        cookie: which.
        value: mark of its value.
        scope: where it lies; None if that can't be known (a pasted header).
        writer: who wrote the value that it has.
        size: bytes of name and value.
        http_only: None if unknown.
        path: its path, where that is known; the domain may be unknown still, and the scope with it.
    """

    cookie: CookieRef
    value: str
    scope: CookieScope | None = None
    writer: Writer = Writer.UNKNOWN
    size: int = 0
    http_only: bool | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JarSeen(Fact):
    """What a browser would send to a host at one moment. Emitted first, after sign-out, and whenever it changed.

    `evidence` names the request whose response brought the change, or before which script must have made it.

    Attributes:
        host: whom it would be sent to.
        cookies: in the order of the Cookie header, twins included; those that no profile knows may be left out.
        after: what had just happened.
    """

    host: str
    cookies: tuple[JarCookie, ...]
    after: After = After.REQUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class CookieWritten(Fact):
    """One Set-Cookie line, or one write by script. `hardtack.doctor.lines.read_set_cookie` makes it of a line.

    Attributes:
        cookie: which.
        host: of the response or the page.
        writer: who wrote.
        scope: where it goes; None if unknown or refused.
        domain: the Domain as it was written, made safe; None without one.
        path_given: whether a usable Path was written, so that the browser didn't take the directory of the URL.
        value: mark of the value; None for a deletion.
        deletion: whether it removes.
        secure: the flag.
        http_only: the flag.
        same_site: as written; None if unset.
        lifetime: seconds; None for a session cookie or if unknown.
        size: bytes of name and value.
        order: position among the lines of its response, from 0.
        refused: why browsers drop it; None if they take it.
    """

    cookie: CookieRef
    host: str
    writer: Writer
    scope: CookieScope | None
    domain: str | None = None
    path_given: bool = True
    value: str | None = None
    deletion: bool = False
    secure: bool = True
    http_only: bool = False
    same_site: str | None = None
    lifetime: int | None = None
    size: int = 0
    order: int = 0
    refused: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolCall(Fact):
    """One call to the user pool or to its OAuth endpoints, as the recording's bodies show it.

    Attributes:
        operation: Cognito's name: `InitiateAuth`, `RespondToAuthChallenge`, `GetTokensFromRefreshToken`, `RevokeToken`,
            `GlobalSignOut`; a refresh by `InitiateAuth` is called `GetTokensFromRefreshToken` too, a code exchange
            `oauth2/token`, the hosted sign-out `logout`.
        status: of HTTP; 0 if no answer came.
        error: Cognito's exception name; None on success.
        by: who called.
        client_id: the app client.
        sent_refresh: mark of the refresh token sent or revoked.
        got_refresh: mark of the refresh token received. On a refresh this means rotation.
        got_access: mark of the access token received.
        user: mark of whom it is about (the access token's `sub`, else the name given).
        issued_at: `iat` of the access token received, epoch seconds.
        access_lifetime: seconds that the access token received is good for.
    """

    operation: str
    status: int
    error: str | None = None
    by: Side = Side.BROWSER
    client_id: str | None = None
    sent_refresh: str | None = None
    got_refresh: str | None = None
    got_access: str | None = None
    user: str | None = None
    issued_at: float | None = None
    access_lifetime: int | None = None

    @property
    def is_refresh(self) -> bool:
        """Whether it asks for fresh tokens in exchange for a refresh token."""
        return self.operation == "GetTokensFromRefreshToken"

    @property
    def refused(self) -> bool:
        """Whether the pool said no, for good: a 400 that is neither throttling nor an outage."""
        return 400 <= self.status < 500 and self.status != 429 and self.error not in _PASSING  # noqa: PLR2004  HTTP's

    @property
    def unavailable(self) -> bool:
        """Whether the pool couldn't answer: no answer, throttling, an outage."""
        return self.status in {0, 429} or self.status >= 500 or self.error in _PASSING  # noqa: PLR2004  HTTP's

    @property
    def signs_in(self) -> bool:
        """Whether it is the call that brings tokens to somebody who had none."""
        return self.got_refresh is not None and not self.is_refresh

    @property
    def signs_out(self) -> bool:
        """Whether it belongs to a sign-out."""
        return self.operation in _SIGN_OUTS


_PASSING = frozenset({"TooManyRequestsException", "InternalErrorException", "LimitExceededException", "NetworkError"})
_SIGN_OUTS = frozenset({"RevokeToken", "GlobalSignOut", "oauth2/revoke", "logout"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Navigation(Fact):
    """A page was loaded: the document itself, not its parts. Redirects are told hop by hop.

    Attributes:
        host: of the page.
        page: its path, safe; equal for equal pages.
        status: of HTTP.
        scripted: whether script or a redirect started it; None if unknown.
    """

    host: str
    page: str
    status: int
    scripted: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSeen(Fact):
    """A site of the target's own (never the pool, never third parties).

    Attributes:
        host: canonical.
        port: as in the URL, or the scheme's own.
        secure: whether by https.
        client_id: the app client whose cookies were seen there, if one was.
    """

    host: str
    port: int
    secure: bool
    client_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes(Fact):
    """The largest headers of one host so far, or a request that was refused for its size.

    Attributes:
        host: of the request.
        request_bytes: of all its header lines.
        cookie_bytes: of its Cookie header.
        response_bytes: of all the response's header lines.
        set_cookie_bytes: of the Set-Cookie lines among them.
        status: of HTTP.
    """

    host: str
    request_bytes: int = 0
    cookie_bytes: int = 0
    response_bytes: int = 0
    set_cookie_bytes: int = 0
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CookieCrowd(Fact):
    """How many cookies a registrable domain has, whoever wrote them.

    Attributes:
        domain: the registrable domain.
        count: host-only and Domain ones together.
    """

    domain: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading(Fact):
    """The device's clock and somebody else's at the same moment. One a host is enough; the closest pair is best.

    Attributes:
        device: epoch seconds by the device.
        server: epoch seconds by a Date header or the `iat` of a token just issued.
        slack: seconds by which the two may differ without either being wrong: the request's duration and a second.
    """

    device: float
    server: float
    slack: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSeen(Fact):
    """Which browser.

    Attributes:
        family: `chromium`, `firefox`, `safari` or `other`.
        version: as it says; may be empty.
    """

    family: str
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorSeen(Fact):
    """An exception's name on a page, in its console, or in an answer.

    Attributes:
        name: `UnexpectedSignInInterruptionException` and the like: a name, never a text.
    """

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenExposed(Fact):
    """A token or an authorization code lies open. One fact for each place and role is enough.

    Attributes:
        exposure: where.
        role: which kind; FLOW for a code.
        count: how many of them.
    """

    exposure: Exposure
    role: CookieRole
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheableWrite(Fact):
    """A response, or a route, that writes auth cookies and may be kept by a cache, by what it says of itself.

    Attributes:
        directive: its Cache-Control, or the line of code that says so; empty where nothing is said and a cache answered
            all the same.
        from_cache: whether a shared cache has already answered with it (`Age`, `X-Cache: Hit`).
    """

    directive: str
    from_cache: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CookiesBlocked(Fact):
    """Cookies were set by the book and none came back.

    Attributes:
        third_party: whether the page stood in another site's frame.
    """

    third_party: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded(Fact):
    """The site's pages were shown inside another site.

    Attributes:
        top_site: the registrable domain around them.
    """

    top_site: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Fact):
    """One step of a live examination and what came of it.

    Attributes:
        step: what was done.
        outcome: what came of it.
        error: name of the exception that a page showed, if one did.
    """

    step: Step
    outcome: Outcome
    error: str | None = None
