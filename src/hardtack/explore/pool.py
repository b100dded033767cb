"""The user pool of the explored world: who signed in, which refresh tokens live, what a call is answered.

Rule: it does what Cognito documents and the demo's pool does: with rotation a refresh token is followed by another one
and is good for its grace period only; one that comes back later is refused as reused and ends nothing; revocation ends
a sign-in with all its tokens; access tokens live on until their `exp`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hardtack.explore.symbols import mint, read_token

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["Accepted", "Granted", "Pool", "PoolAnswer", "Refused", "SignIn", "Unavailable"]

NOT_AUTHORIZED: Final = "NotAuthorizedException"
REUSED: Final = "RefreshTokenReuseException"
_FOREVER: Final = 1 << 40  # epoch seconds that no history reaches


class Granted(NamedTuple):
    """The pool's answer: tokens. `refresh` is None where the old refresh token goes on."""

    access: str
    id: str
    refresh: str | None


class Refused(NamedTuple):
    """The pool's answer: no, with Cognito's name for why."""

    exception: str


class Unavailable(NamedTuple):
    """No answer. It says so, since tuples are told apart by what is in them."""

    said: str = "nothing"


class Accepted(NamedTuple):
    """The pool's answer where there is nothing to tell."""

    said: str = "accepted"


PoolAnswer = Granted | Refused | Unavailable | Accepted


class SignIn(NamedTuple):
    """One sign-in at the pool.

    Attributes:
        name: its `origin_jti`.
        user: whose.
        auth_time: epoch seconds.
        generation: the newest set that was granted.
        refresh: the newest refresh token's generation.
        retired: of each older refresh token's generation until when it is still good, epoch seconds.
        ended: revoked, or past the refresh tokens' lifetime.
        left: a person has signed out of it, at the explored browser.
    """

    name: str
    user: str
    auth_time: int
    generation: int = 1
    refresh: int = 1
    retired: tuple[tuple[int, int], ...] = ()
    ended: bool = False
    left: bool = False


class Pool(NamedTuple):
    """Every sign-in that anything still refers to; how many there were, and how many sets of tokens were granted."""

    sign_ins: tuple[SignIn, ...] = ()
    granted: int = 0
    count: int = 0  # pyright: ignore[reportIncompatibleMethodOverride] -- nobody counts what is in a pool

    @property
    def uncounted(self) -> Pool:
        """The same, as if nothing had been granted: for whoever asks beyond a history, or where nothing is bounded."""
        return self._replace(granted=0) if self.granted else self

    def named(self, name: str) -> SignIn | None:
        """The sign-in of this name, while it is remembered."""
        return next((one for one in self.sign_ins if one.name == name), None)

    def sign_in(self, user: str, *, now: int) -> tuple[Pool, Granted]:
        """A correct password."""
        name = f"origin{self.count + 1}"
        tokens = mint(user, name, 1, refresh=1, issued_at=now, auth_time=now)
        pool = Pool((*self.sign_ins, SignIn(name, user, now)), self.granted + 1, self.count + 1)
        return pool, Granted(tokens.access_token, tokens.id_token or "", tokens.refresh_token)

    def refresh(self, token: str, *, now: int, rotation: bool, grace: int) -> tuple[Pool, PoolAnswer]:
        """GetTokensFromRefreshToken, and InitiateAuth with REFRESH_TOKEN_AUTH where nothing rotates."""
        read = read_token(token)
        known = self.named(read.session) if read is not None and read.use == "refresh" else None
        if read is None or known is None or known.ended:
            return self, Refused(NOT_AUTHORIZED)
        if read.generation != known.refresh and now > dict(known.retired).get(read.generation, -1):
            return self, Refused(REUSED)
        generation = known.generation + 1
        after = known._replace(generation=generation)
        if rotation:
            retired = known.retired
            if read.generation == known.refresh:
                retired = (*retired, (known.refresh, now + grace if grace else -1))
            # A use within the grace period gives one more successor; the one before it stays as good as it was.
            after = after._replace(refresh=generation, retired=_all_good(retired, known, read.generation))
        tokens = mint(
            known.user, known.name, generation, refresh=after.refresh, issued_at=now, auth_time=known.auth_time
        )
        granted = Granted(tokens.access_token, tokens.id_token or "", tokens.refresh_token if rotation else None)
        return self._with(after)._replace(granted=self.granted + 1), granted

    def revoke_token(self, token: str) -> Pool:
        """RevokeToken: the sign-in that a refresh token belongs to is over."""
        read = read_token(token)
        known = self.named(read.session) if read is not None and read.use == "refresh" else None
        return self if known is None else self._with(known._replace(ended=True))

    def global_sign_out(self, access_token: str, *, now: int) -> tuple[Pool, PoolAnswer]:
        """GlobalSignOut: every sign-in of a person is over; it takes a live access token of a living sign-in."""
        read = read_token(access_token)
        known = self.named(read.session) if read is not None and read.use == "access" else None
        if read is None or known is None or known.ended or now >= read.expires_at:
            return self, Refused(NOT_AUTHORIZED)
        return self.end_all(known.user), Accepted()

    def end_everywhere(self, token: str, *, now: int, rotation: bool, grace: int) -> Pool:
        """GlobalSignOut with an access token, or with one that a refresh token is exchanged for first."""
        read = read_token(token)
        pool = self
        if read is not None and read.use == "refresh":
            pool, answer = self.refresh(token, now=now, rotation=rotation, grace=grace)
            token = answer.access if isinstance(answer, Granted) else ""
        return pool.global_sign_out(token, now=now)[0]

    def end_all(self, user: str) -> Pool:
        """Every sign-in of a person is over: an administrator's doing, or the refresh tokens' lifetime."""
        return self._replace(
            sign_ins=tuple(one._replace(ended=True) if one.user == user else one for one in self.sign_ins)
        )

    def leave(self, names: Collection[str]) -> Pool:
        """A person has signed out of these."""
        return self._replace(
            sign_ins=tuple(one._replace(left=True) if one.name in names else one for one in self.sign_ins)
        )

    def keep(self, names: Collection[str]) -> Pool:
        """Forget what nothing refers to any more: no call can ever be about it again."""
        if all(one.name in names for one in self.sign_ins):
            return self
        return self._replace(sign_ins=tuple(one for one in self.sign_ins if one.name in names))

    def _with(self, after: SignIn) -> Pool:
        return self._replace(sign_ins=tuple(after if one.name == after.name else one for one in self.sign_ins))


def _all_good(retired: tuple[tuple[int, int], ...], known: SignIn, used: int) -> tuple[tuple[int, int], ...]:
    """Who spends a retired token within its grace makes a second successor; the first one stays good as well."""
    if used == known.refresh:
        return retired
    return (*retired, (known.refresh, _FOREVER))
