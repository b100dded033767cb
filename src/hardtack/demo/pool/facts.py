"""What the pool says about itself: frozen facts that travel as JSON and never carry a token.

Rule: the control endpoint, the log of calls and the embedding process speak in these types only, so that what a test
asserts in process is word for word what a demo in another process sees.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from hardtack.errors import Blame, HardtackError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ALL_OPERATIONS",
    "JWKS",
    "SEEDED_USERS",
    "Call",
    "Fault",
    "FaultKind",
    "PoolError",
    "PoolIds",
    "PoolSettings",
    "SeededUser",
]

ALL_OPERATIONS: Final = "*"
"""Every operation, the key set and CORS preflights alike: `fail("*", "reset")` makes the pool unreachable."""

JWKS: Final = "JWKS"
"""The name under which a fetch of the key set is logged and can be made to fail."""


class PoolError(HardtackError):
    """The embedded pool was asked for something that it can't do."""

    code: ClassVar[str] = "demo.pool"
    blame: ClassVar[Blame] = Blame.CONFIGURATION


@dataclass(frozen=True, slots=True)
class SeededUser:
    """A user that is there after every reset. The password is public knowledge: it is printed by the demo."""

    username: str
    password: str = field(repr=False)
    email: str
    sub: str


SEEDED_USERS: Final = (
    SeededUser("alice", "Biscuit-1620!", "alice@example.com", "a11ce000-0000-4000-8000-000000000001"),
    SeededUser("bob", "Rations-1841!", "bob@example.com", "b0b00000-0000-4000-8000-000000000002"),
)


@dataclass(frozen=True, slots=True)
class PoolIds:
    """Where the pool listens and what it is called. The ids are the same in every run, so recordings stay comparable.

    Attributes:
        url: base URL of the local server, where operations are POSTed (Amplify's `userPoolEndpoint`).
        client_id: an app client without a secret, as Amplify needs it.
        secret_client_id: an app client with a secret, as a confidential back end uses it.
        client_secret: the secret of `secret_client_id`.
    """

    url: str
    region: str = "eu-west-1"
    user_pool_id: str = "eu-west-1_Hardtack1"
    client_id: str = "2hardtackpublic0client0001"
    secret_client_id: str = "4hardtacksecret0client0001"  # noqa: S105 - the id of the client that has a secret
    client_secret: str = field(default="demo0only0client0secret0of0the0embedded0pool00001", repr=False)

    @property
    def issuer(self) -> str:
        """The `iss` of every token: Amazon's URL for the pool, whatever host serves it."""
        return f"https://cognito-idp.{self.region}.amazonaws.com/{self.user_pool_id}"

    @property
    def jwks_url(self) -> str:
        """Where the local server publishes the keys."""
        return f"{self.url}/{self.user_pool_id}/.well-known/jwks.json"

    def as_json(self) -> dict[str, Any]:
        """Everything a program in another process needs, the derived URLs included."""
        return {**asdict(self), "issuer": self.issuer, "jwks_url": self.jwks_url}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `as_json`; derived members are ignored."""
        return cls(**{each.name: data[each.name] for each in fields(cls)})


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """How the app clients of the pool behave; all durations in seconds, all from 1 up unless said otherwise.

    Attributes:
        access_token_seconds: lifetime of access tokens. The real service allows 300 to 86,400; tests want less.
        id_token_seconds: lifetime of ID tokens.
        refresh_token_seconds: RefreshTokenValidity. Under rotation a successor lives as long as the first would have.
        rotation: RefreshTokenRotation. Then REFRESH_TOKEN_AUTH is refused and GetTokensFromRefreshToken rotates.
        grace_seconds: RetryGracePeriodSeconds, 0 to 60, counted from the first rotation of a token.
        reuse_revokes_session: what the service is not documented to do but others do: reuse after the grace ends the
            whole session. Off by default.
    """

    access_token_seconds: int = 3_600
    id_token_seconds: int = 3_600
    refresh_token_seconds: int = 30 * 86_400
    rotation: bool = False
    grace_seconds: int = 0
    reuse_revokes_session: bool = False

    def __post_init__(self) -> None:
        for name in ("access_token_seconds", "id_token_seconds", "refresh_token_seconds"):
            if getattr(self, name) < 1:
                raise PoolError(f"{name} must be at least 1.", hint="Give a lifetime in whole seconds.")
        if not 0 <= self.grace_seconds <= 60:  # noqa: PLR2004 - Cognito's own range
            raise PoolError("grace_seconds must lie between 0 and 60.", hint="Cognito allows no longer grace either.")


class FaultKind(StrEnum):
    """What goes wrong. Whatever the kind, `seconds` may delay it."""

    LATENCY = "latency"
    """Only the delay; then the operation is performed and answered."""
    THROTTLED = "throttled"
    """TooManyRequestsException, not performed. Status 429 unless told; the API reference documents 400."""
    ERROR = "error"
    """500 InternalErrorException, not performed."""
    REFUSED = "refused"
    """400 with the exception that `exception` names, not performed."""
    RESET = "reset"
    """The connection is reset without an answer, not performed."""
    LOST = "lost"
    """The operation *is performed*, then the connection is reset: the caller never learns of it."""
    HANG = "hang"
    """Accepted, not performed, never answered: the caller's own time-out ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault that has been switched on.

    Attributes:
        number: its name in `faults.remove`.
        operation: the Cognito operation, `JWKS`, or `*` for everything.
        times: how many calls it still hits; None until it is switched off.
        seconds: real (not pool-clock) seconds to wait first.
        status: HTTP status of THROTTLED, ERROR and REFUSED.
        exception: the exception name that the answer carries.
    """

    number: int
    operation: str
    kind: FaultKind
    times: int | None = None
    seconds: float = 0.0
    status: int = 0
    exception: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `dataclasses.asdict`."""
        members: dict[str, Any] = {**data, "kind": FaultKind(data["kind"])}
        return cls(**members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that the pool got.

    Attributes:
        number: 1, 2, 3... since the last reset, in order of arrival.
        operation: the Cognito operation, or `JWKS`.
        at: epoch seconds on the pool's clock when it came.
        outcome: `pending`, `ok`, the exception's name, or `untouched` when a fault kept the pool from performing it.
        fault: the kind of fault that hit it, or None.
        status: the HTTP status that the caller got; None while pending and when no answer was sent.
        flow: AuthFlow or ChallengeName of the operations that have one.
        refresh_sent: keyed hash of the refresh token in the request (`pool.token_hash` makes it), or None.
        refresh_issued: keyed hash of the refresh token in the answer, or None.
        origin: the Origin header: a browser's page, or None for a server.
        seconds: how long it took, in real seconds.
    """

    number: int
    operation: str
    at: float
    outcome: str = "pending"
    fault: FaultKind | None = None
    status: int | None = None
    flow: str | None = None
    refresh_sent: str | None = None
    refresh_issued: str | None = None
    origin: str | None = None
    seconds: float = 0.0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `dataclasses.asdict`."""
        members: dict[str, Any] = dict(data)
        if members["fault"] is not None:
            members["fault"] = FaultKind(members["fault"])
        return cls(**members)
