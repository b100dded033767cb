"""Whose cookie is this? Amplify's, and those of other libraries that can have the same fault under another name.

Rule: a cookie is spoken of by a reference that names nobody. Amplify puts user names into cookie names, so a reference
carries the suffix, and marks in place of the names. Two spellings that one reader takes for one cookie have one key.
Names that no library here knows are shown by their mark alone: anything may stand in them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hardtack.amplify.names import (
    KEPT_SUFFIXES,
    LAST_AUTH_USER,
    SERVER_AUTH_NAMES,
    is_v5_leftover,
    parse_identity_id_name,
    parse_name,
)

if TYPE_CHECKING:
    from hardtack.doctor.marks import Marker

__all__ = ["PROFILES", "CookieRef", "CookieRole", "Profile", "profile_named", "refer"]


class CookieRole(StrEnum):
    """What a cookie is for."""

    ACCESS_TOKEN = "access_token"  # noqa: S105  the name of a kind, not a token
    ID_TOKEN = "id_token"  # noqa: S105  the same
    REFRESH_TOKEN = "refresh_token"  # noqa: S105  the same
    USER = "user"
    """Amplify's LastAuthUser: it decides whose tokens are read."""
    SESSION = "session"
    """The cookie, or a chunk of it, that is the session of another library."""
    DETAIL = "detail"
    """What lies beside a session and proves nothing: clockDrift, signInDetails."""
    DEVICE = "device"
    """Keys of a remembered device, which outlive a sign-out by design."""
    FLOW = "flow"
    """State, PKCE, CSRF: what lives for one sign-in."""
    LEFTOVER = "leftover"
    """What an earlier major version wrote and this one never removes."""
    OTHER = "other"
    """Nothing of anyone's that the doctor knows."""

    @property
    def is_session(self) -> bool:
        """Whether a reader who finds it believes that somebody is signed in, or who."""
        return self in _SESSION_ROLES


_SESSION_ROLES: Final = frozenset(
    {
        CookieRole.ACCESS_TOKEN,
        CookieRole.ID_TOKEN,
        CookieRole.REFRESH_TOKEN,
        CookieRole.USER,
        CookieRole.SESSION,
    }
)


