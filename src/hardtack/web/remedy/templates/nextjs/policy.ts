// The cookie policy of this site, for every writer of auth cookies in it: the browser's script, the server, the proxy.
// Nothing here knows of Amplify's or Next's code; it only knows names, scopes and Set-Cookie lines.

/** How the cookies are written, wherever they are written. */
export const COOKIES = __COOKIES__ as const;

const PREFIX = __PREFIX__;
/** A remembered device spares its owner the second factor, so these outlive a sign-out. */
const KEPT = __KEPT__;
/** What stands behind a name in the line that deletes it; the policy's own scope first. */
const TAILS: readonly string[] = __TAILS__;
/** The same for the paths of a request: what stands before the path, what stands behind it. */
const PATH_TAILS: readonly (readonly [string, string])[] = __PATH_TAILS__;
const BASE_PATHS: readonly string[] = __BASE_PATHS__;
const OWNS_EVERYTHING: boolean = __OWNS_EVERYTHING__;
/** Bytes of deletions in one response: a default nginx in front answers 502 a little above 4 KB of headers. */
const SWEEP_BUDGET = __BUDGET__;

/** One cookie as it stands in the Cookie header, its name and value still encoded. */
export type Shown = { readonly name: string; readonly value: string };

/** Every cookie of a Cookie header, twins included and in order: Next's own `cookies` keep one of each name. */
export function shownCookies(header: string | null): Shown[] {
  return (header ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.includes("="))
    .map((pair) => ({ name: pair.slice(0, pair.indexOf("=")), value: pair.slice(pair.indexOf("=") + 1) }));
}

/** Whether a name is one of this app client's auth cookies. */
export function isAuthCookie(name: string): boolean {
  let key: string;
  try {
    key = decodeURIComponent(name);
  } catch {
    return false;
  }
  return key.startsWith(PREFIX) && !KEPT.some((suffix) => key.endsWith(`.${suffix}`));
}

/** The name and whether it deletes, of a Set-Cookie line. */
export function readSetCookie(line: string): { name: string; deletes: boolean } {
  const [pair = "", ...attributes] = line.split(";");
  const of = (wanted: string) =>
    attributes.map((each) => each.trim().split("=")).find(([name = ""]) => name.toLowerCase() === wanted)?.[1];
  const age = of("max-age");
  const end = of("expires");
  const deletes = age !== undefined ? Number(age) <= 0 : end !== undefined && Date.parse(end) <= Date.now();
  return { name: (pair.split("=", 1)[0] ?? "").trim(), deletes };
}

/**
 * The lines that delete these names, scope by scope, as many as one response may carry.
 *
 * @param names as they stand in the Cookie header.
 * @param from where: in every scope, or everywhere but in the policy's own, where the same response sets them.
 * @param pathname of the request, whose paths are swept as well.
 */
export function deletions(names: Iterable<string>, from: "everywhere" | "elsewhere", pathname = "/"): string[] {
  const unique = [...new Set(names)];
  const [own = "", ...others] = TAILS;
  const further = [...others, ...pathTails(pathname).filter((tail) => !TAILS.includes(tail))];
  // The likeliest first, and every other time from anywhere on: so several responses reach them all without a memory.
  const first = Math.random() < 0.5 ? 0 : Math.floor(Math.random() * further.length);
  const tails = [...(from === "everywhere" ? [own] : []), ...further.slice(first), ...further.slice(0, first)];
  const lines: string[] = [];
  let bytes = 0;
  for (const line of tails.flatMap((tail) => unique.map((name) => name + tail))) {
    bytes += line.length + "Set-Cookie: \r\n".length;
    if (bytes > SWEEP_BUDGET && lines.length > 0) break;
    lines.push(line);
  }
  return lines;
}

function pathTails(pathname: string): string[] {
  const ends = [...pathname].flatMap((letter, index) => (letter === "/" ? [index, index + 1] : []));
  const paths = new Set([...ends, pathname.length].map((end) => pathname.slice(0, end)).filter(isOurs));
  return [...paths].flatMap((path) => PATH_TAILS.map(([before, after]) => before + path + after));
}

function isOurs(path: string): boolean {
  if (path === "" || path.includes(";")) return false; // a ";" would end the attribute
  if (OWNS_EVERYTHING || covers(COOKIES.path, path)) return true;
  return !covers(path, COOKIES.path) && BASE_PATHS.some((base) => covers(base, path));
}

/** RFC 6265bis section 5.1.4: whether a cookie on `path` is shown to a request for `below`. */
function covers(path: string, below: string): boolean {
  return below === path || below.startsWith(path.endsWith("/") ? path : `${path}/`);
}
