// Runs before everything else in each document of a replayed browser: its clock, its gates, and what it is busy with.
//
// Rule: nothing that a page can tell is changed but the time. `document.cookie` is written by the browser's own setter;
// where a write is to be held, the page stands still inside of it, as it would under a debugger, so no other task of the
// page runs in between. What is under way (calls, timers, locks, tasks) is counted and told to the rig.

(() => {
  if (window !== window.top || window.rig || !window.rigTell || location.protocol === "about:") return;

  const RIG = "https://gate.rig.test";
  const POOL = ".amazonaws.com";
  const SLOW = 100; // milliseconds: shorter waits of a script are run as they are
  const PAUSE = 500; // what hardtack.js waits for a server's refresh: over when the rig says so
  const HURRY = 10; // Amplify's pauses before a second try, never whole milliseconds, take a tenth of their time
  const TURNS = 3; // of the event loop without anything new, and the page is quiet

  /** Asks the rig, and stands still until it answers. */
  function ask(path) {
    const request = new XMLHttpRequest();
    request.open("GET", RIG + path, false);
    request.send();
    return JSON.parse(request.responseText);
  }

  if (location.protocol !== "https:") {
    window.rigTell(JSON.stringify({ failed: true, quiet: true }));
    return;
  }

  const rig = { document: 0, now: 0, writes: Infinity, ...ask("/boot") };
  Object.defineProperty(window, "rig", { value: rig });

  // --- What is under way -------------------------------------------------------------------------------------------

  const { setTimeout: later, clearTimeout: cancel, fetch: send } = window;
  const { get, set } = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  const calls = new Set();
  const timers = new Set();
  const paused = []; // what waits until the rig says that its time has come
  const wanted = new Set(); // locks that were asked for and are not had
  let tasks = 0;
  let leaves = false;
  let told = false; // whether the rig was told last that the page is quiet
  let turns = 0;

  function tell(quiet) {
    told = quiet;
    const counts = { leaves, tasks, locks: wanted.size, timers: timers.size, paused: paused.length };
    window.rigTell(JSON.stringify({ document: rig.document, quiet, ...counts, calls: [...calls] }));
  }

  function changed() {
    if (told) tell(false);
    if (!turns) later(turn, 0);
    turns = TURNS;
  }

  function turn() {
    turns -= 1;
    if (turns) {
      later(turn, 0);
      return;
    }
    get.call(document); // an answer to this means that what was written before has arrived
    tell(true);
  }

  /** Waits until the rig says that its time has come. */
  function pause(work) {
    const entry = { id: -(rig.pauses = (rig.pauses ?? 0) + 1), work };
    paused.push(entry);
    changed();
    return entry.id;
  }

  function soon(work, wait) {
    const id = later(() => {
      timers.delete(id);
      try {
        work();
      } finally {
        changed();
      }
    }, wait);
    timers.add(id);
    changed();
    return id;
  }

  /** Everything has come to rest: a lock that is had from now on is gone on with when the rig says so. */
  rig.park = () => {
    for (const wish of wanted) wish.parked = true;
  };

  /** The time of what was paused first has come. */
  rig.goOn = () => {
    soon(paused.shift().work, 0);
  };

  /** Counts a task until it has ended, and tells what it came to. */
  rig.track = async (what, work) => {
    tasks += 1;
    changed();
    try {
      rig.note(what, String((await work()) ?? ""));
    } catch (error) {
      rig.note(what, error?.name ?? "Error", true);
    }
    tasks -= 1;
    changed();
  };

  /** The page is about to ask for another document. */
  rig.leave = () => {
    leaves = true;
    changed();
  };

  /** An address that no other tab asks for: browsers hold a second request for the same one until the first is answered. */
  rig.apart = (path) => `${path}?rig=${rig.tab}.${rig.document}`;

  rig.note = (what, outcome, failed = false) =>
    window.rigTell(JSON.stringify({ document: rig.document, what, outcome, failed }));

  rig.track("document", () => new Promise((done) => window.addEventListener("load", () => done("loaded"))));
  window.addEventListener("error", ({ message }) => rig.note("error", message));
  window.addEventListener("unhandledrejection", ({ reason }) => rig.note("error", reason?.name ?? "rejection"));

  // --- Time --------------------------------------------------------------------------------------------------------

  const Real = Date;
  const now = () => rig.now;
  window.Date = new Proxy(Real, {
    construct: (target, given, made) =>
      Reflect.construct(target, given.length ? given : [now()], made === window.Date ? target : made),
    apply: () => new Real(now()).toString(),
    get: (target, key) => (key === "now" ? now : Reflect.get(target, key)),
  });
  Real.prototype.constructor = window.Date;

  window.setTimeout = (work, delay = 0, ...given) => {
    const wait = Number(delay) || 0;
    const run = () => work(...given);
    if (wait < SLOW) return soon(run, wait);
    if (wait === PAUSE) return pause(run);
    // All others are patience that nobody waits for here: Amplify's look at its framework, time-outs of locks and calls.
    return Number.isInteger(wait) ? later(run, wait) : soon(run, wait / HURRY);
  };
  window.clearTimeout = (id) => {
    cancel(id);
    const at = paused.findIndex((entry) => entry.id === id);
    if (at >= 0) paused.splice(at, 1);
    if (timers.delete(id) || at >= 0) changed();
  };

  // --- Calls and locks ---------------------------------------------------------------------------------------------

  window.fetch = async (input, settings) => {
    const request = new Request(input, settings);
    const { hostname, origin } = new URL(request.url);
    const call = `${rig.document}.${(rig.calls = (rig.calls ?? 0) + 1)}`;
    if (origin === location.origin || hostname.endsWith(POOL)) request.headers.set("x-rig-call", call);
    calls.add(call);
    changed();
    try {
      const response = await send(request);
      // What comes from the pool is taken in at the pool's own time, however long it was held.
      rig.now = Number(response.headers.get("x-rig-now") ?? rig.now);
      await response.clone().arrayBuffer(); // so that whoever reads it finds it there
      return response;
    } finally {
      calls.delete(call);
      changed();
    }
  };

  const { request: lock } = LockManager.prototype;
  LockManager.prototype.request = function (name, ...given) {
    const work = given.pop();
    const wish = { parked: false }; // whether everything came to rest while it waited
    const forget = () => wanted.delete(wish) && changed();
    wanted.add(wish);
    changed();
    const begun = async (held) => {
      forget();
      if (wish.parked) await new Promise((done) => pause(done));
      return work(held);
    };
    return lock.call(this, name, ...given, begun).finally(forget);
  };

  // --- Writes ------------------------------------------------------------------------------------------------------

  Object.defineProperty(document, "cookie", {
    configurable: true,
    get: () => get.call(document),
    set(line) {
      rig.writes -= 1;
      if (rig.writes < 0) {
        get.call(document);
        Object.assign(rig, { writes: Infinity }, ask("/write"));
        rig.writes -= 1;
      }
      set.call(document, line);
    },
  });
})();
