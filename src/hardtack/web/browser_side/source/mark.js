// The mark: whose browser this is, in a `__Host-` cookie that no sibling host can write and that has no twin.
//
//   in.<sub>.<session>.<auth_time>.<access>.<refresh>.<claim>    since a sign-in
//   out.<auth_time>                                               since a sign-out: every set up to that time is over
//
// <auth_time> is the sign-in's, or a later one that the mark had before. <access> and <refresh> are hashes of the pair last
// written. By the <claim> the server finds again what the sign-in wrote.
//
// Script can't sign. The mark chooses among the sets that are shown, and proves nothing to anybody.

import { attempt, visible, writeOwn } from "./cookies.js";

const LIFETIME = 34_560_000; // seconds: 400 days, the longest that browsers keep

/** 32 bits (FNV-1a) that stand for a token: enough to tell a few apart, nothing to recover one from. */
export function hash(text) {
  let bits = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) bits = Math.imul(bits ^ text.charCodeAt(at), 0x01000193);
  return (bits >>> 0).toString(36);
}

/** What the mark says; null where there is none that can be read. */
export function readMark(policy) {
  for (const { key, raw } of visible()) {
    if (key !== policy.mark) continue;
    const [state, ...fields] = raw.split(".").map((field) => attempt(() => decodeURIComponent(field)));
    const signedIn = state === "in";
    const [sub, session, time, access, refresh, claim] = signedIn ? fields : ["", "", fields[0]];
    if (!(signedIn ? sub && session : state === "out") || !/^\d{1,12}$/.test(time)) continue;
    return { id: signedIn && sub + " " + session, sub, authTime: Number(time), access, refresh, claim };
  }
  return null;
}

/** Writes that this sign-in is the browser's. `refreshToken` is the partner of the set's token, once it is known. */
export function markIn(policy, { sub, session, token }, time, refreshToken, claim = "") {
  const pair = [hash(token), refreshToken ? hash(refreshToken) : ""];
  put(policy, ["in", sub, session, time, ...pair, claim]);
}

/** Writes that every set up to this time is over. */
export const markOut = (policy, authTime) => put(policy, ["out", authTime]);

/** Text that nobody can guess, and that no other sign-in has. */
export const newClaim = ({ token }) => crypto.getRandomValues(new Uint32Array(4)).join("") + "-" + hash(token);

function put(policy, fields) {
  const escaped = fields.map((field) => encodeURIComponent(field).replace(/\./g, "%2E"));
  writeOwn(policy, policy.mark, escaped.join("."), LIFETIME);
}
