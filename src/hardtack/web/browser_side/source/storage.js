// The key-value storage that Amplify is given in the place of its CookieStorage.
//
// Rule: to Amplify it is a CookieStorage that reads one whole set, whatever lies beside it. A set begins with LastAuthUser
// in Amplify's order of writing; that cookie waits for the access token behind it, since only then is it known whose set
// this is and whether it comes too late.

import { attempt, remove, visible, write } from "./cookies.js";
import { deskOf } from "./desk.js";
import { clockDrift, idToken, isSwept, parseKey, values, LAST } from "./tokens.js";

/** A drop-in for `cognitoUserPoolsTokenProvider.setKeyValueStorage(...)`. */
export function createStorage(policy) {
  const desk = deskOf(policy);
  let waiting = null; // LastAuthUser, until its access token comes
  let begun = null; // the set that is being written
  let late = null; // in this task, the owner of a set that came too late

  /** Writes a cookie, and deletes its twins: those of the set that it replaces. */
  const put = (key, value) => {
    write(policy, key, value);
    if (visible().filter((cookie) => cookie.key === key).length > 1) remove(policy, key, true);
    desk.forget();
  };

  const flush = () => {
    if (waiting) put(...waiting);
    waiting = null;
  };

  return {
    async setItem(key, value) {
      const { owner, suffix } = parseKey(policy, key) || {};
      if (suffix === LAST) {
        await desk.sweeping;
        waiting = [key, value];
        setTimeout(flush);
        return;
      }
      if (suffix === "accessToken") {
        desk.forget();
        begun = desk.read(value);
        if (begun && desk.isLate(begun)) {
          late = owner;
          waiting = null;
          setTimeout(() => {
            late = null;
          });
        } else {
          flush();
          if (begun) desk.begin(Object.assign(begun, { owner }));
        }
      }
      if (owner !== undefined && owner === late) return;
      put(key, value);
      if (suffix === "refreshToken" && begun) desk.begin(begun, value);
    },

    async getItem(key) {
      const part = parseKey(policy, key);
      if (!part || !isSwept(part)) {
        return visible().find((cookie) => cookie.key === key && cookie.value !== undefined)?.value ?? null;
      }
      const { owner, suffix } = part;
      if (suffix === LAST && waiting) return waiting[1];
      const set = await desk.current();
      const view = desk.view();
      if (suffix === LAST) return (set ? set.owner : view.sets.length ? null : view.users[0]) ?? null;
      return set && set.owner === owner ? partOf(desk, view, set, suffix) ?? null : null;
    },

    async removeItem(key) {
      const { owner, suffix } = parseKey(policy, key) || {};
      if (owner !== undefined && owner === late) return;
      desk.forget();
      if (suffix === "accessToken") desk.end();
      if (suffix === LAST) waiting = null;
      remove(policy, key);
      desk.forget();
    },

    /** Unlike CookieStorage's, which deletes every cookie of the page: every auth cookie of this app client. */
    async clear() {
      desk.forget();
      desk.end();
      desk.clear();
    },
  };
}

function partOf(desk, view, set, suffix) {
  switch (suffix) {
    case "accessToken":
      desk.serve(set);
      return set.token;
    case "idToken":
      return idToken(desk.policy, view, set)?.token;
    case "refreshToken":
      return desk.refreshTokens(set)[0];
    case "clockDrift":
      return clockDrift(view, set, Date.now());
    default:
      return values(view, set.owner, suffix).find(isJson);
  }
}

/** Amplify takes a person for signed out whose sign-in details it can't parse. */
const isJson = (text) => attempt(() => JSON.parse(text)) !== undefined;
