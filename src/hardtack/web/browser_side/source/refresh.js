// One refresh for each browser, not for each tab; and where our server refreshes, one for both.
//
// Rule: whoever gets the lock reads the jar again before it spends a token, and writes what it got before it lets go. So
// a tab that lost the race reads the winner's tokens, and a rotated token is never sent twice. Where our server refreshes
// it is asked, and the pool only if it can't be: then a refusal may be of a token that the server has just spent, and it
// ends nothing.
//
// Of Amplify this uses what is public: `cognitoUserPoolsTokenProvider.tokenOrchestrator` with `getTokenRefresher`,
// `setTokenRefresher` and `getTokenStore`, and the token store's `loadTokens` and `storeTokens` (all since 6.0).

import { deskOf } from "./desk.js";
import { pause, withLock } from "./lock.js";
import { ask } from "./server.js";
import { payloadOf } from "./tokens.js";

const MOST_CALLS = 3; // refresh tokens tried before a session counts as dead
const PATIENCE = 8_000; // milliseconds for our server: less than anybody waits for the lock
const SETTLE = 500; // milliseconds for an answer of the server that was on its way when the pool refused
const REFUSAL = "NotAuthorizedException";
const REFUSED =
  /^(NotAuthorized|TokenRevoked|UserNotFound|PasswordResetRequired|UserNotConfirmed|RefreshTokenReuse)Exception/;

/** Whether an error says that this session is over, and not merely that the pool can't be asked now. */
export const isRefused = (error) => !!error && REFUSED.test(error.name);

/**
 * Puts a lock around Amplify's refresh.
 *
 * @returns a function that takes it off again; null where this release of Amplify has no refresher to wrap.
 */
export function installRefresh({ tokenProvider, policy }) {
  const orchestrator = tokenProvider.tokenOrchestrator;
  if (!orchestrator?.getTokenRefresher) return null;
  const inner = orchestrator.getTokenRefresher();
  const desk = deskOf(policy);
  orchestrator.setTokenRefresher((request) =>
    withLock("hardtack." + policy.clientId, () => refreshOnce(desk, inner, orchestrator.getTokenStore(), request)),
  );
  return () => orchestrator.setTokenRefresher(inner);
}

async function refreshOnce(desk, inner, store, request) {
  const asked = String(request.tokens.accessToken);
  const tried = [];
  let refusal = null;
  for (let settled = false; ; ) {
    desk.forget();
    const set = await desk.current();
    const tokens = set && (await store.loadTokens()); // of that very set: both look at the jar in one task
    if (!tokens) throw refusal || ended();
    if (set.token !== asked && desk.isLive(set, tokens.clockDrift)) return pinned(tokens);
    const candidates = desk.refreshTokens(set).filter((token) => !tried.includes(token));
    if (tried.length && (!candidates.length || tried.length >= MOST_CALLS)) {
      if (!settled) {
        settled = true;
        await pause(SETTLE);
        continue;
      }
      const next = desk.giveUp(set);
      if (tried.length < MOST_CALLS && next?.sub === set.sub && next.id !== set.id) continue;
      desk.bury(set);
      throw refusal;
    }
    const refreshToken = candidates[0];
    tried.push(refreshToken);
    const told = desk.policy.refreshes && refreshToken && (await ask(desk.policy, "/refresh", {}, PATIENCE));
    try {
      const offered = { ...tokens, refreshToken };
      const fresh = granted(desk, told, offered, set) || (await inner({ ...request, tokens: offered, username: tokens.username }));
      const got = desk.read(String(fresh.accessToken));
      desk.forget();
      if (got?.sub !== set.sub || (desk.view().mark?.id === set.id && got.id !== set.id)) {
        // Planted beside the set, it would have put this person into somebody else's account.
        throw error(REFUSAL, "The refresh token is another sign-in's.");
      }
      if (desk.isLate(set)) continue; // somebody signed out, or in, meanwhile
      fresh.signInDetails = tokens.signInDetails;
      await store.storeTokens(fresh);
      return pinned(fresh);
    } catch (cause) {
      if (cause.name === "TokenRefreshException") throw cause;
      if (!isRefused(cause) || told === null) throw unavailable(cause);
      refusal = refusal || cause;
    }
  }
}

/** What our server got for this set, in the form of Amplify's refresher; nothing where it leaves the refresh to us. */
function granted(desk, told, { username, refreshToken }, set) {
  const { refused, unavailable, tokens } = told || {};
  if (refused || unavailable) throw error(refused ? REFUSAL : "NetworkError", refused);
  if (!tokens || desk.read(tokens.accessToken)?.id !== set.id) return;
  const jwt = (token) => (token ? { toString: () => token, payload: payloadOf(token) } : undefined);
  const accessToken = jwt(tokens.accessToken);
  const clockDrift = accessToken.payload.iat * 1000 - Date.now();
  return { refreshToken, ...tokens, accessToken, idToken: jwt(tokens.idToken), clockDrift, username };
}

/** Amplify puts the details of the set that it read before upon whatever it gets: those of another set are kept. */
function pinned(tokens) {
  const details = tokens.signInDetails;
  return Object.defineProperty(tokens, "signInDetails", { get: () => details, set() {}, enumerable: true });
}

/**
 * The one error at which no release of Amplify and no Authenticator wipes the tokens. The pool's throttling or failure is
 * no sign-out; what it said is in `cause`.
 */
function unavailable(cause) {
  return cause.name === "NetworkError" ? cause : error("NetworkError", cause.message, { cause });
}

/** Somebody else has ended the session, and has cleaned up. */
const ended = () => error(REFUSAL, "The session has ended.", { ended: true });

const error = (name, message, more) => Object.assign(new Error(message), { name }, more);
