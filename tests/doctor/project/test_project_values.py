"""What expressions are known to be, without running them."""

from __future__ import annotations

import pytest

from hardtack.doctor.sources.project.callers import Callers
from hardtack.doctor.sources.project.environment import read_environment
from hardtack.doctor.sources.project.evaluate import Evaluator
from hardtack.doctor.sources.project.folder import open_folder
from hardtack.doctor.sources.project.graph import literal_of, survey
from hardtack.doctor.sources.project.middleware import covers
from hardtack.doctor.sources.project.syntax import parse
from hardtack.doctor.sources.project.values import UNDEFINED, Frame, Scalar, SymbolValue


def _value(root, files, *, server=True, file="a.ts", next_app=True):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    folder = open_folder(str(root))
    project = survey(folder, lambda _done, _total: None)
    evaluator = Evaluator(project, Callers(project), read_environment(folder, ""), lambda _: None, next_app=next_app)
    module = project.load(file)
    assert module is not None
    return evaluator.bound(module.top("x"), module, Frame(server=server))


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("const x = 'a' + \"b\" + `c${1 + 2 * 3}`;", "abc7"),
        ("const x = 'it\\u0027s \\x41\\n'", "it's A\n"),
        ("const x = true ? 'yes' : f();", "yes"),
        ("const x = undefined ?? null ?? 'z';", "z"),
        ("const x = '' || 'b';", "b"),
        ("const x = 'a' && 0 || 'c';", "c"),
        ("const x = !('' === '');", False),
        ("const x = (null == undefined) && (null !== undefined);", True),
        ("const x = ('a' as const)!;", "a"),
        ("const x = ({ a: { 'b-c': [1, 'two'] } }).a['b-c'][1];", "two"),
        ("const k = 'a'; const x = { [k]: 1, ...{ a: 2 } }.a;", 2.0),
        ("const { a: { b = 'd' } = {} } = { a: {} }; const x = b;", "d"),
        ("const [, second] = ['a', 'b']; const x = [second][0];", "b"),
        ("function f({ a, b = 'c' }: T, ...r) { if (!a) { return b; } return a; } const x = f({ a: '' });", "c"),
        ("const f = (a, b = a) => ({ a, b }); const x = f('q').b;", "q"),
        ("const f = async () => { try { return await 'v'; } catch { return 'w'; } }; const x = await f();", "v"),
        ("const outer = (a) => (b) => a + b; const x = outer('1')('2');", "12"),
        ("enum E { A = 'a', B = 'b' } const x = E.B;", "b"),
        ("const x = ' A.b '.trim().toLowerCase().replace('.', '-');", "a-b"),
        ("const x = new URL('https://u:p@Shop.Example.com:8443/a').hostname;", "shop.example.com"),
        ("let x; function set() { x = 'once'; }", "once"),
        ("const x = typeof window === 'undefined' ? 'server' : 'browser';", "server"),
        ("const x = Number('7') > 3 && Boolean(1) && String(60 * 60 * 24) === '86400';", True),
        ("const x = process.env.NODE_ENV !== 'production';", False),
        ("const x = Object.freeze({ a: 'b' }).a;", "b"),
        ("const x = 1_000n;", 1000.0),
        ("const x = 0xff;", 255.0),
    ],
)
def test_a_simple_expression_is_its_value(tmp_path, code, value):
    assert _value(tmp_path, {"a.ts": code}) == Scalar(value)


@pytest.mark.parametrize(
    "code",
    [
        "const x = Math.random();",
        "let x = 'a'; x = 'b';",
        "const x = f(1);",
        "const x = window.y ? 'a' : 'b';",
        "function f(a) { if (a) return 'b'; return 'c'; } const x = f(window.y);",
        "function f() { for (const a of y) return a; return 'c'; } const x = f();",
        "const x = `a${y}`;",
        "const x = 1 / 0;",
        "const x = (() => x)();",
        "const x = { ...y }.a;",
        "const x = 'a'.at(1);",
    ],
)
def test_what_is_not_certain_is_unknown(tmp_path, code):
    assert not isinstance(_value(tmp_path, {"a.ts": code}), Scalar)


def test_both_ways_to_the_same_are_one(tmp_path):
    code = "function f(a) { if (a) return 'same'; else if (a.b) { throw 1 } return 'same'; } const x = f(window.y);"
    assert _value(tmp_path, {"a.ts": code}) == Scalar("same")


