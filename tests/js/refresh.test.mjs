// One refresh, the right token, and no wipe for anything but a refusal.

import assert from "node:assert/strict";
import { test } from "node:test";

import { installRefresh, isRefused } from "../../src/hardtack/web/browser_side/source/refresh.js";
import { createStorage } from "../../src/hardtack/web/browser_side/source/storage.js";
import { load, NOW, page, plant, policy, set, store, token } from "./browser.mjs";

const PARENT = "; domain=.example.test";
const named = (name) => Object.assign(new Error(name), { name });

/** What is used of Amplify, around a storage of ours: a pool that answers `answers`, by refresh token. */
function amplify(options = {}) {
  const stated = policy(options.policy);
  const world = { ...page(options), stated, id: stated.clientId, storage: createStorage(stated), calls: [] };
  const jwt = (text) => ({ toString: () => text });
  const store = {
    async loadTokens() {
      const shown = await load(world.storage, world.id);
      if (!shown) return null;
      const { owner, accessToken, refreshToken, clockDrift, signInDetails } = shown;
      return { username: owner, accessToken: jwt(accessToken), refreshToken, clockDrift: Number(clockDrift), signInDetails: JSON.parse(signInDetails) };
    },
    async storeTokens({ username, accessToken, refreshToken, signInDetails }) {
      const key = (...parts) => ["CognitoIdentityServiceProvider", world.id, ...parts].join(".");
      await world.storage.setItem(key("LastAuthUser"), username);
      await world.storage.setItem(key(username, "accessToken"), String(accessToken));
      await world.storage.removeItem(key(username, "idToken")); // this pool gives none
      await world.storage.setItem(key(username, "refreshToken"), refreshToken);
      await world.storage.setItem(key(username, "signInDetails"), JSON.stringify(signInDetails));
    },
  };
  const orchestrator = {
    getTokenRefresher: () => orchestrator.refresher,
    setTokenRefresher: (refresher) => (orchestrator.refresher = refresher),
    getTokenStore: () => store,
    async refresher({ tokens, username }) {
      world.calls.push(tokens.refreshToken);
      const answer = await options.pool(tokens.refreshToken, world);
      if (answer instanceof Error) throw answer;
      return { username, accessToken: jwt(answer.access), refreshToken: answer.refresh || tokens.refreshToken, clockDrift: 0 };
    },
  };
  world.tokenProvider = { tokenOrchestrator: orchestrator };
  world.stop = installRefresh({ tokenProvider: world.tokenProvider, policy: stated });
  world.refresh = async () => orchestrator.refresher({ tokens: world.before || (await store.loadTokens()), username: "alice" });
  world.load = () => store.loadTokens();
  return world;
}

const spent = { authTime: NOW - 100, iat: NOW - 100, exp: NOW - 10 };
const renewed = (id, more) => ({ access: token("access", id, { authTime: NOW - 100, iat: NOW, ...more }) });

test("five callers at once make one call, and all are handed its tokens", async () => {
  const world = amplify({ pool: async (_, { id }) => ({ ...renewed(id), refresh: "r2" }) });
  await store(world.storage, set(world.id, "alice", "r1", spent));
  world.before = await world.load();
  const got = await Promise.all([1, 2, 3, 4, 5].map(world.refresh));
  assert.deepEqual(world.calls, ["r1"]);
  assert.equal(new Set(got.map(({ accessToken }) => String(accessToken))).size, 1);
  assert.equal((await world.load()).refreshToken, "r2");
});

test("without Web Locks a lease does the same", async () => {
  const world = amplify({ locks: false, pool: async (_, { id }) => renewed(id) });
  await store(world.storage, set(world.id, "alice", "r1", spent));
  world.before = await world.load();
  await Promise.all([1, 2, 3].map(world.refresh));
  assert.deepEqual(world.calls, ["r1"]);
  assert.equal(localStorage.items.size, 0); // given back
});

test("where neither is to be had the refresh goes on", async () => {
  const world = amplify({ locks: false, storage: false, pool: async (_, { id }) => renewed(id) });
  await store(world.storage, set(world.id, "alice", "r1", spent));
  assert.equal(String((await world.refresh()).accessToken), renewed(world.id).access);
});

test("of several refresh tokens whose partner nobody knows, the live one is found", async () => {
  const world = amplify({ policy: { domain: null }, pool: async (sent, { id }) => (sent === "live" ? renewed(id) : named("NotAuthorizedException")) });
  plant(world.jar, set(world.id, "alice", "live", spent));
  plant(world.jar, set(world.id, "alice", "dead", spent), PARENT);
  assert.equal(String((await world.refresh()).accessToken), renewed(world.id).access);
  assert.deepEqual(world.calls, ["dead", "live"]);
});