@dataclass(frozen=True, slots=True)
class CookieRef:
    """A cookie as a report may speak of it.

    Attributes:
        profile: a key of `PROFILES`, or `other`.
        role: what it is for.
        label: what is shown: `.accessToken`, `next-auth.session-token`, `cookie 1f3a5c7e9b2d`.
        key: mark of what one reader takes for one cookie; twins share it.
        client_id: Amplify's app client, where the name has one. Public: it stands in every page's script.
        owner: mark of the user name in the name, where there is one.
    """

    profile: str
    role: CookieRole
    label: str
    key: str
    client_id: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A library that keeps sessions in cookies.

    Attributes:
        key: short and stable.
        title: what its users call it.
        session: names of its session cookies, prefixes and chunk numbers included.
        flow: names of its other cookies.
        packages: npm or PyPI packages by which a project is recognised.
    """

    key: str
    title: str
    session: re.Pattern[str]
    flow: re.Pattern[str]
    packages: tuple[str, ...] = ()


_PREFIX = r"(?:__Secure-|__Host-)?"
_NEVER = re.compile(r"(?!)")

PROFILES: Final = (
    Profile("amplify", "AWS Amplify", _NEVER, _NEVER, ("aws-amplify", "@aws-amplify/adapter-nextjs")),
    Profile(
        "authjs",
        "Auth.js / NextAuth",
        re.compile(_PREFIX + r"(?:next-auth|authjs)\.session-token(?:\.\d{1,2})?"),
        re.compile(
            _PREFIX
            + r"(?:next-auth|authjs)\.(?:csrf-token|callback-url|state|nonce|pkce\.code_verifier|challenge)"
            + r"(?:\.\d{1,2})?"
        ),
        ("next-auth", "@auth/core", "@auth/sveltekit", "@auth/express"),
    ),
    Profile(
        "supabase",
        "Supabase SSR",
        re.compile(r"sb-[A-Za-z0-9-]{1,64}-auth-token(?:\.\d{1,2})?|sb-(?:access|refresh)-token"),
        re.compile(r"sb-[A-Za-z0-9-]{1,64}-auth-token-(?:code-verifier|user)(?:\.\d{1,2})?|supabase-auth-token"),
        ("@supabase/ssr", "@supabase/auth-helpers-nextjs"),
    ),
    Profile(
        "clerk",
        "Clerk",
        re.compile(r"__(?:session|refresh)(?:_[A-Za-z0-9_-]{8})?|__client"),
        re.compile(r"__client_uat(?:_[A-Za-z0-9_-]{8})?|__clerk_[a-z_]{1,40}(?:_[A-Za-z0-9_-]{8})?"),
        ("@clerk/nextjs", "@clerk/clerk-js", "@clerk/backend", "@clerk/express"),
    ),
    Profile(
        "better-auth",
        "Better Auth",
        re.compile(_PREFIX + r"better-auth[.-]session_(?:token|data)(?:\.\d{1,2})?"),
        re.compile(
            _PREFIX + r"better-auth[.-](?:state|dont_remember|pk_code_verifier|account_data|two_factor)(?:\.\d{1,2})?"
        ),
        ("better-auth",),
    ),
    Profile("django", "Django", re.compile(_PREFIX + "sessionid"), re.compile(_PREFIX + "csrftoken"), ("django",)),
    Profile("starlette", "Starlette", re.compile(_PREFIX + "session"), _NEVER, ("starlette", "fastapi")),
    Profile(
        "hardtack",
        "Hardtack",
        re.compile(_PREFIX + r"hardtack-(?!js\.)[a-z0-9.-]{1,40}"),
        re.compile(
            _PREFIX + r"hardtack-js\.[A-Za-z0-9_+]{1,128}"
        ),  # hardtack.js's mark of a sign-in: no token is in it
        ("hardtack",),
    ),
)
"""Amplify first; a name belongs to the first that knows it."""

_AMPLIFY_ROLES: Final = {
    "accessToken": CookieRole.ACCESS_TOKEN,
    "idToken": CookieRole.ID_TOKEN,
    "refreshToken": CookieRole.REFRESH_TOKEN,
    "userData": CookieRole.LEFTOVER,
    LAST_AUTH_USER: CookieRole.USER,
    **dict.fromkeys(KEPT_SUFFIXES, CookieRole.DEVICE),
}
_KNOWN_SUFFIXES: Final = frozenset((*_AMPLIFY_ROLES, "clockDrift", "signInDetails", "oauthMetadata", "oidcProvider"))


def profile_named(key: str) -> Profile | None:
    """The profile of this key; None for `other`."""
    return next((profile for profile in PROFILES if profile.key == key), None)


def refer(name: str, marker: Marker) -> CookieRef:
    """Make the reference of a cookie's name.

    Args:
        name: as it stands in a header (latin-1 text).
        marker: the one of this run.
    """
    if (found := _amplify(name, marker)) is not None:
        return found
    key = marker.mark(name)
    for profile in PROFILES:
        for pattern, role in ((profile.session, CookieRole.SESSION), (profile.flow, CookieRole.FLOW)):
            if pattern.fullmatch(name):
                return CookieRef(profile.key, role, name, key)
    return CookieRef("other", CookieRole.OTHER, f"cookie {key}", key)


def _amplify(name: str, marker: Marker) -> CookieRef | None:
    key = parse_name(name)
    if key is not None:
        label = f".{key.suffix}" if key.suffix in _KNOWN_SUFFIXES else ".…"
        owner = None if key.username is None else marker.mark(key.username)
        role = _AMPLIFY_ROLES.get(key.suffix, CookieRole.DETAIL)
        return CookieRef("amplify", role, label, marker.mark(key.text), key.client_id, owner)
    if name in SERVER_AUTH_NAMES:
        return CookieRef("amplify", CookieRole.FLOW, name, marker.mark(name))
    if parse_identity_id_name(name) is not None:
        return CookieRef("amplify", CookieRole.DETAIL, ".identityId", marker.mark(name))
    if is_v5_leftover(name):
        label = name if name.startswith("amplify-") else "version 5's identity"
        return CookieRef("amplify", CookieRole.LEFTOVER, label, marker.mark(name))
    return None
