// Deletes every auth cookie of this site's app client, in every scope in which any release may have written it.
//
//     import { clearAllAuthCookies } from "./clear-all-auth-cookies.js";
//     const { swept, left } = clearAllAuthCookies();
//
// A cookie is deleted only in the very scope in which it lies, and script can't see which that is. So each name is
// deleted in all of them: in those below, and on every path above the page that is open.
//
// What it can't do: reach an HttpOnly cookie (script doesn't even see one), a cookie of another host or on another
// path than this page's, or a Secure cookie from a page on plain http. A server has to do those. And it revokes
// nothing: call Amplify's signOut() first.

const PREFIX = __PREFIX__;
// A remembered device spares its owner the second factor, so these outlive a sign-out.
const KEPT = __KEPT__;
// What stands behind a name in the line that deletes it; the likeliest scope first.
const TAILS = __TAILS__;
// The same for the paths of the open page: [Domain or null, what stands before the path, what stands behind it].
const PATH_TAILS = __PATH_TAILS__;
const POLICY_PATH = __POLICY_PATH__;
const BASE_PATHS = __BASE_PATHS__;
const OWNS_EVERYTHING = __OWNS_EVERYTHING__;

/**
 * Sign this browser out of everything that script can reach.
 *
 * @returns {{swept: number, left: number}} how many cookies were visible before, and how many still are. Names are
 *   people's names, so they are not told.
 */
export function clearAllAuthCookies() {
  const before = authCookies();
  const tails = [...TAILS, ...pageTails(location.pathname)];
  for (const name of new Set(before)) {
    for (const tail of tails) {
      document.cookie = name + tail;
    }
  }
  return { swept: before.length, left: authCookies().length };
}

/** The names of this client's auth cookies as they stand in document.cookie, each as often as it stands there. */
function authCookies() {
  return document.cookie
    .split(";")
    .map((pair) => pair.trim().split("=", 1)[0])
    .filter(isAuthCookie);
}

function isAuthCookie(name) {
  let key;
  try {
    key = decodeURIComponent(name);
  } catch {
    return false; // a name that can't be decoded is none of Amplify's
  }
  return key.startsWith(PREFIX) && !KEPT.some((suffix) => key.endsWith(`.${suffix}`));
}

/** For every path whose cookies this page is shown, and every domain: the tail that deletes there. */
function pageTails(pathname) {
  const ends = [...pathname].flatMap((letter, index) => (letter === "/" ? [index, index + 1] : []));
  const paths = new Set([...ends, pathname.length].map((end) => pathname.slice(0, end)).filter(isOurs));
  return [...paths].flatMap((path) => PATH_TAILS.map(([, before, after]) => before + path + after));
}

/** Whether the policy owns what lies on this path. */
function isOurs(path) {
  if (path === "" || path.includes(";")) return false; // a ";" would end the attribute
  if (OWNS_EVERYTHING || covers(POLICY_PATH, path)) return true;
  return !covers(path, POLICY_PATH) && BASE_PATHS.some((base) => covers(base, path));
}

/** RFC 6265bis section 5.1.4: whether a cookie on `path` is shown to a request for `below`. */
function covers(path, below) {
  return below === path || below.startsWith(path.endsWith("/") ? path : `${path}/`);
}
