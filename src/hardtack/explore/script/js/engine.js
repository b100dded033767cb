// What Python calls: a run is begun, turned until it stands, and asked where.

import { openBrowser } from "./browser.js";
import { behaviourOf } from "./releases.js";

const settingsOf = new Map();
let browser = null; // of the run that is under way
let ended = null; // how the run's own work came out
let policy = null;
let desk = null; // hardtack.js's, of the page that runs now

/** What Amplify's modules take from a browser. They keep nothing of a page, so that they are made once for all runs. */
const { page: pages } = openAmplify({
  document: {
    get cookie() {
      return browser.document.cookie;
    },
    set cookie(line) {
      browser.document.cookie = line;
    },
  },
  Date: Object.assign(
    function (milliseconds) {
      return new Date(milliseconds);
    },
    { now: () => browser.Date.now() },
  ),
});

/** Takes settings in under a number, so that their text is read once. */
export function prepare(number, text) {
  const settings = JSON.parse(text);
  settingsOf.set(number, { ...settings, behaviour: behaviourOf(settings.release) });
}

/**
 * Begins a run from its start.
 *
 * `flat` holds the segments: of each its answer, which of the gates it answered, its time, the number of its readings,
 * and these; the last one is live, and has the readings that were made in it before.
 */
export function begin(number, page, tab, name, user, path, tearing, ...flat) {
  const segments = [];
  for (let at = 0; at < flat.length; ) {
    const [answer, place, now, count] = flat.slice(at, at + 4);
    segments.push({ answer, place, now, readings: flat.slice(at + 4, at + 4 + count) });
    at += 4 + count;
  }
  browser = openBrowser({ run: { path }, segments, tearing, tab, read: () => readCookie(), write: (line) => writeCookie(line) });
  const settings = settingsOf.get(number);
  policy = settings.policy;
  const hardtack = policy ? openHardtack(browser) : null;
  desk = hardtack && hardtack.desk.deskOf(policy);
  if (page) put(page);
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
  if (!found.gates.length && !found.strayed) {
    if (ended) Object.assign(found, { gates: [["Done", ended.error, ended.user]], page: desk ? taken(desk.memory) : "" });
    else found.strayed = "it waits for nothing that could come";
  }
  return JSON.stringify(found);
}

/**
 * What hardtack.js remembers, as JSON in which neither the order of insertion nor what is nothing shows. Of a set there is
 * its token, which says the rest. Which sign-ins were known, and what was served last, is left out: the one is asked only
 * when a set is written, the other when its refresh was refused, and each was read before by the same run, if ever.
 */
function taken({ dead, failed, asked, answer }) {
  const short = (set) => set && { owner: set.owner, token: set.token };
  const told = { answer, asked, dead: Object.keys(dead).sort(), failed: short(failed) };
  const isSomething = (key, value) => (key === "answer" ? asked : value && value.length !== 0);
  const entries = Object.entries(told).filter(([key, value]) => isSomething(key, value));
  return entries.length ? JSON.stringify(Object.fromEntries(entries)) : "";
}

/** Puts it back. */
function put(text) {
  const { dead = [], failed, asked, answer } = JSON.parse(text);
  const whole = (set) => set && { ...desk.read(set.token), owner: set.owner };
  Object.assign(desk.memory, {
    dead: Object.fromEntries(dead.map((id) => [id, 1])),
    failed: whole(failed),
    asked,
    answer,
  });
}
