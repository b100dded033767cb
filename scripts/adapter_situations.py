"""Situations for the Next adapter: what a browser may send, what the pool may say, how a site may be set up.

Rule: random, but seeded and slanted: everything that the facts know to matter comes up often, alone and together, and
what can't reach an adapter (control characters, half surrogate pairs) never does. A situation says all that the outcome
depends on; tokens in it are symbols, made by `record.mjs` as the situation says.
"""  # noqa: INP001 -- a script; scripts are no package

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hardtack.amplify import client_name, client_value, next_value, server_name
from hardtack.amplify.adapter import AdapterContext, release_of

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

__all__ = ["CLIENT_ID", "situation"]

CLIENT_ID: Final = "1recordedclient"
BASE: Final = f"CognitoIdentityServiceProvider.{CLIENT_ID}"
NOW: Final = 1_700_000_000_000  # milliseconds
MOST_SETS: Final = 3  # of cookies in one header: two twins, and what lies between them

USERS: Final = (
    *("alice",) * 6,
    "bob",
    "username",
    "",
    "user@example.com",
    "a+b@example.com",
    "first last",
    "josé@exämple.com",
    "用户",
    "\U0001f6f3",
    "100%",
    "a%40b",
    "(paren)",
    "a;b",
    "a,b=c/d:e",
    '"q"',
    "a|b^c`d\\e",
    "x.accessToken",
    "me.idToken.you",
)
DRIFTS: Final = (
    *("0", "-945", "31") * 3,
    "120000",
    "-120000",
    "-7200000",
    "-120000ms",
    " 12",
    "+7",
    "0x1d4c0",
    "0x",
    "1e6",
    "garbage",
    "NaN",
    "Infinity",
    "",
    "9" * 320,
    "-" + "9" * 320,
)
DETAILS: Final = (
    *('{"loginId":"alice","authFlowType":"USER_SRP_AUTH"}',) * 20,
    '{"loginId":"用户","authFlowType":"USER_PASSWORD_AUTH"}',
    '{"loginId":"josé","authFlowType":"USER_AUTH"}',
    '{ "authFlowType": "USER_SRP_AUTH",\t"loginId" : "a\\u0062c\\ud800\\u0007/\\/" }',
    '{"10":1.50,"b":-0,"2":[1e21,1e-7,123456789012345680000,0.000001,{}],"__proto__":null,"b":true}',
    '"alice"',
    "null",
    "false",
    "0",
    '""',
    "[]",
    '{"loginId":"alice"',
    "{loginId:'alice'}",
    "alice",
    "NaN",
    "[1,]",
)
GARBAGE: Final = ("garbage", "a.b.c", "null", "true", "%E9", "100%", '"quoted"', "a.b", "....")
REFUSALS: Final = (
    *("NotAuthorizedException",) * 4,
    "TokenRevokedException",
    "UserNotFoundException",
    "PasswordResetRequiredException",
    "UserNotConfirmedException",
    "RefreshTokenReuseException",
    *("NetworkError",) * 3,
    *("TooManyRequestsException",) * 2,
    "InternalErrorException",
    "ResourceNotFoundException",
    "UserLambdaValidationException",
    "Unknown",
)
# What a server component writes is lost, so there is least to be seen of it.
CONTEXTS: Final = (
    *(context.value for context in AdapterContext if context != AdapterContext.SERVER_COMPONENT),
) * 3 + (AdapterContext.SERVER_COMPONENT.value,)
WRITERS: Final[tuple[tuple[Callable[[str], str], Callable[[str], str]], ...]] = (
    *((client_name, client_value),) * 3,
    *((server_name, next_value),) * 2,
    (server_name, lambda text: text),
)


