"""Everything that can be done to the pool, written once for both who hold it and who reach it over HTTP.

Rule: a verb turns into a name and JSON arguments and goes through `do`. `EmbeddedPool` carries it out in place,
`PoolControl` posts it to the control endpoint of a pool in another process; nobody else needs to know which it is.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hardtack.demo.pool.facts import ALL_OPERATIONS, SEEDED_USERS, Call, Fault, PoolIds, PoolSettings

if TYPE_CHECKING:
    from collections.abc import Generator

    from hardtack.demo.pool.facts import FaultKind, SeededUser

__all__ = ["Clock", "Faults", "PoolVerbs"]


class PoolVerbs(ABC):
    """The verbs of a user pool for demos and tests.

    Every verb raises `PoolError` when the pool refuses it (an unknown user, a setting out of range).
    """

    ids: PoolIds

    @abstractmethod
    def do(self, verb: str, **arguments: Any) -> Any:
        """Carry out a verb; arguments and result are JSON."""

    # What it is called

    @property
    def url(self) -> str:
        """Base URL of the local server, where operations are POSTed."""
        return self.ids.url

    @property
    def region(self) -> str:
        """The AWS region that the pool pretends to be in."""
        return self.ids.region

    @property
    def issuer(self) -> str:
        """The `iss` of its tokens."""
        return self.ids.issuer

    @property
    def jwks_url(self) -> str:
        """Where its keys are published locally."""
        return self.ids.jwks_url

    @property
    def user_pool_id(self) -> str:
        """The id of the user pool."""
        return self.ids.user_pool_id

    @property
    def client_id(self) -> str:
        """The app client without a secret."""
        return self.ids.client_id

    @property
    def secret_client_id(self) -> str:
        """The app client with a secret."""
        return self.ids.secret_client_id

    @property
    def client_secret(self) -> str:
        """The secret of `secret_client_id`."""
        return self.ids.client_secret

    @property
    def users(self) -> tuple[SeededUser, ...]:
        """The users that are there after every reset: alice and bob."""
        return SEEDED_USERS

    # Clock, faults, calls, settings

    @property
    def clock(self) -> Clock:
        """The pool's own time."""
        return Clock(self)

    @property
    def faults(self) -> Faults:
        """What goes wrong, and when."""
        return Faults(self)

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls that the pool got since the last reset or `clear_calls`, in order of arrival."""
        return tuple(Call.from_json(each) for each in self.do("calls"))

    def calls_of(self, *operations: str) -> tuple[Call, ...]:
        """The calls of these operations."""
        return tuple(each for each in self.calls if each.operation in operations)

    def clear_calls(self) -> None:
        """Forget the calls so far."""
        self.do("clear_calls")

    def token_hash(self, refresh_token: str) -> str:
        """What stands for this refresh token in the log of calls."""
        return str(self.do("token_hash", token=refresh_token))

    @property
    def settings(self) -> PoolSettings:
        """Lifetimes and rotation as they are now."""
        return PoolSettings(**self.do("settings"))

    def configure(self, **changes: Any) -> PoolSettings:
        """Change some of `PoolSettings`; tokens already issued keep their lifetime."""
        return PoolSettings(**self.do("configure", **changes))

    def reset(self) -> None:
        """Back to the seeded state: users, sessions, clock, faults, settings and calls; ids and signing keys stay."""
        self.do("reset")

    # Users

    def add_user(self, username: str, password: str, *, email: str | None = None, temporary: bool = False) -> str:
        """A confirmed user (with `temporary`, one who must choose a new password first); answers the `sub`."""
        return str(self.do("add_user", username=username, password=password, email=email, temporary=temporary))

    def delete_user(self, username: str) -> None:
        """AdminDeleteUser."""
        self.do("delete_user", username=username)

    def disable_user(self, username: str) -> None:
        """AdminDisableUser: sign-in and refresh are refused until `enable_user`."""
        self.do("disable_user", username=username)

    def enable_user(self, username: str) -> None:
        """AdminEnableUser."""
        self.do("enable_user", username=username)

    def require_password_reset(self, username: str) -> None:
        """AdminResetUserPassword: the next sign-in draws PasswordResetRequiredException; the code comes by mail."""
        self.do("require_password_reset", username=username)

    def require_new_password(self, username: str, temporary_password: str) -> None:
        """The user signs in with this password next, and is challenged for NEW_PASSWORD_REQUIRED."""
        self.do("require_new_password", username=username, password=temporary_password)

    def enable_totp(self, username: str, secret: str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP") -> str:  # noqa: S107 - of test users
        """From now on the user is challenged for SOFTWARE_TOKEN_MFA; answers the base32 secret."""
        return str(self.do("enable_totp", username=username, secret=secret))

    def totp_code(self, username: str) -> str:
        """The one-time password that is right at this moment of the pool's clock."""
        return str(self.do("totp_code", username=username))

    def code(self, username: str) -> str | None:
        """The latest confirmation or reset code that was mailed to the user, or None."""
        code = self.do("code", username=username)
        return None if code is None else str(code)

    # Sessions

    def issue(self, username: str, *, client_id: str | None = None, age: float = 0) -> dict[str, Any]:
        """An AuthenticationResult without a sign-in, as it would have been issued `age` seconds ago.

        Not a call, so not in the log. Made for planting sessions: `age=7200` gives access tokens that have expired and
        a refresh token that is good.
        """
        result: dict[str, Any] = self.do("issue", username=username, client_id=client_id, age=age)
        return result

    def revoke(self, refresh_token: str) -> None:
        """End the one session that this refresh token belongs to, behind the application's back."""
        self.do("revoke", token=refresh_token)

    def revoke_all(self, username: str) -> None:
        """AdminUserGlobalSignOut: every session of the user ends."""
        self.do("revoke_all", username=username)

    def rotate_keys(self) -> None:
        """Sign with new keys from now on, under new `kid`s; the key set lists only the new ones."""
        self.do("rotate_keys")


