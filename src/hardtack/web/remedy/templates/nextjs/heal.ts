// What the proxy does on a page load: one session is found among those that the browser shows, or none; it is written
// in the policy's scope, and whatever lies elsewhere is deleted. Whatever the site decides then, the lines go with
// it.
//
// What it can't do: it sees only what passes through the proxy. A browser that refreshes by itself is mended by the
// next page load, and not before. Where Cognito or its keys can't be reached, nothing is deleted.

import { NextRequest, NextResponse } from "next/server";
import type { AuthSession } from "aws-amplify/auth";
import { fetchAuthSession } from "aws-amplify/auth/server";

import { deletions, isAuthCookie, readSetCookie, shownCookies, type Shown } from "./policy";
import { runWithAmplifyServerContext, settled } from "./server";

/** Who is there: a session, nobody, or unknown because the pool does not answer. */
export type Visitor =
  | { readonly state: "signed-in"; readonly session: AuthSession }
  | { readonly state: "signed-out" }
  | { readonly state: "unknown" };

/** What a site decides for a request: an answer of its own (a redirect, a rewrite), or nothing to go on to the page. */
export type Decide = (request: NextRequest, visitor: Visitor) => Promise<NextResponse | undefined>;

/** Refusals that say for good that a session is over; every other error says nothing of it. */
const FINAL =
  /^(NotAuthorized|TokenRevoked|UserNotFound|PasswordResetRequired|UserNotConfirmed|RefreshTokenReuse)/;
const MOST_CANDIDATES = 3; // refreshes at the pool for one page load

type Found = { visitor: Visitor; lines: string[]; refused: boolean };

/** Heal, let the site decide, and send both. */
export async function heal(request: NextRequest, decide: Decide): Promise<NextResponse> {
  const shown = shownCookies(request.headers.get("cookie"));
  const names = shown.map((each) => each.name).filter(isAuthCookie);
  const page = isPageLoad(request);
  const twins = page && new Set(names).size < names.length;
  const found = twins ? await settleTwins(request, shown) : await readSession(request, false);
  const lines = page ? healed(found, names, twins, request.nextUrl.pathname) : found.lines;
  const answer = (await decide(request, found.visitor)) ?? goOn(request, found);
  return withCookies(answer, lines);
}

/** One try: what Amplify makes of the cookies of this request, and the lines that it writes. */
async function readSession(request: NextRequest, forceRefresh: boolean): Promise<Found> {
  const response = NextResponse.next();
  let visitor: Visitor = { state: "signed-out" };
  let refused = false;
  try {
    const session = await runWithAmplifyServerContext({
      nextServerContext: { request, response },
      operation: (context) => fetchAuthSession(context, { forceRefresh }),
    });
    if (session.tokens !== undefined) visitor = { state: "signed-in", session };
  } catch (error) {
    refused = error instanceof Error && FINAL.test(error.name);
    if (!refused) visitor = { state: "unknown" };
  }
  await settled();
  const lines = response.headers.getSetCookie();
  // Amplify deletes the tokens where Cognito said no, and only then.
  refused ||= lines.map(readSetCookie).some((each) => each.deletes && each.name.endsWith(".refreshToken"));
  return { visitor, lines, refused };
}

/**
 * Twins: a refresh tells which set is alive, and only that does. The last of each name is tried first, as Next's App
 * Router reads it; then the ones before. A set of which Amplify can make nothing counts as unknown, since it may be the
 * pool's keys that can't be reached.
 */
async function settleTwins(request: NextRequest, shown: Shown[]): Promise<Found> {
  const tokens = shown.filter((each) => isAuthCookie(each.name) && each.name.endsWith(".accessToken"));
  const subjects = new Set(tokens.map(subjectOf).filter((subject) => subject !== undefined));
  // Two people's sets in one browser: nobody can say whose turn it is but the person.
  if (subjects.size > 1) return { visitor: { state: "signed-out" }, lines: [], refused: true };
  let allRefused = true;
  for (const candidate of candidatesOf(shown)) {
    const found = await readSession(asShowing(request, candidate), true);
    if (found.visitor.state !== "signed-out") return found;
    allRefused &&= found.refused;
  }
  return allRefused
    ? { visitor: { state: "signed-out" }, lines: [], refused: true }
    : { visitor: { state: "unknown" }, lines: [], refused: false };
}

