// A site's own lines around the real aws-amplify, as most sites have them, for a rig to press.
//
// What the document says in `#site` decides: where cookies are written, which habit the site has when a refresh fails,
// whether hardtack.js stands in the place of CookieStorage and habit. `window.app` is what a person can do on the page.

import { Amplify } from "aws-amplify";
import { fetchAuthSession, getCurrentUser, signIn, signOut } from "aws-amplify/auth";
import { cognitoUserPoolsTokenProvider as provider } from "aws-amplify/auth/cognito";
import { CookieStorage, Hub } from "aws-amplify/utils";

const site = JSON.parse(document.getElementById("site").textContent);
const { rig } = window;

function go(path) {
  rig.leave();
  location.assign(rig.apart(path));
}

async function leave() {
  await signOut();
  go(site.signIn);
}

function habit({ payload: { event, data } }) {
  rig.note("event", data?.error ? `${event} ${data.error.name}` : event);
  if (event !== "tokenRefresh_failure" || site.hardtack) return;
  if (site.habit === "sign-out") rig.track("habit", leave);
  if (site.habit === "reload") go(location.pathname);
}

async function putHardtackInPlace() {
  const { install } = await import(`${site.hardtack}/hardtack.js`);
  const onSignedOut = () => {
    rig.note("hardtack.js", "signed out");
    if (location.pathname !== site.signIn) go(site.signIn);
  };
  install({ policy: site.policy, tokenProvider: provider, Hub, onSignedOut });
}

async function configure() {
  Amplify.configure({ Auth: { Cognito: site.userPool } }, { ssr: true });
  Hub.listen("auth", habit);
  if (site.hardtack) await putHardtackInPlace();
  else provider.setKeyValueStorage(new CookieStorage(site.cookie));
}

/** As any call of an API asks for it: who it is for; empty for nobody. */
async function session(forceRefresh = false) {
  const { tokens } = await fetchAuthSession({ forceRefresh });
  return tokens?.accessToken.payload.username;
}

async function ask(path, settings) {
  const response = await fetch(path, settings);
  const { username, error } = await response.json();
  return error ?? username;
}

window.app = {
  session: (force) => rig.track("session", () => session(force)),
  look: () => rig.track("look", async () => (await getCurrentUser()).username),
  signIn: (username, password, authFlowType) =>
    rig.track("sign-in", async () => {
      const { isSignedIn, nextStep } = await signIn({ username, password, options: { authFlowType } });
      return isSignedIn ? username : nextStep.signInStep;
    }),
  signOut: (global) =>
    rig.track("sign-out", async () => {
      await signOut({ global });
      return "signed out";
    }),
  ask: (path, settings) => rig.track("ask", () => ask(path, settings)),
};

if (site.start) {
  rig.track("load", async () => {
    await configure();
    return session();
  });
} else {
  rig.track("configure", configure);
}
