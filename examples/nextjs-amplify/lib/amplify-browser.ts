// The browser's side of Amplify: what sites really write, and nothing that looks wrong.
//
// `ssr: true`, then a CookieStorage with the parent domain so that sibling hosts share the session, a Hub listener that
// signs out when a refresh is refused, and a guard on each page. The server writes the same names elsewhere.

import { Amplify } from "aws-amplify";
import { fetchAuthSession, getCurrentUser, signIn, signOut } from "aws-amplify/auth";
import { cognitoUserPoolsTokenProvider } from "aws-amplify/auth/cognito";
import { CookieStorage, Hub } from "aws-amplify/utils";
import type { Settings } from "./settings";
import { putHardtackInPlace } from "./hardtack";
import { note } from "./log";

let configured: Promise<void> | undefined;
let acting = false;
let leaving = false;

/** Configures Amplify once for this page load. Everything below waits for it. */
export function configure(settings: Settings): Promise<void> {
  configured ??= start(settings);
  return configured;
}

async function start(settings: Settings): Promise<void> {
  acting = sessionStorage.getItem("act-alone") === null ? settings.actAlone : actsAlone();
  Amplify.configure(settings.pool, { ssr: true });
  if (settings.hardtack) {
    await putHardtackInPlace(settings.hardtack, go);
    return;
  }
  const { domain, path } = settings;
  cognitoUserPoolsTokenProvider.setKeyValueStorage(
    new CookieStorage({ ...(domain ? { domain } : {}), path, secure: true, sameSite: "lax", expires: 365 }),
  );
  Hub.listen("auth", ({ payload }) => {
    if (payload.event === "tokenRefresh_failure" && acting) {
      void leave();
    }
  });
}

/** Whether guard and listener act; a switch on the page that outlives a reload. */
export function actsAlone(): boolean {
  return sessionStorage.getItem("act-alone") === "1";
}

export function setActsAlone(on: boolean): void {
  acting = on;
  sessionStorage.setItem("act-alone", on ? "1" : "0");
}

export function isActing(): boolean {
  return acting;
}

function go(path: string): void {
  leaving = true;
  location.assign(path);
}

/** The usual answer to a refused refresh. */
async function leave(): Promise<void> {
  leaving = true;
  note("listener", "signing out");
  await signOut();
  go("/login");
}

/** The usual guard: signed in belongs on the account page, not signed in on the sign-in page. True if the page stays. */
export async function guard(page: "login" | "account"): Promise<boolean> {
  if (acting) {
    const who = await user();
    if (page === "login" && who && !leaving) go("/account");
    if (page === "account" && !who && !leaving) go("/login");
  }
  return !leaving;
}

/** Who is signed in as script sees it; null when nobody is. */
export async function user(): Promise<string | null> {
  try {
    return (await getCurrentUser()).username;
  } catch {
    return null;
  }
}

/** Signs in; an error is thrown as Amplify throws it. */
export async function enter(username: string, password: string): Promise<string> {
  const { nextStep } = await signIn({ username, password });
  return nextStep.signInStep;
}

/** Signs out as Amplify does. */
export async function exit(): Promise<string> {
  await signOut();
  return "signed out";
}

/** Asks for the session, as any call of an API does; with `forceRefresh` for fresh tokens. */
export async function session(forceRefresh: boolean): Promise<string> {
  const { tokens } = await fetchAuthSession({ forceRefresh });
  return typeof tokens?.accessToken.payload.username === "string" ? tokens.accessToken.payload.username : "nobody";
}
