// Whether this browser, on this page, can keep what the policy writes: said at the start, before anybody wonders.
//
// Rule: names of kinds and counts, never a value or a user name. What is found is a code that stands in the documentation.

import { expire, inBrowser, pathMatch, put, visible } from "./cookies.js";
import { ask } from "./server.js";
import { authCookies } from "./tokens.js";

const PROBE = "hardtack-probe";

/** Whether a cookie's domain covers a host (RFC 6265bis, section 5.1.3). */
export function covers(domain, host) {
  const plain = domain.replace(/^\./, "").toLowerCase();
  return host === plain || (host.endsWith("." + plain) && !/^[\d.]+$|:/.test(host));
}

/**
 * Says what stands in the way of this policy's cookies here. With `report`, tells the server as well.
 *
 * @returns `ok`, the `problems` as codes, and the twins that script sees: how many of which kind.
 */
export async function checkEnvironment(policy, { report = false } = {}) {
  const problems = [];
  const { cookie } = policy;
  if (!inBrowser()) return { ok: true, problems, twins: [], locks: false };
  const { hostname, pathname } = location;
  const covered = !cookie.domain || covers(cookie.domain, hostname);
  const underPath = pathMatch(pathname, cookie.path);
  if (!covered) problems.push("domain.elsewhere");
  if (!underPath) problems.push("path.elsewhere");
  if (cookie.secure && !isSecureContext) problems.push("secure.on-http");
  if (cookie.httpOnly) problems.push("http-only.hidden-from-script");
  if (!keeps({ path: pathname })) problems.push("cookies.refused");
  else if (covered && underPath && !problems.length && !keeps(cookie)) problems.push("cookies.scope-refused");
  const twins = twinsOf(policy);
  if (twins.length) problems.push("cookies.twins");
  const found = { ok: !problems.length, problems, twins, locks: !!navigator.locks?.request };
  const { fingerprint } = policy;
  if (report) await ask(policy, "/report", { fingerprint, ...found });
  return found;
}

/** Whether a cookie written with these attributes is there afterwards. */
function keeps(attributes) {
  const value = Math.random().toString(36).slice(2);
  put(PROBE, value, attributes);
  const kept = visible().some(({ key, raw }) => key === PROBE && raw === value);
  expire(PROBE, attributes);
  return kept;
}

function twinsOf(policy) {
  const shown = authCookies(policy);
  const counts = {};
  for (const { key, suffix } of shown) {
    if (shown.filter((other) => other.key === key).length > 1) counts[suffix] = (counts[suffix] || 0) + 1;
  }
  return Object.entries(counts).map(([suffix, count]) => ({ suffix, count }));
}
