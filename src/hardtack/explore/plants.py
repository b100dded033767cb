"""What a hostile sibling host plants in the parent domain.

Rule: a sibling can write any name with any value there, and knows nothing that this browser holds. It has an account of
its own, so it can plant a set that every check but the binding's passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.amplify import AmplifyNames, client_value
from hardtack.cookies import Site
from hardtack.explore.symbols import CLIENT_ID, PEOPLE, STRANGER

if TYPE_CHECKING:
    from hardtack.explore.moves import Moves
    from hardtack.explore.state import State

__all__ = ["PLANTS", "plant", "plants_of"]

PLANTS: Final = ("a stranger's session", "a stranger's refresh token", "garbage for an access token")
"""What may be planted. The second and the third stand under the name of somebody who signs in here."""
_IN_THE_NAME_OF: Final = " in the name of "


def plants_of(people: int) -> tuple[str, ...]:
    """What may be planted where so many people sign in: names decide nothing, so each of them may be meant."""
    others = PEOPLE[1:people]
    return (*PLANTS, *(f"{what}{_IN_THE_NAME_OF}{other}" for other in others for what in PLANTS[1:]))


def plant(state: State, what: str, moves: Moves) -> State:
    """The state after a sibling has planted something."""
    names = AmplifyNames(CLIENT_ID)
    parent = Site.of(moves.world.hosts[0]).registrable_domain or moves.world.hosts[0]
    now = state.now + 1  # no two grants at the same moment, as in `Moves`
    pool, granted = state.pool.sign_in(STRANGER, now=now)
    what, _, victim = what.partition(_IN_THE_NAME_OF)
    victim = victim or PEOPLE[0]
    match what:
        case "a stranger's session":
            values = {
                names.last_auth_user: STRANGER,
                names.wire_name(STRANGER, "accessToken"): granted.access,
                names.wire_name(STRANGER, "idToken"): granted.id,
                names.wire_name(STRANGER, "refreshToken"): granted.refresh or "",
                names.wire_name(STRANGER, "clockDrift"): "0",
            }
        case "a stranger's refresh token":
            values = {names.wire_name(victim, "refreshToken"): granted.refresh or ""}
        case _:
            values = {names.wire_name(victim, "accessToken"): "garbage"}
            pool, now = state.pool, state.now
    lines = tuple(
        f"{name}={client_value(value)}; Path=/; Domain={parent}; Max-Age=31536000; Secure; SameSite=Lax"
        for name, value in values.items()
    )
    jar = moves.jars.store(state.jar, f"https://evil.{parent}/", lines, now)
    return state._replace(jar=jar, pool=pool, now=now, clean=False)
