"""Everything of Amplify's that one request shows.

Rule: read tolerantly, choose nothing. Every twin is kept in the order of the header, every spelling of a name counts as
the key that js-cookie takes it for, and a value that can't be decoded is still listed (as it stands), because a sweep
must reach it and a report must count it. Which candidate is served is the engine's choice, after it has verified them.
One pass over the header, whatever was planted in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from hardtack.amplify.encoding import document_text, js_cookie_read
from hardtack.amplify.names import (
    ABSENT_USERNAME,
    LAST_AUTH_USER,
    SERVER_AUTH_NAMES,
    SWEPT_SUFFIXES,
    AmplifyKey,
    is_v5_leftover,
    parse_identity_id_name,
    parse_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["AmplifyShown", "ShownCookie", "read", "read_value"]


@dataclass(frozen=True, slots=True)
class ShownCookie:
    """One cookie of the request.

    Attributes:
        wire_name: its name as it stands in the header.
        value: its value, decoded as js-cookie decodes it; as it stands where that fails.
        position: its place among the header's pairs, from 0.
    """

    wire_name: str = field(repr=False)
    value: str = field(repr=False)
    position: int


@dataclass(frozen=True, slots=True, repr=False)
class AmplifyShown:
    """What a request shows of one app client, and what else of Amplify's lies beside it.

    Attributes:
        client_id: the app client that this is about.
        last_auth_users: every LastAuthUser cookie, in order; its value is the decoded user name, which may be empty.
        users: by decoded user name (as the cookie *names* have it), by suffix, every cookie in order.
        names: the distinct wire names of this client, in order.
        swept_names: those of them that a sign-out removes; device keys stay, and so does what we don't know.
        twins: the keys of this client that more than one cookie answers to, in any spelling.
        unreadable_names: names that begin as this client's do but that no reader can decode.
        other_clients: wire names by another client's id.
        v5_leftovers: names that version 5 left and that name no client.
        identity_ids: names of guest identities.
        server_auth: names of the Next adapter's own auth routes.
    """

    client_id: str
    last_auth_users: tuple[ShownCookie, ...] = ()
    users: Mapping[str, Mapping[str, tuple[ShownCookie, ...]]] = field(default_factory=lambda: MappingProxyType({}))
    names: tuple[str, ...] = ()
    swept_names: tuple[str, ...] = ()
    twins: tuple[AmplifyKey, ...] = ()
    unreadable_names: tuple[str, ...] = ()
    other_clients: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    v5_leftovers: tuple[str, ...] = ()
    identity_ids: tuple[str, ...] = ()
    server_auth: tuple[str, ...] = ()

    @property
    def usernames(self) -> tuple[str, ...]:
        """The user names to look under: what each LastAuthUser says, in order, then the word `username`.

        The last is where Amplify stores tokens when it can't see its LastAuthUser. Users that no LastAuthUser names are
        not among them (`users` has them): their cookies are leftovers of somebody else.
        """
        return tuple(dict.fromkeys((*(shown.value for shown in self.last_auth_users), ABSENT_USERNAME)))

    def candidates(self, username: str, suffix: str) -> tuple[ShownCookie, ...]:
        """Every cookie under this key, in any spelling, in order."""
        return self.users.get(username, {}).get(suffix, ())

    def __bool__(self) -> bool:
        return bool(self.names)

    def __repr__(self) -> str:
        return f"<AmplifyShown {len(self.names)} names of {self.client_id!r}, {len(self.users)} users>"


def read(pairs: Iterable[tuple[str, str]], client_id: str) -> AmplifyShown:
    """List what a Cookie header's pairs (`CookieHeader.pairs`) show of this app client. Never raises."""
    reading = _Reading(client_id)
    for position, (name, value) in enumerate(pairs):
        # Escapes can stand anywhere in a name, so only a name without any is passed over by its beginning.
        if name and (name.startswith(_BEGINNINGS) or "%" in name):
            reading.take(position, name, value)
    return reading.shown()


def read_value(value: str) -> str:
    """A value of a header's text as js-cookie reads it in the browser, or as it stands where that can't be."""
    text = document_text(value)
    decoded = None if text is None else js_cookie_read(text)
    return value if decoded is None else decoded


_BEGINNINGS = ("Cognito", "com.amplify.", "amplify-", "aws-amplify-", "aws.cognito.")
_SWEPT = frozenset((*SWEPT_SUFFIXES, LAST_AUTH_USER))


class _Reading:
    """What `read` gathers on its way through the header."""

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        self.keys: dict[str, AmplifyKey | None] = {}  # by wire name: a name that comes 180 times is parsed once
        self.cookies: dict[AmplifyKey, list[ShownCookie]] = {}
        self.others: dict[str, dict[str, None]] = {}
        self.unreadable: dict[str, None] = {}
        self.v5: dict[str, None] = {}
        self.identities: dict[str, None] = {}
        self.server_auth: dict[str, None] = {}

    def take(self, position: int, name: str, value: str) -> None:
        if name in self.keys:
            key = self.keys[name]
        else:
            key = self.keys[name] = parse_name(name)
        if key is None:
            self.take_other(name)
        elif key.client_id == self.client_id:
            self.cookies.setdefault(key, []).append(ShownCookie(name, read_value(value), position))
        else:
            self.others.setdefault(key.client_id, {})[name] = None

    def take_other(self, name: str) -> None:
        if name.startswith(f"CognitoIdentityServiceProvider.{self.client_id}."):
            self.unreadable[name] = None
        elif name in SERVER_AUTH_NAMES:
            self.server_auth[name] = None
        elif parse_identity_id_name(name) is not None:
            self.identities[name] = None
        elif is_v5_leftover(name):
            self.v5[name] = None

    def shown(self) -> AmplifyShown:
        users: dict[str, dict[str, tuple[ShownCookie, ...]]] = {}
        last_auth_users: tuple[ShownCookie, ...] = ()
        for key, cookies in self.cookies.items():
            if key.username is not None:
                users.setdefault(key.username, {})[key.suffix] = tuple(cookies)
            elif key.suffix == LAST_AUTH_USER:
                last_auth_users = tuple(cookies)
        ours = {name: key for name, key in self.keys.items() if key is not None and key.client_id == self.client_id}
        return AmplifyShown(
            client_id=self.client_id,
            last_auth_users=last_auth_users,
            users=MappingProxyType({user: MappingProxyType(by_suffix) for user, by_suffix in users.items()}),
            names=tuple(ours),
            swept_names=tuple(name for name, key in ours.items() if _is_swept(key)),
            twins=tuple(key for key, cookies in self.cookies.items() if len(cookies) > 1),
            unreadable_names=tuple(self.unreadable),
            other_clients=MappingProxyType({client: tuple(names) for client, names in self.others.items()}),
            v5_leftovers=tuple(self.v5),
            identity_ids=tuple(self.identities),
            server_auth=tuple(self.server_auth),
        )


def _is_swept(key: AmplifyKey) -> bool:
    """LastAuthUser belongs to the client and the rest to a user: a user called like a client's key isn't meant."""
    return key.suffix in _SWEPT and (key.username is None) == (key.suffix == LAST_AUTH_USER)
