// One at a time, in all tabs of this origin.
//
// Web Locks where there are any; else a lease in localStorage, which is as good as clocks and writes are; else nothing.
// Nobody waits for ever: who has waited long enough goes on without the lock, since a lock that hangs must not do what
// it is there to prevent.

const WAIT = 10_000; // milliseconds
const LEASE = 20_000; // milliseconds after which a lease's holder is taken for gone
const POLL = 50; // milliseconds

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Does the work while no other tab does any under this name. */
export async function withLock(name, work) {
  const locks = globalThis.navigator?.locks;
  return locks ? underLock(locks, name, work) : underLease(name, work);
}

async function underLock(locks, name, work) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), WAIT);
  let begun = false;
  const begin = () => {
    begun = true;
    clearTimeout(timer);
    return work();
  };
  try {
    return await locks.request(name, { signal: patience.signal }, begin);
  } catch (error) {
    if (begun) throw error;
    return work(); // waited too long, or no locks are granted to a page like this
  }
}

async function underLease(name, work) {
  const mine = Math.random().toString(36).slice(2);
  let held = false;
  try {
    held = await lease(name, mine, Date.now() + WAIT);
  } catch {
    // no localStorage: nothing to agree by
  }
  try {
    return await work();
  } finally {
    if (held && holder(name) === mine) localStorage.removeItem(name);
  }
}

/** Who holds the lease now. */
function holder(name) {
  const [id, ends] = (localStorage.getItem(name) || "").split(" ");
  const left = ends - Date.now();
  return left > 0 && left <= LEASE && id;
}

async function lease(name, mine, deadline) {
  while (Date.now() < deadline) {
    if (!holder(name)) {
      localStorage.setItem(name, mine + " " + (Date.now() + LEASE));
      await pause(POLL * (0.5 + Math.random())); // whoever wrote last, when all have written, holds it
      if (holder(name) === mine) return true;
    }
    await pause(POLL);
  }
  return false;
}
