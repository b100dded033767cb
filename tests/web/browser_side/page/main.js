// A site's own lines around Amplify, for a test to drive. The address says how it is set up:
//   ?with=hardtack   everything of hardtack.js (the default)
//   ?with=stock      Amplify's CookieStorage in the policy's scope, as most sites have it
//   &listener=wipe   an Authenticator's: signs out at every failed refresh but a NetworkError

import { Amplify } from "aws-amplify";
import { fetchAuthSession, getCurrentUser, signIn, signOut } from "aws-amplify/auth";
import { cognitoUserPoolsTokenProvider } from "aws-amplify/auth/cognito";
import { CookieStorage, Hub } from "aws-amplify/utils";

import * as hardtack from "./hardtack.js";

const { userPool, policy } = JSON.parse(document.getElementById("site").textContent);
const asked = new URLSearchParams(location.search);
const heard = [];
const written = [];

// What is handed to document.cookie, for who wants to compare it.
const { get, set } = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
Object.defineProperty(document, "cookie", {
  get: () => get.call(document),
  set(line) {
    written.push(line);
    set.call(document, line);
  },
});

const configure = () => Amplify.configure({ Auth: { Cognito: userPool } }, { ssr: true });
const { domain, path, secure, sameSite, maxAge } = policy.cookie;
const stock = new CookieStorage({ ...(domain && { domain }), path, secure, sameSite, expires: maxAge / 86400 });

configure();
Hub.listen("auth", ({ payload: { event, data } }) => heard.push(data?.error ? `${event}:${data.error.name}` : event));
if (asked.get("listener") === "wipe") {
  Hub.listen("auth", ({ payload: { event, data } }) => {
    if (event === "tokenRefresh_failure" && data.error.name !== "NetworkError") signOut();
  });
}
if (asked.get("with") === "stock") cognitoUserPoolsTokenProvider.setKeyValueStorage(stock);
else hardtack.install({ policy, tokenProvider: cognitoUserPoolsTokenProvider, Hub });

const told = async (work) => {
  try {
    return await work();
  } catch (error) {
    return error.name;
  }
};

window.app = {
  configure,
  hardtack,
  heard,
  policy,
  stock,
  written,
  signIn: (username, password) => told(async () => (await signIn({ username, password })).isSignedIn),
  signOut: () => told(signOut),
  who: () => told(async () => (await getCurrentUser()).username),
  /** The access token's payload; null without a session. */
  session: (forceRefresh = false) =>
    told(async () => (await fetchAuthSession({ forceRefresh })).tokens?.accessToken.payload ?? null),
};
document.body.dataset.ready = "true";
