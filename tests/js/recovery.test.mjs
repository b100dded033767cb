// A refusal is answered once; anything else is not answered at all.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clearAllAuthCookies, installRecovery } from "../../src/hardtack/web/browser_side/source/recovery.js";
import { readMark } from "../../src/hardtack/web/browser_side/source/mark.js";
import { createStorage } from "../../src/hardtack/web/browser_side/source/storage.js";
import { load, nextTask, NOW, page, plant, policy, set, store } from "./browser.mjs";

const spent = { authTime: NOW - 100, iat: NOW - 100, exp: NOW - 10 };

function installed(options = {}) {
  const stated = policy(options.policy);
  let heard = null;
  const world = { ...page({ path: "/account", ...options }), stated, id: stated.clientId, storage: createStorage(stated), out: 0 };
  const Hub = { listen: (channel, callback) => ((heard = channel === "auth" && callback), () => (heard = null)) };
  const onSignedOut = options.navigate ? undefined : () => (world.out += 1);
  world.stop = installRecovery({ Hub, policy: stated, onSignedOut });
  world.say = async (event, data) => {
    heard?.({ payload: { event, data } });
    for (let turn = 0; turn < 30; turn++) await nextTask();
  };
  world.fail = (name, more) => world.say("tokenRefresh_failure", { error: { name, ...more } });
  return world;
}

const ours = (jar) => jar.names().filter((scope) => scope.startsWith("Cognito"));

test("a refusal clears every scope, has the server sweep until it is done, and leads out once", async () => {
  let sweeps = 0;
  const world = installed({ server: () => ({ swept: 3, again: ++sweeps < 3, cursor: sweeps * 10 }) });
  await store(world.storage, set(world.id, "a@b", "r", spent));
  plant(world.jar, set(world.id, "a@b", "old", spent));
  await load(world.storage, world.id);
  await world.fail("NotAuthorizedException");
  assert.deepEqual(ours(world.jar), []);
  assert.deepEqual(world.asked.map(({ url }) => url), [0, 10, 20].map((cursor) => "/hardtack/recover?cursor=" + cursor));
  assert.equal(world.asked[0].body.path, "/account");
  assert.ok(world.asked[0].body.names.includes(`CognitoIdentityServiceProvider.${world.id}.a%40b.refreshToken`));
  assert.equal(readMark(world.stated).authTime, NOW - 100);
  assert.equal(world.out, 1);
});

test("who signs in on this page while the server sweeps is written when it has done", async () => {
  let release;
  const world = installed({ server: () => new Promise((resolve) => (release = resolve)) });
  await store(world.storage, set(world.id, "alice", "r", spent));
  await load(world.storage, world.id);
  await world.fail("NotAuthorizedException");
  const storing = store(world.storage, set(world.id, "alice", "r2", { session: "two", authTime: NOW, iat: NOW }));
  await nextTask();
  assert.deepEqual(ours(world.jar), []);
  release({ swept: 0, again: false });
  await storing;
  for (let turn = 0; turn < 10; turn++) await nextTask();
  assert.equal((await load(world.storage, world.id)).refreshToken, "r2");
  assert.equal(world.out, 0); // nobody is led away from a session that has just begun
});

test("what script still sees is told, so that the server leaves it alone where script could delete", async () => {
  const world = installed({ policy: { domain: null }, server: () => ({ swept: 0, again: false }) });
  plant(world.jar, set(world.id, "alice", "r", spent), "; domain=.example.test");
  await load(world.storage, world.id);
  await world.fail("NotAuthorizedException");
  assert.equal(world.asked[0].body.seen.length, 6);
});

test("a server that always wants another turn gets eight", async () => {
  const world = installed({ server: () => ({ swept: 1, again: true, cursor: 1 }) });
  await store(world.storage, set(world.id, "alice", "r", spent));
  await world.fail("TokenRevokedException");
  assert.equal(world.asked.length, 8);
});

test("a server that is away changes nothing about it", async () => {
  const world = installed({ navigate: true, server: () => Promise.reject(new TypeError("offline")) });
  await store(world.storage, set(world.id, "alice", "r", spent));
  await world.fail("NotAuthorizedException");
  assert.deepEqual([ours(world.jar), world.went], [[], ["/login"]]);
});

