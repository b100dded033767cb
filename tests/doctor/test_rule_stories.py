"""What rules say in the cases between their two examples: milder, worse, or nothing at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hardtack.cookies import CookieScope
from hardtack.doctor.configured import (
    AuthRoutes,
    CodeContext,
    FailureListener,
    MiddlewareFound,
    OriginConfigured,
    RotationKnown,
    TokenLifetime,
)
from hardtack.doctor.diagnosis import diagnose
from hardtack.doctor.evidence import Basis
from hardtack.doctor.observed import (
    After,
    CacheableWrite,
    ClockReading,
    CookiesBlocked,
    Exposure,
    Outcome,
    Probe,
    Side,
    Step,
    TokenExposed,
    Writer,
)
from hardtack.doctor.profiles import CookieRole
from hardtack.doctor.rules.model import Severity, Verdict
from hardtack.doctor.texts import plain, words
from support.doctor_examples import (
    ADAPTER,
    LONE,
    LOOP,
    REFRESH,
    TWINS,
    browser,
    configure,
    package,
    pair,
    read,
    scope,
    server,
    site,
    sizes,
    storage,
    variable,
)
from support.doctor_facts import (
    HOST_ONLY,
    PARENT,
    at,
    call,
    cookie,
    facts,
    jar,
    line,
    load,
    named,
    refresh,
    sign_in,
    written,
)

SCRIPT, SERVER = Writer.SCRIPT, Writer.SERVER


def hits(rule_id, *items):
    return [one for one in diagnose([facts(*items)]).findings if one.rule.id == rule_id]


def one(rule_id, *items):
    (finding,) = hits(rule_id, *items)
    return finding


def told(finding):
    return plain(words("en").message(finding))


def test_a_loop_says_how_many_how_fast_and_which_status():
    text = told(one("HT002", *LOOP))
    assert "5 page loads in 8 seconds" in text
    assert "400 NotAuthorizedException" in text


def test_somebody_who_presses_f5_loops_nothing():
    by_hand = [
        event
        for second in range(9)
        for event in (load("/", 3 * second, scripted=False), refresh("A", 400, 3 * second + 1))
    ]
    assert hits("HT002", *by_hand) == []


def test_pages_that_send_each_other_round_are_a_loop_without_any_call():
    between = [load(("/app", "/login")[second % 2], second) for second in range(12)]
    assert "back and forth between /app, /login" in told(one("HT002", *between))
    assert hits("HT002", *between[:6]) == []
    assert hits("HT002", *(load(f"/{second}", second) for second in range(12))) == []


def test_redirects_without_end_are_a_loop():
    assert "Redirects that lead back" in told(one("HT002", *(load("/a", second, 307) for second in range(9))))
    assert hits("HT002", *(load(f"/{second}", second, 307) for second in range(9))) == []


def test_a_stale_token_counts_only_soon_after_the_sign_in_and_only_if_refused():
    assert hits("HT001", sign_in("B", 0), refresh("A", 400, 3600)) == []
    assert hits("HT001", sign_in("B", 0), refresh("A", 200, 1)) == []
    assert hits("HT001", refresh("A", 400, 0), sign_in("B", 1), refresh("B", 200, 2)) == []


def test_the_chain_begins_where_the_stale_token_was_refused_first():
    finding = one("HT001", refresh("A", 400, 3), sign_in("B", 10), refresh("A", 400, 11))
    assert [each.place.entry for each in finding.hit.evidence] == [3, 10, 11]


def test_a_token_that_is_refused_once_or_twice_is_how_sessions_end():
    assert hits("HT005", refresh("A", 400, 1), refresh("A", 400, 2)) == []
    assert one("HT005", *(refresh("A", 400, second) for second in range(6))).hit.say == "refused"


def test_the_probe_of_a_live_examination_counts_as_an_error_shown():
    failed = Probe(
        evidence=at(), step=Step.SIGN_IN, outcome=Outcome.FAILED, error="UnexpectedSignInInterruptionException"
    )
    assert hits("HT003", failed)


def test_twins_of_unknown_place_are_told_as_they_were_sent():
    sent = [cookie("refreshToken", value, None) for value in ("a", "b")]
    assert one("HT101", jar(*sent, after=After.START)).hit.say == "already_unplaced"
    assert one("HT101", jar(*sent)).hit.say == "unplaced"
    assert one("HT101", jar(*TWINS, after=After.START)).hit.say == "already"
    assert hits("HT101", jar(*(cookie("clockDrift", value) for value in "ab"))) == []


def test_a_sign_out_that_takes_one_of_two_heals_nothing():
    gone = written(f"{REFRESH}=; Path=/; Max-Age=0", 1)
    finding = one("HT101", jar(*TWINS), gone, jar(TWINS[0], after=After.SIGN_OUT, seconds=2))
    assert finding.severity is Severity.ERROR


def test_one_writer_in_two_scopes_is_a_release_that_moved():
    moved = jar(cookie("refreshToken", "a", None, SCRIPT), cookie("refreshToken", "b", None, SCRIPT))
    assert one("HT104", moved).hit.say == "unplaced"
    finding = one(
        "HT104", jar(cookie("refreshToken", "a", PARENT, SERVER), cookie("refreshToken", "b", HOST_ONLY, SERVER))
    )
    assert 'legacy_scopes = [{ domain = ".example.test", path = "/" }, { path = "/" }]' in finding.hit.snippets[0].code
    unknown = jar(cookie("refreshToken", "a", PARENT), cookie("refreshToken", "b", HOST_ONLY))
    assert hits("HT104", unknown) == hits("HT105", unknown) == []


def test_two_writers_are_seen_by_their_lines_before_there_are_twins():
    script = written(f"{REFRESH}=A; Domain=example.test; Path=/", 1, writer=SCRIPT)
    finding = one("HT105", script, written(f"{REFRESH}=B; Path=/", 2))
    assert "domain: '.example.test'" in finding.hit.snippets[0].code
    assert "domain: '.example.test'" in finding.hit.snippets[1].code
    assert hits("HT105", script, written(f"{REFRESH}=B; Path=/; Domain=example.test", 2)) == []
    host_only = (written(f"{REFRESH}=A; Path=/", 1, writer=SCRIPT), written(f"{REFRESH}=B; Path=/x", 2))
    assert "no runtimeOptions" in one("HT105", *host_only).hit.snippets[1].code


def test_a_path_that_somebody_configured_is_told_from_one_that_nobody_wrote():
    deep = CookieScope(path="/login")
    made = jar(cookie("refreshToken", "B", deep), cookie("refreshToken", "A"), seconds=1)
    assert one("HT106", made).hit.say == "message"
    assert one("HT106", written(f"{REFRESH}=B", 1, url="https://app.example.test/login/x"), made).hit.say == "pathless"


def test_a_default_on_the_servers_side_is_called_one():
    silent = scope(Side.SERVER)
    guessed = type(silent)(evidence=line(2, basis=Basis.INFERRED), side=Side.SERVER)
    assert one("HT102", browser(".example.test"), guessed).hit.say == "default"
    assert hits("HT102", browser(".example.test", unresolved=frozenset({"domain"})), server()) == []
    assert hits("HT102", browser(".example.test", app="one"), server(app="two")) == []


def test_the_fix_takes_the_side_of_the_wider_scope():
    finding = one("HT102", browser(), server(".example.test"))
    assert all("domain: '.example.test'" in snippet.code for snippet in finding.hit.snippets)


def test_a_domain_is_held_against_the_hosts_of_the_site():
    origin = OriginConfigured(evidence=line(), host="app.other.test", secure=True)
    assert one("HT103", browser("example.test"), origin).hit.say == "other_host"
    local = OriginConfigured(evidence=line(), host="localhost", secure=False)
    assert one("HT103", browser("example.test"), local).severity is Severity.NOTE
    assert one("HT103", browser("github.io")).hit.say == "public_suffix"


def test_sites_that_share_a_client_are_a_note_and_only_under_one_domain():
    assert (
        one("HT107", site("a.example.test", client="c"), site("b.example.test", client="c")).severity is Severity.NOTE
    )
    assert hits("HT107", site("a.one.test", client="c"), site("b.two.test", client="c")) == []


def test_what_a_sign_out_leaves_depends_on_the_library():
    assert hits("HT201", jar(cookie("authjs.session-token"), after=After.SIGN_OUT))
    assert hits("HT201", jar(cookie("session"), after=After.SIGN_OUT)) == []
    assert hits("HT201", jar(cookie(named("deviceKey")), after=After.SIGN_OUT)) == []


def test_a_sweep_that_also_deletes_where_nothing_is_misses_nothing():
    lines = [
        written(f"{REFRESH}=; Path=/; Max-Age=0", 1, order=0),
        written(f"{REFRESH}=; Path=/; Domain=example.test; Max-Age=0", 1, order=1),
    ]
    assert hits("HT202", jar(*LONE), *lines) == []
    assert hits("HT202", jar(*LONE), lines[0])
    fresh = written(f"{REFRESH}=new; Path=/; Domain=example.test", 1, order=1)
    assert hits("HT202", jar(*LONE), lines[0], fresh) == []
    assert one("HT202", server(".example.test")).severity is Severity.NOTE


def test_a_revocation_that_fails_is_no_reason_to_stay_signed_in():
    failed = call("RevokeToken", 500, 1, sent="A")
    assert one("HT203", failed, jar(*LONE, after=After.SIGN_OUT, seconds=2)).severity is Severity.ERROR
    assert hits("HT203", failed, jar(after=After.SIGN_OUT, seconds=2)) == []
    assert one("HT203", AuthRoutes(evidence=line())).severity is Severity.NOTE


def test_three_people_in_one_browser_are_a_matter_of_size():
    people = [cookie(named("accessToken", name), size=900) for name in ("alice", "bob", "carol")]
    finding = one("HT204", jar(*people))
    assert finding.severity is Severity.WARNING
    assert "2,700 bytes" in told(finding)
    assert one("HT204", jar(*people[:2])).severity is Severity.NOTE


def test_the_adapters_pathless_contexts_are_known():
    assert one("HT206", read(CodeContext.ROUTE_RESPONSE)).severity is Severity.NOTE
    assert hits("HT206", read(CodeContext.ROUTE_COOKIES)) == []


def test_middleware_that_keeps_the_response_guards_server_components():
    component = read(CodeContext.SERVER_COMPONENT)
    assert one("HT301", component, MiddlewareFound(evidence=line())).severity is Severity.NOTE
    assert one("HT301", component, MiddlewareFound(evidence=line(), returns_another=True)).severity is Severity.WARNING


def test_with_rotation_two_writers_are_a_warning():
    both = (refresh("A", got="B"), written(f"{named('accessToken')}=x; Path=/", 1))
    assert one("HT302", *both).severity is Severity.WARNING
    code = (read(CodeContext.MIDDLEWARE), read(CodeContext.EFFECT, Side.BROWSER))
    assert one("HT302", *code).severity is Severity.NOTE
    assert one("HT302", *code, RotationKnown(evidence=line(), enabled=True)).severity is Severity.WARNING


def test_a_server_that_hands_the_browsers_own_token_back_refreshes_nothing():
    own = refresh("A")
    handed = written(f"{named('accessToken')}=x; Path=/", 1)
    assert hits("HT302", replace(own, got_access=handed.value), handed) == []
    assert one("HT302", own, handed).severity is Severity.NOTE


def test_a_storm_with_twins_says_why():
    storm = [refresh("A", 200, second) for second in range(4)]
    assert one("HT303", jar(*TWINS), *storm).hit.say == "twins"
    assert hits("HT303", *storm[:2]) == []
    short = [refresh("A", 200, 10 * second, access_lifetime=16) for second in range(4)]
    assert hits("HT303", *short) == []


def test_a_refusal_may_clear_and_an_outage_may_not():
    assert hits("HT304", jar(*LONE), refresh("A", 400, 1), jar(seconds=2)) == []
    assert hits("HT304", jar(*LONE), refresh("A", 0, 1), jar(seconds=2))


@pytest.mark.parametrize(
    ("days", "token", "say"), [(7, 30, "message"), (365, 30, "longer"), (30, 30, None), (365, 365, None)]
)
def test_lifetimes_are_compared(days, token, say):
    lifetime = TokenLifetime(evidence=line(), role=CookieRole.REFRESH_TOKEN, seconds=token * 86_400)
    assert [each.hit.say for each in hits("HT306", browser(lifetime=days * 86_400), lifetime)] == ([say] if say else [])


def test_a_listener_is_judged_by_what_it_does():
    def listener(**does):
        return FailureListener(evidence=line(), **{"signs_out": False, "navigates": False, **does})

    assert one("HT307", listener(signs_out=True)).hit.say == "wipes"
    assert one("HT307", listener(navigates=True)).hit.say == "message"
    assert one("HT307", listener(signs_out=True, by="Authenticator")).severity is Severity.NOTE
    assert hits("HT307", listener()) == []


@pytest.mark.parametrize(
    ("version", "ssr", "effect", "severity"),
    [
        ("6.17.0", None, "your storage as it was", Severity.NOTE),
        ("6.17.0", True, "host-only cookies", Severity.ERROR),
        ("6.19.0", None, "localStorage", Severity.ERROR),
        ("6.19.0", True, "host-only cookies", Severity.ERROR),
        ("6.22.1", None, "host-only cookies", Severity.ERROR),
        ("*", True, "host-only cookies", Severity.ERROR),
    ],
)
def test_what_a_second_configure_does_depends_on_the_version(version, ssr, effect, severity):
    finding = one("HT401", configure(0), storage(1), configure(2, ssr=ssr), package(version))
    assert effect in told(finding)
    assert finding.severity is severity


def test_a_configure_that_runs_at_every_render_is_found_out():
    again = configure(0, context=CodeContext.COMPONENT)
    assert one("HT401", again, storage(1), package("6.22.1")).hit.say == "repeated"
    assert one("HT401", configure(0), configure(1)).severity is Severity.NOTE
    assert one("HT401", configure(0), configure(1, ssr=False)).severity is Severity.WARNING


def test_a_missing_variable_is_milder_than_an_empty_one():
    assert one("HT405", variable("POOL", None, "user_pool_id")).severity is Severity.NOTE
    assert one("HT405", variable("DOMAIN", "", "domain")).hit.say == "domain"
    assert one("HT405", variable("SECURE", "", "secure")).severity is Severity.WARNING
    assert hits("HT405", variable("AMPLIFY_APP_ORIGIN", "", "origin")) == []


def test_plain_http_is_an_error_but_on_the_machine_itself():
    def at_origin(host):
        return one("HT408", browser(), OriginConfigured(evidence=line(), host=host, secure=False, port=80))

    assert at_origin("app.example.test").severity is Severity.ERROR
    assert at_origin("localhost").severity is Severity.NOTE


def test_the_routes_make_http_only_cookies_less_of_a_surprise():
    origin = variable("AMPLIFY_APP_ORIGIN", "https://app.example.test", "origin")
    assert one("HT410", origin, browser(), AuthRoutes(evidence=line())).severity is Severity.WARNING


@pytest.mark.parametrize(
    ("directive", "from_cache", "severity"),
    [
        ("no-store", True, None),
        ("private", False, None),
        ("no-cache", False, None),
        ("", False, None),
        ("", True, Severity.ERROR),
        ("s-maxage=60", False, Severity.WARNING),
        ("max-age=0", False, None),
        ("export const dynamic = 'force-static'", False, Severity.WARNING),
    ],
)
def test_a_cache_control_is_read_as_caches_read_it(directive, from_cache, severity):
    write = CacheableWrite(evidence=at(), directive=directive, from_cache=from_cache)
    assert [each.severity for each in hits("HT413", write)] == ([severity] if severity else [])


def test_a_request_that_was_refused_for_its_size_is_stuck():
    finding = one("HT501", sizes(cookie_bytes=9_000, status=431), jar(*TWINS))
    assert (finding.severity, finding.verdict) == (Severity.ERROR, Verdict.STUCK)
    assert "twice: 1" in told(finding)
    assert one("HT501", sizes(cookie_bytes=17_000)).severity is Severity.ERROR
    assert "Node" in told(one("HT501", sizes(cookie_bytes=17_000)))


def test_sizes_that_are_nearly_too_large_are_a_note():
    assert one("HT502", jar(cookie("idToken", size=4_000))).severity is Severity.NOTE
    assert one("HT504", sizes(response_bytes=12_000, set_cookie_bytes=9_000)).severity is Severity.WARNING
    assert one("HT504", sizes(response_bytes=5_000, set_cookie_bytes=4_500, status=502)).severity is Severity.ERROR
    assert hits("HT504", sizes(response_bytes=30_000)) == []


def test_a_code_in_a_url_is_how_sign_in_works():
    code = TokenExposed(evidence=at(), exposure=Exposure.URL, role=CookieRole.FLOW)
    assert one("HT604", code).severity is Severity.NOTE


def test_the_clock_that_was_read_best_counts():
    sloppy = ClockReading(evidence=at(), device=1_000, server=0, slack=2_000)
    exact = ClockReading(evidence=at(), device=90, server=0, slack=2)
    assert one("HT701", sloppy, exact).severity is Severity.NOTE
    assert hits("HT701", sloppy) == []
    assert "slow" in told(one("HT701", ClockReading(evidence=at(), device=0, server=900)))


def test_blocked_cookies_are_told_apart_by_whose_page_it_is():
    assert one("HT702", CookiesBlocked(evidence=at(), third_party=True)).hit.say == "third_party"


def test_the_adapters_faults_are_those_of_apps_that_have_it():
    assert hits("HT801", package("6.3.8")) == []
    assert one("HT801", package("6.4.2"), package("1.2.5", ADAPTER)).hit.values["package"] == ADAPTER
    assert one("HT805", *pair("6.10.0", "1.3.0")).severity is Severity.NOTE
    assert one("HT807", package("6.19.0")).severity is Severity.NOTE


def test_a_version_that_nobody_locked_is_only_possible():
    assert one("HT803", package("^6.12.0", locked=False)).confidence.value == "possible"
    assert hits("HT803", package("latest", locked=False)) == []


def test_an_app_of_a_workspace_has_its_own_versions_or_the_workspaces():
    both = (package("6.22.1", app="new"), package("6.12.0"), read(CodeContext.HANDLER, app="old"))
    assert {each.hit.key.split()[0] for each in hits("HT803", *both)} == {"aws-amplify", "old"}


def test_what_the_site_swept_itself_is_a_note_whatever_it_was():
    old = (
        cookie("refreshToken", "a", CookieScope(path="/login"), SCRIPT),
        cookie("LastAuthUser", "bob", PARENT, SCRIPT),
    )
    new = (cookie("refreshToken", "b", HOST_ONLY, SCRIPT), cookie("LastAuthUser", "alice", HOST_ONLY, SCRIPT))
    swept = written(f"{REFRESH}=; Path=/login; Max-Age=0", 1)
    for rule_id in ("HT101", "HT104", "HT106", "HT110"):
        assert one(rule_id, jar(*old, *new)).severity is Severity.ERROR
        assert one(rule_id, jar(*old, *new), swept, jar(*new, seconds=2)).severity is Severity.NOTE


def test_a_sweep_under_way_misses_nothing():
    elsewhere = [
        written(f"{REFRESH}=; Path={path}; Max-Age=0", 1, order=order) for order, path in enumerate(("/", "/app"))
    ]
    assert hits("HT202", jar(*LONE), *elsewhere) == []


def test_the_browsers_default_is_left_to_the_rule_about_it():
    default = type(browser())(evidence=line(basis=Basis.INFERRED), side=Side.BROWSER)
    assert hits("HT102", default, server(".example.test")) == []
    assert hits("HT403", configure(0), default, server(".example.test"))


def test_what_a_recording_cant_show_is_not_made_up():
    script, server_side = cookie("refreshToken", "a", None, SCRIPT), cookie("refreshToken", "b", PARENT, SERVER)
    finding = one("HT105", jar(script, server_side))
    assert finding.hit.say == "server_known"
    assert "The server writes to .example.test /" in told(finding)
    assert finding.hit.snippets == ()
    assert "one of each in .example.test /, the other" in told(one("HT101", jar(script, server_side)))
    blind = jar(script, cookie("refreshToken", "b", None, SERVER))
    assert one("HT105", blind).hit.say == "unplaced"
    assert one("HT101", blind).hit.say == "unplaced"
