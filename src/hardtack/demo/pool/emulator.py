"""ministack's Cognito, embedded: how it is imported, held in time, seeded and administered.

Three seams, all in `ministack.services.cognito` and nowhere else, are why its version is pinned exactly:
- `time` and `_now_epoch` are the only clocks it reads for tokens, challenges and one-time passwords. Replacing those
  two names in that one module moves the pool's time and no one else's; re-signing tokens afterwards could not make it
  *judge* by the moved clock, and patching `time.time` would move the whole process.
- `_signed_jwt` sees every token with its claims complete. There `auth_time` is held at the time of sign-in across
  refreshes, as the real service does; ministack stamps the time of the refresh.
- `_pool_id`, `_client_id`, `_client_secret` make the ids; during seeding they answer with ours.

State in ministack is module-global, hence one pool a process.
"""

# ruff: noqa: SLF001 - ministack has no public way to its clock, ids, records and handlers; hence its pinned version

from __future__ import annotations

import importlib
import json
import logging
import os
from contextlib import contextmanager
from contextvars import copy_context
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from hardtack.demo.pool.asgi import capture
from hardtack.demo.pool.facts import SEEDED_USERS, PoolError, PoolIds, PoolSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from hardtack.demo.pool.clock import PoolTime

__all__ = ["Emulator"]

_FLOWS: Final = ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
_SEAMS: Final = ("time", "_now_epoch", "_signed_jwt")


