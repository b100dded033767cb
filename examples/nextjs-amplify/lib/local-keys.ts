// For a pool on this machine only. Its tokens name Amazon's host as their issuer, as real ones do, and the adapter
// fetches the public keys from there, whatever `userPoolEndpoint` says: such requests are led to the local pool.

import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";

export function fetchKeysFrom(endpoint: string): void {
  const original = https.request;
  const redirected = (url: unknown, ...rest: unknown[]) => {
    const address = url instanceof URL || typeof url === "string" ? new URL(url) : null;
    if (address && /^cognito-idp\.[a-z0-9-]+\.amazonaws\.com$/.test(address.hostname)) {
      return Reflect.apply(http.request, http, [new URL(address.pathname, endpoint), ...rest]);
    }
    return Reflect.apply(original, https, [url, ...rest]);
  };
  https.request = redirected as typeof https.request;
  syncBuiltinESMExports();
}
