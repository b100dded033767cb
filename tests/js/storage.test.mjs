// One whole set, whatever lies beside it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { readMark } from "../../src/hardtack/web/browser_side/source/mark.js";
import { createStorage } from "../../src/hardtack/web/browser_side/source/storage.js";
import { load, nextTask, NOW, page, plant, policy, set, store, token } from "./browser.mjs";

const PARENT = "; domain=.example.test";
const key = (clientId, ...parts) => ["CognitoIdentityServiceProvider", clientId, ...parts].join(".");

function setting(options = {}) {
  const stated = policy(options.policy);
  return { ...page(options), stated, id: stated.clientId, storage: createStorage(stated) };
}

test("what is stored is read back, and lies in the policy's scope alone", async () => {
  const { jar, storage, id } = setting();
  await store(storage, set(id, "a@b.c", "r1", { authTime: NOW }));
  const shown = await load(storage, id);
  assert.equal(shown.owner, "a@b.c");
  assert.equal(shown.refreshToken, "r1");
  assert.equal(jar.cookies.length, 7); // six of Amplify's and the mark
  assert.ok(jar.names().every((scope) => scope.startsWith("__Host-") || scope.includes("|.example.test|/|false")));
});

test("a sign-in is marked before Amplify reads back what it wrote", async () => {
  const { storage, stated, id } = setting();
  const values = Object.entries(set(id, "alice", "r1", { authTime: NOW, session: "s.1" }));
  for (const [name, value] of values.slice(0, 2)) await storage.setItem(name, value);
  const mark = readMark(stated);
  assert.equal(mark.id, "alice-sub s.1");
  assert.equal(mark.authTime, NOW);
});

for (const [place, scope, first] of [
  ["host-only, older", "", true],
  ["host-only, newer", "", false],
  ["on a path", PARENT + "; path=/deep", true],
]) {
  test(`a dead set ${place} does not take the fresh one's place`, async () => {
    const { jar, storage, id } = setting({ path: "/deep" });
    const dead = set(id, "alice", "dead", { session: "old", authTime: NOW - 50, exp: NOW - 10 });
    const plantIt = () => {
      for (const [name, value] of Object.entries(dead)) jar.set(`${encodeURIComponent(name)}=${encodeURIComponent(value)}; path=/${scope}`);
    };
    if (first) plantIt();
    await store(storage, set(id, "alice", "fresh", { session: "new", authTime: NOW }));
    if (!first) plantIt();
    await nextTask();
    const shown = await load(storage, id);
    assert.equal(shown.refreshToken, "fresh");
    assert.equal(shown.accessToken, token("access", id, { session: "new", authTime: NOW }));
    assert.equal(shown.idToken, token("id", id, { session: "new", authTime: NOW }));
  });
}

test("a shadowing LastAuthUser picks nobody else's set", async () => {
  const { jar, storage, id } = setting();
  plant(jar, set(id, "bob", "r-bob", { sub: "bob-sub", session: "b", authTime: NOW - 90, exp: NOW - 5 }));
  await store(storage, set(id, "alice", "r-alice", { session: "a", authTime: NOW }));
  jar.set(`${key(id, "LastAuthUser")}=bob; path=/deep`);
  await nextTask();
  const shown = await load(storage, id);
  assert.deepEqual([shown.owner, shown.refreshToken], ["alice", "r-alice"]);
});

test("an ID token of another sign-in is not served", async () => {
  const { jar, storage, id } = setting();
  await store(storage, set(id, "alice", "r", { session: "mine", authTime: NOW }));
  jar.cookies = jar.cookies.filter(({ name }) => !name.endsWith(".idToken"));
  jar.set(`${key(id, "alice", "idToken")}=${token("id", id, { session: "other", authTime: NOW })}; path=/`);
  await nextTask();
  assert.equal((await load(storage, id)).idToken, null);
});

