// One at a time, and nobody for ever.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { withLock } from "../../src/hardtack/web/browser_side/source/lock.js";
import { page } from "./browser.mjs";

/** Lets the mocked clock run on until something has come of it. */
async function passTime(milliseconds, done) {
  for (let passed = 0; passed < milliseconds && !done(); passed += 50) {
    mock.timers.tick(50);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
}

for (const locks of [true, false]) {
  const way = locks ? "web locks" : "a lease";

  test(`with ${way} the second waits for the first`, async () => {
    page({ locks });
    const order = [];
    const work = (name) => async () => {
      order.push(name + " begins");
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(name + " ends");
      return name;
    };
    assert.deepEqual(await Promise.all([withLock("n", work("a")), withLock("n", work("b"))]), ["a", "b"]);
    assert.ok(order[0][0] === order[1][0] && order[2][0] === order[3][0], order.join());
  });

  test(`with ${way} a failure is handed on, and the next one has its turn`, async () => {
    page({ locks });
    await assert.rejects(withLock("n", () => Promise.reject(new Error("work failed"))), /work failed/);
    assert.equal(await withLock("n", async () => "next"), "next");
  });

  test(`with ${way} nobody waits for ever`, async () => {
    page({ locks });
    mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
    try {
      let begun = false;
      withLock("n", () => ((begun = true), new Promise(() => {})));
      await passTime(1_000, () => begun);
      let outcome = null;
      withLock("n", async () => "went on").then((value) => (outcome = value));
      await passTime(9_000, () => outcome);
      assert.equal(outcome, null);
      await passTime(2_000, () => outcome);
      assert.equal(outcome, "went on");
    } finally {
      mock.timers.reset();
    }
  });
}

for (const [left, what] of [
  ["gone 5", "that has ended"],
  ["gone " + (Date.now() + 10 ** 9), "from a clock that was wrong"],
  ["nonsense", "that is none"],
]) {
  test(`a lease ${what} holds nobody up`, async () => {
    page({ locks: false });
    localStorage.setItem("n", left);
    assert.equal(await withLock("n", async () => "done"), "done");
    assert.equal(localStorage.getItem("n"), null);
  });
}