for (const name of ["NetworkError", "TooManyRequestsException", "InternalErrorException", "Unknown"]) {
  test(`${name} is no reason to do anything`, async () => {
    const world = installed();
    await store(world.storage, set(world.id, "alice", "r", spent));
    await world.fail(name);
    assert.equal(ours(world.jar).length, 6);
    assert.deepEqual([world.out, world.asked], [0, []]);
  });
}

test("a session that another tab has restored is left alone", async () => {
  const world = installed();
  await store(world.storage, set(world.id, "alice", "r", spent));
  await load(world.storage, world.id);
  const failing = world.fail("NotAuthorizedException");
  plant(world.jar, set(world.id, "alice", "r2", { session: "two", authTime: NOW, iat: NOW }), "; domain=.example.test");
  await failing;
  assert.deepEqual([world.out, world.asked], [0, []]);
  assert.equal((await load(world.storage, world.id)).refreshToken, "r2");
});

test("what another tab has ended is not swept again, but this tab leaves as well", async () => {
  const world = installed();
  await world.fail("NotAuthorizedException", { ended: true });
  assert.deepEqual([world.out, world.asked], [1, []]);
});

test("the same session never leads out twice, and a newer one three times at most", async () => {
  const world = installed();
  const again = async (authTime) => {
    await store(world.storage, set(world.id, "alice", "r", { ...spent, authTime, session: "s" + authTime }));
    await load(world.storage, world.id);
    await nextTask();
    await world.fail("NotAuthorizedException");
    return world.out;
  };
  assert.equal(await again(NOW - 100), 1);
  assert.equal(await again(NOW - 100), 1);
  assert.equal(await again(NOW - 90), 2);
  assert.equal(await again(NOW - 80), 3);
  assert.equal(await again(NOW - 70), 3);
});

test("the guard holds where storage throws", async () => {
  const world = installed({ storage: false });
  for (let turn = 0; turn < 3; turn++) {
    await store(world.storage, set(world.id, "alice", "r", { ...spent, session: "s" + turn }));
    await world.fail("NotAuthorizedException");
  }
  assert.equal(world.out, 1);
});

test("on the sign-in page itself nobody is sent to it", async () => {
  const world = installed({ navigate: true, path: "/login" });
  await store(world.storage, set(world.id, "alice", "r", spent));
  await world.fail("NotAuthorizedException");
  assert.deepEqual(world.went, []);
});

test("an access token without a refresh token ends with its own life, not before", async () => {
  const world = installed();
  await store(world.storage, set(world.id, "alice", "", { authTime: NOW - 200, iat: NOW }));
  await load(world.storage, world.id);
  await world.fail("TokenRefreshException");
  assert.equal(world.out, 0);
  await store(world.storage, set(world.id, "alice", "", { ...spent, session: "other" }));
  await load(world.storage, world.id);
  await world.fail("TokenRefreshException");
  assert.equal(world.out, 1);
});

test("a sign-in sweeps what other people left, and a sign-out everything", async () => {
  const world = installed();
  plant(world.jar, set(world.id, "bob", "r-bob", { sub: "bob-sub", session: "b", authTime: NOW - 900, exp: NOW - 100 }));
  await store(world.storage, set(world.id, "alice", "r", { authTime: NOW }));
  await world.say("signedIn");
  assert.ok(!ours(world.jar).some((scope) => scope.includes(".bob.")));
  assert.equal(ours(world.jar).length, 6);
  await world.say("signedOut");
  assert.deepEqual(ours(world.jar), []);
  assert.equal(readMark(world.stated).authTime, NOW);
});

test("what lies where the policy owns nothing is counted, not claimed to be gone", () => {
  const { jar, stated, id } = installed({ policy: { domain: null } });
  plant(jar, set(id, "alice", "r", spent));
  plant(jar, set(id, "alice", "r", spent), "; domain=.example.test");
  assert.equal(clearAllAuthCookies(stated), 6);
});

test("who has stopped listening hears nothing", async () => {
  const world = installed();
  world.stop();
  await world.fail("NotAuthorizedException");
  assert.equal(world.out, 0);
});
