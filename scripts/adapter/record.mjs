// Runs the real `@aws-amplify/adapter-nextjs` through situations and tells what it did.
//
//   node record.mjs <folder whose node_modules hold the packages> < situations.jsonl > outcomes.jsonl
//
// Rule: what is recorded is the packages' own doing. The adapter, Amplify and Next's classes of requests, responses and
// cookies are the real ones; what stands in for the world around them is the clock, which stands still, the user pool
// behind `fetch`, and the keys behind `https.request`. Tokens come in as symbols such as `jwt-7-access`, are signed
// here, and leave as symbols again, so that a recording is small and the same each time.
import { createSign, generateKeyPairSync } from "node:crypto";
import { EventEmitter } from "node:events";
import { IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";

const require = createRequire(resolve(process.argv[2], "package.json"));
const POOL = "eu-west-1_AbCdEfGhI";
const ISSUER = `https://cognito-idp.eu-west-1.amazonaws.com/${POOL}`;
const SYMBOL = /jwt-\d+-(?:access|id)/g;

// -- the clock: it stands, and nobody waits -----------------------------------------------------------------------------

let now = 0;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    given.length ? super(...given) : super(now);
  }
  static now() {
    return now;
  }
};
const { setTimeout: wait } = globalThis;
const BACK_OFF = 1_000; // milliseconds: shorter waits are Amplify's pauses between attempts, longer ones are time limits
globalThis.setTimeout = (call, delay = 0, ...rest) => wait(call, delay < BACK_OFF ? 0 : delay, ...rest);

// -- the user pool: its keys, its tokens, its answers -------------------------------------------------------------------

const [ours, foreign] = [0, 1].map(() => generateKeyPairSync("rsa", { modulusLength: 2048 }));
const jwks = { keys: [{ ...ours.publicKey.export({ format: "jwk" }), kid: "ours", alg: "RS256", use: "sig" }] };
let keysReachable = true;

// aws-jwt-verify fetches the keys through `https.request`.
https.request = (_url, _options, answered) => {
  const request = new EventEmitter();
  request.destroy = () => {};
  request.end = () =>
    process.nextTick(() => {
      if (!keysReachable) {
        request.emit("error", new Error("connect ECONNREFUSED"));
        return;
      }
      const response = Readable.from([Buffer.from(JSON.stringify(jwks))], { objectMode: false });
      answered(Object.assign(response, { statusCode: 200, headers: { "content-type": "application/json" } }));
    });
  return request;
};

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The token that a symbol stands for. `made` says how: for whom, when, and by which key it is signed. */
function sign(symbol, made) {
  const { use, sub, username, client, iat, exp, key, issuer } = made;
  const payload = {
    sub,
    iss: issuer ?? ISSUER,
    token_use: use,
    auth_time: iat,
    iat,
    exp,
    jti: symbol,
    ...(use === "access" ? { client_id: client, username } : { aud: client, "cognito:username": username }),
  };
  const text = `${base64url({ kid: key === "unknown" ? "foreign" : "ours", alg: "RS256" })}.${base64url(payload)}`;
  const signer = createSign("RSA-SHA256").update(text);
  return `${text}.${signer.sign((key === "good" ? ours : foreign).privateKey, "base64url")}`;
}

let pool = { answer: undefined, asked: [] };

globalThis.fetch = async (_url, { headers, body }) => {
  const operation = new Headers(headers).get("x-amz-target").split(".").at(-1);
  const { RefreshToken, AuthParameters } = JSON.parse(body);
  pool.asked.push([operation, RefreshToken ?? AuthParameters.REFRESH_TOKEN]);
  const { answer } = pool;
  if (answer === "NetworkError") throw new TypeError("fetch failed");
  if (answer === "Unknown") return poolSays(200, { AuthenticationResult: {} });
  if (typeof answer === "string") return poolSays(statusOf(answer), { __type: answer, message: "no" });
  const [AccessToken, IdToken, RefreshTokenAnew] = answer;
  const result = { AccessToken, ExpiresIn: 3600, TokenType: "Bearer" };
  if (IdToken !== null) result.IdToken = IdToken;
  if (RefreshTokenAnew !== null) result.RefreshToken = RefreshTokenAnew;
  return poolSays(200, { AuthenticationResult: result });
};

const statusOf = (error) => (error === "InternalErrorException" ? 500 : 400);
const poolSays = (status, body) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/x-amz-json-1.1" } });

// -- Next: one request in each of the contexts --------------------------------------------------------------------------

const { NextRequest, NextResponse } = require("next/server");
const { RequestCookies } = require("next/dist/server/web/spec-extension/cookies");
const adapters = require("next/dist/server/web/spec-extension/adapters/request-cookies");
const { getCookieParser } = require("next/dist/server/api-utils/get-cookie-parser");
const cookiesArePromised = Number(require("next/package.json").version.split(".")[0]) >= 15;

