// What happens when the pool refuses a refresh: once, in one tab, and never in a circle.
//
// Rule: only a refusal ends a session. Whoever handles one looks again first, under the lock that refreshes take, since
// another tab may have signed in meanwhile; then it deletes what script can reach, lets the server delete the rest, and
// leads to sign-in. Where that has just been done, the page rests as it is.

import { inBrowser, visible, writeOwn } from "./cookies.js";
import { deskOf } from "./desk.js";
import { pause, withLock } from "./lock.js";
import { readMark } from "./mark.js";
import { isRefused } from "./refresh.js";
import { ask } from "./server.js";
import { authCookies } from "./tokens.js";

const WINDOW = 900; // seconds in which a second departure for the same sign-in is a loop
const MOST_DEPARTURES = 3; // within the window, even for newer sign-ins
const MOST_SWEEPS = 8;

/**
 * Deletes every auth cookie of the app client that script can reach, in every scope that the policy owns.
 *
 * @returns how many auth cookies script still sees: they lie where the policy owns nothing.
 */
export function clearAllAuthCookies(policy) {
  const desk = deskOf(policy);
  desk.forget();
  desk.end();
  desk.clear();
  return authCookies(policy).length;
}

/**
 * Listens to Amplify's Hub: keeps the mark, and recovers once when the pool refuses a refresh.
 *
 * @returns a function that stops listening.
 */
export function installRecovery({ Hub, policy, onSignedOut }) {
  const desk = deskOf(policy);
  const { memory } = desk;
  let running = null;
  return Hub.listen("auth", ({ payload: { event, data } }) => {
    desk.forget();
    const set = desk.chosen();
    if (event === "signedIn" && set) {
      const { mark } = desk.view();
      if (mark?.id !== set.id) desk.begin(set, desk.refreshTokens(set)[0]);
      desk.clear(set);
    } else if (event === "signedOut") {
      desk.end();
      desk.clear();
    } else if (event === "tokenRefresh_failure" && !running && endsSession(desk, data?.error)) {
      // Taken down now: Amplify clears its cookies by itself, right after this.
      const failed = memory.failed || memory.served;
      running = recover(desk, failed, data.error.ended, onSignedOut).finally(() => (running = memory.failed = null));
    }
  });
}

/** A refusal does; where there is no refresh token any more, it is over only when the access token is. */
function endsSession(desk, error) {
  const { served } = desk.memory;
  return isRefused(error) || (error?.name === "TokenRefreshException" && served && !desk.isLive(served));
}

async function recover(desk, failed, ended, onSignedOut) {
  const { policy, memory } = desk;
  /** Whether somebody has signed in meanwhile, in this tab or another. */
  const restored = async () => {
    desk.forget();
    const now = await desk.current();
    return now && now.token !== failed?.token && desk.isLive(now);
  };
  const over = await withLock("hardtack." + policy.clientId, async () => {
    if (await restored()) return false;
    if (ended) return true; // whoever ended it has cleaned up as well
    desk.end(failed);
    memory.failed = failed;
    await (desk.sweeping = sweepByServer(policy, desk.clear()));
    desk.sweeping = null;
    await pause(0); // a sign-in of this page that was held up writes now
    return !(await restored());
  });
  // On the sign-in page somebody may be signing in, whose sign-in has just made Amplify look at what was left.
  if (over && location.pathname !== policy.signIn && mayLeave(policy, failed?.authTime || 0)) {
    if (onSignedOut) onSignedOut();
    else location.assign(policy.signIn);
  }
}

/** Has the server delete what script can't reach, until somebody signs in; what is left then, a later recovery deletes. */
async function sweepByServer(policy, names) {
  let cursor = 0;
  for (let sweeps = 0; sweeps < MOST_SWEEPS && !readMark(policy)?.id; sweeps++) {
    const seen = authCookies(policy).map(({ wire }) => wire);
    const answer = await ask(policy, "/recover?cursor=" + cursor, { path: location.pathname, names, seen });
    if (!answer?.again) return;
    cursor = answer.cursor;
  }
}

/** Whether this tab may lead to sign-in for a session of this time; noted where a reload finds it. */
export function mayLeave(policy, authTime) {
  if (!inBrowser()) return false;
  const name = "hardtack-left." + policy.clientId;
  const now = Math.floor(Date.now() / 1000);
  const [at, last, count] = recall(name).split(".").map(Number);
  const recent = at <= now && now - at < WINDOW;
  if (recent && (authTime <= last || count >= MOST_DEPARTURES)) return false;
  note(policy, name, [now, authTime, recent ? count + 1 : 1].join("."));
  return true;
}

function recall(name) {
  try {
    return sessionStorage.getItem(name) || "";
  } catch {
    const found = visible().find(({ key }) => key === name);
    return found?.value || "";
  }
}

function note(policy, name, text) {
  try {
    sessionStorage.setItem(name, text);
  } catch {
    writeOwn(policy, name, text, WINDOW); // where there is a session to lose, cookies are kept
  }
}
