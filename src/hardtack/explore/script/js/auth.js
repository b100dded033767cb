// Amplify's calls for an app: signIn, signOut, fetchAuthSession, getCurrentUser.
//
// Rule: a sign-in counts when its tokens can be read back. What is read back is what the jar shows first.

import { assertRefreshable, assertService, assertTokens, named } from "./errors.js";
import { decodeToken } from "./tokens.js";

/** To signIn these are no errors but what to do next, even where a refresh has thrown them. */
const NEXT_STEPS = ["PasswordResetRequiredException", "UserNotConfirmedException"];

/** The calls of a page, around its orchestrator. `identities` is the storage of identity ids, which no app sets. */
export function createAuth({ orchestrator, hub, pool, behaviour, identities }) {
  const getTokens = async (options) => (await orchestrator.getTokens(options)) ?? undefined;

  async function getCurrentUser() {
    const tokens = await getTokens({ forceRefresh: false });
    assertTokens(tokens);
    const { "cognito:username": username, sub: userId } = tokens.idToken?.payload ?? {};
    return { username, userId };
  }

  /** The session as far as it can be had; of a refused one there is none. */
  async function fetchAuthSession(options = {}) {
    return { tokens: await getTokens(options) };
  }

  async function assertSignedOut() {
    const user = await getCurrentUser().catch(() => null);
    if (user?.userId && user.username) throw named("UserAlreadyAuthenticatedException");
  }

  async function readBack() {
    try {
      hub.dispatch("auth", { event: "signedIn", data: await getCurrentUser() });
    } catch (error) {
      const isGone = error.name === "UserUnAuthenticatedException" && behaviour.namesInterruption;
      throw isGone ? named("UnexpectedSignInInterruptionException") : error;
    }
  }

  async function signIn({ username: loginId }) {
    await assertSignedOut();
    try {
      const result = await pool.call("SignIn", loginId);
      if (!result.AccessToken) throw named("InvalidTokens");
      const accessToken = decodeToken(result.AccessToken);
      const { iat } = accessToken.payload;
      const tokens = {
        accessToken,
        idToken: result.IdToken ? decodeToken(result.IdToken) : undefined,
        refreshToken: result.RefreshToken,
        clockDrift: iat > 0 ? iat * 1000 - Date.now() : 0,
        username: result.Username ?? loginId,
        signInDetails: { loginId, authFlowType: "USER_SRP_AUTH" },
      };
      await orchestrator.setTokens({ tokens });
      await readBack();
    } catch (error) {
      assertService(error);
      if (!NEXT_STEPS.includes(error.name)) throw error;
    }
  }

  /** Asks the pool to end the session, and is content with any answer. */
  async function revoke(isGlobal) {
    try {
      const tokens = await orchestrator.getTokenStore().loadTokens();
      if (isGlobal) {
        assertTokens(tokens);
        await pool.call("GlobalSignOut", String(tokens.accessToken));
      } else {
        assertRefreshable(tokens);
        if (tokens.accessToken.payload.origin_jti) await pool.call("RevokeToken", tokens.refreshToken);
      }
    } catch {
      // not even logged where an app would see it
    }
  }

  // Three calls deep, as in the package: what goes on meanwhile is by so much ahead.
  async function clearIdentity() {
    // Without an identity pool the id has no key: it is a cookie called "undefined" that every sign-out deletes.
    if (behaviour.keepsIdentityInCookies) await identities.removeItem(undefined);
    else await null;
  }
  async function clearProvider() {
    await clearIdentity();
  }
  async function clearCredentials() {
    await clearProvider();
  }

  async function signOut({ global = false } = {}) {
    await revoke(global);
    orchestrator.clearTokens(); // not awaited
    await clearCredentials();
    hub.dispatch("auth", { event: "signedOut" });
  }

  return { fetchAuthSession, getCurrentUser, signIn, signOut };
}
