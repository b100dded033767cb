// Cookies as script has them: read with every twin, written as Amplify writes them, deleted in every scope we own.
//
// Rule: what leaves is byte for byte what Amplify's CookieStorage (js-cookie) would write, so that every other reader
// finds what it expects. What differs is the rest: all twins are seen, and a deletion goes to every scope of the policy,
// since it reaches one scope exactly and says nothing when it misses (RFC 6265bis, section 5.7).

const EPOCH = "Thu, 01 Jan 1970 00:00:00 GMT"; // alone, without Max-Age: that leaves ghosts in Firefox

/** Whether there is a document whose cookies could be read: not while a server renders. */
export const inBrowser = () => typeof document !== "undefined";

/** What the work gives; undefined where it throws. */
export const attempt = (work) => {
  try {
    return work();
  } catch {
    return undefined;
  }
};

/** A cookie's name as js-cookie writes it. */
export const encodeName = (name) =>
  encodeURIComponent(name)
    .replace(/%(2[346B]|5E|60|7C)/g, decodeURIComponent)
    .replace(/[()]/g, (mark) => (mark === "(" ? "%28" : "%29"));

/** A value as js-cookie writes it. */
export const encodeValue = (value) =>
  encodeURIComponent(value).replace(/%(2[346BF]|3[AC-F]|40|5[BDE]|60|7[BCD])/g, decodeURIComponent);

const decodeValue = (value) =>
  (value[0] === '"' ? value.slice(1, -1) : value).replace(/(%[\dA-F]{2})+/gi, decodeURIComponent);

let seen = [0]; // the text of `document.cookie` that was taken apart last, and what came of it

/**
 * Every cookie that script sees, in order: its name on the wire and the key that js-cookie takes it for, its value as it
 * stands and decoded (undefined where that can't be). Names that can't be decoded are nobody's.
 */
export function visible() {
  // A page without an origin (sandboxed) has no cookies, and says so by throwing.
  const text = attempt(() => document.cookie);
  if (text !== seen[0]) seen = [text, (text ? text.split("; ") : []).flatMap(take)];
  return seen[1];
}

function take(pair) {
  const [wire, ...rest] = pair.split("=");
  const raw = rest.join("=");
  const key = attempt(() => decodeURIComponent(wire));
  return key === undefined ? [] : [{ wire, key, raw, value: attempt(() => decodeValue(raw)) }];
}

/** Writes a cookie in the policy's scope, as Amplify's CookieStorage would. */
export function write({ cookie }, key, value) {
  put(encodeName(key), encodeValue(value), { ...cookie, expires: inSeconds(cookie.maxAge) });
}

/** Writes one of our own cookies: host-only, on "/". */
export function writeOwn({ cookie: { secure } }, name, value, seconds) {
  put(name, value, { path: "/", expires: inSeconds(seconds), secure, sameSite: "lax" });
}

const inSeconds = (seconds) => new Date(Date.now() + seconds * 1000).toUTCString();

/** Deletes a cookie in one scope. Only a partitioned one needs Secure for that, and plain http could not send it. */
export function expire(wire, { domain, path, partitioned }) {
  put(wire, "", { path, expires: EPOCH, domain, secure: partitioned, partitioned });
}

/** Writes a cookie with these attributes, in js-cookie's order. */
export function put(wire, value, { path, expires, domain, secure, sameSite, partitioned }) {
  const line = [
    wire + "=" + value,
    "path=" + path,
    expires && "expires=" + expires,
    domain && "domain=" + domain,
    secure && "secure",
    sameSite && "sameSite=" + sameSite,
    partitioned && "partitioned",
  ]
    .filter(Boolean)
    .join("; ");
  attempt(() => {
    document.cookie = line;
  });
}

/** Whether a cookie of one path is sent to another (RFC 6265bis, section 5.1.4). */
export const pathMatch = (path, cookiePath) =>
  path === cookiePath || (path.startsWith(cookiePath) && (cookiePath.endsWith("/") || path[cookiePath.length] === "/"));

/** Every path whose cookies this page shows. */
export function pathPrefixes(path) {
  const ends = new Set([path.length]);
  for (let at = 0; at < path.length; at++) if (path[at] === "/") ends.add(at || 1).add(at + 1);
  return [...ends].map((end) => path.slice(0, end)).filter((prefix) => !prefix.includes(";"));
}

/** The policy's own scope, to be told from the others. */
const isOwn = ({ cookie }, scope) =>
  (cookie.domain || null) === scope.domain && cookie.path === scope.path && !!cookie.partitioned === scope.partitioned;

/**
 * Every scope that the policy owns and this page can tell of: those that the policy lists, and below each of them the
 * paths that this page lies on; some of them more than once.
 */
export function ownedScopes(policy) {
  const paths = inBrowser() ? pathPrefixes(location.pathname) : [];
  return policy.sweep.flatMap((scope) => {
    const lower = paths.filter((path) => pathMatch(path, scope.path) && !(scope.below && pathMatch(policy.cookie.path, path)));
    return [...(scope.below ? [] : [scope]), ...(scope.exact ? [] : lower.map((path) => ({ ...scope, path })))];
  });
}

/** Deletes a key, under every name that means it, in every scope that the policy owns; `keep` spares its own scope. */
export function remove(policy, key, keep = false) {
  const canonical = encodeName(key);
  const wires = new Set([canonical, ...visible().filter((cookie) => cookie.key === key).map(({ wire }) => wire)]);
  for (const scope of ownedScopes(policy)) {
    for (const wire of wires) if (!(keep && wire === canonical && isOwn(policy, scope))) expire(wire, scope);
  }
}
