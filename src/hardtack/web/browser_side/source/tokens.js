// What lies in the cookies of one app client, and which of the sets shown is this browser's session.
//
// Rule: a set is served whole or not at all. Its owner, access token, ID token and refresh token come from one sign-in,
// told by `sub` and `origin_jti` (or `auth_time` where a pool has no `origin_jti`). Script can't verify a signature: what
// it chooses is never more than a choice, and whoever is handed a token verifies it.

import { visible } from "./cookies.js";
import { hash } from "./mark.js";

export const LAST = "LastAuthUser";
export const SWEPT = ["accessToken", "idToken", "refreshToken", "clockDrift", "signInDetails", "oauthMetadata", "userData"];
const LEEWAY = 60; // seconds that a token may come from the future of this clock

/** A storage key of an app client, of a user's or of its own. */
export const keyOf = (...parts) => ["CognitoIdentityServiceProvider", ...parts].join(".");

/** What a key says, if it is one of this client's: whose it is and what; the owner is undefined for the client's own. */
export function parseKey(policy, key) {
  const prefix = keyOf(policy.clientId, "");
  if (!key.startsWith(prefix)) return null;
  const rest = key.slice(prefix.length);
  const dot = rest.lastIndexOf(".");
  return dot < 0 ? { suffix: rest } : { owner: rest.slice(0, dot), suffix: rest.slice(dot + 1) };
}

/** Whether sign-out removes this: everything of a session, and not the device keys. */
export const isSwept = ({ owner, suffix }) => (owner === undefined ? suffix === LAST : SWEPT.includes(suffix));

/** What a token says, unverified. */
export function payloadOf(token) {
  const base64 = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
  return JSON.parse(decodeURIComponent(escape(atob(base64)))); // the shortest way from bytes to UTF-8
}

/** The claims of a token of this client that count here, unverified; null for anything else. */
export function readToken(policy, token, use) {
  try {
    const claims = payloadOf(token);
    const { sub, exp, iat, auth_time: authTime = 0, origin_jti: origin } = claims;
    const client = use === "id" ? claims.aud : claims.client_id;
    if (client !== policy.clientId || claims.token_use !== use || !sub || !(exp > 0) || !(iat > 0)) return null;
    const session = origin || "auth_time:" + authTime;
    return { token, sub, session, id: sub + " " + session, authTime, iat, exp };
  } catch {
    return null;
  }
}

const newestFirst = (one, other) => other.authTime - one.authTime || other.iat - one.iat || other.exp - one.exp;

/** Everything of this client that script sees now. */
export function look(policy) {
  const ours = visible().flatMap((cookie) => {
    const part = parseKey(policy, cookie.key);
    return part ? [{ ...cookie, ...part }] : [];
  });
  const readable = ours.filter(({ value }) => value !== undefined);
  const users = readable.filter(({ owner, suffix }) => owner === undefined && suffix === LAST).map(({ value }) => value);
  const sets = readable
    .filter(({ owner, suffix }) => owner !== undefined && suffix === "accessToken")
    .flatMap(({ owner, value }) => {
      const read = readToken(policy, value, "access");
      return read ? [{ ...read, owner }] : [];
    })
    .sort((one, other) => users.includes(other.owner) - users.includes(one.owner) || newestFirst(one, other));
  return { ours, readable, users, sets };
}

/** The auth cookies among what is seen: all that sign-out removes. */
export const authCookies = (policy) => look(policy).ours.filter(isSwept);

/** The values shown under a key, the last first: in Chromium that is the one that was changed last. */
export const values = ({ readable }, owner, suffix) => [
  ...new Set(
    readable
      .filter((cookie) => cookie.owner === owner && cookie.suffix === suffix)
      .map(({ value }) => value)
      .reverse(),
  ),
];

/**
 * The set to serve, and whether that is open until the server has been asked.
 *
 * The set that the mark names; where it shows no such set, a later sign-in of the same person; without a mark, or after a
 * sign-out, what is not over: of several sign-ins the one that the server names, else the newest one that does not
 * come from the future. `answer` is the server's, once it was asked; `dead` holds the sign-ins that the pool refused.
 */
export function choose({ sets, users }, mark, { answer, dead, now }) {
  const alive = sets.filter(({ id }) => !(id in dead));
  const named = answer && alive.find(({ id }) => id === answer);
  if (mark?.id) {
    const own = sets.find(({ id }) => id === mark.id);
    const later = alive.find(({ sub, authTime }) => sub === mark.sub && authTime > mark.authTime);
    const found = own || later || named;
    return found ? { set: found } : { set: null, open: answer === undefined && !!(alive.length || mark.claim) };
  }
  const open = alive.filter(({ authTime }) => !mark || authTime > mark.authTime);
  const ofUsers = open.filter(({ owner }) => users.includes(owner));
  const rest = ofUsers.length ? ofUsers : open;
  if (new Set(rest.map(({ id }) => id)).size < 2) return { set: rest[0] || null };
  if (answer === undefined) return { set: newest(rest, now), open: true };
  return { set: (rest.includes(named) && named) || newest(rest, now) };
}

function newest(sets, now) {
  // If all of them come from the future, this clock is slow, and none is left out on its word.
  const past = sets.filter(({ iat, authTime }) => Math.max(iat, authTime) <= now + LEEWAY);
  return [...(past.length ? past : sets)].sort(newestFirst)[0];
}

/**
 * The refresh tokens that may belong to a set, the likeliest first.
 *
 * They are opaque. The partner of a token that we wrote ourselves is known by its hash in the mark; beside any other
 * access token, the refresh token of that hash is the least likely one.
 */
export function refreshTokens(view, set, mark) {
  const found = values(view, set.owner, "refreshToken").filter(Boolean);
  if (mark?.id !== set.id || !mark.refresh) return found;
  const rank = mark.access === hash(set.token) ? -1 : 1;
  const isOurs = (token) => rank * (hash(token) === mark.refresh);
  return found.sort((one, other) => isOurs(one) - isOurs(other));
}

/** The newest ID token of the very same sign-in; any other is somebody else's. */
export function idToken(policy, view, set) {
  const found = values(view, set.owner, "idToken").map((token) => readToken(policy, token, "id"));
  return found.filter((read) => read && read.id === set.id).sort(newestFirst)[0];
}

/**
 * Milliseconds that the pool's clock is ahead of this one: the cookie's, unless it is none or would have the access
 * token come from the future of this clock. A server may have measured its own clock.
 */
export function clockDrift(view, set, now) {
  const shown = values(view, set.owner, "clockDrift").find((value) => /^-?\d{1,12}$/.test(value));
  return String(Math.max(Number(shown || 0), set.iat * 1000 - now));
}
