// The figures that make a loop visible, and the two ways out of it.
//
// They live in sessionStorage, since no page of a loop lives long enough to count. Nothing here slows the loop down or
// takes part in it. It ends when somebody asks for that, or by itself after LIMIT, out of mercy for the machine; the real
// site goes on until the tab is closed.

const KEY = "stock.storm";
const STOPPING = "stock.stopping"; // "yes" in sessionStorage: somebody asked for the end of the loop
const WINDOW = 10_000; // milliseconds that the figures look back
const LIMIT = 30_000; // milliseconds of looping after which the demo stops by itself
const KEPT = 2_000; // moments remembered of each kind, more than a browser makes in WINDOW
const LOOP = { navigations: 6, refused: 3 }; // within WINDOW: more than a person causes by clicking

const KINDS = ["navigations", "refreshed", "refused"];

function load() {
  try {
    const stored = JSON.parse(sessionStorage.getItem(KEY));
    if (KINDS.every((kind) => Array.isArray(stored[kind]))) return stored;
  } catch {
    // Nothing stored yet, or not by us: start anew.
  }
  return { navigations: [], refreshed: [], refused: [], since: null };
}

/** Writes down one moment of a kind: "navigations", "refreshed" or "refused". */
export function record(kind) {
  const storm = load();
  storm[kind] = [...storm[kind], Date.now()].slice(-KEPT);
  const looping = isLoop(storm);
  storm.since = looping ? (storm.since ?? Date.now()) : null;
  sessionStorage.setItem(KEY, JSON.stringify(storm));
}

function recent(moments, now) {
  return moments.filter((moment) => moment > now - WINDOW).length;
}

function isLoop(storm) {
  const now = Date.now();
  return recent(storm.navigations, now) >= LOOP.navigations && recent(storm.refused, now) >= LOOP.refused;
}

/**
 * The figures of the last ten seconds; `looping`, and `spent` once it has looped for longer than LIMIT.
 *
 * With `stopped`, those of the ten seconds before the last thing that happened, so that they can be read in peace.
 */
export function figures({ stopped = false } = {}) {
  const storm = load();
  const now = stopped ? Math.max(0, ...KINDS.flatMap((kind) => storm[kind].slice(-1))) : Date.now();
  const counts = Object.fromEntries(KINDS.map((kind) => [kind, recent(storm[kind], now)]));
  const looping = isLoop(storm);
  return { ...counts, looping, spent: looping && Date.now() - storm.since > LIMIT };
}

/** Asks for the end of the loop; the page that hears it may not be the one that carries it out. */
export function stop() {
  sessionStorage.setItem(STOPPING, "yes");
}

/** Whether somebody asked for the end of the loop. */
export function stopping() {
  return sessionStorage.getItem(STOPPING) === "yes";
}

/** The end of the loop has come: pages may lead to one another again. */
export function stopped() {
  sessionStorage.removeItem(STOPPING);
}

/** Forgets everything: the figures begin anew. */
export function forget() {
  sessionStorage.removeItem(KEY);
}
