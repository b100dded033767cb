// The site's server: Amplify's real adapter for Next.js, handed Next's real requests, responses and cookies.
//
// No Next application runs here: each context is made of the classes that Next itself makes it of, so that nothing but
// the adapter decides what is read and written. Its calls to the pool go through the rig, which says which request they
// belong to; its clock is the rig's. It ends with its standard input.

const { AsyncLocalStorage } = require("node:async_hooks");
const flight = new AsyncLocalStorage(); // of each request: its number, its time, whether it only looks

const RealDate = Date;
const now = () => flight.getStore()?.now ?? RealDate.now();
globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, made) =>
    Reflect.construct(target, given.length ? given : [now()], made === globalThis.Date ? target : made),
  apply: () => new RealDate(now()).toString(),
  get: (target, key) => (key === "now" ? now : Reflect.get(target, key)),
});

const http = require("node:http");
const https = require("node:https");

const [gate, keys] = process.argv.slice(2); // where calls to the pool go, and where its public keys are
const SLOW = 100; // milliseconds: shorter waits are run as they are
const HURRY = 10; // longer ones take a tenth: pauses before a second try

globalThis.AsyncLocalStorage = AsyncLocalStorage; // as Next's own server has it before anything of Next is loaded

// The adapter fetches the public keys from Amazon's host, whatever the endpoint: they are led to the local pool.
const original = https.request;
https.request = (url, ...rest) => {
  const address = url instanceof URL || typeof url === "string" ? new URL(url) : null;
  if (address?.hostname.endsWith(".amazonaws.com")) return http.request(new URL(address.pathname, keys), ...rest);
  return original(url, ...rest);
};

const send = globalThis.fetch;
globalThis.fetch = (input, settings = {}) => {
  const { peeks, number } = flight.getStore() ?? {};
  if (peeks) {
    flight.getStore().refreshes = true;
    const refused = JSON.stringify({ __type: "NotAuthorizedException", message: "Nobody is asked while looking." });
    return Promise.resolve(new Response(refused, { status: 400, headers: { "x-amzn-errortype": "NotAuthorizedException" } }));
  }
  return send(gate, { ...settings, headers: { ...settings.headers, "x-rig-flight": String(number ?? "") } });
};

const later = globalThis.setTimeout;
globalThis.setTimeout = (work, delay, ...given) =>
  later(work, flight.getStore() && delay >= SLOW ? delay / HURRY : delay, ...given);

const { createServerRunner } = require("@aws-amplify/adapter-nextjs");
const { fetchAuthSession } = require("aws-amplify/auth/server");
const { NextRequest, NextResponse } = require("next/server");
const { RequestCookies } = require("next/dist/server/web/spec-extension/cookies");
const {
  MutableRequestCookiesAdapter,
  RequestCookiesAdapter,
  appendMutableCookies,
} = require("next/dist/server/web/spec-extension/adapters/request-cookies");
const { getCookieParser } = require("next/dist/server/api-utils/get-cookie-parser");

let run; // the adapter's `runWithAmplifyServerContext`
let page = {}; // what the documents of this deployment say
let guarding = ""; // the query that names the context which page loads pass; empty for none

function deploy({ config, domain, document, context }) {
  const runtimeOptions = domain ? { cookies: { domain } } : undefined;
  run = createServerRunner({ config, runtimeOptions }).runWithAmplifyServerContext;
  page = document;
  guarding = context;
}

/** What a site does in every context: asks for the session. */
async function look(nextServerContext, forceRefresh) {
  try {
    return await run({
      nextServerContext,
      operation: async (context) => {
        const { tokens } = await fetchAuthSession(context, { forceRefresh });
        return { username: tokens?.accessToken.payload.username ?? null };
      },
    });
  } catch (error) {
    return { username: null, error: error.name };
  }
}

const headersOf = (request) => {
  const headers = new Headers();
  for (let at = 0; at < request.rawHeaders.length; at += 2) headers.append(request.rawHeaders[at], request.rawHeaders[at + 1]);
  return headers;
};
const requestOf = (request) => new NextRequest(`https://${request.headers.host}${request.url}`, { headers: headersOf(request) });

