// The site's own code around aws-amplify: what a stock set-up has, and no more.
//
// Every line here is what sites really write: `ssr: true`, a CookieStorage with the parent domain so that sibling hosts
// share the session, a Hub listener that signs out when a refresh is refused, and a guard on each page. None of it looks
// wrong. The loop comes from the server's adapter writing the same names without a Domain.

import { Amplify } from "aws-amplify";
import { fetchAuthSession, getCurrentUser, signIn, signOut } from "aws-amplify/auth";
import { cognitoUserPoolsTokenProvider } from "aws-amplify/auth/cognito";
import { CookieStorage, Hub } from "aws-amplify/utils";

/** Configures the package: the pool, and cookies on the parent domain. */
export function configure({ userPool, cookieDomain }) {
  Amplify.configure({ Auth: { Cognito: userPool } }, { ssr: true });
  cognitoUserPoolsTokenProvider.setKeyValueStorage(
    new CookieStorage({ domain: cookieDomain, path: "/", secure: true, sameSite: "lax", expires: 365 }),
  );
}

/** Calls `heard(event)` for each event of Amplify's `auth` channel. */
export function listen(heard) {
  Hub.listen("auth", ({ payload }) => heard(payload.event));
}

/** The usual answer to `tokenRefresh_failure`. `go` is the site's router. */
export async function leave(go) {
  await signOut();
  go("/login");
}

/** Who is signed in, as script sees it; null when nobody is. */
export async function user() {
  try {
    return await getCurrentUser();
  } catch {
    return null;
  }
}

/** The usual guard: signed in belongs on the account page, not signed in on the sign-in page. */
export async function guard(page, go) {
  const who = await user();
  if (page === "login" && who) go("/account");
  if (page === "account" && !who) go("/login");
  return who;
}

/** Asks for the session, as any call of an API does: when its access token expires, in milliseconds since the epoch; null without one. */
export async function expiry() {
  const { tokens } = await fetchAuthSession();
  return tokens ? tokens.accessToken.payload.exp * 1000 : null;
}

export { signIn, signOut };