test("without a mark the server is asked, once for a state of the jar, and its choice is served", async () => {
  const server = () => ({ chosen: { sub: "alice-sub", session: "older" } });
  const { jar, asked, storage, id } = setting({ server });
  plant(jar, set(id, "alice", "r-new", { session: "newer", authTime: NOW - 10 }));
  plant(jar, set(id, "alice", "r-old", { session: "older", authTime: NOW - 20 }), PARENT);
  const all = await Promise.all([load(storage, id), load(storage, id)]);
  await nextTask();
  all.push(await load(storage, id));
  for (const shown of all) assert.equal(shown.accessToken, token("access", id, { session: "older", authTime: NOW - 20 }));
  assert.deepEqual(asked.map(({ url }) => url), ["/hardtack/chosen.json"]);
});

test("the server is asked anew when the jar has changed, and only then", async () => {
  const { jar, asked, storage, id } = setting({ server: () => null });
  const plantAt = (authTime) => plant(jar, set(id, "alice", "r" + authTime, { session: "s" + authTime, authTime }), PARENT);
  plant(jar, set(id, "alice", "r", { session: "other", authTime: NOW - 90 }));
  for (const authTime of [NOW - 20, NOW - 20, NOW - 10, NOW - 20]) {
    plantAt(authTime);
    await nextTask();
    assert.equal((await load(storage, id)).accessToken, token("access", id, { session: "s" + authTime, authTime }));
  }
  assert.equal(asked.length, 3); // what was answered before the last change is forgotten
});

test("a silent server leaves the newest that does not come from the future", async () => {
  const { jar, storage, id } = setting({ server: () => Promise.reject(new TypeError("offline")) });
  plant(jar, set(id, "alice", "r-old", { session: "old", authTime: NOW - 20 }));
  plant(jar, set(id, "alice", "r-new", { session: "new", authTime: NOW - 10 }), PARENT);
  plant(jar, set(id, "alice", "r-future", { session: "future", authTime: NOW + 86_400 }), PARENT + "; path=/");
  await nextTask();
  const shown = await load(storage, id);
  assert.notEqual(shown.accessToken, token("access", id, { session: "future", authTime: NOW + 86_400 }));
});

test("where all come from the future the clock is wrong, and the newest is served", async () => {
  const { jar, storage, id } = setting();
  plant(jar, set(id, "alice", "r1", { session: "one", authTime: NOW + 7_000 }));
  plant(jar, set(id, "alice", "r2", { session: "two", authTime: NOW + 7_100 }), PARENT);
  assert.equal((await load(storage, id)).accessToken, token("access", id, { session: "two", authTime: NOW + 7_100 }));
});

test("while the mark names one person, another person's set is not served, whatever its age", async () => {
  const { jar, storage, id } = setting();
  await store(storage, set(id, "alice", "r", { session: "a", authTime: NOW - 5 }));
  jar.cookies = jar.cookies.filter(({ name }) => name.startsWith("__Host-"));
  plant(jar, set(id, "mallory", "r", { sub: "m", session: "m", authTime: NOW }), PARENT);
  await nextTask();
  assert.equal(await load(storage, id), null);
  assert.equal(await storage.getItem(key(id, "LastAuthUser")), null);
});

test("a later sign-in of the same person at a sibling host is served", async () => {
  const { jar, storage, id } = setting();
  await store(storage, set(id, "alice", "r1", { session: "a", authTime: NOW - 50 }));
  plant(jar, set(id, "alice", "r2", { session: "b", authTime: NOW - 5 }), PARENT);
  await nextTask();
  assert.equal((await load(storage, id)).refreshToken, "r2");
});

test("the refresh token that was written beside the access token is its partner", async () => {
  const { jar, storage, id } = setting({ policy: { domain: null } });
  await store(storage, set(id, "alice", "ours", { authTime: NOW }));
  jar.set(`${key(id, "alice", "refreshToken")}=planted; path=/${PARENT}`);
  await nextTask();
  assert.equal((await load(storage, id)).refreshToken, "ours");
});

