// Situations drawn from a seed: what lies in the jar, how the site is set up, what is done, what the pool answers.
//
// Rule: a situation need not be likely, it has to be possible. Sets are whole or broken, live or over, of one person or of
// several, in one scope or in three; answers come from the whole table of errors, whether they fit the tokens or not.

const START = 1_700_000_000; // epoch seconds
export const CLIENT = "1client2";
export const HOST = "app.example.test";

const ERRORS = [
  "NotAuthorizedException",
  "TokenRevokedException",
  "UserNotFoundException",
  "PasswordResetRequiredException",
  "UserNotConfirmedException",
  "RefreshTokenReuseException",
  "TooManyRequestsException",
  "InternalErrorException",
  "NetworkError",
  "ResourceNotFoundException",
  "InvalidParameterException",
  "UserLambdaValidationException",
  "ForbiddenException",
];
const USERS = ["alice", "bob", "a.b@example.com", "Ann (x)"];
const SCOPES = ["", "; Domain=example.test", "; Domain=app.example.test"];
const PATHS = ["/", "/", "/", "/", "/", "/app", "/login"];

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * A situation of stock Amplify; with `policies`, of Amplify with hardtack.js under one of them. Then runs may follow each
 * other on one page, and others write while something of it is under way.
 */
export function draw(seed, policies = null) {
  const next = chance(seed);
  const one = (choices) => choices[Math.floor(next() * choices.length)];
  const maybe = (share) => next() < share;
  const between = (low, high) => low + Math.floor(next() * (high - low + 1));
  let made = 0;

  const part = (claims) => Buffer.from(JSON.stringify(claims)).toString("base64url");

  /** Tokens of one grant: `age` seconds old, each living `life` seconds. */
  function grant(user, { session, now, age = 0, life = 3600, refresh, skew = 0 }) {
    made += 1;
    const iat = Math.floor(now) - age + skew;
    const claims = { sub: "sub-" + user, auth_time: iat, iat, exp: iat + life };
    if (session) claims.origin_jti = session;
    const access = { ...claims, jti: "a" + made, username: user, client_id: CLIENT, token_use: "access" };
    const id = { ...claims, jti: "i" + made, "cognito:username": user, aud: CLIENT, token_use: "id" };
    return { access: `e30.${part(access)}.s`, id: `e30.${part(id)}.s`, refresh, iat };
  }

  const key = (...parts) => "CognitoIdentityServiceProvider." + [CLIENT, ...parts].join(".");
  const name = (text) =>
    encodeURIComponent(text)
      .replace(/%(2[346B]|5E|60|7C)/g, decodeURIComponent)
      .replace(/[()]/g, (mark) => "%" + mark.charCodeAt(0).toString(16));

  /** The cookies of a set that some writer has left. */
  function* left(now) {
    const user = one(USERS.slice(0, maybe(0.7) ? 1 : USERS.length));
    const scope = one(SCOPES) + "; Path=" + one(PATHS) + "; Secure" + (maybe(0.05) ? "; HttpOnly" : "");
    const skew = maybe(0.2) ? between(-900, 900) : 0;
    const { access, id, refresh, iat } = grant(user, {
      session: maybe(0.9) && "origin" + between(1, 3),
      now,
      age: maybe(0.5) ? between(0, 900) : between(3590, 9000),
      refresh: "old" + between(1, 4),
      skew,
    });
    const put = (where, value) => `${name(where)}=${value}${scope}`;
    if (maybe(0.95)) yield put(key("LastAuthUser"), encodeURIComponent(maybe(0.1) ? one(USERS) : user));
    if (maybe(0.95)) yield put(key(user, "accessToken"), maybe(0.05) ? one(["", "rubbish", "a.b.c", '"quoted"', "%FF"]) : access);
    if (maybe(0.9)) yield put(key(user, "idToken"), id);
    if (maybe(0.92)) yield put(key(user, "refreshToken"), refresh);
    if (maybe(0.85)) yield put(key(user, "signInDetails"), maybe(0.05) ? "{broken" : encodeURIComponent(JSON.stringify({ loginId: user, authFlowType: "USER_SRP_AUTH" })));
    if (maybe(0.85)) yield put(key(user, "clockDrift"), maybe(0.1) ? one(["NaN", "-7200000", "120000"]) : String(skew ? (iat - now) * 1000 : -between(0, 900)));
    if (maybe(0.1)) yield put(key(user, "oauthMetadata"), "{%22oauthSignIn%22:false}");
    if (maybe(0.1)) yield put(key(user, "deviceKey"), "eu-west-1_device");
  }

  let now = START;
  const jar = [];
  for (let sets = between(0, 3); sets > 0; sets--) jar.push(...left(now));
  if (maybe(0.3)) jar.push("theme=dark; Path=/");

  const cookie = { path: maybe(0.93) ? "/" : one(["/login", "/app"]), expires: maybe(0.9) ? 365 : 1, secure: maybe(0.95) };
  if (maybe(0.6)) cookie.domain = one([".example.test", "example.test", "app.example.test"]);
  if (maybe(0.9)) cookie.sameSite = one(["lax", "lax", "strict"]);
  const settings = { cookie, listener: one(["sign-out", "sign-out", "reload", "none", "none"]), signInPath: "/login" };
  if (policies) Object.assign(settings, { policy: one(policies), listener: "none" });

  const runs = [];
  for (let count = between(1, 4); count > 0; count--) {
    const run = one(["load", "load", "sign-in", "sign-in", "sign-out", "sign-out-everywhere", "refresh", "refresh", "look"]);
    runs.push({ name: run, user: run === "sign-in" ? one(USERS) : "", path: one(["/", "/login", "/app"]), fresh: !policies || maybe(0.4) });
    // Most begin on a page that is there already.
    if (!runs.at(-1).fresh && runs.length > 1) runs.at(-1).path = runs.at(-2).path;
  }

  /** What another writer does while something is under way. */
  const meanwhile = () => (policies && maybe(0.15) ? [...left(now)] : []);

  /** What the site's own server answers; the sign-in that it chooses is one of those in the jar, or none. */
  function reply(path) {
    if (maybe(0.15)) return maybe(0.5) ? { error: "NetworkError" } : { status: 503, body: null };
    if (path.startsWith("/hardtack/recover")) return { status: 200, body: { swept: 1, again: maybe(0.3), cursor: String(between(1, 99)) } };
    const chosen = maybe(0.7) ? { sub: "sub-" + one(USERS.slice(0, 2)), session: "origin" + between(1, 3) } : null;
    return { status: 200, body: { chosen } };
  }

  /** What the pool answers; the wire's part of it is in `page.mjs`. */
  function answer([kind, operation, argument]) {
    if (kind === "Ask") return reply(argument);
    if (kind === "Lock") return policies && maybe(0.05) ? { error: "AbortError" } : {};
    if (kind === "Timer") return {};
    if (operation === "RevokeToken" || operation === "GlobalSignOut") return maybe(0.75) ? {} : { error: one(ERRORS) };
    const life = maybe(0.15) ? 3 : 3600;
    const skew = maybe(0.15) ? between(-900, 900) : 0;
    if (operation === "SignIn") {
      if (maybe(0.15)) return { error: one(["NotAuthorizedException", "NetworkError", "TooManyRequestsException", "UserNotFoundException"]) };
      const { access, id } = grant(argument, { session: maybe(0.95) && "origin" + between(10, 99), now, life, skew });
      const tokens = { AccessToken: access, RefreshToken: "new" + made };
      if (maybe(0.97)) tokens.IdToken = id;
      if (maybe(0.15)) tokens.Username = "sub-" + argument;
      return tokens;
    }
    if (maybe(0.45)) return { error: maybe(0.5) ? "NotAuthorizedException" : one(ERRORS) };
    if (maybe(0.04)) return {};
    const { access, id } = grant("alice", { session: "origin1", now, life, skew });
    const tokens = { AccessToken: access };
    if (maybe(0.95)) tokens.IdToken = id;
    if (maybe(0.4)) tokens.RefreshToken = "rotated" + made;
    return tokens;
  }

  /** Lets up to so many seconds pass, in whole milliseconds. */
  const pass = (seconds) => (now += maybe(0.5) ? 0 : between(0, seconds * 1000) / 1000);
  return { settings, jar, runs, answer, meanwhile, pass, now: () => now };
}
