"""Amplify's token store over the cookies of one request: load, store, clear.

Rule: every name is built from what `LastAuthUser` says at that moment, read again for each of the three. Where the
store doesn't read what it wrote, the names follow the request's LastAuthUser and not the one just written. Loading
gives everything or nothing: one part that can't be read makes a signed-in person nobody, and nothing is cleared.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from hardtack.amplify.adapter.javascript import parse_int, stringify_parsed
from hardtack.amplify.adapter.needs import Need, Reply, Verify
from hardtack.amplify.names import ABSENT_USERNAME
from hardtack.tokens import Expired, Good

if TYPE_CHECKING:
    from hardtack.amplify.adapter.request import RequestCookies
    from hardtack.tokens import Claims, TokenUse

__all__ = ["Fresh", "Stored", "Work", "clear", "decode", "load", "store"]

_T = TypeVar("_T")
Work: TypeAlias = Generator[Need, Reply, _T]
"""A part of a flow, which comes to a value."""

_CLEARED: Final = ("accessToken", "idToken", "clockDrift", "refreshToken", "signInDetails")
"""What clearing deletes before LastAuthUser, in this order."""
_OAUTH_METADATA: Final = "oauthMetadata"


@dataclass(frozen=True, slots=True)
class Stored:
    """The token set as the cookies have it.

    Attributes:
        username: what LastAuthUser says.
        access: what the access token says.
        id: what the ID token says; None without one.
        refresh_token: None or empty without one.
        details: `signInDetails` as JavaScript writes it anew; None without any.
        clock_drift: milliseconds; may be infinite, or not a number.
    """

    username: str = field(repr=False)
    access: Claims
    id: Claims | None
    refresh_token: str | None = field(repr=False)
    details: str | None = field(repr=False)
    clock_drift: float

    def is_expired(self, now: float, *, tolerance: int) -> bool:
        """Amplify's rule: clock and drift and tolerance against `exp`. A drift that is no number never expires."""
        moment = round(now * 1000) + self.clock_drift + tolerance
        return moment > self.access.expires_at * 1000 or (self.id is not None and moment > self.id.expires_at * 1000)


@dataclass(frozen=True, slots=True)
class Fresh:
    """A refreshed set on its way into the store. Attributes as in `Stored`; the tokens are texts."""

    username: str = field(repr=False)
    access_token: str = field(repr=False)
    id_token: str | None = field(repr=False)
    refresh_token: str | None = field(repr=False)
    details: str | None = field(repr=False)
    clock_drift: int


def load(cookies: RequestCookies) -> Work[Stored | None]:
    """`loadTokens`: the stored set, or None where any part of it can't be used, and then without a word."""
    username = _username(cookies)
    key = f"{cookies.settings.key_prefix}{username}."
    access = yield from _read_token(cookies, f"{key}accessToken", "access")
    if access is None:
        return None
    id_key = f"{key}idToken"
    identity = yield from _read_token(cookies, id_key, "id")
    if identity is None and cookies.settings.release.trusts == "anything" and cookies.get(id_key):
        return None  # decoding it threw, where nobody had verified it before
    refresh_token = yield from _read(cookies, f"{key}refreshToken")
    clock_drift = yield from _read(cookies, f"{key}clockDrift")
    details = yield from _read(cookies, f"{key}signInDetails")
    try:
        details = stringify_parsed(details) if details else None
    except ValueError:
        return None
    return Stored(username, access, identity, refresh_token, details, _milliseconds(clock_drift))


def store(cookies: RequestCookies, fresh: Fresh, now: float) -> None:
    """`storeTokens`: LastAuthUser first, and then the rest under what is read of it.

    Raises:
        UnwritableError: no header can carry one of the values; those before it are written.
    """
    release = cookies.settings.release
    if release.clears_first:
        clear(cookies)
    cookies.set(cookies.settings.last_auth_user, fresh.username, now)
    key = f"{cookies.settings.key_prefix}{_username(cookies)}."
    values = (
        ("accessToken", fresh.access_token),
        ("idToken", fresh.id_token),
        ("refreshToken", fresh.refresh_token),
        ("signInDetails", fresh.details),
        ("clockDrift", str(fresh.clock_drift)),
    )
    for suffix, value in values:
        if value:
            cookies.set(f"{key}{suffix}", value, now)
        elif not release.clears_first:
            cookies.delete(f"{key}{suffix}")


def clear(cookies: RequestCookies) -> None:
    """`clearTokens`: its keys are built before LastAuthUser goes. Device keys stay."""
    key = f"{cookies.settings.key_prefix}{_username(cookies)}."
    for suffix in _CLEARED:
        cookies.delete(f"{key}{suffix}")
    cookies.delete(cookies.settings.last_auth_user)
    if cookies.settings.release.oauth_metadata:
        cookies.delete(f"{key}{_OAUTH_METADATA}")


def decode(token: str, use: TokenUse) -> Work[Claims | None]:
    """What a token says that nobody verifies; None where it can't be decoded."""
    judgement = yield Verify(token, use, unverified=True)
    return judgement.claims if isinstance(judgement, Good | Expired) else None


def _username(cookies: RequestCookies) -> str:
    """Whatever LastAuthUser says; an empty one counts, a missing one is the literal `username`."""
    username = cookies.get(cookies.settings.last_auth_user)
    return ABSENT_USERNAME if username is None else username


def _read_token(cookies: RequestCookies, key: str, use: TokenUse) -> Work[Claims | None]:
    """A token that this release reads; None where there is none, or one that counts as missing."""
    token = cookies.get(key)
    if not token:
        return None
    if cookies.settings.release.trusts == "anything":
        return (yield from decode(token, use))
    return (yield from _verify(cookies, token, _use_of(key) or use))


def _read(cookies: RequestCookies, key: str) -> Work[str | None]:
    """Any other value. A user's name that looks like a token's key has all of its values verified as tokens."""
    value = cookies.get(key)
    if value and cookies.settings.release.trusts != "anything":
        use = _use_of(key)
        if use is not None and (yield from _verify(cookies, value, use)) is None:
            return None
    return value


def _verify(cookies: RequestCookies, token: str, use: TokenUse) -> Work[Claims | None]:
    judgement = yield Verify(token, use)
    match judgement:
        case Good(claims):
            return claims
        case Expired(claims) if cookies.settings.release.trusts == "signed":
            return claims
        case _:
            return None


def _use_of(key: str) -> TokenUse | None:
    """As what the validator takes the value of a key: it looks for the suffixes anywhere in it."""
    if ".accessToken" in key:
        return "access"
    return "id" if ".idToken" in key else None


def _milliseconds(clock_drift: str | None) -> float:
    return 0.0 if clock_drift is None else parse_int(clock_drift)
