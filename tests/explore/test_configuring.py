"""From wishes to a world: taken or refused in a sentence, never bent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hardtack.amplify.adapter import AdapterContext
from hardtack.cookies import CookieScope
from hardtack.explore.configuring import Wishes, base_of_policy_file, context_of, world_of
from hardtack.explore.errors import ExploreError
from hardtack.explore.presets import PRESETS, preset
from hardtack.explore.world import Context, Fault, Placement, Server, World
from hardtack.sessions import parse_policy_file

PARENT, HOST_ONLY = Placement(".example.com"), Placement()
SHIELD, SEALED = PRESETS["shield"].world, PRESETS["library-sealed"].world


def test_without_wishes_a_site_is_as_amplify_makes_it():
    world = world_of(Wishes())
    assert not Wishes().any
    assert (world.server, world.client, world.adapter, world.front) == (Server.STOCK, HOST_ONLY, HOST_ONLY, "amplify")
    assert world.faults == {Fault.OUTAGE}
    assert world.rotation


def test_a_preset_without_wishes_is_itself():
    for each in PRESETS.values():
        assert world_of(Wishes(), each.world) == each.world, each.name


def test_the_issues_own_words_make_the_famous_case():
    wishes = Wishes(client_domain=".example.com", server_domain="default", hosts=("app.example.com",))
    world = world_of(wishes)
    assert wishes.any
    assert (world.client, world.adapter, world.hosts) == (PARENT, HOST_ONLY, ("app.example.com",))


def test_a_domain_of_ones_own_brings_a_host_of_ones_own():
    world = world_of(Wishes(client_domain=".harbour.example.org"))
    assert world.hosts == ("app.harbour.example.org",)
    assert world_of(Wishes(client_domain=".example.com")).hosts == ("app.example.com",)
    assert world_of(Wishes(hosts=("example.com", "www.example.com"), client_domain="example.com")).hosts[1] == (
        "www.example.com"
    )


def test_wishes_come_on_top_of_a_preset():
    wishes = Wishes(tabs=1, people=2, rotation=False, engine="firefox", client_path="/login", release="6.15.8")
    world = world_of(wishes, PRESETS["amplify-one-domain"].world)
    expected = replace(
        PRESETS["amplify-one-domain"].world,
        tabs=1,
        people=2,
        rotation=False,
        engine="firefox",
        client=Placement(".example.com", "/login"),
        release="6.15.8",
    )
    assert world == expected


def test_the_same_site_may_be_answered_by_somebody_else():
    world = world_of(Wishes(server=Server.SHIELD), PRESETS["amplify-default-server"].world)
    assert (world.server, world.front, world.client, world.policy) == (Server.SHIELD, "amplify", PARENT, None)
    world = world_of(Wishes(server=Server.LIBRARY, storage="amplify"), PRESETS["amplify-default-server"].world)
    assert (world.server, world.front, world.policy) == (Server.LIBRARY, "none", PARENT)
    assert world_of(Wishes(server=Server.STOCK), SHIELD).server is Server.STOCK
    refreshing = world_of(Wishes(refreshes=True), SHIELD)
    assert refreshing == replace(SHIELD, refreshes=True)
    assert not world_of(Wishes(server=Server.STOCK), refreshing).refreshes


def test_a_library_of_ones_own():
    world = world_of(Wishes(server=Server.LIBRARY))
    assert (world.storage, world.front, world.policy) == ("sealed", "none", HOST_ONLY)
    assert not any(context.forced for context in world.contexts)
    world = world_of(Wishes(server=Server.LIBRARY, storage="amplify", policy_domain=".example.com"))
    assert (world.policy, world.client) == (PARENT, PARENT)
    world = world_of(Wishes(server=Server.LIBRARY, storage="amplify", front="hardtack.js", client_domain="default"))
    assert (world.front, world.client) == ("hardtack.js", HOST_ONLY)


def test_a_release_may_move_the_cookies():
    world = world_of(Wishes(client_domain="default", after_client_domain=".example.com"))
    assert world.after == (PARENT, HOST_ONLY)
    assert world.faults == {Fault.OUTAGE, Fault.DEPLOYMENT}
    world = world_of(Wishes(after_server_domain=".example.com", fault_set="none"))
    assert world.after == (HOST_ONLY, PARENT)
    assert world.faults == {Fault.DEPLOYMENT}
    world = world_of(Wishes(after_client_domain="default", after_server_domain="default"), SHIELD)
    assert world.after == (HOST_ONLY, HOST_ONLY)
    world = world_of(Wishes(server=Server.LIBRARY, after_client_domain=".example.com"))
    assert world.policy_at(1).domain == "example.com"
    assert world.policy_at(1).legacy_scopes == (CookieScope(),)


@pytest.mark.parametrize(
    ("fault_set", "names", "expected"),
    [
        (None, (), {"outage", "deployment"}),
        ("none", (), set()),
        ("none", ("loss", "plant"), {"loss", "plant"}),
        ("default", (), {"outage", "deployment"}),
        ("default", ("closing",), {"outage", "deployment", "closing"}),
        ("all", (), {fault.value for fault in Fault}),
    ],
)
def test_what_may_go_wrong(fault_set, names, expected):
    world = world_of(Wishes(fault_set=fault_set, faults=names), SHIELD)
    assert {fault.value for fault in world.faults} == expected


def test_all_faults_are_all_of_them_and_a_release_where_one_is_said():
    assert world_of(Wishes(fault_set="all")).faults == set(Fault) - {Fault.DEPLOYMENT}


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("next-response", Context(AdapterContext.NEXT_RESPONSE)),
        ("server-action:background", Context(AdapterContext.SERVER_ACTION, navigation=False)),
        ("server-action:forced:background", Context(AdapterContext.SERVER_ACTION, navigation=False, forced=True)),
        ("get-server-side-props:forced", Context(AdapterContext.GET_SERVER_SIDE_PROPS, forced=True)),
    ],
)
def test_a_context_is_written_in_words(text, context):
    assert context_of(text) == context
    assert world_of(Wishes(contexts=(text,))).contexts == (context,)
    assert world_of(Wishes(contexts=())).contexts == ()


def test_an_old_release_does_not_rotate():
    world = world_of(Wishes(release="6.6.0"))
    assert (world.release, world.rotation) == ("6.6.0", False)
    assert world_of(Wishes(release="6.15.4")).rotation


REFUSED = [
    (Wishes(server=Server.STOCK, storage="amplify"), "--storage: only the library"),
    (Wishes(server=Server.LIBRARY, front="amplify"), "--front: the library's sealed storage shares nothing"),
    (Wishes(front="hardtack.js"), "--front: hardtack.js needs something"),
    (Wishes(front="none"), "--front: at a stock site"),
    (Wishes(server=Server.SHIELD, front="none"), "--front: at a stock site, and behind the shield"),
    (Wishes(refreshes=True), "--refreshes: it is the shield that may refresh"),
    (Wishes(policy_domain=".example.com"), "--policy-domain: a stock site has no policy"),
    (Wishes(server=Server.LIBRARY, server_domain="default"), "--server-domain: the library writes by its policy"),
    (Wishes(server=Server.LIBRARY, client_domain="default"), "--client-domain: nothing in these pages writes"),
    (Wishes(after_client_domain="default"), "--after-client-domain: a release that moves no cookies"),
    (Wishes(grace=30, rotation=False), "--grace: what does not rotate"),
    (Wishes(grace=61), "--grace: 61 is not from 0 to 60"),
    (Wishes(tabs=0), "--tabs: 0 is not from 1 to 4"),
    (Wishes(grants=1), "--grants: 1 is not from 2 to 9"),
    (Wishes(people=3), "--people: 3 is not from 1 to 2. Write --people 1."),
    (Wishes(contexts=("middleware",)), "--context: there is no such context"),
    (Wishes(contexts=("server-action:often",)), "--context: there is no such context"),
    (Wishes(release="5.3.0"), "--release: no release of Amplify since 6.0.1"),
    (Wishes(release="latest"), "--release: no release"),
    (Wishes(release="6.6.0", rotation=True), "--rotation: Amplify before 6.15.4"),
    (Wishes(release="6.6.0", server_domain=".example.com"), "--server-domain: Amplify's adapter can be told a domain"),
    (Wishes(faults=("storm",)), "--fault: there is no such fault. Write one of deployment, outage"),
    (Wishes(faults=("deployment",)), "--fault deployment: it is not said where"),
    (Wishes(fault_set="many"), "--faults: there is no such set"),
    (Wishes(client_domain=".com"), "--client-domain: com is a public suffix"),
    (Wishes(server_domain=".com"), "--server-domain: com is a public suffix"),
    (Wishes(client_domain=".example.com", hosts=("app.example.org",)), "--client-domain: Domain=example.com does not"),
    (Wishes(client_path="login"), "--client-path: The path is"),
    (Wishes(hosts=("https://app.example.com",)), "--host: a host is written without a scheme"),
    (Wishes(hosts=("app.example.com:3000",)), "--host: a host is written without a scheme, a port"),
    (Wishes(hosts=("a..b",)), "--host: "),
    (Wishes(server=Server.SHIELD, policy_domain=".example.org", hosts=("example.com",)), "--policy-domain: Domain="),
    (Wishes(after_client_domain=".example.org"), "--after-client-domain: Domain=example.org does not"),
]


@pytest.mark.parametrize(("wishes", "said"), REFUSED)
def test_what_can_not_be_is_a_sentence_that_names_the_option(wishes, said):
    with pytest.raises(ExploreError) as refused:
        world_of(wishes)
    assert str(refused.value).startswith(said)
    assert refused.value.hint
    assert "\n" not in str(refused.value)


def test_a_hint_is_written_as_an_option():
    with pytest.raises(ExploreError) as refused:
        world_of(Wishes(client_domain=".com"))
    assert "as in --client-domain example.com, or --client-domain default." in refused.value.hint


POLICY = """
[pool]
user_pool_id = "eu-west-1_Example"
client_id = "example"

