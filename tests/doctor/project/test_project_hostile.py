"""Folders that nobody wrote for the doctor's comfort: it reads what it can, says what it couldn't, and stays inside."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardtack.doctor.errors import SourceError
from hardtack.doctor.evidence import Evidence
from hardtack.doctor.facts import Area, Hint, Sight
from hardtack.doctor.sources.project.folder import open_folder
from hardtack.doctor.sources.project.quotes import code_line
from support.project_trees import judged, look, named, write

OTHER = 'import { Amplify } from "aws-amplify";\nAmplify.configure({}, { ssr: true });\n'
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def project(tmp_path):
    return write(named("base", "app-router"), tmp_path / "project")


def _found(root):
    return [type(fact).__name__ for fact in look(root).items]


def test_a_folder_that_is_not_there_is_told_in_a_sentence(tmp_path):
    with pytest.raises(SourceError) as told:
        open_folder(str(tmp_path / "nowhere" / "at" / "all"))
    assert "can't be read" in str(told.value)
    assert told.value.hint


def test_a_folder_without_code_is_told_in_a_sentence(tmp_path):
    (tmp_path / "notes.md").write_text("# Nothing")
    with pytest.raises(SourceError, match="no source file"):
        look(tmp_path)


def test_a_name_with_a_nul_is_no_traceback():
    with pytest.raises(SourceError):
        open_folder("a\x00b")


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\x01\x02\x7fELF aws-amplify",
        b"import { Amplify } from 'aws-amplify'; \xff\xfe\xfa Amplify.configure(",
        "import { Amplify } from 'aws-amplify';\nАmplify".encode("cp1251"),
        b"aws-amplify" + b"(" * 60_000,
        b"aws-amplify = " + b"[" * 30_000 + b"]" * 30_000,
        b"/* aws-amplify */ const x = " + b"a?." * 20_000 + b"b;",
        b"/* aws-amplify */ " + b"`${" * 5_000,
        b"import { Amplify } from 'aws-amplify'\r\n" * 2_000,
    ],
    ids=["binary", "broken-utf8", "cp1251", "parentheses", "brackets", "chain", "templates", "repeated"],
)
def test_a_file_of_rubbish_costs_only_itself(project, content):
    before = _found(project)
    (project / "lib" / "rubbish.ts").write_bytes(content)
    assert [one for one in _found(project) if one != "ConfigureCall"] == [
        one for one in before if one != "ConfigureCall"
    ]


def test_utf16_and_a_byte_order_mark_are_read(project):
    source = (project / "lib" / "amplify-server.ts").read_text()
    before = _found(project)
    (project / "lib" / "amplify-server.ts").write_bytes(source.encode("utf-16"))
    assert _found(project) == before
    (project / "lib" / "amplify-server.ts").write_bytes(b"\xef\xbb\xbf" + source.encode())
    assert _found(project) == before


def test_columns_are_counted_in_characters(project):
    path = project / "lib" / "amplify-server.ts"
    path.write_text(
        path.read_text().replace(
            "  runtimeOptions: { cookies: { domain", "  /* Ω漢字 */ runtimeOptions: { cookies: { domain"
        )
    )
    scopes = [one for one in look(project).items if one.evidence.place.source == "lib/amplify-server.ts"]
    line = path.read_text().splitlines()[5]
    assert line.index("domain") + 1 in {one.evidence.place.column for one in scopes}


def test_a_bundle_of_ten_megabytes_is_passed_over_and_told(project):
    before = _found(project)
    (project / "public").mkdir()
    line = b"!function(e){Amplify.configure(e)}(window);"
    (project / "public" / "app.js").write_bytes(line * (10_000_000 // len(line)))
    facts = look(project)
    assert [type(fact).__name__ for fact in facts.items] == before
    assert Hint.PARTLY_UNREADABLE in facts.hints
    assert facts.sights[Area.CODE] is Sight.PARTIAL


def test_links_are_not_followed_neither_outside_nor_in_circles(project, tmp_path):
    before = _found(project)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "other.ts").write_text(OTHER)
    try:
        (project / "lib" / "outside").symlink_to(outside, target_is_directory=True)
        (project / "lib" / "other.ts").symlink_to(outside / "other.ts")
        (project / "lib" / "again").symlink_to(project, target_is_directory=True)
        (project / ".env.production").symlink_to("/etc/hostname")
    except OSError:
        pytest.skip("no symbolic links here")
    assert _found(project) == before


def test_an_import_or_an_alias_that_leads_outside_leads_nowhere(project, tmp_path):
    (tmp_path / "secret.ts").write_text('export const domain = ".outside.test";\n')
    server = project / "lib" / "amplify-server.ts"
    text = server.read_text().replace("process.env.NEXT_PUBLIC_COOKIE_DOMAIN", "domain")
    server.write_text(f'import {{ domain }} from "../../secret";\nimport * as other from "#/secret";\n{text}')
    (project / "tsconfig.json").write_text(
        '{ "extends": "../secret", "compilerOptions": { "paths": { "#/*": ["../*"] } } }'
    )
    assert ".outside.test" not in repr(look(project))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(project):
    before = _found(project)
    os.mkfifo(project / "lib" / "pipe.ts")
    os.mkfifo(project / ".env.local")
    assert _found(project) == before


@pytest.mark.skipif(ROOT or os.name == "nt", reason="root may read everything")
def test_what_may_not_be_read_is_told(project):
    (project / "lib" / "amplify-server.ts").chmod(0)
    assert Hint.PARTLY_UNREADABLE in look(project).hints


def test_files_that_vanish_while_they_are_read_are_told(project):
    folder = open_folder(str(project))
    (project / "lib" / "amplify-server.ts").unlink()
    assert folder.read("lib/amplify-server.ts") is None
    assert folder.unreadable == {"lib/amplify-server.ts"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("package.json", "[]"),
        ("package.json", "{" * 10_000),
        ("package.json", '{"dependencies": [], "name": 7, "exports": {".": [[]]}}'),
        ("package-lock.json", '{"packages": ' + "[" * 50_000),
        ("package-lock.json", '{"packages": {"node_modules/aws-amplify": []}}'),
        ("package-lock.json", '    "' + "node_modules/" * 50_000),
        (
            "tsconfig.json",
            '{ "extends": "./tsconfig", "compilerOptions": { "paths": { "*": ["*", 7] }, "baseUrl": 3 } }',
        ),
        ("tsconfig.json", "// nothing\n"),
        ("amplify_outputs.json", '{ "auth": ' + "[" * 20_000),
        ("amplify_outputs.json", ""),
        (".env", "A=$B\nB=${A}\nNEXT_PUBLIC_COOKIE_DOMAIN=${A}${A}${B}\n"),
        (".env", "NEXT_PUBLIC_COOKIE_DOMAIN='" + "\\" * 10_000),
        (".gitignore", "*" * 150 + "a\n[\n!\n\\\n" + "a/**/" * 30),
        ("hardtack.toml", "[policy\n"),
        ("hardtack.toml", "a = " + "[" * 9_000),
        ("settings.py", "SESSION_COOKIE_DOMAIN = " + "(" * 3_000),
        ("settings.py", "SESSION_COOKIE_AGE = " + "9" * 6_000),
        ("policy.py", "from hardtack import CookiePolicy\nCookiePolicy(origins=[" + "-" * 4_000 + "1])"),
        ("policy.py", "from hardtack import CookiePolicy\nCookiePolicy(origins=7, domain=[], same_site=3, wrong=1)"),
        ("proxy.ts", 'export const config = { matcher: ["/((.*)*)*x", "/(", "/:a(", "(?P<a>b"] };\n// aws-amplify'),
        ("next.config.js", "module.exports = () => module.exports();"),
    ],
)
def test_a_hostile_settings_file_is_no_traceback(project, name, content):
    (project / name).write_text(content)
    judged(project)


_DOUBLED = range(1, 60)
CIRCLES = {
    "imports": {
        "lib/a.ts": 'export * from "./b";\nexport { c } from "./b";\nimport { d } from "./b";\nexport const a = d;\n',
        "lib/b.ts": 'export * from "./a";\nexport { c } from "./a";\nimport { a } from "./a";\nexport const d = a;\n',
    },
    "stars": {
        "lib/a.ts": 'export * from "./s0";\nexport * from "./t0";\n',
        **{
            f"lib/{one}{n}.ts": f'export * from "./s{(n + 1) % 40}";\nexport * from "./t{(n + 1) % 40}";\n'
            for n in range(40)
            for one in "st"
        },
    },
    "functions": {
        "lib/a.ts": "export const a = (x) => b(x);\nexport const b = (x) => a(x) || b({ ...x, y: a(x) });\n"
        "export function d({ c = d(c) }) { return d(c); }\nexport const c = a(1);\n",
    },
    "doubled values": {
        "lib/a.ts": "export const v0 = { c: 1 };\nexport const a = v59.a.b.a.b.c;\nexport { a as c, a as d };\n"
        + "".join(f"export const v{n} = {{ ...v{n - 1}, a: v{n - 1}, b: v{n - 1} }};\n" for n in _DOUBLED),
    },
    "doubled calls": {
        "lib/a.ts": "export const f0 = (x) => x;\nexport const a = f59(1);\nexport { a as c, a as d };\n"
        + "".join(f"export const f{n} = (x) => f{n - 1}(f{n - 1}(x)) + f{n - 1}(x);\n" for n in _DOUBLED),
    },
}


@pytest.mark.parametrize("circle", CIRCLES)
def test_circles_and_doublings_end(project, circle):
    for name, text in CIRCLES[circle].items():
        (project / name).write_text(text)
    server = project / "lib" / "amplify-server.ts"
    text = server.read_text().replace("process.env.NEXT_PUBLIC_COOKIE_DOMAIN", "a || c || d")
    server.write_text(f'import {{ a, c, d }} from "./a";\n{text}')
    diagnosis = judged(project)  # without a bound it would not come back
    assert "HT102" not in {one.rule.id for one in diagnosis.findings}


WORDS = [
    "Amplify",
    ".configure",
    "(",
    ")",
    "{",
    "}",
    "=>",
    "...",
    "`${",
    "}`",
    '"',
    "import",
    "from",
    "'aws-amplify'",
    "export",
    "default",
    "await",
    "<A",
    "b={",
    "/>",
    "?",
    ":",
    "=",
    "function",
    "return",
    ";",
    "x",
    "process.env.A",
]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(WORDS), max_size=80))
def test_any_arrangement_of_words_is_read(tmp_path, words):
    (tmp_path / "package.json").write_text('{ "dependencies": { "aws-amplify": "6.22.1", "next": "16.0.0" } }')
    (tmp_path / "a.tsx").write_text(f'"use client"; import {{ Amplify }} from "aws-amplify";\n{" ".join(words)}')
    judged(tmp_path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([".env", "a.ts", "package.json", "yarn.lock", "pnpm-lock.yaml", "s.py"]), st.binary(max_size=300)
)
def test_any_bytes_are_read(tmp_path, name, data):
    write(named("base", "pages-router"), tmp_path)
    (tmp_path / name).write_bytes(b"aws-amplify SESSION_COOKIE_ " + data)
    judged(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        'app.add_middleware(SessionMiddleware, secret_key="hunter2", domain="x.test")',
        "const clientSecret: string = 'hunter2';",
        '{ "password": "hunter2", "domain": "x.test" }',
        "secrets=(`hunter2`,)",
        'API_KEY = b"hunter2" if x else y',
        'refreshToken: "hunter2',
    ],
)
def test_a_quotation_never_shows_what_is_assigned_to_a_secret(line):
    assert "hunter2" not in code_line(line)
    assert len(code_line(line)) > 8


def test_a_secret_beside_a_finding_is_not_in_the_facts(tmp_path):
    (tmp_path / "main.py").write_text(
        "from starlette.middleware.sessions import SessionMiddleware\n"
        'app.add_middleware(SessionMiddleware, secret_key="correct horse", domain="co.uk")\n'
    )
    facts = look(tmp_path)
    assert facts.items
    assert "horse" not in repr(facts)


def test_control_characters_of_the_code_reach_no_fact(tmp_path):
    write(named("base", "app-router"), tmp_path)
    (tmp_path / ".env").write_text("NEXT_PUBLIC_COOKIE_DOMAIN=\x1b]0;evil\x07.example.com\u202e\n")
    for fact in look(tmp_path).items:
        said = repr(fact)
        assert "\\x1b" not in said
        assert "\\u202e" not in said
        assert isinstance(fact.evidence, Evidence)
