"""Hardtack's own cookies: binding, tombstone, pair.

Rule: they carry the `__Host-` prefix, so they have no twin by construction, and they are sealed, so no one else writes
one. Two writers, never mixed:

- The **binding** says whose browser this is. Sign-in, the taking over of an older session (adoption) and sign-out write
  it; a refresh never does. Sign-out replaces it by a **tombstone**: what was signed out, in the pool's time, so that a
  late answer which would raise the dead is known for what it is. An adoption happens beside the person's back, so its
  answer may come late as well: it writes a cookie of its own, which never wins over what a person has done since.
- The **pair** goes out with every token write and every deletion: which refresh token belongs to which access token (by
  keyed hash), for which sign-in and under which policy it was written, and how far the sweep of other scopes has come.
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

from hardtack.sessions.sealing import open_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardtack.cookies import CookieHeader, CookiePolicy, SetCookie
    from hardtack.sessions.sealing import Sealer
    from hardtack.tokens import Claims

__all__ = ["Binding", "MarkKeeper", "Marks", "Pair", "Tombstone"]

BINDING: Final = "hardtack-binding"
ADOPTED: Final = "hardtack-adopted"
PAIR: Final = "hardtack-pair"

_MOST_ENDED: Final = 8  # sign-outs remembered one by one; older ones are covered by the highest auth_time
_REFRESH: Final = "refresh-token"  # the purpose of a refresh token's keyed hash


@dataclass(frozen=True, slots=True)
class Binding:
    """Whose browser this is: one person, one sign-in.

    Attributes:
        sub: the person.
        session_key: the sign-in.
        auth_time: when that was, seconds since the epoch in the pool's time.
        claim: under which the refresh store keeps the set that the sign-in wrote, should an older answer come late and
            take its place; "" where that can't happen (storage `sealed`), or for who came in by other ways.
        owner: the user name under which that set was written.
        by_script: whether the mark of `hardtack.js` says so, which is written at every sign-in and not only at ours.
    """

    sub: str
    session_key: str
    auth_time: int
    claim: str = field(default="", repr=False)
    owner: str = field(default="", repr=False)
    by_script: bool = field(default=False, compare=False)

    @classmethod
    def of(cls, claims: Claims) -> Binding:
        """The binding to a session's claims."""
        return cls(claims.sub, claims.session_key, claims.auth_time)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What was signed out here: the sessions' keys and the highest `auth_time` seen among them."""

    ended: tuple[str, ...] = ()
    auth_time: int = 0

    def covers(self, session: Claims | Binding) -> bool:
        """Whether a session is one of those that were signed out, or older than the newest of them."""
        return session.session_key in self.ended or session.auth_time <= self.auth_time

    def joined(self, sessions: Sequence[Claims | Binding]) -> Tombstone:
        """This tombstone with more sessions under it."""
        keys = [key for key in self.ended if all(key != session.session_key for session in sessions)]
        keys += dict.fromkeys(session.session_key for session in sessions)
        highest = max([self.auth_time, *(session.auth_time for session in sessions)])
        return Tombstone(tuple(keys[-_MOST_ENDED:]), highest)


