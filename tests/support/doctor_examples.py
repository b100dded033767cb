"""For each rule of the doctor a set of facts on which it fires, and one, as like it as can be, on which it doesn't."""

from __future__ import annotations

from typing import Any

from hardtack.doctor.configured import (
    AuthRoutes,
    CodeContext,
    ConfigureCall,
    EnvironmentValue,
    EnvState,
    FailureListener,
    MiddlewareFound,
    PackageVersion,
    PolicyRemark,
    PoolConfigured,
    RotationKnown,
    ScopeConfigured,
    SessionRead,
    SignOutHandler,
    StorageCall,
    StorageKind,
    Suppression,
)
from hardtack.doctor.facts import Facts
from hardtack.doctor.observed import (
    After,
    BrowserSeen,
    CacheableWrite,
    ClockReading,
    CookieCrowd,
    CookiesBlocked,
    Embedded,
    ErrorSeen,
    Exposure,
    Outcome,
    Probe,
    Side,
    SiteSeen,
    Sizes,
    Step,
    TokenExposed,
    Writer,
)
from hardtack.doctor.profiles import CookieRole
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
REFRESH = named("refreshToken")
ADAPTER = "@aws-amplify/adapter-nextjs"


def scope(side: Side, domain: str | None = None, number: int = 1, **more: Any) -> ScopeConfigured:
    return ScopeConfigured(evidence=line(number), side=side, domain=domain, **more)


def browser(domain: str | None = None, **more: Any) -> ScopeConfigured:
    return scope(Side.BROWSER, domain, **more)


def server(domain: str | None = None, **more: Any) -> ScopeConfigured:
    return scope(Side.SERVER, domain, 2, **more)


def configure(order: int, *, ssr: bool | None = True, **more: Any) -> ConfigureCall:
    return ConfigureCall(evidence=line(order + 1), ssr=ssr, options=ssr is not None, order=order, **more)


def storage(order: int) -> StorageCall:
    return StorageCall(evidence=line(order + 1), kind=StorageKind.COOKIES, order=order)


def read(context: CodeContext, side: Side = Side.SERVER, **more: Any) -> SessionRead:
    return SessionRead(evidence=line(7), side=side, context=context, **more)


def variable(name: str, value: str | None, used_for: str, side: Side | None = None) -> EnvironmentValue:
    state = EnvState.EMPTY if value == "" else EnvState.MISSING if value is None else EnvState.SET
    return EnvironmentValue(
        evidence=line(1, ".env"),
        name=name,
        state=state,
        used_for=used_for,
        side=side,
        value=value or None,
        shown=value or "",
    )


def package(version: str, name: str = "aws-amplify", **more: Any) -> PackageVersion:
    return PackageVersion(evidence=line(1, "package-lock.json"), name=name, version=version, **more)


def pair(amplify: str, adapter: str) -> tuple[PackageVersion, PackageVersion]:
    return package(amplify), package(adapter, ADAPTER)


def site(host: str, port: int = 443, client: str | None = None) -> SiteSeen:
    return SiteSeen(evidence=at(), host=host, port=port, secure=port == 443, client_id=client)


def sizes(**more: Any) -> Sizes:
    return Sizes(evidence=at(), host="app.example.test", **more)


def deleted(name: str, attributes: str = "Path=/", **more: Any) -> Any:
    return written(f"{name}=; {attributes}; Expires=Thu, 01 Jan 1970 00:00:00 GMT", **more)


LOOP = tuple(
    event for second in range(5) for event in (load("/login", 2 * second), refresh("dead", 400, 2 * second + 1))
)
TWINS = (cookie("refreshToken", "old", PARENT, SCRIPT), cookie("refreshToken", "new", HOST_ONLY, SERVER))
LONE = (cookie("refreshToken", "new", PARENT, SCRIPT),)
LONG = "x" * 4200