const headersOf = (cookie) => (cookie ? { cookie } : {});
const nextRequest = (cookie) => new NextRequest("https://app.example.com/account/orders", { headers: headersOf(cookie) });
const cookiesGiving = (store) => (cookiesArePromised ? async () => store : () => store);

/** What the site passes as `nextServerContext`, and how to look at the response's lines. */
const CONTEXTS = {
  "next-response": (cookie) => {
    const response = NextResponse.next();
    return [{ request: nextRequest(cookie), response }, () => response.headers.getSetCookie()];
  },
  response: (cookie) => {
    const response = new Response();
    return [{ request: nextRequest(cookie), response }, () => response.headers.getSetCookie()];
  },
  "server-component": (cookie) => {
    const store = adapters.RequestCookiesAdapter.seal(new RequestCookies(new Headers(headersOf(cookie))));
    return [{ cookies: cookiesGiving(store) }, () => []];
  },
  "server-action": (cookie) => {
    const store = adapters.MutableRequestCookiesAdapter.wrap(new RequestCookies(new Headers(headersOf(cookie))));
    const look = () => {
      const headers = new Headers();
      adapters.appendMutableCookies(headers, store);
      return headers.getSetCookie();
    };
    return [{ cookies: cookiesGiving(store) }, look];
  },
  "get-server-side-props": (cookie) => {
    const request = Object.assign(new IncomingMessage(null), { cookies: getCookieParser(headersOf(cookie))() });
    const response = new ServerResponse(request);
    return [{ request, response }, () => [response.getHeader("Set-Cookie") ?? []].flat()];
  },
};

// -- Amplify ------------------------------------------------------------------------------------------------------------

const { createServerRunner } = require("@aws-amplify/adapter-nextjs");
const { fetchAuthSession, getCurrentUser } = require("aws-amplify/auth/server");
const { Hub } = require("aws-amplify/utils");

let events = [];
Hub.listen("auth", ({ payload }) => events.push(payload.event));

/** One call: what it gave or threw. A call that refreshes finds the pool with its own answer. */
async function call(spec, { operation, force, pool: answer }) {
  pool = { answer, asked: [] };
  events = [];
  const outcome = {};
  try {
    if (operation === "fetchAuthSession") {
      const { tokens, userSub } = await fetchAuthSession(spec, { forceRefresh: force });
      if (tokens) outcome.user = [tokens.idToken?.payload["cognito:username"] ?? "", userSub ?? ""];
    } else {
      const { username, userId } = await getCurrentUser(spec);
      outcome.user = [username ?? "", userId ?? ""];
    }
  } catch (error) {
    outcome.thrown = error.name;
  }
  return { ...outcome, events, asked: pool.asked };
}

/** A situation from its first call to its last. */
async function run(situation) {
  now = situation.now;
  keysReachable = !situation.keys_unreachable;
  const signed = new Map(Object.entries(situation.tokens).map(([symbol, made]) => [symbol, sign(symbol, made)]));
  const real = (text) => text.replace(SYMBOL, (symbol) => signed.get(symbol) ?? symbol);
  const { expires, ...options } = situation.options;
  const runner = createServerRunner({
    config: { Auth: { Cognito: { userPoolId: POOL, userPoolClientId: situation.client_id } } },
    runtimeOptions: { cookies: expires === undefined ? options : { ...options, expires: new RealDate(expires * 1000) } },
  });
  const [nextServerContext, look] = CONTEXTS[situation.context](real(situation.cookie));
  const outcomes = [];
  const perform = async (spec, one) => {
    const answer = Array.isArray(one.pool) ? one.pool.map((text) => text && real(text)) : one.pool;
    const outcome = await call(spec, { ...one, pool: answer });
    outcomes.push(outcome);
    if (situation.together) return;
    await nextTurn(); // clearing is not awaited
    outcome.lines = look();
  };
  const within = (operation) => runner.runWithAmplifyServerContext({ nextServerContext, operation });
  if (situation.together) {
    await within(async (spec) => {
      for (const one of situation.calls) await perform(spec, one);
    });
    await nextTurn();
    outcomes.at(-1).lines = look();
  } else {
    for (const one of situation.calls) await within((spec) => perform(spec, one));
  }
  const symbols = [...signed].map(([symbol, token]) => [token, symbol]);
  const told = symbols.reduce((text, [token, symbol]) => text.replaceAll(token, symbol), JSON.stringify(outcomes));
  return JSON.parse(told);
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await run(JSON.parse(line)))}\n`);
}
process.exit(); // timers of aws-jwt-verify may still wait
