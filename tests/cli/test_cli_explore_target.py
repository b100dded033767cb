"""What a project says becomes a world: read where it can be read, asked for where it can't."""

from __future__ import annotations

import pytest

from hardtack.amplify.adapter import AdapterContext
from hardtack.cli.explore_target import base_of_facts
from hardtack.doctor.configured import (
    CodeContext,
    ConfigureCall,
    OriginConfigured,
    PackageVersion,
    RotationKnown,
    ScopeConfigured,
    SessionRead,
)
from hardtack.doctor.evidence import Evidence, Place
from hardtack.doctor.facts import Facts, SourceKind
from hardtack.doctor.observed import Side
from hardtack.explore.configuring import Wishes
from hardtack.explore.errors import ExploreError
from hardtack.explore.world import Context, Placement

PARENT = ".example.com"


def at(source: str = "lib/amplify.ts", line: int | None = 3) -> Evidence:
    return Evidence(Place(source, line=line, column=1))


def writes(side: Side, domain: str | None = None, **said) -> ScopeConfigured:
    return ScopeConfigured(evidence=said.pop("evidence", at()), side=side, domain=domain, **said)


def reads(context: CodeContext, source: str = "app/page.tsx", *, forced: bool | None = False) -> SessionRead:
    return SessionRead(evidence=at(source), side=Side.SERVER, context=context, force_refresh=forced)


BROWSER, SERVER = writes(Side.BROWSER, PARENT), writes(Side.SERVER)


def target(*items, **wishes):
    return base_of_facts(Facts(SourceKind.PROJECT, "project", items), Wishes(**wishes))


def test_two_scopes_are_two_placements():
    found = target(BROWSER, SERVER)
    assert (found.world.client, found.world.adapter) == (Placement(PARENT), Placement())
    assert found.notes[:2] == (
        "lib/amplify.ts:3: the browser writes for .example.com.",
        "lib/amplify.ts:3: the server's adapter writes host-only.",
    )


def test_of_several_storages_the_last_one_counts():
    assert target(writes(Side.BROWSER, ".example.org"), BROWSER, SERVER).world.client == Placement(PARENT)


def test_a_path_is_read_too():
    assert target(writes(Side.BROWSER, PARENT, path="/app")).world.client == Placement(PARENT, "/app")
    assert target(writes(Side.BROWSER, path="/app"), client_domain=PARENT).world.client.path == "/app"


def test_other_libraries_scopes_are_not_amplifys():
    other = writes(Side.SERVER, ".example.org", profile="authjs")
    assert target(BROWSER, other).world.contexts == ()


def test_without_an_adapter_no_server_refreshes():
    found = target(BROWSER, reads(CodeContext.SERVER_ACTION))
    assert found.world.contexts == ()
    assert "No createServerRunner was found: no server refreshes." in found.notes


def test_a_session_in_local_storage_has_no_twins():
    configured = ConfigureCall(evidence=at())
    with pytest.raises(ExploreError, match="keeps its session in localStorage"):
        target(configured)
    assert target(configured, client_domain=PARENT).world.client == Placement()


def test_where_nothing_configures_amplify_there_is_no_world():
    with pytest.raises(ExploreError, match="Nothing in this project configures Amplify"):
        target(RotationKnown(evidence=at(), enabled=True))


def test_of_two_apps_one_has_to_be_named():
    with pytest.raises(ExploreError, match=r"There are 2 apps in this project\. Name the folder of one of them\."):
        target(writes(Side.BROWSER, app="apps/one"), writes(Side.BROWSER, app="apps/two"))


def test_facts_of_other_apps_are_not_this_ones():
    other = RotationKnown(evidence=at(), app="apps/two", enabled=False)
    assert target(writes(Side.BROWSER, app="apps/one"), other).world.rotation


@pytest.mark.parametrize(
    ("scope", "said", "option"),
    [
        (writes(Side.BROWSER, unresolved=frozenset({"domain"})), "domain the browser writes", "--client-domain"),
        (writes(Side.BROWSER, unresolved=frozenset({"path"})), "path the browser writes", "--client-domain"),
    ],
)
def test_what_can_not_be_read_is_asked_for(scope, said, option):
    with pytest.raises(ExploreError) as refused:
        target(scope, SERVER)
    assert said in str(refused.value)
    assert option in refused.value.hint


def test_of_the_server_as_well_unless_somebody_says_it():
    unknown = writes(Side.SERVER, unresolved=frozenset({"domain"}), evidence=at("lib/server.ts", None))
    with pytest.raises(ExploreError, match=r"^lib/server\.ts: for which domain the server's adapter writes"):
        target(BROWSER, unknown)
    assert target(BROWSER, unknown, server_domain="default").world.adapter == Placement()
    assert target(writes(Side.BROWSER, unresolved=frozenset({"lifetime"})), SERVER).world.client == Placement()