for (const owner of ["alice", "a@b.c"]) {
  test(`an older sign-in that lives, as ${owner}, outlasts a newer one that is dead, where nothing says which it is`, async () => {
    const older = { ...spent, authTime: NOW - 500, session: "older" };
    const pool = async (sent, { id }) => (sent === "live" ? renewed(id, { session: "older", authTime: NOW - 500 }) : named("NotAuthorizedException"));
    const world = amplify({ pool });
    plant(world.jar, set(world.id, owner, "live", older), PARENT);
    plant(world.jar, set(world.id, "alice", "dead", spent));
    const { accessToken } = await world.refresh();
    assert.equal(String(accessToken), String((await world.load()).accessToken));
    assert.deepEqual(world.calls, ["dead", "live"]);
    assert.equal((await world.load()).refreshToken, "live");
  });
}

test("another person's set is not what is left when somebody's own has died", async () => {
  const bob = { ...spent, authTime: NOW - 500, sub: "bob-sub", session: "b" };
  const world = amplify({ pool: async () => named("NotAuthorizedException") });
  plant(world.jar, set(world.id, "alice", "dead", spent));
  plant(world.jar, set(world.id, "bob", "r-bob", bob), PARENT);
  await assert.rejects(world.refresh(), { name: "NotAuthorizedException" });
  assert.deepEqual(world.calls, ["dead"]);
});

test("no more than three refresh tokens are tried, each once", async () => {
  const world = amplify({ path: "/a/b", policy: { domain: null }, pool: async () => named("NotAuthorizedException") });
  plant(world.jar, set(world.id, "alice", "r0", spent));
  const scopes = [PARENT, "; path=/a", "; path=/a/b", "; path=/a" + PARENT];
  scopes.forEach((scope, at) => plant(world.jar, set(world.id, "alice", "r" + (at + 1), spent), scope));
  await assert.rejects(world.refresh(), { name: "NotAuthorizedException" });
  assert.equal(world.calls.length, 3);
  assert.equal(new Set(world.calls).size, 3);
});

test("a planted refresh token puts nobody into another's account", async () => {
  const world = amplify({ policy: { domain: null }, pool: async (sent, { id }) => renewed(id, sent === "planted" ? { sub: "mallory" } : {}) });
  plant(world.jar, set(world.id, "alice", "hers", spent));
  plant(world.jar, set(world.id, "alice", "planted", spent), PARENT);
  const tokens = await world.refresh();
  assert.deepEqual(world.calls, ["planted", "hers"]);
  assert.equal(String(tokens.accessToken), renewed(world.id).access);
});

for (const name of ["TooManyRequestsException", "InternalErrorException", "NetworkError", "ResourceNotFoundException"]) {
  test(`${name} wipes nothing, and is told by the name at which nobody wipes`, async () => {
    const world = amplify({ pool: async () => named(name) });
    await store(world.storage, set(world.id, "alice", "r1", spent));
    const error = await world.refresh().then(assert.fail, (thrown) => thrown);
    assert.equal(error.name, "NetworkError");
    assert.equal((error.cause || error).name, name);
    assert.equal((await world.load()).refreshToken, "r1");
  });
}

test("what a server refreshed meanwhile is read where the pool refuses", async () => {
  const world = amplify({
    pool: async (_, { jar, id }) => {
      plant(jar, set(id, "alice", "r2", { authTime: NOW - 100, iat: NOW }));
      return named("RefreshTokenReuseException");
    },
  });
  await store(world.storage, set(world.id, "alice", "r1", spent));
  assert.equal(String((await world.refresh()).accessToken), renewed(world.id).access);
  assert.deepEqual(world.calls, ["r1"]);
});

test("a session that was refused is gone from every scope before another tab may ask", async () => {
  const world = amplify({ pool: async () => named("NotAuthorizedException") });
  await store(world.storage, set(world.id, "alice", "r1", spent));
  world.before = await world.load();
  await assert.rejects(world.refresh(), { name: "NotAuthorizedException" });
  await assert.rejects(world.refresh(), { name: "NotAuthorizedException", ended: true });
  assert.deepEqual(world.calls, ["r1"]);
  assert.deepEqual(world.jar.names().filter((scope) => !scope.startsWith("__Host-")), []);
});

test("who signed out while the pool was asked stays signed out", async () => {
  const world = amplify({
    pool: async (_, { storage, id }) => {
      for (const name of Object.keys(set(id, "alice", "", {}))) await storage.removeItem(name);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return renewed(id);
    },
  });
  await store(world.storage, set(world.id, "alice", "r1", spent));
  await assert.rejects(world.refresh(), { ended: true });
  assert.equal(await world.load(), null);
});

test("who signed in while the pool was asked keeps that session and its details", async () => {
  const bob = { sub: "bob-sub", session: "b", authTime: NOW, iat: NOW };
  const world = amplify({
    pool: async (_, { storage, id }) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await store(storage, set(id, "bob", "r-bob", bob));
      return renewed(id);
    },
  });
  await store(world.storage, set(world.id, "alice", "r1", spent));
  const tokens = await world.refresh();
  tokens.signInDetails = { loginId: "alice" }; // as Amplify does with whatever it gets
  assert.deepEqual([tokens.username, tokens.signInDetails.loginId], ["bob", "bob"]);
  assert.equal((await world.load()).refreshToken, "r-bob");
});

