// aws-amplify in a browser, as an app finds it: what `Amplify.configure`, `cognitoUserPoolsTokenProvider` and `Hub` are.
//
// Rule: a model, written from what was measured of the packages and held to recordings of them: the same cookies written
// in the same order, the same calls, the same errors. Left out is whatever touches no auth cookie.

import { createAuth } from "./auth.js";
import { createCookieStorage } from "./cookies.js";
import { createHub } from "./hub.js";
import { createOrchestrator } from "./orchestrator.js";
import { createPool } from "./pool.js";
import { createTokenStore } from "./tokens.js";

/** The package of a page that calls `Amplify.configure(config, {ssr: true})`. */
export function createAmplify({ behaviour, clientId, ask, tell, tear }) {
  const hub = createHub(tell);
  const pool = createPool(ask, behaviour);
  const store = createTokenStore({ clientId, behaviour, tear });
  const orchestrator = createOrchestrator({ store, hub, pool, behaviour });
  const identities = createCookieStorage({ sameSite: "lax" });
  store.use(createCookieStorage({ sameSite: "lax" }));
  return {
    Hub: hub,
    tokenProvider: { tokenOrchestrator: orchestrator, setKeyValueStorage: (storage) => store.use(storage) },
    ...createAuth({ orchestrator, hub, pool, behaviour, identities }),
  };
}
