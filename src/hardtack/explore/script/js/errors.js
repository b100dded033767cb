// Errors as Amplify has them: told from each other by their name alone.

/** An error of this name. */
export const named = (name, message = name) => Object.assign(new Error(message), { name });

/** Whatever is no error of the service, or of Amplify's own, is an `Unknown` one. */
export function assertService(error) {
  if (!error || error.name === "Error" || error instanceof TypeError) throw named("Unknown");
}

/** Nobody is signed in, as far as can be read. */
export function assertTokens(tokens) {
  if (!tokens?.accessToken) throw named("UserUnAuthenticatedException");
}

/** There is nothing to refresh or to revoke with. */
export function assertRefreshable(tokens) {
  assertTokens(tokens);
  if (!tokens.refreshToken) throw named("TokenRefreshException");
}