def test_the_http_only_mode_is_not_modelled_and_says_so():
    found = target(BROWSER, writes(Side.SERVER, http_only=True))
    assert any("HttpOnly mode is not modelled" in note for note in found.notes)


@pytest.mark.parametrize(
    ("read", "context"),
    [
        (reads(CodeContext.MIDDLEWARE), Context(AdapterContext.NEXT_RESPONSE)),
        (reads(CodeContext.SERVER_COMPONENT), Context(AdapterContext.SERVER_COMPONENT)),
        (reads(CodeContext.PAGES, "pages/account.tsx"), Context(AdapterContext.GET_SERVER_SIDE_PROPS)),
        (
            reads(CodeContext.PAGES, "src/pages/api/me.ts"),
            Context(AdapterContext.GET_SERVER_SIDE_PROPS, navigation=False),
        ),
        (reads(CodeContext.SERVER_ACTION), Context(AdapterContext.SERVER_ACTION, navigation=False)),
        (reads(CodeContext.ROUTE_COOKIES), Context(AdapterContext.SERVER_ACTION, navigation=False)),
        (
            reads(CodeContext.ROUTE_RESPONSE, forced=True),
            Context(AdapterContext.RESPONSE, navigation=False, forced=True),
        ),
    ],
)
def test_each_of_nexts_places_is_a_context(read, context):
    assert target(BROWSER, SERVER, read).world.contexts == (context,)


def test_page_loads_pass_one_context_and_the_others_are_in_the_background():
    found = target(
        BROWSER,
        SERVER,
        reads(CodeContext.SERVER_COMPONENT),
        reads(CodeContext.MIDDLEWARE, "middleware.ts"),
        reads(CodeContext.SERVER_ACTION, forced=True),
        reads(CodeContext.ROUTE_COOKIES),
    )
    assert found.world.contexts == (
        Context(AdapterContext.NEXT_RESPONSE),
        Context(AdapterContext.SERVER_ACTION, navigation=False, forced=True),
    )
    assert "Page loads ask for the session in several places: the first of them is explored." in found.notes
    assert "The server asks for the session: next response, server action in the background forced." in found.notes


def test_a_browsers_own_reads_are_none_of_the_servers():
    read = SessionRead(evidence=at(), side=Side.BROWSER, context=CodeContext.EFFECT)
    found = target(BROWSER, SERVER, read)
    assert found.world.contexts == ()
    assert "The server asks for the session: nowhere: its adapter is never asked." in found.notes


def test_what_is_known_of_rotation_counts():
    for enabled, told in ((True, "rotate"), (False, "don't rotate")):
        found = target(BROWSER, RotationKnown(evidence=at("amplify/backend.ts", 9), enabled=enabled))
        assert found.world.rotation is enabled
        assert f"amplify/backend.ts:9: refresh tokens {told}." in found.notes
    assert not target(BROWSER, rotation=False).world.rotation
    assert any("--no-rotation" in note for note in target(BROWSER).notes)


@pytest.mark.parametrize(("version", "release"), [("6.5.1", "6.5.1"), ("^6.13.0", "6.13.0"), ("~6.0.30", "6.0.30")])
def test_the_lockfile_says_which_release(version, release):
    locked = PackageVersion(evidence=at("package.json", 12), name="aws-amplify", version=version)
    other = PackageVersion(evidence=at(), name="js-cookie", version="3.0.5")
    found = target(BROWSER, other, locked)
    assert found.world.release == release
    assert f"package.json:12: aws-amplify {release}." in found.notes
    assert target(BROWSER, locked, release="6.20.0").world.release == "6.20.0"


@pytest.mark.parametrize("version", ["5.3.11", "latest", "*"])
def test_a_release_that_is_not_modelled_is_told(version):
    found = target(BROWSER, PackageVersion(evidence=at(), name="aws-amplify", version=version))
    assert found.world.release == "6.22.1"
    assert any("--release" in note for note in found.notes)


def test_the_sites_own_hosts_are_explored_where_its_cookies_reach_them():
    origins = [
        OriginConfigured(evidence=at(), host=host, secure=secure)
        for host, secure in (
            ("localhost", True), ("app.example.com", False), ("shop.example.com", True), ("app.example.org", True)
        )
    ]  # fmt: skip
    assert target(BROWSER, SERVER, *origins).world.hosts == ("shop.example.com",)
    assert target(BROWSER, SERVER).world.hosts == ("app.example.com",)