[policy]
origins = ["https://app.harbour.example.org", "https://www.harbour.example.org"]
domain = ".harbour.example.org"
path = "/"
legacy_scopes = [".app.harbour.example.org /"]
owns_domain = true
"""


def test_a_policy_file_is_the_site_behind_the_shield():
    world = base_of_policy_file(parse_policy_file(POLICY))
    assert world.server is Server.SHIELD
    assert world.hosts == ("app.harbour.example.org", "www.harbour.example.org")
    assert world.client == world.policy == Placement(".harbour.example.org")
    assert world.adapter == HOST_ONLY
    policy = world_of(Wishes(), world).policy_at(0)
    assert policy.owns_domain
    assert policy.legacy_scopes == (CookieScope("app.harbour.example.org"),)
    assert not world.refreshes
    refreshing = base_of_policy_file(parse_policy_file(f"{POLICY}\n[shield]\nrefreshes = true\n"))
    assert refreshing.refreshes
    modest = base_of_policy_file(parse_policy_file(POLICY.replace("owns_domain = true", "")))
    assert not modest.policy_at(0).owns_domain


def test_after_a_release_the_scope_before_is_a_legacy_one():
    world = replace(SHIELD, legacy=(CookieScope("app.example.com"),))
    assert world.policy_at(0).legacy_scopes == (CookieScope("app.example.com"),)
    assert world.policy_at(1).legacy_scopes == (CookieScope("app.example.com"), CookieScope("example.com"))
    assert world.policy_at(1) is world.policy_at(1)


def test_presets_are_named_by_what_they_are():
    assert [name for name, each in PRESETS.items() if each.name != name] == []
    assert all(each.sentence.endswith(".") for each in PRESETS.values())
    assert preset("shield").world.server is Server.SHIELD
    with pytest.raises(ExploreError, match="Perhaps shield is meant"):
        preset("shild")
    with pytest.raises(ExploreError, match="--presets lists them all"):
        preset("x" * 100)


@pytest.mark.parametrize("name", [name for name, each in PRESETS.items() if each.world.server is not Server.STOCK])
def test_hardtacks_own_presets_are_the_default_world_of_its_promise(name):
    world = PRESETS[name].world
    assert world.tabs == 2
    assert len(world.contexts) == 2
    assert world.rotation
    assert world.after is not None
    assert world.faults == {Fault.DEPLOYMENT, Fault.OUTAGE}


def test_a_world_is_a_value():
    assert World() == World()
    assert hash(World()) == hash(World())
    assert str(Placement(".example.com", "/login")) == ".example.com on /login"
    assert not World(people=2).named
    assert World(people=2, server=Server.SHIELD).named
