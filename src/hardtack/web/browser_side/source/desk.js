// What the storage, the refresh and the recovery of one page know in common of one app client.
//
// Rule: within one task everybody reads the same jar. Amplify reads a set with one call for each part, and another tab may
// write in between; a view is therefore kept until the task ends or we write ourselves.

import { encodeName, inBrowser, remove } from "./cookies.js";
import { markIn, markOut, newClaim, readMark } from "./mark.js";
import { ask } from "./server.js";
import { authCookies, choose, idToken, keyOf, look, readToken, refreshTokens, LAST, SWEPT } from "./tokens.js";

const SOON = 5_000; // milliseconds before its end at which Amplify takes a token for expired

const desks = new Map();

/** The one desk of this page for a policy's app client. */
export function deskOf(policy) {
  const { clientId } = policy;
  if (!desks.has(clientId)) desks.set(clientId, openDesk(policy));
  return desks.get(clientId);
}

function openDesk(policy) {
  // What this page remembers from one call to the next: plain data, so that it can be taken out and put back.
  const memory = {
    known: {}, // sign-ins that were served or written on this page
    dead: {}, // sign-ins that the pool refused
    // failed: the set whose refresh was refused, until that has been seen to
    // served: the set that was served last
    // asked: the state of the jar for which the server was asked
    // answer: the id of the set that it chose then
  };
  let coming = null; // the server's answer, while it is on its way
  let untold = ""; // the claim of a sign-in whose tokens are being written
  let cleared = false; // whether a set was removed in this very task
  let kept = null; // the jar as this task sees it

  const forget = () => {
    kept = null;
  };

  /** The jar and the mark in it, as this task sees them. */
  const view = () => {
    if (!kept) {
      kept = { ...look(policy), mark: readMark(policy) };
      if (inBrowser()) setTimeout(forget);
    }
    return kept;
  };

  /** What the server's choice depends on. */
  const state = () => [...view().ours.map(({ key, value }) => key + "=" + value), view().mark?.id, view().mark?.authTime] + "";

  const choice = () => {
    const { asked, answer, dead } = memory;
    return choose(view(), view().mark, { answer: asked && asked === state() ? answer : undefined, dead, now: Date.now() / 1000 });
  };

  /** The set to serve, as far as it is known without asking anybody. */
  const chosen = () => choice().set;

  const desk = {
    policy,
    memory,
    // sweeping: the server's sweep, while it is under way: nothing is written that it might delete
    forget,
    view,
    chosen,

    /** The set to serve; the server is asked once while the state of the jar leaves it open. */
    async current() {
      const { set, open } = choice();
      if (!open) return set;
      const asked = state();
      if (memory.asked !== asked) {
        memory.asked = asked;
        memory.answer = undefined;
        coming = ask(policy, "/chosen.json").then((told) => {
          if (memory.asked === asked) memory.answer = told?.chosen ? told.chosen.sub + " " + told.chosen.session : "";
        });
      }
      await coming;
      forget(); // the server may have fetched back what the sign-in wrote
      return chosen();
    },

    /** Takes a set for this browser's, as the one that is served. */
    serve(set) {
      memory.known[set.id] = 1;
      memory.served = set;
    },

    /** The refresh tokens that may belong to the set, the likeliest first. */
    refreshTokens: (set) => refreshTokens(view(), set, view().mark),

    /** Whether neither the access token nor the ID token of a set is about to end; `drift` as Amplify has it. */
    isLive(set, drift = 0) {
      const ends = Math.min(set.exp, idToken(policy, view(), set)?.exp ?? Infinity);
      return Date.now() + drift + SOON <= ends * 1000;
    },

    /**
     * Whether a set comes too late: it was this browser's, and meanwhile somebody signed out or signed in anew; or the
     * same person is in by a later sign-in. Releases of Amplify before 6.12.2 remove a set before they write its
     * successor, in one task: that is no sign-out.
     */
    isLate({ id, sub, authTime }) {
      const { mark } = view();
      const now = chosen()?.id;
      if (cleared || !mark || mark.id === id || now === id) return false;
      return id in memory.known || (mark.id === now && mark.sub === sub && mark.authTime > authTime);
    },

    /** Says that a set is this browser's; of a new sign-in the server is told, should a late answer take it away. */
    begin(set, refreshToken) {
      memory.known[set.id] = 1;
      delete memory.dead[set.id];
      const { mark } = view();
      const isKnown = mark?.id === set.id;
      if (!isKnown) untold = policy.refreshes && newClaim(set);
      // Of two sign-ins at once the earlier one may be written last: the later one's time stays, for the next sign-out.
      const time = Math.max(set.authTime, mark?.authTime || 0);
      markIn(policy, set, time, refreshToken, isKnown ? mark.claim : untold || "");
      forget();
      if (!untold || !refreshToken) return;
      const tokens = { accessToken: set.token, idToken: idToken(policy, view(), set)?.token, refreshToken };
      ask(policy, "/arrived", { claim: untold, tokens });
      untold = "";
    },

    /** Says that every set seen here is over. What claims to come from the future is not believed. */
    end(set = chosen()) {
      const { sets, mark } = view();
      const times = sets.map(({ authTime }) => authTime).filter((time) => time <= Date.now() / 1000);
      const latest = Math.max(0, ...times, set?.authTime || 0, mark?.authTime || 0);
      if (latest) markOut(policy, latest);
      cleared = true;
      setTimeout(() => {
        cleared = false;
      });
      forget();
    },

    /** The pool refused a set; returns what there is instead, where nobody has said that this one is the browser's. */
    giveUp(set) {
      memory.dead[set.id] = 1;
      forget();
      return chosen();
    },

    /** That was the last of them: all is over, and goes. */
    bury(set) {
      memory.failed = set;
      desk.end(set);
      desk.clear();
    },

    /** Deletes every auth cookie in every scope, shown or likely, but those of a set to be spared; returns the names. */
    clear(spared) {
      const keys = new Set();
      for (const { key, owner } of authCookies(policy)) {
        if (!spared || (owner ?? spared.owner) !== spared.owner) keys.add(key);
      }
      if (!spared) {
        const owners = [...view().users, memory.failed?.owner].filter(Boolean);
        keys.add(keyOf(policy.clientId, LAST));
        for (const owner of owners) for (const suffix of SWEPT) keys.add(keyOf(policy.clientId, owner, suffix));
      }
      for (const key of keys) remove(policy, key);
      forget();
      return [...keys].map(encodeName);
    },

    /** Reads an access token that is about to be written. */
    read: (token) => readToken(policy, token, "access"),
  };
  return desk;
}
