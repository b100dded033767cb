"""What a project's code is read to say, where a rule's fixture would be longer than the story."""

from __future__ import annotations

import pytest

from hardtack.doctor.configured import (
    AuthRoutes,
    ConfigureCall,
    FailureListener,
    ScopeConfigured,
    SignOutHandler,
    StorageCall,
    StorageKind,
    Suppression,
    TokenLifetime,
)
from hardtack.doctor.observed import CacheableWrite, Side
from support.project_trees import look, named, write

MANIFEST = '{ "dependencies": { "aws-amplify": "6.22.1", "@aws-amplify/ui-react": "6.15.6", "next": "16.0.0" } }'


def _facts(root, kind, **files):
    (root / "package.json").write_text(MANIFEST)
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.tsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return look(root).of(kind)


def _listener(root, body):
    code = (
        '"use client"; import { Hub } from "aws-amplify/utils"; import { signOut } from "aws-amplify/auth";\n'
        'import { useRouter } from "next/navigation";\n'
        'export function C() { const router = useRouter(); Hub.listen("auth", ({ payload: { event, data } }) => '
        f"{body}); return null; }}\n"
        "async function leave() { try { await signOut({ global: true }); } finally { done(); } }\n"
        "const done = () => { window.location = '/login'; };\n"
    )
    return [(one.signs_out, one.navigates, one.looks_at_error) for one in _facts(root, FailureListener, app__page=code)]


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        ('{ if (event === "tokenRefresh_failure") leave(); }', [(True, True, False)]),
        ('{ event === "tokenRefresh_failure" && void leave(); }', [(True, True, False)]),
        ('{ event === "tokenRefresh_failure" ? router.push("/login") : 0; }', [(False, True, False)]),
        ('{ if (event === "signedOut") router.push("/"); if (event === "tokenRefresh_failure") log(); }', []),
        ('{ if (event !== "tokenRefresh_failure") { return; } signOut(); }', [(True, False, False)]),
        ('{ if (event === "tokenRefresh_failure" && payload.data.error) signOut(); }', [(True, False, True)]),
        (
            '{ switch (event) { case "tokenRefresh_failure": case "signedOut": { signOut(); } } }',
            [(True, False, False)],
        ),
        ('{ switch (event) { case "tokenRefresh_failure": return; default: signOut(); } }', []),
        ('{ if (["tokenRefresh_failure"].includes(event)) location.reload(); }', [(False, True, False)]),
        ('{ console.log("signedIn"); }', []),
    ],
)
def test_a_listener_is_known_by_where_it_leads(tmp_path, body, ends):
    assert _listener(tmp_path, body) == ends


@pytest.mark.parametrize("element", ["<Authenticator>{null}</Authenticator>", "<Authenticator.Provider />"])
def test_the_authenticator_signs_out_by_itself(tmp_path, element):
    code = f'import {{ Authenticator }} from "@aws-amplify/ui-react";\nexport const A = () => {element};\n'
    found = _facts(tmp_path, FailureListener, app__a=code)
    assert [(one.by, one.signs_out) for one in found] == [("Authenticator", True)]


@pytest.mark.parametrize(
    ("body", "needs"),
    [
        ("await client.send(new RevokeTokenCommand({})); cookies().delete('a');", [True]),
        ("try { await client.send(new RevokeTokenCommand({})); cookies().delete('a'); } catch {}", [True]),
        (
            "try { await client.send(new RevokeTokenCommand({})); } catch (e) { throw e; } cookies().delete('a');",
            [True],
        ),
        ("try { await client.send(new RevokeTokenCommand({})); } finally { cookies().delete('a'); }", [False]),
        ("await client.send(new RevokeTokenCommand({})).catch(() => 0); cookies().delete('a');", [False]),
        ("cookies().set('a', '', { maxAge: 0 }); await revokeToken('t');", [False]),
        ("const r = await fetch('/oauth2/revoke').catch(() => 0); if (r.ok) cookies().delete('a');", [True]),
        ("await revokeToken('t');", []),
    ],
)
def test_a_sign_out_is_judged_by_its_order(tmp_path, body, needs):
    code = f"export async function POST() {{ {body} }}\n// RevokeToken"
    found = _facts(tmp_path, SignOutHandler, app__api__out__route=code)
    assert [one.needs_revocation for one in found] == needs


