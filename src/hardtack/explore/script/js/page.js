// What a site's page does with Amplify, and what a person does on it: the runs.
//
// The page is set up as in every recorded failure: `ssr: true`, a CookieStorage of its own, and a listener that answers
// `tokenRefresh_failure`; or hardtack.js in their place, which is then the only one to answer.

import { createAmplify } from "./amplify.js";
import { createCookieStorage } from "./cookies.js";

const REFUSED = "tokenRefresh_failure";

/** Sets a page up in `browser`; `install` is hardtack.js's, where the site has it. */
export function openPage({ settings, browser, install }) {
  const amplify = createAmplify({
    behaviour: settings.behaviour,
    clientId: settings.client_id,
    ask: (operation, argument) => browser.reach("Pool", operation, argument),
    tell: browser.tell,
    tear: browser.tear,
  });
  const { Hub, tokenProvider } = amplify;
  if (install) {
    install({ policy: settings.policy, tokenProvider, Hub });
  } else {
    tokenProvider.setKeyValueStorage(createCookieStorage(settings.storage));
    const answer = habits(settings, amplify, browser)[settings.listener];
    if (answer) Hub.listen("auth", ({ payload }) => payload.event === REFUSED && answer());
  }
  return amplify;
}

/** What sites do when a refresh has failed, whatever the reason. */
const habits = (settings, amplify, browser) => ({
  async "sign-out"() {
    await amplify.signOut();
    browser.go(settings.sign_in_path);
  },
  reload() {
    browser.location.reload();
  },
});

/** What is done in a tab, by name; each returns whom the page then takes for signed in, as far as it has asked. */
export const runs = {
  load: async ({ fetchAuthSession }) => (await fetchAuthSession()).tokens?.accessToken.payload.username,
  refresh: async ({ fetchAuthSession }) => (await fetchAuthSession({ forceRefresh: true })).tokens?.accessToken.payload.username,
  look: async ({ getCurrentUser }) => (await getCurrentUser()).username,
  "sign-in": ({ signIn }, user) => signIn({ username: user }),
  "sign-out": ({ signOut }) => signOut(),
  "sign-out-everywhere": ({ signOut }) => signOut({ global: true }),
};
