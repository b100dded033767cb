// The server's side of Amplify, as the documentation has it: one runner, and the session of whoever asks.
//
// This is half of the mistake. Without `runtimeOptions.cookies.domain` the adapter writes host-only cookies, whatever
// the browser's CookieStorage does; and with it, the adapter's deletions still carry no Domain.

import { createServerRunner, type NextServer } from "@aws-amplify/adapter-nextjs";
import { fetchAuthSession } from "aws-amplify/auth/server";
import { pool, serverDomain } from "./settings";

export type Seen = { username: string | null; error?: string };

type Runner = ReturnType<typeof createServerRunner>["runWithAmplifyServerContext"];

let runner: Runner | undefined;

function run(): Runner {
  if (!runner) {
    const domain = serverDomain();
    const made = createServerRunner({ config: pool(), runtimeOptions: domain ? { cookies: { domain } } : undefined });
    runner = made.runWithAmplifyServerContext;
  }
  return runner;
}

/** Who the server sees. With `forceRefresh` it asks the pool for fresh tokens, and writes them as cookies. */
export async function look(nextServerContext: NextServer.Context, forceRefresh = false): Promise<Seen> {
  try {
    return await run()({
      nextServerContext,
      operation: async (context) => {
        const { tokens } = await fetchAuthSession(context, { forceRefresh });
        const username = tokens?.accessToken.payload.username;
        return { username: typeof username === "string" ? username : null };
      },
    });
  } catch (error) {
    return { username: null, error: error instanceof Error ? error.name : "Unknown" };
  }
}
