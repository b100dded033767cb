// What a page is told of its browser, and what it never tells.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { checkEnvironment, covers } from "../../src/hardtack/web/browser_side/source/environment.js";
import { hash, markIn, markOut, readMark } from "../../src/hardtack/web/browser_side/source/mark.js";
import { loadPolicy } from "../../src/hardtack/web/browser_side/source/hardtack.js";
import { NOW, page, plant, policy, set } from "./browser.mjs";

test("where all is well it says so, and leaves no probe behind", async () => {
  const { jar } = page();
  assert.deepEqual(await checkEnvironment(policy()), { ok: true, problems: [], twins: [], locks: true });
  assert.deepEqual(jar.names(), []);
});

for (const [problem, options, more] of [
  ["domain.elsewhere", { host: "www.other.test" }, {}],
  ["path.elsewhere", { path: "/shop" }, { path: "/app" }],
  ["secure.on-http", { secure: false }, {}],
  ["cookies.scope-refused", { host: "app.test" }, { domain: ".test" }],
]) {
  test(`${problem} is found`, async () => {
    page(options);
    const { ok, problems } = await checkEnvironment(policy(more));
    assert.deepEqual([ok, problems], [false, [problem]]);
  });
}

test("a browser that keeps no cookies is told from a scope that is refused", async () => {
  const { jar } = page();
  jar.set = () => {};
  assert.deepEqual((await checkEnvironment(policy())).problems, ["cookies.refused"]);
  jar.broken = true;
  assert.deepEqual((await checkEnvironment(policy())).problems, ["cookies.refused"]); // a sandboxed page: reading throws
});

test("twins are counted by kind, and a report holds no value and no user", async () => {
  const { jar, asked } = page({ server: () => ({}) });
  const stated = policy();
  plant(jar, set(stated.clientId, "alice@example.com", "secret-refresh", { authTime: NOW }));
  plant(jar, set(stated.clientId, "alice@example.com", "secret-other", { authTime: NOW }), "; domain=.example.test");
  const found = await checkEnvironment(stated, { report: true });
  assert.deepEqual(found.problems, ["cookies.twins"]);
  assert.deepEqual(found.twins.find(({ suffix }) => suffix === "refreshToken"), { suffix: "refreshToken", count: 2 });
  const [{ url, body }] = asked;
  assert.equal(url, "/hardtack/report");
  assert.equal(body.fingerprint, stated.fingerprint);
  assert.ok(!/alice|secret/.test(JSON.stringify(body)));
});

test("a domain covers its hosts, and no address", () => {
  assert.ok(covers(".example.test", "example.test") && covers("example.test", "a.b.example.test"));
  assert.ok(!covers(".example.test", "badexample.test") && !covers(".0.0.1", "127.0.0.1"));
});

test("the mark comes back as it was written, whatever stands in it", () => {
  page();
  const stated = policy();
  markIn(stated, { sub: "a.b%;ü", session: "auth_time:5", token: "t" }, 5, "r");
  const { authTime, access, refresh, id } = readMark(stated);
  assert.deepEqual([id, authTime, access, refresh], ["a.b%;ü auth_time:5", 5, hash("t"), hash("r")]);
  markOut(stated, 7);
  assert.deepEqual([readMark(stated).id, readMark(stated).authTime], [false, 7]);
});

test("a mark that can't be read counts as none", () => {
  const { jar } = page();
  const stated = policy();
  for (const text of ["", "in", "in.a.b", "in.a.b.x", "in..b.5", "out", "out.-5", "out.5x", "up.5", "in.%.b.5"]) {
    jar.cookies = [];
    jar.set(`${stated.mark}=${text}; path=/; secure`);
    assert.equal(readMark(stated), null, text);
  }
});

test("the policy is fetched, or the failure named", async () => {
  page({ server: (url) => (url === "/hardtack/policy.json" ? { version: 1 } : null) });
  assert.deepEqual(await loadPolicy(), { version: 1 });
  await assert.rejects(loadPolicy("/elsewhere"), /\/elsewhere\/policy\.json/);
});

test("a server that renders may import it and hand Amplify the storage", () => {
  const script = fileURLToPath(new URL("../../src/hardtack/web/browser_side/hardtack.js", import.meta.url));
  const program = `
    const { createStorage, checkEnvironment, clearAllAuthCookies } = await import(${JSON.stringify("file://" + script)});
    const policy = { clientId: "c", mark: "m", sweep: [], cookie: { path: "/" } };
    const storage = createStorage(policy);
    await storage.setItem("CognitoIdentityServiceProvider.c.LastAuthUser", "x");
    await storage.removeItem("CognitoIdentityServiceProvider.c.x.accessToken");
    await storage.clear();
    console.log(await storage.getItem("CognitoIdentityServiceProvider.c.x.accessToken"), (await checkEnvironment(policy)).ok, clearAllAuthCookies(policy));`;
  const said = execFileSync(process.execPath, ["--no-warnings", "--input-type=module", "--eval", program], { encoding: "utf-8" });
  assert.equal(said.trim(), "null true 0");
});
