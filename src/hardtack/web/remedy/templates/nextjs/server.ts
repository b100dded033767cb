// The server's half: take runWithAmplifyServerContext from here and nowhere else.
//
//     import { runWithAmplifyServerContext } from "@/hardtack/server";
//
// It writes in the policy's scope, as createServerRunner does when it is told the domain. And it deletes there too, as
// createServerRunner does not: its deletions carry no Domain, and in two of four contexts no Path, so that a dead
// session that lies on a Domain comes back with every request.

import { createServerRunner, type NextServer } from "@aws-amplify/adapter-nextjs";

import { COOKIES, deletions, isAuthCookie, readSetCookie } from "./policy";

type Config = NextServer.CreateServerRunnerInput["config"];

/** What a server needs to know of the pool to read a session. */
const POOL: Config = { Auth: { Cognito: __POOL__ } };

/**
 * A server runner whose cookies agree with the policy.
 *
 * @param config the site's own configuration, where more than sessions is asked of Amplify on the server.
 */
export function createPolicyRunner(config: Config = POOL) {
  const runner = createServerRunner({
    config,
    runtimeOptions: {
      cookies: {
        ...(COOKIES.domain === undefined ? {} : { domain: COOKIES.domain }),
        sameSite: COOKIES.sameSite,
        maxAge: COOKIES.maxAge,
      },
    },
  });
  const runWithAmplifyServerContext: NextServer.RunOperationWithContext = async (input) => {
    const context = input.nextServerContext;
    if (context !== null && "cookies" in context) {
      const cookies = () => inPolicy(context.cookies);
      return runner.runWithAmplifyServerContext({ ...input, nextServerContext: { cookies } });
    }
    try {
      return await runner.runWithAmplifyServerContext(input);
    } finally {
      if (context !== null && "response" in context) {
        await settled();
        widenDeletions(context.response, new URL(context.request.url ?? "/", "http://localhost").pathname);
      }
    }
  };
  return { ...runner, runWithAmplifyServerContext };
}

export const { runWithAmplifyServerContext } = createPolicyRunner();

/** Amplify begins to clear a dead session and goes on without waiting for it. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

type Cookies = Extract<NextServer.Context, { cookies: unknown }>["cookies"];

/** Next's cookies, but a deletion goes to the policy's scope: a name has one line here, so it goes nowhere else. */
async function inPolicy(cookies: Cookies): ReturnType<Cookies> {
  const store = await cookies();
  const remove = (name: string) => {
    if (!isAuthCookie(name)) return store.delete(name);
    return store.set({
      name,
      value: "",
      ...(COOKIES.domain === undefined ? {} : { domain: COOKIES.domain }),
      path: COOKIES.path,
      expires: new Date(0),
    });
  };
  return new Proxy(store, {
    get: (target, property) => {
      if (property === "delete") return remove;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

type Answering = Extract<NextServer.Context, { response: unknown }>["response"];

/** Where the adapter has deleted an auth cookie and set none anew, delete it in every scope. */
function widenDeletions(response: Answering, pathname: string): void {
  const before = setCookies(response);
  const read = before.map((line) => ({ line, ...readSetCookie(line) }));
  const fresh = new Set(read.filter((each) => !each.deletes).map((each) => each.name));
  const gone = read.filter((each) => each.deletes && isAuthCookie(each.name) && !fresh.has(each.name));
  if (gone.length === 0) return;
  const others = read.filter((each) => !gone.includes(each)).map((each) => each.line);
  replaceSetCookies(response, [...deletions(gone.map((each) => each.name), "everywhere", pathname), ...others]);
}

function setCookies(response: Answering): string[] {
  if ("headers" in response && response.headers instanceof Headers) return response.headers.getSetCookie();
  const value = (response as NextServer.GetServerSidePropsContext["response"]).getHeader("Set-Cookie") ?? [];
  return Array.isArray(value) ? value : [String(value)];
}

/** As raw lines: a container that is keyed by name would keep one of several deletions. */
function replaceSetCookies(response: Answering, lines: string[]): void {
  if ("headers" in response && response.headers instanceof Headers) {
    response.headers.delete("set-cookie");
    for (const line of lines) response.headers.append("set-cookie", line);
  } else {
    (response as NextServer.GetServerSidePropsContext["response"]).setHeader("Set-Cookie", lines);
  }
}
