// What Python calls: a run is begun, turned until it stands, and asked where.

import { openBrowser } from "./browser.js";

const settingsOf = new Map();
let browser = null;
let ended = null; // how the run's own work came out
let policy = null;
let desk = null; // hardtack.js's, of the page that runs now

/** Takes settings in under a number, so that their text is read once. */
export function prepare(number, text) {
  settingsOf.set(number, JSON.parse(text));
}

/**
 * Begins a run from its start.
 *
 * `flat` holds the segments: of each its answer, its time, the number of its readings, and these; the last one is live,
 * and has the readings that were made in it before.
 */
export function begin(number, page, tab, name, user, path, tearing, ...flat) {
  const segments = [];
  for (let at = 0; at < flat.length; ) {
    const [answer, now, count] = flat.slice(at, at + 3);
    segments.push({ answer, now, readings: flat.slice(at + 3, at + 3 + count) });
    at += 3 + count;
  }
  browser = openBrowser({ run: { path }, segments, tearing, tab, read: () => readCookie(), write: (line) => writeCookie(line) });
  const settings = settingsOf.get(number);
  const { page: pages } = openAmplify(browser);
  policy = settings.policy;
  const hardtack = policy ? openHardtack(browser) : null;
  desk = hardtack && hardtack.desk.deskOf(policy);
  if (page) Object.assign(desk.memory, JSON.parse(page));
  const amplify = pages.openPage({ settings, browser, install: hardtack?.hardtack.install });
  ended = null;
  const end = (error, who) => {
    ended = { error, user: who };
    if (error) browser.tell(error);
  };
  pages.runs[name](amplify, user).then(
    (who) => end("", who || ""),
    (error) => end(error.name, ""),
  );
}

/** Does the next task of the run; false where it stands, or is done. */
export const turn = () => browser.turn();

/** Where it stands. */
export function outcome() {
  const found = browser.outcome();
  if (!found.gate && !found.strayed) {
    if (ended) Object.assign(found, { gate: ["Done", ended.error, ended.user], page: desk ? canonical(desk.memory) : "" });
    else found.strayed = "it waits for nothing that could come";
  }
  return JSON.stringify(found);
}

/** JSON in which the order of insertion doesn't show. */
const canonical = (value) =>
  JSON.stringify(value, (_, inner) =>
    inner && typeof inner === "object" && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort()) : inner,
  );
