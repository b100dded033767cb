"""Any history that a browser, a server, a pool and strangers make behind the shield alone: P3, P6 and P7 hold.

Seeded walks: each takes its steps from a die, is looked at after every answer, and ends with the probes. A walk that
fails prints its number and its steps; run it alone with `-k` and the number. HARDTACK_WALKS makes them more.
"""

from __future__ import annotations

import os
import random

import pytest

from support.minting import CLIENT_ID, Mint, read_claims
from support.shielded import ShieldedSite
from support.story import SUBS

WALKS = int(os.environ.get("HARDTACK_WALKS", "200"))
STEPS = 30
SUFFIXES = ("accessToken", "idToken", "refreshToken", "clockDrift", "signInDetails", "LastAuthUser")
CLIENTS = [
    ({"domain": ".example.test"}, ""),
    ({"domain": ".example.test"}, "; Domain=app.example.test"),
    ({"domain": "app.example.test"}, ""),
    ({"domain": None}, "; Domain=.example.test"),
    ({"domain": None}, ""),
]
FOREIGN = Mint(pool="eu-west-1_Other", key=5)


def seen_pairs(header: bytes | None) -> list[tuple[str, str]]:
    pieces = (header or b"").decode("latin-1").split("; ")
    mine = f"CognitoIdentityServiceProvider.{CLIENT_ID}."
    return [tuple(piece.partition("=")[::2]) for piece in pieces if piece.startswith(mine)]


def sees_one_set(header: bytes | None) -> None:
    """No twin, and the tokens of one sign-in of one person."""
    pairs = seen_pairs(header)
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), "the site was sent twins"
    by_owner: dict[str, set[str]] = {}
    for name, value in pairs:
        owner, _, suffix = name.rpartition(".")
        if suffix in ("accessToken", "idToken") and value.count(".") == 2:
            claims = read_claims(value)
            assert claims["iss"] == "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI", "a foreign token"
            by_owner.setdefault(owner, set()).add(f"{claims['sub']} {claims['origin_jti']}")
    assert all(len(sessions) == 1 for sessions in by_owner.values()), "sets were mixed"


class Walk:
    """One history."""

    def __init__(self, number: int) -> None:
        self.dice = random.Random(number)  # noqa: S311 -- the same walk every time
        client, scope = self.dice.choice(CLIENTS)
        self.site = ShieldedSite(client={**client, "path": "/"}, engine=self.dice.choice(["chromium", "firefox"]))
        self.site.nonce = f"walk {number}"
        self.site.server_scope = scope
        self.site.pool.rotation = self.dice.random() < 0.5
        self.site.pool.grace = self.dice.choice([0.0, 60.0])
        self.user = "alice"
        self.steps: list[str] = []
        self.turn = 0

    def take(self, name: str) -> None:
        self.steps.append(name)
        self.turn += 1
        self.site.nonce = f"{self.site.nonce.partition('#')[0]}#{self.turn}"
        getattr(self, name)()

    def load(self, path: str = "/", **how) -> None:
        loaded = self.site.load(path, **how)
        assert loaded.status in (200, 431), loaded.status
        if not self.site.told("shield.passed"):  # what can't be judged passes as it is
            sees_one_set(loaded.site_saw)
        self.site.events.clear()

    def visits(self) -> None:
        self.load(self.dice.choice(["/", "/login", "/account/deep"]), script=self.dice.random() < 0.4)

    def server_refreshes(self) -> None:
        self.load("/", server="refresh", kind=self.dice.choice(["navigation", "action", "fetch", "rsc"]))

    def server_looks(self) -> None:
        self.load("/", server="session", kind=self.dice.choice(["navigation", "fetch"]))

    def script_looks(self) -> None:
        self.site.fetch_session(self.dice.choice(["/", "/login"]))

    def signs_in(self) -> None:
        self.user = self.dice.choice(["alice", "bob"])
        self.site.sign_in(self.user)

    def signs_out(self) -> None:
        if self.site.pool.failing() is None:
            self.site.script_sign_out()

    def time_passes(self) -> None:
        self.site.wait(self.dice.choice([1, 30, 900, 3_700]))

    def session_is_revoked(self) -> None:
        for tokens in list(self.site.pool.sessions.values())[-1:]:
            self.site.pool.revoke(tokens)

    def pool_goes(self) -> None:
        self.site.pool.down()

    def pool_comes(self) -> None:
        self.site.pool.up()
        self.site.wait(61)

    def sibling_plants(self) -> None:
        site = self.site
        stranger = FOREIGN.session(sub=SUBS["bob"], username="bob", auth_time=int(site.pool.now))
        name = site.names.wire_name(
            self.dice.choice(["alice", "bob"]), self.dice.choice(["accessToken", "refreshToken"])
        )
        value = self.dice.choice(["garbage", stranger.access_token])
        path = self.dice.choice(["/", "/login"])
        site.jar.store_response(
            "https://evil.example.test/", [f"{name}={value}; Path={path}; Domain=example.test; Secure"]
        )

    def late_answer(self) -> None:
        """What was asked before a sign-out is answered after it."""
        site = self.site
        visit = site.visit("/", kind="fetch")
        passage = site.pass_on(visit)
        headers = site._site("/", passage.headers, "refresh") if site.pool.failing() is None else []
        if self.dice.random() < 0.5 and site.pool.failing() is None:
            site.script_sign_out()
        lines = [
            value.decode("latin-1")
            for name, value in site.shield.to_browser(passage, 200, headers)
            if name == b"set-cookie"
        ]
        site.jar.store_response(site.url("/"), lines)

    STEPS = (
        "visits", "visits", "server_refreshes", "server_looks", "script_looks", "signs_in", "signs_out", "time_passes",
        "session_is_revoked", "pool_goes", "pool_comes", "sibling_plants", "late_answer",
    )  # fmt: skip

    # -- the probes -------------------------------------------------------------------------------------------------

    def comes_to_rest(self) -> None:
        """P3: the usual listener, left alone; the pool is up."""
        site, path = self.site, "/account"
        for _ in range(14):
            site.wait(0.2)
            loaded = site.load(path, script=True)
            if loaded.header(b"x-frame-options"):  # guidance: a page without the site's script
                return
            if not site.fetch_session("/account").endswith("Exception"):
                return
            site.script_sign_out("/account")
            path = "/login" if path == "/account" else "/account"
        raise AssertionError("it loads for ever")

    def leads_back(self) -> None:
        """P7: sign out, come to the sign-in page, sign in, load: client and server both see it."""
        site = self.site
        for _ in range(8):
            site.wait(30)
            site.load("/login")
        if site.fetch_session("/login") != "":
            site.script_sign_out("/login")
            site.load("/login")
        for _ in range(8):
            site.wait(30)
            site.load("/login")
        assert site.sign_in("alice", "/login") == ""
        site.load("/")
        site.load("/")
        assert site.fetch_session() == "alice"
        assert site.server_sees() == "alice"


@pytest.mark.parametrize("number", range(WALKS))
def test_a_walk_comes_to_rest_and_leads_back(number):
    walk = Walk(number)
    try:
        for _ in range(STEPS):
            walk.take(walk.dice.choice(Walk.STEPS))
        walk.take("pool_comes")
        walk.comes_to_rest()
        walk.leads_back()
    except AssertionError as error:
        raise AssertionError(f"{error}\nwalk {number}: {' '.join(walk.steps)}") from error
    finally:
        walk.site.close()
