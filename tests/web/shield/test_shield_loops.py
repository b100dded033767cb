"""Loops: whatever the site's own script does, every page comes to rest."""

from __future__ import annotations

from support.shielded import ShieldedSite


def looping(site: ShieldedSite, most: int = 40) -> int:
    """The usual listener: a refused refresh signs out and goes to /login, where somebody seems to be signed in.

    How many loads it took to come to rest.
    """
    path, loads = "/account", 0
    while loads < most:
        loads += 1
        site.wait(0.2)
        loaded = site.load(path, script=True)
        if loaded.status != 200 or b"hardtack" in (loaded.header(b"content-security-policy") or "").encode():
            return loads
        if loaded.site_saw is None and loaded.header(b"x-frame-options"):
            return loads  # the guidance page has no script that goes on
        access = site.read_first(site.key("accessToken"))
        if not access:
            return loads  # nobody is signed in, and the page knows it
        if site.fetch_session().endswith("Exception"):
            site.script_sign_out()
            path = "/login"
        else:
            path = "/account" if path == "/login" else path
            return loads
    return loads


def residue(site: ShieldedSite, scope: str = "") -> None:
    """What a server left in another scope before the shield came; dead since."""
    tokens = site.pool.sign_in("alice")
    site.pool.revoke(tokens)
    site.wait(4_000)
    lines = [
        f"{site.names.last_auth_user}=alice",
        *(
            f"{site.names.wire_name('alice', suffix)}={value}"
            for suffix, value in {
                "accessToken": tokens.access_token,
                "idToken": tokens.id_token,
                "refreshToken": tokens.refresh_token,
                "clockDrift": "0",
            }.items()
        ),
    ]
    site.jar.store_response(site.url("/"), [f"{line}; Path=/; Secure{scope}" for line in lines])


def test_without_the_shield_the_listener_loads_for_ever(tell):
    site = tell(shielded=False)
    residue(site)
    assert looping(site, most=40) == 40


def test_with_the_shield_it_comes_to_rest(tell):
    site = tell()
    residue(site)
    assert looping(site) <= 3
    assert site.sign_in("alice") == ""


def test_where_the_policy_is_wrong_the_guidance_page_ends_it_and_loses_nothing(tell):
    """The browser deletes host-only, the shield writes on the parent domain: script can't get rid of the residue."""
    site = tell(client={"domain": None}, policy={"domain": "example.test", "owns_domain": False})
    residue(site)
    assert looping(site) <= 6
    assert site.told("guidance.shown")
    assert [event.fields["cause"] for event in site.told("loop.broken")] == ["stale"]
    assert site.scopes()  # nobody's cookies were cleared behind their back

    recovered = site.load("/hardtack/recover", method="POST", headers=[(b"origin", b"https://app.example.test")])
    assert recovered.path == "/login"
    assert site.scopes() == {}
    assert site.sign_in("alice") == ""
    site.load("/")
    assert site.server_sees() == "alice"


def test_a_person_who_presses_f5_loops_nothing(tell):
    site = tell(client={"domain": None}, policy={"domain": "example.test"})
    residue(site)
    for _ in range(12):
        site.wait(0.2)
        assert site.load("/").status == 200
    assert site.told("loop.broken") == []


def test_garbage_that_script_writes_again_and_again_climbs_to_guidance_through_the_last_resort(tell):
    site = tell()
    statuses = []
    for _ in range(6):
        site.wait(0.2)
        site.jar.store_response(
            site.url("/"), [f"{site.key('accessToken')}=a.b.c; Path=/; Domain=example.test; Secure"]
        )
        loaded = site.load("/account", script=True, follow=False)
        statuses.append((loaded.status, bool(loaded.header(b"clear-site-data")), bool(loaded.site_saw is None)))
        if loaded.status == 303:
            site.load(loaded.header(b"location"), script=True, follow=False)
    assert statuses[0] == (200, False, True)  # swept; the site shows its own sign-in
    assert (303, True, True) in statuses
    assert site.told("guidance.shown")


def test_fetches_prefetches_and_actions_never_climb(tell):
    site = tell()
    residue(site)
    for kind in ("fetch", "rsc", "action", "asset"):
        for _ in range(6):
            assert site.load("/x", kind=kind, script=True).status == 200
    assert site.told("loop.broken") == []
    assert site.told("twins.swept") == []
