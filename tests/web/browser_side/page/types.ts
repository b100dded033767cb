// What a site writes, checked against the types of Amplify and of hardtack.js; nobody runs it.

import { cognitoUserPoolsTokenProvider } from "aws-amplify/auth/cognito";
import { Hub } from "aws-amplify/utils";

import {
  checkEnvironment,
  clearAllAuthCookies,
  createStorage,
  install,
  installRecovery,
  installRefresh,
  loadPolicy,
} from "./hardtack";

const policy = await loadPolicy("/hardtack");
const stop: () => void = install({ policy, tokenProvider: cognitoUserPoolsTokenProvider, Hub, onSignedOut: () => {} });
cognitoUserPoolsTokenProvider.setKeyValueStorage(createStorage(policy));
const off: (() => void) | null = installRefresh({ tokenProvider: cognitoUserPoolsTokenProvider, policy });
installRecovery({ Hub, policy })();
const left: number = clearAllAuthCookies(policy);
const { ok, problems, twins } = await checkEnvironment(policy, { report: true });
const told: string = problems.join() + twins.map(({ suffix, count }) => suffix + count).join();
export { left, off, ok, stop, told };