def test_version_five_says_its_cookies_in_configure(tmp_path):
    code = (
        "import { Amplify } from 'aws-amplify';\n"
        "Amplify.configure({ Auth: { userPoolId: 'a', cookieStorage: { domain: '.x.test', expires: undefined } }, "
        "ssr: true });"
    )
    (scope,) = _facts(tmp_path, ScopeConfigured, pages___app=code)
    assert (scope.side, scope.domain, scope.lifetime, scope.same_site) == (Side.BROWSER, ".x.test", None, None)
    (call,) = look(tmp_path).of(ConfigureCall)
    assert (call.ssr, call.options) == (True, False)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("defaultStorage", StorageKind.LOCAL),
        ("new CookieStorage()", StorageKind.COOKIES),
        ("new (class { getItem() {} })()", StorageKind.OTHER),
    ],
)
def test_a_storage_is_known_by_what_it_is(tmp_path, given, kind):
    code = (
        "import { cognitoUserPoolsTokenProvider as p } from 'aws-amplify/auth/cognito';\n"
        f"import {{ CookieStorage, defaultStorage }} from 'aws-amplify/utils';\np.setKeyValueStorage({given});"
    )
    assert [one.kind for one in _facts(tmp_path, StorageCall, pages___app=code)] == [kind]


def test_headers_of_the_configuration_count_where_pages_get_them(tmp_path):
    (tmp_path / "next.config.mjs").write_text(
        "const plugin = (it) => it;\n"
        "export default plugin(async () => ({ async headers() { return [\n"
        "  { source: '/_next/(.*)', headers: [{ key: 'Cache-Control', value: 'immutable' }] },\n"
        "  { source: '/:path*', headers: [{ key: 'cache-control', value: `public, max-age=${60}` }] },\n"
        "]; } }));\n"
    )
    found = _facts(tmp_path, CacheableWrite)
    assert [(one.directive, one.evidence.place.line) for one in found] == [("public, max-age=60", 4)]


def test_a_lifetime_of_the_pool_is_in_seconds(tmp_path):
    code = "const client = {}; client.refreshTokenValidity = 10; f({ refreshTokenValidity: Duration.hours(36) });"
    assert [one.seconds for one in _facts(tmp_path, TokenLifetime, amplify__backend=code)] == [864_000, 129_600]


def test_auth_routes_are_told_by_where_they_are_mounted(tmp_path):
    root = write(named("faulty", "HT814"), tmp_path)
    assert [one.pages_router for one in look(root).of(AuthRoutes)] == [True]


def test_comments_ask_in_every_language_and_strings_never(tmp_path):
    (tmp_path / ".env").write_text("A=1\nB=2 # hardtack: ignore HT405 -- set by the host\n")
    (tmp_path / "a.py").write_text("x = 'hardtack: ignore HT409 -- no'\ny = 1  # hardtack: ignore HT409, HT103\n")
    (tmp_path / "b.py").write_text("# hardtack: ignore\n'''")
    code = "export const A = () => <p>{/* hardtack: ignore HT301 -- a reason */}</p>;"
    told = [
        (one.evidence.place.source, one.evidence.place.line, one.rules, one.reason)
        for one in _facts(tmp_path, Suppression, app__a=code)
    ]
    assert told == [
        ("app/a.tsx", 1, ("HT301",), "a reason"),
        (".env", 2, ("HT405",), "set by the host"),
        ("a.py", 2, ("HT409", "HT103"), ""),
        ("b.py", 1, (), ""),
    ]
