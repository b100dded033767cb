// A browser's tab around one run of a page's script, which can be left at every gate and taken up again from data.
//
// Rule: nothing outside comes to script but through here: what `document.cookie` shows, the time, and the answers at the
// gates. Nobody can keep a half-run script. So a run is begun again from its start, with what it was shown and answered
// before, up to where it was left, and goes on from there: the same input makes the same steps.
//
// A segment is what runs between two answers. Within one, nobody else touches the jar: `document.cookie` is read once
// when a segment begins, and again after each write.

const MOST_TURNS = 10_000; // tasks in one segment: what needs more will never stop

/** Bytes stay the binary text that `atob` gives: script makes them of nothing else, and only to decode them. */
const Uint8Array = { from: (binary) => ({ binary }) };

/** Nobody throws dice here: the same input makes the same steps. */
const StillMath = Object.create(Math, { random: { value: () => 0.5 } });

/** The one encoding of the web's text. */
class TextDecoder {
  decode({ binary }) {
    return decodeURIComponent(escape(binary));
  }
}

/**
 * Opens a tab in which a run goes on.
 *
 * `segments` are those of the run, the last of them live; `tab` is what its sessionStorage holds, as JSON; `read` and
 * `write` reach the jar; `tearing` has the run stop before each write of Amplify's token store.
 */
