"""The names of Amplify's cookies.

Rule: a name is `CognitoIdentityServiceProvider.<clientId>.<username>.<suffix>`, and the user name in it is whatever
`LastAuthUser` holds: never derived from a token, because no two flows of Amplify derive it the same way. One key has
several spellings on the wire (the browser escapes parentheses, the server doesn't, version 5 escaped nothing), and
js-cookie takes them all for one. A name is a person's name: none of it goes into a log or an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hardtack.amplify.encoding import client_name, decode_component, document_text, server_name

__all__ = [
    "ABSENT_USERNAME",
    "KEPT_SUFFIXES",
    "LAST_AUTH_USER",
    "PREFIX",
    "SERVER_AUTH_NAMES",
    "SUFFIXES",
    "SWEPT_SUFFIXES",
    "TOKEN_SUFFIXES",
    "V5_LEFTOVERS",
    "AmplifyKey",
    "AmplifyNames",
    "UserNames",
    "is_v5_leftover",
    "parse_identity_id_name",
    "parse_name",
]

PREFIX = "CognitoIdentityServiceProvider"
LAST_AUTH_USER = "LastAuthUser"
ABSENT_USERNAME = "username"  # what Amplify takes for the user name where there is no LastAuthUser

TOKEN_SUFFIXES = ("accessToken", "idToken", "refreshToken")
# What a sign-out of version 6 removes, and version 5's copy of GetUser beside it.
SWEPT_SUFFIXES = (*TOKEN_SUFFIXES, "clockDrift", "signInDetails", "oauthMetadata", "userData")
# What outlives a sign-out by Amplify's design: a remembered device spares its owner the second factor.
KEPT_SUFFIXES = ("deviceKey", "deviceGroupKey", "randomPasswordKey")
SUFFIXES = (*SWEPT_SUFFIXES, *KEPT_SUFFIXES, "oidcProvider")

# The Next adapter's own auth routes; no client id stands in them.
SERVER_AUTH_NAMES = tuple(
    f"com.amplify.server_auth.{name}" for name in ("pkce", "state", "isSigningOut", "isSigningOutRedirecting")
)
# Version 5 left these in the same storage, cookies included (its `cookieStorage` mode).
V5_LEFTOVERS = (
    "amplify-auto-sign-in",
    "amplify-polling-started",
    "amplify-redirected-from-hosted-ui",
    "amplify-signin-with-hostedUI",
    "aws-amplify-federatedInfo",
)
_V5_PREFIXES = ("CognitoIdentityId-", "aws.cognito.identity-id.", "aws.cognito.identity-providers.")
_IDENTITY_PREFIX, _IDENTITY_SUFFIX = "com.amplify.Cognito.", ".identityId"

_REMEMBERED_USERS = 256  # user names whose cookie names are kept worked out; about a kilobyte each
# What keeps an unescaped spelling from existing: a cookie's name can't hold it, or it would mean something else.
_NEVER_UNESCAPED = frozenset(map(chr, (*range(33), 127))) | frozenset("=;%")


@dataclass(frozen=True, slots=True)
class AmplifyKey:
    """What a cookie's name says, all escapes undone.

    Attributes:
        client_id: the app client.
        username: the user name, which may be empty; None for a key of the client itself, such as LastAuthUser.
        suffix: the last part: one of `SUFFIXES`, `LAST_AUTH_USER`, or something that we don't know.
    """

    client_id: str
    username: str | None = field(repr=False)
    suffix: str

    @property
    def text(self) -> str:
        """The storage key, before any escaping."""
        middle = "" if self.username is None else f"{self.username}."
        return f"{PREFIX}.{self.client_id}.{middle}{self.suffix}"


@dataclass(frozen=True, slots=True, repr=False)
class UserNames:
    """The cookie names of one user, each as the browser writes it. Their text names the user: don't log them."""

    access_token: str
    id_token: str
    refresh_token: str
    clock_drift: str
    sign_in_details: str
    oauth_metadata: str
    user_data: str

    def __repr__(self) -> str:
        return "<UserNames>"