test("beside an access token that a server wrote, the token known to belong to another is not the partner", async () => {
  const { jar, storage, id } = setting({ policy: { domain: null } });
  await store(storage, set(id, "alice", "ours", { authTime: NOW - 9, iat: NOW - 9 }));
  const newer = set(id, "alice", "rotated", { authTime: NOW - 9, iat: NOW - 1 });
  plant(jar, newer, PARENT);
  jar.set(`${key(id, "alice", "refreshToken")}=ours; path=/; secure`);
  await nextTask();
  const shown = await load(storage, id);
  assert.deepEqual([shown.accessToken, shown.refreshToken], [newer[key(id, "alice", "accessToken")], "rotated"]);
});

test("a clock drift that is none, or one that a server measured, makes no token live for ever", async () => {
  const { jar, storage, id } = setting();
  await store(storage, set(id, "alice", "r", { authTime: NOW }));
  for (const [written, expected] of [["abc", 0], ["-300", -300], ["1e9", 0]]) {
    jar.set(`${key(id, "alice", "clockDrift")}=${written}; path=/${PARENT}`);
    await nextTask();
    const shown = Number((await load(storage, id)).clockDrift);
    assert.ok(Math.abs(shown - expected) <= 1000 && shown >= expected - 1, `${written} gave ${shown}`);
  }
  const ahead = token("access", id, { authTime: NOW, iat: NOW + 7_200 });
  jar.set(`${key(id, "alice", "accessToken")}=${ahead}; path=/${PARENT}`);
  await nextTask();
  assert.ok(Number((await load(storage, id)).clockDrift) > 7_190_000); // this clock is two hours slow
});

test("details that can't be parsed are left out, or Amplify would take the person for signed out", async () => {
  const { jar, storage, id } = setting();
  await store(storage, set(id, "alice", "r", { authTime: NOW }));
  jar.set(`${key(id, "alice", "signInDetails")}={bad; path=/${PARENT}`);
  await nextTask();
  assert.equal((await load(storage, id)).signInDetails, null);
});

test("removal by sign-out leaves nothing in any scope, and what comes back later is over", async () => {
  const { jar, storage, stated, id } = setting({ path: "/deep/page" });
  const values = set(id, "alice", "r", { authTime: NOW - 5 });
  await store(storage, values);
  plant(jar, values);
  plant(jar, values, "; path=/deep");
  for (const name of [...Object.keys(values)]) await storage.removeItem(name);
  assert.deepEqual(jar.names().filter((scope) => !scope.startsWith("__Host-")), []);
  assert.deepEqual([readMark(stated).id, readMark(stated).authTime], [false, NOW - 5]);
  plant(jar, values, "; domain=.example.test"); // a late answer of the server raises the dead
  await nextTask();
  assert.equal(await load(storage, id), null);
});

test("a sign-in after a sign-out in the same second is served", async () => {
  const { storage, id } = setting();
  const first = set(id, "alice", "r1", { session: "one", authTime: NOW });
  await store(storage, first);
  for (const name of Object.keys(first)) await storage.removeItem(name);
  await nextTask();
  await store(storage, set(id, "alice", "r2", { session: "two", authTime: NOW }));
  assert.equal((await load(storage, id)).refreshToken, "r2");
});

test("of two sign-ins at once the later one stays, whichever is written last", async () => {
  const { storage, stated, id } = setting();
  await store(storage, set(id, "alice", "later", { session: "two", authTime: NOW }));
  await store(storage, set(id, "alice", "earlier", { session: "one", authTime: NOW - 1 }));
  assert.equal((await load(storage, id)).refreshToken, "later");
  assert.equal(readMark(stated).authTime, NOW);
});

test("another person's sign-in is written, though its time is earlier", async () => {
  const { storage, id } = setting();
  await store(storage, set(id, "alice", "hers", { session: "two", authTime: NOW }));
  await store(storage, set(id, "bob", "his", { sub: "bob-sub", session: "one", authTime: NOW - 1 }));
  assert.equal((await load(storage, id)).refreshToken, "his");
});