@dataclass(frozen=True, slots=True)
class Pair:
    """What Hardtack last wrote, and where its sweep stands.

    Attributes:
        refresh: keyed hash of the refresh token written, or "" where there was none.
        jti: the access token's `jti` beside it; "" where everything was deleted.
        session_key: the sign-in that both belong to, or that was bound when everything was deleted.
        policy: the fingerprint of the policy that it was written under.
        cursor: how far the sweep under way has walked round its cycle, in steps; 0 while there is none.
        at: a digest of the path that the sweep of twins has reached: a look there, or below, that finds none ends it.
            "" while no twins were seen.
        left: digests of twins that stay, newest last: they are in a scope that is not ours to sweep.
        twins: a digest of the twins for which the last sweep began, where it is counted.
        values: a digest of what the twins held that were seen last, until the sweep is over.
        renewals: how often others were in their place after all its rounds, so that it began anew for them.
        sweeps: how many sweeps began for these since `sweeps_since`: twins that come back have an owner.
        sweeps_since: seconds since the epoch.
        mismatches: how often a newer token lay beside a shield's own copy (see `hardtack.sessions.mismatch`).
    """

    refresh: str = ""
    jti: str = ""
    session_key: str = ""
    policy: str = ""
    cursor: int = 0
    at: str = ""
    left: str = ""
    twins: str = ""
    values: str = ""
    renewals: int = 0
    sweeps: int = 0
    sweeps_since: int = 0
    mismatches: int = 0

    @property
    def awaits(self) -> bool:
        """Whether a look at one path is still to come that will be noted: until then plans differ from path to path."""
        return bool(self.at)

    def of_session(self, *, refresh: str, jti: str, session_key: str, policy: str) -> Pair:
        """The pair of a fresh token write.

        The sweep's state goes on; what was said of another policy doesn't, nor what was left during another sign-in.
        """
        same = session_key == self.session_key
        return replace(
            self,
            refresh=refresh,
            jti=jti,
            session_key=session_key,
            policy=policy,
            left=self.left if same else "",
            mismatches=self.mismatches if policy == self.policy else 0,
        )


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks that a request shows."""

    binding: Binding | None = None
    tombstone: Tombstone | None = None
    pair: Pair | None = None


_PAIR_FIELDS: Final = tuple(field.name for field in fields(Pair))
_PAIR_TYPES: Final[list[type[object]]] = [type(value) for value in astuple(Pair())]


class MarkKeeper:
    """Reads and writes the marks of one app client under one policy.

    Args:
        client_id: the app client; a mark of another one is not ours.
        policy: where cookies live.
        sealer: see `hardtack.sessions.sealing`.

    Attributes:
        pair_name: the pair's name on the wire.
    """

    def __init__(self, client_id: str, policy: CookiePolicy, sealer: Sealer) -> None:
        self._client_id = client_id
        self._policy = policy
        self._sealer = sealer
        self._binding_name = policy.own_name(BINDING)
        self._adopted_name = policy.own_name(ADOPTED)
        self.pair_name = policy.own_name(PAIR)
        self._binding_purpose = f"binding:{client_id}"
        self._adopted_purpose = f"adopted:{client_id}"
        self._pair_purpose = f"pair:{client_id}"

    def read(self, cookies: CookieHeader) -> Marks:
        """The marks shown; an unreadable one counts as absent."""
        binding, tombstone = self._read_binding(cookies)
        adopted = self._read_adopted(cookies)
        if adopted is not None and _still_counts(adopted, binding, tombstone):
            binding, tombstone = adopted, None
        written = self._open(cookies, self.pair_name, self._pair_purpose)
        pair = Pair(*written) if written and list(map(type, written)) == _PAIR_TYPES else None
        return Marks(binding, tombstone, pair)

    def write_binding(self, binding: Binding, shown: CookieHeader) -> tuple[SetCookie, ...]:
        """The binding's Set-Cookie lines after a sign-in; an adoption that the request shows goes."""
        fields = ["b", binding.sub, binding.session_key, binding.auth_time, binding.claim, binding.owner]
        return (*self._unadopted(shown), self._write(BINDING, self._binding_purpose, fields))

    def write_tombstone(self, tombstone: Tombstone, shown: CookieHeader) -> tuple[SetCookie, ...]:
        """The tombstone's Set-Cookie lines: the same cookie as the binding, which it replaces."""
        fields = ["t", tombstone.auth_time, *tombstone.ended]
        return (*self._unadopted(shown), self._write(BINDING, self._binding_purpose, fields))

    def write_adopted(self, binding: Binding) -> SetCookie:
        """The Set-Cookie line of a binding that nobody signed in for just now."""
        return self._write(ADOPTED, self._adopted_purpose, [binding.sub, binding.session_key, binding.auth_time])

    def write_pair(self, pair: Pair) -> SetCookie:
        """The pair's Set-Cookie line."""
        return self._write(PAIR, self._pair_purpose, [getattr(pair, name) for name in _PAIR_FIELDS])

    def refresh_digest(self, refresh_token: str | None) -> str:
        """The keyed hash that stands for a refresh token."""
        return self._sealer.digest(_REFRESH, refresh_token) if refresh_token else ""

    def claim(self, nonce: str, session_key: str) -> str:
        """The claim on the set that a sign-in writes: nobody can guess it who does not see this browser's binding."""
        return self._sealer.digest("claim", f"{nonce} {session_key}")

    def is_partner(self, pair: Pair | None, refresh_token: str) -> bool:
        """Whether the pair vouches for this refresh token."""
        return bool(pair and pair.refresh and self._sealer.matches(_REFRESH, refresh_token, pair.refresh))

    def digest(self, text: str) -> str:
        """A keyed hash for anything else that must be remembered and not told."""
        return self._sealer.digest("mark", text)

    def _read_binding(self, cookies: CookieHeader) -> tuple[Binding | None, Tombstone | None]:
        match self._open(cookies, self._binding_name, self._binding_purpose):
            case ["b", str(sub), str(session_key), int(auth_time), str(claim), str(owner)]:
                return Binding(sub, session_key, auth_time, claim, owner), None
            case ["t", int(auth_time), *ended]:
                return None, Tombstone(tuple(str(key) for key in ended), auth_time)
            case _:
                return None, None

    def _read_adopted(self, cookies: CookieHeader) -> Binding | None:
        match self._open(cookies, self._adopted_name, self._adopted_purpose):
            case [str(sub), str(session_key), int(auth_time)]:
                return Binding(sub, session_key, auth_time)
            case _:
                return None

    def _unadopted(self, shown: CookieHeader) -> tuple[SetCookie, ...]:
        return (self._policy.delete_own(ADOPTED),) if self._adopted_name in shown else ()

    def _open(self, cookies: CookieHeader, name: str, purpose: str) -> list[Any] | None:
        for value in cookies.get_all(name):
            opened = open_fields(self._sealer, purpose, value)
            if opened is not None:
                return opened
        return None

    def _write(self, name: str, purpose: str, parts: list[Any]) -> SetCookie:
        sealed = self._sealer.seal(purpose, json.dumps(parts, separators=(",", ":")).encode())
        return self._policy.write_own(name, sealed, max_age=self._policy.max_age)


def _still_counts(adopted: Binding, binding: Binding | None, tombstone: Tombstone | None) -> bool:
    """Whether an adoption stands: nothing was decided since, or it is of a sign-in younger than the decision."""
    if binding is not None:
        return adopted.sub == binding.sub and adopted.auth_time > binding.auth_time
    return tombstone is None or not tombstone.covers(adopted)
