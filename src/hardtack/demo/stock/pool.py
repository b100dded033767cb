"""What the stock site needs of the user pool: an app client of its own, the public keys, and two operations.

Rule: the site has its own app client. The client's id is part of every cookie's name, so what gets stuck here never
touches the site beside it, though both share a parent domain; and its tokens live for seconds, so that nobody waits an
hour to see one expire.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import time
from typing import TYPE_CHECKING, Any, ClassVar, Final

import httpx2

from hardtack.errors import Blame, HardtackError
from hardtack.tokens import KeyFetcher, KeyRing, TokenSet, TokenVerifier, UnknownKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardtack.demo.pool import PoolVerbs
    from hardtack.tokens import Judgement, TokenUse

__all__ = ["TOKEN_SECONDS", "StockPool", "StockPoolError"]

TOKEN_SECONDS: Final = 30
"""Lifetime of the site's access and ID tokens unless told otherwise; Amplify takes them for expired 5 seconds early."""

_TARGET: Final = "AWSCognitoIdentityProviderService."
_TIMEOUT: Final = 10.0  # seconds; the pool is on this machine
_KEYS_PAUSE: Final = 10.0  # seconds between two fetches of the keys, whatever tokens strangers send
_ROOT: Final = "test"  # the emulator's root key and its secret: administration must be signed, be it by anybody


class StockPoolError(HardtackError):
    """The pool refused the stock site its app client."""

    code: ClassVar[str] = "demo.stock-pool"
    blame: ClassVar[Blame] = Blame.PROVIDER


class StockPool:
    """The demo's user pool, as the stock site uses it.

    Args:
        pool: the running pool, in this process or another.
        token_seconds: lifetime of access and ID tokens. The real service allows no less than 300; this one does.
        clock: epoch seconds on this server.

    Raises:
        StockPoolError: the pool did not make the app client.
    """

    def __init__(
        self, pool: PoolVerbs, *, token_seconds: int = TOKEN_SECONDS, clock: Callable[[], float] = time.time
    ) -> None:
        self._pool = pool
        self._clock = clock
        self.url = pool.url
        self.user_pool_id = pool.user_pool_id
        self.client_id = _make_client(pool, token_seconds)
        keys = KeyRing()
        self._keys = KeyFetcher(pool.jwks_url, keys, interval=_KEYS_PAUSE)
        self._verifier = TokenVerifier(issuer=pool.issuer, client_id=self.client_id, keys=keys)

    async def judge(self, token: str, use: TokenUse) -> Judgement:
        """Verify a token, as the adapter does through aws-jwt-verify; the keys are fetched when one is unknown.

        Without the keys the adapter sees nobody signed in, and says nothing.
        """
        judgement = self._verifier.judge(token, now=self._clock(), use=use)
        if isinstance(judgement, UnknownKey):
            await self._keys.afetch(_get, time.monotonic(), kid=judgement.kid)
            judgement = self._verifier.judge(token, now=self._clock(), use=use)
        return judgement

    async def refresh(self, refresh_token: str) -> TokenSet | str:
        """GetTokensFromRefreshToken, as Amplify sends it: without a secret, without a signature.

        What the pool granted, or the exception's name: Cognito's, or one of Amplify's where no answer came.
        """
        body = {"ClientId": self.client_id, "RefreshToken": refresh_token}
        try:
            async with httpx2.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
                response = await client.post(self.url, json=body, headers=_headers("GetTokensFromRefreshToken"))
            answer = response.json()
        except (httpx2.HTTPError, ValueError):
            return "NetworkError"
        result: dict[str, str] = answer.get("AuthenticationResult", {})
        if response.is_success and "AccessToken" in result:
            return TokenSet(result["AccessToken"], result.get("IdToken"), result.get("RefreshToken"))
        return str(answer.get("__type") or "Unknown")

    async def end_sessions(self, username: str) -> None:
        """Revoke every refresh token of a user, as an administrator or another device would.

        Raises:
            PoolError: the pool refused, or is gone.
        """
        await asyncio.to_thread(self._pool.revoke_all, username)


async def _get(url: str) -> bytes:
    """The body of a 200 answer."""
    async with httpx2.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
        return (await client.get(url)).raise_for_status().content


def _make_client(pool: PoolVerbs, token_seconds: int) -> str:
    """CreateUserPoolClient: no secret, SRP, short-lived tokens; the client's id."""
    settings = {
        "UserPoolId": pool.user_pool_id,
        "ClientName": "stock",
        "GenerateSecret": False,
        "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "AccessTokenValidity": token_seconds,
        "IdTokenValidity": token_seconds,
        "TokenValidityUnits": {"AccessToken": "seconds", "IdToken": "seconds"},
    }
    body = json.dumps(settings).encode()
    try:
        response = httpx2.post(pool.url, content=body, headers=_signed(pool, body), timeout=_TIMEOUT, trust_env=False)
        answer = response.json()
    except (httpx2.HTTPError, ValueError) as error:
        message = f"The stock site can't reach its user pool ({type(error).__name__})."
        raise StockPoolError(message, hint="Start the pool first.") from error
    if not response.is_success:
        message = f"The user pool refused the stock site its app client: {answer.get('__type')}."
        raise StockPoolError(message, hint="Check that ministack has the version that pyproject.toml pins.")
    return str(answer["UserPoolClient"]["ClientId"])


def _signed(pool: PoolVerbs, body: bytes) -> dict[str, str]:
    """The headers of CreateUserPoolClient with a signature (SigV4) by the emulator's root key."""
    # botocore comes with ministack, has no types, and takes a tenth of a second: only who makes a client imports it.
    botocore: Any = importlib.import_module("botocore.auth")
    credentials: Any = importlib.import_module("botocore.credentials")
    requests: Any = importlib.import_module("botocore.awsrequest")
    request = requests.AWSRequest("POST", f"{pool.url}/", data=body, headers=_headers("CreateUserPoolClient"))
    botocore.SigV4Auth(credentials.Credentials(_ROOT, _ROOT), "cognito-idp", pool.region).add_auth(request)
    return dict(request.headers)


def _headers(operation: str) -> dict[str, str]:
    return {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": _TARGET + operation}