class AmplifyNames:
    """The cookie names of one app client.

    Names of a user are worked out once and kept, for a bounded number of users. Thread-safe.
    """

    __slots__ = ("_users", "client_id", "key_prefix", "last_auth_user", "wire_prefix")

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        self.key_prefix = f"{PREFIX}.{client_id}."
        self.wire_prefix = client_name(self.key_prefix)
        self.last_auth_user = self.wire_prefix + LAST_AUTH_USER
        self._users: dict[str, UserNames] = {}

    def wire_name(self, username: str, suffix: str) -> str:
        """One name as the browser writes it.

        Raises:
            ValueError: the user name has half a surrogate pair; nothing can write that.
        """
        return f"{self.wire_prefix}{client_name(username)}.{suffix}"

    def of_user(self, username: str) -> UserNames:
        """The names of this user's cookies, as the browser writes them.

        Raises:
            ValueError: the user name has half a surrogate pair.
        """
        known = self._users.get(username)
        if known is None:
            stem = f"{self.wire_prefix}{client_name(username)}."
            known = UserNames(
                access_token=f"{stem}accessToken",
                id_token=f"{stem}idToken",
                refresh_token=f"{stem}refreshToken",
                clock_drift=f"{stem}clockDrift",
                sign_in_details=f"{stem}signInDetails",
                oauth_metadata=f"{stem}oauthMetadata",
                user_data=f"{stem}userData",
            )
            if len(self._users) >= _REMEMBERED_USERS:
                self._users.clear()  # who signs in next is worked out again: microseconds
            self._users[username] = known
        return known

    def spellings(self, username: str, suffix: str) -> tuple[str, ...]:
        """Every way in which one key may stand on the wire, the browser's first.

        Two where the user name has parentheses, which the server leaves as they are; and, where a name may hold the
        user name as it is, version 5's and the early auth routes' unescaped one (not where it would read as an escape:
        that is another user's name).

        Raises:
            ValueError: the user name has half a surrogate pair.
        """
        ways = [client_name(username), server_name(username)]
        if username.isascii() and _NEVER_UNESCAPED.isdisjoint(username):
            ways.append(username)
        return tuple(dict.fromkeys(f"{self.wire_prefix}{way}.{suffix}" for way in ways))

    def parse(self, wire_name: str) -> AmplifyKey | None:
        """What this name says if it is one of this client's; else None. Never raises."""
        key = parse_name(wire_name)
        return key if key is not None and key.client_id == self.client_id else None

    def __repr__(self) -> str:
        return f"AmplifyNames({self.client_id!r})"


def parse_name(wire_name: str) -> AmplifyKey | None:
    """What a cookie's name says, whoever wrote it and whosever client id it has; None if it is none of Amplify's keys.

    The name is a header's text (latin-1). Escapes are undone as js-cookie undoes them, anywhere in the name; a name
    that can't be decoded is none. The user name may have dots of its own: the suffix is what follows the last one.
    """
    text = _decode_name(wire_name)
    if text is None or not text.startswith(PREFIX + "."):
        return None
    client_id, dot, rest = text[len(PREFIX) + 1 :].partition(".")
    if not dot or not client_id or not rest:
        return None
    username, dot, suffix = rest.rpartition(".")
    return AmplifyKey(client_id, username if dot else None, suffix)


def parse_identity_id_name(wire_name: str) -> str | None:
    """The identity pool whose guest id this cookie holds (since 6.14.2), or None if it is no such cookie."""
    text = _decode_name(wire_name)
    if text is None or not (text.startswith(_IDENTITY_PREFIX) and text.endswith(_IDENTITY_SUFFIX)):
        return None
    return text[len(_IDENTITY_PREFIX) : -len(_IDENTITY_SUFFIX)] or None


def is_v5_leftover(wire_name: str) -> bool:
    """Whether version 5 wrote this, beside the keys that both versions share; no client id stands in such a name."""
    text = _decode_name(wire_name)
    return text is not None and (text in V5_LEFTOVERS or text.startswith(_V5_PREFIXES))


def _decode_name(wire_name: str) -> str | None:
    text = document_text(wire_name)
    return None if text is None else decode_component(text)
