/** The browser side of Hardtack, for sites whose sign-in is Amplify's. See docs/hardtack-js.md. */

/** A place where the policy's cookies may lie, and that it may sweep. `domain` is null for host-only. */
export interface Scope {
  domain: string | null;
  path: string;
  partitioned: boolean;
  /** Only this very path, and not those below it. */
  exact?: boolean;
  /** Not this very path, nor those that lead to the policy's own: only what lies beside that. */
  below?: boolean;
}

/** What `GET {base}/policy.json` answers; made by the server from its `CookiePolicy`, for the host that asks. */
export interface Policy {
  version: number;
  fingerprint: string;
  clientId: string;
  /** Where the server's endpoints lie, such as "/hardtack". */
  base: string;
  /** The site's own sign-in page. */
  signIn: string;
  /** Whether the server refreshes for script, and is told of sign-ins. */
  refreshes?: boolean;
  cookie: {
    domain: string | null;
    path: string;
    secure: boolean;
    sameSite: "strict" | "lax" | "none";
    /** Seconds. */
    maxAge: number;
    partitioned: boolean;
    httpOnly: boolean;
  };
  sweep: Scope[];
  /** The name of the mark, hardtack.js's own cookie. */
  mark: string;
}

/** What Amplify calls a KeyValueStorageInterface. */
export interface KeyValueStorage {
  setItem(key: string, value: string): Promise<void>;
  getItem(key: string): Promise<string | null>;
  removeItem(key: string): Promise<void>;
  clear(): Promise<void>;
}

/** What is used of Amplify's `Hub`. */
export interface HubLike {
  listen(channel: string, callback: (capsule: { payload: { event: string; data?: unknown } }) => void): () => void;
}

/** What is used of Amplify's `cognitoUserPoolsTokenProvider`. */
export interface TokenProviderLike {
  setKeyValueStorage(storage: KeyValueStorage): void;
}

export type Problem =
  | "domain.elsewhere"
  | "path.elsewhere"
  | "secure.on-http"
  | "http-only.hidden-from-script"
  | "cookies.refused"
  | "cookies.scope-refused"
  | "cookies.twins";

export interface Environment {
  ok: boolean;
  problems: Problem[];
  /** How many cookies of each kind share their name with another one. */
  twins: { suffix: string; count: number }[];
  /** Whether this browser has Web Locks. */
  locks: boolean;
}

/** Fetches the policy of this host; rejects where it can't be had. */
export function loadPolicy(base?: string): Promise<Policy>;

/**
 * Storage, lock and recovery at once; to be called after `Amplify.configure`.
 *
 * @returns a function that stops the listening and takes the lock off.
 */
export function install(options: {
  policy: Policy;
  tokenProvider: TokenProviderLike;
  Hub: HubLike;
  onSignedOut?: () => void;
}): () => void;

/** A drop-in for `cognitoUserPoolsTokenProvider.setKeyValueStorage(...)`. */
export function createStorage(policy: Policy): KeyValueStorage;

/**
 * Puts a lock, for all tabs of this origin, around Amplify's refresh.
 *
 * @returns a function that takes it off; null where this release of Amplify has no refresher to wrap.
 */
export function installRefresh(options: { tokenProvider: TokenProviderLike; policy: Policy }): (() => void) | null;

/**
 * Recovers once when the pool refuses a refresh: clears every auth cookie, has the server sweep the rest, and calls
 * `onSignedOut`, or leads to the policy's `signIn` without it. On the sign-in page itself it leads nowhere.
 *
 * @returns a function that stops the listening.
 */
export function installRecovery(options: { Hub: HubLike; policy: Policy; onSignedOut?: () => void }): () => void;

/**
 * Deletes every auth cookie of the app client that script can reach, in every scope that the policy owns.
 *
 * @returns how many of them script still sees.
 */
export function clearAllAuthCookies(policy: Policy): number;

/** Says what stands in the way of this policy's cookies on this page; with `report`, tells the server as well. */
export function checkEnvironment(policy: Policy, options?: { report?: boolean }): Promise<Environment>;