/** Each context: who was seen, and the Set-Cookie lines that leave. */
const CONTEXTS = {
  /** proxy.ts, and route handlers that answer with a NextResponse. */
  async "next-response"(request, _, force) {
    const response = new NextResponse();
    const seen = await look({ request: requestOf(request), response }, force);
    return { seen, lines: response.headers.getSetCookie() };
  },
  /** The documentation's guard: whoever is not signed in gets a redirect, which is another response. */
  async guard(request, response, force) {
    const { seen, lines } = await CONTEXTS["next-response"](request, response, force);
    return seen.username ? { seen, lines } : { seen, lines: [], location: page.signIn };
  },
  /** Route handlers that answer with a web Response. */
  async response(request, _, force) {
    const response = new Response();
    const seen = await look({ request: requestOf(request), response }, force);
    return { seen, lines: response.headers.getSetCookie() };
  },
  /** Server actions, and route handlers that use `cookies()`. */
  async "server-action"(request, _, force) {
    const cookies = MutableRequestCookiesAdapter.wrap(new RequestCookies(headersOf(request)));
    const seen = await look({ cookies: async () => cookies }, force);
    const headers = new Headers();
    appendMutableCookies(headers, cookies);
    return { seen, lines: headers.getSetCookie() };
  },
  /** Server components, whose cookies can't be written. */
  async "server-component"(request, _, force) {
    const cookies = RequestCookiesAdapter.seal(new RequestCookies(headersOf(request)));
    return { seen: await look({ cookies: async () => cookies }, force), lines: [] };
  },
  /** getServerSideProps, and API routes. */
  async "get-server-side-props"(request, response, force) {
    request.cookies = getCookieParser(request.headers)();
    const seen = await look({ request, response }, force);
    const lines = response.getHeader("set-cookie") ?? [];
    response.removeHeader("set-cookie");
    return { seen, lines: [lines].flat() };
  },
};

const html = () =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>A site</title><link rel="icon" href="data:,">` +
  `<script type="application/json" id="site">${JSON.stringify(page).replaceAll("<", "\\u003c")}</script>` +
  `<script type="module" src="/rig/page.js"></script><body></body></html>`;

async function answer(request, response) {
  const navigates = request.headers["sec-fetch-dest"] === "document";
  const asked = navigates ? new URLSearchParams(guarding) : new URL(request.url, "https://site").searchParams;
  const context = CONTEXTS[asked.get("context")];
  const force = asked.get("force") === "1";
  const shown = html(); // of the deployment that took the request, whenever it is answered
  const { seen = {}, lines = [], location } = context ? await context(request, response, force) : {};
  const { refreshes } = flight.getStore();
  const headers = [["Cache-Control", "no-store"], ...lines.map((line) => ["Set-Cookie", line])];
  if (navigates && location) {
    response.writeHead(307, [...headers, ["Location", location]].flat()).end();
    return;
  }
  headers.push(["Content-Type", navigates ? "text/html; charset=utf-8" : "application/json"]);
  response.writeHead(200, headers.flat()).end(navigates ? shown : JSON.stringify({ ...seen, refreshes }));
}

async function control(request, response) {
  const parts = [];
  for await (const part of request) parts.push(part);
  deploy(JSON.parse(Buffer.concat(parts)));
  response.writeHead(204).end();
}

const server = http.createServer({ maxHeaderSize: 262_144 }, (request, response) => {
  if (request.url === "/rig/deploy") {
    control(request, response);
    return;
  }
  const { "x-rig-flight": number, "x-rig-now": time } = request.headers;
  const store = { number, now: Number(time), peeks: "x-rig-peek" in request.headers, refreshes: false };
  flight.run(store, () => answer(request, response).catch((error) => response.destroy(error)));
});
server.keepAliveTimeout = 0; // the rig keeps its connections for as long as it runs
server.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));
process.stdin.resume().on("end", () => process.exit(0));
