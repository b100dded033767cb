// What happened in this tab, kept across page loads: half of the story is what a page does just before it leaves.

export type Entry = { number: number; what: string; outcome: string; path: string };

const KEY = "log";
const KEPT = 60;
const listeners = new Set<() => void>();
let read: { text: string; entries: Entry[] } = { text: "[]", entries: [] };

/** The entries, oldest first; the same array until something is added. */
export function entries(): Entry[] {
  const text = sessionStorage.getItem(KEY) ?? "[]";
  if (text !== read.text) {
    read = { text, entries: JSON.parse(text) as Entry[] };
  }
  return read.entries;
}

export function note(what: string, outcome: string): void {
  const before = entries();
  const number = (before.at(-1)?.number ?? 0) + 1;
  const after = [...before, { number, what, outcome, path: location.pathname }].slice(-KEPT);
  sessionStorage.setItem(KEY, JSON.stringify(after));
  for (const listener of listeners) listener();
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
