// The cure on the browser's side: hardtack.js in the place of CookieStorage and of the Hub listener.

import { Hub } from "aws-amplify/utils";
import { cognitoUserPoolsTokenProvider } from "aws-amplify/auth/cognito";
import { note } from "./log";

export async function useHardtack(base: string, go: (path: string) => void): Promise<void> {
  const hardtack = await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ `${base}/hardtack.js`);
  const policy = await (await fetch(`${base}/policy.json`)).json();
  cognitoUserPoolsTokenProvider.setKeyValueStorage(hardtack.createStorage(policy));
  hardtack.installRecovery({
    Hub,
    policy,
    onSignedOut: () => {
      note("hardtack.js", "signed out");
      go("/login");
    },
  });
}