@dataclass(slots=True)
class _Drawing:
    """A situation while it is drawn."""

    random: random.Random
    now: int
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    serial: int = 0

    def chance(self, share: float) -> bool:
        """True in this share of the cases."""
        return self.random.random() < share

    def one_of(self, choices: Sequence[Any]) -> Any:
        """One of these."""
        return self.random.choice(choices)

    def token(self, use: str, user: str, **made: Any) -> str:
        """A new token's symbol."""
        self.serial += 1
        symbol = f"jwt-{self.serial}-{use}"
        seconds = self.now // 1000
        self.tokens[symbol] = {
            "use": use,
            "sub": f"sub-{user or 'nobody'}",
            "username": user or "nobody",
            "client": CLIENT_ID,
            "iat": seconds - 600,
            "exp": seconds + 3000,
            "key": "good",
        } | made
        return symbol

    def stored_token(self, use: str, user: str, exp: int) -> str | None:
        """A token as a jar may hold it: mostly good, and in every way bad."""
        if self.chance(0.9):
            return self.token(use, user, exp=exp)
        other = "id" if use == "access" else "access"
        past = self.now // 1000 - 50
        faults: tuple[Callable[[], str | None], ...] = (
            lambda: None,
            lambda: "",
            lambda: self.one_of(GARBAGE),
            lambda: self.token(use, user, exp=exp, key="forged"),
            lambda: self.token(use, user, exp=exp, key="unknown"),
            lambda: self.token(use, user, exp=exp, client="another0client"),
            lambda: self.token(use, user, exp=past, client="another0client"),
            lambda: self.token(
                use, user, exp=exp, issuer="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"
            ),
            lambda: self.token(use, user, exp=past, issuer="https://issuer.example.com"),
            lambda: self.token(other, user, exp=exp),
            lambda: self.token(other, user, exp=past),
        )
        return self.one_of(faults)()

    def end(self) -> int:
        """When a token ends: later, about now, or before."""
        seconds = self.now // 1000
        return self.one_of(
            (seconds + 3000, seconds + 60, seconds + 8, seconds + 6, seconds + 5, seconds + 4, seconds)
        ) + (-60 if self.chance(0.2) else -5000 if self.chance(0.2) else 0)

    def pairs(self, user: str | None) -> list[tuple[str, str]]:
        """One writer's set of cookies, as pairs on the wire."""
        name, value = self.one_of(WRITERS)
        owner = "username" if user is None else user
        exp = self.end()
        values: list[tuple[str, str | None]] = [
            ("accessToken", self.stored_token("access", owner, exp)),
            ("idToken", self.stored_token("id", owner, exp if self.chance(0.8) else self.end())),
            ("refreshToken", self.one_of((*(f"refresh-{self.serial}",) * 12, None, "", "100%"))),
            ("signInDetails", self.one_of((*DETAILS, None, None, ""))),
            ("clockDrift", self.one_of((*DRIFTS, None, None))),
        ]
        if self.chance(0.15):
            values.append(("oauthMetadata", '{"oauthSignIn":true}'))
        if self.chance(0.1):
            values += [("deviceKey", "eu-west-1_1"), ("deviceGroupKey", "-g"), ("randomPasswordKey", "p+/=")]
        stem = f"{BASE}.{name(owner)}."
        last = [] if user is None else [(f"{BASE}.LastAuthUser", value(user))]
        return last + [(stem + suffix, value(text)) for suffix, text in values if text is not None]

    def cookie(self) -> str:
        """A Cookie header: one set or several, twins in either order, strangers between them."""
        users: list[str | None] = [self.one_of(USERS)]
        while self.chance(0.35) and len(users) < MOST_SETS:
            users.append(users[0] if self.chance(0.7) else self.one_of(USERS))
        if self.chance(0.05):
            users[0] = None
        pairs = [pair for user in users for pair in self.pairs(user)]
        if self.chance(0.25):
            self.random.shuffle(pairs)
        if self.chance(0.1) and pairs:
            pairs.remove(self.one_of(pairs))
        for stranger in (("theme", "dark"), ("", "nameless"), ("flag", ""), (f"{BASE}.LastAuthUser", "%E9")):
            if self.chance(0.08):
                pairs.insert(self.random.randrange(len(pairs) + 1), stranger)
        text = "; ".join(f"{name}={value}" if name else value for name, value in pairs)
        return text.encode("utf-8").decode("latin-1")  # a raw value goes over the wire as UTF-8

    def call(self, user: str) -> dict[str, Any]:
        """One call, with the pool's answer in case that it refreshes."""
        operation = "getCurrentUser" if self.chance(0.3) else "fetchAuthSession"
        call: dict[str, Any] = {"operation": operation, "pool": self.granted(user)}
        if operation == "fetchAuthSession":
            call["force"] = self.chance(0.5)
        if self.chance(0.35):
            call["pool"] = self.one_of(REFUSALS)
        return call

    def granted(self, user: str) -> list[str | None]:
        """What the pool grants: an access token, and mostly an ID token; with rotation a refresh token too."""
        seconds = self.now // 1000
        times = {
            "iat": seconds + self.one_of((0, 0, 0, 1, -2, 45, -7200)),
            "exp": seconds + self.one_of((3600, 3600, 3)),
        }
        return [
            self.token("access", user, **times),
            self.token("id", user, **times) if self.chance(0.95) else None,
            f"rotated-{self.serial}" if self.chance(0.4) else None,
        ]

    def options(self, version: str) -> dict[str, Any]:
        """The site's `runtimeOptions.cookies`, of which releases before 6.13.0 know nothing."""
        options: dict[str, Any] = {}
        if not release_of(version).options and self.chance(0.9):
            return options
        if self.chance(0.4):
            options["domain"] = self.one_of((".example.com", "app.example.com"))
        if self.chance(0.3):
            options["sameSite"] = self.one_of(("lax", "strict", "none"))
        if self.chance(0.3):
            options["maxAge"] = self.one_of((600, 86_400, 0, -5))
        if self.chance(0.2):
            options["expires"] = self.now // 1000 + self.one_of((3600, 86_400 * 400, -60))
        return options


def situation(random: random.Random, version: str, app_origin: str) -> dict[str, Any]:
    """One situation for a release of `aws-amplify`; with an `app_origin`, under `AMPLIFY_APP_ORIGIN`."""
    drawing = _Drawing(random, NOW + random.randrange(10**9))
    cookie = drawing.cookie()
    calls = [drawing.call("alice") for _ in range(drawing.one_of((1, 1, 1, 2, 2, 3)))]
    drawn = {
        "release": version,
        "app_origin": app_origin,
        "context": drawing.one_of(CONTEXTS),
        "client_id": CLIENT_ID,
        "now": drawing.now,
        "cookie": cookie,
        "tokens": drawing.tokens,
        "options": drawing.options(version),
        "calls": calls,
        "together": drawing.chance(0.5),
        "keys_unreachable": drawing.chance(0.04),
    }
    return json.loads(json.dumps(drawn))
