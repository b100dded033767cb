// What changed from release to release of aws-amplify, as far as it decides which cookies are written.

/** Releases as numbers that can be compared. */
const rank = (release) => release.split(".").reduce((sum, part) => sum * 1000 + Number(part), 0);

/** Errors at which tokens are cleared since 6.15.8; each by the beginning of its name. */
const REFUSALS = [
  "NotAuthorizedException",
  "TokenRevokedException",
  "UserNotFoundException",
  "PasswordResetRequiredException",
  "UserNotConfirmedException",
  "RefreshTokenReuseException",
];

/** How a release behaves. */
export function behaviourOf(release) {
  const isSince = (other) => rank(release) >= rank(other);
  return {
    /** `storeTokens` clears the old set before it writes the new one; since then it removes what the new one lacks. */
    clearsBeforeStoring: !isSince("6.12.2"),
    /** Milliseconds before its end at which a token counts as expired. */
    tolerance: isSince("6.12.0") ? 5000 : 0,
    /** A refresh keeps the details of the sign-in. */
    keepsDetails: isSince("6.0.23"),
    /** Refreshes of one page are one. */
    sharesRefresh: isSince("6.0.13"),
    /** A refresh is `GetTokensFromRefreshToken`, and a rotated token is kept; before, the old one was. */
    rotates: isSince("6.15.4"),
    /** A refused refresh is told to the Hub, and each failure with its error. */
    tellsErrors: isSince("6.0.12"),
    /** A sign-in that can't be read back has an error of its own. */
    namesInterruption: isSince("6.0.17"),
    /** A call that the pool throttles is sent again. */
    retriesThrottled: isSince("6.0.25"),
    /** `oauthMetadata` is a key that sign-out removes. */
    knowsOAuthMetadata: isSince("6.5.2"),
    /** The identity id is a cookie, and goes with sign-out, even where there is none. */
    keepsIdentityInCookies: isSince("6.14.2"),
    /** Whether this error on a refresh clears the tokens. */
    clearsAt: ({ name }) =>
      isSince("6.15.8") ? REFUSALS.some((refusal) => name.startsWith(refusal)) : !isSince("6.6.7") || name !== "NetworkError",
  };
}
