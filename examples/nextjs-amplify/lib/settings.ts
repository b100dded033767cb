// What the site is set up as, read from the environment at run time: one build serves every set-up.

import type { ResourcesConfig } from "aws-amplify";

/** What the browser is told; nothing in it is secret. */
export type Settings = {
  pool: ResourcesConfig;
  domain?: string;
  path: string;
  actAlone: boolean;
  hardtack?: string;
};

function read(name: string): string | undefined {
  return process.env[name] || undefined;
}

/** The pool, for the browser and the server alike. */
export function pool(): ResourcesConfig {
  return {
    Auth: {
      Cognito: {
        userPoolId: read("POOL_ID") ?? "",
        userPoolClientId: read("POOL_CLIENT_ID") ?? "",
        userPoolEndpoint: read("POOL_ENDPOINT"),
      },
    },
  };
}

/** The Domain that the server's adapter writes; undefined is its default, host-only. */
export function serverDomain(): string | undefined {
  return read("SERVER_COOKIE_DOMAIN");
}

/** The browser's part. */
export function settings(): Settings {
  return {
    pool: pool(),
    domain: read("CLIENT_COOKIE_DOMAIN"),
    path: read("CLIENT_COOKIE_PATH") ?? "/",
    actAlone: read("ACT_ALONE") !== "0",
    hardtack: read("HARDTACK_BASE"),
  };
}