/** Requests' cookies with one of each name: the last ones, those before, and so on, each refresh token once. */
function candidatesOf(shown: Shown[]): Shown[][] {
  const others = shown.filter((each) => !isAuthCookie(each.name));
  const byName = new Map<string, Shown[]>();
  for (const each of shown.filter((one) => isAuthCookie(one.name))) {
    byName.set(each.name, [...(byName.get(each.name) ?? []), each]);
  }
  const most = Math.max(0, ...[...byName.values()].map((twins) => twins.length));
  const candidates: Shown[][] = [];
  const tried = new Set<string>();
  for (let back = 1; back <= most && candidates.length < MOST_CANDIDATES; back++) {
    const chosen = [...byName.values()].flatMap((twins) => twins.slice(Math.max(0, twins.length - back)).slice(0, 1));
    const token = chosen.find((each) => each.name.endsWith(".refreshToken"))?.value ?? "";
    if (!tried.has(token)) candidates.push([...others, ...chosen]);
    tried.add(token);
  }
  return candidates;
}

/** The lines of a page load: deletions first, the fresh set last, so that a line never deletes what another sets. */
function healed(found: Found, names: string[], twins: boolean, pathname: string): string[] {
  const fresh = found.lines.filter((line) => !readSetCookie(line).deletes);
  if (found.refused) return deletions(names, "everywhere", pathname);
  if (!twins || found.visitor.state !== "signed-in") return fresh;
  return [...deletions(names, "elsewhere", pathname), ...fresh];
}

/** The page, which is to see the session that was found, and not what the browser showed. */
function goOn(request: NextRequest, found: Found): NextResponse {
  if (found.lines.length === 0 && !found.refused) return NextResponse.next();
  const others = shownCookies(request.headers.get("cookie")).filter((each) => !isAuthCookie(each.name));
  const fresh = found.lines.filter((line) => !readSetCookie(line).deletes).map((line) => line.split(";", 1)[0] ?? "");
  const headers = new Headers(request.headers);
  headers.set("cookie", [...others.map((each) => `${each.name}=${each.value}`), ...fresh].join("; "));
  return NextResponse.next({ request: { headers } });
}

/** An answer with these lines behind its own. Raw lines: Next's own `cookies` would keep one of each name. */
function withCookies(answer: NextResponse, lines: string[]): NextResponse {
  for (const line of lines) answer.headers.append("set-cookie", line);
  if (lines.length > 0) answer.headers.set("cache-control", "private, no-store");
  return answer;
}

/** A person opens a page. What script fetches is not healed: an answer must not overwrite what script wrote. */
function isPageLoad(request: NextRequest): boolean {
  const asked = (name: string) => request.headers.get(name) ?? "";
  if (`${asked("purpose")}${asked("sec-purpose")}`.includes("prefetch")) return false;
  const mode = asked("sec-fetch-mode");
  return mode === "" ? asked("accept").includes("text/html") && asked("rsc") === "" : mode === "navigate";
}

function asShowing(request: NextRequest, cookies: Shown[]): NextRequest {
  const headers = new Headers(request.headers);
  headers.set("cookie", cookies.map((each) => `${each.name}=${each.value}`).join("; "));
  return new NextRequest(request.url, { headers });
}

/** Whom an access token is about, unverified: only to see that several are about one person. */
function subjectOf(token: Shown): string | undefined {
  try {
    const payload = (token.value.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const { sub } = JSON.parse(atob(payload)) as { sub?: unknown };
    return typeof sub === "string" ? sub : undefined;
  } catch {
    return undefined;
  }
}
