"""How a site has set up its adapter, and where in Next it calls it.

Rule: five places in Next give the adapter five different stores of cookies, and nothing in the site's code shows which
one it has. The names here are those of `createServerRunner` and of the contexts that it tells apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from hardtack.amplify.adapter.releases import CURRENT, AmplifyRelease
from hardtack.amplify.names import LAST_AUTH_USER, PREFIX

__all__ = ["AdapterContext", "AdapterSameSite", "AdapterSettings"]

AdapterSameSite: TypeAlias = Literal["lax", "strict", "none"]

# The adapter's own expression (`auth/utils/origin`), in which neither alternative is anchored at both ends.
_ORIGIN: Final = re.compile(r"^(http://localhost(:[0-9]{1,5})?)|(https?://[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?)\Z")


class AdapterContext(StrEnum):
    """Where `runWithAmplifyServerContext` is called."""

    NEXT_RESPONSE = "next-response"
    """Middleware (`proxy.ts`), or a route handler with a `NextResponse`: one line a name, no read after write."""
    RESPONSE = "response"
    """A route handler with a web `Response`: a line for each write, values as they are, no read after write."""
    SERVER_COMPONENT = "server-component"
    """A server component's `cookies()`: every write is lost, and nobody says so."""
    SERVER_ACTION = "server-action"
    """`cookies()` in a server action or a route handler: one line a name, and what was written is read."""
    GET_SERVER_SIDE_PROPS = "get-server-side-props"
    """The Pages Router's `req` and `res`, in getServerSideProps and API routes: the first twin is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterSettings:
    """What `createServerRunner` was given.

    Attributes:
        client_id: the app client.
        domain: `runtimeOptions.cookies.domain`, written as it stands; None for none.
        same_site: `runtimeOptions.cookies.sameSite`; None leaves it at `lax`, in httpOnly mode at `strict`.
        max_age: `runtimeOptions.cookies.maxAge`, seconds; 0 counts as not given where `expires` isn't given either.
        expires: `runtimeOptions.cookies.expires`, epoch seconds.
        app_origin: the environment's `AMPLIFY_APP_ORIGIN`; a valid origin switches the httpOnly mode on.
        release: which release of the packages is installed.
    """

    client_id: str
    domain: str | None = None
    same_site: AdapterSameSite | None = None
    max_age: int | None = None
    expires: int | None = None
    app_origin: str = ""
    release: AmplifyRelease = CURRENT

    @property
    def http_only(self) -> bool:
        """Whether cookies are written HttpOnly, which script can neither read nor replace."""
        return self.release.options and _ORIGIN.search(self.app_origin) is not None

    @property
    def key_prefix(self) -> str:
        """What every storage key of the client begins with."""
        return f"{PREFIX}.{self.client_id}."

    @property
    def last_auth_user(self) -> str:
        """The storage key of the user's name."""
        return f"{self.key_prefix}{LAST_AUTH_USER}"
