"use client";

// The browser's half: call this in the place of Amplify.configure, once, wherever the site configured Amplify so far.
//
//     import { configureAmplify } from "./hardtack/client";
//     configureAmplify(outputs);
//
// Amplify.configure alone would write host-only cookies. And a second Amplify.configure anywhere else puts that storage
// back, silently: there must be no other one in the site.

import { Amplify } from "aws-amplify";
import { cognitoUserPoolsTokenProvider } from "aws-amplify/auth/cognito";
import { CookieStorage } from "aws-amplify/utils";

import { COOKIES } from "./policy";

const DAY = 86_400; // seconds; CookieStorage counts in days

/** Configure Amplify with the site's own configuration and the policy's cookies. */
export function configureAmplify(config: Parameters<typeof Amplify.configure>[0]): void {
  Amplify.configure(config, { ssr: true });
  cognitoUserPoolsTokenProvider.setKeyValueStorage(
    new CookieStorage({
      ...(COOKIES.domain === undefined ? {} : { domain: COOKIES.domain }),
      path: COOKIES.path,
      expires: COOKIES.maxAge / DAY,
      secure: COOKIES.secure,
      sameSite: COOKIES.sameSite,
    }),
  );
}