test("an earlier sign-in is written where the later one is gone, and its sign-out ends both", async () => {
  const { jar, storage, stated, id } = setting();
  const [later, earlier] = [set(id, "alice", "later", { session: "two", authTime: NOW }), set(id, "alice", "earlier", { session: "one", authTime: NOW - 1 })];
  await store(storage, later);
  for (const cookie of [...jar.cookies]) if (!cookie.name.startsWith("__Host-")) jar.cookies.splice(jar.cookies.indexOf(cookie), 1);
  await nextTask();
  await store(storage, earlier);
  assert.equal((await load(storage, id)).refreshToken, "earlier");
  for (const name of Object.keys(earlier)) await storage.removeItem(name);
  assert.equal(readMark(stated).authTime, NOW);
  plant(jar, later, PARENT); // the server gives it back, late
  await nextTask();
  assert.equal(await load(storage, id), null);
});

test("a sign-in that was under way before a sign-out is written, and what was signed out stays over", async () => {
  const { jar, storage, stated, id } = setting();
  const over = set(id, "alice", "later", { session: "two", authTime: NOW });
  await store(storage, over);
  for (const name of Object.keys(over)) await storage.removeItem(name);
  await nextTask();
  await store(storage, set(id, "alice", "earlier", { session: "one", authTime: NOW - 1 }));
  assert.equal((await load(storage, id)).refreshToken, "earlier");
  assert.equal(readMark(stated).authTime, NOW);
  plant(jar, over, PARENT); // a late answer, in the place of what was just written
  await nextTask();
  assert.equal(await load(storage, id), null);
});

test("a refresh that comes after a sign-out does not undo it", async () => {
  const { jar, storage, id } = setting();
  const values = set(id, "alice", "r1", { authTime: NOW });
  await store(storage, values);
  await load(storage, id);
  for (const name of Object.keys(values)) await storage.removeItem(name);
  await nextTask();
  await store(storage, set(id, "alice", "r2", { authTime: NOW, iat: NOW + 1 }));
  await nextTask();
  assert.equal(await load(storage, id), null);
  assert.deepEqual(jar.names().filter((scope) => !scope.startsWith("__Host-")), []);
});

test("a refresh that comes after another person's sign-in leaves that one alone", async () => {
  const { storage, id } = setting();
  await store(storage, set(id, "alice", "r1", { authTime: NOW - 60 }));
  await load(storage, id);
  await nextTask();
  await store(storage, set(id, "bob", "r-bob", { sub: "bob-sub", session: "b", authTime: NOW }));
  await nextTask();
  await store(storage, set(id, "alice", "r2", { authTime: NOW - 60, iat: NOW }));
  await nextTask();
  const shown = await load(storage, id);
  assert.deepEqual([shown.owner, shown.refreshToken], ["bob", "r-bob"]);
});

test("an old Amplify that removes before it stores is no sign-out", async () => {
  const { storage, stated, id } = setting();
  const values = set(id, "alice", "r1", { authTime: NOW });
  await store(storage, values);
  await load(storage, id);
  for (const name of Object.keys(values)) await storage.removeItem(name);
  await store(storage, set(id, "alice", "r2", { authTime: NOW, iat: NOW + 1 }));
  await nextTask();
  assert.equal((await load(storage, id)).refreshToken, "r2");
  assert.equal(readMark(stated).id, "alice-sub session-1");
});

test("a set from the far future that somebody planted locks nobody out after a sign-out", async () => {
  const { jar, storage, stated, id } = setting();
  const values = set(id, "alice", "r", { authTime: NOW - 5 });
  await store(storage, values);
  plant(jar, set(id, "x", "r", { sub: "x", session: "x", authTime: NOW + 10 ** 8 }), PARENT);
  await nextTask();
  for (const name of Object.keys(values)) await storage.removeItem(name);
  assert.equal(readMark(stated).authTime, NOW - 5);
});

