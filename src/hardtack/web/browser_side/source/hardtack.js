// hardtack.js: the browser side of Hardtack, for sites whose sign-in is Amplify's. See docs/hardtack-js.md.

import { createStorage } from "./storage.js";
import { installRecovery } from "./recovery.js";
import { installRefresh } from "./refresh.js";
import { ask } from "./server.js";

export { checkEnvironment } from "./environment.js";
export { clearAllAuthCookies, installRecovery } from "./recovery.js";
export { createStorage } from "./storage.js";
export { installRefresh } from "./refresh.js";

/** Fetches the policy of this host. Sites that configure Amplify before anything else put it into the page instead. */
export async function loadPolicy(base = "/hardtack") {
  const policy = await ask({ base }, "/policy.json");
  if (!policy) throw new Error(`The cookie policy can't be had from ${base}/policy.json.`);
  return policy;
}

/**
 * Everything at once, to be called after `Amplify.configure`: the storage, the lock around the refresh, the recovery. A
 * later `Amplify.configure` would put Amplify's own storage back; it is replaced again.
 *
 * @returns a function that stops the listening.
 */
export function install({ policy, tokenProvider, Hub, onSignedOut }) {
  const storage = createStorage(policy);
  const use = () => tokenProvider.setKeyValueStorage(storage);
  use();
  const stops = [
    installRefresh({ tokenProvider, policy }),
    installRecovery({ Hub, policy, onSignedOut }),
    Hub.listen("core", ({ payload: { event } }) => event === "configure" && use()),
  ];
  return () => stops.forEach((stop) => stop && stop());
}