export function openBrowser({ run, segments, tearing, tab, read, write }) {
  const last = segments.length - 1;
  const waiting = []; // gates, in the order in which they were reached
  const timers = [];
  const held = new Set();
  const queues = new Map(); // those of this page that wait for a lock that it holds itself
  const notes = [];
  const stored = new Map(Object.entries(tab ? JSON.parse(tab) : {}));
  let at = 0;
  let cursor = 0; // how many readings of this segment were used
  let stale = true; // whether `document.cookie` has to be read anew
  let shown = "";
  let torn = null; // the gate at which the run was cut off in the middle of a task
  let strayed = ""; // why the recorded readings can't be those of this run
  let order = 0;
  let turns = 0;

  const isLive = () => at === last;
  const locks = () => [...held].sort();
  const now = () => Math.round(segments[at].now * 1000);

  function enter(next) {
    at = next;
    cursor = 0;
    stale = true;
    turns = 0;
  }

  function show() {
    const { readings } = segments[at];
    if (cursor < readings.length) return readings[cursor++];
    if (isLive()) return torn ? "" : read();
    strayed ||= "more readings than were recorded";
    return "";
  }

  const document = {
    get cookie() {
      if (stale) {
        stale = false;
        shown = show();
      }
      return shown;
    },
    set cookie(line) {
      stale = true;
      // What was written before the last recorded reading was written then.
      if (isLive() && cursor >= segments[at].readings.length && !torn) write(line);
    },
  };

  /** Waits at a gate; what comes is the answer. */
  const reach = (...gate) =>
    new Promise((resolve) => {
      if (!torn) waiting.push({ gate, resolve });
    });

  /** Before a cookie is written: where runs may be torn here, somebody else may come between. */
  function tear(key) {
    if (!tearing || torn) return;
    if (isLive()) torn = { gate: ["Write", key], locks: locks() };
    else enter(at + 1);
  }

  const tell = (note) => {
    if (isLive() && !torn) notes.push(note);
  };

  const go = (path) => {
    reach("Go", path);
  };

  const location = {
    pathname: run.path,
    assign: go,
    reload: () => go(run.path),
  };

  function setTimeout(work, milliseconds = 0) {
    timers.push({ id: ++order, work, milliseconds, due: now() + milliseconds });
    return order;
  }

  function clearTimeout(id) {
    const found = timers.findIndex((timer) => timer.id === id);
    if (found >= 0) timers.splice(found, 1);
  }

  class AbortController {
    constructor() {
      this.signal = { aborted: false, listeners: [] };
    }
    abort() {
      this.signal.aborted = true;
      for (const listener of this.signal.listeners) listener();
    }
  }

  /** Web Locks, exclusive ones. Whether another tab holds one is known outside: that is the gate. */
  async function request(name, { signal } = {}, work) {
    await new Promise((resolve, reject) => {
      const refuse = () => reject(Object.assign(new Error("aborted"), { name: "AbortError" }));
      if (signal?.aborted) refuse();
      signal?.listeners.push(refuse);
      const ask = async () => {
        const { error } = await reach("Lock", name);
        if (error) return loseLock(signal, refuse);
        held.add(name);
        resolve();
      };
      if (held.has(name) || isAsked(name)) queues.set(name, [...(queues.get(name) || []), ask]);
      else ask();
    });
    try {
      return await work({ name });
    } finally {
      held.delete(name);
      const [next, ...rest] = queues.get(name) || [];
      queues.set(name, rest);
      next?.();
    }
  }

  /** A lock is not to be had: so long that whoever waits for it with patience has lost it. */
  function loseLock(signal, refuse) {
    while (signal && !signal.aborted && timers.length) take(timer()).work();
    if (!signal?.aborted) refuse();
  }

  const isAsked = (name) => waiting.some(({ gate }) => gate[0] === "Lock" && gate[1] === name);

  async function fetch(path, { method = "GET", body = "" } = {}) {
    const { error, status = 200, body: told } = await reach("Ask", method, path, body);
    if (error) throw new TypeError(error);
    return { ok: status >= 200 && status < 300, status, json: async () => told };
  }

  const sessionStorage = {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => stored.set(key, String(value)),
  };

  /** Runs the next task, if there is one that need not wait: a time-out of nothing, or an answer that was recorded. */
  function turn() {
    if (torn || strayed) return false;
    if (++turns > MOST_TURNS) strayed = "it never comes to rest";
    const next = timers.findIndex(({ milliseconds }) => milliseconds <= 0);
    if (next >= 0) {
      const [{ work }] = timers.splice(next, 1);
      work();
      return true;
    }
    if (isLive()) return false;
    const { answer, place } = segments[at + 1];
    const { gate, resolve, work } = take(standing()[place] || {});
    if (!gate) {
      strayed ||= "fewer gates than were recorded";
      return false;
    }
    enter(at + 1);
    if (work) work();
    else resolve(JSON.parse(answer));
    return true;
  }

  /** The timer that is due next, as a gate. */
  function timer() {
    const [first] = [...timers].sort((one, other) => one.due - other.due || one.id - other.id);
    return { ...first, gate: ["Timer", first.milliseconds] };
  }

  /** The gates before which the run stands, in the order in which they were reached; time passes where there is none. */
  const standing = () => (waiting.length ? waiting : timers.length ? [timer()] : []);

  function take(found) {
    if (found.work) clearTimeout(found.id);
    else if (found.gate) waiting.splice(waiting.indexOf(found), 1);
    return found;
  }

  const crypto = { getRandomValues: (numbers) => numbers }; // noughts: what is made of them tells itself apart

  const navigator = { locks: { request } };

  return {
    document,
    location,
    setTimeout,
    clearTimeout,
    AbortController,
    crypto,
    fetch,
    sessionStorage,
    navigator,
    globalThis: { navigator },
    isSecureContext: true,
    Uint8Array,
    TextDecoder,
    Math: StillMath,
    Date: Object.assign(
      function (value = now()) {
        return new Date(value);
      },
      { now },
    ),
    reach,
    tear,
    tell,
    go,
    turn,

    /** What the run has come to: the gates before which it stands, none where it is done; and what goes with it. */
    outcome: () => ({
      strayed: strayed || (isLive() ? "" : "fewer gates than were recorded"),
      gates: (torn ? [torn] : standing()).map(({ gate }) => gate),
      locks: torn ? torn.locks : locks(),
      told: notes,
      tab: stored.size ? JSON.stringify(Object.fromEntries([...stored].sort())) : "",
    }),
  };
}