test("device keys and names of others are read as js-cookie reads them, and kept", async () => {
  const { jar, storage, id } = setting();
  jar.set(`${key(id, "alice", "deviceKey")}=d1; path=/`);
  jar.set("theme=dark; path=/");
  await store(storage, set(id, "alice", "r", { authTime: NOW }));
  await storage.clear();
  assert.equal(await storage.getItem(key(id, "alice", "deviceKey")), "d1");
  assert.equal(await storage.getItem("theme"), "dark");
  assert.equal(jar.names().length, 3);
});

test("garbage in an access token's place is no session", async () => {
  const { jar, storage, id } = setting();
  jar.set(`${key(id, "LastAuthUser")}=alice; path=/`);
  jar.set(`${key(id, "alice", "accessToken")}=garbage; path=/`);
  assert.equal(await storage.getItem(key(id, "LastAuthUser")), "alice");
  assert.equal(await load(storage, id), null);
});

// -- a sign-in that a late answer takes away ----------------------------------------------------------------------------

const told = ({ asked }) => asked.filter(({ url }) => url.endsWith("/arrived")).map(({ body }) => body);
const refreshing = (more) => setting({ policy: { refreshes: true }, ...more });

test("the server is told of a sign-in, under a claim that its mark shows", async () => {
  const world = refreshing();
  const values = set(world.id, "alice", "r1", { authTime: NOW });
  await store(world.storage, values);
  const [{ claim, tokens }, ...more] = told(world);
  assert.deepEqual(more, []);
  assert.match(claim, /^\d{10,40}-[0-9a-z]{1,8}$/);
  assert.equal(readMark(world.stated).claim, claim);
  assert.deepEqual(tokens, { accessToken: values[key(world.id, "alice", "accessToken")], idToken: values[key(world.id, "alice", "idToken")], refreshToken: "r1" });
});

test("of a refresh nobody is told, and the claim stays; another sign-in has another", async () => {
  const world = refreshing();
  await store(world.storage, set(world.id, "alice", "r1", { authTime: NOW - 50 }));
  const { claim } = readMark(world.stated);
  await store(world.storage, set(world.id, "alice", "r2", { authTime: NOW - 50, iat: NOW }));
  assert.equal(readMark(world.stated).claim, claim);
  assert.equal(told(world).length, 1);
  await store(world.storage, set(world.id, "alice", "r3", { authTime: NOW, session: "session-2" }));
  assert.notEqual(readMark(world.stated).claim, claim);
  assert.equal(told(world).length, 2);
});

test("without word from the policy nobody is told and nothing is claimed", async () => {
  const world = setting();
  await store(world.storage, set(world.id, "alice", "r1", { authTime: NOW }));
  assert.deepEqual(world.asked, []);
  assert.equal(readMark(world.stated).claim, "");
});

test("a sign-in is no worse off where the server does not answer", async () => {
  const world = refreshing({ server: () => Promise.reject(new Error("down")) });
  await store(world.storage, set(world.id, "alice", "r1", { authTime: NOW }));
  await nextTask();
  assert.equal((await load(world.storage, world.id)).refreshToken, "r1");
});

test("a set that a late answer took away is fetched back by the server, which is asked once", async () => {
  const world = refreshing({
    server: (url) => {
      if (!url.endsWith("/chosen.json")) return null;
      plant(world.jar, values, PARENT);
      return { chosen: { sub: "alice-sub", session: "session-1" } };
    },
  });
  const values = set(world.id, "alice", "r1", { authTime: NOW });
  await store(world.storage, values);
  await nextTask();
  for (const name of Object.keys(values)) world.jar.set(`${encodeURIComponent(name)}=; path=/; max-age=0${PARENT}`);
  await nextTask();
  assert.equal((await load(world.storage, world.id)).refreshToken, "r1");
  assert.equal(world.asked.filter(({ url }) => url.endsWith("/chosen.json")).length, 1);
});
