// The cure on the browser's side: hardtack.js in the place of CookieStorage and of the Hub listener.

import { cognitoUserPoolsTokenProvider as tokenProvider } from "aws-amplify/auth/cognito";
import { Hub } from "aws-amplify/utils";
import { note } from "./log";

export async function putHardtackInPlace(base: string, go: (path: string) => void): Promise<void> {
  const { install, loadPolicy } = await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ `${base}/hardtack.js`);
  const onSignedOut = () => {
    note("hardtack.js", "signed out");
    if (location.pathname !== "/login") go("/login");
  };
  install({ policy: await loadPolicy(base), tokenProvider, Hub, onSignedOut });
}