EXAMPLES: dict[str, tuple[Facts, Facts]] = {
    "HT001": (
        facts(sign_in("B", 1), refresh("A", 400, 2)),
        facts(sign_in("B", 1), refresh("B", 200, 2)),
    ),
    "HT002": (facts(*LOOP), facts(*LOOP[:4], load("/login", 60))),
    "HT003": (
        facts(ErrorSeen(evidence=at(), name="UnexpectedSignInInterruptionException")),
        facts(ErrorSeen(evidence=at(), name="UserNotConfirmedException")),
    ),
    "HT004": (
        facts(Probe(evidence=at(), step=Step.PLANT, outcome=Outcome.NOT_RECOVERED)),
        facts(Probe(evidence=at(), step=Step.PLANT, outcome=Outcome.RECOVERED)),
    ),
    "HT005": (
        facts(call("RevokeToken", 200, 1, sent="A"), refresh("A", 400, 2)),
        facts(call("RevokeToken", 200, 1, sent="A"), refresh("B", 200, 2)),
    ),
    "HT101": (facts(jar(*TWINS)), facts(jar(*LONE))),
    "HT102": (facts(browser(".example.test"), server()), facts(browser("example.test"), server(".example.test"))),
    "HT103": (facts(browser("https://example.test")), facts(browser(".example.test"))),
    "HT104": (
        facts(jar(cookie("refreshToken", "a", HOST_ONLY, SCRIPT), cookie("refreshToken", "b", PARENT, SCRIPT))),
        facts(jar(cookie("refreshToken", "b", PARENT, SCRIPT))),
    ),
    "HT105": (facts(jar(*TWINS)), facts(jar(*LONE))),
    "HT106": (
        facts(
            written(f"{REFRESH}=B", 1, url="https://app.example.test/api/auth/refresh"),
            jar(cookie("refreshToken", "B", type(PARENT)(path="/api/auth")), cookie("refreshToken", "A"), seconds=1),
        ),
        facts(written(f"{REFRESH}=B; Path=/", 1), jar(cookie("refreshToken", "B"), seconds=1)),
    ),
    "HT107": (
        facts(
            *(
                PoolConfigured(evidence=line(), side=Side.BROWSER, client_id="abc", app=app)
                for app in ("admin", "shop")
            ),
            *(browser(".example.test", app=app) for app in ("admin", "shop")),
        ),
        facts(
            PoolConfigured(evidence=line(), side=Side.BROWSER, client_id="abc", app="admin"),
            PoolConfigured(evidence=line(), side=Side.BROWSER, client_id="def", app="shop"),
            *(browser(".example.test", app=app) for app in ("admin", "shop")),
        ),
    ),
    "HT108": (
        facts(site("localhost", 3000), site("localhost", 3001)),
        facts(site("shop.localhost", 3000), site("admin.localhost", 3001)),
    ),
    "HT109": (facts(jar(cookie("amplify-signin-with-hostedUI"))), facts(jar(*LONE))),
    "HT110": (
        facts(jar(cookie("LastAuthUser", "alice", PARENT), cookie("LastAuthUser", "bob", HOST_ONLY))),
        facts(jar(cookie("LastAuthUser", "alice", PARENT), cookie("LastAuthUser", "alice", HOST_ONLY))),
    ),
    "HT201": (facts(jar(*LONE, after=After.SIGN_OUT)), facts(jar(cookie("clockDrift"), after=After.SIGN_OUT))),
    "HT202": (
        facts(jar(*LONE), deleted(REFRESH, seconds=1)),
        facts(jar(*LONE), deleted(REFRESH, "Path=/; Domain=example.test", seconds=1)),
    ),
    "HT203": (
        facts(SignOutHandler(evidence=line(), needs_revocation=True)),
        facts(SignOutHandler(evidence=line(), needs_revocation=False)),
    ),
    "HT204": (
        facts(jar(cookie(named("accessToken", "alice")), cookie(named("accessToken", "bob")))),
        facts(jar(cookie(named("accessToken", "alice")), cookie(named("idToken", "alice")))),
    ),
    "HT205": (
        facts(written(f"{REFRESH}=B; Path=/", 1), deleted(REFRESH, seconds=1, order=1)),
        facts(deleted(REFRESH, seconds=1), written(f"{REFRESH}=B; Path=/", 1, order=1)),
    ),
    "HT206": (
        facts(
            written(f"{REFRESH}=;Expires=Thu, 01 Jan 1970 00:00:00 GMT", url="https://app.example.test/api/auth/out")
        ),
        facts(deleted(REFRESH, url="https://app.example.test/api/auth/out")),
    ),
    "HT301": (facts(read(CodeContext.SERVER_COMPONENT)), facts(read(CodeContext.SERVER_ACTION))),
    "HT302": (
        facts(refresh("A"), written(f"{named('accessToken')}=x; Path=/", 1)),
        facts(refresh("A"), written(f"{named('accessToken')}=x; Path=/", 1, writer=SCRIPT)),
    ),
    "HT303": (
        facts(*(refresh("A", 200, second) for second in range(4))),
        facts(*(refresh("A", 200, 3600 * hour) for hour in range(4))),
    ),
    "HT304": (
        facts(jar(*LONE), refresh("A", 500, 1), jar(seconds=2)),
        facts(jar(*LONE), refresh("A", 500, 1), jar(*LONE, seconds=2)),
    ),
    "HT305": (
        facts(read(CodeContext.MIDDLEWARE, force_refresh=True)),
        facts(read(CodeContext.HANDLER, Side.BROWSER, force_refresh=True)),
    ),
    "HT306": (facts(browser(lifetime=3600)), facts(browser(lifetime=30 * 86_400))),
    "HT307": (
        facts(FailureListener(evidence=line(), signs_out=True, navigates=True)),
        facts(FailureListener(evidence=line(), signs_out=True, navigates=True, looks_at_error=True)),
    ),
    "HT308": (
        facts(refresh("A", 200, 1, got="B"), refresh("A", 400, 2)),
        facts(refresh("A", 200, 1, got="B"), refresh("B", 200, 2, got="C")),
    ),
    "HT401": (
        facts(configure(0), storage(1), configure(2), package("6.22.1")),
        facts(configure(0), storage(1), package("6.22.1")),
    ),
    "HT402": (facts(storage(0), configure(1)), facts(configure(0), storage(1))),
    "HT403": (facts(configure(0), server(".example.test")), facts(configure(0), storage(1), server(".example.test"))),
    "HT404": (
        facts(configure(0, ssr=None), read(CodeContext.MIDDLEWARE)),
        facts(configure(0), read(CodeContext.MIDDLEWARE)),
    ),
    "HT405": (
        facts(variable("COOKIE_DOMAIN", "", "domain")),
        facts(variable("COOKIE_DOMAIN", ".example.test", "domain")),
    ),
    "HT406": (
        facts(
            variable("NEXT_PUBLIC_DOMAIN", "one.test", "domain", Side.BROWSER),
            variable("DOMAIN", "two.test", "domain", Side.SERVER),
        ),
        facts(
            variable("NEXT_PUBLIC_DOMAIN", "one.test", "domain", Side.BROWSER),
            variable("DOMAIN", "one.test", "domain", Side.SERVER),
        ),
    ),
    "HT407": (
        facts(
            PoolConfigured(evidence=line(), side=Side.BROWSER, client_id="abc"),
            PoolConfigured(evidence=line(), side=Side.SERVER, client_id="def"),
        ),
        facts(
            PoolConfigured(evidence=line(), side=Side.BROWSER, client_id="abc"),
            PoolConfigured(evidence=line(), side=Side.SERVER, client_id="abc"),
        ),
    ),
    "HT408": (
        facts(written("session=1; Secure", url="http://app.example.test/")),
        facts(written("session=1; Secure", url="https://app.example.test/")),
    ),
    "HT409": (
        facts(browser(same_site="None", secure=False)),
        facts(browser(same_site="None", secure=True)),
    ),
    "HT410": (
        facts(variable("AMPLIFY_APP_ORIGIN", "https://app.example.test", "origin"), browser()),
        facts(variable("AMPLIFY_APP_ORIGIN", None, "origin"), browser()),
    ),
    "HT411": (
        facts(MiddlewareFound(evidence=line(), returns_another=True)),
        facts(MiddlewareFound(evidence=line(), returns_another=False)),
    ),
    "HT412": (
        facts(MiddlewareFound(evidence=line(), covers_assets=True, matcher=("/:path*",))),
        facts(MiddlewareFound(evidence=line(), covers_assets=False, matcher=("/app/:path*",))),
    ),
    "HT413": (
        facts(CacheableWrite(evidence=at(), directive="public, max-age=60")),
        facts(CacheableWrite(evidence=at(), directive="private, max-age=60")),
    ),
    "HT414": (
        facts(
            PolicyRemark(evidence=line(1, "hardtack.toml"), code="policy.domain.suffix", sentence="No.", hint="Yes.")
        ),
        facts(),
    ),
    "HT501": (facts(sizes(cookie_bytes=9_000)), facts(sizes(cookie_bytes=8_000))),
    "HT502": (
        facts(written(f"{named('idToken')}={LONG}; Path=/")),
        facts(written(f"{named('idToken')}={LONG[:1900]}; Path=/")),
    ),
    "HT503": (
        facts(CookieCrowd(evidence=at(), domain="example.test", count=181)),
        facts(CookieCrowd(evidence=at(), domain="example.test", count=24)),
    ),
    "HT504": (
        facts(sizes(response_bytes=5_400, set_cookie_bytes=5_000)),
        facts(sizes(response_bytes=900, set_cookie_bytes=500)),
    ),
    "HT601": (
        facts(jar(cookie("refreshToken", http_only=False))),
        facts(jar(cookie("refreshToken", http_only=True))),
    ),
    "HT602": (facts(jar(cookie("refreshToken", scope=PARENT))), facts(jar(cookie("refreshToken", scope=HOST_ONLY)))),
    "HT603": (
        facts(
            written(f"{REFRESH}=A; Domain=example.test; Path=/"),
            written(f"{REFRESH}=B; Domain=example.test; Path=/", 1, url="https://www.example.test/"),
        ),
        facts(
            written(f"{REFRESH}=A; Domain=example.test; Path=/"),
            written(f"{REFRESH}=B; Domain=example.test; Path=/", 1),
        ),
    ),
    "HT604": (
        facts(TokenExposed(evidence=at(), exposure=Exposure.URL, role=CookieRole.ID_TOKEN)),
        facts(TokenExposed(evidence=at(), exposure=Exposure.RECORDING, role=CookieRole.ID_TOKEN)),
    ),
    "HT605": (
        facts(TokenExposed(evidence=at(), exposure=Exposure.RECORDING, role=CookieRole.ID_TOKEN)),
        facts(),
    ),
    "HT701": (
        facts(ClockReading(evidence=at(), device=1_000_570, server=1_000_000)),
        facts(ClockReading(evidence=at(), device=1_000_001, server=1_000_000)),
    ),
    "HT702": (facts(CookiesBlocked(evidence=at())), facts()),
    "HT703": (
        facts(BrowserSeen(evidence=at(), family="safari"), jar(*LONE)),
        facts(BrowserSeen(evidence=at(), family="chromium"), jar(*LONE)),
    ),
    "HT704": (facts(Embedded(evidence=at(), top_site="example.net")), facts()),
    "HT801": (facts(*pair("6.3.8", "1.2.5")), facts(*pair("6.4.2", "1.2.9"))),
    "HT802": (facts(package("6.6.6")), facts(package("6.15.8"))),
    "HT803": (facts(package("6.12.0")), facts(package("6.15.8"))),
    "HT804": (facts(*pair("6.2.0", "1.1.0")), facts(package("6.2.0"))),
    "HT805": (facts(*pair("6.10.0", "1.3.0"), browser(".example.test")), facts(*pair("6.13.0", "1.5.0"))),
    "HT806": (facts(*pair("6.3.5", "1.2.2")), facts(*pair("6.3.7", "1.2.4"))),
    "HT807": (facts(package("6.19.0"), configure(0), storage(1)), facts(package("6.22.1"), configure(0), storage(1))),
    "HT808": (
        facts(package("6.14.0"), RotationKnown(evidence=line(), enabled=True)),
        facts(package("6.14.0"), RotationKnown(evidence=line(), enabled=False)),
    ),
    "HT809": (
        facts(*pair("6.15.9", "1.6.11"), AuthRoutes(evidence=line())),
        facts(*pair("6.15.9", "1.6.11")),
    ),
    "HT810": (
        facts(*pair("6.2.0", "1.1.0"), read(CodeContext.PAGES)),
        facts(*pair("6.2.0", "1.1.0"), read(CodeContext.SERVER_ACTION)),
    ),
    "HT811": (facts(*pair("6.13.0", "1.5.0")), facts(*pair("6.14.2", "1.6.0"))),
    "HT812": (facts(package("5.3.27")), facts(package("6.22.1"))),
    "HT813": (facts(package("6.22.1"), package("6.0.30")), facts(package("6.22.1"), package("6.22.1"))),
    "HT814": (
        facts(AuthRoutes(evidence=line(), pages_router=True)),
        facts(AuthRoutes(evidence=line(), pages_router=False)),
    ),
    "HT901": (
        facts(jar(cookie("sessionid", "A", HOST_ONLY), cookie("sessionid", "B", PARENT))),
        facts(jar(cookie("sessionid", "A", HOST_ONLY), cookie("csrftoken", "B", PARENT))),
    ),
    "HT902": (
        facts(jar(cookie("next-auth.session-token"), cookie("__Secure-authjs.session-token"))),
        facts(jar(cookie("__Secure-authjs.session-token"))),
    ),
    "HT903": (
        facts(jar(cookie("authjs.session-token.0"), cookie("authjs.session-token.2"))),
        facts(jar(cookie("authjs.session-token.0"), cookie("authjs.session-token.1"))),
    ),
    "HT904": (
        facts(written("__Host-session=1; Domain=example.test; Secure; Path=/")),
        facts(written("__Host-session=1; Secure; Path=/")),
    ),
    "HT990": (
        facts(Suppression(evidence=line(), rules=("HT301",), reason="")),
        facts(Suppression(evidence=line(), rules=("HT301",), reason="rotation is off")),
    ),
}