test("a missing refresh token is Amplify's to name", async () => {
  const world = amplify({ pool: async () => named("TokenRefreshException") });
  const values = set(world.id, "alice", "r1", spent);
  delete values[`CognitoIdentityServiceProvider.${world.id}.alice.refreshToken`];
  await store(world.storage, values);
  await assert.rejects(world.refresh(), { name: "TokenRefreshException" });
});

test("it can be taken off, and leaves an Amplify alone that has no refresher", async () => {
  const world = amplify({ pool: async (_, { id }) => renewed(id) });
  await store(world.storage, set(world.id, "alice", "r1", spent));
  world.stop();
  world.before = await world.load();
  await Promise.all([world.refresh(), world.refresh()]);
  assert.equal(world.calls.length, 2);
  assert.equal(installRefresh({ tokenProvider: {}, policy: world.stated }), null);
});

test("only what ends a session counts as refused", () => {
  const refused = ["NotAuthorizedException", "TokenRevokedException", "UserNotFoundException", "PasswordResetRequiredException", "UserNotConfirmedException", "RefreshTokenReuseException"];
  assert.ok(refused.every((name) => isRefused({ name })));
  assert.ok(!["NetworkError", "Unknown", "TokenRefreshException", "TooManyRequestsException", undefined].some((name) => isRefused({ name })));
  assert.ok(!isRefused(undefined));
});

// -- where our server refreshes ----------------------------------------------------------------------------------------

const never = async () => assert.fail("the pool was asked");
const asking = (answer, pool = never, more = {}) => {
  const world = amplify({ policy: { refreshes: true }, pool, server: (url) => (url.endsWith("/refresh") ? answer(world.id) : null), ...more });
  return world;
};
const byServer = (id, claims) => ({ tokens: { accessToken: renewed(id, claims).access, idToken: token("id", id, { authTime: NOW - 100, iat: NOW }), refreshToken: "r2" } });
const refreshes = ({ asked }) => asked.filter(({ url }) => url.endsWith("/refresh")).length;

test("the server refreshes, and what it got is written by script", async () => {
  const world = asking(byServer);
  await store(world.storage, set(world.id, "alice", "r1", spent));
  world.before = await world.load();
  const got = await Promise.all([1, 2, 3].map(world.refresh));
  assert.equal(refreshes(world), 1);
  assert.equal(new Set(got.map(({ accessToken }) => String(accessToken))).size, 1);
  assert.equal(got[0].accessToken.payload.iat, NOW);
  assert.equal(got[0].idToken.payload.token_use, "id");
  assert.equal((await world.load()).refreshToken, "r2");
  assert.equal(String((await world.load()).accessToken), renewed(world.id).access);
});

test("what the server was refused is over", async () => {
  const world = asking(() => ({ refused: "RefreshTokenReuseException" }));
  await store(world.storage, set(world.id, "alice", "r1", spent));
  await assert.rejects(world.refresh(), { name: "NotAuthorizedException" });
  assert.equal(await world.load(), null);
});

test("a pool that the server can't ask ends nothing, and is not asked by script as well", async () => {
  const world = asking(() => ({ unavailable: true }));
  await store(world.storage, set(world.id, "alice", "r1", spent));
  await assert.rejects(world.refresh(), { name: "NetworkError" });
  assert.equal((await world.load()).refreshToken, "r1");
});

test("a server that is dead signs nobody out: script asks the pool", async () => {
  const world = asking(() => null, async (_, { id }) => renewed(id));
  await store(world.storage, set(world.id, "alice", "r1", spent));
  assert.equal(String((await world.refresh()).accessToken), renewed(world.id).access);
  assert.deepEqual(world.calls, ["r1"]);
});

test("a refusal is not believed where the server may have spent the token without an answer", async () => {
  const world = asking(() => null, async () => named("RefreshTokenReuseException"));
  await store(world.storage, set(world.id, "alice", "r1", spent));
  await assert.rejects(world.refresh(), { name: "NetworkError" });
  assert.equal((await world.load()).refreshToken, "r1");
});

test("a server that leaves this browser alone leaves the refresh to script, refusals included", async () => {
  const world = asking(() => ({}), async () => named("NotAuthorizedException"));
  await store(world.storage, set(world.id, "alice", "r1", spent));
  await assert.rejects(world.refresh(), { name: "NotAuthorizedException" });
  assert.deepEqual(world.calls, ["r1"]);
});

for (const other of [{ session: "another" }, { sub: "mallory" }]) {
  test(`a set of ${Object.values(other)} is not taken from the server for one's own`, async () => {
    const world = asking((id) => byServer(id, other), async (_, { id }) => renewed(id));
    plant(world.jar, set(world.id, "alice", "r1", spent));
    assert.equal(String((await world.refresh()).accessToken), renewed(world.id).access);
    assert.deepEqual(world.calls, ["r1"]);
    assert.ok(!world.jar.cookie.includes(renewed(world.id, other).access));
  });
}

test("without word from the policy the server is not asked", async () => {
  const world = amplify({ pool: async (_, { id }) => renewed(id), server: never });
  await store(world.storage, set(world.id, "alice", "r1", spent));
  assert.equal(String((await world.refresh()).accessToken), renewed(world.id).access);
});