HOME = "export const d = 'v';"
KINDS = {
    "named": ('import { d } from "./b"; export const x = d;', {"b.ts": HOME}),
    "default": ('import d from "./b.js"; export const x = d;', {"b.ts": "export default 'v';"}),
    "namespace": ('import * as b from "./b"; export const x = b.d;', {"b/index.js": "module.exports = { d: 'v' };"}),
    "require": ('const { d } = require("./b"); export const x = d;', {"b.cjs": "exports.d = 'v';"}),
    "star": (
        'import { d as e } from "./b"; export const x = e;',
        {"b.ts": 'export * from "react";\nexport * from "./c";', "c.ts": "const q = 'v'; export { q as d };"},
    ),
    "star as": ('import { n } from "./b"; export const x = n.d;', {"b.ts": 'export * as n from "./c";', "c.tsx": HOME}),
    "json": ('import b from "./b.json"; export const x = b.d;', {"b.json": '{ "d": "v" }'}),
    "alias": (
        'import { d } from "#lib/b"; export const x = d;',
        {"tsconfig.json": '{"compilerOptions":{"paths":{"#lib/*":["./src/*"]}}}', "src/b.ts": HOME},
    ),
    "workspace": (
        'import { d } from "@me/b/sub"; export const x = d;',
        {"packages/b/package.json": '{"name":"@me/b"}', "packages/b/src/sub.ts": HOME},
    ),
    "dynamic": ('export const x = (await import("./b")).default;', {"b.ts": "const d = 'v'; export default d;"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_imports_of_every_kind_are_followed(tmp_path, kind):
    importing, exporting = KINDS[kind]
    assert _value(tmp_path, {"a.ts": importing, **exporting}) == Scalar("v")


def test_what_a_package_exports_is_known_by_its_name(tmp_path):
    code = 'import { Hub as H } from "aws-amplify/utils"; const y = { H }; export const x = y.H.listen;'
    assert _value(tmp_path, {"a.ts": code}) == SymbolValue("aws-amplify/utils", ("Hub", "listen"))


def test_types_are_no_values(tmp_path):
    code = 'import type { D } from "./b"; import { type E } from "./b"; export const x = D || E;'
    assert not isinstance(_value(tmp_path, {"a.ts": code, "b.ts": "export const D = 'v', E = 'v';"}), Scalar)


def test_a_parameter_is_what_all_callers_say(tmp_path):
    files = {
        "a.ts": "export let x; export function f({ d }) { x = d; }",
        "b.ts": 'import { f } from "./a"; f({ d: "v" });',
        "c.tsx": 'import { f } from "./a"; import { Page } from "./d"; f({ d: "v" });\nconst C = () => <Page d="v" />;',
        "d.tsx": 'import * as a from "./a"; export function Page({ d }) { a.f({ d }); return <p />; }',
    }
    assert _value(tmp_path, files) == Scalar("v")
    (tmp_path / "e.ts").write_text('import { f } from "./a"; f({ d: "another" });')
    assert not isinstance(_value(tmp_path, {}), Scalar)


ENV = {"a.ts": "export const x = process.env.A;"}


@pytest.mark.parametrize(
    ("files", "value"),
    [
        ({".env": "A=1"}, "1"),
        ({".env": "A=1", ".env.production": "A=2"}, "2"),
        ({".env": "A=1", ".env.production": "A=2", ".env.local": "A=3"}, "3"),
        ({".env.local": "A=3", ".env.production.local": "A=4", ".env.development": "A=5"}, "4"),
        ({".env": "A=1\nA=2"}, "2"),
        ({".env": "export A = 'x y' # z"}, "x y"),
        ({".env": 'A="x # y"'}, "x # y"),
        ({".env": "A=x # y"}, "x"),
        ({".env": "B=b\nA=.${B}.$C${D:-d}"}, ".b.d"),
        ({".env": "B=b\nA='$B'"}, "$B"),
        ({".env": "#A=1\nA="}, ""),
    ],
)
def test_environment_files_have_nexts_precedence(tmp_path, files, value):
    found = _value(tmp_path, {**ENV, **files})
    assert isinstance(found, Scalar)
    assert found.value == value
    assert [use.name for use in found.uses] == ["A"]


def test_a_variable_that_no_file_names_is_unknown_and_remembered(tmp_path):
    found = _value(tmp_path, {"a.ts": "export const x = `.${process.env.A ?? 'b'}`;"})
    assert not isinstance(found, Scalar)
    assert [use.name for use in found.uses] == ["A"]


def test_a_private_variable_is_undefined_in_the_browser(tmp_path):
    found = _value(tmp_path, {**ENV, ".env": "A=1"}, server=False)
    assert isinstance(found, Scalar)
    assert found.value is UNDEFINED
    elsewhere = _value(tmp_path, {}, server=False, next_app=False)
    assert isinstance(elsewhere, Scalar)
    assert elsewhere.value == "1"


@pytest.mark.parametrize(
    ("pattern", "path", "holds"),
    [
        ("/members", "/members", True),
        ("/members", "/members/1", False),
        ("/account/:path*", "/account", True),
        ("/account/:path*", "/account/a/b", True),
        ("/account/:path*", "/_next/static/a.js", False),
        ("/:path*", "/_next/static/chunks/main.js", True),
        ("/:locale(en|de)/:rest+", "/de/a/b", True),
        ("/:locale(en|de)/:rest+", "/fr/a", False),
        ("/(.*)", "/_next/image", True),
        ("/((?!api|_next/static|_next/image|favicon.ico).*)", "/_next/static/chunks/main.js", False),
        ("/((?!api|_next/static|_next/image|favicon.ico).*)", "/account", True),
        ("/((?!.*\\.).*)", "/logo.png", False),
        ("/a?b", "/a?b", True),
        ("/((.*)*)*x", "/" + "y" * 40, False),
        ("/(", "/", False),
    ],
)
def test_a_matcher_holds_for_what_next_would_run_it_for(pattern, path, holds):
    assert covers(pattern, path) is holds


def test_json_with_comments_is_read():
    tree = parse("tsconfig.json", b'{ // a\n "a": [1, "b", true, null,], /* c */ "d": { "e": "f" }, }').root
    assert literal_of(tree) == {"a": [None, "b", True, None], "d": {"e": "f"}}
