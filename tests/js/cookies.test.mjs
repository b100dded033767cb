// What leaves for the browser: Amplify's own bytes, and deletions that reach every scope.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { encodeName, encodeValue, expire, ownedScopes, pathPrefixes, remove, visible, write } from "../../src/hardtack/web/browser_side/source/cookies.js";
import { page, policy } from "./browser.mjs";

const vectors = JSON.parse(readFileSync(new URL("../fixtures/amplify-vectors.json", import.meta.url), "utf-8"));

test("names and values are spelled as js-cookie spells them, for every recorded vector", () => {
  assert.equal(vectors.encode.length, 15);
  for (const { username, client_pair: pair } of vectors.encode) {
    assert.equal(`${encodeName(`CognitoIdentityServiceProvider.CID.${username}.t`)}=${encodeValue(username)}`, pair);
  }
});

test("values are read as js-cookie reads them, for every recorded vector", () => {
  for (const { header, js_cookie: read } of [...vectors.read_value, ...vectors.duplicates]) {
    Object.defineProperty(globalThis, "document", { value: { cookie: header }, configurable: true });
    const found = visible().find(({ key, value }) => key === "k" && value !== undefined);
    assert.equal(found ? found.value : null, read, header);
  }
});

test("a cookie is written with the attributes of CookieStorage, in its order", () => {
  const { jar } = page();
  write(policy(), "a key", "v,1");
  const [line] = jar.lines;
  assert.match(line, /^a%20key=v%2C1; path=\/; expires=[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT; domain=\.example\.test; secure; sameSite=lax$/);
  write(policy({ domain: null }), "a", "1");
  assert.ok(!jar.lines[1].includes("domain"));
});

test("what js-cookie skips is skipped, and what lies in quotes is taken out", () => {
  const { jar } = page();
  for (const pair of ['a="quoted"', "b=50%", "c=%FF", "%FF=x", "d=%E7%94%A8"]) jar.set(pair + "; path=/");
  const read = Object.fromEntries(visible().map(({ key, value }) => [key, value]));
  assert.deepEqual(read, { a: "quoted", b: "50%", c: undefined, d: "用" });
});

test("a page lies on each folder above it, with and without its last slash", () => {
  assert.deepEqual(pathPrefixes("/"), ["/"]);
  assert.deepEqual(new Set(pathPrefixes("/a/b")), new Set(["/", "/a", "/a/", "/a/b"]));
  assert.deepEqual(new Set(pathPrefixes("/a/b/")), new Set(["/", "/a", "/a/", "/a/b", "/a/b/"]));
  assert.deepEqual(pathPrefixes("/a;x/b").filter((path) => path.includes(";")), []);
});

test("below a scope that is owned to the letter nothing is owned", () => {
  page({ path: "/deep/down" });
  const exact = { domain: ".old.test", path: "/", partitioned: false, exact: true };
  const open = { domain: null, path: "/deep", partitioned: false };
  const paths = (wanted) => ownedScopes(policy({ sweep: [exact, open] })).filter(({ domain }) => domain === wanted).map(({ path }) => path);
  assert.deepEqual(paths(".old.test"), ["/"]);
  assert.deepEqual(new Set(paths(null)), new Set(["/deep", "/deep/", "/deep/down"]));
});

test("below a base path above the policy's own, all is owned but what leads to it", () => {
  const below = { domain: null, path: "/", partitioned: false, below: true };
  const paths = (path) => {
    page({ path });
    return ownedScopes(policy({ path: "/app/in", sweep: [below] })).map((scope) => scope.path);
  };
  assert.deepEqual(paths("/login"), ["/login"]);
  assert.deepEqual(paths("/app/other"), ["/app/other"]);
  assert.deepEqual(paths("/app/in"), []);
});

test("one removal empties host-only, parent, path and partition alike, and leaves others' cookies", () => {
  const { jar } = page({ path: "/a/b" });
  const scopes = ["", "; domain=.example.test", "; path=/a", "; path=/a/b", "; path=/a/; domain=example.test", "; secure; partitioned"];
  for (const scope of scopes) jar.set("x=1" + (scope.includes("path") ? "" : "; path=/") + scope);
  jar.set("other=1; path=/a");
  assert.equal(jar.cookies.length, scopes.length + 1);
  remove(policy(), "x");
  assert.deepEqual(jar.names().map((scope) => scope.split("|")[0]), ["other"]);
});

test("both spellings of a name go with one removal", () => {
  const { jar } = page();
  jar.set("a(1)=x; path=/");
  jar.set("a%281%29=y; path=/");
  remove(policy(), "a(1)");
  assert.deepEqual(jar.names(), []);
});

test("the fresh cookie is spared when its twins go", () => {
  const { jar } = page();
  const stated = policy();
  jar.set("x=old; path=/");
  write(stated, "x", "new");
  remove(stated, "x", true);
  assert.equal(jar.cookie, "x=new");
});

test("a deletion says the epoch and no Max-Age, which leaves ghosts in Firefox", () => {
  const { jar } = page();
  expire("x", { domain: null, path: "/", partitioned: false });
  expire("x", { domain: ".d.test", path: "/p", partitioned: true });
  assert.deepEqual(jar.lines, [
    "x=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "x=; path=/p; expires=Thu, 01 Jan 1970 00:00:00 GMT; domain=.d.test; secure; partitioned",
  ]);
});
