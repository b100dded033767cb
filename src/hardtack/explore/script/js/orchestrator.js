// Amplify's TokenOrchestrator: when a set counts as expired, who refreshes it, and what an error does to it.

import { assertRefreshable, assertService, named } from "./errors.js";
import { decodeToken } from "./tokens.js";

/** The refresher that Amplify brings: one call at a time in a page, whoever asks. */
export function createRefresher({ pool, behaviour }) {
  const refresh = async ({ tokens, username }) => {
    assertRefreshable(tokens);
    const operation = behaviour.rotates ? "GetTokensFromRefreshToken" : "InitiateAuth";
    const result = await pool.call(operation, tokens.refreshToken);
    const accessToken = decodeToken(result.AccessToken ?? "");
    const idToken = result.IdToken ? decodeToken(result.IdToken) : undefined;
    const { iat } = accessToken.payload;
    if (!iat) throw named("iatNotFoundException");
    const clockDrift = iat * 1000 - Date.now();
    const rotated = behaviour.rotates ? result.RefreshToken : undefined;
    return { accessToken, idToken, clockDrift, refreshToken: rotated ?? tokens.refreshToken, username };
  };
  let running = null;
  return async (request) => {
    if (!behaviour.sharesRefresh) return refresh(request);
    running ??= new Promise((resolve, reject) => {
      refresh(request)
        .then((tokens) => resolve(tokens))
        .catch((error) => reject(error))
        .finally(() => {
          running = null;
        });
    });
    return running;
  };
}

/** The orchestrator of a page, with what hardtack.js takes hold of. */
export function createOrchestrator({ store, hub, pool, behaviour }) {
  let refresher = createRefresher({ pool, behaviour });

  const isExpired = (token, drift) => Date.now() + drift + behaviour.tolerance > (token.payload.exp ?? 0) * 1000;

  function fail(error) {
    assertService(error);
    if (behaviour.clearsAt(error)) orchestrator.clearTokens(); // not awaited
    const isRefusal = error.name.startsWith("NotAuthorizedException");
    const data = behaviour.tellsErrors ? { error } : undefined;
    if (!isRefusal || data) hub.dispatch("auth", { event: "tokenRefresh_failure", data });
    if (isRefusal) return null;
    throw error;
  }

  async function refreshTokens({ tokens, username }) {
    try {
      const { signInDetails } = tokens;
      const fresh = await refresher({ tokens, username });
      if (behaviour.keepsDetails) fresh.signInDetails = signInDetails;
      await orchestrator.setTokens({ tokens: fresh });
      hub.dispatch("auth", { event: "tokenRefresh" });
      return fresh;
    } catch (error) {
      return fail(error);
    }
  }

  const orchestrator = {
    getTokenRefresher: () => refresher,
    setTokenRefresher(other) {
      refresher = other;
    },
    getTokenStore: () => store,

    /** The set of this page, refreshed where it has to be; null where there is none. */
    async getTokens({ forceRefresh = false } = {}) {
      const tokens = await store.loadTokens();
      const username = await store.getLastAuthUser();
      if (!tokens) return null;
      const drift = tokens.clockDrift ?? 0;
      const isOver = (tokens.idToken && isExpired(tokens.idToken, drift)) || isExpired(tokens.accessToken, drift);
      if (!forceRefresh && !isOver) return tokens;
      return refreshTokens({ tokens, username });
    },

    async setTokens({ tokens }) {
      return store.storeTokens(tokens);
    },

    async clearTokens() {
      return store.clearTokens();
    },
  };
  return orchestrator;
}