@contextmanager
def _environment(state_dir: Path) -> Generator[None]:
    """Its settings are read while ministack is imported; afterwards the process's environment is as it was."""
    ours = {
        "AUTH": "true",  # verify signatures, codes and secret hashes
        "STATE_DIR": str(state_dir),  # the signing keys are written there
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",  # no MQTT listener on 8883
        "LOG_LEVEL": "ERROR",
    }
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _quiet() -> Generator[None]:
    """Importing ministack configures the root logger and makes loggers of its own: undo the one, silence the others."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    known = set(logging.root.manager.loggerDict)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for name in set(logging.root.manager.loggerDict) - known:
            logging.getLogger(name).setLevel(logging.CRITICAL)


class Emulator:
    """The one instance of ministack in this process, between `install` and `uninstall`."""

    def __init__(self, clock: PoolTime, ids: PoolIds) -> None:
        self._clock = clock
        self._ids = ids
        self._cognito: Any = None
        self._ses: Any = None
        self._originals: dict[str, Any] = {}
        self._auth_times: dict[str, int] = {}
        self.app: Any = None

    def install(self, state_dir: Path) -> None:
        """Import ministack (0.3 s the first time) and put the seams in.

        Raises:
            PoolError: ministack is not installed, or something else in this process runs it without authentication.
        """
        try:
            with _environment(state_dir), _quiet():
                ministack: Any = importlib.import_module("ministack.app")
                self._cognito = importlib.import_module("ministack.services.cognito")
                self._ses = importlib.import_module("ministack.services.ses")
        except ImportError as error:
            raise PoolError("The embedded pool needs ministack.", hint="Install hardtack[demo].") from error
        if not ministack.AUTH:
            raise PoolError(
                "ministack was imported earlier in this process without its authenticating mode.",
                hint="Start the embedded pool first, or in a process of its own.",
            )
        self.app = ministack.app
        self._cognito._POOL_KEYS_DIR = str(state_dir / "keys")
        self._originals = {name: getattr(self._cognito, name) for name in _SEAMS}
        sign: Callable[..., str] = self._cognito._signed_jwt

        def signed_jwt(claims: dict[str, Any], pool_id: str = "", use: str = "") -> str:
            if "auth_time" in claims:
                claims["auth_time"] = self._auth_times.setdefault(claims["origin_jti"], claims["auth_time"])
            return sign(claims, pool_id, use)

        self._cognito.time = SimpleNamespace(time=self._clock.time)
        self._cognito._now_epoch = self._clock.time
        self._cognito._signed_jwt = signed_jwt
        self._cognito._pool_keys.clear()

    def uninstall(self) -> None:
        """Take the seams out and forget everything."""
        for name, original in self._originals.items():
            setattr(self._cognito, name, original)
        self._originals = {}
        self._cognito.reset()
        self._ses.reset()
        self._auth_times.clear()

    def seed(self, settings: PoolSettings) -> None:
        """Forget all state but the signing keys, then make the pool, its two clients and the seeded users."""
        keys = dict(self._cognito._pool_keys)
        self._cognito.reset()
        self._ses.reset()
        self._auth_times.clear()
        self._cognito._pool_keys.update(keys)
        with self._fixed_ids():
            self._run(
                "_create_user_pool",
                PoolName="hardtack",
                AliasAttributes=["email"],
                AutoVerifiedAttributes=["email"],
                MfaConfiguration="OPTIONAL",
            )
            for name, secret in ((self._ids.client_id, False), (self._ids.secret_client_id, True)):
                self._cognito._client_id = lambda name=name: name
                self.admin(
                    "_create_user_pool_client",
                    ClientName="confidential" if secret else "public",
                    GenerateSecret=secret,
                    ExplicitAuthFlows=_FLOWS,
                    PreventUserExistenceErrors="ENABLED",
                )
        self.configure(settings)
        for user in SEEDED_USERS:
            self.add_user(user.username, user.password, user.email, sub=user.sub)
        for use in ("access", "id"):
            self._cognito._pool_signing_key(self._ids.user_pool_id, use)

    async def warm_up(self) -> None:
        """Have ministack import what it imports at its first request (0.3 s), so that no caller waits for it."""
        target = (b"x-amz-target", b"AWSCognitoIdentityProviderService.GetUser")
        scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": [target]}
        with _quiet():
            await capture(self.app, scope, b"{}")

    @contextmanager
    def _fixed_ids(self) -> Generator[None]:
        names = ("_pool_id", "_client_id", "_client_secret")
        before = {name: getattr(self._cognito, name) for name in names}
        self._cognito._pool_id = lambda: self._ids.user_pool_id
        self._cognito._client_secret = lambda: self._ids.client_secret
        try:
            yield
        finally:
            for name, original in before.items():
                setattr(self._cognito, name, original)

    # Administration: ministack's own handlers, called as its dispatcher calls them

    def _run(self, handler: str, **data: Any) -> dict[str, Any]:
        def call() -> tuple[int, Any, Any]:
            self._cognito.set_request_account_id("")
            self._cognito.set_request_region(self._ids.region)
            return getattr(self._cognito, handler)(data)

        status, _headers, body = copy_context().run(call)
        answer: dict[str, Any] = json.loads(body)
        if status != 200:  # noqa: PLR2004 - ministack answers 200 or an error
            kind = str(answer.get("__type"))
            raise PoolError(f"The pool refused that: {kind}.", hint=str(answer.get("message", "")))
        return answer

    def admin(self, handler: str, **data: Any) -> dict[str, Any]:
        """Run one of ministack's handlers on our pool.

        Raises:
            PoolError: the handler refused; the text carries Cognito's exception name.
        """
        return self._run(handler, UserPoolId=self._ids.user_pool_id, **data)

    def pool(self) -> dict[str, Any]:
        """The record of our pool in ministack."""
        record: dict[str, Any] = self._cognito._get_pool_unscoped(self._ids.user_pool_id)
        return record

    def user(self, username: str) -> dict[str, Any]:
        """The record of a user in ministack.

        Raises:
            PoolError: there is no such user.
        """
        try:
            record: dict[str, Any] = self.pool()["_users"][username]
        except KeyError:
            raise PoolError("The pool has no user of that name.", hint="Names are case-sensitive.") from None
        return record

    def configure(self, settings: PoolSettings) -> None:
        """Bring the app clients in line; tokens already issued keep their lifetime, as in the real service."""
        for client_id in (self._ids.client_id, self._ids.secret_client_id):
            self.admin(
                "_update_user_pool_client",
                ClientId=client_id,
                AccessTokenValidity=settings.access_token_seconds,
                IdTokenValidity=settings.id_token_seconds,
                RefreshTokenValidity=settings.refresh_token_seconds,
                TokenValidityUnits=dict.fromkeys(("AccessToken", "IdToken", "RefreshToken"), "seconds"),
            )

    def add_user(
        self, username: str, password: str, email: str | None, *, sub: str | None = None, temporary: bool = False
    ) -> str:
        """Make a user who can sign in at once, or with `temporary` must choose a new password first; its `sub`."""
        attributes = {"email": email, "email_verified": "true"} if email else {}
        self.admin(
            "_admin_create_user",
            Username=username,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )
        if not temporary:
            self.admin("_admin_set_user_password", Username=username, Password=password, Permanent=True)
        if sub is not None:
            self.set_attribute(username, "sub", sub)
        return self.attribute(username, "sub")

    def attribute(self, username: str, name: str) -> str:
        """One attribute of a user; empty when there is none."""
        return next((each["Value"] for each in self.user(username)["Attributes"] if each["Name"] == name), "")

    def set_attribute(self, username: str, name: str, value: str) -> None:
        """Set one attribute of a user, also those that the API would refuse to set."""
        record = self.user(username)
        kept = [each for each in record["Attributes"] if each["Name"] != name]
        record["Attributes"] = [*kept, {"Name": name, "Value": value}]

    def confirm_email(self, username: str) -> None:
        """Mark a user's address as verified, as the real service does when the code that it mailed is confirmed."""
        if username in self.pool()["_users"] and self.attribute(username, "email"):
            self.set_attribute(username, "email_verified", "true")

    def client_secret(self, client_id: str) -> str | None:
        """The secret of an app client; None for one without, and for an unknown one."""
        client: dict[str, Any] = self.pool()["_clients"].get(client_id) or {}
        return client.get("ClientSecret")

    def issue(self, username: str, client_id: str) -> dict[str, Any]:
        """An AuthenticationResult for a user, without asking for a password."""
        record = self.user(username)
        result: dict[str, Any] = copy_context().run(self._issue, record, client_id)
        return result

    def _issue(self, record: dict[str, Any], client_id: str) -> dict[str, Any]:
        self._cognito.set_request_account_id("")
        self._cognito.set_request_region(self._ids.region)
        result: dict[str, Any] = self._cognito._build_auth_result(self._ids.user_pool_id, client_id, record)
        return result

    def rotate_keys(self) -> Callable[[str], str]:
        """Sign with new keys from now on; answers what renews one of ministack's refresh tokens under them."""
        pool_id = self._ids.user_pool_id
        self._cognito._drop_pool_keys(pool_id)

        def renew(inner: str) -> str:
            return str(self._cognito._signed_jwt(self._cognito._token_claims(inner), pool_id, "access"))

        return renew

    def expiry(self, token: str) -> float:
        """The `exp` of one of ministack's own tokens."""
        return float(self._cognito._token_claims(token)["exp"])

    def revoke_session(self, token: str) -> None:
        """End the session that this (inner) refresh token belongs to."""
        self._run("_revoke_token", Token=token)

    def forget_sign_out_times(self) -> None:
        """Leave sign-outs to the revoked `origin_jti`s, which are exact.

        ministack also compares whole seconds of `iat` with the time of the sign-out, which would refuse new sessions
        once the clock has been moved back.
        """
        for record in self.pool()["_users"].values():
            record.pop("_signout_at", None)

    def enable_totp(self, username: str, secret: str) -> None:
        """Enrol a user for one-time passwords with this base32 secret."""
        record = self.user(username)
        record["_totp_secret"] = secret
        self.admin(
            "_admin_set_user_mfa_preference",
            Username=username,
            SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
        )

    def totp_code(self, username: str) -> str:
        """The one-time password that is right now, by the pool's clock."""
        secret = self.user(username).get("_totp_secret")
        if not secret:
            raise PoolError("That user has no one-time passwords.", hint="Call enable_totp first.")
        return str(self._cognito._totp_code(secret))

    def mails_to(self, username: str) -> list[str]:
        """The texts of the messages that were sent to a user, oldest first."""
        sent: dict[Any, list[dict[str, Any]]] = self._ses._sent_emails.to_dict()
        records = [record for entries in sent.values() for record in entries]
        return [str(each["BodyText"]) for each in records if each.get("Username") == username]