class Clock:
    """The pool's clock, of which tests and the demo hold the hands."""

    def __init__(self, pool: PoolVerbs) -> None:
        self._pool = pool

    @property
    def offset(self) -> float:
        """Seconds by which the pool's clock is ahead of the machine's; negative when behind."""
        return float(self._pool.do("clock_offset"))

    @offset.setter
    def offset(self, seconds: float) -> None:
        self._pool.do("set_clock_offset", seconds=seconds)

    def advance(self, seconds: float) -> None:
        """Move on by so many seconds, or back if negative."""
        self._pool.do("advance_clock", seconds=seconds)

    def time(self) -> float:
        """Epoch seconds on the pool's clock: hand it to what must agree with the pool on the time."""
        return time.time() + self.offset


class Faults:
    """Faults, switched on by operation."""

    def __init__(self, pool: PoolVerbs) -> None:
        self._pool = pool

    def fail(
        self,
        operation: str,
        kind: FaultKind | str,
        *,
        times: int | None = None,
        seconds: float = 0,
        status: int | None = None,
        exception: str | None = None,
    ) -> Fault:
        """Let calls of an operation go wrong.

        Args:
            operation: a Cognito operation such as `GetTokensFromRefreshToken`, `JWKS`, or `*` for everything.
            kind: see `FaultKind`.
            times: for the next so many calls; None until switched off.
            seconds: real seconds to wait before it strikes.
            status: another HTTP status for THROTTLED, ERROR or REFUSED.
            exception: another exception name for the same.
        """
        made = self._pool.do(
            "fail",
            operation=operation,
            kind=str(kind),
            times=times,
            seconds=seconds,
            status=status,
            exception=exception,
        )
        return Fault.from_json(made)

    def unreachable(self) -> Fault:
        """Nothing gets an answer any more, preflights and keys included, until switched off."""
        return self.fail(ALL_OPERATIONS, "reset")

    @contextmanager
    def failing(self, operation: str, kind: FaultKind | str, **details: Any) -> Generator[Fault]:
        """The fault is on within the block."""
        fault = self.fail(operation, kind, **details)
        try:
            yield fault
        finally:
            self.remove(fault)

    def remove(self, fault: Fault) -> None:
        """Switch one off."""
        self._pool.do("remove_fault", number=fault.number)

    def clear(self, operation: str | None = None) -> None:
        """Switch all off, or all of one operation."""
        self._pool.do("clear_faults", operation=operation)

    @property
    def active(self) -> tuple[Fault, ...]:
        """Those that are on, in the order in which they strike."""
        return tuple(Fault.from_json(each) for each in self._pool.do("faults"))
